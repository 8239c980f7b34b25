"""Days and times as customers type them, against the timeslots on offer."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.texting import MONDAY, NEW_YORK, NOW, at, quarter_hours, working_week

from ringback.kernel.clock import DAY, HOUR, MINUTE, Instant, to_datetime
from ringback.kernel.localtime import local_date, local_to_instant
from ringback.messaging.times import (
    NOTHING,
    CustomerZone,
    Tongue,
    by_day,
    customer_zone,
    day_words,
    read,
    speaks_of_time,
    time_words,
)
from ringback.messaging.times import zone_words as words_of_zone

LOCALES = ("en", "en-GB", "es", "es-US", "fr", "de", "pt-BR")
WEEK = working_week()
NIGHT_AND_DAY = tuple(slot for day in range(7) for slot in quarter_hours(day, 0, 24))


def tongue(locale="en", zone=NEW_YORK):
    return Tongue(zone, locale, tuple(dict.fromkeys((locale, "en", "es", "fr", "de"))))


@pytest.mark.parametrize(
    ("text", "locale", "day", "hour", "minute"),
    [
        ("tomorrow 3pm", "en", 1, 15, 0),
        ("Tomorrow at 3 PM please", "en", 1, 15, 0),
        ("tomorrow at 3", "en", 1, 15, 0),  # 3 AM is not on offer
        ("Fri 15:30", "en", 4, 15, 30),
        ("friday 3.30 p.m.", "en", 4, 15, 30),
        ("Thursday at half past three", "en", 3, 15, 30),
        ("quarter to 4 on Thursday", "en", 3, 15, 45),
        ("tomorrow noon", "en", 1, 12, 0),
        ("noon on friday", "en", 4, 12, 0),
        ("9 in the morning tomorrow", "en", 1, 9, 0),
        ("wednesday morning at nine", "en", 2, 9, 0),
        ("Nov 25, 2:15 PM", "en", 2, 14, 15),
        ("November 25th at 2 p.m.", "en", 2, 14, 0),
        ("11/25 14:15", "en", 2, 14, 15),
        ("2026-11-25 14:15", "en", 2, 14, 15),
        ("0915 wed", "en", 2, 9, 15),
        ("today 3:45", "en", 0, 15, 45),
        ("demain 15h", "fr", 1, 15, 0),
        ("demain à 15h30", "fr", 1, 15, 30),
        ("demain à 3 heures et demie de l'après-midi", "fr", 1, 15, 30),
        ("vendredi midi", "fr", 4, 12, 0),
        ("mer. 25 nov. 9:15", "fr", 2, 9, 15),
        ("mañana a las 3", "es", 1, 15, 0),
        ("manana a las tres y media", "es", 1, 15, 30),
        ("mañana a las 9 de la mañana", "es", 1, 9, 0),
        ("miércoles 25 de noviembre a las 3 de la tarde", "es", 2, 15, 0),
        ("pasado mañana a mediodía", "es", 2, 12, 0),
        ("morgen um 15 Uhr", "de", 1, 15, 0),
        ("morgen 15 Uhr 30", "de", 1, 15, 30),
        ("Freitag halb vier", "de", 4, 15, 30),
        ("übermorgen um drei", "de", 2, 15, 0),
        ("am 25.11. um 14:15", "de", 2, 14, 15),
        ("Mi 14.15 Uhr", "de", 2, 14, 15),
    ],
)
def test_what_can_mean_one_time_only_is_that_time(text, locale, day, hour, minute):
    assert read(text, WEEK, tongue(locale), NOW).slot == at(day, hour, minute)


@pytest.mark.parametrize(
    "text",
    ["3pm", "noon", "next friday 3pm", "soon", "", "🎉", "tomorrow or friday at 3", "nov", "25", "call me", "3", "at 3", "13", "25:99"],
)  # fmt: skip
def test_what_is_not_clear_is_no_answer(text):
    assert read(text, WEEK, tongue(), NOW) == NOTHING


def test_a_time_alone_is_clear_where_one_day_is_on_offer_or_spoken_of():
    assert read("3pm", by_day(WEEK, NEW_YORK)[MONDAY + timedelta(days=1)], tongue(), NOW).slot == at(1, 15)
    assert read("3pm", WEEK, tongue(), NOW, day=MONDAY + timedelta(days=2)).slot == at(2, 15)
    assert read("friday 3pm", WEEK, tongue(), NOW, day=MONDAY + timedelta(days=2)).slot == at(4, 15)


def test_both_halves_of_the_day_on_offer_are_not_clear():
    assert read("tomorrow at 3", NIGHT_AND_DAY, tongue(), NOW).slot is None
    assert read("tomorrow at 3", NIGHT_AND_DAY, tongue(), NOW).day == MONDAY + timedelta(days=1)
    assert read("tomorrow 3:30", NIGHT_AND_DAY, tongue("en"), NOW).slot is None
    assert read("morgen 3:30", NIGHT_AND_DAY, tongue("de"), NOW).slot == at(1, 3, 30)  # clocks count to 24 there
    assert read("tomorrow 03:30", NIGHT_AND_DAY, tongue("en"), NOW).slot == at(1, 3, 30)


def test_todays_own_name_may_mean_next_week():
    in_a_week = at(7, 15)
    slots = (at(0, 16), *quarter_hours(1, 9, 17), in_a_week)
    assert read("Monday 3pm", slots, tongue(), NOW).slot == in_a_week
    assert read("Monday 3pm", (at(0, 15, 30), at(0, 23), in_a_week), tongue(), NOW).slot == in_a_week
    both = (at(0, 16), at(7, 16))
    assert read("Monday 4pm", both, tongue(), NOW).slot is None
    assert read("today 4pm", both, tongue(), NOW).slot == at(0, 16)


def test_a_day_alone_is_that_day():
    for text in ("tomorrow", "Tue", "tuesday", "nov 24", "24 Nov", "11/24", "mañana", "demain", "Dienstag"):
        assert read(text, WEEK, tongue(), NOW).day == MONDAY + timedelta(days=1), text
        assert read(text, WEEK, tongue(), NOW).slot is None


@pytest.mark.parametrize("text", ["", "ok", "the", "please", "in the", "a"])
def test_words_that_say_nothing_say_nothing_of_the_day_that_is_spoken_of(text):
    assert read(text, WEEK, tongue(), NOW, day=MONDAY + timedelta(days=1)) == NOTHING


def test_a_part_of_a_day_is_where_to_look():
    reading = read("tomorrow afternoon", WEEK, tongue(), NOW)
    assert (reading.day, reading.since, reading.near) == (MONDAY + timedelta(days=1), at(1, 12), None)
    assert read("heute Abend", WEEK, tongue("de"), NOW).since == at(0, 17)


def test_a_time_that_is_not_on_offer_is_told_apart_from_nonsense():
    reading = read("tomorrow at 8 pm", WEEK, tongue(), NOW)
    assert (reading.slot, reading.day, reading.near) == (None, MONDAY + timedelta(days=1), at(1, 20))
    assert read("december 24", WEEK, tongue(), NOW).day == date(2026, 12, 24)


@pytest.mark.parametrize("text", ["tomorrow", "3pm", "friday at noon", "15:30", "demain", "25.11.", "at three pm"])
def test_speaking_of_time(text):
    assert speaks_of_time(text, tongue(), NOW)


@pytest.mark.parametrize("text", ["1", "2", "billing", "yes", "asap", "", "hello there", "what time is it"])
def test_not_speaking_of_time(text):
    assert not speaks_of_time(text, tongue(), NOW)


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_lists_show_can_be_typed_back(locale):
    """Every day, every time of it, and both together, of a week of nights and days."""
    speech, today = tongue(locale), local_date(NOW, NEW_YORK)
    for day, slots in by_day(NIGHT_AND_DAY, NEW_YORK).items():
        shown = day_words(day, locale, today)
        assert read(shown, NIGHT_AND_DAY, speech, NOW).day == day
        for slot in slots[::7]:
            time = time_words(slot, NEW_YORK, locale)
            assert read(time, NIGHT_AND_DAY, speech, NOW, day=day).slot == slot
            assert read(f"{shown}, {time}", NIGHT_AND_DAY, speech, NOW).slot == slot


@pytest.mark.parametrize("locale", LOCALES)
def test_days_and_times_are_in_the_gsm_alphabet(locale):
    from ringback.texts import Encoding, encoding_of

    for ahead in range(365):
        noon = Instant(NOW + ahead * DAY)
        words = day_words(local_date(noon, NEW_YORK), locale, MONDAY), time_words(noon, NEW_YORK, locale)
        assert encoding_of(" ".join(words)) is Encoding.GSM_7, words


def test_words():
    assert day_words(MONDAY, "en", MONDAY) == "today"
    assert day_words(MONDAY + timedelta(days=1), "es-MX", MONDAY) == "mañana"
    assert day_words(MONDAY + timedelta(days=5), "es", MONDAY) == "sab, 28 nov"
    assert day_words(MONDAY + timedelta(days=2), "en", MONDAY) == "Wed, Nov 25"
    assert day_words(MONDAY - timedelta(days=1), "en", MONDAY) == "Sun, Nov 22"
    assert (time_words(at(0, 15, 15), NEW_YORK, "en"), words_of_zone(at(0, 15, 15), NEW_YORK, "en")) == (
        "3:15 PM",
        "EST",
    )
    assert time_words(at(0, 15, 15), NEW_YORK, "de") == "15:15"
    assert words_of_zone(at(0, 15), ZoneInfo("Asia/Kathmandu"), "en") == "UTC+5:45"


@pytest.mark.parametrize(
    ("number", "zone", "is_theirs"),
    [
        ("+12015550123", "America/New_York", True),
        ("+14155550123", "America/Los_Angeles", True),
        ("+13055550123", "America/New_York", True),
        ("+4915112345678", "Europe/Berlin", True),
        ("+41791234567", "Europe/Zurich", True),
        ("+18005550123", "America/New_York", False),  # toll-free: anywhere
        ("+61412345678", "America/New_York", False),  # an Australian mobile
        ("+15555550123", "America/New_York", False),
        ("nonsense", "America/New_York", False),
        ("", "America/New_York", False),
    ],
)
def test_the_zone_that_a_number_tells(number, zone, is_theirs):
    assert customer_zone(number, NEW_YORK, NOW) == CustomerZone(ZoneInfo(zone), is_theirs)


def test_a_zone_with_the_same_time_is_the_organizations():
    toronto = ZoneInfo("America/Toronto")
    assert customer_zone("+12015550123", toronto, NOW) == CustomerZone(toronto, is_theirs=True)


TYPED = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "today",
                "tomorrow",
                "tue",
                "fri",
                "friday",
                "mañana",
                "demain",
                "morgen",
                "übermorgen",
                "at",
                "a",
                "las",
                "à",
                "um",
                "3",
                "9",
                "12",
                "15",
                "3pm",
                "15:30",
                "15h",
                "15h30",
                "9:15",
                "noon",
                "midi",
                "uhr",
                "am",
                "pm",
                "half",
                "past",
                "halb",
                "y",
                "media",
                "de",
                "la",
                "tarde",
                "nachmittags",
                "nov",
                "25",
                "24",
                "11/25",
                "25.11.",
                "the",
                "on",
                "0",
                "99",
                "24:00",
                "25",
                "12am",
                "du",
                "soir",
                "morning",
                "1530",
                "9999",
            ]
        ),
        max_size=6,
    ).map(" ".join),
)


@given(
    TYPED,
    st.lists(st.integers(0, 31 * 96), max_size=60, unique=True),
    st.sampled_from(LOCALES),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "UTC"]),
    st.integers(0, 366 * 24),
)
def test_nothing_is_ever_picked_that_is_not_on_offer(text, quarters, locale, zone_name, hours):
    zone, now = ZoneInfo(zone_name), Instant(NOW + hours * HOUR)
    slots = [Instant(now // (15 * MINUTE) * 15 * MINUTE + (quarter + 1) * 15 * MINUTE) for quarter in sorted(quarters)]
    reading = read(text, slots, tongue(locale, zone), now)
    assert reading.slot is None or reading.slot in slots
    speaks_of_time(text, tongue(locale, zone), now)
    if reading.slot is not None and any(character.isdigit() for character in text):
        local = to_datetime(reading.slot, zone)
        assert {local.hour % 12, local.minute} & {int(n) % 12 for n in _numbers(text)} or {"noon", "midi"} & set(
            text.split()
        )


def _numbers(text):
    import re

    written = re.findall(r"\d+", text)
    return [
        *written,
        *(n[:-2] for n in written if len(n) > 2),
        *(str(int(n) - 1) for n in written),
        *(n[-2:] for n in written),
    ]


@given(st.integers(0, 365), st.integers(0, 24 * 60 - 1))
def test_a_moment_written_out_is_read_on_days_when_the_clocks_change_too(ahead, minute):
    zone = ZoneInfo("Europe/Berlin")
    day = date(2026, 1, 1) + timedelta(days=ahead)
    now = local_to_instant(day - timedelta(days=2), 0, zone)
    slot = local_to_instant(day, minute, zone)
    shown = to_datetime(slot, zone)
    assert read(f"{day.day}.{day.month}. {shown:%H:%M}", [slot], tongue("de", zone), now).slot == slot
