"""Forms: what was typed, and what is wrong with it, told beside the field."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from pydantic import ValidationError

from ringback.kernel.errors import InvalidRequest, RingbackError

Typed = Mapping[str, str]
"""What was typed, by the name of the field; shown again when something is wrong."""

Problems = dict[str, str]
"""What is wrong, by the name of the field; under ``""`` what concerns no field in particular."""

_MOST_FIELDS = 500
_LONGEST_VALUE = 20_000


def read_fields(text: str) -> dict[str, str]:
    """The fields of a query or form, the first of each name, without control characters. Raises ``InvalidRequest``."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise InvalidRequest("There are too many fields.") from None
    return {name: _readable(value) for name, value in reversed(pairs)}


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


def _words(kind: str, message: str) -> str:
    if kind in {"string_too_short", "missing"}:
        return "This is needed."
    message = message.removeprefix("Value error, ")
    return f"{message[:1].upper()}{message[1:]}."


def _readable(value: str) -> str:
    text = value[:_LONGEST_VALUE].replace("\r\n", "\n")
    return "".join(character for character in text if character.isprintable() or character == "\n")
