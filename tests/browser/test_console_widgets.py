"""Widgets in the browser: their order by keyboard, texts with a preview while typing, and what can be copied works."""

import json
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.api.scheduler import Scheduler, only
from tests.browser.conftest import OpenPage
from tests.running import Running

WIDGETS = "/console/acme/scheduler/widgets"
NUMBER = "+12015550123"


@pytest.fixture
def acme(server: Running, secrets: dict[str, str]) -> Scheduler:
    return Scheduler(server, "acme", secrets["ACME_TOKEN"])


def copied(page: Page, name: str) -> str:
    page.get_by_role("button", name=name, exact=True).click()
    return str(page.evaluate("navigator.clipboard.readText()"))


def run(command: str, token: str = "") -> dict[str, Any]:
    ended = subprocess.run(
        ["sh", "-c", command.replace("curl ", "curl --silent --show-error --max-time 20 ", 1)],
        env={"RINGBACK_TOKEN": token, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    (entry,) = json.loads(ended.stdout)["data"]
    return dict(entry)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A site of somebody else: a folder, and where it is served."""
    folder = tmp_path / "shop"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    server.RequestHandlerClass.log_message = lambda *_: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_widget_is_made_placed_and_given_its_words(open_page: OpenPage, acme: Scheduler) -> None:
    page = open_page(WIDGETS)
    page.get_by_role("link", name="New widget").click()
    page.get_by_label("Name").fill("returns")
    page.get_by_label("Call target").select_option(label="Billing")
    expect(page.get_by_label("Countries", exact=True)).to_be_hidden()
    page.get_by_text("Rules of its own").click()
    page.get_by_label("Countries", exact=True).fill("US, XX")
    page.get_by_role("button", name="Create widget").click()
    expect(page.get_by_label("Countries", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Countries", exact=True).fill("US")
    page.get_by_role("button", name="Create widget").click()
    expect(page.get_by_role("status").first).to_contain_text("“returns” is there.")
    widget_id = copied(page, "Copy the public id of returns")
    assert only(acme.widget(widget_id))["offer_asap"]

    page.get_by_role("link", name="Widgets", exact=True).first.click()
    up = page.get_by_role("button", name="Move returns up")
    up.focus()
    places = len(page.get_by_role("row").all()) - 1
    for place in range(places - 1, places - 3, -1):
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text(f"comes as number {place} now")
        expect(up).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text(f"comes as number {places - 1} now")
    assert [each["id"] for each in acme.widgets(include="all").json()["data"]][places - 2] == widget_id

    page.get_by_role("link", name="returns").click()
    page.get_by_role("link", name="API Messages").first.click()
    message = page.locator("#message-offer_callback")
    text = message.get_by_role("textbox")
    text.fill("We ring in {{minutes}}.")
    expect(message.get_by_text("The placeholder {{minutes}} is unknown")).to_be_visible()
    expect(text).to_have_attribute("aria-invalid", "true")
    text.fill("We ring in about {{ewt}}.")
    expect(message.get_by_text("We ring in 7 minutes.")).to_have_count(0)
    expect(message.get_by_text("We ring in about 7 minutes.")).to_be_visible()
    expect(message.get_by_text("We ring in less than a minute.").first).to_be_visible()
    expect(text).not_to_have_attribute("aria-invalid", "true")
    expect(text).to_be_focused()
    page.get_by_role("button", name="Save texts").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    assert only(acme.widget(widget_id))["message"] == "We ring in less than a minute."
    page.locator("#message-offer_callback").get_by_role("button", name="Reset to default").click()
    expect(
        page.locator("#message-offer_callback").get_by_text("We can call you in approximately 7 minutes.")
    ).to_be_visible()


def test_every_curl_copied_and_run_is_answered(open_page: OpenPage, acme: Scheduler, secrets: dict[str, str]) -> None:
    page = open_page(f"{WIDGETS}/express/endpoints")
    assert run(copied(page, "Copy the cURL command of Retrieve Widget Status"))["offer_asap"] is True
    asked = run(copied(page, "Copy the cURL command of Request Callback"))
    assert asked["status"] == "Requested"
    (callback,) = acme.status(NUMBER).json()["data"]
    assert callback["call_request_id"] == asked["callback_request_id"]

    page.goto(f"{WIDGETS}/billing/edit")
    page.get_by_label("Access control policy").select_option(label="Integrations")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="API endpoints").first.click()
    status = copied(page, "Copy the cURL command of Retrieve Widget Status")
    assert run(status)["status"] == "Unauthorized"
    assert run(status, secrets["ACME_TOKEN"])["offer_asap"] is True
    asked = run(copied(page, "Copy the cURL command of Request Callback"), secrets["ACME_TOKEN"])
    assert asked["status"] == "Requested"

    section = page.locator("#widget_status")
    section.get_by_text("Try it").click()
    section.get_by_label("API access token").fill(secrets["ACME_TOKEN"])
    section.get_by_role("button", name="Send request").click()
    expect(section.get_by_text("200 OK")).to_be_visible()


def test_the_example_page_works_on_somebody_else_s_site(
    open_page: OpenPage, chromium: Browser, acme: Scheduler, shop: tuple[Path, str]
) -> None:
    folder, url = shop
    example = copied(open_page(f"{WIDGETS}/billing/embed"), "Copy the example page")
    (folder / "index.html").write_text(example)
    context = chromium.new_context()
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(url)
    expect(page.get_by_role("status")).to_have_text("We can call you in less than a minute.")
    slot = only(acme.widget("billing"))["scheduled_timeslots"][3]
    page.get_by_label("Your phone number").fill("1")
    page.get_by_label("When should we call you?").select_option(str(slot))
    page.get_by_role("button", name="Call me back").click()
    expect(page.get_by_role("status")).to_have_text("The contact number is not one that can be called.")
    page.get_by_label("Your phone number").fill(NUMBER)
    page.get_by_role("button", name="Call me back").click()
    expect(page.get_by_role("status")).to_contain_text("Your callback is booked for")
    (callback,) = acme.status(NUMBER).json()["data"]
    assert (callback["appointment_time"], callback["source"]) == (slot, "web")
    page.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.url.startswith(f"{acme.server.url}/m/")
    context.close()
    assert failures == []


def test_trying_a_request_says_what_it_is_and_does_it(open_page: OpenPage, acme: Scheduler) -> None:
    page = open_page(f"{WIDGETS}/billing/endpoints", java_script_enabled=False)
    section = page.locator("#request_callback")
    expect(section.get_by_text("This is the real thing.")).to_be_visible()
    section.locator("summary").click()
    section.get_by_label("contact_number").fill(NUMBER)
    section.get_by_role("button", name="Send request").click()
    expect(page.locator("#request_callback").get_by_text("200 OK")).to_be_visible()
    assert len(acme.status(NUMBER).json()["data"]) == 1


def test_texts_are_previewed_without_javascript_as_well(open_page: OpenPage, acme: Scheduler) -> None:
    page = open_page(f"{WIDGETS}/billing/messages", java_script_enabled=False)
    page.locator("#text-offer_callback").fill("Ring in {{ewt_minutes}}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Ring in 7", exact=True)).to_be_visible()
    page.locator("#message-offer_callback").get_by_role("button", name="Reset to default").click()
    expect(page.locator("#text-offer_callback")).to_have_value("")
    assert only(acme.widget("billing"))["message"] == "We can call you in less than a minute."
