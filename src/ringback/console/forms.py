"""Forms: what was typed, and what is wrong with it, told beside the field."""

from collections.abc import Mapping
from unicodedata import category
from urllib.parse import parse_qsl

from pydantic import ValidationError

from ringback.kernel.errors import InvalidRequest, RingbackError

Typed = Mapping[str, str]
"""What was typed, by the name of the field; shown again when something is wrong."""

Problems = dict[str, str]
"""What is wrong, by the name of the field; under ``""`` what concerns no field in particular."""

_SHORTER = {
    "Input should be greater than or equal to": "At least",
    "Input should be less than or equal to": "At most",
    "String should have at most": "At most",
}
_MOST_FIELDS = 500
_LONGEST_VALUE = 20_000
_KEPT = "\n\u200c\u200d"
"""Not printable, and yet text: the end of a line, and what joins or parts letters in some scripts (and emoji)."""


def read_fields(text: str) -> dict[str, str]:
    """The fields of a query or form, the first of each name, without control characters. Raises ``InvalidRequest``."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise InvalidRequest("There are too many fields.") from None
    return {name: readable(value) for name, value in reversed(pairs)}


def problem_of(error: RingbackError) -> Problems:
    """What a use case finds wrong, beside the field that the error names."""
    return {str(error.details.get("field", "")): error.message}


def problems_of(error: ValidationError, names: Mapping[str, str] | None = None) -> Problems:
    """What a settings document finds wrong. ``names`` says which field of the form a setting stands in."""
    problems: Problems = {}
    for details in error.errors(include_url=False, include_context=False):
        setting = str(details["loc"][0]) if details["loc"] else ""
        problems.setdefault((names or {}).get(setting, setting), _words(details["type"], details["msg"]))
    return problems


def problems_by_path(error: ValidationError) -> Problems:
    """What a settings document finds wrong, by the path of each setting: ``limits.per_address.requests``."""
    problems: Problems = {}
    for details in error.errors(include_url=False, include_context=False):
        path = ".".join(str(step) for step in details["loc"] if step != "[key]")
        problems.setdefault(path, _words(details["type"], details["msg"]))
    return problems


def _words(kind: str, message: str) -> str:
    if kind in {"string_too_short", "missing"}:
        return "This is needed."
    if kind in {"int_parsing", "int_from_float"}:
        return "A whole number is needed."
    for long, short in _SHORTER.items():
        message = message.replace(long, short)
    message = message.removeprefix("Value error, ")
    return f"{message[:1].upper()}{message[1:]}."


def readable(value: str) -> str:
    """A text without control characters, as it is read from a form. No-break spaces stay: French needs them."""
    text = value[:_LONGEST_VALUE].replace("\r\n", "\n")
    return "".join(each for each in text if each.isprintable() or each in _KEPT or category(each) == "Zs")
