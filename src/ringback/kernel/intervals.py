"""Half-open intervals of time, ``start <= t < end``, and the little algebra that opening hours need.

A *set* of intervals here is a tuple in normal form: ascending, none empty, none touching or overlapping another.
:func:`normalise` makes one; the other functions take and return them. All are linear in their input.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from ringback.kernel.clock import Instant

_start = attrgetter("start")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The time from ``start`` until just before ``end``. Where ``end <= start`` it is empty."""

    start: Instant
    end: Instant

    def __contains__(self, instant: Instant) -> bool:
        return self.start <= instant < self.end


IntervalSet = tuple[Interval, ...]


def normalise(intervals: Iterable[Interval]) -> IntervalSet:
    """The set of all instants in any of ``intervals``, which may come in any order, overlap, touch or be empty."""
    merged: list[Interval] = []
    for interval in sorted(intervals, key=_start):
        if interval.end <= interval.start:
            continue
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return tuple(merged)


def union(one: IntervalSet, other: IntervalSet) -> IntervalSet:
    """What is in either."""
    return normalise((*one, *other))


def intersect(one: IntervalSet, other: IntervalSet) -> IntervalSet:
    """What is in both."""
    common: list[Interval] = []
    i = j = 0
    while i < len(one) and j < len(other):
        overlap = Interval(max(one[i].start, other[j].start), min(one[i].end, other[j].end))
        if overlap.start < overlap.end:
            common.append(overlap)
        if one[i].end <= other[j].end:
            i += 1
        else:
            j += 1
    return tuple(common)


def subtract(one: IntervalSet, other: IntervalSet) -> IntervalSet:
    """What is in ``one`` and not in ``other``."""
    if not one:
        return ()
    return intersect(one, _gaps(other, Interval(one[0].start, one[-1].end)))


def contains(intervals: IntervalSet, instant: Instant) -> bool:
    """Whether ``instant`` is in the set; by bisection."""
    place = bisect_right(intervals, instant, key=_start)
    return place > 0 and instant < intervals[place - 1].end


def _gaps(intervals: IntervalSet, within: Interval) -> IntervalSet:
    """What of ``within`` the set leaves over."""
    starts = (within.start, *(interval.end for interval in intervals))
    ends = (*(interval.start for interval in intervals), within.end)
    return tuple(Interval(start, end) for start, end in zip(starts, ends, strict=True) if start < end)
