"""The OpenAPI 3.1 document of the API, built from its contract.

Schemas are as strict as the endpoints are, so that a tool can tell from the document alone what is accepted, what is
refused and how.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.scheduler.endpoint import (
    PUBLIC_ID,
    AnswerField,
    AnswerHeader,
    Endpoint,
    Entries,
    ErrorCase,
    Parameter,
    Schema,
    Scope,
    Word,
)
from ringback.http.scheduler.fields import ERROR_HEADERS, NO_STORE, REQUEST_ID
from ringback.http.scheduler.parameters import IF_NONE_MATCH, TYPES

Node = dict[str, Any]
"""An object of the document."""

_NULL: Schema = {"type": "null"}
_A_TOKEN: list[Node] = [{"bearer": []}, {"apiToken": []}]
_MAYBE_A_TOKEN: list[Node] = [*_A_TOKEN, {}]
_SUBJECTS = {
    Scope.ORGANIZATION: "organization",
    Scope.WIDGET: "widget or convey",
    Scope.CALL_TARGET: "call target",
}
_NO_BRACKETS = r"^[^\x00-\x1f\x7f-\x9f\[\]]*$"

_DESCRIPTION = """\
Ask for a callback, see where it stands, cancel it.

Every answer has the envelope `{"data": [...]}`. An error is one object in it, with `status`, a word for programs, and
`message`, a sentence for people. Times are Unix seconds in UTC, durations are seconds. In a body `null` is the same as
absent, and unknown keys are ignored.

Whether a token is needed is decided by the access control policy of the organization or widget. What tells us
something about a call target always needs one.
"""


def document(version: str, server_url: str | None = None) -> Node:
    """The whole document. ``server_url`` is where the API is reached; without it, where the document was read."""
    paths: Node = {}
    for endpoint in EVERY_ENDPOINT:
        path = endpoint.path.replace(f":{endpoint.path_parameter}", f"{{{endpoint.path_parameter}}}")
        paths[path] = {endpoint.method.lower(): _operation(endpoint)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ringback Scheduler API",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server_url or "/"}],
        "tags": [
            {"name": "organization", "description": "About all of an organization. Closed unless opened by a policy."},
            {"name": "widget", "description": "About one widget or convey. Open unless closed by a policy."},
            {"name": "call_target", "description": "About one call target. For contact centres; always with a token."},
            {"name": "operation", "description": "For those who run the server."},
        ],
        "paths": paths | _operation_paths(),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API access token."},
                "apiToken": {"type": "apiKey", "in": "header", "name": "X-Api-Token"},
            },
            "schemas": {name: schema for endpoint in EVERY_ENDPOINT for name, schema in _schemas(endpoint)},
        },
    }


def _operation(endpoint: Endpoint) -> Node:
    operation: Node = {
        "operationId": endpoint.key,
        "summary": endpoint.name,
        "description": endpoint.definition,
        "tags": [endpoint.scope.value],
        "security": _A_TOKEN if endpoint.scope is Scope.CALL_TARGET else _MAYBE_A_TOKEN,
        "parameters": [
            {
                "name": endpoint.path_parameter,
                "in": "path",
                "required": True,
                "schema": PUBLIC_ID,
                "description": f"The public id of the {_SUBJECTS[endpoint.scope]}.",
            },
            *(_parameter("query", parameter) for parameter in endpoint.query_parameters),
            *(_parameter("header", parameter) for parameter in endpoint.header_parameters),
        ],
        "responses": {"200": _success(endpoint), **_refusals(endpoint)},
    }
    if endpoint.body_parameters:
        operation["requestBody"] = _request_body(endpoint)
    return operation


def _parameter(place: str, parameter: Parameter) -> Node:
    return {
        "name": parameter.name,
        "in": place,
        "required": parameter.required,
        "description": parameter.definition,
        "schema": parameter.schema,
        "example": parameter.example,
    }


def _request_body(endpoint: Endpoint) -> Node:
    form: Node = {"schema": _reference(endpoint, "Form"), "example": endpoint.example_body}
    if any(parameter.name == "user_data" for parameter in endpoint.body_parameters):
        form["encoding"] = {"user_data": {"style": "deepObject", "explode": True}}  # user_data[key]=value
    return {
        "required": True,
        "content": {
            "application/json": {"schema": _reference(endpoint, "Body"), "example": endpoint.example_body},
            "application/x-www-form-urlencoded": form,
        },
    }


def _success(endpoint: Endpoint) -> Node:
    entry: Node = _reference(endpoint, "Entry")
    if TYPES in endpoint.query_parameters:
        entry = {"anyOf": [entry, _reference(endpoint, "EntryOfStrings")]}
    return {
        "description": "Answered.",
        "headers": _headers((REQUEST_ID, *endpoint.answer_headers)),
        "content": {
            "application/json": {
                "schema": _envelope(entry, one=endpoint.entries is Entries.ONE),
                "example": endpoint.example_answer,
            }
        },
    }


def _refusals(endpoint: Endpoint) -> Node:
    """The answers other than 200, by HTTP status."""
    refusals: Node = {}
    if IF_NONE_MATCH in endpoint.header_parameters:
        refusals["304"] = {
            "description": "Nothing has changed.",
            "headers": _headers((REQUEST_ID, *ERROR_HEADERS[304])),
        }
    for status, cases in groupby(sorted(endpoint.errors, key=_http_status), key=_http_status):
        refusals[str(status)] = _refusal(status, list(cases))
    return refusals


def _refusal(status: int, cases: list[ErrorCase]) -> Node:
    error: Node = {
        "type": "object",
        "required": ["status", "message"],
        "properties": {
            "status": {"type": "string", "enum": list(dict.fromkeys(case.status for case in cases))},
            "message": {"type": "string"},
        },
    }
    return {
        "description": _listed((case.status, case.when) for case in cases),
        "headers": _headers((REQUEST_ID, NO_STORE, *ERROR_HEADERS.get(status, ()))),
        "content": {"application/json": {"schema": _envelope(error, one=True)}},
    }


def _http_status(case: ErrorCase) -> int:
    return case.http_status


def _headers(headers: Iterable[AnswerHeader]) -> Node:
    return {
        header.name: {
            "required": True,
            "description": header.definition,
            "schema": header.schema,
            "example": header.example,
        }
        for header in headers
    }


def _envelope(entry: Node, *, one: bool) -> Node:
    data: Node = {"type": "array", "items": entry}
    if one:
        data |= {"minItems": 1, "maxItems": 1}
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def _reference(endpoint: Endpoint, part: str) -> Node:
    return {"$ref": f"#/components/schemas/{_schema_name(endpoint, part)}"}


def _schema_name(endpoint: Endpoint, part: str) -> str:
    return endpoint.key.title().replace("_", "") + part


def _schemas(endpoint: Endpoint) -> Iterable[tuple[str, Node]]:
    """The endpoint's named schemas."""
    yield _schema_name(endpoint, "Entry"), _entry_schema(endpoint.answer_fields)
    if TYPES in endpoint.query_parameters:
        yield _schema_name(endpoint, "EntryOfStrings"), _entry_of_strings_schema(endpoint.answer_fields)
    if endpoint.body_parameters:
        one_of = _one_of(endpoint)
        yield _schema_name(endpoint, "Body"), _body_schema(endpoint.body_parameters) | one_of
        yield _schema_name(endpoint, "Form"), _form_schema(endpoint.body_parameters) | one_of


def _one_of(endpoint: Endpoint) -> Node:
    """That some key of these is there, with a value: null, or nothing in a form, is as good as absent."""
    choices = [parameter for parameter in endpoint.body_parameters if parameter.name in endpoint.one_of]
    if not choices:
        return {}
    return {"anyOf": [{"required": [each.name], "properties": {each.name: each.schema}} for each in choices]}


def _entry_schema(fields: tuple[AnswerField, ...]) -> Node:
    return {
        "type": "object",
        "required": [field.name for field in fields if field.always],
        "properties": {field.name: _field_schema(field) for field in fields},
    }


def _field_schema(field: AnswerField) -> Node:
    schema = {**field.schema, "description": _described(field.definition, field.words)}
    if field.words:
        schema["enum"] = [word.value for word in field.words]
    if field.fields:
        schema["items"] = _entry_schema(field.fields)
    return _or_null(schema) if field.nullable else schema


def _entry_of_strings_schema(fields: tuple[AnswerField, ...]) -> Node:
    schema = _entry_schema(fields)
    for field in fields:
        if field.schema["type"] != "string":
            text = {"type": "string", "description": field.definition}
            schema["properties"][field.name] = _or_null(text) if field.nullable else text
    return schema


def _body_schema(parameters: tuple[Parameter, ...]) -> Node:
    return {
        "type": "object",
        "required": [parameter.name for parameter in parameters if parameter.required],
        "properties": {parameter.name: _body_parameter_schema(parameter) for parameter in parameters},
    }


def _body_parameter_schema(parameter: Parameter) -> Node:
    schema = {**parameter.schema, "description": parameter.definition, "examples": [parameter.example]}
    if parameter.parts:
        schema["items"] = _body_schema(parameter.parts)
    return schema if parameter.required else _or_null(schema)


def _form_schema(parameters: tuple[Parameter, ...]) -> Node:
    return {
        "type": "object",
        "required": [parameter.name for parameter in parameters if parameter.required],
        "properties": {parameter.name: _form_parameter_schema(parameter) for parameter in parameters},
    }


def _form_parameter_schema(parameter: Parameter) -> Node:
    """As in a JSON body, except that a form knows no types: an empty value is an absent one."""
    told: Node = {"description": parameter.definition}
    if parameter.parts:
        return {**told, "type": "string", "contentMediaType": "application/json"}
    if parameter.schema.get("type") == "object":
        values = parameter.schema["additionalProperties"]["anyOf"][0]
        names = {**parameter.schema["propertyNames"], "pattern": _NO_BRACKETS}
        return {**parameter.schema, **told, "propertyNames": names, "additionalProperties": values}
    if parameter.schema.get("type") in {"integer", "number"}:
        return {**told, "anyOf": [parameter.schema, {"type": "string", "maxLength": 0}]}
    return {**parameter.schema, **told}


def _or_null(schema: Node) -> Node:
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], _NULL]}
    return {**schema, "type": [schema["type"], "null"]}


def _described(definition: str, words: tuple[Word, ...]) -> str:
    return f"{definition}\n\n{_listed((word.value, word.meaning) for word in words)}" if words else definition


def _listed(lines: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in lines)


def _operation_paths() -> Node:
    text = {"text/plain": {"schema": {"type": "string"}}}
    state = {
        "application/json": {
            "schema": {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
        }
    }
    answered = {"description": "Yes.", "content": state}
    unready = {"description": "Not now; `reason` says why.", "content": state}
    return {
        "/healthz": {"get": _plain("healthz", "Is the process alive?", {"200": answered})},
        "/readyz": {"get": _plain("readyz", "Can it serve?", {"200": answered, "503": unready})},
        "/metrics": {
            "get": _plain(
                "metrics", "Metrics for Prometheus", {"200": {"description": "The metrics.", "content": text}}
            )
        },
    }


def _plain(key: str, summary: str, responses: Node) -> Node:
    return {"operationId": key, "summary": summary, "tags": ["operation"], "security": [], "responses": responses}
