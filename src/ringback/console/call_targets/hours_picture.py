"""A week as bars on a scale of a day, of opening hours or of agents at work: geometry only, the template draws it.

Minutes of the day are the unit across, so that a bar's numbers can be read.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ringback.call_targets.model import Shift
from ringback.console.call_targets.hours_words import DAY_NAMES, openings_words
from ringback.hours.model import DAY_MINUTES, Opening, Week

_WEEK_MINUTES = 7 * DAY_MINUTES


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


@dataclass(frozen=True, slots=True)
class Step:
    """From ``start`` for ``length`` minutes so many agents are at work."""

    start: int
    length: int
    agents: int


@dataclass(frozen=True, slots=True)
class StaffedDay:
    """One weekday: how many are at work when, and that in words."""

    name: str
    steps: tuple[Step, ...]
    words: str


def staffing_picture(shifts: Sequence[Shift]) -> tuple[StaffedDay, ...]:
    """The seven days, Monday first; shifts that overlap add up, those past midnight go on."""
    change = Counter[int]()
    for shift in shifts:
        for day, openings in enumerate(shift.weekly.days):
            for each in openings:
                start = day * DAY_MINUTES + each.start
                change[start] += shift.agents
                end = start + each.end - each.start
                change[end % _WEEK_MINUTES] -= shift.agents
                if end >= _WEEK_MINUTES:  # Sunday night runs into Monday
                    change[0] += shift.agents
    steps: list[list[Step]] = [[] for _ in DAY_NAMES]
    marks = sorted({*change, *range(0, _WEEK_MINUTES + 1, DAY_MINUTES)})
    agents = 0
    for start, end in pairwise(marks):
        agents += change[start]
        if agents:
            day, minute = divmod(start, DAY_MINUTES)
            steps[day].append(Step(minute, end - start, agents))
    return tuple(
        StaffedDay(name, tuple(found), _steps_words(found)) for name, found in zip(DAY_NAMES, steps, strict=True)
    )


def _steps_words(steps: Sequence[Step]) -> str:
    if not steps:
        return "nobody"
    return ", ".join(f"{Opening(each.start, each.start + each.length)} {each.agents}" for each in steps)


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
