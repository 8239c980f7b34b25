"""The addresses of the customer's pages, and what every one of them does the same."""

from collections.abc import Mapping

from starlette.routing import BaseRoute, Route

from ringback.availability.memory import Availability
from ringback.db.database import Database
from ringback.http.address import TrustedProxies
from ringback.http.answer import Answer, Receive, Scope, Send, send_answer
from ringback.http.customer.convey import Convey
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
    """The pages: a convey under ``/c/``, one's own callback under ``/m/``.

    ``limiter`` is shared with whatever else counts the same meters; absent, the pages count by themselves.
    """
    doors = _Doors(clock, trusted_proxies or TrustedProxies.of(()), limiter or RateLimiter())
    convey = Convey(db, availability, links)
    manage = Manage(db, availability, links)
    return [
        doors.route("/c/{slug}", {"GET": convey.show, "POST": convey.ask}),
        doors.route("/m/{token}", {"GET": manage.show}),
        doors.route("/m/{token}/cancel", {"GET": manage.confirm, "POST": manage.cancel}),
        doors.route("/m/{token}/move", {"GET": manage.choose, "POST": manage.move}),
        doors.route("/c/{rest:path}", {}),
        doors.route("/m/{rest:path}", {}),
    ]


class _Doors:
    """Makes the routes; they share the clock, the proxies and the meters."""

    def __init__(self, clock: Clock, trusted_proxies: TrustedProxies, limiter: RateLimiter) -> None:
        self._clock = clock
        self._trusted_proxies = trusted_proxies
        self._limiter = limiter

    def route(self, path: str, handlers: Mapping[str, Handler]) -> Route:
        """A route to the handler of each method; without any there is nothing there."""

        class Door:
            """An ASGI application of its own, so that Starlette leaves methods and errors to it."""

            async def __call__(_, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: N805
                await self._answer(handlers, scope, receive, send)

        return Route(path, Door())

    async def _answer(self, handlers: Mapping[str, Handler], scope: Scope, receive: Receive, send: Send) -> None:
        visit = self._visit(scope, receive)
        try:
            answer = await _handled(handlers, scope["method"], visit)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - whatever happens, the customer sees a page
            answer = error_page(error, visit)
        await send_answer(send, answer, with_body=scope["method"] != "HEAD")

    def _visit(self, scope: Scope, receive: Receive) -> Visit:
        exchange = Exchange(scope, receive, self._clock.now(), self._trusted_proxies, self._limiter)
        try:
            query = fields(scope["query_string"].decode("latin-1"))
        except InvalidRequest:
            query = {}  # nobody's link: the page does without
        accepts = exchange.header(b"accept-language")
        return Visit(exchange, scope["path_params"], query, accepts.decode("latin-1") if accepts else None)


async def _handled(handlers: Mapping[str, Handler], method: str, visit: Visit) -> Answer:
    if not handlers:
        return told(404, visit)
    handler = handlers.get("GET" if method == "HEAD" else method)
    if handler is None:
        methods = ["GET", "HEAD", *(method for method in handlers if method != "GET")]
        return told(405, visit, ((b"allow", ", ".join(methods).encode()),))
    return await handler(visit)
