"""The addresses of the customer's pages, and what every one of them does the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.routing import BaseRoute, Route

from ringback.availability.memory import Availability
from ringback.db.database import Database
from ringback.http.address import TrustedProxies
from ringback.http.answer import Answer, Receive, Scope, Send, send_answer
from ringback.http.customer.convey import Convey
from ringback.http.customer.look import Logos, look
from ringback.http.customer.manage import Manage
from ringback.http.customer.visit import Handler, Visit, error_page, fields, told
from ringback.http.links import Links
from ringback.http.scheduler.exchange import Disconnected, Exchange
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest
from ringback.limits.rate import RateLimiter


def customer_routes(
    *,
    db: Database,
    availability: Availability,
    links: Links,
    clock: Clock,
    trusted_proxies: TrustedProxies | None = None,
    limiter: RateLimiter | None = None,
) -> list[BaseRoute]:
    """The pages: a convey under ``/c/``, one's own callback under ``/m/``; the looks of both under ``/look/``.

    ``limiter`` is shared with whatever else counts the same meters; absent, the pages count by themselves.
    """
    proxies, meters = trusted_proxies or TrustedProxies.of(()), limiter or RateLimiter()

    def route(path: str, **handlers: Handler) -> Route:
        return Route(path, _Door(handlers, clock, proxies, meters))

    convey = Convey(db, availability, links)
    manage = Manage(db, availability, links)
    return [
        route("/c/{slug}", GET=convey.show, POST=convey.ask),
        route("/m/{token}", GET=manage.show),
        route("/m/{token}/cancel", GET=manage.confirm, POST=manage.cancel),
        route("/m/{token}/move", GET=manage.choose, POST=manage.move),
        route("/look/{name}.css", GET=look),
        route("/logo/{org}/{digest}", GET=Logos(availability).show),
        route("/c/{rest:path}"),
        route("/m/{rest:path}"),
    ]


@dataclass(frozen=True, slots=True)
class _Door:
    """The ASGI application behind a route, so that methods and errors are ours; without handlers nothing is there."""

    handlers: Mapping[str, Handler]
    clock: Clock
    trusted_proxies: TrustedProxies
    limiter: RateLimiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every failure becomes a page."""
        visit = self._visit(scope, receive)
        try:
            answer = await self._handled(scope["method"], visit)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - whatever happens, the customer sees a page
            answer = error_page(error, visit)
        await send_answer(send, answer, with_body=scope["method"] != "HEAD")

    async def _handled(self, method: str, visit: Visit) -> Answer:
        if not self.handlers:
            return told(404, visit)
        handler = self.handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            methods = ["GET", "HEAD", *(name for name in self.handlers if name != "GET")]
            return told(405, visit, ((b"allow", ", ".join(methods).encode()),))
        return await handler(visit)

    def _visit(self, scope: Scope, receive: Receive) -> Visit:
        exchange = Exchange(scope, receive, self.clock.now(), self.trusted_proxies, self.limiter)
        try:
            query = fields(scope["query_string"].decode("latin-1"))
        except InvalidRequest:
            query = {}  # no link of ours: the page does without
        accepts = exchange.header(b"accept-language")
        return Visit(exchange, scope["path_params"], query, accepts.decode("latin-1") if accepts else None)
