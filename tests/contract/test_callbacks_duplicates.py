"""The four rules for a second live callback of the same number on the same call target."""

from typing import Any

import pytest
from tests.fakes.organizations import Organization, customer

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback, Requested
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel import errors
from ringback.kernel.clock import Instant, ManualClock, after
from ringback.kernel.phone import NumberRules, parse_number

RULES = ["refuse", "keep", "replace", "allow"]


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    """An organization with widgets on two call targets; the number limit is out of the way."""
    organization = Organization(database, clock, limits={"per_number": {"requests": 1000, "seconds": 60}})
    for key in ("billing", "sales"):
        organization.call_target(key)
        organization.widget(key, call_target=key)
    return organization


def _rule(acme: Organization, rule: str, **settings: Any) -> None:
    acme.call_target(duplicate_rule=rule, **settings)


def _live(acme: Organization, number: str = customer().key) -> list[Callback]:
    return acme.db.read_now(callbacks.live_of_number, acme.configuration, number)


def _get(acme: Organization, requested: Requested) -> Callback:
    return acme.db.read_now(callbacks.get, acme.org, requested.callback_id)


def _dial(acme: Organization, requested: Requested) -> None:
    def dial(tx: Tx) -> None:
        callback = callbacks.get(tx, acme.org, requested.callback_id)
        assert callbacks.move(tx, callback, State.DIALING, now=acme.now, lease_owner="test", lease_until=acme.now)

    acme.db.write_now(dial)


def _taken(acme: Organization) -> dict[Instant, int]:
    by_target = acme.db.read_now(callbacks.taken_slots, acme.org, Instant(0))
    return dict(next(iter(by_target.values()), {}))


def test_refuse_is_the_rule_where_none_is_set(acme: Organization):
    acme.request()

    with pytest.raises(errors.DuplicateRequest):
        acme.request()
    assert len(_live(acme)) == 1


def test_refuse_takes_no_slot(acme: Organization):
    acme.request()

    with pytest.raises(errors.DuplicateRequest):
        acme.request(appointment_at=acme.free_slots()[0])
    assert _taken(acme) == {}
    acme.check_books()


def test_refuse_tells_a_duplicate_even_when_nothing_is_offered(acme: Organization):
    acme.request()
    _rule(acme, "refuse", register_callbacks=False)

    with pytest.raises(errors.DuplicateRequest):
        acme.request()


@pytest.mark.parametrize("rule", RULES)
def test_another_number_or_call_target_or_extension_is_no_duplicate(acme: Organization, rule: str):
    _rule(acme, rule)
    first = acme.request()

    others = [
        acme.request(customer(1)),
        acme.request(widget="sales"),
        acme.request(parse_number(f"{customer().e164};ext=7", NumberRules())),
    ]

    assert len({first.callback_id, *(other.callback_id for other in others)}) == 4
    assert not any(other.repeated for other in others)
    assert _get(acme, first).state is State.PENDING
    acme.check_books()


@pytest.mark.parametrize("rule", RULES)
def test_another_organizations_callback_is_no_duplicate(acme: Organization, rule: str):
    _rule(acme, rule)
    other = Organization(acme.db, acme.clock, "other")
    other.call_target(duplicate_rule=rule)
    other.widget()
    acme.request()

    assert not other.request().repeated


@pytest.mark.parametrize("rule", RULES)
def test_what_has_ended_is_no_duplicate(acme: Organization, rule: str):
    _rule(acme, rule)
    for outcome in (Outcome.CANCELED, Outcome.SUCCESS):
        first = acme.request()
        if outcome is Outcome.SUCCESS:
            _dial(acme, first)
        acme.db.write_now(callbacks.finish, _get(acme, first), outcome, now=acme.now)

    assert not acme.request().repeated
    acme.check_books()


@pytest.mark.parametrize("rule", ["refuse", "replace"])
def test_a_callback_on_the_phone_is_neither_doubled_nor_replaced(acme: Organization, rule: str):
    _rule(acme, rule)
    first = acme.request()
    _dial(acme, first)

    with pytest.raises(errors.DuplicateRequest):
        acme.request()
    assert _get(acme, first).state is State.DIALING


# keep


def test_keep_answers_with_the_callback_there_is_and_its_present_estimate(acme: Organization):
    _rule(acme, "keep", estimate={"default_agents": 1, "default_handle_time": 60})
    before = acme.request(customer(1))
    acme.clock.advance(1)
    first = acme.request()
    acme.clock.advance(1)
    acme.request(customer(2))
    assert first.estimate
    assert first.estimate.seconds > 30  # behind the one before
    acme.db.write_now(callbacks.cancel, _get(acme, before), by="test", now=acme.now)
    acme.clock.advance(30)

    again = acme.request()

    assert again.repeated
    assert again.callback_id == first.callback_id
    assert again.requested_at == first.requested_at
    assert again.estimate
    assert again.estimate.seconds == 0  # the one before has gone; the one behind does not count
    assert len(_live(acme)) == 1
    acme.check_books()


def test_keep_promises_nothing_before_the_minimum_delay_is_over(acme: Organization):
    _rule(acme, "keep", minimum_delay=600)
    acme.request()
    acme.clock.advance(100)

    again = acme.request()

    assert again.estimate
    assert again.estimate.low == again.estimate.seconds == 500
    assert again.estimate.high >= 500


def test_keep_keeps_a_booking_whatever_is_asked_for_and_takes_no_other_slot(acme: Organization):
    _rule(acme, "keep")
    slots = acme.free_slots()
    first = acme.request(appointment_at=slots[0])

    for wish in ({}, {"appointment_at": slots[1]}):
        again = acme.request(**wish)
        assert (again.callback_id, again.appointment_at, again.estimate) == (first.callback_id, slots[0], None)
    assert _taken(acme) == {slots[0]: 1}
    acme.check_books()


def test_keep_answers_also_when_nothing_new_is_taken(acme: Organization):
    _rule(acme, "keep")
    first = acme.request()
    _rule(acme, "keep", register_callbacks=False)

    assert acme.request().callback_id == first.callback_id


def test_keep_answers_for_a_callback_that_is_being_dialled(acme: Organization):
    _rule(acme, "keep")
    first = acme.request()
    _dial(acme, first)

    again = acme.request()

    assert again.callback_id == first.callback_id
    assert again.estimate is None  # there is no wait to tell


# replace


def test_replace_ends_the_earlier_one_and_keeps_its_place_in_line(acme: Organization):
    _rule(acme, "replace")
    first = acme.request()
    acme.clock.advance(60)
    acme.request(customer(1))
    acme.clock.advance(60)

    second = acme.request()

    old, new = _get(acme, first), _get(acme, second)
    assert (old.state, old.outcome) == (State.FINISHED, Outcome.RESCHEDULED_AWAY)
    assert second.callback_id != first.callback_id
    assert not second.repeated
    assert new.order_at == first.requested_at
    assert new.created_at == second.requested_at == acme.now
    standing = acme.db.read_now(callbacks.standing, acme.configuration, new, now=acme.now)
    assert standing.position == 1
    assert [kind for _, kind, _ in acme.db.read_now(callbacks.timeline, acme.org, old.id)] == ["replaced"]
    acme.check_books()


def test_replace_promises_the_wait_from_the_place_it_keeps(acme: Organization):
    _rule(acme, "replace", estimate={"default_agents": 1, "default_handle_time": 60})
    acme.request()
    for n in range(1, 5):
        acme.clock.advance(1)
        acme.request(customer(n))

    second = acme.request()

    assert second.estimate
    assert second.estimate.seconds == 0
    assert _get(acme, second).promised_seconds == 0


def test_replace_keeps_the_first_place_however_often(acme: Organization):
    _rule(acme, "replace")
    first = acme.request()
    for _ in range(3):
        acme.clock.advance(60)
        last = acme.request()

    assert _get(acme, last).order_at == first.requested_at
    assert len(_live(acme)) == 1


def test_replace_asks_for_the_minimum_delay_again(acme: Organization):
    _rule(acme, "replace", minimum_delay=300)
    acme.request()
    acme.clock.advance(200)

    second = acme.request()

    assert _get(acme, second).due_at == after(acme.now, 300)
    assert second.estimate
    assert second.estimate.low == 300


def test_replace_moves_a_booking_and_gives_its_slot_back(acme: Organization):
    _rule(acme, "replace")
    slots = acme.free_slots()
    acme.request(appointment_at=slots[0])

    second = acme.request(appointment_at=slots[1])

    assert _get(acme, second).order_at == slots[1]
    assert {slot: taken for slot, taken in _taken(acme).items() if taken} == {slots[1]: 1}
    acme.check_books()


def test_replace_by_the_same_slot_finds_the_place_it_had_itself(acme: Organization):
    _rule(acme, "replace", slots={"capacity": 1})
    slot = acme.free_slots()[0]
    first = acme.request(appointment_at=slot)

    second = acme.request(appointment_at=slot)

    assert second.callback_id != first.callback_id
    assert _taken(acme) == {slot: 1}
    acme.check_books()


def test_replace_makes_its_own_room_under_the_maximum(acme: Organization):
    _rule(acme, "replace", max_requested_callbacks=1)
    acme.request()

    acme.request()

    acme.check_books()


def test_replace_of_a_booking_by_one_as_soon_as_possible_begins_at_the_end_of_the_line(acme: Organization):
    _rule(acme, "replace")
    slot = acme.free_slots()[0]
    acme.request(appointment_at=slot)
    acme.clock.advance(60)

    second = acme.request()

    assert _get(acme, second).order_at == acme.now
    assert not any(_taken(acme).values())
    acme.check_books()


def test_replace_by_a_booking_leaves_the_line(acme: Organization):
    _rule(acme, "replace")
    acme.request()
    slot = acme.free_slots()[0]

    second = acme.request(appointment_at=slot)

    assert _get(acme, second).order_at == slot
    assert _taken(acme) == {slot: 1}
    acme.check_books()


@pytest.mark.parametrize("wrong", ["not_offered", "in_the_past", "invalid", "full", "render"])
def test_replace_that_fails_leaves_the_earlier_one_as_it_was(acme: Organization, wrong: str):
    _rule(acme, "replace", slots={"capacity": 1})
    mine, others = acme.free_slots()[:2]
    acme.request(customer(1), appointment_at=others)
    first = acme.request(appointment_at=mine)
    if wrong == "not_offered":
        _rule(acme, "replace", slots={"capacity": 1}, offer_scheduled=False)
    wish: dict[str, Any] = {
        "not_offered": {"appointment_at": mine},
        "in_the_past": {"appointment_at": Instant(acme.now - 1)},
        "invalid": {"appointment_at": Instant(mine + 1)},
        "full": {"appointment_at": others},
        "render": {"user_data": {}, "channel": "\x00"},  # no database can hold it
    }[wrong]

    with pytest.raises(errors.RingbackError):
        acme.request(**wish)

    assert [callback.id for callback in _live(acme)] == [first.callback_id]
    assert _taken(acme) == {mine: 1, others: 1}
    acme.check_books()


# allow


def test_allow_lets_every_request_in(acme: Organization):
    _rule(acme, "allow")

    ids = {acme.request().callback_id for _ in range(3)}

    assert {callback.id for callback in _live(acme)} == ids
    acme.check_books()


def test_after_allow_the_old_rule_guards_what_is_asked_for_from_then_on(acme: Organization):
    _rule(acme, "allow")
    acme.request()
    _rule(acme, "refuse")
    acme.request()  # those let in before stand guard over nothing

    with pytest.raises(errors.DuplicateRequest):
        acme.request()


@pytest.mark.parametrize("rule", ["refuse", "keep", "replace"])
def test_the_database_itself_refuses_a_second_guard(acme: Organization, rule: str):
    _rule(acme, rule)
    first = acme.request()

    def twice(tx: Tx) -> int:
        return tx.run(
            """
            INSERT INTO callbacks (org_id, id, call_target_id, widget_id, contact_number, type, state, channel, locale,
                time_zone, user_data, order_at, due_at, duplicate_guard, created_at, updated_at)
            SELECT org_id, 'second', call_target_id, widget_id, contact_number, type, state, channel, locale,
                time_zone, user_data, order_at, due_at, duplicate_guard, created_at, updated_at
            FROM callbacks WHERE id = :id
            """,
            id=first.callback_id,
        )

    with pytest.raises(errors.RingbackError):
        acme.db.write_now(twice)
