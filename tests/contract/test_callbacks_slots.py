"""Booked times: what can be booked, and by how many."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.organizations import Organization, customer

import ringback.callbacks.store as store
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback
from ringback.db.database import Database
from ringback.kernel import errors
from ringback.kernel.clock import DAY, MINUTE, Instant, ManualClock, after
from ringback.kernel.tenancy import CallbackId, CallTargetId


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    """An organization whose one call target takes two callbacks every half hour; it is Monday, three o'clock."""
    organization = Organization(database, clock)
    _settle(organization)
    organization.widget()
    return organization


def _settle(acme: Organization, **changed: Any) -> None:
    slots = {"length_minutes": 30, "capacity": 2, "days_ahead": 2, "lead_time": 600, **changed.pop("slots", {})}
    acme.call_target(**{"slots": slots, "duplicate_rule": "allow", **changed})


def _taken(acme: Organization) -> dict[Instant, int]:
    by_target = acme.db.read_now(store.taken_slots, acme.org, Instant(0))
    return dict(next(iter(by_target.values()), {}))


def test_every_time_that_is_offered_can_be_booked(acme: Organization):
    offered = acme.free_slots()
    assert len(offered) == (18 + 48) + 48 - 1

    for n, slot in enumerate((offered[0], offered[1], offered[-1])):
        acme.request(customer(n), appointment_at=slot)
    acme.check_books()


def test_without_lead_time_the_present_instant_can_be_booked(acme: Organization):
    _settle(acme, slots={"lead_time": 0})
    assert acme.free_slots()[0] == acme.now

    acme.request(appointment_at=acme.now)


def test_a_slot_takes_as_many_as_it_has_room_for(acme: Organization):
    slot = acme.free_slots()[0]
    acme.request(customer(1), appointment_at=slot)
    assert slot in acme.free_slots()
    acme.request(customer(2), appointment_at=slot)
    assert slot not in acme.free_slots()

    with pytest.raises(errors.AppointmentTimeFull):
        acme.request(customer(3), appointment_at=slot)
    assert _taken(acme) == {slot: 2}
    acme.check_books()


def test_the_slot_full_last_of_all_is_told_as_full(acme: Organization):
    _settle(
        acme, slots={"capacity": 1, "days_ahead": 1, "length_minutes": 60}, hours={"weekly": {"tue": ["09:00-10:00"]}}
    )
    (only,) = acme.free_slots()
    acme.request(customer(1), appointment_at=only)
    assert acme.free_slots() == []

    with pytest.raises(errors.AppointmentTimeFull):
        acme.request(customer(2), appointment_at=only)


def test_more_room_is_used_at_once_and_less_takes_nobodys_place(acme: Organization):
    slot = acme.free_slots()[0]
    for n in (1, 2):
        acme.request(customer(n), appointment_at=slot)
    _settle(acme, slots={"capacity": 3})
    acme.request(customer(3), appointment_at=slot)
    _settle(acme, slots={"capacity": 1})

    with pytest.raises(errors.AppointmentTimeFull):
        acme.request(customer(4), appointment_at=slot)
    assert _taken(acme) == {slot: 3}
    acme.check_books()


def test_the_slots_of_two_call_targets_are_their_own(acme: Organization):
    acme.call_target("sales", slots={"length_minutes": 30, "capacity": 1, "lead_time": 600})
    acme.widget("sales", call_target="sales")
    slot = acme.free_slots()[0]
    acme.request(customer(1), widget="sales", appointment_at=slot)

    with pytest.raises(errors.AppointmentTimeFull):
        acme.request(customer(2), widget="sales", appointment_at=slot)
    acme.request(customer(3), appointment_at=slot)
    acme.check_books()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda slot, now: now - 1, errors.AppointmentTimeInThePast),
        (lambda slot, now: 0, errors.AppointmentTimeInThePast),
        (lambda slot, now: -(10**15), errors.AppointmentTimeInThePast),
        (lambda slot, now: now + 1, errors.AppointmentTimeInvalid),
        (lambda slot, now: slot + 1, errors.AppointmentTimeInvalid),
        (lambda slot, now: slot - 1, errors.AppointmentTimeInvalid),
        (lambda slot, now: slot + 15 * MINUTE, errors.AppointmentTimeInvalid),
        (lambda slot, now: slot + 30 * DAY, errors.AppointmentTimeInvalid),
        (lambda slot, now: 10**18, errors.AppointmentTimeInvalid),
        (lambda slot, now: 10**30, errors.AppointmentTimeInvalid),
    ],
)
def test_a_time_that_is_not_offered_is_refused(
    acme: Organization, change: Callable[[int, int], int], error: type[Exception]
):
    time = Instant(change(acme.free_slots()[0], acme.now))

    with pytest.raises(error):
        acme.request(appointment_at=time)
    assert _taken(acme) == {}


def test_a_slot_within_the_lead_time_is_not_offered_any_more(acme: Organization):
    slot = acme.free_slots()[0]
    acme.clock.turn_to(after(slot, -600))
    acme.request(customer(1), appointment_at=slot)
    acme.clock.turn_to(Instant(acme.now + 1))

    with pytest.raises(errors.AppointmentTimeInvalid):
        acme.request(customer(2), appointment_at=slot)


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({"offer_scheduled": False}, True),
        ({"register_callbacks": False}, True),
        ({"hours": {"weekly": {"tue": ["15:00-18:00"]}}, "scheduled_after_hours": False}, True),
        ({"hours": {"weekly": {"tue": ["15:00-18:00"]}}}, False),
        ({"offer_asap": False}, False),
        ({"max_requested_callbacks": 0}, False),
    ],
)
def test_booking_is_offered_by_itself(acme: Organization, settings: dict[str, Any], refused: bool):
    _settle(acme, **settings)
    tomorrow = Instant(acme.now + DAY)

    if refused:
        with pytest.raises(errors.RequestRefusedDueToOperationMode):
            acme.request(appointment_at=tomorrow)
        assert _taken(acme) == {}
    else:
        acme.request(appointment_at=tomorrow)


def test_past_slots_are_not_asked_about(acme: Organization):
    slot = acme.free_slots()[0]
    acme.request(appointment_at=slot)

    assert acme.db.read_now(store.taken_slots, acme.org, slot) == {CallTargetId("acme-billing-target"): {slot: 1}}
    assert acme.db.read_now(store.taken_slots, acme.org, Instant(slot + 1)) == {}


@pytest.mark.parametrize("outcome", [Outcome.CANCELED, Outcome.EXPIRED, Outcome.RESCHEDULED_AWAY])
@pytest.mark.parametrize("state", [State.PENDING, State.WAITLISTED])
def test_what_ends_before_it_was_called_gives_its_place_back(acme: Organization, outcome: Outcome, state: State):
    slot = acme.free_slots()[0]
    requested = acme.request(appointment_at=slot)
    if state is State.WAITLISTED:
        acme.db.write_now(store.move, _get(acme, requested.callback_id), state, now=acme.now)

    assert acme.db.write_now(store.finish, _get(acme, requested.callback_id), outcome, now=acme.now)

    assert slot in acme.free_slots()
    assert not _taken(acme)
    acme.check_books()


def test_nothing_ends_twice(acme: Organization):
    slot = acme.free_slots()[0]
    for n in (1, 2):
        acme.request(customer(n), appointment_at=slot)
    callback = acme.db.read_now(store.live_of_number, acme.org, customer(1).key)[0]

    assert acme.db.write_now(store.finish, callback, Outcome.CANCELED, now=acme.now)
    assert not acme.db.write_now(store.finish, callback, Outcome.CANCELED, now=acme.now)

    assert _taken(acme) == {slot: 1}
    acme.check_books()


def _get(acme: Organization, callback_id: CallbackId) -> Callback:
    callback = acme.db.read_now(store.get, acme.org, callback_id)
    assert callback is not None
    return callback
