"""A queue that is watched call by call, and the rhythm of its days."""

import pytest

from ringback.forecast.line import CallKind, Line
from ringback.forecast.memory import Memory
from ringback.forecast.model import Staffing
from ringback.forecast.rhythm import Rhythm
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant

HOLD, CALLBACK = CallKind.HOLD, CallKind.CALLBACK


def _at(seconds: float) -> Instant:
    return Instant(round(seconds * SECOND))


def _line() -> Line:
    return Line(Memory(), default_agents=3, default_handle_time=300)


def test_the_facts_are_who_waits_and_who_talks():
    line = _line()
    for call, kind in (("a", HOLD), ("b", CALLBACK), ("c", HOLD), ("d", HOLD), ("e", CALLBACK)):
        line.arrived(call, kind, _at(0))
    assert line.answered("a", _at(10))
    assert line.abandoned("c", _at(20))

    facts = line.facts(_at(30))

    assert (facts.ahead, facts.holding, facts.talking, facts.agents) == (2, 1, 1, None)
    assert (facts.default_agents, facts.default_handle_time) == (3, 300)
    assert line.knows("a")
    assert line.knows("b")
    assert not line.knows("c")


def test_what_does_not_fit_is_said_and_changes_nothing():
    line = _line()
    line.arrived("a", HOLD, _at(0))
    line.answered("a", _at(5))
    before = line.facts(_at(6))

    assert not line.answered("a", _at(6))
    assert not line.abandoned("a", _at(6))
    assert not line.finished("b", 10, _at(6))
    assert line.facts(_at(6)) == before


def test_calls_teach_how_long_they_take_and_holders_how_patient_they_are():
    line = _line()
    for number in range(100):
        now = number * 1000
        line.arrived(f"talks{number}", HOLD, _at(now))
        line.answered(f"talks{number}", _at(now))
        line.arrived(f"leaves{number}", HOLD, _at(now))
        line.abandoned(f"leaves{number}", _at(now + 200))
        line.finished(f"talks{number}", 450, _at(now + 500))

    memory = line.memory
    assert memory.handle_time(300) == pytest.approx(450, abs=10)
    assert memory.service_time(300) == pytest.approx(500, abs=12)
    assert memory.abandonment() == pytest.approx(1 / 200, rel=0.05)
    assert memory.agents == 1


def test_callbacks_that_leave_did_not_lose_patience():
    line = _line()
    line.arrived("a", CALLBACK, _at(0))
    line.abandoned("a", _at(100))

    assert line.memory.gave_up == 0
    assert line.facts(_at(100)).ahead == 0


def test_in_turn_nobody_is_passed():
    line = _line()
    for number in range(40):
        line.arrived(number, CALLBACK if number % 3 else HOLD, _at(number))
    for number in range(40):
        line.answered(number, _at(100 + number))

    assert line.memory.passing() == 0


def test_those_on_hold_who_are_taken_first_are_seen_to_pass():
    line = _line()
    for number in range(10):
        line.arrived(f"c{number}", CALLBACK, _at(number))
    for number in range(200):
        line.arrived(f"h{number}", HOLD, _at(100 + number))
        line.answered(f"h{number}", _at(100 + number))

    assert line.memory.passing() > 0.8


def test_callbacks_that_are_taken_first_are_seen_to_pass():
    line = _line()
    for number in range(10):
        line.arrived(f"h{number}", HOLD, _at(number))
    line.arrived("last", CALLBACK, _at(50))
    for number in range(200):
        line.arrived(f"c{number}", CALLBACK, _at(100 + number))
        line.answered(f"c{number}", _at(100 + number))

    assert line.memory.passing() < 0


# Rhythm


def _days(rhythm: Rhythm, days: int, evening: int | None = 0) -> None:
    """Ten agents from eight, twenty from noon, and from six in the evening on ``evening``."""
    for day in range(days):
        for hour, agents in ((8, None), (12, 10), (18, 20), (24, evening)):
            rhythm.saw(agents, Instant(day * DAY + hour * HOUR))


def test_on_the_first_day_nothing_is_expected():
    rhythm = Rhythm()
    _days(rhythm, 1)

    assert rhythm.ahead(10, Instant(11 * HOUR + DAY)) != ()
    assert Rhythm().ahead(10, Instant(11 * HOUR)) == ()


def test_the_next_day_goes_like_the_one_before():
    rhythm = Rhythm()
    _days(rhythm, 1)

    steps = rhythm.ahead(10, Instant(DAY + 11 * HOUR + 30 * MINUTE))

    assert steps[0] == Staffing(1800, 20)
    assert steps[1] == Staffing(1800 + 6 * 3600, 0)


def test_what_is_near_is_told_to_the_second():
    rhythm = Rhythm()
    _days(rhythm, 1)

    assert rhythm.ahead(10, Instant(DAY + 12 * HOUR - 61 * SECOND))[0] == Staffing(61, 20)


def test_a_day_that_is_not_like_the_others_says_nothing():
    rhythm = Rhythm()
    _days(rhythm, 3)

    assert rhythm.ahead(10, Instant(3 * DAY + 11 * HOUR))
    assert not rhythm.ahead(5, Instant(3 * DAY + 11 * HOUR))


def test_a_tenth_more_agents_today_are_a_tenth_more_later():
    rhythm = Rhythm()
    _days(rhythm, 3)

    assert rhythm.ahead(11, Instant(3 * DAY + 11 * HOUR))[0].agents == 22


def test_of_times_of_which_nothing_was_seen_nothing_is_expected():
    rhythm = Rhythm()
    _days(rhythm, 2, evening=None)

    assert [step.agents for step in rhythm.ahead(10, Instant(2 * DAY + 11 * HOUR))] == [20, 10]  # and ten at eight


def test_the_last_days_weigh_most():
    rhythm = Rhythm()
    for day, agents in enumerate((10, 10, 10, 40, 40, 40)):
        rhythm.saw(None, Instant(day * DAY + 9 * HOUR))
        rhythm.saw(10, Instant(day * DAY + 10 * HOUR))
        rhythm.saw(agents, Instant(day * DAY + 11 * HOUR))

    assert rhythm.ahead(10, Instant(6 * DAY + 9 * HOUR + 30 * MINUTE))[0].agents > 30


def test_a_gap_of_many_days_is_no_long_day():
    rhythm = Rhythm()
    rhythm.saw(10, Instant(HOUR))
    rhythm.saw(10, Instant(400 * DAY))

    assert rhythm.ahead(10, Instant(400 * DAY)) == ()


def test_a_line_expects_the_shifts_of_the_day_before():
    line = _line()
    line.staffing(10, Instant(8 * HOUR))
    line.staffing(20, Instant(12 * HOUR))
    line.staffing(0, Instant(18 * HOUR))
    line.staffing(10, Instant(DAY + 8 * HOUR))

    assert line.facts(Instant(DAY + 11 * HOUR)).staffing[0] == Staffing(3600, 20)


def test_that_nobody_was_there_when_nobody_waited_does_not_make_a_closing_time():
    """Many a team stays in the evening until the line is empty."""
    line = _line()
    for day in range(2):
        line.staffing(10, Instant(day * DAY + 8 * HOUR))
        line.staffing(0, Instant(day * DAY + 18 * HOUR))
    line.staffing(10, Instant(2 * DAY + 8 * HOUR))

    assert all(step.agents for step in line.facts(Instant(2 * DAY + 17 * HOUR)).staffing)
