"""How many at a time: from stretches of time to levels over the day. Pure arithmetic on instants."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from ringback.kernel.clock import Instant


class Change(NamedTuple):
    """From then on so many more, or fewer."""

    at: Instant
    by: int


def of_stretches(stretches: Iterable[tuple[Instant, Instant]]) -> list[Change]:
    """The changes of how many of these stretches are under way, in the order of time."""
    return sorted(change for start, end in stretches if end > start for change in (Change(start, 1), Change(end, -1)))


def averages(changes: Iterable[Change], begin: Instant, end: Instant, width: int) -> list[float]:
    """The mean level in each bucket of ``width`` microseconds between ``begin`` and ``end``."""
    sums = [0.0] * max(1, -(-(end - begin) // width))
    for start, stop, level in _levels(changes, begin, end):
        place = start
        while level and place < stop:
            bucket = (place - begin) // width
            until = Instant(min(stop, begin + (bucket + 1) * width))
            sums[bucket] += level * (until - place)
            place = until
    return [total / min(width, end - begin - bucket * width) for bucket, total in enumerate(sums)]


def both_at_once(these: Iterable[Change], those: Iterable[Change]) -> int:
    """The time that pairs of these and those spent side by side: the integral of the smaller level, in microseconds.

    One of the two levels must have come back to 0 at the end. A level below 0 counts as 0.
    """
    steps = sorted([(at, by, 0) for at, by in these] + [(at, 0, by) for at, by in those])
    spent = one = other = 0
    for (at, more, others), (until, _, _) in pairwise(steps):
        one += more
        other += others
        spent += max(0, min(one, other)) * (until - at)
    return spent


def total(changes: Iterable[Change], until: Instant) -> int:
    """The integral of the level, in microseconds."""
    return sum(by * (until - at) for at, by in changes if at < until)


def _levels(changes: Iterable[Change], begin: Instant, end: Instant) -> Iterator[tuple[Instant, Instant, int]]:
    """Stretches of one level each, cut to what lies between ``begin`` and ``end``."""
    level = 0
    marks = [Change(begin, 0), *sorted(changes), Change(end, 0)]
    marks.sort(key=lambda change: change.at)
    for this, following in pairwise(marks):
        level += this.by
        start, stop = max(this.at, begin), min(following.at, end)
        if stop > start:
            yield start, stop, level
