"""Row 5: claiming callbacks that are due, out of many that are pending."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence

import psycopg
from procrastinate import App, SyncPsycopgConnector

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
_MOST_ROUNDS = 3
"""There are thirty contestants."""


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
    rounds = hold(setting, contestants_, rounds=min(setting.rounds, _MOST_ROUNDS))
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
            rounds.ratio(_name(RINGBACK, "PostgreSQL", size, workers), _name(PEER, "PostgreSQL", size, workers), _RATE),
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
    """What so many workers together claim in a second, from their common start to the last one's last claim."""
    command = python("-m", "bench.claiming", kind, url, str(setting.seconds))
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(workers)]
    try:
        for process in running:
            assert process.stdout
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"a worker does not start: {command}")
        found = [json.loads(told) for told in _start(running, setting.seconds)]
    finally:
        for process in running:
            process.kill()
            process.wait()
    claims = sum(worker["claims"] for worker in found)
    if not claims:
        raise RuntimeError(f"nothing was claimed: {command}")
    return {_RATE: claims / max(worker["seconds"] for worker in found)}


def _start(running: Sequence["subprocess.Popen[str]"], seconds: float) -> Iterator[str]:
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        told, _ = process.communicate(timeout=seconds + 60)
        if process.returncode:
            raise RuntimeError("a worker failed; it says why above")
        yield told


def _fill_procrastinate(url: str, jobs: int) -> None:
    with App(connector=SyncPsycopgConnector(conninfo=url)).open() as app:
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
