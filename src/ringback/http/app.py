"""The ASGI application: the Scheduler API first, everything else behind it."""

import itertools
import os
from collections.abc import Awaitable, Callable

import structlog

from ringback.http.answer import Message, Receive, Scope, Send, problem, send_answer
from ringback.http.errors import answer_error
from ringback.http.metrics import Requests
from ringback.http.queue_stats.router import PREFIX, QueueStatsApi
from ringback.http.scheduler.router import PREFIXES, SchedulerApi
from ringback.http.texts.router import PREFIX as TEXTS_PREFIX
from ringback.http.texts.router import TextsApi

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class HttpApp:
    """Gives every request its id and hands it to the API that it asks, or to the pages."""

    def __init__(
        self, scheduler: SchedulerApi, queue_stats: QueueStatsApi, texts: TextsApi, pages: Asgi, requests: Requests
    ) -> None:
        self._scheduler = scheduler
        self._queue_stats = queue_stats
        self._texts = texts
        self._pages = pages
        self._requests = requests
        self._process = os.urandom(6).hex().encode()
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. There are no websockets, and starting and stopping is the composition root's."""
        if scope["type"] != "http":
            return
        request_id = b"%s-%x" % (self._process, next(self._numbers))
        scope["ringback.request_id"] = request_id
        if scope["method"] != "GET":  # those log only what goes wrong, and bind it then
            structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        if scope["path"].startswith(PREFIXES):
            await self._scheduler(scope, receive, send)
        elif scope["path"].startswith(TEXTS_PREFIX):
            await self._texts(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self._queue_stats(scope, receive, send)
        elif scope["path"].startswith("/api/"):
            await send_answer(send, problem(404, "NotFound", "There is nothing here."), (b"x-request-id", request_id))
        else:
            await self._page(scope, receive, send, request_id)

    async def _page(self, scope: Scope, receive: Receive, send: Send, request_id: bytes) -> None:
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            await send(message)

        try:
            await self._pages(scope, receive, sending)
        except Exception as error:
            if status:  # the answer has begun: it can only be broken off
                raise
            structlog.contextvars.bind_contextvars(request_id=request_id.decode())
            await send_answer(sending, answer_error(error), with_body=scope["method"] != "HEAD")
        self._requests.count("page", status)
