"""The form of a user data set: a row for each key, read from what was typed and shown again."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ringback.console.forms import Problems, Typed, problems_by_path
from ringback.widgets.model import Scalar, UserDataKey, UserDataSet

MOST_ROWS = 80
"""Five fields each, and a form has at most 500."""

NO_DEFAULT, TEXT, NUMBER, TRUE, FALSE = "none", "text", "number", "true", "false"
KINDS = ((NO_DEFAULT, "no default"), (TEXT, "text"), (NUMBER, "number"), (TRUE, "true"), (FALSE, "false"))
"""What a default can be; the first is none."""

_LARGEST = 2**63 - 1
_WITHOUT_DEFAULT = "Choose a default: it is what replaces whatever was sent."


@dataclass(frozen=True, slots=True)
class Row:
    """One key as it is typed."""

    key: str = ""
    label: str = ""
    kind: str = NO_DEFAULT
    value: str = ""
    """The default where it is a text or a number."""
    replace: bool = False

    @classmethod
    def of(cls, key: UserDataKey) -> "Row":
        """The row of a key that is there."""
        kind, value = _typed(key.default)
        return cls(key.key, key.label, kind, value, key.always_replace)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into it: then it is no key."""
        return not (self.key or self.label or self.value or self.replace)


@dataclass(frozen=True, slots=True)
class Draft:
    """A user data set as it is typed."""

    name: str
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, settings: UserDataSet) -> "Draft":
        """The form of one that is there."""
        return cls(settings.name, tuple(Row.of(key) for key in settings.keys))

    @classmethod
    def read(cls, form: Typed) -> "Draft":
        """What was typed."""
        count = form.get("rows", "")
        rows = range(min(int(count), MOST_ROWS) if count.isascii() and count.isdigit() and len(count) < 4 else 0)
        return cls(form.get("name", ""), tuple(_row(form, number) for number in rows))

    def with_row(self) -> "Draft":
        """One row more, to be filled in."""
        return Draft(self.name, (*self.rows, Row())[:MOST_ROWS])

    def without_row(self, number: str) -> "Draft":
        """One row less."""
        return Draft(self.name, tuple(row for place, row in enumerate(self.rows) if str(place) != number))

    def document(self, name: str | None = None) -> tuple[UserDataSet | None, Problems]:
        """The user data set, or what is wrong, by the fields of the form. ``name`` stands in for the one typed."""
        problems: Problems = {}
        places, keys = [], []
        for place, row in enumerate(self.rows):
            if not row.is_blank:
                places.append(place)
                keys.append(_key(row, place, problems))
        try:
            settings = UserDataSet.model_validate({"name": self.name if name is None else name, "keys": keys})
        except ValidationError as error:
            return None, _beside(problems_by_path(error), places) | problems
        return (None if problems else settings), problems

    def example(self) -> str:
        """Something to send, to see what is kept of it."""
        named = [row.key for row in self.rows if row.key]
        return json.dumps({**dict.fromkeys(named[:2], "…"), "unknown": 1}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What would be kept of what was sent, as JSON; or why nothing can be said."""

    text: str = ""
    problem: str = ""


def kept_of(draft: Draft, sent: str) -> Kept:
    """What the widget would pass on."""
    settings, _ = draft.document(name="draft")
    if settings is None:
        return Kept(problem="Mend what is marked above first.")
    try:
        data = json.loads(sent)
    except (ValueError, RecursionError):
        return Kept(problem='This is no JSON: write it like {"account": "4711"}.')
    if not isinstance(data, dict) or any(isinstance(value, dict | list) for value in data.values()):
        return Kept(problem="Write an object whose values are texts, numbers, true, false or null.")
    return Kept(json.dumps(settings.keep(data), ensure_ascii=False, indent=2))


def _row(form: Typed, number: int) -> Row:
    return Row(
        key=form.get(f"key-{number}", "").strip(),
        label=form.get(f"label-{number}", "").strip(),
        kind=form.get(f"kind-{number}", NO_DEFAULT),
        value=form.get(f"value-{number}", "").strip(),
        replace=f"replace-{number}" in form,
    )


def _typed(default: Scalar) -> tuple[str, str]:
    if default is None:
        return NO_DEFAULT, ""
    if isinstance(default, bool):
        return (TRUE if default else FALSE), ""
    return (TEXT, default) if isinstance(default, str) else (NUMBER, str(default))


def _key(row: Row, place: int, problems: Problems) -> Mapping[str, Any]:
    known: Mapping[str, Scalar] = {TRUE: True, FALSE: False, TEXT: row.value}
    default = known.get(row.kind)
    if row.kind == NUMBER:
        default = _number(row.value)
        if default is None:
            problems[f"value-{place}"] = "This is no number."
    elif row.kind == NO_DEFAULT and row.value:
        problems[f"kind-{place}"] = "Say what kind of default this is."
    elif row.kind not in {kind for kind, _ in KINDS}:
        problems[f"kind-{place}"] = "Choose one of these."
    if row.replace and default is None:
        problems.setdefault(f"kind-{place}", _WITHOUT_DEFAULT)
    return {
        "key": row.key,
        "label": row.label,
        "default": default,
        "always_replace": row.replace and default is not None,
    }


def _number(text: str) -> int | float | None:
    """A number that JSON, TOML and the database can hold."""
    try:
        whole = int(text) if len(text) < 25 else None
    except ValueError:
        whole = None
    if whole is not None:
        return whole if abs(whole) <= _LARGEST else None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _beside(problems: Mapping[str, str], places: Iterable[int]) -> Problems:
    """``keys.1.label`` is beside the field ``label-3`` when the second key stands in the fourth row."""
    rows = list(places)
    beside: Problems = {}
    for path, words in problems.items():
        first, *below = path.split(".")
        if first == "keys" and below:
            name = below[1] if len(below) > 1 and below[1] in {"key", "label"} else "kind"
            beside[f"{name}-{rows[int(below[0])]}"] = words
        else:
            beside[first] = words
    return beside
