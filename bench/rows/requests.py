"""Rows 3 and 4: Request Callback, each on disk before its answer."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from bench import cluster, contestants, data, pgbench, wrk
from bench.cluster import DurableCluster
from bench.contest import Contestant, Figures, Goal, Outcome, hold
from bench.processes import Server
from bench.setting import LOAD_CORES, Setting

RINGBACK = "Ringback"
FLOOR = "bare ASGI function that reads, parses and answers"
PEER = "FastAPI + pydantic + SQLAlchemy async + aiosqlite"

CONNECTIONS = 16
"""To PostgreSQL, altogether; for everybody the same."""


def on_sqlite(setting: Setting) -> Outcome:
    """Row 3: one process, everything in one file."""
    database = contestants.small_sqlite_database(setting)
    ordinary = contestants.small_ordinary_database(setting)

    @contextmanager
    def ours() -> Iterator[Sequence[Server]]:
        with contestants.copy_of(database) as path, contestants.ringback(setting, f"sqlite:///{path}") as servers:
            yield servers

    @contextmanager
    def theirs() -> Iterator[Sequence[Server]]:
        with (
            contestants.copy_of(ordinary) as path,
            contestants.ordinary_stack(setting, f"sqlite+aiosqlite:///{path}", connections=1) as servers,
        ):
            yield servers

    rounds = hold(
        setting,
        [
            _asked(RINGBACK, ours, setting, cores=LOAD_CORES),
            _asked(FLOOR, lambda: contestants.read_json(setting), setting, cores=LOAD_CORES),
            _asked(PEER, theirs, setting, cores=LOAD_CORES),
        ],
    )
    return Outcome(
        3,
        "Request Callback on SQLite, durable, distinct numbers, 32 connections, 1 process",
        rounds,
        [
            Goal(
                "Request Callback (SQLite), requests/s against the floor",
                0.35,
                rounds.ratio(RINGBACK, FLOOR, wrk.PER_SECOND),
            ),
            Goal("the same by the server's processor time", 0.35, rounds.ratio(FLOOR, RINGBACK, wrk.PROCESSOR)),
            Goal("requests/s against the ordinary stack", 15, rounds.ratio(RINGBACK, PEER, wrk.PER_SECOND)),
        ],
    )


def on_postgresql(setting: Setting) -> Outcome:
    """Row 4: one process and four, on one PostgreSQL server."""
    with cluster.running() as server:
        return _on_postgresql(setting, server)


def _on_postgresql(setting: Setting, server: DurableCluster) -> Outcome:
    template, ordinary, recording = (server.new_database() for _ in range(3))
    data.fill(template, contestants.SMALL, scratch=setting.scratch)
    data.fill(recording, contestants.SMALL, scratch=setting.scratch)
    contestants.fill_small_ordinary_database(_for_sqlalchemy(ordinary, "psycopg"))
    script = pgbench.script_of_request(recording, setting.scratch / "request.sql")

    def ours(processes: int) -> Callable[[], AbstractContextManager[Sequence[Server]]]:
        @contextmanager
        def serve() -> Iterator[Sequence[Server]]:
            with (
                server.database_like(template) as url,
                contestants.ringback(setting, url, processes=processes, connections=CONNECTIONS, cores=None) as servers,
            ):
                yield servers

        return serve

    def theirs(processes: int) -> Callable[[], AbstractContextManager[Sequence[Server]]]:
        @contextmanager
        def serve() -> Iterator[Sequence[Server]]:
            with (
                server.database_like(ordinary) as url,
                contestants.ordinary_stack(
                    setting,
                    _for_sqlalchemy(url, "asyncpg"),
                    processes=processes,
                    connections=CONNECTIONS,
                    cores=None,
                ) as servers,
            ):
                yield servers

        return serve

    def floor() -> Figures:
        with server.database_like(template) as url:
            return {
                wrk.PER_SECOND: pgbench.run(server.pgbench, url, script, clients=CONNECTIONS, seconds=setting.seconds)
            }

    ringback = {number: f"Ringback, {number} process{'es' if number > 1 else ''}" for number in (1, 4)}
    peer = {
        number: f"FastAPI + SQLAlchemy async + asyncpg, {number} process{'es' if number > 1 else ''}"
        for number in (1, 4)
    }
    bottom = f"pgbench, the same statements, {CONNECTIONS} connections"
    rounds = hold(
        setting,
        [
            *(_asked(ringback[number], ours(number), setting, cores=None) for number in (1, 4)),
            Contestant(bottom, floor),
            *(_asked(peer[number], theirs(number), setting, cores=None) for number in (1, 4)),
        ],
    )
    return Outcome(
        4,
        "Request Callback on PostgreSQL, durable, distinct numbers, 32 HTTP and 16 database connections",
        rounds,
        [
            Goal(
                "Request Callback (PostgreSQL), 1 process against pgbench",
                0.7,
                rounds.ratio(ringback[1], bottom, wrk.PER_SECOND),
            ),
            Goal("4 processes against pgbench", 0.7, rounds.ratio(ringback[4], bottom, wrk.PER_SECOND)),
            Goal("1 process against the ordinary stack", 3, rounds.ratio(ringback[1], peer[1], wrk.PER_SECOND)),
            Goal(
                "4 processes against the ordinary stack with 4", 3, rounds.ratio(ringback[4], peer[4], wrk.PER_SECOND)
            ),
        ],
    )


def _asked(
    name: str,
    serve: Callable[[], AbstractContextManager[Sequence[Server]]],
    setting: Setting,
    *,
    cores: str | None,
) -> Contestant:
    asked = data.request_paths(setting.scratch / "request.txt")

    def measure() -> Figures:
        with serve() as servers:
            return wrk.press(servers, wrk.REQUEST, asked, seconds=setting.seconds, cores=cores)

    return Contestant(name, measure)


def _for_sqlalchemy(url: str, driver: str) -> str:
    """The address with SQLAlchemy's name for the driver."""
    return url.replace("postgresql://", f"postgresql+{driver}://", 1)
