"""What an endpoint is, as data: the vocabulary in which ``contract.py`` is written, and the requests it describes.

Definitions are plain sentences, where backticks mark code. Schemas are JSON Schema 2020-12, as OpenAPI 3.1 uses it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
SECONDS: Schema = {"type": "integer", "minimum": 0}
UNIX_TIME: Schema = {"type": "integer", "minimum": 1, "maximum": 9_007_199_254}
PUBLIC_ID: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
"""The id of an organization, widget or call target as it stands in a path."""

TOKEN_VARIABLE = "$RINGBACK_TOKEN"  # noqa: S105 - the name of a variable in the reader's shell
"""Where the example commands find the reader's token."""


class Scope(StrEnum):
    """Whom an endpoint is about, and so which access control policy guards it."""

    ORGANIZATION = "organization"
    WIDGET = "widget"
    CALL_TARGET = "call_target"


class Entries(StrEnum):
    """How many objects stand in ``data``."""

    ONE = "one"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Word:
    """One value of a closed list, and what it means."""

    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something a caller may send. ``parts`` are the keys of each element of an array of objects."""

    name: str
    schema: Schema
    definition: str
    example: Any
    required: bool = False
    words: tuple[Word, ...] = ()
    parts: tuple["Parameter", ...] = ()

    @property
    def type(self) -> str:
        """The type in words."""
        return type_words(self.schema)


@dataclass(frozen=True, slots=True)
class AnswerField:
    """A field of an answer. Not ``always`` there: the definition says when. ``fields`` are those of each element."""

    name: str
    schema: Schema
    definition: str
    nullable: bool = False
    always: bool = True
    words: tuple[Word, ...] = ()
    fields: tuple["AnswerField", ...] = ()

    @property
    def type(self) -> str:
        """The type in words."""
        return type_words(self.schema) + (" or null" if self.nullable else "")


@dataclass(frozen=True, slots=True)
class AnswerHeader:
    """A header of an answer."""

    name: str
    schema: Schema
    definition: str
    example: str


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """An error: the word in ``data[0].status``, the HTTP status, and when it is answered."""

    status: str
    http_status: int
    when: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the API."""

    key: str
    """Its name for programs: the operation id, and the anchor in the reference."""
    name: str
    method: str
    path: str
    """With ``:id`` or ``:wid`` where the public id stands."""
    definition: str
    scope: Scope
    entries: Entries
    query_parameters: tuple[Parameter, ...]
    header_parameters: tuple[Parameter, ...]
    body_parameters: tuple[Parameter, ...]
    answer_fields: tuple[AnswerField, ...]
    answer_headers: tuple[AnswerHeader, ...]
    """Those of a 200; the others carry what their status asks for."""
    errors: tuple[ErrorCase, ...]
    example_answer: Mapping[str, Any]
    example_body: Mapping[str, Any] | None = None
    one_of: tuple[str, ...] = ()
    """Keys of the body of which at least one must be there."""

    @property
    def path_parameter(self) -> str:
        """The name of the public id in the path: ``id`` or ``wid``."""
        return "wid" if self.scope is Scope.WIDGET else "id"


def url(endpoint: Endpoint, base_url: str, public_id: str, query: Mapping[str, str] | None = None) -> str:
    """The endpoint's address for one organization, widget or call target. ``base_url`` has no slash at its end."""
    path = endpoint.path.replace(f":{endpoint.path_parameter}", quote(public_id, safe=""))
    return f"{base_url}{path}" + (f"?{urlencode(query)}" if query else "")


def curl(
    endpoint: Endpoint,
    base_url: str,
    public_id: str,
    *,
    token: str | None = TOKEN_VARIABLE,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> str:
    """A complete command to paste into any POSIX shell.

    ``token`` is a token, a placeholder for one, a shell variable (``$NAME``) or ``None`` to send none; ``body`` is what
    to send instead of the endpoint's example.
    """
    begin = "curl -X POST" if endpoint.method == "POST" else "curl"
    parts = [f"{begin} {_quoted(url(endpoint, base_url, public_id, query))}"]
    if token is not None:
        parts.append(f"-H {_authorization(token)}")
    if endpoint.method == "POST":
        sent = endpoint.example_body if body is None else body
        parts.append("-H 'Content-Type: application/json'")
        parts.append(f"--data-raw {_quoted(json.dumps(sent, ensure_ascii=False))}")
    return " \\\n  ".join(parts)


def type_words(schema: Schema) -> str:
    """A schema's type in words: "integer", "array of integers", "string or integer"."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_words(choice) for choice in schema["anyOf"]))
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return " or ".join(_array_words(schema) if name == "array" else name for name in types)


def _array_words(schema: Schema) -> str:
    return f"array of {type_words(schema['items'])}s" if "items" in schema else "array of objects"


def _authorization(token: str) -> str:
    if re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*", token):
        return f'"Authorization: Bearer {token}"'  # double quotes, so that the shell puts the value in
    return _quoted(f"Authorization: Bearer {token}")


def _quoted(text: str) -> str:
    """``text`` as one word of a POSIX shell, whatever it holds."""
    return "'" + text.replace("'", "'\\''") + "'"
