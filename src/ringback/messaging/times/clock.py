"""Times of day as people type them: "3pm", "15:30", "15h", "15 Uhr", "half past three", "noon"."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_HOURS = 24
_MIDDAY = 12 * 60

_TIME = re.compile(
    r"(?<![\w:.,/])"
    r"(?P<hour>\d{1,2})"
    r"(?:\s?(?P<mark>[:.,]|h|uhr)\s?(?P<minute>\d{2})(?!\d))?"
    r"(?:\s?(?P<unit>h|hrs?|uhr|o clock|oclock|heures?|horas?))?"
    r"(?:\s?(?P<half>am|pm|a m|p m))?"
    r"(?![\w:.,/])"
)
_FOUR_DIGITS = re.compile(
    r"(?<![\w:.,/])(?P<hour>\d{1,2})(?P<minute>[0-5]\d)(?:\s?(?P<half>am|pm|a m|p m))?(?![\w:.,/])"
)

_SPOKEN = (
    (re.compile(r"\bhalf (?:past )?(\d{1,2})\b"), lambda hour: f"{hour}:30"),
    (re.compile(r"\bquarter past (\d{1,2})\b"), lambda hour: f"{hour}:15"),
    (re.compile(r"\bquarter to (\d{1,2})\b"), lambda hour: f"{(hour - 2) % 12 + 1}:45"),
    (re.compile(r"\b(\d{1,2}) y media\b"), lambda hour: f"{hour}:30"),
    (re.compile(r"\b(\d{1,2}) y cuarto\b"), lambda hour: f"{hour}:15"),
    (re.compile(r"\b(\d{1,2})(?: ?h| heures?)? et demie\b"), lambda hour: f"{hour}:30"),
    (re.compile(r"\b(\d{1,2})(?: ?h| heures?)? et quart\b"), lambda hour: f"{hour}:15"),
    (re.compile(r"\bhalb (\d{1,2})\b"), lambda hour: f"{(hour - 2) % 12 + 1}:30"),
    (re.compile(r"\bviertel nach (\d{1,2})\b"), lambda hour: f"{hour}:15"),
    (re.compile(r"\bviertel vor (\d{1,2})\b"), lambda hour: f"{(hour - 2) % 12 + 1}:45"),
)

_NAMED = {
    **dict.fromkeys(("noon", "midday", "mediodia", "medio dia", "midi", "mittag", "mittags"), _MIDDAY),
    **dict.fromkeys(("midnight", "medianoche", "media noche", "minuit", "mitternacht"), 0),
}

_MORNING, _AFTERNOON, _EVENING = (0, _MIDDAY), (_MIDDAY, 21 * 60), (17 * 60, _HOURS * 60)

_PARTS: Mapping[str, tuple[str, tuple[int, int]]] = {
    **dict.fromkeys(("in the morning", "morning"), ("", _MORNING)),
    **dict.fromkeys(("in the afternoon", "afternoon"), ("", _AFTERNOON)),
    **dict.fromkeys(("in the evening", "evening", "at night", "night"), ("", _EVENING)),
    "this morning": ("today", _MORNING),
    "this afternoon": ("today", _AFTERNOON),
    "this evening": ("today", _EVENING),
    "tonight": ("today", _EVENING),
    **dict.fromkeys(("de la manana", "por la manana", "en la manana"), ("", _MORNING)),
    **dict.fromkeys(("de la tarde", "por la tarde", "en la tarde", "tarde"), ("", _AFTERNOON)),
    **dict.fromkeys(("de la noche", "por la noche", "en la noche", "noche"), ("", _EVENING)),
    "esta tarde": ("hoy", _AFTERNOON),
    "esta noche": ("hoy", _EVENING),
    **dict.fromkeys(("du matin", "le matin", "matin"), ("", _MORNING)),
    **dict.fromkeys(("de l apres midi", "l apres midi", "apres midi"), ("", _AFTERNOON)),
    **dict.fromkeys(("du soir", "le soir", "soir"), ("", _EVENING)),
    "ce matin": ("aujourd hui", _MORNING),
    "cet apres midi": ("aujourd hui", _AFTERNOON),
    "ce soir": ("aujourd hui", _EVENING),
    **dict.fromkeys(("morgens", "fruh", "am morgen", "vormittag", "vormittags", "am vormittag"), ("", _MORNING)),
    **dict.fromkeys(("nachmittag", "nachmittags", "am nachmittag"), ("", _AFTERNOON)),
    **dict.fromkeys(("abend", "abends", "am abend"), ("", _EVENING)),
    "heute morgen": ("heute", _MORNING),
    "heute abend": ("heute", _EVENING),
}
"""Parts of the day, each with the words that stay when it is read, and from which to before which minute it lasts."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """One way to read a time: the words around it, and the minutes since midnight that it may mean.

    ``first`` are those it says by the letter; ``second`` those it may mean where none of the first is to be had.
    Without any minute it is the part of the day alone: from ``since`` to before ``until``.
    """

    around: str
    first: tuple[int, ...] = ()
    second: tuple[int, ...] = ()
    since: int = 0
    until: int = _HOURS * 60

    @property
    def names_a_time(self) -> bool:
        """Whether it is more than a part of the day."""
        return bool(self.first or self.second)

    def minutes(self, *, by_the_letter: bool) -> tuple[int, ...]:
        """Those that fall into the part of the day, if one is said."""
        meant = self.first if by_the_letter else (*self.first, *self.second)
        return tuple(minute for minute in meant if self.since <= minute < self.until)


def times_in(said: str, numbers: Mapping[str, int], *, twelve_hours: bool) -> Iterator[TimeOfDay]:
    """Every way to read a time of day out of a folded text.

    ``numbers`` are the words for numbers. Where clocks count to twelve, "3:30" may as well be half past fifteen.
    """
    digits = " ".join(str(numbers.get(word, word)) for word in said.split(" "))
    for spoken, words in _SPOKEN:
        digits = spoken.sub(lambda match, words=words: words(int(match[1])), digits)  # type: ignore[misc]
    for around, since, until in _parts(digits):
        yield TimeOfDay(around, since=since, until=until)
        for name, minute in _NAMED.items():
            if (left := _without(around, name)) is not None:
                yield TimeOfDay(left, (minute,), (), since, until)
        for pattern in (_TIME, _FOUR_DIGITS):
            for match in pattern.finditer(around):
                first, second = _minutes(match, twelve_hours=twelve_hours)
                if first or second:
                    left = f"{around[: match.start()]} {around[match.end() :]}"
                    yield TimeOfDay(" ".join(left.split()), first, second, since, until)


def _parts(said: str) -> Iterator[tuple[str, int, int]]:
    """The text with no part of the day read out of it, and with each that is there."""
    yield said, 0, _HOURS * 60
    for part, (stays, (since, until)) in _PARTS.items():
        left = _without(said, part)
        if left is not None:
            yield f"{left} {stays}".strip(), since, until


def _without(said: str, phrase: str) -> str | None:
    """The text without a phrase of whole words; None where it is not there."""
    before, found, behind = f" {said} ".partition(f" {phrase} ")
    return " ".join(f"{before} {behind}".split()) if found else None


def _minutes(match: re.Match[str], *, twelve_hours: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The minutes since midnight that a written time says by the letter, and those that it may mean as well."""
    groups = match.groupdict()
    written, minute = match["hour"], int(groups.get("minute") or 0)
    hour, half = int(written), (groups.get("half") or "").replace(" ", "")
    if hour >= _HOURS or minute >= 60:
        return (), ()
    if half:
        if not 1 <= hour <= 12:
            return (), ()
        return (hour % 12 * 60 + minute + (_MIDDAY if half == "pm" else 0),), ()
    literal = hour * 60 + minute
    if hour == 0 or hour > 12 or (len(written) > 1 and written[0] == "0"):
        return (literal,), ()
    other = (literal + _MIDDAY) % (_HOURS * 60)
    exact = groups.get("minute") is not None and not twelve_hours
    return ((literal,), (other,)) if exact else ((literal, other), ())
