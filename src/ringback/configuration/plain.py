"""The values of a TOML file as plain JSON ones, with those refused that no setting can hold."""

import datetime as dt
import math
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from ringback.configuration.lines import Path
from ringback.configuration.problems import Problem

_DEEPEST = 20
_LARGEST_INTEGER = 2**63 - 1
_DATE_KEYS = frozenset({"date", "expires"})
_LINE_ENDS_AND_TABS = frozenset("\n\t")


def plain(value: Any, path: Path, report: Callable[[Problem], None]) -> Any:
    """``value`` in JSON's types: dates as ISO text, and None for what was refused and reported."""
    if len(path) > _DEEPEST:
        return _refused(path, "is nested too deeply", report)
    if isinstance(value, Mapping):
        for key in value:
            if not _is_speakable(key):
                _refused((*path, _escaped(key)), "has a control character in its name", report)
        return {key: plain(inner, (*path, key), report) for key, inner in value.items() if _is_speakable(key)}
    if isinstance(value, list):
        return [plain(inner, (*path, index), report) for index, inner in enumerate(value)]
    if problem := _problem_of(value, path):
        return _refused(path, problem, report)
    return value.isoformat() if isinstance(value, dt.date) else value


def _problem_of(value: Any, path: Path) -> str | None:
    if isinstance(value, str):
        return None if _is_speakable(value) else "has a control character in it"
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if abs(value) <= _LARGEST_INTEGER else "is too large a number"
    if isinstance(value, float):
        return None if math.isfinite(value) else "is not a finite number"
    if isinstance(value, dt.date) and path[-1] in _DATE_KEYS:
        return None
    return "a date or time does not belong here; if it is meant as text, put it in quotes"


def _refused(path: Path, text: str, report: Callable[[Problem], None]) -> None:
    report(Problem(path, text))


def _is_speakable(text: str) -> bool:
    """Whether it has neither control characters nor halves of surrogate pairs, which no database or phone can hold."""
    return all(
        character in _LINE_ENDS_AND_TABS or unicodedata.category(character) not in {"Cc", "Cs"} for character in text
    )


def _escaped(key: str) -> str:
    return key.encode("unicode_escape").decode("ascii")
