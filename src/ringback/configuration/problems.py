"""What is wrong with a configuration file, told to the person who wrote it: where, what, and what was perhaps meant."""

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ringback.configuration.lines import Lines, Path, line_of
from ringback.kernel.errors import ConfigurationInvalid

_LONGEST_VALUE = 40
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and the key path that it is about."""

    path: Path
    text: str


def invalid(message: str, problems: Iterable[Problem], lines: Lines) -> ConfigurationInvalid:
    """The error that tells all ``problems``, those of the first lines first."""
    unique = dict.fromkeys(problems)
    ordered = sorted(unique, key=lambda problem: (line_of(lines, problem.path) or 0, path_words(problem.path)))
    return ConfigurationInvalid(message, tuple(told(problem, lines) for problem in ordered))


def told(problem: Problem, lines: Lines) -> str:
    """``line 12: call_targets.billing.slots.capacity: should be a valid integer``, as far as the place is known."""
    line = line_of(lines, problem.path)
    where = ([f"line {line}"] if line else []) + ([path_words(problem.path)] if problem.path else [])
    return ": ".join([*where, problem.text])


def path_words(path: Path) -> str:
    """A key path as TOML writes it: ``call_targets.billing.hours.weekly.mon[0]``."""
    words = ""
    for step in path:
        if isinstance(step, int):
            words += f"[{step}]"
        else:
            shown = step if _BARE_KEY.fullmatch(step) else shown_value(step)
            words += f".{shown}" if words else shown
    return words


def shown_value(value: Any) -> str:
    """A value as JSON and TOML write it, cut short when it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean "billing"?``, or the words there are when none is near."""
    names = list(known)
    if near := get_close_matches(word, names, n=1):
        return f"; did you mean {near[0]!r}?"
    if not names:
        return ""
    return f"; there {'are' if len(names) > 1 else 'is'} {', '.join(names)}"


def of_validation(errors: Iterable[ErrorDetails], model: type[BaseModel], content: Any) -> Iterator[Problem]:
    """The problems that pydantic found in ``content``, one for each place."""
    found: dict[Path, list[ErrorDetails]] = {}
    for details in errors:
        found.setdefault(_path_in(content, details), []).append(details)
    for path, details_of_path in found.items():
        yield Problem(path, _words(path, details_of_path, model))


def _path_in(content: Any, details: ErrorDetails) -> Path:
    """The place of an error in the file: pydantic's, without the names of union members and validators."""
    path: Path = ()
    for step in details["loc"]:
        if step in _steps_from(content):
            content = content[step]
        elif details["type"] == "missing" and step == details["loc"][-1]:
            return (*path, step)
        else:
            break
        path = (*path, step)
    return path


def _steps_from(content: Any) -> Container[str | int]:
    if isinstance(content, list):
        return range(len(content))
    return content if isinstance(content, Mapping) else ()


def _words(path: Path, details: list[ErrorDetails], model: type[BaseModel]) -> str:
    first = details[0]
    match first["type"]:
        case "missing":
            return "is required and is not there"
        case "extra_forbidden":
            return f"there is no such key{suggestion(str(path[-1]), _known_keys(model, path[:-1]))}"
        case "model_type" | "dict_type" | "mapping_type":
            return f"should be a table, not {shown_value(first['input'])}"
        case "value_error" | "assertion_error":
            return first["msg"].partition(", ")[2]
    # Of a union there is an error for each member: "should be a valid string or a valid integer".
    wanted = " or ".join(dict.fromkeys(entry["msg"].removeprefix("Input should be ") for entry in details))
    described = f"should be {wanted}" if first["msg"].startswith("Input should be ") else first["msg"]
    return f"{described}, not {shown_value(first['input'])}" if _is_plain(first["input"]) else described


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the table at ``path`` may have, found in the model's JSON schema."""
    schema = _schema(model)
    places = [schema]
    for step in path:
        places = [inner for place in places for inner in _inside(_resolved(place, schema), step)]
    return [key for place in places for option in _resolved(place, schema) for key in option.get("properties", {})]


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _resolved(place: Any, schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas that ``place`` stands for: itself, what it refers to, or each that it allows."""
    if not isinstance(place, Mapping):
        return []
    if "$ref" in place:
        return _resolved(schema["$defs"][place["$ref"].rpartition("/")[2]], schema)
    options = [option for word in ("anyOf", "allOf", "oneOf") for option in place.get(word, ())]
    return [place] if not options else [inner for option in options for inner in _resolved(option, schema)]


def _inside(options: list[Mapping[str, Any]], step: str | int) -> Iterator[Any]:
    for option in options:
        if isinstance(step, int):
            yield option.get("items")
        elif step in option.get("properties", {}):
            yield option["properties"][step]
        else:
            yield option.get("additionalProperties")
            yield from option.get("patternProperties", {}).values()
