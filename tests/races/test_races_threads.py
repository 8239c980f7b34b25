"""Races between threads, on both databases."""

import pytest
from tests.fakes.organizations import customer
from tests.races.contenders import Deed, do_together
from tests.races.truths import (
    RULES,
    all_callbacks,
    due_callbacks,
    each_was_cancelled_or_called,
    one_got_the_last_place,
    settle,
    the_rule_was_kept,
)

from ringback.callbacks import service as callbacks
from ringback.db.database import Database
from ringback.kernel.clock import Instant, ManualClock

MANY = 8


def test_the_last_place_of_a_slot_goes_to_one(database: Database, clock: ManualClock):
    acme = settle(database, clock, capacity=3, duplicate_rule="allow")
    for slot in acme.free_slots()[:3]:
        for n in (100, 101):
            acme.request(customer(n), appointment_at=slot)

        outcomes = do_together(database, [Deed("request", n, slot) for n in range(MANY)], acme.now)

        assert outcomes.count("AppointmentTimeFull") == MANY - 1
        assert slot not in acme.free_slots()
        acme.check_books()


def test_the_last_slot_of_all_goes_to_one_and_the_others_hear_that_it_is_full(database: Database, clock: ManualClock):
    acme = settle(
        database,
        clock,
        hours={"weekly": {"tue": ["09:00-09:30"]}},
        slots={"length_minutes": 30, "capacity": 1, "days_ahead": 1},
    )
    (only,) = acme.free_slots()

    outcomes = do_together(database, [Deed("request", n, only) for n in range(MANY)], acme.now)

    one_got_the_last_place(acme, only, outcomes)
    assert acme.free_slots() == []


def test_a_place_is_not_lost_between_one_who_leaves_and_many_who_come(database: Database, clock: ManualClock):
    acme = settle(database, clock)
    slot = acme.free_slots()[0]
    acme.request(customer(100), appointment_at=slot)

    outcomes = do_together(database, [Deed("cancel", 100), *(Deed("request", n, slot) for n in range(MANY))], acme.now)

    assert outcomes[0] == "Canceled"
    assert outcomes.count("AppointmentTimeFull") in {MANY - 1, MANY}
    acme.check_books()


@pytest.mark.parametrize("scheduled", [False, True], ids=["asap", "scheduled"])
@pytest.mark.parametrize("with_standing", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("rule", RULES)
def test_requests_of_one_number_at_once_keep_the_rule(
    database: Database, clock: ManualClock, rule: str, with_standing: bool, scheduled: bool
):
    acme = settle(database, clock, capacity=MANY + 1, duplicate_rule=rule)
    slot = acme.free_slots()[0] if scheduled else None
    standing = acme.request(appointment_at=slot).callback_id if with_standing else None

    outcomes = do_together(database, [Deed("request", slot=slot) for _ in range(MANY)], acme.now)

    the_rule_was_kept(acme, rule, outcomes, standing)


def test_the_same_key_at_once_gets_the_same_answer(database: Database, clock: ManualClock):
    acme = settle(database, clock, duplicate_rule="allow")

    outcomes = do_together(database, [Deed("request", key="key") for _ in range(MANY)], acme.now)

    (stored,) = all_callbacks(acme)
    assert set(outcomes) == {stored.id}
    acme.check_books()


def test_the_same_key_for_different_things_at_once_is_used_by_one(database: Database, clock: ManualClock):
    acme = settle(database, clock)

    outcomes = do_together(database, [Deed("request", n, key="key", body=str(n)) for n in range(MANY)], acme.now)

    (stored,) = all_callbacks(acme)
    assert sorted(outcomes) == sorted([stored.id, *["InvalidParameters"] * (MANY - 1)])


def test_the_same_key_is_free_again_when_the_first_is_refused(database: Database, clock: ManualClock):
    acme = settle(database, clock)
    slot = acme.free_slots()[0]
    acme.request(customer(100), appointment_at=slot)

    outcomes = do_together(database, [Deed("request", 0, slot, key="key") for _ in range(MANY)], acme.now)

    assert set(outcomes) == {"AppointmentTimeFull"}
    acme.check_books()


def test_who_is_cancelled_is_not_called(database: Database, clock: ManualClock):
    acme = settle(database, clock)
    ids = due_callbacks(acme, clock, MANY)
    deeds = [*(Deed("cancel", n, callback_id=name) for n, name in enumerate(ids)), Deed("dial"), Deed("dial")]

    outcomes = do_together(database, deeds, acme.now)

    while (rest := do_together(database, [Deed("dial")], acme.now)) != [""]:
        deeds, outcomes = [*deeds, Deed("dial")], [*outcomes, *rest]
    each_was_cancelled_or_called(acme, deeds, outcomes)


def test_of_many_who_cancel_one_has_cancelled(database: Database, clock: ManualClock):
    acme = settle(database, clock)
    slot = acme.free_slots()[0]
    acme.request(appointment_at=slot)

    outcomes = do_together(database, [Deed("cancel") for _ in range(MANY)], acme.now)

    assert sorted(outcomes) == sorted(["Canceled", *["InteractionNotFound"] * (MANY - 1)])
    assert slot in acme.free_slots()
    acme.check_books()


def test_of_many_who_move_the_last_is_right_and_every_place_is_given_back(database: Database, clock: ManualClock):
    acme = settle(database, clock, duplicate_rule="allow")
    first, *slots = acme.free_slots()[: MANY + 1]
    requested = acme.request(appointment_at=first)

    outcomes = do_together(
        database, [Deed("move", callback_id=requested.callback_id, slot=slot) for slot in slots], acme.now
    )

    assert outcomes == ["moved"] * MANY
    assert acme.db.read_now(callbacks.get, acme.org, requested.callback_id).appointment_at in slots
    acme.check_books()


def test_moved_and_cancelled_at_once_it_holds_no_place(database: Database, clock: ManualClock):
    acme = settle(database, clock)
    first, *slots = acme.free_slots()[:4]
    requested = acme.request(appointment_at=first)
    moves = [Deed("move", callback_id=requested.callback_id, slot=slot) for slot in slots]

    outcomes = do_together(database, [*moves, Deed("cancel")], acme.now)

    assert outcomes[-1] == "Canceled"
    assert set(outcomes[:-1]) <= {"moved", "RequestRefusedDueToOperationMode"}
    taken = acme.db.read_now(callbacks.taken_slots, acme.org, Instant(0))
    assert not taken
    acme.check_books()


def test_two_who_change_places_do_not_stand_in_each_others_way(database: Database, clock: ManualClock):
    acme = settle(database, clock, capacity=2)
    here, there = acme.free_slots()[:2]
    one, other = acme.request(customer(1), appointment_at=here), acme.request(customer(2), appointment_at=there)

    outcomes = do_together(
        database,
        [Deed("move", callback_id=one.callback_id, slot=there), Deed("move", callback_id=other.callback_id, slot=here)],
        acme.now,
    )

    assert outcomes == ["moved", "moved"]
    acme.check_books()
