"""Opening hours laid out in real time: whether it is open at an instant, until when, and from when again.

Openings and closings follow the local clock by the rule of ``kernel/localtime.py``: one that falls into the gap of
daylight saving time moves to the end of the gap (an opening wholly inside it does not happen); one in the fold happens
once, at the first.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from ringback.hours.model import Opening, OpeningHours
from ringback.kernel.clock import Instant
from ringback.kernel.intervals import Interval, IntervalSet, normalise
from ringback.kernel.localtime import local_date, local_to_instant, start_of_day

_ONE_DAY = timedelta(days=1)
_WINDOW = timedelta(days=10)
_SEARCH = timedelta(days=400)
_TWO_WEEKS = timedelta(days=14)


class Calendar:
    """The opening hours of one call target in its zone; make a new one when the settings change.

    A value for its users. Inside, it remembers the days around the last instant asked for, so that asking again is a
    bisection; forgetting them changes no answer, and threads may share it.
    """

    __slots__ = ("_exceptions", "_week", "_window", "hours", "zone")

    def __init__(self, hours: OpeningHours, zone: tzinfo) -> None:
        self.hours = hours
        self.zone = zone
        self._week = tuple(tuple(sorted(openings)) for openings in hours.weekly.days)
        self._exceptions: dict[date, tuple[Opening, ...]] = {
            **{holiday.date: () for holiday in hours.holidays},
            **{override.date: tuple(sorted(override.open)) for override in hours.overrides},
        }
        self._window = _Window(Instant(0), Instant(0), (), None)  # empty: the first question replaces it

    def is_open(self, now: Instant) -> bool:
        """Whether ``now`` lies in an opening."""
        return bisect_right(self._around(now).changes, now) % 2 == 1

    def next_change(self, now: Instant) -> Instant | None:
        """When it next opens or closes after ``now``; None if it does neither for 400 days at least."""
        window = self._around(now)
        place = bisect_right(window.changes, now)
        return window.changes[place] if place < len(window.changes) else window.change_beyond

    def next_open(self, now: Instant) -> Instant | None:
        """The first instant from ``now`` on at which it is open: ``now`` itself when it is; None if there is none."""
        return now if self.is_open(now) else self.next_change(now)

    def closes_at(self, now: Instant) -> Instant | None:
        """The end of the opening that ``now`` lies in; None when closed, and when it never closes."""
        return self.next_change(now) if self.is_open(now) else None

    def open_intervals(self, start: Instant, end: Instant) -> list[Interval]:
        """When it is open between ``start`` and ``end``; openings that touch, as over midnight, are one."""
        if end <= start:
            return []
        window = self._window
        covered = window.start <= start and end <= window.end
        changes = window.changes if covered else self._changes(*self._days_around(start, end))
        passed = bisect_right(changes, start)
        bounds = (start, *changes[passed : bisect_left(changes, end)], end)
        first_open = 0 if passed % 2 else 1
        return [Interval(bounds[i], bounds[i + 1]) for i in range(first_open, len(bounds) - 1, 2)]

    def openings_on(self, day: date) -> tuple[Opening, ...]:
        """The openings that start on ``day`` by the local clock, ascending."""
        exception = self._exceptions.get(day)
        return self._week[day.weekday()] if exception is None else exception

    def interval_of(self, day: date, opening: Opening) -> Interval:
        """The real time that ``opening`` takes when it starts on ``day``; empty if daylight saving swallows it."""
        return Interval(
            local_to_instant(day, opening.start, self.zone),
            local_to_instant(day, opening.end, self.zone),
        )

    def _around(self, now: Instant) -> "_Window":
        window = self._window
        if not window.start <= now < window.end:
            window = self._window = self._window_from(local_date(now, self.zone) - _ONE_DAY)
        return window

    def _window_from(self, first: date) -> "_Window":
        until = first + _WINDOW
        return _Window(
            start_of_day(first, self.zone),
            start_of_day(until, self.zone),
            self._changes(first, until),
            self._change_from(until),
        )

    def _change_from(self, first: date) -> Instant | None:
        """The first change at or after the start of ``first``.

        The search ends two weeks after the last override or holiday, since from there on all weeks are alike; two,
        because the week's only opening may be swallowed by daylight saving once.
        """
        last = max(self._exceptions, default=first)
        stop = min(first + _SEARCH, max(first, last) + _TWO_WEEKS)
        while first < stop:
            start = start_of_day(first, self.zone)
            for change in self._changes(first, first + _WINDOW):
                if change >= start:
                    return change
            first += _WINDOW
        return None

    def _changes(self, first: date, until: date) -> tuple[Instant, ...]:
        """Openings and closings in turn that happen before the start of ``until``; it is closed before the first.

        The answer holds from the start of ``first`` on: the day before is laid out too, for what runs past midnight.
        A closing at or after the end is left out, since what follows may go on from there.
        """
        end = start_of_day(until, self.zone)
        return tuple(
            change
            for interval in self._laid_out(first - _ONE_DAY, until)
            for change in (interval.start, interval.end)
            if change < end
        )

    def _laid_out(self, first: date, until: date) -> IntervalSet:
        return normalise(
            self.interval_of(day, opening) for day in _days(first, until) for opening in self.openings_on(day)
        )

    def _days_around(self, start: Instant, end: Instant) -> tuple[date, date]:
        return local_date(start, self.zone) - _ONE_DAY, local_date(end, self.zone) + 2 * _ONE_DAY


@dataclass(frozen=True, slots=True)
class _Window:
    """Some days laid out: right for every instant in ``start <= now < end``."""

    start: Instant
    end: Instant
    changes: tuple[Instant, ...]
    change_beyond: Instant | None


def _days(first: date, until: date) -> Iterator[date]:
    for count in range((until - first).days):
        yield first + count * _ONE_DAY
