"""A week of opening hours as bars on a scale of a day: geometry only, the template draws it.

Minutes of the day are the unit across, so that a bar's numbers can be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ringback.console.hours_words import DAY_NAMES, openings_words
from ringback.hours.model import DAY_MINUTES, Opening, Week


@dataclass(frozen=True, slots=True)
class Bar:
    """From ``start`` for ``length`` minutes it is open."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Day:
    """One weekday: when it is open, also from the evening before, and the openings that start on it in words."""

    name: str
    bars: tuple[Bar, ...]
    words: str


def week_picture(week: Week) -> tuple[Day, ...]:
    """The seven days, Monday first. What runs past midnight goes on as the next day begins, Sunday's on Monday."""
    days = week.days
    return tuple(
        Day(DAY_NAMES[place], _bars(openings, days[place - 1]), openings_words(sorted(openings)))
        for place, openings in enumerate(days)
    )


def _bars(openings: Sequence[Opening], of_evening_before: Sequence[Opening]) -> tuple[Bar, ...]:
    spans = [(0, each.end - DAY_MINUTES) for each in of_evening_before if each.end > DAY_MINUTES]
    spans += [(each.start, min(each.end, DAY_MINUTES)) for each in openings]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(Bar(start, end - start) for start, end in joined)
