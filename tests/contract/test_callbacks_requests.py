"""Asking for a callback: what is accepted, promised and counted, and what is refused with nothing left behind."""

from itertools import pairwise
from typing import Any

import pytest
from tests.fakes.organizations import Organization, customer

import ringback.call_targets.store as call_targets
from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import IdempotencyKey, Kind, OptIn, Wish
from ringback.db.database import Database
from ringback.db.tx import Change, Changes, Tx
from ringback.kernel import errors
from ringback.kernel.clock import DAY, MINUTE, SECOND, Instant, ManualClock, after
from ringback.kernel.phone import NumberRules, parse_number
from ringback.kernel.tenancy import CallbackId, WidgetId


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    """An organization whose one call target is always open, with a widget on it."""
    organization = Organization(database, clock)
    organization.call_target(slots={"lead_time": 0})
    organization.widget()
    return organization


def _get(acme: Organization, callback_id: CallbackId) -> Any:
    return acme.db.read_now(callbacks.get, acme.org, callback_id)


def _rows(acme: Organization, table: str = "callbacks") -> list[dict[str, Any]]:
    def read(tx: Tx) -> list[dict[str, Any]]:
        return [dict(row) for row in tx.all(f"SELECT * FROM {table}")]

    return acme.db.read_now(read)


def _key(key: str = "key", body: str = "body") -> IdempotencyKey:
    return IdempotencyKey(key, body)


def test_a_callback_as_soon_as_possible_is_stored_with_its_promise(acme: Organization):
    requested = acme.request(
        customer(7), name="Ada", channel="sms", locale="de", time_zone="Europe/Berlin", user_data={"dropped": 1}
    )

    assert requested.requested_at == acme.now
    assert requested.appointment_at is None
    assert not requested.repeated
    assert requested.estimate is not None
    stored = _get(acme, requested.callback_id)
    assert (stored.state, stored.outcome, stored.kind) == (State.PENDING, None, Kind.ASAP)
    assert (stored.contact_number, stored.contact_name) == ("+12015550007", "Ada")
    assert (stored.channel, stored.locale, stored.time_zone) == ("sms", "de", "Europe/Berlin")
    assert stored.order_at == stored.due_at == stored.created_at == acme.now
    assert stored.promised_seconds == requested.estimate.seconds
    acme.check_books()


def test_a_booked_callback_is_due_at_its_time_and_promised_nothing_else(acme: Organization):
    slot = acme.free_slots()[3]

    requested = acme.request(appointment_at=slot)

    assert requested.appointment_at == slot
    assert requested.estimate is None
    stored = _get(acme, requested.callback_id)
    assert stored.kind is Kind.SCHEDULED
    assert stored.order_at == stored.due_at == stored.appointment_at == slot
    assert stored.promised_seconds is None
    acme.check_books()


def test_the_minimum_delay_moves_when_it_is_due_and_not_its_place(acme: Organization):
    acme.call_target(minimum_delay=120)

    requested = acme.request()

    stored = _get(acme, requested.callback_id)
    assert stored.order_at == acme.now
    assert stored.due_at == after(acme.now, 120)
    assert requested.estimate is not None
    assert requested.estimate.low == 120


def test_each_request_waits_for_those_before_it(acme: Organization):
    acme.call_target(estimate={"default_agents": 1, "default_handle_time": 60})

    waits = []
    for n in range(4):
        waits.append(acme.request(customer(n)).estimate)
        acme.clock.turn_to(Instant(acme.now + 1))

    expected = [wait.seconds for wait in waits if wait]
    assert expected[0] == 0
    assert all(45 <= later - earlier <= 75 for earlier, later in pairwise(expected)), (
        expected
    )  # one agent, a minute each
    standing = acme.db.read_now(callbacks.standings_of_number, acme.configuration, customer(2).key, now=acme.now)
    promised = waits[2].promise if waits[2] else 0
    assert [(one.position, one.estimated_for) for one in standing] == [(3, after(acme.now, promised))]


def test_only_the_keys_of_the_users_data_set_are_kept(acme: Organization):
    data_set = acme.user_data_set("crm", {"keys": [{"key": "order"}, {"key": "vip", "default": False}]})
    acme.widget(user_data_set_id=data_set)

    acme.request(user_data={"order": "A-1", "password": "x"})

    assert _rows(acme)[0]["user_data"] == '{"order":"A-1","vip":false}'


def test_opt_ins_are_kept_as_they_were_given(acme: Organization):
    acme.request(customer(1), opt_ins=(OptIn("callback-notifications", "sms", 1772463600000),))
    acme.request(customer(2), opt_ins=())
    acme.request(customer(3))

    kept = {row["contact_number"][-1]: row["opt_ins"] for row in _rows(acme)}
    assert kept == {
        "1": '[{"use_case":"callback-notifications","channel":"sms","timestamp":1772463600000}]',
        "2": "[]",
        "3": None,
    }


def test_the_change_is_told_after_a_request_and_not_after_a_refusal(acme: Organization):
    told: list[Changes | None] = []
    acme.db.listen(told.append)

    acme.request()
    with pytest.raises(errors.DuplicateRequest):
        acme.request()

    assert told == [frozenset({(acme.org, Change.CALLBACKS)})]


# Refused


@pytest.mark.parametrize(
    "settings",
    [
        {"register_callbacks": False},
        {"offer_asap": False},
        {"max_requested_callbacks": 0},
        {"hours": {"weekly": {"tue": ["09:00-18:00"]}}},
        {"hours": {"weekly": {"mon": ["09:00-15:00"]}}, "closing_margin": 0},
        {"max_estimate": 60, "minimum_delay": 61},
    ],
)
def test_what_is_not_offered_is_refused(acme: Organization, settings: dict[str, Any]):
    acme.call_target(**settings)

    with pytest.raises(errors.RequestRefusedDueToOperationMode) as caught:
        acme.request()

    assert "reason" not in caught.value.message  # why is told in the log and nowhere else
    assert not _rows(acme)
    acme.check_books()


def test_an_inactive_widget_takes_nothing(acme: Organization):
    slot = acme.free_slots()[0]
    acme.widget(active=False)

    for wish in ({}, {"appointment_at": slot}):
        with pytest.raises(errors.RequestRefusedDueToOperationMode):
            acme.request(**wish)
    assert not _rows(acme, "timeslots")


def test_the_maximum_is_counted_as_it_is_now(acme: Organization):
    acme.call_target(max_requested_callbacks=2)
    first = acme.request(customer(1))
    acme.request(customer(2))

    with pytest.raises(errors.RequestRefusedDueToOperationMode):
        acme.request(customer(3))
    acme.db.write_now(callbacks.cancel, _get(acme, first.callback_id), by="test", now=acme.now)
    acme.request(customer(3))


def test_a_blocked_number_is_refused_in_the_words_of_every_other(acme: Organization):
    acme.block(customer(1).e164)
    acme.block("+1201556", scope="prefix")
    with pytest.raises(errors.InvalidContact) as premium:
        parse_number("+19005550123", NumberRules())

    for number in (
        customer(1),
        parse_number("+12015551111", NumberRules()),
        parse_number("+12015565555", NumberRules()),
    ):
        if number.key == "+12015551111":
            acme.request(number)
            continue
        with pytest.raises(errors.InvalidContact) as blocked:
            acme.request(number)
        assert blocked.value.message == premium.value.message
        assert blocked.value.details == premium.value.details == {}


def test_another_extension_of_a_blocked_number_is_blocked_too(acme: Organization):
    acme.block(customer(1).e164)

    with pytest.raises(errors.InvalidContact):
        acme.request(parse_number(f"{customer(1).e164};ext=12", NumberRules()))


def test_the_block_list_of_one_organization_is_not_anothers(acme: Organization):
    other = Organization(acme.db, acme.clock, "other")
    other.block(customer().e164)

    acme.request()


def test_an_unknown_widget_is_not_found(acme: Organization):
    with pytest.raises(errors.NotFound):
        acme.request(widget="nowhere")
    with pytest.raises(errors.NotFound):
        acme.request(widget="nowhere", idempotency_key=_key())


def test_a_stale_configuration_is_not_worked_with(acme: Organization):
    before = acme.configuration
    acme.call_target(register_callbacks=False)

    with pytest.raises(callbacks.StaleConfiguration):
        acme.request(configuration=before)
    with pytest.raises(callbacks.StaleConfiguration):
        acme.request(configuration=before, idempotency_key=_key())
    assert not _rows(acme)


def test_the_configuration_of_an_organization_that_is_gone_is_stale(acme: Organization):
    configuration = acme.configuration

    def remove(tx: Tx) -> None:
        for table in ("widgets", "call_targets"):
            tx.run(f"DELETE FROM {table} WHERE org_id = :org", org=acme.org)
        tx.run("DELETE FROM organizations WHERE id = :org", org=acme.org)

    acme.db.write_now(remove)

    with pytest.raises(callbacks.StaleConfiguration):
        acme.request(configuration=configuration)


# Idempotency


def test_the_same_key_gets_the_same_answer_once_more(acme: Organization):
    first = acme.request(idempotency_key=_key())
    acme.clock.advance(3600)

    again = acme.request(idempotency_key=_key())

    assert again.callback_id == first.callback_id
    assert again.repeated
    assert len(_rows(acme)) == 1
    acme.check_books()


def test_the_same_answer_comes_even_when_nothing_is_offered_any_more(acme: Organization):
    first = acme.request(idempotency_key=_key())
    acme.call_target(register_callbacks=False)

    assert acme.request(idempotency_key=_key()).callback_id == first.callback_id


def test_a_key_used_for_something_else_is_refused(acme: Organization):
    acme.request(idempotency_key=_key())

    with pytest.raises(errors.InvalidParameters):
        acme.request(customer(2), idempotency_key=_key(body="another"))
    assert len(_rows(acme)) == 1


def test_keys_of_different_widgets_have_nothing_to_do_with_each_other(acme: Organization):
    acme.widget("second")
    first = acme.request(customer(1), idempotency_key=_key())

    second = acme.request(customer(2), widget="second", idempotency_key=_key(body="another"))

    assert second.callback_id != first.callback_id


def test_a_refusal_does_not_use_the_key_up(acme: Organization):
    acme.call_target(register_callbacks=False)
    with pytest.raises(errors.RequestRefusedDueToOperationMode):
        acme.request(idempotency_key=_key())
    assert not _rows(acme, "idempotency_keys")
    acme.call_target()

    acme.request(idempotency_key=_key())


def test_an_answer_that_cannot_be_rendered_leaves_nothing_behind(acme: Organization):
    def render(_: Any) -> str:
        raise RuntimeError("no words")

    with pytest.raises(RuntimeError, match="no words"):
        acme.db.write_now(
            callbacks.request_callback,
            acme.configuration,
            WidgetId("acme-billing"),
            Wish(customer(), appointment_at=acme.free_slots()[0]),
            render=render,
            idempotency_key=_key(),
            now=acme.now,
        )
    assert not _rows(acme)
    assert not _rows(acme, "timeslots")
    assert not _rows(acme, "idempotency_keys")
    acme.check_books()


def test_a_key_is_honoured_for_a_day_whether_or_not_somebody_cleans_up(acme: Organization):
    acme.call_target(duplicate_rule="allow")
    first = acme.request(idempotency_key=_key())
    acme.clock.advance(86_400 - 1)
    assert acme.request(idempotency_key=_key()).callback_id == first.callback_id
    acme.clock.advance(1)

    second = acme.request(idempotency_key=_key(body="another"))

    assert second.callback_id != first.callback_id
    assert acme.request(idempotency_key=_key(body="another")).callback_id == second.callback_id


def test_answers_are_forgotten_after_a_day_a_batch_at_a_time(acme: Organization):
    acme.request(customer(1), idempotency_key=_key("old"))
    acme.clock.advance(3600)
    acme.request(customer(2), idempotency_key=_key("young"))
    acme.clock.turn_to(Instant(acme.now + DAY - 3599 * SECOND))

    assert acme.db.write_now(callbacks.forget_answers, now=acme.now)
    assert not acme.db.write_now(callbacks.forget_answers, now=acme.now)
    assert [row["key_hash"] for row in _rows(acme, "idempotency_keys")] == ["young"]


# How often a number may ask


def test_a_number_may_ask_three_times_in_ten_minutes(acme: Organization):
    acme.call_target(duplicate_rule="allow")
    for _ in range(3):
        acme.request()
        acme.clock.advance(60)

    with pytest.raises(errors.TooManyRequests) as caught:
        acme.request()

    assert caught.value.details == {"retry_after": 420}
    acme.request(customer(2))


@pytest.mark.parametrize("early", [0, 1, 999_999])
def test_at_the_time_told_it_may_ask_again(acme: Organization, early: int):
    acme.call_target(duplicate_rule="allow")
    acme.configure(limits={"per_number": {"requests": 2, "seconds": 100}})
    for _ in range(2):
        acme.request()
        acme.clock.advance(10)
    acme.clock.turn_to(Instant(acme.now + early))
    with pytest.raises(errors.TooManyRequests) as caught:
        acme.request()

    retry_after = caught.value.details["retry_after"]
    acme.clock.advance(retry_after - 1)
    with pytest.raises(errors.TooManyRequests):
        acme.request()
    acme.clock.advance(1)
    acme.request()


def test_a_limit_that_was_lowered_counts_from_the_last_requests(acme: Organization):
    acme.call_target(duplicate_rule="allow")
    for _ in range(3):
        acme.request()
        acme.clock.advance(60)
    acme.configure(limits={"per_number": {"requests": 1, "seconds": 600}})

    with pytest.raises(errors.TooManyRequests) as caught:
        acme.request()

    assert caught.value.details == {"retry_after": 540}


def test_cancelled_and_finished_requests_count_too(acme: Organization):
    for _ in range(3):
        requested = acme.request()
        acme.db.write_now(callbacks.cancel, _get(acme, requested.callback_id), by="test", now=acme.now)

    with pytest.raises(errors.TooManyRequests):
        acme.request()


def test_refused_requests_do_not_count(acme: Organization):
    acme.request()
    for _ in range(5):
        with pytest.raises(errors.DuplicateRequest):
            acme.request()


def test_extensions_are_counted_by_themselves(acme: Organization):
    acme.configure(limits={"per_number": {"requests": 1, "seconds": 600}})
    acme.request(parse_number("+12015550123;ext=1", NumberRules()))

    acme.request(parse_number("+12015550123;ext=2", NumberRules()))


# Where it stands


def test_a_standing_counts_those_before_it_in_line(acme: Organization):
    acme.call_target(slots={"lead_time": 0, "length_minutes": 15})
    acme.request(customer(1))
    soon = acme.free_slots()[1]
    booked = acme.request(customer(2), appointment_at=soon)
    acme.clock.advance(1)
    second = acme.request(customer(3))

    def position(callback_id: CallbackId) -> tuple[int | None, Instant]:
        standing = acme.db.read_now(callbacks.standing, acme.configuration, _get(acme, callback_id), now=acme.now)
        return standing.position, standing.estimated_for

    assert position(second.callback_id) == (2, acme.now)
    assert position(booked.callback_id) == (3, soon)
    acme.clock.turn_to(Instant(soon + 1))
    late = acme.request(customer(4))
    assert position(booked.callback_id) == (3, acme.now)
    assert position(late.callback_id) == (4, acme.now)


def test_those_who_asked_in_the_same_instant_stand_one_behind_the_other(acme: Organization):
    for n in range(5):
        acme.request(customer(n))

    positions = [
        acme.db.read_now(callbacks.standings_of_number, acme.configuration, customer(n).key, now=acme.now)[0].position
        for n in range(5)
    ]

    assert sorted(position for position in positions if position) == [1, 2, 3, 4, 5]


def test_a_retry_is_estimated_for_when_it_is_due_again(acme: Organization):
    slot = acme.free_slots()[0]
    booked, asap = acme.request(customer(1), appointment_at=slot), acme.request(customer(2))
    later = Instant(slot + 10 * MINUTE)

    def retry(tx: Tx, callback_id: CallbackId) -> None:
        callback = callbacks.get(tx, acme.org, callback_id)
        lease = {"lease_owner": "test", "lease_until": later, "attempts": 1}
        assert callbacks.move(tx, callback, State.DIALING, now=acme.now, **lease)
        dialing = callbacks.get(tx, acme.org, callback_id)
        assert callbacks.move(tx, dialing, State.PENDING, now=acme.now, due_at=later)

    acme.clock.turn_to(slot)
    for requested in (booked, asap):
        acme.db.write_now(retry, requested.callback_id)
        standing = acme.db.read_now(
            callbacks.standing, acme.configuration, _get(acme, requested.callback_id), now=acme.now
        )
        assert standing.estimated_for == later
    acme.check_books()


def test_a_callback_on_the_phone_stands_in_no_line(acme: Organization):
    requested = acme.request()

    def dial(tx: Tx) -> None:
        callback = callbacks.get(tx, acme.org, requested.callback_id)
        callbacks.move(tx, callback, State.DIALING, now=acme.now, lease_owner="test", lease_until=acme.now)

    acme.db.write_now(dial)

    (standing,) = acme.db.read_now(callbacks.standings_of_number, acme.configuration, customer().key, now=acme.now)
    assert standing.position is None
    assert standing.estimated_for == acme.now
    acme.check_books()


def test_callbacks_of_a_call_target_that_was_removed_can_still_be_asked_about(acme: Organization):
    acme.request()
    acme.remove_widget("billing")
    acme.db.write_now(call_targets.remove, acme.org, "acme-billing-target", now=acme.now)

    (standing,) = acme.db.read_now(callbacks.standings_of_number, acme.configuration, customer().key, now=acme.now)

    assert standing.position == 1


def test_another_organizations_callback_is_not_found(acme: Organization):
    other = Organization(acme.db, acme.clock, "other")
    requested = acme.request()

    with pytest.raises(errors.NotFound):
        acme.db.read_now(callbacks.get, other.org, requested.callback_id)
    assert acme.db.read_now(callbacks.live_of_number, other.configuration, customer().key) == []


# What the program itself may not do


def test_a_move_that_the_lifecycle_does_not_know_is_a_mistake_in_the_program(acme: Organization):
    requested = acme.request()

    def skip(tx: Tx) -> None:
        callbacks.move(tx, callbacks.get(tx, acme.org, requested.callback_id), State.TALKING, now=acme.now)

    with pytest.raises(ValueError, match="no move from pending to talking"):
        acme.db.write_now(skip)


def test_states_are_counted_over_all_organizations(acme: Organization):
    other = Organization(acme.db, acme.clock, "other")
    other.call_target()
    other.widget()
    for organization in (acme, other):
        organization.request(appointment_at=organization.free_slots()[5])
    acme.request(customer(2))

    counted = acme.db.read_now(callbacks.count_states)

    assert counted == {"pending": 3, "waitlisted": 0, "dialing": 0, "connecting": 0, "talking": 0}


def test_what_ended_is_not_counted(acme: Organization):
    requested = acme.request()

    acme.db.write_now(callbacks.finish, _get(acme, requested.callback_id), Outcome.FAILURE, now=acme.now)

    assert set(acme.db.read_now(callbacks.count_states).values()) == {0}
    acme.check_books()
