"""One worker that claims, in a process of its own: ``python -m bench.claiming KIND URL SECONDS``.

It prints ``ready`` and begins when it is sent a line; it ends after so many seconds, or when nothing is left, and prints
how many it claimed and how long it took. KIND is ``ringback``, ``statement`` or ``procrastinate``.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector

from bench.silent import SilentNetwork
from ringback import logs
from ringback.db.address import sqlite_file
from ringback.db.database import open_database
from ringback.db.sqlite import connect
from ringback.dispatch.model import Unobserved
from ringback.dispatch.service import Dispatcher
from ringback.kernel.clock import SystemClock
from ringback.kernel.errors import DatabaseLocked
from ringback.settings import Settings

BATCH = 25
"""How many the bare statement claims at once: as many as Ringback does with the pacing of ``organization.toml``."""

Claimer = Callable[[], Awaitable[int]]


class Counting(Unobserved):
    """Counts what the dispatcher claims."""

    def __init__(self) -> None:
        self.claims = 0

    def claimed(self, count: int) -> None:
        self.claims += count


async def ringback(url: str) -> Claimer:
    """The dispatcher's own step, on a silent network."""
    observer = Counting()
    db = open_database(url, connections=4)
    dispatcher = Dispatcher(db=db, clock=SystemClock(), voice=SilentNetwork(), observer=observer, lease_seconds=3600)

    async def claim() -> int:
        before = observer.claims
        try:
            await dispatcher.release()
        except DatabaseLocked:  # as the worker's loop does: rest and try again
            await asyncio.sleep(0.5)
        return observer.claims - before

    return claim


async def statement(url: str) -> Claimer:
    """One statement that claims a batch, and its commit."""
    path = sqlite_file(url)
    owner = f"worker-{time.time_ns()}"
    if path is None:
        postgres = await psycopg.AsyncConnection.connect(url, autocommit=True, prepare_threshold=1)

        async def claim() -> int:
            now = time.time_ns() // 1000
            values = {"now": now, "owner": owner, "until": now + 3_600_000_000, "batch": BATCH}
            return (await postgres.execute(_CLAIM_ON_POSTGRESQL, values)).rowcount

        return claim

    sqlite = connect(path, "rw", busy_timeout_seconds=30)

    async def claim_here() -> int:
        now = time.time_ns() // 1000
        values = {"now": now, "owner": owner, "until": now + 3_600_000_000, "batch": BATCH}
        return len(sqlite.execute(_CLAIM_ON_SQLITE, values).fetchall())

    return claim_here


async def procrastinate(url: str) -> Claimer:
    """The fetch of its worker."""
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=1))
    await app.open_async()
    worker = await app.job_manager.register_worker()

    async def claim() -> int:
        return 0 if await app.job_manager.fetch_job(queues=None, worker_id=worker) is None else 1

    return claim


_CLAIM = """
    UPDATE callbacks SET state = 'dialing', attempts = attempts + 1, lease_owner = :owner, lease_until = :until
    WHERE (org_id, id) IN (
        SELECT org_id, id FROM callbacks WHERE state = 'pending' AND due_at <= :now
        ORDER BY due_at LIMIT :batch FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""
_CLAIM_ON_SQLITE = _CLAIM.replace(" FOR UPDATE SKIP LOCKED", "")
_CLAIM_ON_POSTGRESQL = (
    _CLAIM.replace(":owner", "%(owner)s")
    .replace(":until", "%(until)s")
    .replace(":now", "%(now)s")
    .replace(":batch", "%(batch)s")
)
_KINDS: dict[str, Callable[[str], Awaitable[Claimer]]] = {
    "ringback": ringback,
    "statement": statement,
    "procrastinate": procrastinate,
}


_NOTHING_LEFT_AFTER = 0.5
"""Seconds. Until then another worker may hold what this one would take."""


async def _claim_for(kind: str, url: str, seconds: float) -> dict[str, Any]:
    claim = await _KINDS[kind](url)
    print("ready", flush=True)
    sys.stdin.readline()
    claims, begun, last = 0, time.perf_counter(), 0.0
    while (passed := time.perf_counter() - begun) < seconds and passed - last < _NOTHING_LEFT_AFTER:
        found = await claim()
        if found:
            claims, last = claims + found, time.perf_counter() - begun
    return {"claims": claims, "seconds": last}


if __name__ == "__main__":
    kind, url, seconds = sys.argv[1:]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        logs.set_up(Settings(), nowhere)  # Ringback's lines are made, as they are in service, and then let go
        print(json.dumps(asyncio.run(_claim_for(kind, url, float(seconds)))), flush=True)
