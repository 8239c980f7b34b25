import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.call_targets.model import CallTarget, CallTargetSettings
from ringback.forecast.estimate import estimate
from ringback.forecast.model import Estimate, HandleTime, Load, QueueFacts
from ringback.forecast.service import estimate_in_line, estimate_new
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, after, from_datetime
from ringback.kernel.tenancy import CallTargetId

NOON = from_datetime(datetime(2026, 3, 4, 12, tzinfo=UTC))  # a Wednesday
WORKDAYS = {key: ["09:00-18:00"] for key in ("mon", "tue", "wed", "thu", "fri")}

facts = st.builds(
    QueueFacts,
    ahead=st.integers(0, 5000),
    talking=st.integers(0, 200),
    agents=st.integers(1, 300),
    default_handle_time=st.integers(10, 7200),
    observed_handle_time=st.floats(0, 7200),
    observed_calls=st.integers(0, 50),
    minimum_delay=st.sampled_from([0, 0, 60, 7200]),
)


@given(facts)
def test_the_range_holds_the_point_and_nothing_is_negative(known: QueueFacts):
    promised = estimate(known)

    assert 0 <= promised.low <= promised.seconds <= promised.high
    assert promised.facts == known


@given(facts, st.integers(1, 50))
def test_who_stands_further_back_waits_no_less(known: QueueFacts, more: int):
    here, further = estimate(known), estimate(replace(known, ahead=known.ahead + more))

    assert _ascends(here, further)


@given(facts, st.integers(1, 50))
def test_more_agents_make_no_wait_longer(known: QueueFacts, more: int):
    assert _ascends(estimate(replace(known, agents=known.agents + more)), estimate(known))


@given(facts)
def test_nobody_is_promised_less_than_the_minimum_delay(known: QueueFacts):
    assert estimate(known).low >= known.minimum_delay


def test_an_idle_agent_means_no_wait():
    promised = estimate(QueueFacts(ahead=3, talking=1, agents=5, default_handle_time=300))

    assert promised.seconds == promised.low == 0
    assert promised.high == 60  # until the next of five agents would end a call


def test_each_call_that_must_end_first_adds_one_interval():
    """Five agents with 300 s a call end one a minute."""
    waits = [estimate(QueueFacts(ahead, 5, 5, default_handle_time=300)).seconds for ahead in range(4)]

    assert waits == [60, 120, 180, 240]


@pytest.mark.parametrize(
    ("stages", "low", "high"),
    [(1, 0.10536, 2.30259), (2, 0.53181, 3.88972), (10, 6.22130, 14.20599), (50, 41.17864, 59.24900)],
)
def test_the_range_is_that_of_a_sum_of_exponential_times(stages: int, low: float, high: float):
    """Against the gamma distribution's own quantiles (10 % and 90 %), with a mean of 1,000 s a stage."""
    promised = estimate(QueueFacts(stages - 1, 1, 1, default_handle_time=1000))

    assert promised.low == pytest.approx(low * 1000, rel=0.01, abs=10)
    assert promised.high == pytest.approx(high * 1000, rel=0.01, abs=10)


def test_what_is_seen_takes_over_from_the_default_smoothly():
    def seconds(calls: int) -> int:
        return estimate(QueueFacts(1, 0, 1, 300, observed_handle_time=600, observed_calls=calls)).seconds

    waits = [seconds(calls) for calls in range(51)]

    assert waits[0] == 300
    assert waits == sorted(waits)
    assert max(later - earlier for earlier, later in itertools.pairwise(waits)) < 30
    assert 540 < waits[-1] < 600


# In opening hours


def _target(weekly: Any = "always", **changed: Any) -> CallTarget:
    # One agent and 600 s a call: a callback behind n others waits n * 600 s of open time.
    document = {"name": "B", "hours": {"weekly": weekly}, "estimate": {"default_agents": 1, "default_handle_time": 600}}
    return CallTarget(CallTargetId("b"), "b", CallTargetSettings.model_validate(document | changed), "UTC")


def _wait(target: CallTarget, ahead: int, now: Instant = NOON) -> int:
    return estimate_new(target, Load(pending_asap=ahead), HandleTime(), now).seconds


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

    assert estimate_new(target, Load(), HandleTime(), NOON).low == 900
    assert estimate_in_line(target, Load(), HandleTime(), NOON).low == 0


def test_scheduled_callbacks_do_not_stand_before_one_as_soon_as_possible():
    assert estimate_new(_target(), Load(pending_scheduled=99), HandleTime(), NOON).seconds == 0


@pytest.mark.parametrize("state", ["pending_asap", "waitlisted", "dialing", "connecting", "talking"])
def test_everybody_who_needs_an_agent_stands_before(state: str):
    assert estimate_new(_target(), Load(**{state: 3}), HandleTime(), NOON).seconds == 1800


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
    here = estimate_new(target, Load(pending_asap=ahead), HandleTime(), now)
    further = estimate_new(target, Load(pending_asap=ahead + more), HandleTime(), now)

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
