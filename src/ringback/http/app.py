"""The ASGI application: the Scheduler API first, everything else behind it."""

import itertools
import os
from collections.abc import Awaitable, Callable

import structlog

from ringback.http.answer import Receive, Scope, Send, problem, send_answer
from ringback.http.errors import answer_error
from ringback.http.scheduler.router import PREFIXES, SchedulerApi

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class HttpApp:
    """Gives every request its id and hands it to the Scheduler API or to the pages."""

    def __init__(self, scheduler: SchedulerApi, pages: Asgi) -> None:
        self._scheduler = scheduler
        self._pages = pages
        self._process = os.urandom(6).hex().encode()
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. There are no websockets, and starting and stopping is the composition root's."""
        if scope["type"] != "http":
            return
        request_id = b"%s-%x" % (self._process, next(self._numbers))
        scope["ringback.request_id"] = request_id
        if scope["method"] != "GET":
            structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        if scope["path"].startswith(PREFIXES):
            await self._scheduler(scope, receive, send)
        elif scope["path"].startswith("/api/"):
            await send_answer(send, problem(404, "NotFound", "There is nothing here."), (b"x-request-id", request_id))
        else:
            await self._page(scope, receive, _with_request_id(send, request_id))

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: dict[str, object]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._pages(scope, receive, watched)  # type: ignore[arg-type]
        except Exception as error:
            if begun:
                raise
            await send_answer(send, answer_error(error))


def _with_request_id(send: Send, request_id: bytes) -> Send:
    async def sending(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            message["headers"] = [*headers, (b"x-request-id", request_id)]  # type: ignore[misc]
        await send(message)

    return sending  # type: ignore[return-value]
