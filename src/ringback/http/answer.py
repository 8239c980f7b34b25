"""An HTTP answer as a value, and the one way it is sent."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON = (b"content-type", b"application/json; charset=utf-8")
NO_STORE = (b"cache-control", b"no-store")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers; the length is added when it is sent."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = (JSON,)


def enveloped(entries: object) -> bytes:
    """A body in the envelope of the Scheduler API: ``{"data": [...]}``."""
    return orjson.dumps({"data": entries})


def problem(status: int, code: str, message: str, *headers: Header, **details: Any) -> Answer:
    """An error in the envelope of the Scheduler API."""
    return Answer(status, enveloped([{"status": code, "message": message, **details}]), (JSON, NO_STORE, *headers))


async def send_answer(send: Send, answer: Answer, *headers: Header, with_body: bool = True) -> None:
    """Send it. ``with_body=False`` answers a HEAD request: all headers, no body."""
    length = (b"content-length", str(len(answer.body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, *headers] if answer.status == 304 else [*answer.headers, *headers, length],
        }
    )
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})
