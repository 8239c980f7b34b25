"""From the settings of a call target to what its forms show, and back: pure.

A form changes only what was typed into it. A field that comes back as it was shown leaves its setting as it is, so
that nothing is lost on the way, whatever it is; and settings that a form does not show are not touched at all.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ringback.call_targets.model import CallTargetSettings
from ringback.console.call_targets.field_kinds import LONG_TEXT, SWITCH
from ringback.console.call_targets.fields import Setting
from ringback.console.forms import Problems, Typed, readable
from ringback.hours.model import WEEKDAYS
from ringback.kernel.errors import RingbackError

Facts = dict[str, Any]
Reader = Callable[[Typed, CallTargetSettings], CallTargetSettings]
"""Puts what was typed into the settings. Raises ``WronglyTyped``."""


class WronglyTyped(RingbackError):
    """What was typed cannot be set. ``problems`` says why, by the name of the field."""

    code = "WronglyTyped"

    def __init__(self, problems: Problems) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


def shown(wanted: Iterable[Setting], settings: CallTargetSettings) -> dict[str, str]:
    """What the fields hold, as they come back when nobody types: a switch that is off is empty."""
    facts = facts_of(settings)
    return {setting.name: _shown(setting, _value(facts, setting.path)) for setting in wanted}


def read(wanted: Sequence[Setting], typed: Typed, settings: CallTargetSettings) -> CallTargetSettings:
    """The settings with what was typed. Raises ``WronglyTyped``."""
    facts = facts_of(settings)
    before = shown(wanted, settings)
    problems: Problems = {}
    for setting in wanted:
        text = typed.get(setting.name, "" if setting.kind is SWITCH else None)
        if text is None or text == before[setting.name]:
            continue
        try:
            _set(facts, setting.path, _read(setting, text))
        except ValueError as error:
            problems[setting.name] = str(error)
    return validated(facts, wanted, problems)


def read_all(readers: Iterable[Reader], typed: Typed, settings: CallTargetSettings) -> CallTargetSettings:
    """The settings as several parts of a form change them. Raises ``WronglyTyped`` with what all of them find wrong."""
    problems: Problems = {}
    for reader in readers:
        try:
            settings = reader(typed, settings)
        except WronglyTyped as wrong:
            problems |= wrong.problems
    if problems:
        raise WronglyTyped(problems)
    return settings


def validated(facts: Facts, wanted: Sequence[Setting], problems: Problems | None = None) -> CallTargetSettings:
    """The settings document, if nothing is wrong with it. Raises ``WronglyTyped``, each problem beside its field."""
    found = dict(problems or {})
    try:
        settings = CallTargetSettings.model_validate(facts)
    except ValidationError as error:
        by_path = {setting.path: setting for setting in wanted}
        for details in error.errors(include_url=False):
            name, words = _told(details, by_path)
            found.setdefault(name, words)
    if found:
        raise WronglyTyped(found)
    return settings


def version(fields: Mapping[str, str]) -> str:
    """What tells two states of a form apart: it carries this, and is refused when it is another one by then."""
    return sha256(repr(sorted(fields.items())).encode()).hexdigest()[:16]


def facts_of(settings: CallTargetSettings) -> Facts:
    """The settings in JSON's types, a week always by its days."""
    facts = settings.model_dump(mode="json")
    week = settings.hours.weekly
    facts["hours"]["weekly"] = {
        day: [str(each) for each in openings] for day, openings in zip(WEEKDAYS, week.days, strict=True)
    }
    return facts


def sent_back(text: str, *, lines: bool) -> str:
    """A text as a browser returns it from a field of one line, or of several."""
    if not lines:
        text = text.replace("\r", "").replace("\n", "")
    return readable(text)


def _shown(setting: Setting, value: Any) -> str:
    if value is None:
        return ""
    return sent_back(setting.kind.show(value), lines=setting.kind is LONG_TEXT)


def _read(setting: Setting, text: str) -> Any:
    plain = text.strip()
    if not plain and setting.empty is None and setting.kind is not SWITCH:
        raise ValueError("This is needed.")
    if not plain and setting.path in _OPTIONAL:
        return None
    return setting.kind.read(plain)


_OPTIONAL = {("time_zone",), ("max_requested_callbacks",), ("max_estimate",)}


def _value(facts: Facts, path: Sequence[str]) -> Any:
    """What stands at the path; nothing where a language has no prompts."""
    value: Any = facts
    for step in path:
        value = value.get(step)
        if value is None:
            return None
    return value


def _set(facts: Facts, path: Sequence[str], value: Any) -> None:
    *way, last = path
    for step in way:
        facts = facts.setdefault(step, {})
    facts[last] = value


def _told(details: ErrorDetails, by_path: Mapping[tuple[str, ...], Setting]) -> tuple[str, str]:
    """The name of the field that a problem of the document belongs to, and the words for it."""
    place = tuple(str(step) for step in details["loc"])
    message = details["msg"].removeprefix("Value error, ")
    if place[:2] == ("hours", "weekly") and message[:3] in WEEKDAYS:
        place = ("hours", "weekly", message[:3])  # "mon 09:00-12:00 and mon 11:00-13:00 overlap"
    elif not place:
        place = (message.partition(" ")[0],)  # "next_business_day is a kind of ..."
    for length in range(len(place), 0, -1):
        if setting := by_path.get(place[:length]):
            return setting.name, _words(details, message, setting)
    return "", _sentence(message)


def _words(details: ErrorDetails, message: str, setting: Setting) -> str:
    limits, bound = details.get("ctx", {}), setting.kind.bound
    words: dict[str, Callable[[], str]] = {
        "greater_than_equal": lambda: f"{bound(limits['ge'])} at least.",
        "greater_than": lambda: f"More than {bound(limits['gt'])}.",
        "less_than_equal": lambda: f"{bound(limits['le'])} at most.",
        "string_too_long": lambda: f"{limits['max_length']} characters at most.",
        "string_too_short": lambda: "This is needed.",
        "enum": lambda: "Choose one of these.",
    }
    if details["type"] in words:
        return words[details["type"]]()
    if setting.name == "next_business_day":
        return "Next business day is a kind of ASAP offer: offer that as well."
    return _sentence(message)


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
