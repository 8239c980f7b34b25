"""The dispatcher's decisions about one callback: whether now, and how it goes on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.call_targets.model import CallTarget, CallTargetSettings
from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.callbacks.model import Callback, Kind
from ringback.dispatch import plan
from ringback.dispatch.plan import CustomerFacts, End, Hold, Postpone, Reason
from ringback.kernel.clock import DAY, HOUR, MINUTE, Instant, after, from_unix
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId, WidgetId
from ringback.telephony.flow import Wish, WishKind
from ringback.telephony.port import Party

NOON = from_unix(1_772_452_800)
"""2026-03-02T12:00:00Z, a Monday."""

OFFICE_HOURS = {"weekly": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}
AT_EASE = CustomerFacts(blocked=False, calls=(), calls_per_day=10)


def target(zone: str = "UTC", **settings: Any) -> CallTarget:
    made = CallTargetSettings.model_validate({"name": "Billing", **settings})
    return CallTarget(CallTargetId("billing"), "billing", made, zone)


def callback(
    appointment_at: Instant | None = None,
    *,
    due_at: Instant | None = None,
    attempts: int = 0,
    time_zone: str = "UTC",
) -> Callback:
    asked_at = appointment_at or Instant(NOON - HOUR)
    return Callback(
        org=OrgId("acme"),
        id=CallbackId("one"),
        call_target_id=CallTargetId("billing"),
        widget_id=WidgetId("widget"),
        contact_number="+12015550123",
        contact_name=None,
        kind=Kind.SCHEDULED if appointment_at else Kind.ASAP,
        state=State.PENDING,
        outcome=None,
        channel="test",
        locale="en",
        time_zone=time_zone,
        order_at=asked_at,
        appointment_at=appointment_at,
        due_at=due_at or asked_at,
        promised_seconds=None,
        attempts=attempts,
        created_at=Instant(NOON - HOUR),
        finished_at=None,
    )


def at(hour: int, minute: int = 0) -> Instant:
    """That time of Monday, UTC."""
    return Instant(NOON + (hour - 12) * HOUR + minute * MINUTE)


class TestRefusal:
    def test_nobody_is_refused_while_open(self) -> None:
        assert plan.refusal(target(hours=OFFICE_HOURS), callback(), NOON) is None

    def test_a_removed_call_target_is_our_failure(self) -> None:
        assert plan.refusal(None, callback(), NOON) == End(Outcome.FAILURE, Reason.CALL_TARGET_REMOVED)

    def test_closed_carries_over_to_the_next_opening(self) -> None:
        refused = plan.refusal(target(hours=OFFICE_HOURS), callback(), at(18))
        assert refused == Postpone(Instant(at(9) + DAY), Reason.CLOSED)

    def test_where_no_opening_is_known_it_is_looked_for_tomorrow(self) -> None:
        never_open = target(hours={"weekly": {}})
        assert plan.refusal(never_open, callback(), NOON) == Postpone(Instant(NOON + DAY), Reason.CLOSED)

    def test_processing_off_holds(self) -> None:
        assert plan.refusal(target(process_callbacks=False), callback(), NOON) == Hold(Reason.PROCESSING_OFF)

    def test_a_scheduled_one_has_its_window(self) -> None:
        slot = at(11)
        line = target(scheduled_window=3600)
        assert plan.refusal(line, callback(slot), at(12)) is None
        assert plan.refusal(line, callback(slot), Instant(at(12) + 1)) == End(Outcome.EXPIRED, Reason.WINDOW_OVER)

    def test_a_scheduled_one_that_no_opening_can_save_has_expired(self) -> None:
        line = target(hours=OFFICE_HOURS, scheduled_window=7200)
        assert plan.refusal(line, callback(at(16, 45)), at(17)) == End(Outcome.EXPIRED, Reason.CLOSED)

    def test_a_scheduled_one_waits_out_a_break_that_fits_its_window(self) -> None:
        line = target(hours={"weekly": {"mon": ["09:00-12:00", "13:00-17:00"]}}, scheduled_window=7200)
        assert plan.refusal(line, callback(at(11, 45)), at(12)) == Postpone(at(13), Reason.CLOSED)

    def test_a_window_that_the_customer_moved_counts_from_the_time_they_named(self) -> None:
        line, later = target(scheduled_window=3600), callback(at(9), due_at=at(11), attempts=1)
        assert plan.refusal(line, later, at(12)) is None
        assert plan.refusal(line, later, Instant(at(12) + 1)) == End(Outcome.EXPIRED, Reason.WINDOW_OVER)

    def test_only_retries_are_made_after_hours_and_only_if_so_configured(self) -> None:
        night_shift = target(hours=OFFICE_HOURS, retry={"after_hours": True})
        assert plan.refusal(night_shift, callback(attempts=1), at(18)) is None
        assert isinstance(plan.refusal(night_shift, callback(), at(18)), Postpone)
        assert isinstance(plan.refusal(target(hours=OFFICE_HOURS), callback(attempts=1), at(18)), Postpone)


class TestSecondLook:
    def test_finds_nothing(self) -> None:
        assert plan.second_look(target(), callback(), AT_EASE, NOON) is None

    def test_the_never_call_list_cancels(self) -> None:
        blocked = CustomerFacts(blocked=True, calls=(), calls_per_day=10)
        assert plan.second_look(target(), callback(), blocked, NOON) == End(Outcome.CANCELED, Reason.BLOCKED)

    def test_too_many_calls_today_wait_until_enough_are_a_day_old(self) -> None:
        calls = [at(1), at(2), at(3)]
        facts = CustomerFacts(blocked=False, calls=calls, calls_per_day=2)
        refused = plan.second_look(target(), callback(), facts, NOON)
        assert refused == Postpone(Instant(at(2) + DAY), Reason.CALLS_PER_DAY)

    @pytest.mark.parametrize(
        ("customer_zone", "hour", "until"),
        [
            ("Europe/Berlin", 19, None),  # 20:00 there
            ("Europe/Berlin", 20, 24 + 7),  # 21:00 there: until tomorrow's 8:00
            ("Europe/Berlin", 6, 7),
            ("Europe/Berlin", 7, None),
            ("240", 11, 12),  # minutes west of UTC
            ("UTC", 8, 13),  # says nothing: the call target's zone, where it is 3:00
            ("Mars/Phobos", 8, 13),  # no zone any more: likewise
        ],
    )
    def test_scheduled_retries_respect_the_customers_night(
        self, customer_zone: str, hour: int, until: int | None
    ) -> None:
        line = target("America/New_York", scheduled_window=86_400)
        retry = callback(at(7), attempts=1, time_zone=customer_zone)
        refused = plan.second_look(line, retry, AT_EASE, at(hour))
        assert refused == (None if until is None else Postpone(at(until), Reason.QUIET_HOURS))

    def test_the_night_is_long_enough_to_expire(self) -> None:
        retry = callback(at(20), attempts=1)
        assert plan.second_look(target(), retry, AT_EASE, at(21)) == End(Outcome.EXPIRED, Reason.QUIET_HOURS)

    def test_first_calls_and_asap_ones_are_made_when_they_were_asked_for(self) -> None:
        assert plan.second_look(target(), callback(at(22)), AT_EASE, at(22)) is None
        assert plan.second_look(target(), callback(attempts=1), AT_EASE, at(22)) is None


class TestAfterCall:
    def again(self, cause: Cause, party: Party = Party.CUSTOMER, **settings: Any) -> Outcome | Instant:
        return plan.after_call(target(**settings), callback(attempts=1), cause, party, [], NOON)

    def last(self, cause: Cause, party: Party = Party.CUSTOMER, *earlier: Cause) -> Outcome | Instant:
        return plan.after_call(target(), callback(attempts=3), cause, party, earlier, NOON)

    @pytest.mark.parametrize("cause", set(Cause) - {Cause.ANSWERED, Cause.INVALID_NUMBER, Cause.CANCELED})
    def test_is_tried_again(self, cause: Cause) -> None:
        assert self.again(cause) == after(NOON, 300)

    def test_a_number_that_is_none_is_not_tried_again(self) -> None:
        assert self.again(Cause.INVALID_NUMBER, Party.NETWORK) is Outcome.UNAVAILABLE

    def test_a_customer_who_gave_up_has_abandoned(self) -> None:
        assert self.again(Cause.CANCELED) is Outcome.ABANDONED

    def test_our_own_hanging_up_is_tried_again(self) -> None:
        assert self.again(Cause.CANCELED, Party.RINGBACK) == after(NOON, 300)

    @pytest.mark.parametrize("cause", [Cause.NO_ANSWER, Cause.BUSY, Cause.INVALID_NUMBER])
    def test_the_agent_side_is_tried_again_and_then_not_completed(self, cause: Cause) -> None:
        assert self.again(cause, Party.AGENT) == after(NOON, 300)
        assert self.last(cause, Party.AGENT) is Outcome.NOT_COMPLETED

    @pytest.mark.parametrize("cause", [Cause.BUSY, Cause.NO_ANSWER, Cause.MACHINE, Cause.REJECTED])
    def test_a_customer_never_reached_was_unavailable(self, cause: Cause) -> None:
        assert self.last(cause) is Outcome.UNAVAILABLE

    def test_faults_all_the_way_are_a_failure_and_one_ring_makes_it_unavailable(self) -> None:
        assert self.last(Cause.FAILED, Party.NETWORK, Cause.CONGESTION, Cause.FAILED) is Outcome.FAILURE
        assert self.last(Cause.FAILED, Party.NETWORK, Cause.BUSY, Cause.FAILED) is Outcome.UNAVAILABLE
        assert self.last(Cause.BUSY, Party.CUSTOMER, Cause.FAILED, Cause.FAILED) is Outcome.UNAVAILABLE

    def test_without_a_call_target_there_is_no_further_try(self) -> None:
        gone = plan.after_call(None, callback(attempts=1), Cause.BUSY, Party.CUSTOMER, [], NOON)
        assert gone is Outcome.UNAVAILABLE

    def test_a_try_outside_the_window_is_none(self) -> None:
        line = target(scheduled_window=300)
        in_time = plan.after_call(line, callback(NOON, attempts=1), Cause.BUSY, Party.CUSTOMER, [], NOON)
        too_late = plan.after_call(line, callback(NOON, attempts=1), Cause.BUSY, Party.CUSTOMER, [], after(NOON, 1))
        assert (in_time, too_late) == (after(NOON, 300), Outcome.UNAVAILABLE)


class TestWishes:
    def wished(
        self, kind: WishKind, *earlier: Cause, minutes: int = 0, now: Instant = NOON, **settings: Any
    ) -> Outcome | Instant:
        asked, wish = callback(attempts=len(earlier) + 1), Wish(kind, minutes)
        return plan.after_call(target(**settings), asked, Cause.CANCELED, Party.CUSTOMER, earlier, now, wish)

    def later(self, minutes: int, *, now: Instant = NOON, **settings: Any) -> Outcome | Instant:
        return self.wished(WishKind.LATER, minutes=minutes, now=now, **settings)

    @pytest.mark.parametrize("kind", [WishKind.CANCEL, WishKind.NEVER_CALL])
    def test_to_be_left_alone_cancels(self, kind: WishKind) -> None:
        assert self.wished(kind) is Outcome.CANCELED

    def test_later_is_when_they_say(self) -> None:
        assert self.later(30) == at(12, 30)

    def test_later_is_within_the_hours(self) -> None:
        assert self.later(90, now=at(16), hours=OFFICE_HOURS) == Instant(at(9) + DAY)

    def test_later_is_not_in_the_night(self) -> None:
        assert self.later(45, now=at(20, 30)) == Instant(at(8) + DAY)
        assert self.later(29, now=at(20, 30)) == at(20, 59)

    def test_later_is_not_in_the_customers_night_where_that_is_another(self) -> None:
        wish, away = Wish(WishKind.LATER, 10), callback(attempts=1, time_zone="America/Los_Angeles")
        then = plan.after_call(target(), away, Cause.CANCELED, Party.CUSTOMER, [], NOON, wish)
        assert then == at(16)  # 8:00 there

    def test_where_the_night_is_all_there_is_they_are_called_at_night(self) -> None:
        night_line = {"weekly": {day: ["22:00-24:00"] for day in ("mon", "tue", "wed")}}
        then = self.later(30, now=at(22), hours=night_line)
        assert isinstance(then, int)
        assert plan.refusal(target(hours=night_line), callback(attempts=1), Instant(then)) is None

    def test_later_does_not_use_up_the_tries(self) -> None:
        put_off = [Cause.CANCELED] * 5
        busy = [*put_off, Cause.BUSY, Cause.BUSY]
        third = plan.after_call(target(), callback(attempts=8), Cause.BUSY, Party.CUSTOMER, busy, NOON)
        second = plan.after_call(target(), callback(attempts=7), Cause.BUSY, Party.CUSTOMER, busy[:-1], NOON)
        assert (second, third) == (after(NOON, 300), Outcome.UNAVAILABLE)
        assert isinstance(self.wished(WishKind.LATER, *busy, minutes=30), int)

    def test_but_there_is_an_end_to_it(self) -> None:
        put_off = [Cause.CANCELED] * plan.MOST_LATERS
        assert isinstance(self.wished(WishKind.LATER, *put_off[1:], minutes=30), int)
        assert self.wished(WishKind.LATER, *put_off, minutes=30) is Outcome.UNAVAILABLE

    def test_later_outside_the_window_of_the_slot_is_kept(self) -> None:
        line, slot = target(scheduled_window=300), callback(NOON, attempts=1)
        then = plan.after_call(line, slot, Cause.CANCELED, Party.CUSTOMER, [], NOON, Wish(WishKind.LATER, 60))
        assert then == at(13)
        assert plan.refusal(line, callback(NOON, due_at=at(13), attempts=1), at(13)) is None

    def test_later_on_a_call_target_that_is_gone_is_never(self) -> None:
        gone = plan.after_call(
            None, callback(attempts=1), Cause.CANCELED, Party.CUSTOMER, [], NOON, Wish(WishKind.LATER, 60)
        )
        assert gone is Outcome.UNAVAILABLE

    @given(minutes=st.integers(10, 90), asked=st.integers(0, 7 * DAY), zone=st.sampled_from(["UTC", "Asia/Tokyo"]))
    def test_whoever_asks_for_later_is_called_then(self, minutes: int, asked: int, zone: str) -> None:
        line, now = target(hours=OFFICE_HOURS), Instant(NOON + asked)
        before = callback(attempts=1, time_zone=zone)
        then = plan.later_at(line, before, Wish(WishKind.LATER, minutes), now)
        assert then >= now + minutes * MINUTE
        assert plan.refusal(line, before, then) is None
        assert plan.second_look(line, before, AT_EASE, then) is None

    @given(data=st.data())
    def test_every_callback_ends(self, data: st.DataObject) -> None:
        line = target(hours=OFFICE_HOURS, retry={"max_attempts": data.draw(st.integers(1, 10))})
        now, earlier = NOON, list[Cause]()
        most = plan.MOST_LATERS + 1 + 2 * line.settings.retry.max_attempts
        for attempts in range(1, most + 1):
            cause = data.draw(st.sampled_from(sorted(set(Cause) - {Cause.ANSWERED})))
            party = data.draw(st.sampled_from([Party.CUSTOMER, Party.AGENT, Party.NETWORK, Party.RINGBACK]))
            wish = None
            if cause is Cause.CANCELED and party is Party.CUSTOMER:
                wish = Wish(WishKind.LATER, 30)
            then = plan.after_call(line, callback(attempts=attempts), cause, party, earlier, now, wish)
            if isinstance(then, Outcome):
                return
            assert then > now
            now, earlier = then, [*earlier, cause]
        raise AssertionError("it goes on for ever")


class TestRetryAt:
    def test_delays_grow(self) -> None:
        line = target(retry={"delay": 60, "growth": 2.0})
        assert [plan.retry_at(line, n, NOON) - NOON for n in (1, 2, 3)] == [MINUTE, 2 * MINUTE, 4 * MINUTE]

    def test_delays_stop_growing_at_a_week(self) -> None:
        line = target(retry={"delay": 86_400, "growth": 10.0})
        assert plan.retry_at(line, 9, NOON) == NOON + 7 * DAY

    def test_waits_for_the_opening_unless_configured_otherwise(self) -> None:
        tomorrow = Instant(at(9) + DAY)
        assert plan.retry_at(target(hours=OFFICE_HOURS), 1, at(16, 58)) == tomorrow
        night_shift = target(hours=OFFICE_HOURS, retry={"after_hours": True})
        assert plan.retry_at(night_shift, 1, at(16, 58)) == at(17, 3)
