"""Opening hours in real time, over midnights, exceptions and changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.hours.calendar import Calendar
from ringback.hours.model import WEEKDAYS, OpeningHours
from ringback.kernel.clock import DAY, HOUR, MINUTE, Instant, from_datetime, to_datetime
from ringback.kernel.intervals import Interval
from ringback.kernel.localtime import local_to_instant, start_of_day

_NEW_YORK = ZoneInfo("America/New_York")
_BERLIN = ZoneInfo("Europe/Berlin")
_LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
_WORKDAYS = dict.fromkeys(WEEKDAYS[:5], ("09:00-12:00", "13:00-17:30"))


def _calendar(weekly, zone=_BERLIN, **rest) -> Calendar:
    return Calendar(OpeningHours.model_validate({"weekly": weekly, **rest}), zone)


def _at(text: str, zone=_BERLIN) -> Instant:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


def _shown(calendar: Calendar, first: str, last: str) -> list[str]:
    """What is open between two local times, as a clock on the wall there shows it."""
    return [
        " to ".join(f"{to_datetime(bound, calendar.zone):%a %H:%M%z}" for bound in (interval.start, interval.end))
        for interval in calendar.open_intervals(_at(first, calendar.zone), _at(last, calendar.zone))
    ]


class TestAnOrdinaryWeek:  # 1 June 2026 is a Monday
    @pytest.mark.parametrize(
        ("now", "is_open", "next_open", "closes_at"),
        [
            ("2026-06-01 08:59:59", False, "2026-06-01 09:00", None),
            ("2026-06-01 09:00", True, "2026-06-01 09:00", "2026-06-01 12:00"),
            ("2026-06-01 11:59:59", True, "2026-06-01 11:59:59", "2026-06-01 12:00"),
            ("2026-06-01 12:00", False, "2026-06-01 13:00", None),
            ("2026-06-05 17:30", False, "2026-06-08 09:00", None),
            ("2026-06-07 00:00", False, "2026-06-08 09:00", None),
        ],
    )
    def test_it_opens_at_the_start_and_is_closed_at_the_end(self, now, is_open, next_open, closes_at):
        calendar = _calendar(_WORKDAYS)

        assert calendar.is_open(_at(now)) is is_open
        assert calendar.next_open(_at(now)) == _at(next_open)
        assert calendar.closes_at(_at(now)) == (closes_at and _at(closes_at))
        assert calendar.next_change(_at(now)) == _at(closes_at or next_open)

    def test_its_intervals_are_cut_to_what_was_asked_for(self):
        assert _shown(_calendar(_WORKDAYS), "2026-06-01 10:00", "2026-06-02 10:00") == [
            "Mon 10:00+0200 to Mon 12:00+0200",
            "Mon 13:00+0200 to Mon 17:30+0200",
            "Tue 09:00+0200 to Tue 10:00+0200",
        ]

    def test_nothing_is_open_in_no_time(self):
        calendar = _calendar("always")

        assert calendar.open_intervals(_at("2026-06-01"), _at("2026-06-01")) == []
        assert calendar.open_intervals(_at("2026-06-02"), _at("2026-06-01")) == []

    def test_going_back_in_time_gives_the_same_answers(self):
        calendar = _calendar(_WORKDAYS)
        early, late = _at("2026-06-01 10:00"), _at("2027-06-01 12:30")

        assert [calendar.is_open(now) for now in (early, late, early)] == [True, False, True]


class TestPastMidnight:
    def test_an_opening_runs_into_the_next_day(self):
        calendar = _calendar({"fri": ["22:00-06:00"]})

        assert calendar.is_open(_at("2026-06-06 05:59"))
        assert calendar.closes_at(_at("2026-06-05 23:00")) == _at("2026-06-06 06:00")

    def test_openings_that_touch_are_one(self):
        calendar = _calendar({"fri": ["18:00-24:00"], "sat": ["00:00-06:00", "06:00-07:00"]})

        assert calendar.closes_at(_at("2026-06-05 23:00")) == _at("2026-06-06 07:00")
        assert _shown(calendar, "2026-06-05", "2026-06-07") == ["Fri 18:00+0200 to Sat 07:00+0200"]

    def test_sunday_night_runs_into_monday(self):
        assert _calendar({"sun": ["22:00-06:00"]}).is_open(_at("2026-06-08 05:00"))


class TestAlwaysAndNever:
    def test_always_never_changes(self):
        calendar = _calendar("always")
        now = _at("2026-06-01 03:00")

        assert calendar.is_open(now)
        assert calendar.next_open(now) == now
        assert calendar.closes_at(now) is None
        assert calendar.next_change(now) is None
        assert calendar.open_intervals(now, Instant(now + 300 * DAY)) == [Interval(now, Instant(now + 300 * DAY))]

    def test_never_has_no_next_opening(self):
        calendar = _calendar({})

        assert calendar.next_open(_at("2026-06-01")) is None
        assert calendar.open_intervals(_at("2026-06-01"), _at("2026-09-01")) == []

    def test_a_year_of_overrides_is_searched_to_its_end(self):
        first = date(2026, 6, 1)
        closed = [{"date": first + timedelta(days=count), "closed": True} for count in range(390)]

        assert _calendar("always", overrides=closed).next_open(_at("2026-06-01")) == _at("2027-06-26")

    def test_the_search_has_an_end(self):
        calendar = _calendar({}, overrides=[{"date": "2036-06-01", "open": ["09:00-10:00"]}])

        assert calendar.next_open(_at("2026-06-01")) is None
        assert calendar.next_open(_at("2036-05-01")) == _at("2036-06-01 09:00")


class TestExceptions:
    def test_a_holiday_is_closed(self):
        calendar = _calendar(_WORKDAYS, holidays=[{"date": "2026-06-01"}])

        assert calendar.next_open(_at("2026-06-01 10:00")) == _at("2026-06-02 09:00")

    def test_an_override_replaces_the_day_and_wins_over_a_holiday(self):
        calendar = _calendar(
            _WORKDAYS,
            overrides=[{"date": "2026-06-01", "open": ["10:00-11:00"]}],
            holidays=[{"date": "2026-06-01"}],
        )

        assert _shown(calendar, "2026-06-01", "2026-06-02") == ["Mon 10:00+0200 to Mon 11:00+0200"]

    def test_an_exception_governs_what_starts_on_its_date(self):
        nights = _calendar(
            dict.fromkeys(WEEKDAYS, ("22:00-02:00",)), overrides=[{"date": "2026-06-03", "closed": True}]
        )

        assert _shown(nights, "2026-06-02 12:00", "2026-06-04 23:00") == [
            "Tue 22:00+0200 to Wed 02:00+0200",
            "Thu 22:00+0200 to Thu 23:00+0200",
        ]

    def test_an_override_far_ahead_closes_what_is_always_open(self):
        calendar = _calendar("always", overrides=[{"date": "2026-12-25", "closed": True}])

        assert calendar.closes_at(_at("2026-06-01 10:00")) == _at("2026-12-25")
        assert calendar.next_open(_at("2026-12-25 10:00")) == _at("2026-12-26")

    def test_an_override_may_meet_the_night_before(self):
        calendar = _calendar({"fri": ["22:00-06:00"]}, overrides=[{"date": "2026-06-06", "open": ["05:00-12:00"]}])

        assert _shown(calendar, "2026-06-05", "2026-06-08") == ["Fri 22:00+0200 to Sat 12:00+0200"]


class TestChangesOfTheClocks:
    @pytest.mark.parametrize(
        ("zone", "night", "opening", "expected"),
        [
            # The gap: its end stands for every time inside it.
            (_NEW_YORK, "2026-03-08", "02:15-05:00", ["Sun 03:00-0400 to Sun 05:00-0400"]),
            (_NEW_YORK, "2026-03-08", "01:00-02:30", ["Sun 01:00-0500 to Sun 03:00-0400"]),
            (_NEW_YORK, "2026-03-08", "02:00-03:00", []),
            (_BERLIN, "2026-03-29", "02:30-04:00", ["Sun 03:00+0200 to Sun 04:00+0200"]),
            (_LORD_HOWE, "2026-10-04", "02:10-04:00", ["Sun 02:30+1100 to Sun 04:00+1100"]),
            # The fold: each time inside it is its first.
            (_NEW_YORK, "2026-11-01", "01:30-03:00", ["Sun 01:30-0400 to Sun 03:00-0500"]),
            (_NEW_YORK, "2026-11-01", "00:00-01:30", ["Sun 00:00-0400 to Sun 01:30-0400"]),
            (_BERLIN, "2026-10-25", "02:00-02:30", ["Sun 02:00+0200 to Sun 02:30+0200"]),
            (_LORD_HOWE, "2026-04-05", "01:45-03:00", ["Sun 01:45+1100 to Sun 03:00+1030"]),
        ],
    )
    def test_openings_follow_the_clock_on_the_wall(self, zone, night, opening, expected):
        calendar = _calendar({"sun": [opening]}, zone)

        assert _shown(calendar, f"{night} 00:00", f"{night} 12:00") == expected

    def test_a_night_over_the_gap_is_shorter(self):
        calendar = _calendar({"sat": ["22:00-06:00"]})
        closes = calendar.closes_at(_at("2026-03-28 22:00"))

        assert closes - _at("2026-03-28 22:00") == 7 * HOUR

    def test_an_opening_that_the_gap_swallows_comes_back_a_week_later(self):
        calendar = _calendar({"sun": ["02:00-03:00"]})

        assert calendar.next_open(_at("2026-03-23")) == _at("2026-04-05 02:00")


_half_hours = st.integers(0, 47).map(lambda count: f"{count // 2:02}:{count % 2 * 30:02}")
_openings = st.builds(lambda start, end: f"{start}-{end}", _half_hours, _half_hours)
_documents = st.fixed_dictionaries(
    {
        "weekly": st.one_of(
            st.just("always"),
            # None of these runs past midnight, so that no two overlap; the overrides do.
            st.dictionaries(
                st.sampled_from(WEEKDAYS),
                st.sampled_from(
                    [[], ["00:00-24:00"], ["09:00-12:00", "12:00-17:30"], ["12:30-00:00"], ["23:00-24:00"]]
                ),
            ),
        ),
        "overrides": st.lists(
            st.builds(
                lambda day, opening: {"date": day, "open": [opening]},
                st.dates(date(2026, 3, 1), date(2026, 4, 10)),
                _openings,
            ),
            max_size=4,
            unique_by=lambda override: override["date"],
        ),
        "holidays": st.lists(
            st.builds(lambda day: {"date": day}, st.dates(date(2026, 3, 1), date(2026, 4, 10))),
            max_size=4,
            unique_by=lambda holiday: holiday["date"],
        ),
    }
)
_calendars = st.builds(
    Calendar,
    _documents.map(OpeningHours.model_validate),
    st.sampled_from([UTC, _NEW_YORK, _BERLIN, _LORD_HOWE, ZoneInfo("Asia/Beirut")]),
)
_moments = st.integers(0, 45 * 1440).map(lambda minutes: Instant(_at("2026-02-25", UTC) + minutes * MINUTE))


@given(_calendars, _moments)
def test_it_is_open_exactly_inside_an_opening_of_today_or_yesterday(calendar, now):
    today = to_datetime(now, calendar.zone).date()
    expected = any(
        local_to_instant(day, opening.start, calendar.zone) <= now < local_to_instant(day, opening.end, calendar.zone)
        for day in (today - timedelta(days=1), today)
        for opening in calendar.openings_on(day)
    )

    assert calendar.is_open(now) is expected


@given(_calendars, _moments)
def test_nothing_changes_before_the_next_change_and_then_it_does(calendar, now):
    change = calendar.next_change(now)

    if change is None:
        assert calendar.is_open(now) in {calendar.is_open(Instant(now + days * DAY)) for days in (0, 1, 7, 300)}
        assert len(calendar.open_intervals(now, Instant(now + 399 * DAY))) == int(calendar.is_open(now))
    else:
        assert change > now
        assert calendar.is_open(change) is not calendar.is_open(now)
        inside = calendar.open_intervals(now, change)
        assert inside == ([Interval(now, change)] if calendar.is_open(now) else [])


@given(_calendars, _moments, st.integers(1, 40 * 1440))
def test_open_intervals_are_the_walk_from_change_to_change(calendar, start, minutes):
    end = Instant(start + minutes * MINUTE)
    walked = []
    opens = calendar.next_open(start)
    while opens is not None and opens < end:
        closes = calendar.closes_at(opens)
        walked.append(Interval(opens, end if closes is None else min(closes, end)))
        opens = None if closes is None else calendar.next_open(closes)

    assert calendar.open_intervals(start, end) == walked


@given(_calendars, _moments, _moments)
def test_what_was_asked_before_changes_no_answer(calendar, before, now):
    fresh = Calendar(calendar.hours, calendar.zone)
    calendar.is_open(before)

    assert (calendar.is_open(now), calendar.next_change(now)) == (fresh.is_open(now), fresh.next_change(now))
    day = to_datetime(now, calendar.zone).date()
    assert calendar.open_intervals(start_of_day(day, calendar.zone), now) == fresh.open_intervals(
        start_of_day(day, calendar.zone), now
    )
