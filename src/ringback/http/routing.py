"""From a path to an endpoint of the API, ahead of any framework: these are the requests that every page polls."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from ringback.http.address import TrustedProxies
from ringback.http.answer import Answer, Header, Receive, Scope, Send, problem, send_answer
from ringback.http.errors import answer_error
from ringback.http.metrics import Requests
from ringback.http.scheduler.exchange import BodyTooLarge, Disconnected, Exchange
from ringback.kernel.clock import Clock
from ringback.kernel.errors import NotFound
from ringback.limits.rate import RateLimiter

Handler = Callable[[Exchange, str], Awaitable[Answer]]
"""Answers a request about the organization, widget or call target whose id stands in the path."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_FOUND = NotFound("There is nothing here.")


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: how it is called, and whether web pages of other origins may call it."""

    name: str
    method: str
    handler: Handler
    from_web_pages: bool


@dataclass(frozen=True, slots=True)
class Front:
    """What every request meets first, whatever it asks for."""

    clock: Clock
    trusted_proxies: TrustedProxies
    limiter: RateLimiter
    """Shared by all that counts the same meters: the API, the pages, and conversations by text."""
    requests: Requests


Routes = Mapping[tuple[str, str, str], Route]
"""The endpoint of ``/<first>/<second>/<id>`` with ``""``, or of ``/<first>/<second>/<id>/<third>``."""


class Endpoints:
    """Some endpoints of the API as one ASGI application."""

    def __init__(self, routes: Routes, front: Front) -> None:
        self._routes = routes
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every failure becomes an answer of the contract."""
        route, subject = self._find(scope["path"], scope["raw_path"])
        method = scope["method"]
        request_id = scope["ringback.request_id"]
        try:
            answer = await self._answer(route, subject, method, scope, receive)
        except Disconnected:
            return
        except BodyTooLarge as error:
            answer = problem(413, error.code, error.message)
        except Exception as error:  # noqa: BLE001 - no input may end in anything but an answer of the contract
            structlog.contextvars.bind_contextvars(request_id=request_id.decode())
            answer = answer_error(error)
        self._front.requests.count(route.name if route else "unknown", answer.status)
        headers: tuple[Header, ...] = ((b"x-request-id", request_id),)
        if route and route.from_web_pages:
            headers += _FOR_WEB_PAGES
        await send_answer(send, answer, *headers, with_body=method != "HEAD")

    async def _answer(self, route: Route | None, subject: str, method: str, scope: Scope, receive: Receive) -> Answer:
        if route is None:
            raise _NOT_FOUND
        if method == "OPTIONS" and route.from_web_pages:
            return Answer(204, b"", (_allow(route), *_PREFLIGHT))
        if method != route.method and not (method == "HEAD" and route.method == "GET"):
            return problem(405, "MethodNotAllowed", f"Use {route.method} for this address.", _allow(route))
        front = self._front
        exchange = Exchange(scope, receive, front.clock.now(), front.trusted_proxies, front.limiter)
        return await route.handler(exchange, subject)

    def _find(self, path: str, raw_path: bytes) -> tuple[Route | None, str]:
        if b"%2" in raw_path and b"%2f" in raw_path.lower():
            return None, ""  # an encoded slash is part of a name, and none of ours has one
        parts = path.split("/", 5)  # '', first, second, id, third
        if len(parts) not in {4, 5} or not _ID.fullmatch(parts[3]):
            return None, ""
        return self._routes.get((parts[1], parts[2], parts[4] if len(parts) == 5 else "")), parts[3]


_FOR_WEB_PAGES = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Retry-After, X-Request-Id"),
)
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Content-Type, Authorization, X-Api-Token, Idempotency-Key, If-None-Match"),
    (b"access-control-max-age", b"86400"),
)


def _allow(route: Route) -> Header:
    methods = "GET, HEAD" if route.method == "GET" else route.method
    return (b"allow", f"{methods}, OPTIONS".encode() if route.from_web_pages else methods.encode())
