"""Every way to write a day that is understood. Days are not parsed but spelled, so that no other day can be read."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import get_day_names, get_month_names

from ringback.forecast.wording import nearest_locale, primary_language
from ringback.messaging.times.days import day_words
from ringback.messaging.words import fold

HORIZON = 32
"""Days ahead that can be spelled: booking reaches 30."""

_NEAR_DAYS = {
    "en": (("today", "tonight"), ("tomorrow", "tmrw", "tomorow", "tommorow", "tmr"), ("day after tomorrow",)),
    "es": (("hoy", "esta noche"), ("mañana",), ("pasado mañana", "pasado")),
    "fr": (("aujourd'hui", "ce soir"), ("demain",), ("après-demain",)),
    "de": (("heute", "heute abend"), ("morgen",), ("übermorgen",)),
}

_FILLERS = frozenset(
    {
        *("on", "at", "the", "of", "around", "about", "for", "by", "this", "and", "please", "ok", "from", "then", "in"),
        *("el", "la", "las", "los", "a", "de", "del", "sobre", "para", "por", "este", "y", "favor", "en"),
        *("le", "les", "du", "vers", "pour", "ce", "et", "svp", "d", "l"),
        *("am", "den", "der", "dem", "um", "gegen", "ab", "für", "fur", "und", "bitte", "diesen", "im"),
    }
)
"""Words around days and times that say nothing. "am" before a day is German; after a time it has been read already."""


def essence(words: str) -> str:
    """Folded words without those that say nothing about a day."""
    return " ".join(word for word in words.split(" ") if word not in _FILLERS)


@lru_cache(maxsize=64)
def spelled_days(today: date, locale: str, languages: tuple[str, ...]) -> dict[str, frozenset[date]]:
    """By their :func:`essence`, all ways to write one of the coming days, and which it may mean.

    The name of a weekday means the next such day; today's own name may mean today or a week from today.
    """
    found: dict[str, set[date]] = {}
    for ahead in range(HORIZON):
        day = today + timedelta(days=ahead)
        for spelling in _spellings(day, ahead, today, locale, languages):
            found.setdefault(essence(fold(spelling)), set()).add(day)
    return {spelling: frozenset(days) for spelling, days in found.items() if spelling}


def _spellings(day: date, ahead: int, today: date, locale: str, languages: tuple[str, ...]) -> Iterable[str]:
    yield day_words(day, locale, today)
    yield day.isoformat()
    for language in languages:
        if ahead < len(near := _NEAR_DAYS.get(primary_language(language), ())):
            yield from near[ahead]
        weekdays, months = _weekdays(day.weekday(), language), _months(day.month, language)
        if ahead <= len("weekday"):
            yield from weekdays
        for month in months:
            dates = (f"{month} {day.day}", f"{day.day} {month}")
            yield from dates
            for weekday in weekdays:
                yield from (f"{weekday} {each}" for each in dates)
        for weekday in weekdays:
            yield f"{weekday} {day.day}"
    for divider in "/.":
        month_first = divider == "/" and _month_first(locale)
        numbers = (day.month, day.day) if month_first else (day.day, day.month)
        yield divider.join(str(number) for number in numbers)
        yield divider.join(f"{number:02}" for number in numbers)


@lru_cache(maxsize=256)
def _weekdays(weekday: int, language: str) -> tuple[str, ...]:
    known = _locale(language)
    names = {get_day_names(width, "format", known)[weekday] for width in ("wide", "abbreviated", "short")}
    if primary_language(language) == "en":
        names |= {("mon", "tues", "weds", "thurs", "fri", "sat", "sun")[weekday], ("thur" if weekday == 3 else "")}
    return tuple(sorted(name for name in names if len(name) > 1))


@lru_cache(maxsize=256)
def _months(month: int, language: str) -> tuple[str, ...]:
    known = _locale(language)
    return tuple(
        sorted(
            {
                get_month_names(width, context, known)[month]
                for width in ("wide", "abbreviated")
                for context in ("format", "stand-alone")
            }
        )
    )


@lru_cache(maxsize=64)
def _month_first(locale: str) -> bool:
    pattern = str(_locale(locale).date_formats["short"].pattern)
    return pattern.lower().find("m") < pattern.lower().find("d")


@lru_cache(maxsize=64)
def _locale(tag: str) -> Locale:
    return Locale.parse(nearest_locale(tag), sep="-")
