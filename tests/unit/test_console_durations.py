"""Durations in a form: exact both ways, and never a guess about the unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.console.durations import duration_words, read_duration


@given(st.integers(0, 30 * 86_400))
def test_what_is_shown_is_read_to_the_second(seconds: int) -> None:
    assert read_duration(duration_words(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (90, "1 min 30 s"),
        (900, "15 min"),
        (5400, "1 h 30 min"),
        (7200, "2 h"),
        (86_400, "1 day"),
        (604_800, "7 days"),
        (90_061, "1 day 1 h 1 min 1 s"),
    ],
)
def test_the_units_that_make_it_short(seconds: int, words: str) -> None:
    assert duration_words(seconds) == words


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("0", 0),
        ("90s", 90),
        ("90 seconds", 90),
        ("15m", 900),
        ("1h30min", 5400),
        ("1 H, 30 Min.", 5400),
        ("1 hour and 30 minutes", 5400),
        ("1.5 h", 5400),
        ("1,5 h", 5400),
        ("0.5 min", 30),
        ("2 days", 172_800),
        ("  20 sec ", 20),
    ],
)
def test_what_people_type(typed: str, seconds: int) -> None:
    assert read_duration(typed) == seconds


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("15", "Say the unit: 15 s, 15 min or 15 h"),
        ("1.5", "Say the unit"),
        ("", "whole seconds"),
        ("0.001 s", "whole seconds"),
        ("soon", "Write a duration"),
        ("-5 min", "Write a duration"),
        ("5 min 3", "Write a duration"),
        ("1:30", "Write a duration"),
        ("3 weeks", "Write a duration"),
        ("9999999 days", "longer than a year"),
    ],
)
def test_what_is_refused_with_the_reason(typed: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_duration(typed)
