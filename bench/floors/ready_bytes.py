"""The floor of reading: an ASGI function that sends the very bytes of one of Ringback's answers, and does nothing else.

``BENCH_ANSWER`` names the file with the answer: ``{"headers": [[name, value], ...], "body": "..."}``.
"""

import json
import os
from pathlib import Path

from bench.floors.asgi import Receive, Scope, Send

_answer = json.loads(Path(os.environ["BENCH_ANSWER"]).read_text(encoding="utf-8"))
_start = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(name.encode(), value.encode()) for name, value in _answer["headers"]],
}
_body = {"type": "http.response.body", "body": _answer["body"].encode()}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer."""
    await send(_start)
    await send(_body)
