"""The dispatcher's decisions: how many, whether now, and how it goes on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.call_targets.model import CallTarget, CallTargetSettings, PacingSettings
from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.callbacks.model import Callback, Kind
from ringback.dispatch import plan
from ringback.dispatch.plan import CustomerFacts, End, Hold, Postpone, Reason
from ringback.forecast.model import Load
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, after, from_unix
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId, WidgetId
from ringback.telephony.port import Party

NOON = from_unix(1_772_452_800)
"""2026-03-02T12:00:00Z, a Monday."""

OFFICE_HOURS = {"weekly": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}
AT_EASE = CustomerFacts(blocked=False, calls=(), calls_per_day=10)


def target(zone: str = "UTC", **settings: Any) -> CallTarget:
    made = CallTargetSettings.model_validate({"name": "Billing", **settings})
    return CallTarget(CallTargetId("billing"), "billing", made, zone)


def callback(appointment_at: Instant | None = None, *, attempts: int = 0, time_zone: str = "UTC") -> Callback:
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
        due_at=asked_at,
        promised_seconds=None,
        attempts=attempts,
        created_at=Instant(NOON - HOUR),
        finished_at=None,
    )


def at(hour: int, minute: int = 0) -> Instant:
    """That time of Monday, UTC."""
    return Instant(NOON + (hour - 12) * HOUR + minute * MINUTE)


class TestAllowance:
    @pytest.mark.parametrize(
        ("load", "staffed", "allowed"),
        [
            (Load(), None, 5),
            (Load(dialing=2, connecting=1), None, 2),
            (Load(dialing=9), None, 0),
            (Load(talking=9), None, 5),
            (Load(), 3, 3),
            (Load(dialing=1, talking=1), 3, 1),
            (Load(talking=5), 3, 0),
            (Load(), 0, 0),
        ],
    )
    def test_queue_and_agents(self, load: Load, staffed: int | None, allowed: int) -> None:
        fast = target(pacing={"max_queue_depth": 5, "calls_per_second": 100})
        assert plan.allowance(fast, load, [], staffed=staffed, now=NOON) == allowed

    @pytest.mark.parametrize(
        ("rate", "seconds_ago", "allowed"),
        [
            (5, [], 5),
            (5, [0.9, 0.5, 0.1], 2),
            (5, [1.0, 0.9], 4),
            (5, [0.5] * 7, 0),
            (0.1, [], 1),
            (0.1, [9.9], 0),
            (0.1, [10], 1),
            (1.5, [1.3], 1),  # two calls in a second and a third
            (1.5, [1.3, 1.2], 0),
        ],
    )
    def test_rate(self, rate: float, seconds_ago: list[float], allowed: int) -> None:
        deep = target(pacing={"max_queue_depth": 1000, "calls_per_second": rate})
        recent = [after(NOON, -seconds) for seconds in seconds_ago]
        assert plan.allowance(deep, Load(), recent, staffed=None, now=NOON) == allowed

    def test_none_while_processing_is_off(self) -> None:
        assert plan.allowance(target(process_callbacks=False), Load(), [], staffed=None, now=NOON) == 0

    @given(
        rate=st.floats(0.01, 100),
        steps=st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=60),
    )
    def test_releasing_all_that_is_allowed_keeps_the_rate(self, rate: float, steps: list[int]) -> None:
        deep = target(pacing={"max_queue_depth": 1000, "calls_per_second": rate})
        now, claims = NOON, list[Instant]()
        for step in steps:
            now = Instant(now + step)
            claims += [now] * plan.allowance(deep, Load(), claims, staffed=None, now=now)
        window = plan.rate_window(deep.settings.pacing)
        most = max(sum(begin <= claim < begin + window for claim in claims) for begin in claims)
        assert most <= rate * window / SECOND + 1e-3


class TestLookingAgain:
    def test_rests_when_the_queue_is_the_limit(self) -> None:
        assert plan.look_again_at(PacingSettings(), [], NOON) == after(NOON, plan.LOOK_AGAIN_SECONDS)

    def test_comes_back_when_the_rate_allows_a_call(self) -> None:
        pacing = PacingSettings(calls_per_second=2)
        recent = [after(NOON, -0.9), after(NOON, -0.4), after(NOON, -0.1)]
        assert plan.look_again_at(pacing, recent, NOON) == after(NOON, 0.6)

    @given(rate=st.floats(0.2, 100), ages=st.lists(st.integers(0, 6 * SECOND), max_size=200))
    def test_is_never_now_and_the_rate_allows_a_call_then_or_it_was_a_rest(self, rate: float, ages: list[int]) -> None:
        pacing = PacingSettings(calls_per_second=rate, max_queue_depth=1000)
        recent = [Instant(NOON - age) for age in sorted(ages, reverse=True)]
        then = plan.look_again_at(pacing, recent, NOON)
        assert then > NOON
        if then < after(NOON, plan.LOOK_AGAIN_SECONDS):
            line = target(pacing=pacing.model_dump())
            assert plan.allowance(line, Load(), recent, staffed=None, now=then) >= 1


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
