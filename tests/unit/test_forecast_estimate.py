"""The estimate of a queue as facts and a memory describe it; opening hours are a test of their own."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.forecast.estimate import TOLERANCE, estimate
from ringback.forecast.memory import Memory
from ringback.forecast.model import Estimate, QueueFacts, Staffing

MINUTE = 60

facts = st.builds(
    QueueFacts,
    ahead=st.integers(0, 5000),
    talking=st.integers(0, 200),
    holding=st.integers(0, 500),
    default_agents=st.integers(1, 300),
    default_handle_time=st.integers(10, 7200),
    agents=st.none() | st.integers(0, 300),
    available=st.none() | st.integers(0, 50),
    handle_time=st.none() | st.floats(1, 7200),
    lead_time=st.sampled_from([0.0, 15.0]),
    minimum_delay=st.sampled_from([0, 0, 60, 7200]),
)


@st.composite
def memories(draw: st.DrawFn) -> Memory:
    """Memories as they come about: from calls and waits."""
    memory = Memory()
    for seconds in draw(st.lists(st.floats(0, 7200), max_size=8)):
        memory.finished(seconds, seconds + 10)
    for second in range(draw(st.integers(0, 5))):
        memory.saw(second * 60_000_000, busy=draw(st.integers(0, 40)), waiting=draw(st.booleans()), told=None)
    memory.held_on(draw(st.floats(0, 1e5)))
    for _ in range(draw(st.integers(0, 5))):
        memory.lost()
    basis = _estimate(ahead=5).basis
    for waited in draw(st.lists(st.floats(0, 1e5), max_size=40)):
        memory.scored(basis, waited)
    return memory


def _facts(**known: object) -> QueueFacts:
    return replace(QueueFacts(ahead=0, talking=5, default_agents=5, default_handle_time=300), **known)


def _estimate(memory: Memory | None = None, **known: object) -> Estimate:
    return estimate(_facts(**known), memory or Memory())


def _ascends(one: Estimate, other: Estimate) -> bool:
    return (
        one.low <= other.low
        and one.seconds <= other.seconds
        and one.high <= other.high
        and one.promise <= other.promise
    )


@given(facts, memories())
def test_the_range_holds_the_point_and_nothing_is_negative(known: QueueFacts, memory: Memory):
    promised = estimate(known, memory)

    assert 0 <= promised.low <= promised.seconds <= promised.promise <= promised.high
    assert promised.facts == known


@given(facts, memories())
def test_the_same_is_answered_again(known: QueueFacts, memory: Memory):
    assert estimate(known, memory) == estimate(known, memory)


@given(facts, st.integers(1, 50))
def test_who_stands_further_back_waits_no_less(known: QueueFacts, more: int):
    here, behind_callbacks = estimate(known, Memory()), estimate(replace(known, ahead=known.ahead + more), Memory())
    behind_holders = estimate(replace(known, holding=known.holding + more), Memory())

    assert _ascends(here, behind_callbacks)
    assert here.seconds <= behind_holders.seconds


@given(facts, st.integers(1, 50))
def test_more_agents_make_no_wait_longer(known: QueueFacts, more: int):
    told = replace(known, agents=known.agents or 1)
    plenty = replace(told, agents=(told.agents or 0) + more)
    by_default = replace(known, agents=None)

    assert estimate(plenty, Memory()).seconds <= estimate(told, Memory()).seconds
    assert (
        estimate(replace(by_default, default_agents=by_default.default_agents + more), Memory()).seconds
        <= estimate(by_default, Memory()).seconds
    )


@given(facts, memories())
def test_nobody_is_promised_less_than_the_minimum_delay(known: QueueFacts, memory: Memory):
    assert estimate(known, memory).low >= known.minimum_delay


@pytest.mark.parametrize(
    "free",
    [{"talking": 4}, {"talking": 1, "ahead": 3}, {"available": 1}, {"agents": 6}, {"available": 9, "holding": 8}],
)
def test_an_agent_who_is_free_means_no_wait(free: dict[str, int]):
    promised = _estimate(**free)

    assert (promised.low, promised.seconds, promised.high) == (0, 0, 0)


def test_each_call_that_must_end_first_adds_one_interval():
    """Five agents with 300 s a call end one a minute."""
    waits = [_estimate(ahead=ahead).seconds for ahead in range(20)]

    assert all(50 <= later - earlier <= 61 for earlier, later in itertools.pairwise(waits))
    assert 50 <= waits[0] <= 60


def test_of_many_agents_a_long_line_moves_at_handle_time_over_agents():
    assert _estimate(ahead=1000, talking=100, agents=100).seconds == pytest.approx(3000, rel=0.01)


def test_those_on_hold_may_give_up_and_callbacks_do_not():
    callbacks, holders = _estimate(ahead=20).seconds, _estimate(holding=20).seconds

    assert holders < callbacks * 0.6


def test_who_has_been_seen_to_be_patient_is_waited_for():
    patient, impatient = Memory(), Memory()
    for memory, lost in ((patient, 1), (impatient, 250)):
        memory.held_on(50_000)
        for _ in range(lost):
            memory.lost()

    assert _estimate(impatient, holding=20).seconds < _estimate(holding=20).seconds
    assert _estimate(patient, holding=20).seconds > _estimate(holding=20).seconds


def test_what_is_seen_takes_over_from_the_default_smoothly():
    def seconds(calls: int) -> int:
        memory = Memory()
        for number in range(calls):
            memory.finished(600 + (-480, 480)[number % 2])  # as different from each other as is usual
        return _estimate(memory, ahead=5).seconds

    waits = [seconds(calls) for calls in range(100)]

    assert waits[0] == _estimate(ahead=5).seconds
    assert max(abs(later - earlier) for earlier, later in itertools.pairwise(waits)) < waits[0] / 2
    assert max(abs(later - earlier) for earlier, later in itertools.pairwise(waits[50:])) < waits[0] / 25
    assert waits[0] * 1.9 < waits[-1] < waits[0] * 2.1


def test_staffing_that_is_told_counts_at_once():
    memory = _busy(10)

    assert (
        _estimate(memory, ahead=9, talking=5, agents=5).seconds > 1.8 * _estimate(memory, ahead=9, talking=10).seconds
    )


def test_staffing_that_is_not_told_is_as_many_as_were_busy_while_somebody_waited():
    assert _estimate(_busy(20), ahead=9, talking=20).seconds == _estimate(ahead=9, talking=20, agents=20).seconds


def test_a_planned_shift_is_reckoned_with():
    """Ten callbacks a minute apart; after five minutes twice as many agents, or none for an hour."""
    stays = _estimate(ahead=10, agents=5).seconds
    more = _estimate(ahead=10, agents=5, staffing=(Staffing(300, 10),)).seconds
    break_ = _estimate(ahead=10, agents=5, staffing=(Staffing(300, 0), Staffing(3900, 5))).seconds

    assert more == pytest.approx((stays + 300) / 2, abs=5)
    assert break_ == pytest.approx(stays + 3600, rel=0.01)


def test_in_an_outage_nobody_waits_for_ever_and_nobody_is_told_it_is_over():
    memory = Memory()
    memory.staffed(20, 0)
    memory.staffed(0, 3_600_000_000)

    out = _estimate(memory, ahead=10, talking=0, agents=0)
    partly = _estimate(memory, ahead=10, talking=4, agents=4)

    assert 15 * MINUTE < out.seconds < 60 * MINUTE
    assert partly.seconds < out.seconds


def test_nobody_at_work_and_nothing_known_is_a_long_wait_and_no_error():
    assert _estimate(agents=0, talking=0).seconds > 10 * MINUTE


def test_agents_who_leave_when_their_call_is_over_take_nobody_first():
    assert _estimate(ahead=5, talking=20, agents=10).seconds > _estimate(ahead=5, talking=10, agents=10).seconds + 180


def test_a_launch_leads_its_agent():
    assert _estimate(ahead=9, lead_time=15).seconds == _estimate(ahead=9).seconds - 15
    assert _estimate(ahead=0, lead_time=500).seconds == 0


def test_the_promise_is_the_end_of_the_range_less_what_may_be_missed():
    for ahead in range(60):
        told = _estimate(ahead=ahead)
        assert told.promise == max(told.seconds, told.high - TOLERANCE)


def test_past_errors_move_the_estimate_and_widen_the_range():
    long, unsteady = Memory(), Memory()
    for number in range(100):
        basis = _estimate(long, ahead=3).basis
        long.scored(basis, basis.expected * 1.5)
        basis = _estimate(unsteady, ahead=3).basis
        unsteady.scored(basis, basis.expected * (0.1, 2.0)[number % 2])
    fresh = _estimate(ahead=3)

    assert _estimate(long, ahead=3).seconds == pytest.approx(fresh.seconds * 1.5, rel=0.03)
    assert _estimate(unsteady, ahead=3).high > fresh.high
    assert _estimate(unsteady, ahead=3).low < fresh.low


def test_where_others_pass_the_line_moves_by_so_much_slower():
    memory = Memory()
    for _ in range(500):
        memory.passed(5, 10)  # half of all answers go to people behind

    assert _estimate(memory, ahead=9).seconds == pytest.approx(2 * _estimate(ahead=9).seconds, rel=0.02)


def _busy(agents: int) -> Memory:
    memory = Memory()
    memory.saw(0, busy=agents, waiting=True)
    memory.saw(600_000_000, busy=agents, waiting=True)
    return memory
