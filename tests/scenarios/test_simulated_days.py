"""Every shipped scenario, in small: what must hold on any day, however it goes."""

import io
import json
from functools import cache

import pytest

from ringback.call_targets.model import FirstParty
from ringback.callbacks.lifecycle import Outcome
from ringback.forecast.replay import Replay
from ringback.hours.model import OpeningHours
from ringback.kernel.clock import SECOND
from ringback.simulation.arrivals import midnight
from ringback.simulation.play import play
from ringback.simulation.report import page
from ringback.simulation.scenario import shipped
from ringback.simulation.summary import summarise
from ringback.simulation.trace import Trace

every_scenario = pytest.mark.parametrize("name", sorted(shipped()))


def shortened(name, **changes):
    """The scenario with a third of its people and agents, open as long as ever."""
    scenario = shipped()[name].scenario
    fewer = scenario.staffing.model_copy(
        update={
            "agents": {time: -(-agents // 3) for time, agents in scenario.staffing.agents.items()},
            "breaks": tuple(
                each.model_copy(update={"agents": -(-each.agents // 3)}) for each in scenario.staffing.breaks
            ),
        }
    )
    calls = {time: rate / 3 for time, rate in scenario.arrivals.per_hour.items()}
    arrivals = scenario.arrivals.model_copy(update={"per_hour": calls})
    return scenario.model_copy(update={"staffing": fewer, "arrivals": arrivals, **changes})


@cache
def played(name, **changes):
    scenario = shortened(name, **changes)
    out = io.StringIO()
    days = play(scenario, trace=Trace(out, midnight(scenario, 1)))
    return days, out.getvalue()


@every_scenario
def test_nobody_is_overtaken_and_nobody_is_called_outside_of_the_hours(name):
    days, _ = played(name)
    fairness = summarise(days).fairness
    assert (fairness.overtaken, fairness.outside_hours) == (0, 0)


@every_scenario
def test_every_callback_ends_and_every_telephone_is_hung_up(name):
    days, _ = played(name)
    assert [callback for callback in days.callbacks if callback.outcome is None] == []
    attempts = [attempt for callback in days.callbacks for attempt in callback.attempts]
    assert [attempt for attempt in attempts if attempt.ended_at is None or attempt.cause is None] == []
    assert [attempt for attempt in attempts if attempt.agent_from is not None and attempt.agent_until is None] == []
    assert days.legs_alive == 0
    assert days.ignored_events == 0


@every_scenario
def test_a_callback_has_one_call_at_a_time_and_success_means_that_two_talked(name):
    days, _ = played(name)
    for callback in days.callbacks:
        assert all(
            one.ended_at < other.claimed_at
            for one, other in zip(callback.attempts, callback.attempts[1:], strict=False)
        )
        assert (callback.outcome is Outcome.SUCCESS) == any(attempt.connected_at for attempt in callback.attempts)
        assert len(callback.attempts) <= days.scenario.call_target.retry.max_attempts


@every_scenario
def test_everybody_on_hold_is_answered_or_gives_up(name):
    days, _ = played(name)
    assert all((holder.finished_at is None) != (holder.abandoned_at is None) for holder in days.holders)


@every_scenario
def test_agents_are_never_more_than_at_work(name):
    """Those who finish a call after their time count as at work still."""
    days, _ = played(name)
    assert 0 < summarise(days).agent_use < 1.05


@pytest.mark.parametrize("name", ["busy", "night_closing"])
def test_the_same_seed_gives_the_same_days(name):
    days, trace = played(name)
    scenario = shortened(name)
    out = io.StringIO()
    again = play(scenario, trace=Trace(out, midnight(scenario, 1)))
    assert (again, out.getvalue()) == (days, trace)
    assert played(name, seed=9)[1] != trace


@every_scenario
def test_the_trace_tells_each_step_of_everybody_once_and_in_order(name):
    days, trace = played(name)
    lines = [json.loads(line) for line in trace.splitlines()]
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
    assert lines[0]["event"] == "settings"
    assert {line["event"] for line in lines} <= {"settings", "staffing", "arrived", "abandoned", "answered", "finished"}
    told = {}
    for line in lines:
        if "id" in line:
            told.setdefault(line["id"], []).append(line)
    for holder in days.holders:
        steps = told[str(holder.number)]
        ends = ["abandoned"] if holder.abandoned_at is not None else ["answered", "finished"]
        assert [step["event"] for step in steps] == ["arrived", *ends]
        assert steps[0]["kind"] == "hold"
    for callback in days.callbacks:
        arrived, answered, finished = told[str(callback.number)]
        assert (arrived["kind"], answered["event"], finished["event"]) == ("callback", "answered", "finished")
        for attempt in callback.attempts[1:]:
            steps = told[f"{callback.number}-{attempt.number}"]
            assert [step["event"] for step in steps] == ["arrived", "answered", "finished"]
        assert answered["t"] == pytest.approx((callback.launched_at - days.begin) / SECOND, abs=0.001)


@every_scenario
def test_the_trace_can_be_replayed_and_each_promise_is_answered(name):
    days, trace = played(name)
    replay = Replay()
    told = [answer for line in trace.splitlines() if (answer := replay.take(line))]
    assert (replay.problems, dict(replay.ignored)) == ([], {})
    assert [answer.id for answer in told] == [str(callback.number) for callback in days.callbacks]


def test_untold_staffing_is_in_no_trace_and_callbacks_are_made_all_the_same():
    days, trace = played("busy", staffing_told=False)
    assert '"staffing"' not in trace
    assert days.callbacks
    assert all(callback.outcome is not None for callback in days.callbacks)


def test_who_is_left_at_closing_is_called_first_the_next_day():
    days, _ = played("night_closing")
    left = [callback for callback in days.callbacks if callback.carried_over]
    assert left
    for callback in left:
        later = [each.launched_at for each in days.callbacks if each.number > callback.number]
        assert callback.launched_at <= min(later, default=callback.launched_at)


def test_a_line_that_never_closes_carries_nobody_over():
    target = shipped()["busy"].scenario.call_target.model_copy(update={"hours": OpeningHours(weekly="always")})
    days = play(shortened("busy", call_target=target))
    assert days.callbacks
    assert not any(callback.carried_over for callback in days.callbacks)
    assert "22:00" in page(days, summarise(days), "")


def test_agent_first_days_hold_as_well():
    target = shipped()["busy"].scenario.call_target.model_copy(update={"first_party": FirstParty.AGENT})
    days = play(shortened("busy", call_target=target))
    assert days.callbacks
    assert all(callback.outcome is not None for callback in days.callbacks)
    assert (days.legs_alive, summarise(days).fairness.overtaken) == (0, 0)


def test_holders_meet_the_same_people_with_and_without_callbacks():
    scenario = shortened("busy")
    nobody = scenario.callers.model_copy(update={"callback_share": 0.0})
    without = play(scenario.model_copy(update={"callers": nobody}))
    days, _ = played("busy")
    assert not without.callbacks
    assert len(without.holders) == len(days.holders) + len(days.callbacks)
