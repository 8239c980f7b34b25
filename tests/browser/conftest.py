"""Debian's Chromium before a server of the test's own, with Acme's administrator signed in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.api.conftest import configured_sqlite_file, secrets, server, start
from tests.consoles import PASSWORD, person
from tests.running import Running

from ringback.identity.model import Role

__all__ = ["configured_sqlite_file", "secrets", "server", "start"]

CHROMIUM = "/usr/bin/chromium"
EMAIL = "ann@acme.example"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser. Not for longer than a module: while it is there, no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def signed_in(chromium: Browser, server: Running) -> dict[str, object]:
    """Acme's administrator's cookies."""
    person(server, EMAIL, acme=Role.ADMINISTRATOR)
    context = chromium.new_context(base_url=server.url)
    page = context.new_page()
    page.goto("/console")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/now")
    state: dict[str, object] = dict(context.storage_state())
    context.close()
    return state


@pytest.fixture
def open_page(chromium: Browser, server: Running, signed_in: dict[str, object]) -> Iterator[OpenPage]:
    """Open a page of the console, signed in; settings of the browser by name.

    Fails when a page asked for anything beyond this machine, or when its script failed.
    """
    elsewhere: list[str] = []
    failures: list[str] = []
    with ExitStack() as stack:

        def open_page(path: str, **settings: object) -> Page:
            context: BrowserContext = chromium.new_context(
                base_url=server.url,
                storage_state=signed_in,
                permissions=["clipboard-read", "clipboard-write"],
                **settings,
            )
            context.set_default_timeout(15_000)
            stack.callback(context.close)
            page = context.new_page()
            page.on("request", lambda request: is_ours(request.url) or elsewhere.append(request.url))
            page.on("pageerror", lambda error: failures.append(str(error)))
            page.goto(path)
            return page

        def is_ours(url: str) -> bool:
            return url.startswith("data:") or urlsplit(url).netloc == urlsplit(server.url).netloc

        yield open_page
    assert elsewhere == []
    assert failures == []
