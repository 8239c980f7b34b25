"""An organization as a file: the tables of the TOML, and reading them with all that is wrong reported at once.

``demo/organization.toml`` is such a file with every part explained. The settings in it are the models of the features
themselves; only what ties them together (keys, references, tokens) is defined here.
"""

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from ringback.access.model import PolicySettings
from ringback.call_targets.model import CallTargetSettings
from ringback.configuration import problems, references, tables
from ringback.configuration.lines import Lines, Path
from ringback.configuration.problems import Problem
from ringback.forecast.wording import normal_tag
from ringback.kernel.document import Document, Key, PublicId
from ringback.kernel.errors import InvalidContact
from ringback.kernel.phone import read_number
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.messages import MessageError, MessageSet
from ringback.widgets.model import UserDataSet, WidgetSettings
from ringback.widgets.template import Template

LARGEST_FILE = tables.LARGEST_FILE
"""Bytes."""

_YEARS = range(2000, 3000)

Settings = TypeVar("Settings", bound=Document)


def _moment(value: Any) -> dt.datetime | None:
    """A date (its first instant) or a date and time; without an offset it is the organization's local time."""
    if value is None or isinstance(value, dt.datetime):
        return value
    try:
        moment = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a date or time; write it like 2027-01-31 or 2027-01-31T18:00:00Z") from None
    if moment.year not in _YEARS:
        raise ValueError(f"the year of {value!r} must lie between {_YEARS[0]} and {_YEARS[-1]}")
    return moment


def _variable_name(name: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,127}", name):
        raise ValueError("should be the name of an environment variable, such as RINGBACK_TOKEN_CRM: not the secret")
    return name


def _blocked_number(text: str) -> str:
    if not text.startswith("+"):
        raise ValueError("write a blocked number with + and its country code, like +1 201 555 0123")
    try:
        number = read_number(text, "US")
    except InvalidContact:
        raise ValueError("is not a phone number") from None
    if number.extension:
        raise ValueError("a whole line is blocked: write the number without its extension")
    return number.e164


def _blocked_prefix(text: str) -> str:
    prefix = re.sub(r"[ .()-]", "", text)
    if not re.fullmatch(r"\+[1-9][0-9]{0,14}", prefix):
        raise ValueError("write a prefix with + and its country code, like +1 900")
    return prefix


class OrganizationTable(OrganizationSettings):
    """``[organization]``."""

    key: Key
    """What this organization is called in configuration; another key is another organization."""
    id: PublicId | None = None
    """Its public id, which stands in URLs. Absent: one is made. For moving here from elsewhere with URLs kept."""
    policy: Key | None = None
    """The access control policy that guards the organization's endpoints."""
    public: bool = False
    """Without a policy those endpoints are closed; this opens them to everybody."""


class TokenTable(Document):
    """``[policies.<key>.tokens.<name>]``. Without ``secret_env`` the secret is made and shown once."""

    expires: Annotated[dt.datetime | None, BeforeValidator(_moment)] = None
    secret_env: Annotated[str, AfterValidator(_variable_name)] | None = None
    """The environment variable that holds the secret, at least 32 characters, when the token is first made."""
    revoked: bool = False


class PolicyTable(PolicySettings):
    """``[policies.<key>]``. A token that vanishes from the file is revoked."""

    tokens: Mapping[Key, TokenTable] = {}


class WidgetTable(WidgetSettings):
    """``[widgets.<key>]``."""

    call_target: Key
    id: PublicId | None = None
    """Its public id, which stands in URLs. Absent: one is made."""
    policy: Key | None = None
    """Absent: the widget is open to everybody, within the rate limits."""
    user_data_set: Key | None = None
    """Absent: the widget passes nothing on to the agent."""
    template: Key | None = None
    """How its page looks. Absent: Ringback's own look."""
    position: int | None = Field(None, ge=1, le=10_000)
    """Its place in lists. Absent: after those with one, in the order of the file, widgets before conveys."""


class ConveyTable(WidgetTable):
    """``[conveys.<key>]``."""

    slug: Key | None = None
    """The end of its short link, unique in the installation. Absent: its key."""


class BlockedNumbersTable(Document):
    """``[blocked_numbers]``: whom never to call."""

    numbers: tuple[Annotated[str, AfterValidator(_blocked_number)], ...] = Field((), max_length=100_000)
    prefixes: tuple[Annotated[str, AfterValidator(_blocked_prefix)], ...] = Field((), max_length=10_000)


class OrganizationDocument(Document):
    """Everything in a configuration file."""

    organization: OrganizationTable
    policies: Mapping[Key, PolicyTable] = {}
    user_data_sets: Mapping[Key, UserDataSet] = {}
    templates: Mapping[Key, Template] = {}
    call_targets: Mapping[Key, CallTargetSettings] = {}
    widgets: Mapping[Key, WidgetTable] = {}
    conveys: Mapping[Key, ConveyTable] = {}
    blocked_numbers: BlockedNumbersTable = BlockedNumbersTable()

    def in_display_order(self) -> dict[str, WidgetTable]:
        """Widgets and conveys by key, in the order in which they are shown."""
        everything = [*self.widgets.items(), *self.conveys.items()]
        return dict(sorted(everything, key=lambda entry: entry[1].position or math.inf))


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """A file that has been read and found valid in itself, and where its keys stand."""

    document: OrganizationDocument
    lines: Lines


def settings_of(table: Document, model: type[Settings]) -> Settings:
    """The feature's own settings in a table of the file, without what the file adds to them."""
    return model(**{name: getattr(table, name) for name in model.model_fields})


def read_file(path: FilePath) -> ConfigurationFile:
    """Read a configuration file. Raises ``ConfigurationInvalid`` with everything that is wrong with it."""
    return read_text(tables.text_of(path), name=str(path))


def read_text(text: str, *, name: str = "The configuration") -> ConfigurationFile:
    """Read the text of a configuration file. Raises ``ConfigurationInvalid``; ``name`` is what its message calls it."""
    content, lines = tables.parse(text, name=name)
    return ConfigurationFile(read_tables(content, lines, name=name), lines)


def read_tables(content: Mapping[str, Any], lines: Lines, *, name: str = "The configuration") -> OrganizationDocument:
    """The document in the tables of a parsed TOML text. Raises ``ConfigurationInvalid``."""
    document, found, values = tables.validate(content, OrganizationDocument)
    found = [precise for problem in found for precise in _one_by_one(problem, values)]
    found.extend(references.check(values))
    if found or document is None:
        raise problems.invalid(f"{name} is not valid.", found, lines)
    return document


def _one_by_one(problem: Problem, values: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of a widget's messages, which are validated as a whole, each at its own place."""
    match problem.path:
        case ("widgets" | "conveys" as section, key, "messages"):
            apart = list(_problems_of_messages(problem.path, values[section][key]["messages"]))
            yield from apart or [problem]
        case _:
            yield problem


def _problems_of_messages(path: Path, messages: Any) -> Iterator[Problem]:
    if not isinstance(messages, Mapping) or not all(isinstance(texts, Mapping) for texts in messages.values()):
        return
    for language, texts in messages.items():
        if normal_tag(language) is None:
            yield Problem((*path, language), f"{language!r} is no language tag such as en or pt-BR")
        for key, text in texts.items():
            try:
                MessageSet({"en": {key: text}})
            except MessageError as error:
                yield Problem((*path, language, key), str(error).partition(": ")[2])
