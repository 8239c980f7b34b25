"""Takes the pictures of docs/pictures anew, of what is really there: the demo's pages, and a simulated day's report.

``bin/screenshots`` runs it. It needs Chromium.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
_READY_SECONDS = 60
_SETTLES_MILLISECONDS = 800
_ALIVE_SECONDS = 240
"""How long the demo runs before its board is taken: so that it has something to show."""


def main() -> None:
    """Take all of them."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        _simulated_day(browser, Path(place))
        with _demo(Path(place)) as ready:
            _customer(browser, ready)
            _console(browser, ready)
        browser.close()


def _simulated_day(browser: Browser, place: Path) -> None:
    report = place / "report.html"
    _run("simulate", "busy", "--report", str(report))
    page = browser.new_page(viewport={"width": 1000, "height": 810})
    page.goto(report.as_uri())
    _take(page, "simulated-day")


def _customer(browser: Browser, ready: dict[str, Any]) -> None:
    page = browser.new_page(viewport={"width": 900, "height": 790})
    page.goto(f"{ready['url']}/c/acme-billing")
    _take(page, "convey-page")


def _console(browser: Browser, ready: dict[str, Any]) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, device_scale_factor=1.5)
    page = _signed_in(context, ready)
    organization = f"{ready['console']['url']}/{ready['organization_id']}"
    page.goto(f"{organization}/scheduler/api")
    _take(page, "console-api")
    _texts(page, organization)
    target = _callback(page, organization)
    page.goto(f"{organization}/call-targets")
    page.get_by_role("link", name="Sales").first.click()
    page.get_by_role("link", name="Hours").first.click()
    _take(page, "console-hours")
    _say(f"waiting {_ALIVE_SECONDS} seconds, so that the board has something to show")
    time.sleep(_ALIVE_SECONDS)
    page.goto(f"{organization}/now")
    _take(page, "console-now")
    page.goto(target)
    _take(page, "console-callback")
    dark = browser.new_context(
        viewport={"width": 390, "height": 800},
        device_scale_factor=1.5,
        color_scheme="dark",
        storage_state=context.storage_state(),
    )
    page = dark.new_page()
    page.goto(f"{organization}/now")
    _take(page, "console-now-phone")


def _signed_in(context: BrowserContext, ready: dict[str, Any]) -> Page:
    page = context.new_page()
    page.goto(ready["console"]["url"])
    page.get_by_label("E-mail").fill(ready["console"]["email"])
    page.get_by_label("Password").fill(ready["console"]["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
    return page


def _texts(page: Page, organization: str) -> None:
    """A conversation on the simulated telephone."""
    page.goto(f"{organization}/messaging/phone")
    for said in ("@callme", "billing", "asap"):
        answers = page.locator(".texts .theirs").count()
        page.get_by_label("Text", exact=True).fill(said)
        page.get_by_role("button", name="Send").click()
        page.locator(".texts .theirs").nth(answers).wait_for()
    _take(page, "console-phone")


def _callback(page: Page, organization: str) -> str:
    """The address of the callback that was asked for by text."""
    page.goto(f"{organization}/callbacks?channel=sms")
    page.locator("a.whole").first.click()
    page.wait_for_load_state()
    return page.url


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(_SETTLES_MILLISECONDS)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    _say(f"docs/pictures/{path.name}  {path.stat().st_size // 1000} kB")


@contextmanager
def _demo(place: Path) -> Iterator[dict[str, Any]]:
    """A running demo, and what a program needs to use it."""
    ready = place / "ready.json"
    command = [_ringback(), "demo", "--port", "0", "--data", str(place / "demo"), "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as demo:  # noqa: S603
        try:
            until = time.monotonic() + _READY_SECONDS
            while not ready.exists():
                if demo.poll() is not None or time.monotonic() > until:
                    sys.exit("The demo does not start: try bin/demo.")
                time.sleep(0.1)
            yield json.loads(ready.read_text())
        finally:
            demo.send_signal(signal.SIGTERM)


def _run(*words: str) -> None:
    subprocess.run([_ringback(), *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


def _ringback() -> str:
    return str(ROOT / ".venv" / "bin" / "ringback")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
