"""Trying an endpoint from a page: the request is made here, as if the person's own machine had made it."""

from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson

from ringback.console.desk import Desk
from ringback.console.entries import Entry, Handler, post
from ringback.console.pages.api import SHOWN, Tried, api_page, needed_to_try
from ringback.console.visit import Visit
from ringback.http.answer import Answer, Header
from ringback.http.scheduler.contract import url
from ringback.http.scheduler.endpoint import Endpoint, Parameter

_FORWARDED = {b"host", b"x-forwarded-for", b"forwarded"}
"""Headers that say where the person's request came from: the policy looks at them."""
_MOST_DIGITS = 18
"""Of a number, so that JSON can hold it."""


def _trying(endpoint: Endpoint) -> Handler:
    async def try_it(visit: Visit) -> Answer:
        return await api_page(visit, await try_endpoint(visit, endpoint, visit.org))

    return try_it


async def try_endpoint(visit: Visit, endpoint: Endpoint, public_id: str) -> Tried:
    """What an endpoint answers to what was typed: the form's ``token``, and ``p-`` and the name of each parameter."""
    sent = {name.removeprefix("p-"): value.strip() for name, value in visit.form.items() if name.startswith("p-")}
    query = {each.name: sent[each.name] for each in endpoint.query_parameters if sent.get(each.name)}
    body = {each.name: _typed(each, sent[each.name]) for each in endpoint.body_parameters if sent.get(each.name)}
    path = url(endpoint, "", public_id)
    status, text = await _answered(visit, endpoint, path, query, body, visit.form.get("token", "").strip())
    line = f"{endpoint.method} {path}" + (f"?{urlencode(query)}" if query else "")
    return Tried(endpoint.key, status, HTTPStatus(status).phrase, text, line)


def _typed(parameter: Parameter, text: str) -> str | int:
    """A field says everything as text; JSON tells numbers apart."""
    is_number = parameter.schema.get("type") == "integer" and text.isascii() and text.isdigit()
    return int(text[:_MOST_DIGITS]) if is_number else text


async def _answered(
    visit: Visit, endpoint: Endpoint, path: str, query: dict[str, str], body: dict[str, str | int], token: str
) -> tuple[int, str]:
    """Status and text of the answer. The token goes into the request and nowhere else."""
    headers: list[Header] = [each for each in visit.exchange.scope["headers"] if each[0] in _FORWARDED]
    headers.append((b"content-type", b"application/json"))
    if token:
        headers.append((b"authorization", b"Bearer " + token.encode("latin-1", "replace")))
    scope = {
        **visit.exchange.scope,
        "method": endpoint.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(query).encode(),
        "headers": headers,
    }
    return await _run(visit.desk, scope, orjson.dumps(body) if endpoint.method == "POST" else b"")


async def _run(desk: Desk, scope: dict[str, Any], body: bytes) -> tuple[int, str]:
    said: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    await desk.api(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in said)
    return int(said[0]["status"]), orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2).decode()


ENTRIES: tuple[Entry, ...] = tuple(
    post(f"/{{org}}/scheduler/api/try/{endpoint.key}", _trying(endpoint), needed_to_try(endpoint)) for endpoint in SHOWN
)
