"""Days on which most agents are missing for some hours: what is believed of it, and that nothing of it stays."""

import itertools
from collections import deque
from dataclasses import replace

import pytest

from ringback.forecast.absence import RETURNS, disturbance
from ringback.forecast.estimate import estimate
from ringback.forecast.line import CallKind, Line
from ringback.forecast.memory import Memory
from ringback.forecast.model import Basis, Estimate, QueueFacts, Staffing
from ringback.kernel.clock import HOUR, MINUTE, SECOND, Instant

BASIS = Basis(expected=300, low=200, high=450, agents=10, service_time=300, abandonment=0.0, correction=1.0, ahead=9)


def _told(*staffing: tuple[float, int], now: float) -> Memory:
    """Knows how many agents work from which hour on, and that it is ``now`` o'clock."""
    memory = Memory()
    for hour, agents in staffing:
        memory.staffed(agents, Instant(round(hour * HOUR)))
    memory.saw(Instant(round(now * HOUR)), busy=0, waiting=False, told=staffing[-1][1])
    return memory


def _seen(*in_service: tuple[float, int], until: float) -> Memory:
    """Has seen, minute by minute, so many calls in service from which hour on while somebody waited."""
    memory = Memory()
    for minute in range(round(in_service[0][0] * 60), round(until * 60) + 1):
        busy = next(calls for hour, calls in reversed(in_service) if hour * 60 <= minute)
        memory.saw(Instant(minute * MINUTE), busy=busy, waiting=True)
    return memory


def _estimate(memory: Memory, ahead: int, agents: int) -> Estimate:
    facts = QueueFacts(ahead=ahead, talking=agents, agents=agents, default_agents=10, default_handle_time=300)
    return estimate(facts, memory)


def test_the_more_are_missing_the_likelier_it_is_a_disturbance():
    likely = [disturbance(agents, 10) for agents in range(10, -1, -1)]

    assert likely == sorted(likely)
    assert likely[3] == 0  # seven of ten: a shift that is over
    assert likely[-1] == 1
    assert disturbance(15, 10) == disturbance(5, 0) == 0


def test_those_who_are_missing_come_back_after_a_quarter_of_an_hour_in_the_mean():
    assert sorted(RETURNS) == list(RETURNS)
    assert sum(RETURNS) / len(RETURNS) == pytest.approx(900, rel=0.05)
    assert RETURNS[0] < 120
    assert RETURNS[-1] > 2000


def test_in_an_outage_the_wait_lies_between_all_agents_and_the_few_who_are_left():
    memory = _told((0, 10), (3, 1), now=4)

    long, short = _estimate(memory, ahead=80, agents=1), _estimate(memory, ahead=1, agents=1)

    assert 81 * 30 + 300 < long.seconds < 81 * 300 / 4
    assert short.seconds < 600  # before anybody comes back
    assert long.low < 81 * 30 + 900 < long.high  # when they do come back decides, and nobody knows it


def test_no_promise_is_longer_than_if_nobody_came_back():
    outage, for_good = _told((0, 10), (3, 1), now=4), Memory()
    outage.ends.high = for_good.ends.high = 6.0  # many promises have been missed

    assert _estimate(outage, ahead=80, agents=1).high <= _estimate(for_good, ahead=80, agents=1).high


def test_it_makes_no_difference_how_long_an_outage_has_lasted():
    waits = [_estimate(_told((0, 10), (3, 1), now=now), ahead=40, agents=1).seconds for now in (3.01, 4, 6.5)]

    assert waits[0] == waits[1] == waits[2]


def test_one_agent_more_or_less_makes_no_jump():
    memory = _told((0, 40), (3, 39), now=4)
    waits = [_estimate(memory, ahead=40, agents=agents).seconds for agents in range(40, 4, -1)]

    assert waits == sorted(waits)
    assert all(later - earlier < 0.25 * earlier + 60 for earlier, later in itertools.pairwise(waits))


def test_where_shifts_are_planned_nobody_is_expected_back_before():
    memory = _told((0, 10), (3, 1), now=4)
    facts = QueueFacts(ahead=20, talking=1, agents=1, default_agents=10, default_handle_time=300)

    planned = estimate(replace(facts, staffing=(Staffing(7200, 10),)), memory)

    assert planned.seconds > estimate(facts, memory).seconds + 1800


def test_a_long_outage_does_not_make_few_agents_usual():
    told, seen = _told((0, 10), (2, 1), (5, 10), now=5.1), _seen((0, 10), (2, 1), until=5)

    assert told.usual_agents == 10
    assert seen.usual_agents == pytest.approx(10, abs=0.2)
    assert seen.agents == pytest.approx(1, abs=0.1)


def test_what_lasts_for_most_of_a_day_is_usual():
    told, seen = _told((0, 10), (2, 3), (20, 3), now=21), _seen((0, 10), (2, 3), until=20)

    assert told.usual_agents < 4
    assert seen.usual_agents < 4
    assert told.disturbed_since is seen.disturbed_since is None


def test_hours_in_which_nobody_waited_count_for_what_is_usual():
    memory = Memory()
    memory.saw(Instant(0), busy=10, waiting=True)
    memory.saw(Instant(MINUTE), busy=4, waiting=False)
    memory.saw(Instant(2 * HOUR), busy=1, waiting=True)
    memory.saw(Instant(2 * HOUR + 10 * MINUTE), busy=1, waiting=True)

    assert memory.usual_agents > 9


def test_nobody_in_service_while_somebody_waits_is_nobody_at_work():
    gone = _seen((0, 10), (2, 0), until=2.5)

    assert gone.agents == pytest.approx(0, abs=0.01)
    assert gone.usual_agents == pytest.approx(10, abs=0.2)


def test_before_anybody_had_to_wait_as_many_are_usual_as_were_in_service():
    memory = Memory()
    for minute, busy in enumerate((2, 8, 5, 3)):
        memory.saw(Instant(minute * MINUTE), busy=busy, waiting=False)

    assert (memory.usual_agents, memory.agents) == (8, 0)


def test_waits_that_an_outage_made_long_correct_nothing():
    in_outage, afterwards, ordinary = _told((0, 10), (1, 1), now=3), _told((0, 10), (1, 1), (2, 10), now=3), Memory()
    for _ in range(100):
        in_outage.scored(BASIS, 1500)
        afterwards.scored(BASIS, 5400)  # asked for while the agents were away
        ordinary.scored(BASIS, 600)

    assert in_outage.correction() == afterwards.correction() == 1
    assert ordinary.correction() > 1.5


def test_waits_after_an_outage_correct_again():
    memory = _told((0, 10), (1, 1), (2, 10), now=3)
    for _ in range(100):
        memory.scored(BASIS, 600)  # asked for ten minutes ago

    assert memory.correction() > 1.5


def test_the_range_grows_by_what_an_outage_does_to_promises():
    memory = _told((0, 10), (1, 1), now=3)
    before = memory.ends.high
    for _ in range(20):
        memory.scored(BASIS, 1500)

    assert memory.ends.high > before + 0.5


def test_calls_that_the_leaving_still_finish_do_not_count_for_those_who_stay():
    memory = _told((0, 10), (2, 1), now=2)
    for second in range(0, 241, 10):  # nine calls end within four minutes
        now = Instant(2 * HOUR + second * SECOND)
        memory.saw(now, busy=10 - second * 9 // 240, waiting=True, told=1)

    assert memory.yielded + 1 - memory.yielded_weight < 1.2


def test_a_day_with_a_long_outage_seen_call_by_call():
    """Ten agents whom nobody tells; after an hour nine of them are away for three hours. All calls take five minutes."""
    line = Line(Memory(), default_agents=13, default_handle_time=300)
    waiting, talking, told = deque[int](), list[int](), dict[int, Estimate]()
    for minute in range(250):
        now, at_work = Instant(minute * MINUTE), 1 if 60 <= minute < 240 else 10
        if minute % 5 == 0:
            for call in talking:
                line.finished(call, 300, now)
            talking = [waiting.popleft() for _ in range(min(at_work, len(waiting)))]
            for call in talking:
                line.answered(call, now)
        for call in range(3 * minute, 3 * minute + (3 if minute < 60 else 1)):
            line.arrived(call, CallKind.CALLBACK, now)
            waiting.append(call)
        told[minute] = estimate(line.facts(now), line.memory)

    in_outage, afterwards = told[230], told[245]
    ahead = in_outage.facts.ahead
    assert ahead * 30 < in_outage.seconds < ahead * 300 / 4
    assert afterwards.basis.agents == 10
    assert afterwards.basis.correction == 1
    assert afterwards.seconds == pytest.approx(afterwards.facts.ahead * 30, rel=0.15)
