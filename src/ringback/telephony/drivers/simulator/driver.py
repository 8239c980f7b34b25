"""The simulated network as a voice driver."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Clock, Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.ledger import Ledger
from ringback.telephony.drivers.simulator.network import SimulatedNetwork
from ringback.telephony.drivers.simulator.settings import SimulatorSettings
from ringback.telephony.port import (
    Announce,
    Bridge,
    Capability,
    Collect,
    Command,
    HangUp,
    Hold,
    LegId,
    LegView,
    Originate,
    Unreachable,
    VoiceEvent,
)

P = ParamSpec("P")
T = TypeVar("T")

LEDGER_NAME = "simulator.sqlite3"
"""The ledger's file name in the data directory."""


class SimulatorDriver:
    """The default voice driver: simulated customers and agents, kept in a ledger file.

    The file is worked on in one thread of its own, since a write waits for the disk. A command is on disk when its
    method returns. A prompt that is cut off by the next command is not told to be over.
    """

    name = "simulator"
    capabilities = frozenset({Capability.AGENTS_ACCEPT, Capability.DETECTS_MACHINES, Capability.QUEUE_STATS})

    def __init__(self, ledger: Path, clock: Clock, settings: SimulatorSettings | None = None) -> None:
        """Open the ledger file, making it if need be; its folder must exist.

        Raises ``DatabaseUnavailable`` or ``DatabaseSchemaMismatch``.
        """
        self._ledger = Ledger(ledger)
        self._network = SimulatedNetwork(self._ledger, settings or SimulatorSettings())
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="simulator")

    async def originate(self, command: Originate) -> None:
        """Ring a customer, or queue for an agent; once for each leg."""
        await self._command(command)

    async def announce(self, command: Announce) -> None:
        """Speak a prompt, some fifteen characters a second."""
        await self._command(command)

    async def collect(self, command: Collect) -> None:
        """Speak a prompt and wait for a key, which may come before the prompt is over."""
        await self._command(command)

    async def hold(self, command: Hold) -> None:
        """Put somebody on hold; a customer's patience begins."""
        await self._command(command)

    async def bridge(self, command: Bridge) -> None:
        """Join two legs: the conversation begins."""
        await self._command(command)

    async def hang_up(self, command: HangUp) -> None:
        """End a leg if it is alive."""
        await self._command(command)

    async def look_up(self, leg: LegId) -> LegView | None:
        """What became of a leg; ``None`` as well a day after it ended and all its events were acknowledged."""
        return await self._do(self._network.look_up, leg, self._clock.now())

    async def events(self) -> list[VoiceEvent]:
        """The oldest thousand events not acknowledged, of all legs in the ledger, in the order of time."""
        return await self._do(self._network.events, self._clock.now())

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """Tell these events no more."""
        if events:
            await self._do(self._network.acknowledge, events)

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        """How the simulated agents' queue stands."""
        return await self._do(self._network.queue_stats, call_target_id, self._clock.now())

    async def next_event_at(self) -> Instant | None:
        """When the oldest event waiting happened, else the latest instant by which the next one will."""
        return await self._do(self._network.next_event_at)

    async def staff(self, call_target_id: CallTargetId, agents: int) -> None:
        """So many agents are at work from now on."""
        await self._do(self._network.staff, call_target_id, agents, self._clock.now())

    async def close(self) -> None:
        """Close the ledger; the calls in it go on."""
        await self._do(self._ledger.close)
        self._thread.shutdown()

    async def _command(self, command: Command) -> None:
        await self._do(self._network.command, command, self._clock.now())

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))
        except sqlite3.Error as error:
            raise Unreachable(f"the simulated network's ledger cannot be used: {error}") from error
