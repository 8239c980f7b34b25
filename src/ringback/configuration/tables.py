"""TOML files of settings: read into a document, with all that is wrong reported at once and by its line.

What is common to every such file, whatever it describes: an organization (``file.py``), a scenario of the simulation.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from ringback.configuration import problems
from ringback.configuration.lines import Lines, lines_of
from ringback.configuration.plain import plain
from ringback.configuration.problems import Problem
from ringback.kernel.document import Document
from ringback.kernel.errors import ConfigurationInvalid

LARGEST_FILE = 1024 * 1024
"""Bytes."""

_SYNTAX_PLACE = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")

Settings = TypeVar("Settings", bound=Document)


class Parsed(NamedTuple):
    """A TOML text that was understood."""

    content: Mapping[str, Any]
    lines: Lines


def text_of(path: Path) -> str:
    """The text of a file. Raises ``ConfigurationInvalid`` when there is none that can be read."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ConfigurationInvalid(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise ConfigurationInvalid(f"{path} is a directory; name the TOML file in it.") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL character
        raise ConfigurationInvalid(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if len(content) > LARGEST_FILE:
        raise ConfigurationInvalid(f"{path} is larger than {LARGEST_FILE // 1024} KiB, too large for a configuration.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationInvalid(f"{path} is not text in UTF-8 (line {line}).") from None


def parse(text: str, *, name: str) -> Parsed:
    """The tables of a TOML text and where they stand. Raises ``ConfigurationInvalid``."""
    text = text.replace("\r\n", "\n") + "\n"  # with a last line's end, tomllib can name the place in it
    try:
        return Parsed(tomllib.loads(text), lines_of(text))
    except RecursionError:
        raise ConfigurationInvalid(f"{name} is nested too deeply.") from None
    except ValueError as error:
        raise ConfigurationInvalid(f"{name} is not valid TOML.", (_syntax_words(str(error)),)) from None


def validate(
    content: Mapping[str, Any], model: type[Settings]
) -> tuple[Settings | None, list[Problem], Mapping[str, Any]]:
    """The document in ``content`` if it has no problem, all problems if it has, and the content in JSON's types."""
    found: list[Problem] = []
    values = plain(content, (), found.append)
    document: Settings | None = None
    try:
        document = model.model_validate(values)
    except ValidationError as error:
        _add_new(found, problems.of_validation(error.errors(), model, values))
    _add_new(found, _coercions(values, model))
    return (None if found else document), found, values


def _add_new(found: list[Problem], more: Iterable[Problem]) -> None:
    """Of one place one problem is told: the first."""
    places = {problem.path for problem in found}
    found.extend(problem for problem in more if problem.path not in places)


def _coercions(values: Mapping[str, Any], model: type[Document]) -> Iterator[Problem]:
    """Where a text stands for a number, or a number for true or false: TOML knows its types, so it is a slip.

    Validation cannot be strict as a whole, since strictness also refuses lists where the models have tuples.
    """
    try:
        model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        slips = [details for details in error.errors() if details["type"] in {"int_type", "float_type", "bool_type"}]
        yield from problems.of_validation(slips, model, values)


def _syntax_words(message: str) -> str:
    """The message of ``tomllib`` with its place, if it has one, in front."""
    place = _SYNTAX_PLACE.search(message)
    if place is None:
        return "a number in it is too large"  # Python's own limit: the one thing it refuses without a place
    what = message[: place.start()]
    if what == "Cannot overwrite a value" or what.endswith(" twice"):
        what = "this key or table is there already"
    return f"line {place[1]}, column {place[2]}: {what}" if place[1] else f"at the end of the file: {what}"
