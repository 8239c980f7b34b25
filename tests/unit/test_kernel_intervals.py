"""The algebra of intervals, held against plain sets of whole instants."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.clock import Instant
from ringback.kernel.intervals import Interval, IntervalSet, contains, intersect, normalise, subtract, union

_LAST = 30
_instants = st.integers(0, _LAST).map(Instant)
_any_intervals = st.lists(st.builds(Interval, _instants, _instants), max_size=8)
_sets = _any_intervals.map(normalise)


def _members(intervals: Iterable[Interval]) -> set[int]:
    return {instant for interval in intervals for instant in range(interval.start, interval.end)}


def _is_normal(intervals: IntervalSet) -> bool:
    bounds = [bound for interval in intervals for bound in (interval.start, interval.end)]
    return bounds == sorted(set(bounds))


@given(_any_intervals)
def test_normalising_keeps_the_members_and_melts_what_touches(intervals):
    normal = normalise(intervals)

    assert _members(normal) == _members(intervals)
    assert _is_normal(normal)
    assert normalise(normal) == normal


@given(_sets, _sets)
def test_the_algebra_is_that_of_sets(one, other):
    for result, expected in (
        (union(one, other), _members(one) | _members(other)),
        (intersect(one, other), _members(one) & _members(other)),
        (subtract(one, other), _members(one) - _members(other)),
    ):
        assert _members(result) == expected
        assert _is_normal(result)


@given(_sets, st.integers(-1, _LAST + 1).map(Instant))
def test_bisection_finds_the_members(intervals, instant):
    assert contains(intervals, instant) == (instant in _members(intervals))


def test_an_interval_holds_its_start_and_not_its_end():
    interval = Interval(Instant(3), Instant(5))

    assert [instant for instant in range(8) if Instant(instant) in interval] == [3, 4]
