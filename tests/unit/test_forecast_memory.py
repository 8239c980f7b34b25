"""What the forecast learns."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.forecast.errors import Ends, Errors
from ringback.forecast.memory import Memory, pace_of
from ringback.forecast.model import Basis
from ringback.kernel.clock import SECOND, Instant

BASIS = Basis(expected=300, low=200, high=450, agents=5, service_time=300, abandonment=0.002, correction=1.0, ahead=4)


def _at(seconds: float) -> Instant:
    return Instant(round(seconds * SECOND))


def test_the_default_handle_time_gives_way_to_what_is_seen():
    memory = Memory()
    assert memory.handle_time(300) == 300

    for _ in range(5):
        memory.finished(600)
    assert memory.handle_time(300) == 450  # half and half

    for _ in range(1000):
        memory.finished(600)
    assert memory.handle_time(300) == pytest.approx(600, abs=2)


def test_a_call_that_reached_no_agent_took_none_but_was_in_service():
    memory = Memory()
    for _ in range(1000):
        memory.finished(0, in_service=20)

    assert memory.handle_time(300) == 300
    assert memory.service_time(300) == pytest.approx(20, abs=3)


def test_what_is_in_service_is_what_occupies_an_agent_where_nothing_else_is_seen():
    memory = Memory()
    memory.finished(900)

    assert memory.service_time(300) == memory.handle_time(300)


def test_the_spread_of_handle_times_is_learned():
    alike, unlike = Memory(), Memory()
    for number in range(400):
        alike.finished(300)
        unlike.finished(1200 if number % 4 == 0 else 10)

    assert alike.handle_spread() < Memory().handle_spread() < unlike.handle_spread()


def test_agents_are_as_many_as_are_busy_while_somebody_waits():
    memory = Memory()
    memory.saw(_at(0), busy=12, waiting=True)
    memory.saw(_at(60), busy=3, waiting=False)  # the line is empty: of these three nothing follows
    memory.saw(_at(3600), busy=3, waiting=False)

    assert memory.agents == 12


def test_a_change_of_shift_is_noticed_within_a_minute():
    memory = Memory()
    memory.saw(_at(0), busy=12, waiting=True)
    memory.saw(_at(3600), busy=8, waiting=True)
    memory.saw(_at(3660), busy=8, waiting=True)

    assert memory.agents == pytest.approx(8, abs=0.5)


def test_more_at_work_than_were_known_are_known_at_once():
    memory = Memory()
    memory.saw(_at(0), busy=5, waiting=True)
    memory.saw(_at(60), busy=9, waiting=False)

    assert memory.agents == 9


def test_abandonment_is_those_who_gave_up_over_the_time_all_held():
    memory = Memory()
    for _ in range(200):
        memory.held_on(120)
    for _ in range(100):
        memory.lost()

    assert memory.abandonment() == pytest.approx(1 / 240, rel=0.02)


def test_abandonment_follows_a_change():
    memory = Memory()
    for patience in (1000, 100):
        for _ in range(2000):
            memory.held_on(patience)
            memory.lost()

    assert memory.abandonment() == pytest.approx(1 / 100, rel=0.1)


def test_the_clock_going_back_teaches_nothing():
    memory = Memory()
    memory.saw(_at(100), busy=4, waiting=True)
    memory.saw(_at(50), busy=9, waiting=True)
    memory.held_on(-50)
    memory.staffed(5, _at(100))
    memory.staffed(9, _at(50))

    assert (memory.agents, memory.held, memory.usual_agents) == (0, 0, 0)


def test_the_usual_number_of_agents_is_the_mean_of_what_was_told():
    memory = Memory()
    for hour, agents in enumerate((10, 20, 0, 30)):
        memory.staffed(agents, _at(hour * 3600))

    assert memory.usual_agents == 15  # nobody at work is not a number of agents


def test_the_pace_of_launches():
    memory = Memory()
    fresh = pace_of(memory, default_handle_time=300)
    assert (fresh.handle_time, fresh.lead_time) == (300, 15)
    for number in range(300):
        memory.found(8) if number % 4 else memory.missed()

    seen = pace_of(memory, default_handle_time=300)

    assert seen.reach == pytest.approx(0.75, abs=0.02)
    assert seen.lead_time == pytest.approx(8, abs=1)


def test_places_lost_to_others_are_a_share_of_all_answers():
    memory = Memory()
    assert memory.passing() == 0
    for _ in range(1000):
        memory.passed(2, 10)
    assert memory.passing() == pytest.approx(0.2, abs=0.01)
    for _ in range(5000):
        memory.passed(-1, 10)
    assert memory.passing() == pytest.approx(-0.1, abs=0.01)


# Errors


def test_waits_that_are_longer_each_time_are_believed_to_be():
    errors = Errors()
    for _ in range(100):
        errors.add(expected=300, waited=390, ahead=4)

    assert errors.factor(caution=12) == pytest.approx(1.3)


def test_what_can_be_chance_is_not_believed():
    chance = random.Random(1)
    errors = Errors()
    for _ in range(40):
        errors.add(expected=300, waited=chance.expovariate(1 / 320), ahead=4)

    assert errors.factor(caution=12) == 1.0


def test_a_few_waits_prove_nothing():
    errors = Errors()
    for _ in range(4):
        errors.add(expected=300, waited=900, ahead=0)

    assert errors.factor(caution=12) == 1.0


def test_old_errors_are_forgotten():
    errors = Errors()
    for _ in range(300):
        errors.add(expected=300, waited=600, ahead=0)
    for _ in range(3000):
        errors.add(expected=300, waited=300, ahead=0)

    assert errors.factor(caution=12) == pytest.approx(1.0, abs=0.05)


@given(st.lists(st.tuples(st.floats(0.1, 1e5), st.floats(0, 1e6), st.integers(0, 5000)), max_size=60))
def test_the_correction_stays_within_reason(scores: list[tuple[float, float, int]]):
    errors = Errors()
    for expected, waited, ahead in scores:
        errors.add(expected, waited, ahead)

    assert 0.25 <= errors.factor(caution=4) <= 4


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
def test_the_range_comes_to_hold_four_of_five_waits(spread: float):
    """Whatever the waits are like: here normal around what is expected, so the ends are known."""
    chance, ends, inside, late = random.Random(7), Ends(), 0, 0
    for number in range(6000):
        wait = chance.gauss(0, spread)
        if number >= 1000:
            inside += ends.low <= wait <= ends.high
            late += wait > ends.high
        ends.scored(ahead=4, below=wait < ends.low, above=wait > ends.high)

    assert inside / 5000 == pytest.approx(0.79, abs=0.02)
    assert late / 5000 == pytest.approx(0.05, abs=0.015)


def test_those_who_find_a_free_agent_count_among_the_four_of_five():
    ends = Ends()
    for _ in range(50):
        ends.certain()

    assert ends.low > Ends().low
    assert ends.high < Ends().high


def test_a_free_agent_as_told_is_no_error():
    memory = Memory()
    for _ in range(50):
        memory.scored(replace(BASIS, expected=0), 0)

    assert memory.correction() == 1.0
    assert memory.errors.scores == 0


def test_a_night_is_no_error_of_the_queue():
    memory = Memory()
    for _ in range(50):
        memory.scored(BASIS, 50_000)

    assert memory.correction() == 1.0


# In and out


def test_a_memory_comes_back_from_its_document():
    memory = Memory()
    memory.finished(250, 260)
    memory.held_on(12.5)
    memory.lost()
    memory.saw(_at(1), busy=3, waiting=True, told=4)
    memory.saw(_at(9), busy=4, waiting=True, told=4)
    memory.staffed(4, _at(1))
    memory.found(7)
    memory.passed(1, 2)
    memory.scored(BASIS, 500)

    assert Memory.from_document(memory.to_document()) == memory


def test_an_empty_document_is_an_empty_memory():
    assert Memory.from_document("{}") == Memory()


def test_a_document_of_another_version_is_read_as_far_as_it_is_understood():
    document = '{"held": 7.5, "handled": {"mean": 200.0, "weight": 3.0, "median": 180}, "mood": "good"}'

    memory = Memory.from_document(document)

    assert memory.held == 7.5
    assert (memory.handled.mean, memory.handled.weight) == (200, 3)
