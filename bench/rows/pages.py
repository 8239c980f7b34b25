"""Row 10: the console's pages, with a million callbacks in the database."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from bench import cluster, contestants, data
from bench.cluster import DurableCluster
from bench.contest import Contestant, Figures, Goal, Outcome, Rounds, hold
from bench.setting import Setting
from bench.visitor import Visitor, make_person
from ringback.db.database import open_database

_PENDING = 50_000
_PAST = 950_000
_GOAL_MS = 50
_REQUESTS_A_SECOND = 25
"""So many times each page is opened for each second that a measurement is to last: a hundred usually."""
_FEWEST = 20
_MOST_ROUNDS = 3

_BEYOND = "Reports of 90 days"
"""Measured, but not part of the goal, which is about thirty."""
_NEWEST = "SELECT id, contact_number FROM callbacks WHERE state = 'finished' ORDER BY id DESC LIMIT 1"


def of_the_console(setting: Setting) -> Outcome:
    """Row 10: signed in, one page after the other, on both engines."""
    filling = data.Filling(1, pending=_PENDING, due=contestants.SMALL.due, past=_PAST)
    file = contestants.sqlite_database(setting, "much-past", filling)
    with cluster.running() as server, ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{file}", "PostgreSQL": _on_postgresql(setting, server, filling)}
        measured: list[Contestant] = []
        missing: set[str] = set()
        for engine, url in urls.items():
            visitor = stack.enter_context(_visiting(setting, url))
            for name, path in _pages(url).items():
                if visitor.is_there(path):
                    measured.append(Contestant(f"{name}, {engine}", _measurement(setting, visitor, path)))
                else:
                    missing.add(name)
        rounds = hold(setting, measured, rounds=min(setting.rounds, _MOST_ROUNDS))
    title = f"Pages of the console, {_PENDING + _PAST:,} callbacks of one organization, signed in, one after the other"
    return Outcome(10, title, rounds, [_goal(rounds, engine) for engine in urls], _notes(setting, missing))


def _goal(rounds: Rounds, engine: str) -> Goal:
    of_engine = [name for name in rounds.figures if name.endswith(f", {engine}") and not name.startswith(_BEYOND)]
    slowest = max(of_engine, key=lambda name: rounds.median(name, "p50 ms"))
    found = rounds.median(slowest, "p50 ms")
    return Goal(f"median of the slowest page, ms ({slowest})", _GOAL_MS, found, at_least=False)


@contextmanager
def _visiting(setting: Setting, url: str) -> Iterator[Visitor]:
    make_person(url)
    with contestants.ringback(setting, url) as (server,), closing(Visitor(server)) as visitor:
        visitor.sign_in()
        yield visitor


def _measurement(setting: Setting, visitor: Visitor, path: str) -> Callable[[], Figures]:
    number = max(_FEWEST, round(setting.seconds * _REQUESTS_A_SECOND))

    def measure() -> Figures:
        visitor.rest()
        visitor.open(path)  # connects, and reads the disk
        took = sorted(visitor.open(path) for _ in range(number))
        return {"p50 ms": _quantile(took, 0.5), "p99 ms": _quantile(took, 0.99)}

    return measure


def _pages(url: str) -> Mapping[str, str]:
    """The pages that are opened, by what they are."""
    callback_id, number = _newest(url)
    day = (datetime.now(UTC) - timedelta(days=45)).date()
    paths = {
        "Now": "now",
        "Callbacks": "callbacks",
        "Callbacks under way": "callbacks?state=live",
        "Callbacks not reached": "callbacks?state=unavailable",
        "Callbacks that failed, of one call target": "callbacks?state=failure&target=target1",
        "Callbacks over one channel": "callbacks?channel=convey",
        "Callbacks over a channel that is hardly used": "callbacks?channel=fax",
        "Callbacks of a day long ago": f"callbacks?since={day}&until={day}",
        "Callbacks of one number": f"callbacks?number={quote(number)}",
        "One callback": f"callbacks/{callback_id}",
        "Reports of 30 days": "reports?days=30",
        "Reports of 90 days": "reports?days=90",
        "Reports of 30 days, one call target and channel": "reports?days=30&channel=web&target=target1",
        "Call targets": "call-targets",
        "Widgets": "scheduler/widgets",
        "API": "scheduler/api",
        "Audit log": "audit",
    }
    return {name: f"/console/{data.organization_id(0)}/{path}" for name, path in paths.items()}


def _on_postgresql(setting: Setting, server: DurableCluster, filling: data.Filling) -> str:
    setting.say(f"  filling PostgreSQL: {filling.pending:,} pending, {filling.past:,} past")
    url = server.new_database()
    data.fill(url, filling, scratch=setting.scratch)
    return url


def _newest(url: str) -> tuple[str, str]:
    """The id and number of the last callback that ended."""
    db = open_database(url)
    try:
        row = db.read_now(lambda tx: tx.one(_NEWEST))
    finally:
        db.close()
    assert row is not None
    return row["id"], row["contact_number"]


def _notes(setting: Setting, missing: set[str]) -> list[str]:
    notes = [
        "A figure is the time from sending a request to the last byte of the page, over one open connection.",
        f"The goal is not about {_BEYOND}.",
    ]
    if missing:
        notes.append(f"Not there yet, and so not measured: {', '.join(sorted(missing))}.")
        setting.say(f"  {notes[-1]}")
    return notes


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[math.ceil(share * len(ordered)) - 1]
