"""``scheduler-api.md``: every endpoint, from the contract that serves it."""

import json
import re
from collections.abc import Iterable

from docs.generate.markdown import block, code, document, table

from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.scheduler import examples
from ringback.http.scheduler.contract import COMMON_ERRORS, curl
from ringback.http.scheduler.endpoint import AnswerField, Endpoint, Entries, ErrorCase, Parameter, Scope, Word
from ringback.http.scheduler.parameters import ACCESS_HEADERS

_BASE_URL = "https://callbacks.example.com"
_IDS = {
    Scope.ORGANIZATION: "c9gh4xky864kt9se",
    Scope.WIDGET: "mdadjaps627hme7b",
    Scope.CALL_TARGET: examples.BILLING_TARGET,
}

_INTRODUCTION = """\
Five endpoints that speak JSON over HTTP, and a sixth for contact centres, which is Ringback's own. A running Ringback
shows the same at `/docs`, and as OpenAPI 3.1 at `/openapi.json`.

- Bodies are JSON, or forms (`application/x-www-form-urlencoded`; write `user_data[key]=value`). At most 64 KiB. Unknown
  keys are ignored.
- Every answer is `{"data": [...]}`, errors too. Times are UTC in Unix seconds, durations are seconds.
- `:id` is the public id of the organization or call target, `:wid` that of a widget or convey. `ringback apply` prints
  them all.
- Organization endpoints are closed until an access control policy opens them; widget endpoints are open until one
  closes them; the call target endpoint always needs a token. See [guard the API](../how-to/guard-the-api.md).
- Every answer carries `X-Request-Id`. Status answers carry a weak `ETag`: send it back as `If-None-Match` and the
  answer is 304 while nothing has changed.
- No answer in time, or one that you do not know, means: send the caller to an agent."""


def page() -> str:
    """The page."""
    return document(
        "Scheduler API",
        _INTRODUCTION,
        table(
            ("endpoint", "method and path"),
            [
                (f"[{each.name}](#{each.name.lower().replace(' ', '-')})", code(f"{each.method} {each.path}"))
                for each in EVERY_ENDPOINT
            ],
        ),
        "## Headers of every request",
        _parameters("header", ACCESS_HEADERS),
        "## Errors of every endpoint",
        _errors(COMMON_ERRORS),
        *(part for endpoint in EVERY_ENDPOINT for part in _endpoint(endpoint)),
    )


def _endpoint(endpoint: Endpoint) -> list[str]:
    many = " One object for each." if endpoint.entries is Entries.ANY else ""
    token = None if endpoint.scope is Scope.WIDGET else "$RINGBACK_TOKEN"
    own_errors = [case for case in endpoint.errors if case not in COMMON_ERRORS]
    return [
        f"## {endpoint.name}",
        code(f"{endpoint.method} {endpoint.path}"),
        endpoint.definition,
        *_titled("Query", _parameters("parameter", endpoint.query_parameters)),
        *_titled("Headers", _parameters("header", endpoint.header_parameters)),
        *_titled("Body", _parameters("key", endpoint.body_parameters)),
        "### Answer of " + endpoint.name,
        f"HTTP 200. The fields of the objects in `data`.{many}",
        _fields(endpoint.answer_fields),
        *_titled("Errors", _errors(own_errors)),
        "**Example**",
        block("bash", curl(endpoint, _BASE_URL, _IDS[endpoint.scope], token=token)),
        block("json", _json(endpoint.example_answer)),
    ]


def _titled(title: str, text: str) -> list[str]:
    return [f"**{title}**", text] if text else []


def _parameters(head: str, parameters: Iterable[Parameter], prefix: str = "") -> str:
    return table((head, "type", "definition"), [row for each in parameters for row in _parameter(each, prefix)])


def _parameter(parameter: Parameter, prefix: str) -> list[tuple[str, str, str]]:
    needed = " (required)" if parameter.required else ""
    row = (code(prefix + parameter.name) + needed, parameter.type, parameter.definition + _words(parameter.words))
    inner = f"{prefix}{parameter.name}[]."
    return [row, *(line for part in parameter.parts for line in _parameter(part, inner))]


def _fields(fields: Iterable[AnswerField]) -> str:
    return table(("field", "type", "meaning"), [row for field in fields for row in _field(field, "")])


def _field(field: AnswerField, prefix: str) -> list[tuple[str, str, str]]:
    row = (code(prefix + field.name), field.type, field.definition + _words(field.words))
    return [row, *(line for inner in field.fields for line in _field(inner, f"{prefix}{field.name}[]."))]


def _words(words: Iterable[Word]) -> str:
    return "".join(f"\n{code(word.value)}: {word.meaning}" for word in words)


def _errors(cases: Iterable[ErrorCase]) -> str:
    return table(("status", "HTTP", "when"), [(code(case.status), str(case.http_status), case.when) for case in cases])


def _json(value: object) -> str:
    """Indented, but lists of numbers on one line."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return re.sub(r"\[\s+(\d[\d,\s]*?)\s+\]", lambda numbers: f"[{' '.join(numbers[1].split())}]", text)
