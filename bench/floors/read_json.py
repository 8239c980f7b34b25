"""The floor of writing: an ASGI function that reads a body, parses its JSON and answers, and keeps nothing."""

import orjson

from bench.floors.asgi import Receive, Scope, Send

_ANSWER = orjson.dumps(
    {
        "data": [
            {
                "status": "Requested",
                "message": "Your callback is confirmed. We will call you in approximately 7 minutes.",
                "callback_request_id": "01jd0000000000000000000000",
                "requested_at": 1_900_000_000,
                "ewt": 420,
                "manage_url": f"http://127.0.0.1:8080/m/org00000.01jd0000000000000000000000.{'x' * 24}",
            }
        ]
    }
)
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-request-id", b"000000000000-1"),
        (b"content-length", str(len(_ANSWER)).encode()),
    ],
}
_BODY = {"type": "http.response.body", "body": _ANSWER}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request once its body is read."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    if scope["method"] == "POST":
        orjson.loads(body)
    await send(_START)
    await send(_BODY)
