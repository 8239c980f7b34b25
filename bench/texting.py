"""A gateway and its customers, in a process of their own: ``python -m bench.texting`` with a ``Talk`` as JSON.

The gateway takes every text over at once. The customers text ``@callme``, ``billing`` and ``asap``, each as soon as the
answer to the one before has arrived, and are told by signed webhooks over a few connections. Printed is how long that
took, as JSON: see ``Found``.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn

from bench.wrk import FIRST_NUMBER

ACCOUNT = "AC" + "0" * 32
AUTH_TOKEN = "auth-token-of-the-bench"
OUR_NUMBER = "+12125550199"

WORDS = ("@callme", "billing", "asap")
_CONNECTIONS = 50
_PATIENCE_SECONDS = 300
_CONFIRMED = "Your callback is confirmed."


@dataclass(frozen=True)
class Talk:
    """Who texts whom: ``at_once`` customers at any time, until so many ``conversations`` are over."""

    webhook: str
    gateway_port: int
    conversations: int
    at_once: int


@dataclass
class Found:
    """All in seconds. An answer's time is from the webhook's request to the text at the gateway."""

    webhooks: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    took: float = 0.0
    texts_out: int = 0


class Gateway:
    """Takes texts over, and wakes whoever waits for one."""

    def __init__(self) -> None:
        self.texts = 0
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._ids = count(1)

    def awaited(self, number: str) -> "asyncio.Future[str]":
        """The next text to that number."""
        self._waiting[number] = asyncio.get_running_loop().create_future()
        return self._waiting[number]

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """``POST .../Messages.json``: the ASGI application."""
        body, more = b"", True
        while more:
            part = await receive()
            body += part.get("body", b"")
            more = part.get("more_body", False)
        form = dict(parse_qsl(body.decode()))
        self.texts += 1
        waiting = self._waiting.pop(form["To"], None)
        if waiting is not None:
            waiting.set_result(form["Body"])
        text = {"sid": f"SM{next(self._ids):032x}", "status": "queued", "to": form["To"], "body": form["Body"]}
        document = json.dumps(text).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(document)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": document})


class Webhooks:
    """Tells the server of texts, over connections that stay open."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._parts = urlsplit(url)
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._ids = count(1)

    async def connect(self) -> None:
        """Open the connections."""
        for _ in range(_CONNECTIONS):
            self._free.put_nowait(await asyncio.open_connection(self._parts.hostname, self._parts.port))

    async def tell(self, sender: str, body: str) -> tuple[float, float]:
        """Tell of a text; when it was sent, and how long the answer took."""
        sid = f"SM{next(self._ids):032x}"
        form = {"MessageSid": sid, "From": sender, "To": OUR_NUMBER, "Body": body, "NumMedia": "0", "NumSegments": "1"}
        content = urlencode(form).encode()
        head = (
            f"POST {self._parts.path} HTTP/1.1\r\nHost: {self._parts.netloc}\r\nX-Twilio-Signature: "
            f"{_signature(self._url, form)}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        reader, writer = connection = await self._free.get()
        begun = time.perf_counter()
        writer.write(head.encode() + content)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        took = time.perf_counter() - begun
        self._free.put_nowait(connection)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"the webhook was answered with {answer.decode('latin-1')}")
        return begun, took


async def talk(asked: Talk) -> Found:
    """Hold the conversations."""
    found, gateway, webhooks = Found(), Gateway(), Webhooks(asked.webhook)
    listening = socket.create_server(("127.0.0.1", asked.gateway_port), backlog=1024)
    server = uvicorn.Server(uvicorn.Config(gateway, lifespan="off", log_level="warning", access_log=False))
    serving = asyncio.create_task(server.serve([listening]))
    await webhooks.connect()
    places = asyncio.Semaphore(asked.at_once)

    async def converse(number: str) -> None:
        async with places:
            for word in WORDS:
                arrived = gateway.awaited(number)
                begun, took = await webhooks.tell(number, word)
                said = await arrived
                found.webhooks.append(took)
                found.answers.append(time.perf_counter() - begun)
            if not said.startswith(_CONFIRMED):
                raise RuntimeError(f"a conversation ended with: {said}")

    begun = time.perf_counter()
    async with asyncio.timeout(_PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        for place in range(asked.conversations):
            group.create_task(converse(f"+1212{FIRST_NUMBER + place}"))
    found.took, found.texts_out = time.perf_counter() - begun, gateway.texts
    server.should_exit = True
    await serving
    return found


def _signature(url: str, form: Mapping[str, str]) -> str:
    """As Twilio signs: the address, and the fields in the order of their names."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(talk(Talk(**json.loads(sys.argv[1])))))), flush=True)
