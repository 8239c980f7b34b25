"""The small words that join facts into a text, per language: "1 for billing", "at about 3:15 PM"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from ringback.forecast.wording import moment_words, primary_language
from ringback.kernel.clock import MINUTE, Instant
from ringback.kernel.localtime import local_date
from ringback.messaging.engine.model import PendingCallback
from ringback.messaging.times import time_words, zone_words
from ringback.texts import plain


@dataclass(frozen=True, slots=True)
class _Phrases:
    choice: str
    more: str
    about: str
    """A time today that is estimated."""
    at: str
    """A time today that is booked."""
    on: str
    """Another day, with its time."""
    now: str


_PHRASES: Mapping[str, _Phrases] = {
    "en": _Phrases("{number} for {name}", "MORE", "at about {time}", "at {time}", "on {time}", "any moment now"),
    "es": _Phrases("{number} para {name}", "OTRAS", "sobre las {time}", "a las {time}", "el {time}", "ahora mismo"),
    "fr": _Phrases("{number} pour {name}", "PLUS", "vers {time}", "à {time}", "le {time}", "tout de suite"),
    "de": _Phrases("{number} für {name}", "MEHR", "gegen {time} Uhr", "um {time} Uhr", "am {time}", "jeden Moment"),
}
_NEUTRAL = _Phrases("{number} = {name}", "MORE", "~{time}", "{time}", "{time}", "...")


def more_word(locale: str) -> str:
    """What a customer texts to see more of a list."""
    return _of(locale).more


def choices(names: Sequence[str], locale: str, *, first: int = 1) -> str:
    """A numbered list: "1 for billing, 2 for service"; parted by semicolons where a name has a comma."""
    phrase = _of(locale).choice
    divider = "; " if any("," in name for name in names) else ", "
    return divider.join(phrase.format(number=number, name=name) for number, name in enumerate(names, start=first))


def when(callback: PendingCallback, zone: tzinfo, locale: str, now: Instant, *, names_zone: bool) -> str:
    """When a callback comes: "at about 3:15 PM", "on Tue, Nov 24, 9:00 AM"; with the zone where it must be named."""
    phrases = _of(locale)
    at = callback.appointment_at or callback.estimated_for
    if not callback.cancelable or (callback.appointment_at is None and at < now + MINUTE):
        return phrases.now
    zone_named = f" {zone_words(at, zone, locale)}" if names_zone else ""
    if local_date(at, zone) == local_date(now, zone):
        phrase = phrases.about if callback.appointment_at is None else phrases.at
        return phrase.format(time=time_words(at, zone, locale)) + zone_named
    return phrases.on.format(time=moment(at, zone, locale, now, names_zone=names_zone))


def moment(at: Instant, zone: tzinfo, locale: str, now: Instant, *, names_zone: bool) -> str:
    """A moment: "Tue, Nov 24, 9:00 AM", with its zone where it must be named."""
    words = plain(moment_words(at, zone, locale, now))
    return words if names_zone else words.removesuffix(f" {zone_words(at, zone, locale)}")


def _of(locale: str) -> _Phrases:
    return _PHRASES.get(primary_language(locale), _NEUTRAL)
