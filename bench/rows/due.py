"""Row 6: from the time a callback is due to the command that dials it."""

import json
import math
import subprocess
import time
from collections.abc import Sequence

from bench import cluster, contestants, data
from bench.cluster import DurableCluster
from bench.contest import Contestant, Figures, Goal, Outcome, hold
from bench.processes import python
from bench.setting import Setting

_PENDING = 1_000_000
_ORGANIZATIONS = 100
_PER_SECOND = 50
_SHORTEST_SECONDS = 20
"""A thousand callbacks: below, one of a hundred is hardly anybody."""
_MOST_ROUNDS = 3
"""A million callbacks are copied for each measurement."""
_HEAD_START_SECONDS = 12
"""For the appointments to be written, and for the worker to start and come to rest, before the first is due."""
_START_SECONDS = 4
_GRACE_SECONDS = 30
_SECOND = 1_000_000

SQLITE, POSTGRESQL = "Ringback, SQLite", "Ringback, PostgreSQL"


def to_dial_command(setting: Setting) -> Outcome:
    """Row 6: one worker, on both engines."""
    with cluster.running() as server:
        return _to_dial_command(setting, server)


def _to_dial_command(setting: Setting, server: DurableCluster) -> Outcome:
    filling = data.Filling(_ORGANIZATIONS, pending=_PENDING, due=0)
    file = contestants.sqlite_database(setting, "all-booked", filling)
    setting.say(f"  filling PostgreSQL: {_PENDING:,} pending")
    template = server.new_database()
    data.fill(template, filling, scratch=setting.scratch)
    seconds = max(setting.seconds, _SHORTEST_SECONDS)

    def on_sqlite() -> Figures:
        with contestants.copy_of(file) as path:
            return _dialled(f"sqlite:///{path}", seconds)

    def on_postgresql() -> Figures:
        with server.database_like(template) as url:
            return _dialled(url, seconds)

    rounds = hold(
        setting,
        [Contestant(SQLITE, on_sqlite), Contestant(POSTGRESQL, on_postgresql)],
        rounds=min(setting.rounds, _MOST_ROUNDS),
    )
    return Outcome(
        6,
        f"Due time to dial command, {_PENDING:,} callbacks pending, {_PER_SECOND} due a second in "
        f"{4 * _ORGANIZATIONS} queues, 1 worker; each commit durable",
        rounds,
        [Goal(f"p99 ms ({name})", 250, rounds.median(name, "p99 ms"), at_least=False) for name in (SQLITE, POSTGRESQL)],
        [f"Each measurement is of {round(seconds * _PER_SECOND):,} callbacks."],
    )


def _dialled(url: str, seconds: float) -> Figures:
    """How long one worker leaves those waiting who come due."""
    number = round(seconds * _PER_SECOND)
    first_at = time.time() + _HEAD_START_SECONDS
    data.book(url, number=number, first_at=round(first_at * _SECOND), every=_SECOND // _PER_SECOND)
    if first_at - time.time() < _START_SECONDS:
        raise RuntimeError("the appointments took too long to write: the worker could not start in time")
    command = python("-m", "bench.dialing", url, str(number), str(_HEAD_START_SECONDS + seconds + _GRACE_SECONDS))
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    late = sorted(1000 * each for each in json.loads(told))
    return {"p50 ms": _quantile(late, 0.5), "p99 ms": _quantile(late, 0.99), "max ms": late[-1]}


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[math.ceil(share * len(ordered)) - 1]
