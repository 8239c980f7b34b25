"""Somebody signed in to the console, who opens one page after another."""

import html
import http.client
import re
import time
from urllib.parse import urlencode, urlsplit

import ringback.identity.service as identity
from bench import data
from bench.processes import Server
from ringback.db.database import open_database
from ringback.db.tx import Tx
from ringback.identity.model import Role
from ringback.identity.passwords import hash_password
from ringback.kernel.clock import SystemClock
from ringback.kernel.tenancy import OrgId

_EMAIL = "somebody@example.org"
_PASSWORD = "nine green bottles on the wall"


def make_person(url: str) -> None:
    """Add somebody who administers the first organization."""
    now = SystemClock().now()

    def make(tx: Tx) -> None:
        hashed = hash_password(_PASSWORD, email=_EMAIL)
        user = identity.create_user(tx, email=_EMAIL, name="Somebody", password_hash=hashed, now=now)
        org = OrgId(data.organization_id(0))
        identity.add_member(tx, org, user, Role.ADMINISTRATOR, actor="bench", origin="bench", now=now)

    db = open_database(url)
    try:
        db.write_now(make)
    finally:
        db.close()


class Visitor:
    """A browser with one connection, kept open."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        self._cookies: dict[str, str] = {}

    def sign_in(self) -> None:
        """Sign in; an error when that is refused."""
        _, body = self._ask("GET", "/console/sign-in")
        found = re.search(r'name="csrf" value="([^"]*)"', body)
        csrf = html.unescape(found[1]) if found else ""
        form = urlencode({"csrf": csrf, "email": _EMAIL, "password": _PASSWORD, "next": ""})
        status, body = self._ask("POST", "/console/sign-in", form)
        if status != 303:
            raise RuntimeError(f"signing in was answered with {status}: {body[:500]}")

    def is_there(self, path: str) -> bool:
        """Whether there is such a page; an error when there is, but fails."""
        status, body = self._ask("GET", path)
        if status not in {200, 404}:
            raise RuntimeError(f"{path} was answered with {status}: {body[:500]}")
        return status == 200

    def open(self, path: str) -> float:
        """Open a page; how many milliseconds it took until it was there. Anything but a 200 is an error."""
        begun = time.perf_counter()
        status, body = self._ask("GET", path)
        took = time.perf_counter() - begun
        if status != 200:
            raise RuntimeError(f"{path} was answered with {status}: {body[:500]}")
        return 1000 * took

    def rest(self) -> None:
        """Let go of the connection, which the server would not keep for long; the next page opens another."""
        self._connection.close()

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _ask(self, method: str, path: str, form: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body=form, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read().decode()
        for set_cookie in answer.headers.get_all("set-cookie") or ():
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, body
