"""What differs between the configuration that is and the one that a file asks for, and telling it in words.

Both are pictures: the facts of each thing at its key path in the file (``("call_targets", "billing")``), in JSON's
types. So everything here is plain data, and the words name places as the file does.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ringback.audit.model import Action, Facts
from ringback.configuration.problems import path_words, shown_value

Place = tuple[str, ...]
Picture = Mapping[Place, Facts]

_KINDS = {
    "organization": "organization",
    "policies": "policy",
    "user_data_sets": "user_data_set",
    "templates": "template",
    "call_targets": "call_target",
    "widgets": "widget",
    "conveys": "convey",
    "blocked_numbers": "blocked_numbers",
    "display_order": "display_order",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is created, changed, removed or brought back."""

    action: Action
    place: Place
    before: Facts | None
    after: Facts | None

    @property
    def kind(self) -> str:
        """What kind of thing it is."""
        return "token" if self.is_token else _KINDS[self.place[0]]

    @property
    def key(self) -> str:
        """Its key; that of a token begins with its policy's."""
        return "/".join((self.place[1], self.place[3])) if self.is_token else self.place[-1]

    @property
    def is_token(self) -> bool:
        """Whether it is an access token, which hangs on its policy."""
        return len(self.place) == 4


class Sign(StrEnum):
    """What a line of the difference tells of: something more, something else, something less."""

    MORE = "+"
    OTHER = "~"
    LESS = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the difference."""

    sign: Sign
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, in the order of the file with removals last. False when there are none."""

    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.changes)

    def written(self, section: str) -> list[str]:
        """The keys of the things in a section of the file that are new or not what they were; tokens are no part."""
        return [
            change.place[-1]
            for change in self.changes
            if change.place[0] == section and not change.is_token and change.action is not Action.REMOVED
        ]

    def of_tokens(self) -> list[tuple[str, str, Action]]:
        """Policy, name and what becomes of it, for each token that is not what it was."""
        return [(change.place[1], change.place[3], change.action) for change in self.changes if change.is_token]

    def lines(self) -> list[Line]:
        """The difference in words, a line for each thing and, of what has changed, for each setting."""
        return [line for change in self.changes for line in _lines(change)]


def compare(before: Picture, after: Picture, known: Container[Place] = ()) -> Difference:
    """What leads from one picture to the other. ``known`` are the places whose things had been removed once."""
    changes: list[Change] = []
    for place, facts in after.items():
        if place not in before:
            action = Action.RESTORED if place in known else Action.CREATED
            changes.append(Change(action, place, None, facts))
        elif before[place] != facts:
            changes.append(Change(Action.CHANGED, place, before[place], facts))
    changes += [Change(Action.REMOVED, place, facts, None) for place, facts in before.items() if place not in after]
    return Difference(tuple(changes))


def _lines(change: Change) -> Iterator[Line]:
    words = path_words(change.place)
    match change.action:
        case Action.CREATED:
            yield Line(Sign.MORE, words + _named(change.after))
        case Action.RESTORED:
            yield Line(Sign.MORE, f"{words}{_named(change.after)}: is back, under its old id")
        case Action.REMOVED:
            yield Line(Sign.LESS, f"{words}: not in the file, so it is {'revoked' if change.is_token else 'removed'}")
        case Action.CHANGED:
            for path, before, after in _settings(change.place, change.before or {}, change.after or {}):
                yield Line(Sign.OTHER, f"{path_words(path)}: {_step(before, after)}")


def _named(facts: Facts | None) -> str:
    name = facts.get("name") if facts else None
    return f" ({name})" if name else ""


def _settings(place: Place, before: Facts, after: Facts) -> Iterator[tuple[Place, Any, Any]]:
    """Each setting that differs, the tables in tables included."""
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _settings((*place, key), old, new)
        elif old != new:
            yield (*place, key), old, new


def _step(before: Any, after: Any) -> str:
    if isinstance(before, list) and isinstance(after, list):
        added = [value for value in after if value not in before]
        gone = [value for value in before if value not in after]
        words = [f"{sign}{shown_value(value)}" for sign, values in (("+", added), ("-", gone)) for value in values]
        if words:
            return " ".join(words)
    return f"{_shown(before)} → {_shown(after)}"


def _shown(value: Any) -> str:
    return "not set" if value is None else shown_value(value)
