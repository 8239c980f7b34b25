"""Opening hours as people write them, and reading what they write.

A week in one line is "Mon-Fri 09:00-12:30, 13:30-17:00; Sat 10:00-14:00"; the openings of a day are what stands after
the days. What is written here is read here to the same, opening by opening.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from ringback.hours.model import ALL_DAY, WEEKDAYS, Opening, Week

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ALWAYS, CLOSED = "always open", "closed"

_OPENING = re.compile(
    r"\s*(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?\s*(?:-|–|—|\bto\b|\buntil\b)\s*(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?"
    r"\s*(?:[,;]|\band\b|$)?",
    re.IGNORECASE,
)
_DAYS = re.compile(r"\s*([a-z]+)\.?(?:\s*(?:-|–|—|\bto\b)\s*([a-z]+)\.?)?\s*(?:,|\band\b|:)?", re.IGNORECASE)


def week_words(week: Week) -> str:
    """A week in one line, days that are alike together."""
    days = week.days
    if all(openings == (ALL_DAY,) for openings in days):
        return ALWAYS
    if not any(days):
        return CLOSED
    return "; ".join(
        f"{_range_words(place, length)} {openings_words(openings)}"
        for place, length, openings in _runs(days)
        if openings
    )


def openings_words(openings: Sequence[Opening]) -> str:
    """The openings of a day; "closed" when there is none."""
    return ", ".join(map(str, openings)) or CLOSED


def read_week(text: str) -> Week:
    """The week that :func:`week_words` writes, and what people write like it. Raises ``ValueError``."""
    plain = " ".join(text.split()).strip(" .").lower()
    if plain in {ALWAYS, "always", "24/7", "24x7"}:
        return Week.model_validate("always")
    if plain in {"", CLOSED, "never"}:
        return Week()
    days: dict[str, tuple[Opening, ...]] = {}
    for part in filter(None, (each.strip() for each in re.split(r"[;\n]", text))):
        names, rest = _read_days(part)
        if not rest.strip():
            raise ValueError(f"“{part[:30]}” does not say when: write it like Mon-Fri 09:00-17:00.")
        openings = read_openings(rest)
        for name in names:
            days[name] = days.get(name, ()) + openings
    return Week.model_validate(days)


def read_openings(text: str) -> tuple[Opening, ...]:
    """The openings of a day: "9-12:30, 13:30-17", "9am-5pm", "all day", or nothing. Raises ``ValueError``."""
    plain = " ".join(text.split()).strip(" .").lower()
    if plain in {"", CLOSED, "-", "–"}:
        return ()
    if plain in {"all day", "24 h", "24h", "24 hours", "0-24", "always"}:
        return (ALL_DAY,)
    openings, place = [], 0
    while place < len(text):
        match = _OPENING.match(text, place)
        if match is None:
            wrong = text[place:].strip()[:30]
            raise ValueError(f"“{wrong}” is not an opening: write it like 09:00-17:30, a comma between several.")
        openings.append(_opening(match))
        place = match.end()
    return tuple(openings)


def _opening(match: re.Match[str]) -> Opening:
    hour, minute, half, end_hour, end_minute, end_half = match.groups()
    start = _clock(hour, minute, half)
    end = _clock(end_hour, end_minute, end_half)
    try:
        return Opening.parse(f"{start}-{end}")
    except ValueError:
        raise ValueError(f"“{match[0].strip(' ,;')}” is not an opening: write it like 09:00-17:30.") from None


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    number = int(hour)
    if half and 1 <= number <= 12:
        number = number % 12 + (12 if half.lower() == "pm" else 0)
    elif half:
        number = 99  # no hour of a half day: refused as a time
    return f"{number:02}:{minute or '00'}"


def _read_days(part: str) -> tuple[list[str], str]:
    """The days that a part begins with, and the rest of it."""
    names: list[str] = []
    place = 0
    while match := _DAYS.match(part, place):
        found = _named(match[1], match[2])
        if not found:
            break
        names += found
        place = match.end()
    if not names:
        raise ValueError(f"“{part[:30]}” does not say which days: write it like Mon-Fri 09:00-17:00.")
    return names, part[place:]


def _named(first: str, last: str | None) -> list[str]:
    if first.lower() in {"daily", "everyday"} and last is None:
        return list(WEEKDAYS)
    start, end = _weekday(first), _weekday(last or first)
    if start is None or end is None:
        return []
    return [WEEKDAYS[day % 7] for day in range(start, end + 1 if end >= start else end + 8)]


def _weekday(word: str) -> int | None:
    """Its place, of a name or the beginning of one with two letters at least."""
    word = word.lower()
    found = [place for place, name in enumerate(DAY_NAMES) if len(word) > 1 and name.lower().startswith(word)]
    if word in {"tues", "thur", "thurs", "weds"}:
        return {"tues": 1, "thur": 3, "thurs": 3, "weds": 2}[word]
    return found[0] if len(found) == 1 else None


def _runs(days: Sequence[tuple[Opening, ...]]) -> Iterator[tuple[int, int, tuple[Opening, ...]]]:
    """Days in a row with the same openings: where they begin, how many they are."""
    place = 0
    for openings, group in groupby(days):
        length = len(list(group))
        yield place, length, openings
        place += length


def _range_words(place: int, length: int) -> str:
    first, last = WEEKDAYS[place].title(), WEEKDAYS[place + length - 1].title()
    return first if length == 1 else f"{first}-{last}"
