"""Durations as people read and type them: "15 min", "2 h", "1 h 30 min"; exact to the second both ways.

A number alone is refused, since nobody knows whether 15 means minutes or seconds; 0 is 0 in every unit.
"""

import re
from fractions import Fraction

_SECONDS = {"s": 1, "min": 60, "h": 3600, "day": 86_400}
_SPELLINGS = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "min": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "day": ("d", "day", "days"),
}
_UNITS = {spelling: _SECONDS[unit] for unit, spellings in _SPELLINGS.items() for spelling in spellings}
_PART = re.compile(r"\s*(?P<amount>[0-9]{1,7}(?:[.,][0-9]{1,3})?)\s*(?P<unit>[a-z]+)\.?\s*(?:,|and\b)?", re.IGNORECASE)
_LONGEST = 366 * 86_400


def duration_words(seconds: int) -> str:
    """Exact, in the units that make it short: "45 s", "15 min", "1 h 30 min", "7 days"."""
    if seconds == 0:
        return "0 s"
    words = []
    rest = seconds
    for unit, length in reversed(_SECONDS.items()):
        amount, rest = divmod(rest, length)
        if amount:
            words.append(f"{amount} {unit}s" if unit == "day" and amount > 1 else f"{amount} {unit}")
    return " ".join(words)


def read_duration(text: str) -> int:
    """The seconds of "90 s", "15 min", "1.5 h", "1h 30min" or "2 days"; a ``ValueError`` says what is wrong."""
    text = text.strip()
    if text == "0":
        return 0
    if re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", text):
        raise ValueError(f"Say the unit: {text} s, {text} min or {text} h.")
    total, place = Fraction(0), 0
    while place < len(text):
        part = _PART.match(text, place)
        unit = _UNITS.get(part["unit"].lower()) if part else None
        if part is None or unit is None:
            raise ValueError("Write a duration, such as 45 s, 15 min or 1 h 30 min.")
        total += Fraction(part["amount"].replace(",", ".")) * unit
        place = part.end()
    if not text or total.denominator != 1:
        raise ValueError("Write a duration of whole seconds, such as 45 s, 15 min or 1 h 30 min.")
    if total > _LONGEST:
        raise ValueError("That is longer than a year.")
    return int(total)
