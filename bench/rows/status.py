"""Rows 1 and 2: Widget Status of an organization, polled."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from bench import contestants, data, wrk
from bench.contest import Contestant, Figures, Goal, Outcome, hold
from bench.processes import Server, fetch
from bench.setting import Setting

_PATH = f"/api/organization/{data.organization_id(0)}/widget_status"

RINGBACK = "Ringback"
FLOOR = "bare ASGI function, same bytes"
PEER = "FastAPI + pydantic + SQLAlchemy async + aiosqlite"


def beside_others(setting: Setting) -> Outcome:
    """Row 1: four widgets, the token checked, one process."""
    database = contestants.small_sqlite_database(setting)
    ordinary = contestants.small_ordinary_database(setting)
    asked = data.status_paths([0], setting.scratch / "status.txt")
    with contestants.ringback(setting, f"sqlite:///{database}") as (server,):
        headers, body = fetch(f"{server.url}{_PATH}", contestants.TOKEN)
    answer = contestants.keep_answer(headers, body, setting.scratch / "status.json")
    with contestants.ordinary_stack(setting, _aiosqlite(ordinary), connections=10) as (server,):
        _, peers_body = fetch(f"{server.url}{_PATH}", contestants.TOKEN)
    _check_same_work(body, peers_body)

    rounds = hold(
        setting,
        [
            _polled(RINGBACK, lambda: contestants.ringback(setting, f"sqlite:///{database}"), asked, setting),
            _polled(FLOOR, lambda: contestants.ready_bytes(setting, answer), asked, setting),
            _polled(
                PEER, lambda: contestants.ordinary_stack(setting, _aiosqlite(ordinary), connections=10), asked, setting
            ),
        ],
    )
    return Outcome(
        1,
        f"Widget Status of an organization with 4 widgets ({len(body):,} bytes), token checked, 32 connections, 1 process",
        rounds,
        [
            Goal("Widget Status, requests/s against the floor", 0.75, rounds.ratio(RINGBACK, FLOOR, wrk.PER_SECOND)),
            Goal("the same by the server's processor time", 0.75, rounds.ratio(FLOOR, RINGBACK, wrk.PROCESSOR)),
            Goal("its p99 against the floor's", 1.5, rounds.ratio(RINGBACK, FLOOR, wrk.P99), at_least=False),
            Goal("requests/s against the ordinary stack", 10, rounds.ratio(RINGBACK, PEER, wrk.PER_SECOND)),
        ],
    )


def with_much_in_the_database(setting: Setting) -> Outcome:
    """Row 2: Ringback against itself, with little and with much in the database."""
    small = contestants.small_sqlite_database(setting)
    one = data.status_paths([0], setting.scratch / "status.txt")
    hundred = data.status_paths(range(100), setting.scratch / "status-of-100.txt")
    alone = "1 organization, 48 pending"
    crowded = [
        (f"{number:,} organization{'s' if number > 1 else ''}, 1 M pending", number, one) for number in (1, 100, 10_000)
    ]
    crowded.append(("10,000 organizations, 1 M pending, 100 of them polled", 10_000, hundred))
    databases = {number: contestants.large_sqlite_database(setting, number) for _, number, _ in crowded}

    def polled(name: str, database: Path, asked: Path) -> Contestant:
        return _polled(name, lambda: contestants.ringback(setting, f"sqlite:///{database}"), asked, setting)

    rounds = hold(
        setting,
        [polled(alone, small, one), *(polled(name, databases[number], asked) for name, number, asked in crowded)],
    )
    return Outcome(
        2,
        "Widget Status with much in the database (SQLite)",
        rounds,
        [
            goal
            for name, _, _ in crowded
            for goal in (
                Goal(f"{name}: requests/s against 1 organization", 0.9, rounds.ratio(name, alone, wrk.PER_SECOND)),
                Goal("the same by the server's processor time", 0.9, rounds.ratio(alone, name, wrk.PROCESSOR)),
            )
        ],
    )


def _polled(
    name: str, serve: Callable[[], AbstractContextManager[Sequence[Server]]], asked: Path, setting: Setting
) -> Contestant:
    def measure() -> Figures:
        with serve() as servers:
            return wrk.press(servers, wrk.STATUS, asked, seconds=setting.seconds)

    return Contestant(name, measure)


def _check_same_work(ours: bytes, theirs: bytes) -> None:
    """Make sure that the peer answers the same question: the same widgets with the same offers and times."""
    said = [
        [
            (entry["name"], entry["widget_state"], entry["offer_asap"], entry["scheduled_timeslots"], entry["ewt"])
            for entry in json.loads(body)["data"]
        ]
        for body in (ours, theirs)
    ]
    if said[0] != said[1]:
        raise RuntimeError(f"the peer answers otherwise: {said[0]} and {said[1]}")


def _aiosqlite(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"
