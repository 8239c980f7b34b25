"""Zones as callers name them, and the way from a clock on the wall to an instant and back."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.clock import MINUTE, SECOND, Instant, from_datetime, to_datetime
from ringback.kernel.errors import InvalidTimeZone
from ringback.kernel.localtime import local_date, local_to_instant, next_midnight, resolve_zone, start_of_day

_ZONES = [
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Santiago",
    "America/Scoresbysund",
    "Europe/Berlin",
    "Europe/London",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Pacific/Chatham",
]
_zones = st.sampled_from(_ZONES).map(ZoneInfo)
_days = st.dates(date(1971, 1, 1), date(2037, 12, 30))
_minutes = st.integers(0, 2 * 1440)


def _utc(*parts: int) -> Instant:
    return from_datetime(datetime(*parts, tzinfo=UTC))


class TestResolvingAZone:
    @pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
    def test_an_iana_name_is_that_zone(self, name):
        assert resolve_zone(name) == ZoneInfo(name)

    @pytest.mark.parametrize(
        ("minutes", "east"),
        [("240", -240), (240, -240), ("-330", 330), ("0", 0), ("-0", 0), ("1439", -1439), (-1439, 1439)],
    )
    def test_positive_minutes_lie_west_of_utc(self, minutes, east):
        assert resolve_zone(minutes).utcoffset(None) == timedelta(minutes=east)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "Mars/Olympus",
            "europe/berlin",
            "Europe",
            "Europe/",
            "Europe/Berlin ",
            "Europe/Berlin\n",
            "Europe/Berlin\0",
            "/usr/share/zoneinfo/UTC",
            "../zoneinfo/UTC",
            "Europe/../UTC",
            "localtime",
            "Factory",
            "posixrules",
            "zone.tab",
            "1440",
            "-1440",
            1440,
            10**30,
            "9" * 5000,
            "+60",
            "60.0",
            "６０",
            "1e2",
            "\ud800",
            True,
            None,
            60.0,
            [],
        ],
    )
    def test_anything_else_is_refused(self, text):
        with pytest.raises(InvalidTimeZone):
            resolve_zone(text)

    @given(st.text())
    def test_no_text_raises_anything_else(self, text):
        try:
            zone = resolve_zone(text)
        except InvalidTimeZone:
            return
        assert zone.utcoffset(datetime(2026, 1, 1)) is not None  # noqa: DTZ001


class TestLocalTimeToInstant:
    @pytest.mark.parametrize(
        ("zone", "day", "at", "expected"),
        [
            # New York: 02:00 to 03:00 skipped on 8 March 2026, 01:00 to 02:00 twice on 1 November.
            ("America/New_York", date(2026, 3, 8), time(1, 59), _utc(2026, 3, 8, 6, 59)),
            ("America/New_York", date(2026, 3, 8), time(2, 0), _utc(2026, 3, 8, 7)),
            ("America/New_York", date(2026, 3, 8), time(2, 59, 59, 999999), _utc(2026, 3, 8, 7)),
            ("America/New_York", date(2026, 3, 8), time(3, 0), _utc(2026, 3, 8, 7)),
            ("America/New_York", date(2026, 3, 8), time(3, 1), _utc(2026, 3, 8, 7, 1)),
            ("America/New_York", date(2026, 11, 1), time(1, 30), _utc(2026, 11, 1, 5, 30)),
            ("America/New_York", date(2026, 11, 1), time(1, 30, fold=1), _utc(2026, 11, 1, 5, 30)),
            ("America/New_York", date(2026, 11, 1), time(2, 0), _utc(2026, 11, 1, 7)),
            ("Europe/Berlin", date(2026, 3, 29), time(2, 30), _utc(2026, 3, 29, 1)),
            ("Europe/Berlin", date(2026, 10, 25), time(2, 30), _utc(2026, 10, 25, 0, 30)),
            # Lord Howe moves by half an hour: 02:00 to 02:30 skipped, 01:30 to 02:00 twice.
            ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), _utc(2026, 10, 3, 15, 30)),
            ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 30), _utc(2026, 10, 3, 15, 30)),
            ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), _utc(2026, 4, 4, 14, 45)),
            ("Australia/Lord_Howe", date(2026, 4, 5), time(2, 0), _utc(2026, 4, 4, 15, 30)),
            # Samoa had no 30 December 2011.
            ("Pacific/Apia", date(2011, 12, 30), time(12, 0), _utc(2011, 12, 30, 10)),
            # Beirut skips midnight itself.
            ("Asia/Beirut", date(2026, 3, 29), time(0, 0), _utc(2026, 3, 28, 22)),
        ],
    )
    def test_a_gap_gives_its_end_and_a_fold_its_first(self, zone, day, at, expected):
        assert local_to_instant(day, at, ZoneInfo(zone)) == expected

    def test_minutes_are_the_clocks_and_may_reach_into_the_next_day(self):
        berlin = ZoneInfo("Europe/Berlin")

        assert local_to_instant(date(2026, 3, 29), 540, berlin) == _utc(2026, 3, 29, 7)
        assert local_to_instant(date(2026, 3, 28), 1440 + 540, berlin) == _utc(2026, 3, 29, 7)

    @given(_zones, _days, _minutes, _minutes)
    def test_it_never_goes_backwards(self, zone, day, one, other):
        earlier, later = sorted((one, other))

        assert local_to_instant(day, earlier, zone) <= local_to_instant(day, later, zone)

    @given(_zones, _days, st.integers(0, 1439))
    def test_the_clock_shows_the_time_asked_for_or_has_just_skipped_it(self, zone, day, minutes):
        instant = local_to_instant(day, minutes, zone)
        wanted = datetime.combine(day, time(minutes // 60, minutes % 60))
        shown = to_datetime(instant, zone)

        if shown.replace(tzinfo=None) == wanted:
            assert shown.fold == 0
        else:
            just_before = to_datetime(Instant(instant - 1), zone).replace(tzinfo=None)
            assert just_before < wanted < shown.replace(tzinfo=None)

    @given(_zones, st.integers(_utc(1971, 1, 1), _utc(2037, 12, 30)).map(Instant))
    def test_an_instant_comes_back_from_what_the_clock_shows_unless_it_shows_it_again(self, zone, instant):
        shown = to_datetime(instant, zone)

        back = local_to_instant(shown.date(), shown.time(), zone)

        assert back < instant if shown.fold else back == instant


class TestDays:
    @given(_zones, st.dates(date(2012, 1, 1), date(2037, 12, 30)))
    def test_a_day_begins_when_its_date_is_first_shown(self, zone, day):
        start = start_of_day(day, zone)

        assert local_date(start, zone) == day
        assert local_date(Instant(start - 1), zone) == day - timedelta(days=1)

    def test_a_day_may_have_23_or_25_hours(self):
        berlin = ZoneInfo("Europe/Berlin")

        def minutes_of(day: date) -> int:
            return (next_midnight(start_of_day(day, berlin), berlin) - start_of_day(day, berlin)) // MINUTE

        assert [minutes_of(date(2026, month, day)) for month, day in ((3, 29), (6, 1), (10, 25))] == [1380, 1440, 1500]

    def test_the_next_midnight_of_a_midnight_is_a_day_later(self):
        assert next_midnight(_utc(2026, 5, 1), UTC) == _utc(2026, 5, 2)
        assert next_midnight(Instant(_utc(2026, 5, 1) - SECOND), UTC) == _utc(2026, 5, 1)
