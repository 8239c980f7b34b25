"""How many at a time."""

from hypothesis import given
from hypothesis import strategies as st

from ringback.simulation.levels import Change, averages, both_at_once, of_stretches, total

stretches = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted).map(tuple), max_size=12)


def seconds_of(stretches):
    """The level in each whole second, counted one by one."""
    return [sum(start <= second < end for start, end in stretches) for second in range(100)]


@given(stretches, st.integers(1, 40))
def test_averages_are_those_of_every_second(stretches, width):
    levels = seconds_of(stretches)
    buckets = [levels[begin : begin + width] for begin in range(0, 100, width)]
    wanted = [sum(bucket) / len(bucket) for bucket in buckets]
    found = averages(of_stretches(stretches), 0, 100, width)
    assert [round(level, 9) for level in found] == [round(level, 9) for level in wanted]


@given(stretches, stretches)
def test_both_at_once_is_the_smaller_level_of_every_second(these, those):
    wanted = sum(map(min, seconds_of(these), seconds_of(those)))
    assert both_at_once(of_stretches(these), of_stretches(those)) == wanted


def test_a_level_below_none_counts_as_none():
    assert both_at_once([Change(0, -2), Change(10, 5)], of_stretches([(0, 20)])) == 10


def test_what_lies_outside_is_cut_off():
    assert averages(of_stretches([(0, 200)]), 50, 80, 20) == [1.0, 1.0]
    assert averages([Change(0, 3)], 50, 60, 5) == [3.0, 3.0]
    assert averages([], 0, 10, 5) == [0.0, 0.0]


def test_the_total_ends_where_it_is_told():
    assert total([Change(0, 3), Change(10, -1), Change(40, 7)], 30) == 3 * 10 + 2 * 20
