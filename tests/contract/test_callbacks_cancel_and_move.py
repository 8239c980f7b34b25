"""Cancelling and moving: what each leaves behind, also when somebody else was quicker."""

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.organizations import Organization, customer

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback, Cancellation, CancelStatus, Kind, Requested
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel import errors
from ringback.kernel.clock import HOUR, MINUTE, Instant, ManualClock, to_unix
from ringback.kernel.tenancy import CallbackId, OrgId


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    """An organization whose one call target takes two callbacks every half hour."""
    organization = Organization(database, clock, limits={"per_number": {"requests": 1000, "seconds": 60}})
    _settle(organization)
    organization.widget()
    return organization


def _settle(acme: Organization, **settings: Any) -> None:
    slots = {"length_minutes": 30, "capacity": 2, "days_ahead": 2, **settings.pop("slots", {})}
    acme.call_target(**{"slots": slots, "duplicate_rule": "allow", **settings})


def _get(acme: Organization, requested: Requested) -> Callback:
    return acme.db.read_now(callbacks.get, acme.org, requested.callback_id)


def _cancel(acme: Organization, callback: Callback) -> Cancellation:
    return acme.db.write_now(callbacks.cancel, callback, by="api", now=acme.now)


def _cancel_number(acme: Organization, n: int = 0, callback_id: CallbackId | None = None) -> Cancellation:
    return acme.db.write_now(
        callbacks.cancel_by_number, acme.org, customer(n).key, callback_id=callback_id, by="api", now=acme.now
    )


def _move(acme: Organization, callback: Callback, to: Instant) -> None:
    acme.db.write_now(callbacks.move_to, acme.configuration, callback, to, by="customer", now=acme.now)


def _to(acme: Organization, requested: Requested, *states: State, **columns: Any) -> None:
    """Take the callback through these states, as the dispatcher does."""

    def go(tx: Tx) -> None:
        for state in states:
            further: dict[str, Any] = dict(columns)
            if state is State.DIALING:
                further |= {"lease_owner": "test", "lease_until": acme.now}
            callback = callbacks.get(tx, acme.org, requested.callback_id)
            assert callbacks.move(tx, callback, state, now=acme.now, **further)

    acme.db.write_now(go)


def _taken(acme: Organization) -> dict[Instant, int]:
    by_target = acme.db.read_now(callbacks.taken_slots, acme.org, Instant(0))
    return dict(next(iter(by_target.values()), {}))


def _kinds(acme: Organization, requested: Requested) -> list[str]:
    return [kind for _, kind, _ in acme.db.read_now(callbacks.timeline, acme.org, requested.callback_id)]


# Cancelling by number


def test_a_pending_callback_is_cancelled(acme: Organization):
    requested = acme.request()

    assert _cancel_number(acme) == Cancellation(CancelStatus.CANCELED, requested.callback_id)

    stored = _get(acme, requested)
    assert (stored.state, stored.outcome, stored.finished_at) == (State.FINISHED, Outcome.CANCELED, acme.now)
    told = acme.db.read_now(callbacks.timeline, acme.org, requested.callback_id)
    assert [(at, kind, dict(details)) for at, kind, details in told] == [(acme.now, "canceled", {"by": "api"})]
    acme.check_books()


def test_what_is_not_there_or_over_is_not_found(acme: Organization):
    assert _cancel_number(acme).status is CancelStatus.NOT_FOUND
    acme.request()
    _cancel_number(acme)

    assert _cancel_number(acme) == Cancellation(CancelStatus.NOT_FOUND)


def test_of_several_none_is_cancelled_until_one_is_named(acme: Organization):
    first, second = acme.request(), acme.request()

    answer = _cancel_number(acme)

    assert answer.status is CancelStatus.TOO_MANY
    assert {candidate.id for candidate in answer.candidates} == {first.callback_id, second.callback_id}
    assert _cancel_number(acme, callback_id=second.callback_id).status is CancelStatus.CANCELED
    assert _get(acme, first).state is State.PENDING
    assert _cancel_number(acme).callback_id == first.callback_id
    acme.check_books()


def test_one_that_is_named_must_be_the_numbers_own(acme: Organization):
    acme.request(customer(1))
    others = acme.request(customer(2))

    for callback_id in (others.callback_id, CallbackId("nowhere")):
        assert _cancel_number(acme, 1, callback_id).status is CancelStatus.NOT_FOUND
    assert _get(acme, others).state is State.PENDING


def test_another_organizations_callback_is_not_found(acme: Organization):
    requested = acme.request()

    answer = acme.db.write_now(
        callbacks.cancel_by_number, OrgId("other"), customer().key, callback_id=None, by="api", now=acme.now
    )

    assert answer.status is CancelStatus.NOT_FOUND
    assert _get(acme, requested).state is State.PENDING


def test_a_waitlisted_callback_is_cancelled(acme: Organization):
    requested = acme.request()
    _to(acme, requested, State.WAITLISTED)

    assert _cancel_number(acme).status is CancelStatus.CANCELED
    acme.check_books()


@pytest.mark.parametrize("states", [[State.DIALING], [State.DIALING, State.CONNECTING]])
def test_once_somebody_is_called_it_is_too_late(acme: Organization, states: list[State]):
    requested = acme.request()
    _to(acme, requested, *states)

    assert _cancel_number(acme) == Cancellation(CancelStatus.FAILED, requested.callback_id)
    assert _get(acme, requested).state is states[-1]
    assert _kinds(acme, requested) == []
    acme.check_books()


def test_between_two_attempts_it_can_be_cancelled(acme: Organization):
    requested = acme.request()
    _to(acme, requested, State.DIALING, State.PENDING, attempts=1)

    assert _cancel_number(acme).status is CancelStatus.CANCELED
    acme.check_books()


# Cancelling what was read before


def test_who_read_it_before_it_was_dialled_is_told_that_it_is_too_late(acme: Organization):
    requested = acme.request()
    read = _get(acme, requested)
    _to(acme, requested, State.DIALING)

    assert _cancel(acme, read).status is CancelStatus.FAILED
    assert _get(acme, requested).state is State.DIALING


def test_who_read_it_before_it_ended_finds_nothing(acme: Organization):
    requested = acme.request()
    read = _get(acme, requested)
    _cancel_number(acme)

    assert _cancel(acme, read).status is CancelStatus.NOT_FOUND
    assert _kinds(acme, requested) == ["canceled"]
    acme.check_books()


def test_who_read_it_before_it_was_waitlisted_cancels_it_all_the_same(acme: Organization):
    requested = acme.request()
    read = _get(acme, requested)
    _to(acme, requested, State.WAITLISTED)

    assert _cancel(acme, read).status is CancelStatus.CANCELED
    acme.check_books()


def test_who_read_it_before_it_was_moved_gives_back_the_place_it_has_now(acme: Organization):
    early, late = acme.free_slots()[:2]
    other = acme.request(customer(1), appointment_at=early)
    requested = acme.request(appointment_at=early)
    read = _get(acme, requested)
    _move(acme, read, late)

    assert _cancel(acme, read).status is CancelStatus.CANCELED

    assert _taken(acme) == {early: 1}
    assert _get(acme, other).state is State.PENDING
    acme.check_books()


def test_two_who_read_the_same_move_it_one_after_the_other(acme: Organization):
    first, second, third = acme.free_slots()[:3]
    acme.request(customer(1), appointment_at=first)
    requested = acme.request(appointment_at=first)
    read = _get(acme, requested)

    _move(acme, read, second)
    _move(acme, read, third)

    assert _get(acme, requested).appointment_at == third
    assert _taken(acme) == {first: 1, third: 1}
    acme.check_books()


def test_what_was_booked_anew_is_not_moved_by_who_knows_it_from_before(acme: Organization):
    """A move of the store by somebody who holds no lock: it must not count what it has not seen."""
    requested = acme.request()
    read = _get(acme, requested)
    _move(acme, read, acme.free_slots()[0])

    assert not acme.db.write_now(callbacks.move, read, State.WAITLISTED, now=acme.now)
    assert not acme.db.write_now(callbacks.finish, read, Outcome.FAILURE, now=acme.now)
    acme.check_books()


# Moving


def test_a_booking_is_moved_and_its_place_given_back(acme: Organization):
    early, late = acme.free_slots()[:2]
    requested = acme.request(appointment_at=early)

    _move(acme, _get(acme, requested), late)

    stored = _get(acme, requested)
    assert stored.appointment_at == stored.order_at == stored.due_at == late
    assert (stored.state, stored.kind) == (State.PENDING, Kind.SCHEDULED)
    assert stored.created_at == requested.requested_at
    assert _taken(acme) == {late: 1}
    (told,) = acme.db.read_now(callbacks.timeline, acme.org, requested.callback_id)
    assert told[1:] == ("moved", {"by": "customer", "appointment_time": to_unix(late)})
    acme.check_books()


def test_one_as_soon_as_possible_becomes_a_booking(acme: Organization):
    requested = acme.request()
    slot = acme.free_slots()[4]

    _move(acme, _get(acme, requested), slot)

    stored = _get(acme, requested)
    assert (stored.kind, stored.appointment_at, stored.order_at, stored.due_at) == (Kind.SCHEDULED, slot, slot, slot)
    load = acme.db.read_now(callbacks.load_of, acme.org, stored.call_target_id)
    assert (load.pending_asap, load.pending_scheduled) == (0, 1)
    acme.check_books()


def test_what_is_held_back_can_be_moved(acme: Organization):
    requested = acme.request()
    _to(acme, requested, State.WAITLISTED)

    _move(acme, _get(acme, requested), acme.free_slots()[0])

    assert _get(acme, requested).state is State.PENDING
    acme.check_books()


def test_to_where_it_is_already_nothing_is_moved(acme: Organization):
    slot = acme.free_slots()[0]
    requested = acme.request(appointment_at=slot)

    _move(acme, _get(acme, requested), slot)

    assert _taken(acme) == {slot: 1}
    assert _kinds(acme, requested) == []


@pytest.mark.parametrize(
    ("to", "error"),
    [
        (lambda acme: acme.free_slots()[0], errors.AppointmentTimeFull),
        (lambda acme: acme.now - HOUR, errors.AppointmentTimeInThePast),
        (lambda acme: acme.now + 61 * MINUTE, errors.AppointmentTimeInvalid),
    ],
)
def test_a_move_that_fails_changes_nothing(
    acme: Organization, to: Callable[[Organization], Instant], error: type[Exception]
):
    _settle(acme, slots={"capacity": 1})
    full, mine = acme.free_slots()[:2]
    time = to(acme)
    acme.request(customer(1), appointment_at=full)
    requested = acme.request(appointment_at=mine)
    before = _get(acme, requested)

    with pytest.raises(error):
        _move(acme, before, time)

    assert _get(acme, requested) == before
    assert _taken(acme) == {full: 1, mine: 1}
    acme.check_books()


@pytest.mark.parametrize(
    "change",
    [
        lambda acme: _settle(acme, offer_scheduled=False),
        lambda acme: _settle(acme, register_callbacks=False),
        lambda acme: acme.widget(active=False),
        lambda acme: acme.remove_widget("billing"),
    ],
)
def test_where_nothing_is_booked_nothing_is_moved(acme: Organization, change: Callable[[Organization], Any]):
    slot = acme.free_slots()[0]
    requested = acme.request()
    change(acme)

    with pytest.raises(errors.RequestRefusedDueToOperationMode):
        _move(acme, _get(acme, requested), slot)
    assert _taken(acme) == {}


def test_once_somebody_is_called_it_is_not_moved(acme: Organization):
    requested = acme.request()
    read = _get(acme, requested)
    _to(acme, requested, State.DIALING)

    for callback in (read, _get(acme, requested)):
        with pytest.raises(errors.RequestRefusedDueToOperationMode):
            _move(acme, callback, acme.free_slots()[0])
    assert _taken(acme) == {}


def test_moved_after_an_attempt_it_gives_its_new_place_back_when_it_ends(acme: Organization):
    requested = acme.request()
    _to(acme, requested, State.DIALING, State.PENDING, attempts=1)
    first, second = acme.free_slots()[:2]
    _move(acme, _get(acme, requested), first)
    assert _taken(acme) == {first: 1}
    _move(acme, _get(acme, requested), second)
    assert _taken(acme) == {second: 1}

    assert _cancel_number(acme).status is CancelStatus.CANCELED

    assert _taken(acme) == {}
    acme.check_books()


# After anything


@pytest.mark.parametrize("seed", range(6))
def test_after_any_sequence_the_books_are_right(acme: Organization, seed: int):
    """Requests under every rule, cancellations, moves and calls, many of them refused, many by old knowledge."""
    chance = random.Random(seed)
    _settle(acme, slots={"capacity": 1})
    known: list[Callback] = []
    deeds = [_ask_somehow, _cancel_somehow, _move_somehow, _call_somehow]
    for step in range(60):
        if step % 15 == 0:
            _settle(acme, slots={"capacity": 1}, duplicate_rule=chance.choice(["refuse", "keep", "replace", "allow"]))
        acme.clock.advance(chance.choice([0, 1, 60]))
        with contextlib.suppress(errors.RingbackError):
            chance.choice(deeds)(acme, known, chance)
        if step % 10 == 9:
            acme.check_books()
    assert len(known) > 10


def _ask_somehow(acme: Organization, known: list[Callback], chance: random.Random) -> None:
    time = chance.choice([None, chance.choice(acme.free_slots()[:3])])
    known.append(_get(acme, acme.request(customer(chance.randrange(4)), appointment_at=time)))


def _cancel_somehow(acme: Organization, known: list[Callback], chance: random.Random) -> None:
    if known:
        _cancel(acme, chance.choice(known))


def _move_somehow(acme: Organization, known: list[Callback], chance: random.Random) -> None:
    if known:
        _move(acme, chance.choice(known), chance.choice(acme.free_slots()[:3]))


def _call_somehow(acme: Organization, known: list[Callback], chance: random.Random) -> None:
    if not known:
        return
    callback = acme.db.read_now(callbacks.get, acme.org, chance.choice(known).id)
    known.append(callback)
    lease = {"lease_owner": "test", "lease_until": acme.now}
    move = chance.choice(
        {
            State.PENDING: [(State.WAITLISTED, {}), (State.DIALING, lease)],
            State.WAITLISTED: [(State.PENDING, {}), (State.DIALING, lease)],
            State.DIALING: [(State.CONNECTING, {}), (State.PENDING, {"attempts": 1})],
            State.CONNECTING: [(State.TALKING, {}), (State.PENDING, {"attempts": 1})],
            State.TALKING: [(State.FINISHED, {"outcome": "success"})],
            State.FINISHED: [(None, {})],
        }[callback.state]
    )
    if move[0] is not None:
        acme.db.write_now(callbacks.move, callback, move[0], now=acme.now, **move[1])
