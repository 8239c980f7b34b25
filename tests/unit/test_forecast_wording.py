"""Durations and moments in the words of people."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.forecast.wording import (
    duration_words,
    moment_words,
    nearest_locale,
    range_words,
    resolve_locale,
    rounded_minutes,
)
from ringback.kernel.clock import DAY, HOUR, MINUTE, Instant, from_datetime

NEW_YORK = ZoneInfo("America/New_York")
QUARTER_PAST_THREE = from_datetime(datetime(2026, 11, 24, 15, 15, tzinfo=NEW_YORK))  # a Tuesday
EARLIER_THAT_DAY = Instant(QUARTER_PAST_THREE - 2 * HOUR)
THE_DAY_BEFORE = Instant(QUARTER_PAST_THREE - DAY)
LANGUAGES = ("en", "en-GB", "es", "es-MX", "fr", "fr-CA", "de", "de-AT", "ja", "ar", "pt-BR", "sw", "zh-Hant")


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        (-5, 0),
        (0, 0),
        (59, 0),
        (59.9, 0),
        (60, 1),
        (61, 2),
        (120, 2),
        (420, 7),
        (600, 10),
        (601, 15),
        (900, 15),
        (901, 20),
        (1800, 30),
        (1801, 40),
        (2400, 40),
        (2401, 50),
        (6000, 100),
        (86400, 1440),
    ],
)
def test_waits_are_rounded_up_to_steps_that_grow(seconds, minutes):
    assert rounded_minutes(seconds) == minutes


@given(st.floats(min_value=60, max_value=10_000_000))
def test_a_rounded_wait_is_on_the_grid_and_never_below_the_true_one(seconds):
    minutes = rounded_minutes(seconds)
    step = 1 if minutes <= 10 else 5 if minutes <= 30 else 10
    assert minutes % step == 0
    assert seconds <= minutes * 60 < seconds + 60 + step * 60


@given(st.floats(min_value=0, max_value=100_000), st.floats(min_value=0, max_value=100_000))
def test_a_longer_wait_is_never_told_as_a_shorter_one(one, other):
    assert rounded_minutes(min(one, other)) <= rounded_minutes(max(one, other))


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", ["less than a minute", "1 minute", "7 minutes", "90 minutes", "1 hour 40 minutes", "2 hours"]),
        ("es", ["menos de un minuto", "1 minuto", "7 minutos", "90 minutos", "1 hora 40 minutos", "2 horas"]),
        ("fr", ["moins d'une minute", "1 minute", "7 minutes", "90 minutes", "1 heure 40 minutes", "2 heures"]),
        ("de", ["weniger als 1 Minute", "1 Minute", "7 Minuten", "90 Minuten", "1 Stunde 40 Minuten", "2 Stunden"]),
        ("de_AT", ["weniger als 1 Minute", "1 Minute", "7 Minuten", "90 Minuten", "1 Stunde 40 Minuten", "2 Stunden"]),
        ("pt-BR", ["1 minuto", "1 minuto", "7 minutos", "90 minutos", "1 hora 40 minutos", "2 horas"]),
        ("ja", ["1 分", "1 分", "7 分", "90 分", "1 時間 40 分", "2 時間"]),
        ("tlh", ["less than a minute", "1 minute", "7 minutes", "90 minutes", "1 hour 40 minutes", "2 hours"]),
    ],
)
def test_a_duration_is_told_in_the_language_of_the_reader(locale, told):
    assert [duration_words(seconds, locale) for seconds in (10, 60, 420, 5400, 5401, 7200)] == told


@pytest.mark.parametrize(
    ("low", "high", "locale", "told"),
    [
        (300, 540, "en", "5 to 9 minutes"),
        (300, 540, "es", "5 a 9 minutos"),
        (300, 540, "fr", "5 à 9 minutes"),
        (300, 540, "de", "5 bis 9 Minuten"),
        (300, 540, "pt-BR", "5-9 minutos"),
        (300, 540, "sw", "dakika 5-9"),
        (410, 420, "en", "7 minutes"),
        (5, 50, "en", "less than a minute"),
        (5, 290, "en", "less than 5 minutes"),
        (5, 290, "pt-BR", "1-5 minutos"),
        (60, 120, "ar", "دقيقة-دقيقتان"),
        (3000, 7200, "en", "50 minutes to 2 hours"),
        (7200, 10800, "en", "2 to 3 hours"),
        (6000, 10800, "en", "1 hour 40 minutes to 3 hours"),
        (540, 300, "en", "9 minutes"),
    ],
)
def test_a_range_names_its_unit_once(low, high, locale, told):
    assert range_words(low, high, locale) == told


@pytest.mark.parametrize(
    ("locale", "today", "tomorrow"),
    [
        ("en", "3:15 PM EST", "Tue, Nov 24, 3:15 PM EST"),
        ("en-GB", "15:15 EST", "Tue 24 Nov, 15:15 EST"),
        ("es", "15:15 EST", "mar, 24 nov, 15:15 EST"),
        ("fr", "15:15 EST", "mar. 24 nov., 15:15 EST"),
        ("de", "15:15 EST", "Di., 24. Nov., 15:15 EST"),
        ("no language at all", "3:15 PM EST", "Tue, Nov 24, 3:15 PM EST"),
    ],
)
def test_a_moment_has_its_day_only_when_that_is_not_today(locale, today, tomorrow):
    assert moment_words(QUARTER_PAST_THREE, NEW_YORK, locale, EARLIER_THAT_DAY) == today
    assert moment_words(QUARTER_PAST_THREE, NEW_YORK, locale, THE_DAY_BEFORE) == tomorrow


def test_today_is_the_day_in_the_zone_of_the_reader():
    late = from_datetime(datetime(2026, 11, 25, 1, 0, tzinfo=UTC))
    assert moment_words(late, NEW_YORK, "en", QUARTER_PAST_THREE) == "8:00 PM EST"
    assert moment_words(late, UTC, "en", QUARTER_PAST_THREE) == "Wed, Nov 25, 1:00 AM UTC"


@pytest.mark.parametrize(
    ("zone", "locale", "told"),
    [
        (UTC, "de", "20:15 UTC"),
        (ZoneInfo("Etc/UTC"), "fr", "20:15 UTC"),
        (timezone(timedelta(hours=-5)), "de", "15:15 UTC-5"),
        (timezone(timedelta(hours=5, minutes=30)), "es", "1:45 UTC+5:30"),
        (ZoneInfo("America/Sao_Paulo"), "pt-BR", "17:15 UTC-3"),
        (ZoneInfo("Europe/Berlin"), "de", "21:15 MEZ"),
        (ZoneInfo("Europe/Berlin"), "en", "9:15 PM CET"),
        (ZoneInfo("Europe/Dublin"), "en-IE", "20:15 GMT"),
    ],
)
def test_the_zone_is_always_said(zone, locale, told):
    assert moment_words(QUARTER_PAST_THREE, zone, locale, QUARTER_PAST_THREE) == told


def test_summer_time_is_said_as_such():
    july = from_datetime(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
    assert moment_words(july, NEW_YORK, "en", july) == "8:00 AM EDT"
    assert moment_words(july, ZoneInfo("Europe/Berlin"), "de", july) == "14:00 MESZ"
    assert moment_words(july, ZoneInfo("Europe/Dublin"), "en", july) == "1:00 PM IST"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_spaces_are_ordinary_ones(locale):
    texts = [
        duration_words(6000, locale),
        range_words(300, 540, locale),
        moment_words(QUARTER_PAST_THREE, NEW_YORK, locale, EARLIER_THAT_DAY),
        moment_words(QUARTER_PAST_THREE, NEW_YORK, locale, THE_DAY_BEFORE),
    ]
    assert {character for text in texts for character in text if character.isspace()} <= {" "}


@pytest.mark.parametrize(("locale", "outside"), [("en", set()), ("es", {"á"}), ("fr", {"û"}), ("de", set())])
def test_only_a_saturday_in_spanish_and_an_august_in_french_leave_gsm_7(locale, outside):
    days = [Instant(QUARTER_PAST_THREE + day * DAY) for day in range(1, 366)]
    letters = {letter for day in days for letter in moment_words(day, NEW_YORK, locale, QUARTER_PAST_THREE)}
    assert {letter for letter in letters if not letter.isascii()} - set("éèùìòàäöüñ") == outside


@pytest.mark.parametrize(
    ("requested", "served"),
    [
        ("es", "es"),
        ("es-MX", "es"),
        ("ES_mx", "es"),
        ("en-GB", "en-GB"),
        ("en_gb-oxendict", "en-GB"),
        ("en-US", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh-Hant-TW", "zh_Hant"),
        ("ja", "fallback"),
        (None, "fallback"),
        ("", "fallback"),
        ("   ", "fallback"),
        ("es;q=0.9,en", "fallback"),
        ("es-" + "x" * 500, "fallback"),
        ("e", "fallback"),
        ("../../etc/passwd", "fallback"),
        ("es\x00", "fallback"),
    ],
)
def test_a_reader_is_served_in_the_nearest_language(requested, served):
    assert resolve_locale(requested, ["en", "en-GB", "es", "pt-BR", "zh_Hant"], "fallback") == served


@given(st.text(max_size=50), st.lists(st.text(max_size=12)))
def test_looking_up_a_language_never_raises(requested, available):
    assert resolve_locale(requested, available, "default") in {*available, "default"}


@pytest.mark.parametrize(
    ("tag", "nearest"),
    [("EN_gb", "en-GB"), ("en-XX", "en"), ("de-AT-1996", "de-AT"), ("xx", "en"), ("root", "en"), ("", "en")],
)
def test_an_unknown_variant_becomes_the_nearest_known_one(tag, nearest):
    assert nearest_locale(tag) == nearest


@given(st.text(max_size=40))
def test_no_locale_is_too_odd_to_have_a_nearest_one(tag):
    assert nearest_locale(tag)


@given(st.from_regex(r"(en|es|fr|de)([-_][A-Za-z0-9]{1,8}){0,3}", fullmatch=True))
def test_no_variant_is_too_odd_to_write_in(locale):
    assert duration_words(420, locale)
    assert "EST" in moment_words(QUARTER_PAST_THREE, NEW_YORK, locale, Instant(QUARTER_PAST_THREE - MINUTE))
