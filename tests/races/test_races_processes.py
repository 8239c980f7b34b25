"""The same races between processes, as several machines on one PostgreSQL run them."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import pytest
from tests.races.contenders import Deed, join_in, meet_at
from tests.races.truths import (
    RULES,
    all_callbacks,
    due_callbacks,
    each_was_cancelled_or_called,
    one_got_the_last_place,
    settle,
    the_rule_was_kept,
)

from ringback.db.database import Database, open_database
from ringback.kernel.clock import Instant, ManualClock

PROCESSES = 3
EACH = 4

Race = Callable[[Sequence[Deed]], list[str]]


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Some processes, each with an interpreter of its own, that begin a race together."""
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(PROCESSES, timeout=60)
    with ProcessPoolExecutor(PROCESSES, spawning, initializer=meet_at, initargs=(barrier,)) as pool:
        yield pool


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    opened = open_database(postgres_url, connections=4)
    yield opened
    opened.close()


@pytest.fixture
def race(processes: ProcessPoolExecutor, postgres_url: str, clock: ManualClock) -> Race:
    """Share deeds out among the processes; what came of each, in the order of the deeds."""

    def run(deeds: Sequence[Deed]) -> list[str]:
        shares = [range(n, len(deeds), PROCESSES) for n in range(PROCESSES)]
        running = [
            processes.submit(join_in, postgres_url, [deeds[place] for place in share], clock.now()) for share in shares
        ]
        outcomes = [""] * len(deeds)
        for share, done in zip(shares, running, strict=True):
            for place, outcome in zip(share, done.result(120), strict=True):
                outcomes[place] = outcome
        return outcomes

    return run


MANY = PROCESSES * EACH


def test_the_last_place_of_a_slot_goes_to_one(database: Database, clock: ManualClock, race: Race):
    acme = settle(database, clock)
    slot = acme.free_slots()[0]

    outcomes = race([Deed("request", n, slot) for n in range(MANY)])

    one_got_the_last_place(acme, slot, outcomes)


def test_the_last_slot_of_all_goes_to_one(database: Database, clock: ManualClock, race: Race):
    acme = settle(
        database,
        clock,
        hours={"weekly": {"tue": ["09:00-09:30"]}},
        slots={"length_minutes": 30, "capacity": 1, "days_ahead": 1},
    )
    (only,) = acme.free_slots()

    outcomes = race([Deed("request", n, only) for n in range(MANY)])

    one_got_the_last_place(acme, only, outcomes)


@pytest.mark.parametrize("with_standing", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("rule", RULES)
def test_requests_of_one_number_at_once_keep_the_rule(
    database: Database, clock: ManualClock, race: Race, rule: str, with_standing: bool
):
    acme = settle(database, clock, duplicate_rule=rule)
    standing = acme.request().callback_id if with_standing else None

    outcomes = race([Deed("request")] * MANY)

    the_rule_was_kept(acme, rule, outcomes, standing)


def test_the_same_key_at_once_gets_the_same_answer(database: Database, clock: ManualClock, race: Race):
    acme = settle(database, clock, duplicate_rule="allow")

    outcomes = race([Deed("request", key="key")] * MANY)

    (stored,) = all_callbacks(acme)
    assert set(outcomes) == {stored.id}
    acme.check_books()


def test_who_is_cancelled_is_not_called(database: Database, clock: ManualClock, race: Race):
    acme = settle(database, clock)
    ids = due_callbacks(acme, clock, MANY)
    deeds = [*(Deed("cancel", n, callback_id=name) for n, name in enumerate(ids)), *[Deed("dial")] * PROCESSES]

    outcomes = race(deeds)

    while any(rest := race([Deed("dial")] * PROCESSES)):
        deeds, outcomes = [*deeds, *[Deed("dial")] * PROCESSES], [*outcomes, *rest]
    each_was_cancelled_or_called(acme, deeds, outcomes)


def test_nobody_is_called_by_two(database: Database, clock: ManualClock, race: Race):
    acme = settle(database, clock)
    ids = due_callbacks(acme, clock, MANY)

    dialled: list[str] = []
    while any(outcomes := race([Deed("dial")] * MANY)):
        dialled += " ".join(outcomes).split()

    assert sorted(dialled) == sorted(ids)
    acme.check_books()


def test_a_crowd_that_comes_goes_and_moves_leaves_the_books_right(database: Database, clock: ManualClock, race: Race):
    acme = settle(database, clock, capacity=2, duplicate_rule="replace")
    slots: list[Instant | None] = [None, *acme.free_slots()[:2]]
    for turn in range(3):
        race(
            [
                Deed(("request", "request", "cancel", "dial")[place % 4], place % 5, slots[(place + turn) % 3])
                for place in range(2 * MANY)
            ]
        )
        acme.check_books()
    assert len(all_callbacks(acme)) > 5
