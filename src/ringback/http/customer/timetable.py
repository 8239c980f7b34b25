"""The free times as a customer picks them: a day first, then a time of that day, in the reader's zone."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from ringback.http.customer.reader import Reader
from ringback.kernel.clock import Instant, to_datetime, to_unix
from ringback.kernel.localtime import local_date, start_of_day

_PARTS = ("night", "morning", "afternoon", "evening")
"""Of six hours each, from midnight."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to pick: the value that is sent, the words that are shown."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Timetable:
    """The days with free times, and the times of one of them by part of the day."""

    days: Sequence[Choice]
    day: str
    """The day whose times are shown."""
    parts: Sequence[tuple[str, Sequence[Choice]]]
    """The key of each part's name, and its times."""
    zone: str
    """What the zone is called in these times: "EST"."""


def timetable(free: Sequence[Instant], reader: Reader, *, day: str = "", time: str = "") -> Timetable | None:
    """The times to pick from, as if ``day`` and ``time`` (Unix seconds) had been picked; None when nothing is free.

    Both may be any text: what is not on offer is passed over.
    """
    days = dict(_by_day(free, reader))
    if not days:
        return None
    shown = next((d for d in days if d.isoformat() == day), None) or _day_of(time, days) or next(iter(days))
    return Timetable(
        days=[Choice(d.isoformat(), reader.day(d), d == shown) for d in days],
        day=shown.isoformat(),
        parts=[
            (
                _PARTS[part],
                [Choice(str(to_unix(start)), reader.time(start), str(to_unix(start)) == time) for start in starts],
            )
            for part, starts in groupby(days[shown], lambda start: to_datetime(start, reader.zone).hour // 6)
        ],
        zone=_zone_words(days[shown][0], reader),
    )


def _by_day(free: Sequence[Instant], reader: Reader) -> Iterator[tuple[date, Sequence[Instant]]]:
    first = 0
    while first < len(free):
        day = local_date(free[first], reader.zone)
        midnight = start_of_day(day + timedelta(days=1), reader.zone)
        following = max(first + 1, bisect_left(free, midnight, first))
        yield day, free[first:following]
        first = following


def _day_of(time: str, days: dict[date, Sequence[Instant]]) -> date | None:
    return next((day for day, starts in days.items() if any(str(to_unix(start)) == time for start in starts)), None)


def _zone_words(start: Instant, reader: Reader) -> str:
    """The last word of a time of day is its zone."""
    name = reader.zone_name.rpartition("/")[2].replace("_", " ")
    words = reader.time(start).rpartition(" ")[2]
    return f"{words} ({name})" if "/" in reader.zone_name else words
