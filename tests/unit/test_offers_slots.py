"""Timeslots: where the grid lies, which of it is free, and how long the answer holds."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.hours.calendar import Calendar
from ringback.hours.model import WEEKDAYS, OpeningHours
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, from_datetime, to_datetime
from ringback.kernel.intervals import Interval
from ringback.kernel.localtime import local_date, start_of_day
from ringback.offers.slots import free, grid, grid_valid_until, is_start, when_next_changes

_NEW_YORK = ZoneInfo("America/New_York")
_BERLIN = ZoneInfo("Europe/Berlin")
_LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def _calendar(weekly, zone=_BERLIN, **rest) -> Calendar:
    return Calendar(OpeningHours.model_validate({"weekly": weekly, **rest}), zone)


def _at(text: str, zone=_BERLIN) -> Instant:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


def _shown(calendar: Calendar, now: str, minutes: int, days_ahead: int = 0) -> list[str]:
    starts = grid(calendar, _at(now, calendar.zone), slot_length=minutes * 60, days_ahead=days_ahead)
    return [f"{to_datetime(start, calendar.zone):%a %H:%M%z}" for start in starts]


class TestTheGrid:  # 1 June 2026 is a Monday
    def test_slots_start_with_each_opening_and_fit_into_it(self):
        calendar = _calendar({"mon": ["09:10-10:00", "13:00-14:00"]})

        assert _shown(calendar, "2026-06-01 12:00", 20) == [
            "Mon 09:10+0200",
            "Mon 09:30+0200",
            "Mon 13:00+0200",
            "Mon 13:20+0200",
            "Mon 13:40+0200",
        ]

    def test_it_spans_today_and_the_days_ahead(self):
        calendar = _calendar(dict.fromkeys(WEEKDAYS, ("09:00-10:00",)))

        assert _shown(calendar, "2026-06-01 23:00", 60, days_ahead=2) == [
            "Mon 09:00+0200",
            "Tue 09:00+0200",
            "Wed 09:00+0200",
        ]

    def test_a_night_is_cut_where_the_days_begin_and_end(self):
        calendar = _calendar(dict.fromkeys(WEEKDAYS, ("22:30-01:30",)))

        assert _shown(calendar, "2026-06-01 12:00", 60) == ["Mon 00:30+0200", "Mon 22:30+0200", "Mon 23:30+0200"]

    def test_always_open_fills_every_day(self):
        starts = grid(_calendar("always"), _at("2026-06-01 12:00"), slot_length=900, days_ahead=7)

        assert len(starts) == 8 * 96
        assert (starts[0], starts[-1]) == (_at("2026-06-01"), _at("2026-06-08 23:45"))

    def test_exceptions_count(self):
        calendar = _calendar(
            {"mon": ["09:00-10:00"]},
            overrides=[{"date": "2026-06-01", "open": ["11:00-12:00"]}],
            holidays=[{"date": "2026-06-08"}],
        )

        assert _shown(calendar, "2026-06-01", 60, days_ahead=14) == ["Mon 11:00+0200", "Mon 09:00+0200"]

    def test_openings_that_overlap_never_double_a_slot(self):
        calendar = _calendar({"fri": ["22:00-06:00"]}, overrides=[{"date": "2026-06-06", "open": ["05:30-08:00"]}])

        assert _shown(calendar, "2026-06-06", 60)[4:] == [
            "Sat 04:00+0200",
            "Sat 05:00+0200",
            "Sat 06:30+0200",
        ]

    def test_a_slot_over_midnight_counts_for_the_day_after(self):
        calendar = _calendar({"fri": ["23:00-00:45"]}, overrides=[{"date": "2026-06-06", "open": ["00:00-02:00"]}])

        assert _shown(calendar, "2026-06-05", 45, days_ahead=1)[2:] == ["Sat 00:45+0200"]
        assert _shown(calendar, "2026-06-06", 45) == ["Sat 00:45+0200"]

    def test_closed_hours_have_no_slots(self):
        assert grid(_calendar({}), _at("2026-06-01"), slot_length=900, days_ahead=7) == ()

    @pytest.mark.parametrize("slot_length", [0, -900, 100])
    def test_a_slot_lasts_whole_minutes(self, slot_length):
        with pytest.raises(ValueError, match="whole number of minutes"):
            grid(_calendar("always"), _at("2026-06-01"), slot_length=slot_length, days_ahead=1)

    @pytest.mark.parametrize(
        ("zone", "day", "opening", "minutes", "expected"),
        [
            # Gap: the slots in it move to its end and are one.
            (_NEW_YORK, "2026-03-08", "01:30-04:00", 30, ["01:30-0500", "03:00-0400", "03:30-0400"]),
            (_NEW_YORK, "2026-03-08", "02:20-04:00", 30, ["03:00-0400"]),
            (_NEW_YORK, "2026-03-08", "01:30-02:30", 30, ["01:30-0500"]),
            (_BERLIN, "2026-03-29", "01:00-04:00", 60, ["01:00+0100", "03:00+0200"]),
            (_LORD_HOWE, "2026-10-04", "01:40-03:10", 20, ["01:40+1030", "02:30+1100"]),
            # Fold: each slot once, at the first; nothing is booked in the repeated hour.
            (_NEW_YORK, "2026-11-01", "00:30-02:30", 30, ["00:30-0400", "01:00-0400", "01:30-0400", "02:00-0500"]),
            (_BERLIN, "2026-10-25", "02:30-03:30", 30, ["02:30+0200", "03:00+0100"]),
            (
                _LORD_HOWE,
                "2026-04-05",
                "01:15-02:30",
                15,
                ["01:15+1100", "01:30+1100", "01:45+1100", "02:00+1030", "02:15+1030"],
            ),
        ],
    )
    def test_slots_follow_the_clock_on_the_wall(self, zone, day, opening, minutes, expected):
        calendar = _calendar({"sun": [opening]}, zone)

        assert _shown(calendar, day, minutes) == [f"Sun {start}" for start in expected]


_weeks = st.one_of(
    st.just("always"),
    st.dictionaries(
        st.sampled_from(WEEKDAYS),
        st.sampled_from(
            [["00:00-24:00"], ["00:45-02:20"], ["09:00-12:10", "12:10-17:30"], ["02:10-05:00"], ["21:37-24:00"]]
        ),
        min_size=1,
    ),
    st.just(dict.fromkeys(WEEKDAYS, ("20:20-04:05",))),
)
_calendars = st.builds(_calendar, _weeks, st.sampled_from([_NEW_YORK, _BERLIN, _LORD_HOWE, ZoneInfo("Asia/Beirut")]))
_moments = st.builds(
    lambda day, minutes: Instant(_at(f"{day}T00:00") + minutes * MINUTE),
    st.one_of(
        st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        st.sampled_from([date(2026, 3, 8), date(2026, 3, 28), date(2026, 4, 4), date(2026, 10, 3), date(2026, 10, 24)]),
    ),
    st.integers(0, 1439),
)
_lengths = st.integers(5, 120).map(lambda minutes: minutes * 60)


@given(_calendars, _moments, _lengths, st.integers(0, 10))
def test_slots_lie_in_openings_one_after_the_other(calendar, now, slot_length, days_ahead):
    starts = grid(calendar, now, slot_length=slot_length, days_ahead=days_ahead)

    for start in starts:
        slot = Interval(start, Instant(start + slot_length * SECOND))
        assert calendar.open_intervals(slot.start, slot.end) == [slot]
    assert all(later - earlier >= slot_length * SECOND for earlier, later in pairwise(starts))
    today = local_date(now, calendar.zone)
    assert all(today <= local_date(start, calendar.zone) <= today + timedelta(days=days_ahead) for start in starts)


@given(_calendars, _moments, _lengths)
def test_one_grid_serves_the_whole_local_day_and_agrees_with_tomorrows(calendar, now, slot_length):
    starts = grid(calendar, now, slot_length=slot_length, days_ahead=3)
    midnight = grid_valid_until(calendar, now)
    last_moment = Instant(midnight - 1)
    tomorrows = grid(calendar, midnight, slot_length=slot_length, days_ahead=2)

    assert start_of_day(local_date(now, calendar.zone), calendar.zone) <= now < midnight
    assert grid(calendar, last_moment, slot_length=slot_length, days_ahead=3) == starts
    assert tomorrows == tuple(start for start in starts if start >= midnight)


@given(_calendars, _moments, _lengths, st.integers(-3 * 96, 8 * 96), st.integers(0, 1000))
def test_a_start_is_known_without_the_whole_grid(calendar, now, slot_length, quarters, place):
    settings = {"slot_length": slot_length, "days_ahead": 5}
    starts = grid(calendar, now, **settings)
    around = grid(calendar, Instant(now - 2 * DAY), slot_length=slot_length, days_ahead=9)
    midnight = start_of_day(local_date(now, calendar.zone), calendar.zone)

    for candidate in (
        Instant(midnight + quarters * 15 * MINUTE),
        *around[place : place + 1],
        *starts[:1],
        *starts[-1:],
    ):
        assert is_start(calendar, candidate, now, **settings) == (candidate in starts)


@pytest.mark.parametrize("start", [-(10**30), 10**30])
def test_an_absurd_time_is_no_start(start):
    now = _at("2026-06-01")

    assert not is_start(_calendar("always"), Instant(start), now, slot_length=900, days_ahead=7)


class TestFreeSlots:
    def test_a_slot_is_free_while_it_has_room_and_is_far_enough_ahead(self):
        starts = tuple(Instant(hour * HOUR) for hour in range(9, 14))
        taken = {starts[1]: 1, starts[2]: 2, starts[3]: 3}

        assert free(starts, taken, 2, earliest=starts[1]) == [starts[1], starts[4]]

    def test_a_slot_that_starts_just_too_early_is_not(self):
        starts = (Instant(9 * HOUR), Instant(10 * HOUR))

        assert free(starts, {}, 1, earliest=Instant(9 * HOUR + 1)) == [starts[1]]

    def test_without_capacity_none_is_free(self):
        assert free((Instant(HOUR),), {}, 0, earliest=Instant(0)) == []


class TestWhenTheClockChangesIt:
    def test_nothing_free_waits_for_the_next_grid(self):
        assert when_next_changes([], lead=0, valid_until=Instant(DAY)) == DAY

    @given(
        st.sets(st.integers(0, 100).map(lambda minutes: Instant(minutes * MINUTE)), min_size=1),
        st.integers(0, 100).map(lambda minutes: Instant(minutes * MINUTE)),
        st.integers(0, 3600),
    )
    def test_the_free_slots_stay_until_then_and_not_longer(self, starts, now, lead):
        slots = tuple(sorted(starts))

        def free_at(moment: int) -> list[Instant]:
            return free(slots, {}, 1, earliest=Instant(moment + lead * SECOND))

        before = free_at(now)
        change = when_next_changes(before, lead=lead, valid_until=Instant(DAY))

        assert change > now
        assert free_at(change - 1) == before
        assert change == DAY if not before else free_at(change) == before[1:]
