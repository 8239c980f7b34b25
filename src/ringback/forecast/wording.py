"""Durations and moments in the words of people, in any language that Babel (CLDR) knows.

The words go into web pages and text messages alike, so no-break and thin spaces become ordinary ones: in an SMS a
single character outside the GSM-7 alphabet halves what fits. Letters are left as each language spells them.

What is formatted once is remembered (a bounded number of texts), since the same few durations are told again and again.

Pass a locale whose language was chosen by :func:`resolve_locale`, not one a caller made up: Babel 2.18 shares data
between the locales it has read, and writing in a rare one can spoil the day and month names of others.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from math import ceil

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_datetime_format
from babel.units import format_unit

from ringback.kernel.clock import MINUTE, SECOND, Instant

_REMEMBERED = 4096
_LONGEST_TAG = 35  # what RFC 5646 (4.4.1) asks programs to have room for
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")
_MINUTES_UNTIL_HOURS = 90
_ORDINARY_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f", " "))


@dataclass(frozen=True, slots=True)
class _Phrases:
    """What CLDR does not offer: a duration that is only bounded, and a range without an en dash."""

    less_than_a_minute: str
    less_than: str
    range: str


# German says "1 Minute" in digits: "einer" or "eine" would depend on the sentence around it.
_PHRASES = {
    "en": _Phrases("less than a minute", "less than {high}", "{low} to {high}"),
    "es": _Phrases("menos de un minuto", "menos de {high}", "{low} a {high}"),
    "fr": _Phrases("moins d'une minute", "moins de {high}", "{low} à {high}"),
    "de": _Phrases("weniger als 1 Minute", "weniger als {high}", "{low} bis {high}"),
}
_PLAIN_RANGE = "{low}-{high}"

# The tz database abbreviates in English. CLDR has names of its own, but its "standard" and "daylight" disagree with the
# tz database where winter is the exception (Dublin), so only what is certain is translated.
_ABBREVIATIONS = {"de": {"CET": "MEZ", "CEST": "MESZ"}}


def rounded_minutes(seconds: float) -> int:
    """The whole minutes to tell for a wait of ``seconds``; 0 means "less than a minute".

    Steps of 1 up to 10 minutes, of 5 up to 30, of 10 above, always rounded up: being early matters less than being
    late (callbacks.md, ECBT).
    """
    if seconds < 60:
        return 0
    minutes = ceil(seconds / 60)
    step = 1 if minutes <= 10 else 5 if minutes <= 30 else 10
    return ceil(minutes / step) * step


def duration_words(seconds: float, locale: str) -> str:
    """A wait as a customer would say it: "less than a minute", "7 minutes", "1 hour 40 minutes".

    Rounded by :func:`rounded_minutes`. Up to 90 minutes are told in minutes, more in hours and minutes. In a language
    without a phrase of ours for "less than a minute" it is "1 minute", which still promises nothing too early.
    """
    return _duration(rounded_minutes(seconds), locale)


def range_words(low: float, high: float, locale: str) -> str:
    """A range of waits, both ends in seconds: "5 to 9 minutes".

    Ends that round to the same are told once. A range that begins under a minute is told by its end alone ("less than
    5 minutes"), and an end before its beginning counts as the beginning.
    """
    return _range(rounded_minutes(low), rounded_minutes(max(low, high)), locale)


def moment_words(instant: Instant, zone: tzinfo, locale: str, now: Instant) -> str:
    """A moment in ``zone``: "3:15 PM EST" on the local day of ``now``, otherwise "Tue, Nov 24, 3:15 PM EST".

    The zone is always said, because the reader may not be in it: as its usual abbreviation, or as its distance from
    UTC ("UTC+5:30") where it has none. The year is not said: callbacks are days away, not years.
    """
    minute = instant // MINUTE
    if _local_day(instant, zone) == _local_day(now, zone):
        return _time_of_day(minute, zone, locale)
    return _day_and_time(minute, zone, locale)


def resolve_locale(requested: str | None, available: Collection[str], default: str) -> str:
    """The one of ``available`` that serves a reader of ``requested`` best, or ``default``.

    The BCP 47 look-up (RFC 4647, 3.4): "es-MX" is served by "es"; upper case and underscores make no difference. Where
    that finds nothing, a regional variant of the same language is better than another language ("pt" is served by
    "pt-BR"). Anything that is no language tag gets ``default``; nothing is raised.
    """
    tag = normal_tag(requested)
    if tag is None:
        return default
    offered = {name.replace("_", "-").lower(): name for name in available}
    wanted = tag
    while wanted:
        if wanted in offered:
            return offered[wanted]
        wanted = wanted.rpartition("-")[0]
    language = primary_language(tag)
    return min((name for name in offered.values() if primary_language(name) == language), default=default)


def nearest_locale(tag: str) -> str:
    """The locale, of those that Babel knows, nearest to a language tag: "en-GB" for "EN_gb", "en" for "en-XX".

    English for what is no tag or a language unknown to Babel.
    """
    return str(_known_locale(tag)).replace("_", "-")


def normal_tag(tag: str | None) -> str | None:
    """The language tag in lower case with hyphens, or None when it is not shaped like one."""
    if not tag or len(tag) > _LONGEST_TAG:
        return None
    normal = tag.strip().replace("_", "-").lower()
    return normal if _TAG.fullmatch(normal) else None


def primary_language(tag: str) -> str:
    """The language of a tag without script and region: "pt" of "pt-BR"."""
    return tag.replace("_", "-").partition("-")[0].lower()


@lru_cache(maxsize=_REMEMBERED)
def _duration(minutes: int, locale: str) -> str:
    if minutes == 0:
        phrases = _phrases(locale)
        return phrases.less_than_a_minute if phrases else _unit(1, "minute", locale)
    return " ".join(_unit(amount, unit, locale) for amount, unit in _amounts(minutes))


@lru_cache(maxsize=_REMEMBERED)
def _range(low: int, high: int, locale: str) -> str:
    if low == high:
        return _duration(high, locale)
    phrases = _phrases(locale)
    if low == 0 and phrases:
        return phrases.less_than.format(high=_duration(high, locale))
    pattern = phrases.range if phrases else _PLAIN_RANGE
    return _one_unit_range(max(low, 1), high, locale, pattern) or pattern.format(
        low=_duration(low, locale), high=_duration(high, locale)
    )


def _one_unit_range(low: int, high: int, locale: str, pattern: str) -> str | None:
    """Rather "5 to 9 minutes" than "5 minutes to 9 minutes", where both ends are plain numbers of the same unit."""
    lows, highs = _amounts(low), _amounts(high)
    if len(lows) > 1 or len(highs) > 1 or lows[0][1] != highs[0][1]:
        return None
    first, last = str(lows[0][0]), str(highs[0][0])
    words = _duration(high, locale)
    if last not in words:  # some languages have a word of its own for "two minutes"
        return None
    return words.replace(last, pattern.format(low=first, high=last), 1)


def _amounts(minutes: int) -> list[tuple[int, str]]:
    """The amounts, largest unit first, in which so many minutes are told."""
    if minutes <= _MINUTES_UNTIL_HOURS:
        return [(minutes, "minute")]
    hours, rest = divmod(minutes, 60)
    return [(hours, "hour"), (rest, "minute")] if rest else [(hours, "hour")]


def _unit(amount: int, unit: str, locale: str) -> str:
    known = _known_locale(locale)
    for length in ("long", "short", "narrow"):
        words = format_unit(amount, f"duration-{unit}", length, locale=known)
        if "duration-" not in words:  # what Babel answers where CLDR says "as in the next shorter form"
            return words.translate(_ORDINARY_SPACES)
    return _unit(amount, unit, "en")


def _local_day(instant: Instant, zone: tzinfo) -> tuple[int, int, int]:
    moment = datetime.fromtimestamp(instant // SECOND, zone)
    return moment.year, moment.month, moment.day


@lru_cache(maxsize=_REMEMBERED)
def _time_of_day(minute: int, zone: tzinfo, locale: str) -> str:
    moment = datetime.fromtimestamp(minute * 60, zone)
    words = format_time(moment, "short", tzinfo=zone, locale=_known_locale(locale))
    return f"{words} {_zone_words(moment, locale)}".translate(_ORDINARY_SPACES)


@lru_cache(maxsize=_REMEMBERED)
def _day_and_time(minute: int, zone: tzinfo, locale: str) -> str:
    known = _known_locale(locale)
    day = format_skeleton("MMMEd", datetime.fromtimestamp(minute * 60, zone), tzinfo=zone, locale=known)
    both = str(get_datetime_format("medium", locale=known)).replace("'", "")
    return both.format(_time_of_day(minute, zone, locale), day).translate(_ORDINARY_SPACES)


def _zone_words(moment: datetime, locale: str) -> str:
    name, offset = moment.tzname() or "", moment.utcoffset() or timedelta()
    if name.isalpha():
        return _ABBREVIATIONS.get(primary_language(locale), {}).get(name, name)
    minutes = round(offset.total_seconds() / 60)
    if minutes == 0:
        return str(UTC)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")


def _phrases(locale: str) -> _Phrases | None:
    return _PHRASES.get(_known_locale(locale).language)


@lru_cache(maxsize=_REMEMBERED)
def _known_locale(tag: str) -> Locale:
    """Babel's locale for a language tag; the nearest it knows, and at last English."""
    wanted = normal_tag(tag)
    while wanted:
        try:
            return Locale.parse(wanted, sep="-")
        except (UnknownLocaleError, ValueError):
            wanted = wanted.rpartition("-")[0]
    return Locale("en")
