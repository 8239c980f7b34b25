"""The console as a person in front of a browser meets it, without the browser: cookies, forms, pages."""

import html
import re
from functools import cache
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2 as httpx
from tests.running import Running

import ringback.identity.service as identity
from ringback.identity.model import Role, User
from ringback.identity.passwords import PasswordHash, hash_password
from ringback.kernel.tenancy import OrgId

PASSWORD = "nine green bottles on the wall"


def person(server: Running, email: str, **roles: Role) -> User:
    """Somebody with a role in each organization named, and ``PASSWORD``."""

    def make(tx: Any) -> User:
        now = server.clock.now()
        name = email.partition("@")[0].title()
        user = identity.create_user(tx, email=email, name=name, password_hash=_hashed(), now=now)
        for org, role in roles.items():
            identity.add_member(tx, OrgId(org), user, role, actor="test", origin="test", now=now)
        return user

    return server.app.db.write_now(make)


class Console:
    """A browser: it keeps cookies, sends the forms of the page it shows, and follows where it is sent."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.client = httpx.Client(base_url=server.url, timeout=30)
        self.page: httpx.Response = httpx.Response(204)

    def close(self) -> None:
        self.client.close()

    def open(self, path: str, **how: Any) -> httpx.Response:
        """Open a page and go where it leads."""
        self.page = self.client.get(path, follow_redirects=True, **how)
        return self.page

    def peek(self, path: str) -> httpx.Response:
        """Open a page without following."""
        return self.client.get(path)

    def send(self, path: str, *, follow: bool = True, headers: dict[str, str] | None = None, **fields: str) -> Any:
        """Send a form with the token of the page that is shown."""
        return self.send_raw(path, {"csrf": self.csrf, **fields}, follow=follow, headers=headers)

    def send_raw(
        self, path: str, fields: dict[str, str], *, follow: bool = True, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send exactly these fields."""
        body = urlencode(fields)
        kind = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        answer = self.client.post(path, content=body, headers=kind, follow_redirects=follow)
        if follow:
            self.page = answer
        return answer

    def sign_in(self, email: str, password: str = PASSWORD, *, path: str = "/console") -> httpx.Response:
        """Sign in on the way to a page."""
        self.open(path)
        return self.send("/console/sign-in", email=email, password=password, next=self.value("next"))

    @property
    def csrf(self) -> str:
        return self.value("csrf")

    @property
    def text(self) -> str:
        """What the page says, without its markup."""
        return shown(self.page.text)

    def value(self, name: str) -> str:
        """The value of a field of the page."""
        found = re.search(rf'<input[^>]*\bname="{name}"[^>]*?\bvalue="([^"]*)"', self.page.text)
        return html.unescape(found[1]) if found else ""

    def links(self) -> list[str]:
        """Every address that the page refers to."""
        raw = re.findall(r'\b(?:href|src|action|data-stream)="([^"]*)"', self.page.text)
        return [urljoin(str(self.page.url), html.unescape(each)) for each in raw]

    @property
    def path(self) -> str:
        return urlsplit(str(self.page.url)).path


def shown(markup: str) -> str:
    """The words of a page on one line."""
    words = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", " ", markup, flags=re.DOTALL)
    return " ".join(html.unescape(words).split())


@cache
def _hashed() -> PasswordHash:
    return hash_password(PASSWORD, email="somebody@acme.example")
