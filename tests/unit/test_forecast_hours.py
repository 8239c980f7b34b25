"""The estimate in opening hours, from what the rest of the program has at hand."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.call_targets.model import CallTarget, CallTargetSettings
from ringback.forecast.memory import Average, Memory
from ringback.forecast.model import Estimate, Load, QueueStats
from ringback.forecast.service import estimate_in_line, estimate_new, fresh, holds_until
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, after, from_datetime
from ringback.kernel.tenancy import CallTargetId

NOON = from_datetime(datetime(2026, 3, 4, 12, tzinfo=UTC))  # a Wednesday
WORKDAYS = {key: ["09:00-18:00"] for key in ("mon", "tue", "wed", "thu", "fri")}


def _exponential() -> Memory:
    """Has seen calls of 600 s in the mean and so different that each that must end adds just that."""
    return Memory(handled=Average(weight=1e9, mean=600, variance=600**2))


def _target(weekly: Any = "always", **changed: Any) -> CallTarget:
    # One agent and 600 s a call: a callback behind n others waits n * 600 s of open time.
    document = {"name": "B", "hours": {"weekly": weekly}, "estimate": {"default_agents": 1, "default_handle_time": 600}}
    return CallTarget(CallTargetId("b"), "b", CallTargetSettings.model_validate(document | changed), "UTC")


def _wait(target: CallTarget, ahead: int, now: Instant = NOON) -> int:
    return estimate_new(target, Load(pending_asap=ahead), None, _exponential(), now).seconds


def test_without_closing_time_the_wait_is_open_time():
    assert _wait(_target(), 12) == 7200


def test_what_ends_before_closing_is_not_changed():
    assert _wait(_target(WORKDAYS), 35) == 6 * 3600 - 600


def test_what_runs_into_closing_goes_on_at_the_next_opening():
    """Of seven hours of open time, six pass today and one tomorrow from nine."""
    assert NOON + _wait(_target(WORKDAYS), 42) * SECOND == NOON + 22 * HOUR


def test_what_would_begin_at_closing_begins_at_the_next_opening():
    assert NOON + _wait(_target(WORKDAYS), 36) * SECOND == NOON + 21 * HOUR


def test_while_closed_the_wait_begins_with_the_opening():
    midnight = Instant(NOON + 12 * HOUR)

    assert _wait(_target(WORKDAYS), 0, midnight) == 9 * 3600
    assert _wait(_target(WORKDAYS), 1, midnight) == 9 * 3600 + 600


def test_a_weekend_is_waited_out():
    friday_at_six = Instant(NOON + 2 * DAY + 6 * HOUR)

    assert friday_at_six + _wait(_target(WORKDAYS), 0, friday_at_six) * SECOND == friday_at_six + 2 * DAY + 15 * HOUR


def test_a_holiday_is_waited_out():
    target = _target(hours={"weekly": WORKDAYS, "holidays": [{"date": "2026-03-05"}]})

    assert NOON + _wait(target, 36) * SECOND == NOON + 21 * HOUR + DAY


def test_a_line_that_never_opens_is_told_in_open_time():
    assert _wait(_target({}), 3) == 1800


def test_beyond_the_last_opening_longer_waits_stay_longer():
    last_day = {"weekly": {}, "overrides": [{"date": "2026-03-04", "open": ["13:00-14:00"]}]}
    target = _target(hours=last_day)

    waits = [_wait(target, ahead) for ahead in range(10)]

    assert waits[:6] == [3600 + ahead * 600 for ahead in range(6)]
    assert waits == sorted(waits)


def test_the_minimum_delay_is_for_new_requests_only():
    target = _target(minimum_delay=900)

    assert estimate_new(target, Load(), None, _exponential(), NOON).low == 900
    assert estimate_in_line(target, Load(), None, _exponential(), NOON).low == 0


def test_scheduled_callbacks_do_not_stand_before_one_as_soon_as_possible():
    assert estimate_new(_target(), Load(pending_scheduled=99), None, _exponential(), NOON).seconds == 0


@pytest.mark.parametrize("state", ["pending_asap", "waitlisted", "dialing", "connecting"])
def test_everybody_who_needs_an_agent_stands_before(state: str):
    assert estimate_new(_target(), Load(**{state: 3}), None, _exponential(), NOON).seconds == 1800


def test_who_talk_are_agents_at_work_however_few_were_configured():
    def wait(talking: int) -> int:
        return estimate_new(_target(), Load(pending_asap=5, talking=talking), None, _exponential(), NOON).seconds

    assert wait(1) == pytest.approx(3 * wait(3), abs=2)


openings = st.sets(st.integers(0, 288), max_size=4).map(
    lambda cuts: [
        f"{start * 5 // 60:02}:{start * 5 % 60:02}-{end * 5 // 60:02}:{end * 5 % 60:02}"
        for start, end in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)
    ]
)
weeks = st.fixed_dictionaries(dict.fromkeys(("mon", "wed", "thu", "sun"), openings))
overrides = st.lists(st.just("2026-03-29"), max_size=1).map(
    lambda dates: [{"date": date, "open": ["01:30-02:30", "03:00-04:00"]} for date in dates]
)
instants = st.integers(NOON - 10 * DAY, NOON + 40 * DAY).map(Instant)


@settings(max_examples=200, deadline=None)
@given(weeks, overrides, instants, st.integers(0, 120), st.integers(0, 60))
def test_in_any_week_the_range_holds_the_point_and_longer_waits_stay_longer(
    week: Any, changes: Any, now: Instant, ahead: int, more: int
):
    target = _target(hours={"weekly": week, "overrides": changes}, time_zone="Europe/Berlin")
    target = replace(target, zone_name="Europe/Berlin")
    here = estimate_new(target, Load(pending_asap=ahead), None, _exponential(), now)
    further = estimate_new(target, Load(pending_asap=ahead + more), None, _exponential(), now)

    assert 0 <= here.low <= here.seconds <= here.high
    assert _ascends(here, further)


@settings(max_examples=200, deadline=None)
@given(weeks, instants, st.integers(0, 20))
def test_the_moment_promised_lies_in_an_opening_with_as_much_open_time_before_it(week: Any, now: Instant, ahead: int):
    target = _target(week)
    moment = after(now, _wait(target, ahead, now))
    if target.calendar.next_open(now) is None:
        return
    open_time = sum(while_open.end - while_open.start for while_open in target.calendar.open_intervals(now, moment))

    assert target.calendar.is_open(after(moment, 1))  # the wait is told in whole seconds, rounded down
    assert abs(open_time - ahead * 600 * SECOND) <= SECOND


def test_the_minute_of_asking_makes_no_difference_to_who_waits_for_the_opening():
    midnight = Instant(NOON + 12 * HOUR)

    waits = [_wait(_target(WORKDAYS), 2, Instant(midnight + minute * MINUTE)) for minute in range(60)]

    assert {midnight + minute * MINUTE + wait * SECOND for minute, wait in enumerate(waits)} == {
        midnight + 9 * HOUR + 20 * MINUTE
    }


def _ascends(one: Estimate, other: Estimate) -> bool:
    return one.low <= other.low and one.seconds <= other.seconds and one.high <= other.high


def _staffed(**shifts: Any) -> CallTarget:
    """Two agents are planned in the morning and four from one o'clock on."""
    week = {day: ["09:00-13:00"] for day in WORKDAYS}, {day: ["13:00-18:00"] for day in WORKDAYS}
    plan = [{"agents": 2, "weekly": week[0]}, {"agents": 4, "weekly": week[1]}]
    estimate = {"default_agents": 1, "default_handle_time": 600, "staffing": plan}
    return _target(WORKDAYS, estimate=estimate, **shifts)


def test_planned_shifts_are_looked_ahead_to():
    """Twelve calls end until one o'clock, and then twice as many in an hour; with one of them the customer's own."""
    target = _staffed(first_party="agent")

    assert _wait(target, 11) == pytest.approx(3000, abs=60)
    assert _wait(target, 37) == pytest.approx(3600 + 3600, abs=200)


def test_the_shifts_of_the_next_morning_are_known_in_the_evening():
    """Two are free at nine; the eighteen others end at one in five minutes."""
    evening = Instant(NOON + 7 * HOUR)

    called_at = evening + _wait(_staffed(first_party="agent"), 19, evening) * SECOND

    assert called_at == NOON + 22 * HOUR + 30 * MINUTE


def test_statistics_count_while_they_are_fresh():
    target = _target(first_party="agent")
    stats = QueueStats(NOON, calls_waiting=0, agents_staffed=10, agents_available=0)

    def wait(now: Instant) -> int:
        return estimate_new(target, Load(pending_asap=9), stats, _exponential(), now).seconds

    assert wait(after(NOON, 120)) == pytest.approx(600, abs=1)
    assert wait(after(NOON, 121)) == 5400


def test_those_on_hold_stand_before_and_agents_who_are_free_take_one_each():
    def wait(**figures: int) -> int:
        stats = QueueStats(NOON, **figures)
        return estimate_new(_target(first_party="agent"), Load(), stats, _exponential(), NOON).seconds

    assert wait(agents_staffed=10, agents_available=1) == 0
    assert 0 < wait(agents_staffed=10, agents_available=0) < wait(agents_staffed=10, calls_waiting=20)
    assert wait(agents_staffed=10, calls_waiting=20) > wait(agents_staffed=20, calls_waiting=20)


def test_customers_are_rung_before_their_agent_is_free():
    stats = QueueStats(NOON, agents_staffed=1, agents_available=0)

    def wait(first_party: str) -> int:
        return estimate_new(_target(first_party=first_party), Load(), stats, _exponential(), NOON).seconds

    assert 0 < wait("agent") - wait("customer") < 60


def test_while_closed_nobody_is_at_work_and_that_says_nothing():
    night = Instant(NOON + 12 * HOUR)
    nobody = QueueStats(night, agents_staffed=0, agents_available=0)

    def wait(stats: QueueStats | None) -> int:
        return estimate_new(_target(WORKDAYS), Load(pending_asap=3), stats, _exponential(), night).seconds

    assert wait(nobody) == wait(None)


def test_an_estimate_says_how_long_it_holds():
    stats = QueueStats(NOON, agents_staffed=1, agents_available=0)

    def holds(target: CallTarget, stats: QueueStats | None, ahead: int = 0) -> Instant | None:
        made = estimate_new(target, Load(pending_asap=ahead), stats, _exponential(), NOON)
        return holds_until(target, stats, made, NOON)

    assert holds(_target(), None) is None
    assert holds(_target(), stats) == NOON + 120 * SECOND + 1
    assert fresh(_target(), stats, Instant(NOON + 120 * SECOND)) is stats
    assert fresh(_target(), stats, Instant(NOON + 120 * SECOND + 1)) is None
    assert holds(_staffed(), None) == NOON + HOUR  # at one o'clock the shift changes
    assert holds(_staffed(), None, ahead=40) == NOON + SECOND  # and until then it comes nearer


def test_what_an_estimate_teaches_when_its_wait_is_known():
    """Only the queue's own errors: not those of a delay that was wished for, nor of a closing time."""
    assert estimate_new(_target(), Load(pending_asap=9), None, Memory(), NOON).undisturbed
    assert not estimate_new(_target(minimum_delay=3600), Load(pending_asap=2), None, Memory(), NOON).undisturbed
    assert not estimate_new(_target(WORKDAYS), Load(pending_asap=36), None, Memory(), NOON).undisturbed
