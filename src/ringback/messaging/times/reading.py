"""Reading a time out of what a customer types, against the timeslots on offer.

Only what can mean exactly one timeslot is one: everything else is no answer, and the customer is asked again. So a text
can never book a time that is not on offer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import lru_cache
from itertools import chain

from babel import Locale

from ringback.forecast.wording import nearest_locale
from ringback.kernel.clock import Instant
from ringback.kernel.localtime import local_date, local_to_instant
from ringback.messaging.times.clock import TimeOfDay, times_in
from ringback.messaging.times.days import by_day, day_words, time_words
from ringback.messaging.times.spellings import essence, spelled_days
from ringback.messaging.words import fold, vocabulary


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a customer reads and writes times: their zone, the locale they are told in, the languages they may use."""

    zone: tzinfo
    locale: str
    languages: tuple[str, ...]

    @property
    def twelve_hours(self) -> bool:
        """Whether clocks count to twelve there."""
        return _twelve_hours(self.locale)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says about times: the one timeslot it means; else the one day, or the one moment, not on offer."""

    slot: Instant | None = None
    day: date | None = None
    near: Instant | None = None
    """The moment asked for that is not on offer."""
    since: Instant | None = None
    """From when on to look, where a part of the day was named."""


FreeDays = Mapping[date, Sequence[Instant]]
"""The timeslots on offer by their day."""

NOTHING = Reading()
"""It says nothing that is clear."""


def read(text: str, slots: Sequence[Instant], tongue: Tongue, now: Instant, *, day: date | None = None) -> Reading:
    """What ``text`` says against the timeslots on offer, ascending. ``day``: the one that is spoken of already."""
    said = fold(text)
    free = by_day(slots, tongue.zone)
    shown = _as_shown(said, free, tongue, now, day)
    if shown != NOTHING:
        return shown
    spoken_of = frozenset() if day is None else frozenset({day})
    meanings = [(days or spoken_of, time) for days, time in _meanings(said, tongue, now)]
    for by_the_letter in (True, False):
        meant = {
            slot
            for days, time in meanings
            for minute in time.minutes(by_the_letter=by_the_letter)
            for each in (days or free)
            if (slot := local_to_instant(each, minute, tongue.zone)) in free.get(each, ())
        }
        if meant:
            return Reading(slot=meant.pop()) if len(meant) == 1 else _narrowed(meant, tongue)
    return _not_offered(meanings, tongue)


def speaks_of_time(text: str, tongue: Tongue, now: Instant) -> bool:
    """Whether ``text`` is about a day or a time at all, and says more than a bare number."""
    said = fold(text)
    if said.isdigit():
        return False
    return any(days or time.names_a_time for days, time in _meanings(said, tongue, now))


def _as_shown(said: str, free: FreeDays, tongue: Tongue, now: Instant, day: date | None) -> Reading:
    """What a list has shown, typed back."""
    today = local_date(now, tongue.zone)
    for offered, slots in free.items():
        shown = fold(day_words(offered, tongue.locale, today))
        if said == shown:
            return Reading(day=offered)
        if offered == day or said.startswith(f"{shown} "):
            times = [
                slot for slot in slots if said in _typed_back(fold(time_words(slot, tongue.zone, tongue.locale)), shown)
            ]
            if len(times) == 1:
                return Reading(slot=times[0])
    return NOTHING


def _typed_back(time: str, day: str) -> tuple[str, str]:
    return time, f"{day} {time}"


def _meanings(said: str, tongue: Tongue, now: Instant) -> Iterator[tuple[frozenset[date], TimeOfDay]]:
    """Every way to read the whole text as a day, a time, or both; no days are any day."""
    spelled = spelled_days(local_date(now, tongue.zone), tongue.locale, tongue.languages)
    numbers = {word: number for word, number in vocabulary(tongue.languages).numbers.items() if number <= 12}
    for time in times_in(said, numbers, twelve_hours=tongue.twelve_hours):
        around = essence(_without_ordinals(time.around))
        if around in spelled:
            yield spelled[around], time
        elif not around and (time.names_a_time or time.since):
            yield frozenset(), time


def _without_ordinals(said: str) -> str:
    """The text with "24th" as "24"."""
    return " ".join(
        word[:-2] if word[:-2].isdigit() and word[-2:] in {"st", "nd", "rd", "th", "er"} else word
        for word in said.split(" ")
    )


def _narrowed(slots: Iterable[Instant], tongue: Tongue) -> Reading:
    """Several timeslots: if all are on one day, that day is clear at least."""
    days = {local_date(slot, tongue.zone) for slot in slots}
    return Reading(day=days.pop()) if len(days) == 1 else NOTHING


def _not_offered(meanings: Sequence[tuple[frozenset[date], TimeOfDay]], tongue: Tongue) -> Reading:
    """What is clear about a time that is not on offer: its day, and perhaps the moment."""
    days = set(chain.from_iterable(days for days, _ in meanings))
    if len(days) != 1:
        return NOTHING
    (wanted,) = days
    if minutes := {minute for _, time in meanings for minute in time.minutes(by_the_letter=True)}:
        return Reading(day=wanted, near=local_to_instant(wanted, max(minutes), tongue.zone))
    since = max(time.since for _, time in meanings)
    return Reading(day=wanted, since=local_to_instant(wanted, since, tongue.zone) if since else None)


@lru_cache(maxsize=64)
def _twelve_hours(locale: str) -> bool:
    return "a" in str(Locale.parse(nearest_locale(locale), sep="-").time_formats["short"].pattern)
