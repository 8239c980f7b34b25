"""Row 5: claiming callbacks that are due, out of many that are pending."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from procrastinate import App, PsycopgConnector

from bench import cluster, contestants, data
from bench.cluster import DurableCluster
from bench.contest import Contestant, Figures, Goal, Outcome, hold
from bench.processes import python
from bench.setting import Setting

_SIZES = {"10 k": 10_000, "100 k": 100_000, "1 M": 1_000_000}
_WORKERS = (1, 4)
_DUE = 10_000
_ORGANIZATIONS = 100
_RATE = "claims/s"
_TIME_TO_START = 4.0
"""Seconds, in which every worker loads its program and connects."""


def of_due_callbacks(setting: Setting) -> Outcome:
    """Row 5: on both engines, with one worker and with four."""
    with cluster.running() as server:
        return _of_due_callbacks(setting, server)


def _of_due_callbacks(setting: Setting, server: DurableCluster) -> Outcome:
    files = {
        size: contestants.sqlite_database(
            setting, f"{pending}-pending", data.Filling(_ORGANIZATIONS, pending=pending, due=_DUE)
        )
        for size, pending in _SIZES.items()
    }
    databases: dict[str, str] = {}
    jobs: dict[str, str] = {}
    for size, pending in _SIZES.items():
        setting.say(f"  filling PostgreSQL: {pending:,} pending")
        databases[size] = server.new_database()
        data.fill(databases[size], data.Filling(_ORGANIZATIONS, pending=pending, due=_DUE), scratch=setting.scratch)
        jobs[size] = server.new_database()
        _fill_procrastinate(jobs[size], pending)

    def on_sqlite(kind: str, size: str, workers: int) -> Callable[[], Figures]:
        def measure() -> Figures:
            with contestants.copy_of(files[size]) as path:
                return _claimed(kind, f"sqlite:///{path}", workers, setting)

        return measure

    def on_postgresql(kind: str, size: str, workers: int) -> Callable[[], Figures]:
        template = jobs[size] if kind == "procrastinate" else databases[size]

        def measure() -> Figures:
            with server.database_like(template) as url:
                return _claimed(kind, url, workers, setting)

        return measure

    contestants_ = [
        Contestant(_name(who, engine, size, workers), measure(kind, size, workers))
        for size in _SIZES
        for workers in _WORKERS
        for who, kind, engine, measure in (
            (RINGBACK, "ringback", "SQLite", on_sqlite),
            (FLOOR, "statement", "SQLite", on_sqlite),
            (RINGBACK, "ringback", "PostgreSQL", on_postgresql),
            (FLOOR, "statement", "PostgreSQL", on_postgresql),
            (PEER, "procrastinate", "PostgreSQL", on_postgresql),
        )
    ]
    rounds = hold(setting, contestants_)
    goals = [
        Goal(
            f"claims/s with {size} pending against 10 k ({engine}, {_workers(workers)})",
            0.8,
            rounds.ratio(_name(RINGBACK, engine, size, workers), _name(RINGBACK, engine, "10 k", workers), _RATE),
        )
        for engine in ("SQLite", "PostgreSQL")
        for workers in _WORKERS
        for size in ("100 k", "1 M")
    ]
    goals += [
        Goal(
            f"claims/s against procrastinate's fetch ({size} pending, {_workers(workers)})",
            10,
            rounds.ratio(
                _name(RINGBACK, "PostgreSQL", size, workers), _name(PEER, "PostgreSQL", size, workers), _RATE
            ),
        )
        for workers in _WORKERS
        for size in _SIZES
    ]
    return Outcome(
        5,
        f"Claiming {_DUE:,} due callbacks of {4 * _ORGANIZATIONS} queues, the rest booked for later; each commit durable",
        rounds,
        goals,
    )


RINGBACK, FLOOR, PEER = "Ringback", "bare statement", "procrastinate"


def _name(who: str, engine: str, size: str, workers: int) -> str:
    return f"{who}, {engine}, {size} pending, {_workers(workers)}"


def _workers(number: int) -> str:
    return f"{number} worker{'s' if number > 1 else ''}"


def _claimed(kind: str, url: str, workers: int, setting: Setting) -> Figures:
    start = time.time() + _TIME_TO_START
    command = python("-m", "bench.claiming", kind, url, str(start), str(setting.seconds), str(_DUE))
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(workers)]
    claims, seconds = 0, 0.0
    for process in running:
        output, complaint = process.communicate(timeout=setting.seconds + 60)
        if process.returncode:
            raise RuntimeError(f"a worker failed: {complaint.decode()[-2000:]}")
        found = json.loads(output)
        claims, seconds = claims + found["claims"], max(seconds, found["seconds"])
    return {_RATE: claims / seconds}


def _fill_procrastinate(url: str, jobs: int) -> None:
    app = App(connector=PsycopgConnector(conninfo=url))
    with _opened(app):
        app.schema_manager.apply_schema()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
            SELECT 'callbacks', 'dial', jsonb_build_object('number', '+1' || (2132000000 + i)),
                   CASE WHEN i > %s THEN now() + interval '3 days' END
            FROM generate_series(1, %s) AS i
            """,
            (_DUE, jobs),
        )
        connection.execute("VACUUM ANALYZE")


@contextmanager
def _opened(app: App) -> Iterator[App]:
    with app.open():
        yield app
