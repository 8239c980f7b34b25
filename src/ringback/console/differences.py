"""The difference between two states of a thing, setting by setting."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ringback.audit.model import Facts


@dataclass(frozen=True, slots=True)
class Line:
    """One setting, before and after; empty where it was or is not set."""

    setting: str
    before: str
    after: str


def lines_between(before: Facts | None, after: Facts | None) -> list[Line]:
    """Every setting that differs. Of something new or gone, every setting that says something."""
    old, new = dict(_flat(before or {})), dict(_flat(after or {}))
    names = dict.fromkeys((*old, *new))
    lines = [Line(name, _words(old.get(name)), _words(new.get(name))) for name in names]
    return [line for line in lines if line.before != line.after]


def _flat(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _words(value: Any) -> str:
    if value is None or value in ("", []):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return orjson.dumps(value).decode()
