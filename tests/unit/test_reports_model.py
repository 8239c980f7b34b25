"""Days, their bins and stretches, and tallies: pure arithmetic."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.callbacks.lifecycle import Outcome
from ringback.callbacks.model import Kind
from ringback.kernel.clock import DAY, HOUR, MINUTE, Instant, from_datetime
from ringback.kernel.localtime import local_date
from ringback.reports.model import COUNTS, OUTCOMES, QUARTER, Chosen, Days, Report, Tally, together, width_at
from ringback.reports.stretches import bounds, hours_over, offset_at, same_time_before, stretches

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe")
days = st.builds(
    lambda first, count: Days(first, first + timedelta(days=count)),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 399),
)
tallies = st.builds(Tally, **{name: st.integers(0, 10**6) for name in COUNTS})


def at(*moment: int) -> Instant:
    return from_datetime(datetime(*moment, tzinfo=UTC))


class TestTallies:
    @given(one=tallies, other=tallies)
    def test_together_adds_every_count(self, one: Tally, other: Tally) -> None:
        assert together([one, other]) == one + other
        assert all((one + other)[name] == one[name] + other[name] for name in COUNTS)
        assert together([]) == Tally()

    def test_the_outcomes_are_those_of_the_lifecycle(self) -> None:
        assert set(OUTCOMES) == {*Outcome}
        assert Tally(success=2, failure=1, requested=9).finished == 3

    def test_what_follows(self) -> None:
        tally = Tally(success=9, at_first=7, on_time=4, late_2=3, late_5=2, late_15=1, later=1, never=5)
        assert (tally.launched, tally.promised, tally.after_retry) == (11, 16, 2)


class TestBins:
    @settings(max_examples=25)
    @given(days=days)
    def test_every_hour_of_every_day_lies_in_its_bin(self, days: Days) -> None:
        bins = days.bins()
        assert bins[0].first == days.first
        assert bins[-1].last == days.last
        for day in days.listed():
            for hour in (0, 23):
                found = bins[days.bin_of(day, hour)]
                assert found.first <= day <= found.last
                assert found.hour in {None, hour}
        if days.count > 1:
            assert all(later.first - one.last == timedelta(days=1) for one, later in pairwise(bins))

    def test_a_day_is_shown_by_hours_a_quarter_by_days_and_more_by_weeks(self) -> None:
        monday = date(2026, 3, 2)
        assert len(Days(monday, monday).bins()) == 24
        assert len(Days(monday, monday + timedelta(days=91)).bins()) == 92
        weeks = Days(monday - timedelta(days=2), monday + timedelta(days=100)).bins()
        assert [(each.first.day, each.last.day) for each in weeks[:3]] == [(28, 1), (2, 8), (9, 15)]
        assert len(weeks) == 16

    @given(days=days)
    def test_before_are_as_many_days(self, days: Days) -> None:
        before = days.before()
        assert before.count == days.count
        assert before.last + timedelta(days=1) == days.first


class TestStretches:
    @pytest.mark.parametrize("zone", ZONES)
    @settings(max_examples=25)
    @given(days=days)
    def test_each_has_one_offset_and_they_leave_no_gap(self, zone: str, days: Days) -> None:
        place = ZoneInfo(zone)
        begin, end = bounds(days, place)
        found = stretches(begin, end, place)
        assert (found[0].begin, found[-1].end) == (begin, end)
        assert all(one.end == other.begin and one.offset != other.offset for one, other in pairwise(found))
        for stretch in found:
            assert stretch.begin < stretch.end
            for instant in (*range(stretch.begin, stretch.end, 7 * DAY), stretch.end - 1):
                assert offset_at(Instant(instant), place) == stretch.offset

    def test_the_clocks_of_berlin(self) -> None:
        begin, end = bounds(Days(date(2026, 1, 1), date(2026, 12, 31)), ZoneInfo("Europe/Berlin"))
        winter, summer, again = stretches(begin, end, ZoneInfo("Europe/Berlin"))
        assert (winter.offset, summer.offset, again.offset) == (HOUR, 2 * HOUR, HOUR)
        assert (winter.end, summer.end) == (at(2026, 3, 29, 1), at(2026, 10, 25, 1))

    def test_nothing_has_none(self) -> None:
        assert stretches(Instant(5), Instant(5), UTC) == []

    def test_hours_where_days_begin_with_one_else_quarters(self) -> None:
        assert width_at(-5 * HOUR) == HOUR
        assert width_at(5 * HOUR + 30 * MINUTE) == width_at(5 * HOUR + 45 * MINUTE) == QUARTER

    @pytest.mark.parametrize("zone", ZONES)
    def test_days_that_are_over_are_held_against_whole_days(self, zone: str) -> None:
        place = ZoneInfo(zone)
        these = Days(date(2026, 3, 28), date(2026, 3, 30))
        assert same_time_before(these, at(2026, 4, 5), place) == bounds(these.before(), place)

    def test_a_running_day_is_held_against_the_same_part_of_the_day_before(self) -> None:
        today = Days(date(2026, 3, 2), date(2026, 3, 2))
        for minute in (0, 59):
            assert same_time_before(today, at(2026, 3, 2, 15, minute), UTC) == (at(2026, 3, 1), at(2026, 3, 1, 15))
            assert hours_over(today, at(2026, 3, 2, 15, minute), UTC) == at(2026, 3, 2, 15)
        assert same_time_before(today, at(2026, 3, 1, 15), UTC) == (at(2026, 3, 1), at(2026, 3, 1))

    @pytest.mark.parametrize("zone", ZONES)
    @given(now=st.integers(at(2020, 1, 1), at(2030, 1, 1)), count=st.integers(1, 90))
    def test_the_time_before_ends_before_the_days_begin(self, zone: str, now: int, count: int) -> None:
        place = ZoneInfo(zone)
        today = local_date(Instant(now), place)
        these = Days(today - timedelta(days=count - 1), today)
        begin, end = same_time_before(these, Instant(now), place)
        assert begin <= end <= bounds(these, place)[0]


class TestReports:
    def test_channels_come_most_used_first(self) -> None:
        day = date(2026, 3, 2)
        asked = {(day, 9, "web"): 2, (day, 10, "sms"): 3, (day, 11, "web"): 2, (day, 9, "api"): 3}
        report = Report(Days(day, day + timedelta(days=1)), asked, {}, None)
        assert report.by_bin == {"web": [4, 0], "api": [3, 0], "sms": [3, 0]}
        assert [*report.by_bin] == [*report.by_hour] == ["web", "api", "sms"]
        assert (report.by_hour["web"][9], report.by_hour["web"][11]) == (2, 2)

    def test_types_and_bins_add_up_to_the_total(self) -> None:
        day = date(2026, 3, 2)
        counted = {
            (day, 0, Kind.ASAP): Tally(requested=1, success=1),
            (day, 0, Kind.SCHEDULED): Tally(requested=2),
            (day + timedelta(days=1), 0, Kind.ASAP): Tally(canceled=4),
        }
        report = Report(Days(day, day + timedelta(days=1)), {}, counted, None)
        assert report.total == Tally(requested=3, success=1, canceled=4)
        assert together(report.binned) == report.total == together(report.of_kind(kind) for kind in Kind)
        assert report.binned[1] == Tally(canceled=4)
        assert replace(report, running=Tally(success=1)).so_far == Tally(requested=3, canceled=4)

    def test_who_is_chosen(self) -> None:
        assert Chosen() == Chosen(None, None)
