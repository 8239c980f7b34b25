"""How the value of a setting becomes a text in a form, and is read from one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ringback.console.call_targets.hours_words import read_openings
from ringback.console.durations import duration_words, read_duration
from ringback.forecast.wording import normal_tag

_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,9}([.,][0-9]{1,400})?")


@dataclass(frozen=True, slots=True)
class Kind:
    """``show`` and ``read`` undo each other. ``read`` raises ``ValueError`` with a sentence for people."""

    name: str
    show: Callable[[Any], str]
    read: Callable[[str], Any]
    bound: Callable[[Any], str] = str
    """Tells a limit that the settings document has for it, in seconds, minutes or numbers as the document counts."""


def _read_whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("Write a whole number.")
    return int(text)


def _show_decimal(value: float) -> str:
    return format(Decimal(repr(float(value))), "f").removesuffix(".0")


def _read_decimal(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise ValueError("Write a number, such as 1.5.")
    return float(text.replace(",", "."))


def _read_minutes(text: str) -> int:
    minutes, rest = divmod(read_duration(text), 60)
    if rest:
        raise ValueError("Whole minutes only.")
    return minutes


def _minutes_words(minutes: int) -> str:
    return duration_words(round(minutes * 60))


def _read_languages(text: str) -> list[str]:
    tags = [each for each in re.split(r"[\s,;]+", text) if each]
    for tag in tags:
        if normal_tag(tag) is None:
            raise ValueError(f"“{tag[:35]}” is no language tag, such as en or pt-BR.")
    return tags


TEXT = Kind("text", str, str)
LONG_TEXT = Kind("long text", str, str)
CHOICE = Kind("choice", str, str)
SWITCH = Kind("switch", lambda value: "yes" if value else "", bool)
WHOLE = Kind("whole", str, _read_whole)
DECIMAL = Kind("decimal", _show_decimal, _read_decimal, bound=_show_decimal)
DURATION = Kind("duration", duration_words, read_duration, bound=lambda seconds: duration_words(round(seconds)))
MINUTES = Kind("duration", _minutes_words, _read_minutes, bound=_minutes_words)
DAY = Kind("day", ", ".join, lambda text: [str(each) for each in read_openings(text)])
LANGUAGES = Kind("text", ", ".join, _read_languages)
