"""A Twilio on a port of this machine, written from its documentation: it takes texts, refuses what the documentation
says is refused, lists what it has, and signs its webhooks with the vendor's own library.

What it is told to do goes wrong: ``fail_next`` answers in its place, ``swallow_next`` takes the text over and breaks
the connection off before the answer.
"""

import json
import re
import threading
from base64 import b64encode
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0" * 32
TOKEN = "auth-token-of-the-tests"
OUR_NUMBERS = {"+12125550199", "+12125550198"}
SERVICE = "MG" + "0" * 32

REFUSED_BY_NUMBER = {"0021": (400, 21610), "0022": (400, 21211), "0026": (400, 21408)}

_E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass
class Failure:
    """An answer in place of the right one."""

    status: int
    code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class TwilioPeer:
    """The server. Texts that it took over are in ``texts``, oldest first; requests as they came in ``requests``."""

    def __init__(self) -> None:
        self.texts: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.failures: deque[Failure] = deque()
        self.swallows = 0
        self.clock = lambda: datetime.now(UTC)
        self._lock = threading.Lock()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
                self._answer("POST", form)

            def do_GET(self) -> None:
                self._answer("GET", dict(parse_qsl(urlsplit(self.path).query)))

            def _answer(self, method: str, fields: dict[str, str]) -> None:
                given = peer.answer(method, urlsplit(self.path).path, fields, dict(self.headers))
                if given is None:
                    self.close_connection = True
                    return
                status, document, headers = given
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response_only(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail_next(self, status: int, code: int | None = None, *, body: bytes | None = None, **headers: str) -> None:
        """Answer the next request with this."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.failures.append(Failure(status, code, named, body))

    def swallow_next(self) -> None:
        """Take the next text over, and give no answer."""
        self.swallows += 1

    def inbound(self, sender: str, body: str, *, sid: str, to: str = "+12125550199", **more: str) -> dict[str, str]:
        """The form in which a text is told."""
        form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "From": sender, "To": to, "Body": body}
        return {**form, "NumMedia": "0", "NumSegments": "1", **more}

    def status(self, sid: str, status: str, **more: str) -> dict[str, str]:
        """The form in which the state of a text is told."""
        return {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "MessageStatus": status, **more}

    def signature(self, url: str, form: dict[str, str]) -> str:
        """What stands in ``X-Twilio-Signature``."""
        return str(RequestValidator(TOKEN).compute_signature(url, form))

    def answer(
        self, method: str, path: str, fields: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, Any, dict[str, str]] | None:
        """Status, document and headers; None to break off."""
        with self._lock:
            self.requests.append((method, path, fields))
            if self.failures:
                failure = self.failures.popleft()
                document = failure.body if failure.body is not None else _problem(failure.status, failure.code)
                return failure.status, document, failure.headers
            if {key.lower(): value for key, value in headers.items()}.get("authorization") != _basic(ACCOUNT, TOKEN):
                return 401, _problem(401, 20003), {}
            if method == "GET" and path == f"/2010-04-01/Accounts/{ACCOUNT}.json":
                return 200, {"sid": ACCOUNT, "status": "active"}, {}
            if path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
                return 404, _problem(404, 20404), {}
            return self._list(fields) if method == "GET" else self._take(fields)

    def _list(self, query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        found = [
            text
            for text in reversed(self.texts)
            if query.get("To", text["to"]) == text["to"] and query.get("From", text["from"]) == text["from"]
        ]
        return 200, {"messages": found[: int(query.get("PageSize", "50"))]}, {}

    def _take(self, form: dict[str, str]) -> tuple[int, Any, dict[str, str]] | None:
        if code := _refusal(form):
            status, number = code
            return status, _problem(status, number), {}
        now = format_datetime(self.clock())
        text = {
            "sid": f"SM{len(self.texts) + 1:032x}",
            "status": "queued" if "From" in form else "accepted",
            "to": form["To"],
            "from": form.get("From"),
            "body": form["Body"],
            "num_segments": "1" if "From" in form else "0",
            "date_created": now,
            "status_callback": form.get("StatusCallback"),
        }
        self.texts.append(text)
        if self.swallows:
            self.swallows -= 1
            return None
        return 201, text, {}


def _refusal(form: dict[str, str]) -> tuple[int, int] | None:
    """Status and error, by the documented rules of creating a message; None when it is taken over."""
    rules = (
        (not form.get("To"), 21604),
        (not _E164.fullmatch(form.get("To", "")), 21211),
        (("From" in form) == ("MessagingServiceSid" in form), 21603),
        ("From" in form and form["From"] not in OUR_NUMBERS, 21606),
        ("MessagingServiceSid" in form and form["MessagingServiceSid"] != SERVICE, 21701),
        (not form.get("Body"), 21602),
        (len(form.get("Body", "")) > 1600, 21617),
        ("StatusCallback" in form and not urlsplit(form["StatusCallback"]).netloc, 21609),
    )
    for broken, code in rules:
        if broken:
            return 400, code
    return REFUSED_BY_NUMBER.get(form["To"][-4:])


def _problem(status: int, code: int | None) -> dict[str, Any]:
    return {"code": code, "message": "what a person reads", "more_info": "", "status": status}


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
