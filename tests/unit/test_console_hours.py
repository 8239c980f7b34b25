"""Opening hours in words and as a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.call_targets.model import Shift
from ringback.console.call_targets.hours_picture import Bar, Step, staffing_picture, week_picture
from ringback.console.call_targets.hours_words import openings_words, read_openings, read_week, week_words
from ringback.hours.model import DAY_MINUTES, WEEKDAYS, Opening, Week


@st.composite
def days(draw: st.DrawFn) -> tuple[Opening, ...]:
    """Openings of one day that do not overlap, in any order; the last may run into the morning after."""
    marks = sorted(draw(st.sets(st.integers(0, 60), max_size=8)))
    openings = [
        Opening(start * 24, (end * 24 - 1) if end * 24 > DAY_MINUTES - 24 else end * 24)
        for start, end in zip(marks[::2], marks[1::2], strict=False)
        if start * 24 < DAY_MINUTES
    ]
    return tuple(draw(st.permutations(openings)))


weeks = st.fixed_dictionaries(dict.fromkeys(WEEKDAYS, days())).map(Week.model_validate)


@given(weeks | st.just(Week.model_validate("always")) | st.just(Week()))
def test_a_week_in_words_is_read_to_the_same_week(week: Week) -> None:
    assert read_week(week_words(week)) == week


@given(days())
def test_the_openings_of_a_day_too(openings: tuple[Opening, ...]) -> None:
    assert read_openings(openings_words(openings)) == openings


@pytest.mark.parametrize(
    ("week", "words"),
    [
        ("always", "always open"),
        ({}, "closed"),
        (dict.fromkeys(WEEKDAYS[:5], ("09:00-17:00",)), "Mon-Fri 09:00-17:00"),
        (
            {**dict.fromkeys(WEEKDAYS[:5], ("09:00-12:30", "13:30-17:00")), "sat": ["10:00-14:00"]},
            "Mon-Fri 09:00-12:30, 13:30-17:00; Sat 10:00-14:00",
        ),
        ({"fri": ["22:00-06:00"], "sun": ["00:00-24:00"]}, "Fri 22:00-06:00; Sun 00:00-24:00"),
    ],
)
def test_days_that_are_alike_stand_together(week: object, words: str) -> None:
    assert week_words(Week.model_validate(week)) == words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("mon-fri 9-17", "Mon-Fri 09:00-17:00"),
        ("Monday to Friday: 9:00 to 17:30", "Mon-Fri 09:00-17:30"),
        ("Mon, Wed and Fri 8am-12pm", "Mon 08:00-12:00; Wed 08:00-12:00; Fri 08:00-12:00"),
        ("Fri-Mon 9-10", "Mon 09:00-10:00; Fri-Sun 09:00-10:00"),
        ("Tues 9-10\nThurs 12am-1am", "Tue 09:00-10:00; Thu 00:00-01:00"),
        ("daily 8-20", "Mon-Sun 08:00-20:00"),
        ("24/7", "always open"),
        ("Mon 9-10; Mon 11-12", "Mon 09:00-10:00, 11:00-12:00"),
        ("Sat all day", "Sat 00:00-24:00"),
        ("", "closed"),
    ],
)
def test_what_people_type(typed: str, words: str) -> None:
    assert week_words(read_week(typed)) == words


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("9-17", "does not say which days"),
        ("Mon 9-25", "is not an opening"),
        ("Mon nine", "is not an opening"),
        ("Mon 9", "is not an opening"),
        ("T 9-10", "does not say which days"),
        ("Mon 13pm-14pm", "is not an opening"),
        ("Mon 9-12, 11-13", "overlap"),
        ("Sun 22-6; Mon 5-9", "overlap"),
    ],
)
def test_what_is_refused(typed: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_week(typed)


class TestPicture:
    def test_an_opening_is_a_bar_of_minutes(self) -> None:
        monday, *_, sunday = week_picture(Week.model_validate({"mon": ["09:00-12:30", "13:30-17:00"]}))
        assert monday.bars == (Bar(540, 210), Bar(810, 210))
        assert (monday.name, monday.words) == ("Monday", "09:00-12:30, 13:30-17:00")
        assert (sunday.bars, sunday.words) == ((), "closed")

    def test_what_runs_past_midnight_goes_on_the_next_day_and_sunday_s_on_monday(self) -> None:
        monday, *_, saturday, sunday = week_picture(
            Week.model_validate({"fri": ["22:00-06:00"], "sat": ["06:00-08:00"], "sun": ["23:00-01:00"]})
        )
        assert saturday.bars == (Bar(0, 480),)  # the two openings touch
        assert sunday.bars == (Bar(1380, 60),)
        assert monday.bars == (Bar(0, 60),)

    def test_agents_of_shifts_that_overlap_add_up(self) -> None:
        early = Shift.model_validate({"agents": 4, "weekly": {"mon": ["08:00-16:00"]}})
        late = Shift.model_validate({"agents": 2, "weekly": {"mon": ["12:00-20:00"], "sun": ["22:00-02:00"]}})
        monday, tuesday, *_, sunday = staffing_picture([early, late])
        assert monday.steps == (Step(0, 120, 2), Step(480, 240, 4), Step(720, 240, 6), Step(960, 240, 2))
        assert monday.words == "00:00-02:00 2, 08:00-12:00 4, 12:00-16:00 6, 16:00-20:00 2"
        assert (tuesday.steps, tuesday.words) == ((), "nobody")
        assert sunday.steps == (Step(1320, 120, 2),)

    @given(st.lists(weeks, max_size=3))
    def test_nobody_s_minutes_are_lost(self, of_shifts: list[Week]) -> None:
        shifts = [Shift(agents=agents, weekly=week) for agents, week in enumerate(of_shifts, 1)]
        planned = sum(each.agents * (o.end - o.start) for each in shifts for day in each.weekly.days for o in day)
        assert sum(step.agents * step.length for day in staffing_picture(shifts) for step in day.steps) == planned

    @given(weeks)
    def test_the_bars_of_a_week_are_as_long_as_its_openings(self, week: Week) -> None:
        picture = week_picture(week)
        assert sum(bar.length for day in picture for bar in day.bars) == sum(
            each.end - each.start for openings in week.days for each in openings
        )
        for day in picture:
            ends = [0, *(edge for bar in day.bars for edge in (bar.start, bar.start + bar.length)), DAY_MINUTES]
            assert ends == sorted(ends)
