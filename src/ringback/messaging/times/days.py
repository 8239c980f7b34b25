"""The days that free timeslots fall on, and how days and times are told."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date, timedelta, tzinfo

from babel.dates import format_skeleton

from ringback.forecast.wording import moment_words, nearest_locale, primary_language
from ringback.kernel.clock import Instant
from ringback.kernel.localtime import local_date, start_of_day
from ringback.texts import plain

_NEAR = {
    "en": ("today", "tomorrow"),
    "es": ("hoy", "mañana"),
    "fr": ("aujourd'hui", "demain"),
    "de": ("heute", "morgen"),
}


def by_day(slots: Sequence[Instant], zone: tzinfo) -> Mapping[date, tuple[Instant, ...]]:
    """Ascending ``slots`` by the day in ``zone`` on which they fall."""
    days: dict[date, tuple[Instant, ...]] = {}
    first = 0
    while first < len(slots):
        day = local_date(slots[first], zone)
        midnight = start_of_day(day + timedelta(days=1), zone)
        following = max(first + 1, bisect_left(slots, midnight, first))
        days[day] = tuple(slots[first:following])
        first = following
    return days


def day_words(day: date, locale: str, today: date) -> str:
    """A day as a list shows it: "today", "tomorrow", "Tue, Nov 24". Accents that no GSM alphabet has are left out."""
    near = _NEAR.get(primary_language(locale))
    ahead = (day - today) // timedelta(days=1)
    if near and 0 <= ahead < len(near):
        return near[ahead]
    return plain(format_skeleton("MMMEd", day, locale=nearest_locale(locale).replace("-", "_")))


def time_words(instant: Instant, zone: tzinfo, locale: str) -> str:
    """A time of day as a list shows it, without its zone: "3:15 PM"."""
    return plain(moment_words(instant, zone, locale, instant)).rpartition(" ")[0]


def zone_words(instant: Instant, zone: tzinfo, locale: str) -> str:
    """What the zone is called then: "EST"."""
    return plain(moment_words(instant, zone, locale, instant)).rpartition(" ")[2]
