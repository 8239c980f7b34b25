"""A worker whose dial commands are timed, in a process of its own: ``python -m bench.dialing URL NUMBER SECONDS``.

It works callbacks as ``ringback worker`` does, on a silent network, until so many are dialled or so many seconds are
over, and prints for each how many seconds after its due time that was.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path

from bench.silent import SilentNetwork
from ringback import logs
from ringback.db.database import open_database
from ringback.dispatch.service import Dispatcher
from ringback.kernel.clock import SECOND, SystemClock
from ringback.settings import Settings
from ringback.telephony.port import Originate
from ringback.workers.loop import Loop
from ringback.workers.steps import dispatch_steps, maintenance_steps


class TimingNetwork(SilentNetwork):
    """Notes for every customer rung how long ago they were due: their place in line is their appointment."""

    def __init__(self, number: int) -> None:
        self.late: list[float] = []
        self.rung_all = asyncio.Event()
        self._number = number

    async def originate(self, command: Originate) -> None:
        """Note it, in seconds."""
        self.late.append((time.time_ns() // 1000 - command.place) / SECOND)
        if len(self.late) == self._number:
            self.rung_all.set()


async def _dial(url: str, number: int, seconds: float) -> list[float]:
    voice, clock, db = TimingNetwork(number), SystemClock(), open_database(url, connections=4)
    dispatcher = Dispatcher(db=db, clock=clock, voice=voice)
    loop = Loop([*dispatch_steps(dispatcher), *maintenance_steps(db, clock)])
    working = asyncio.create_task(loop.run())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await voice.rung_all.wait()
    loop.stop()
    await working
    db.close()
    if len(voice.late) != number:
        raise RuntimeError(f"{len(voice.late)} of {number} callbacks were dialled")
    return voice.late


if __name__ == "__main__":
    url, number, seconds = sys.argv[1:]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        logs.set_up(Settings(), nowhere)  # Ringback's lines are made, as they are in service, and then let go
        print(json.dumps(asyncio.run(_dial(url, int(number), float(seconds)))), flush=True)
