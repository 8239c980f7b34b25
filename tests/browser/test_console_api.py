"""Scheduler > API in the browser: what it shows can be copied and works, and what is chosen there holds at once."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.api.scheduler import Scheduler
from tests.browser.conftest import OpenPage
from tests.running import Running

from ringback.http.scheduler.contract import ENDPOINTS
from ringback.http.scheduler.endpoint import Scope
from ringback.http.scheduler.examples import CONTACT_NUMBER

PATH = "/console/acme/scheduler/api"
NAMES = ["Cancel Callback Request", "Callback Status", "Widget Status"]


@pytest.fixture
def acme(server: Running, secrets: dict[str, str]) -> Scheduler:
    return Scheduler(server, "acme", secrets["ACME_TOKEN"])


@pytest.fixture
def page(open_page: OpenPage) -> Iterator[Page]:
    return open_page(PATH)


def copied(page: Page, name: str) -> str:
    page.get_by_role("button", name=name, exact=True).click()
    return str(page.evaluate("navigator.clipboard.readText()"))


def run(command: str, token: str) -> dict[str, Any]:
    ended = subprocess.run(
        ["sh", "-c", command.replace("curl ", "curl --silent --show-error --max-time 20 ", 1)],
        env={"RINGBACK_TOKEN": token, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def test_the_three_endpoints_are_there_in_their_order(page: Page) -> None:
    assert page.locator(".endpoint h2").all_inner_texts() == NAMES
    assert {each.name for each in ENDPOINTS if each.scope is Scope.ORGANIZATION} == set(NAMES)


def test_every_curl_copied_and_run_gives_the_documented_answer(
    page: Page, acme: Scheduler, secrets: dict[str, str]
) -> None:
    asked = acme.requested("billing", CONTACT_NUMBER)
    answers = {
        name: run(copied(page, f"Copy the cURL command of {name}"), secrets["ACME_TOKEN"])
        for name in ("Widget Status", "Callback Status", "Cancel Callback Request")
    }
    for endpoint in ENDPOINTS:
        if endpoint.scope is Scope.ORGANIZATION:
            assert answers[endpoint.name]["data"], endpoint.name
            for entry in answers[endpoint.name]["data"]:
                assert {field.name for field in endpoint.answer_fields if field.always} <= entry.keys()
    assert answers["Callback Status"]["data"][0]["call_request_id"] == asked["callback_request_id"]
    assert answers["Cancel Callback Request"]["data"][0]["status"] == "Canceled"
    assert acme.status(CONTACT_NUMBER).json() == {"data": []}


def test_everything_that_is_shown_can_be_copied(page: Page) -> None:
    for name in NAMES:
        assert copied(page, f"Copy the URL of {name}").startswith(page.url.split("/console", maxsplit=1)[0] + "/api/")
        assert copied(page, f"Copy method and path of {name}").split()[0] in {"GET", "POST"}
    assert copied(page, "Copy the organization ID") == "acme"


def test_copying_by_keyboard_says_so(page: Page) -> None:
    button = page.get_by_role("button", name="Copy the URL of Widget Status", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_text("Copied")
    expect(page.locator("#spoken")).to_have_text("Copied")
    expect(button).to_be_focused()


def test_copying_works_where_there_is_no_clipboard_object(open_page: OpenPage) -> None:
    page = open_page(PATH)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    button = page.get_by_role("button", name="Copy the organization ID", exact=True)
    button.click()
    expect(button).to_have_text("Copied")
    page.locator("#widget_status summary, #organization_widget_status summary").first.click()
    token = page.get_by_label("API access token").last
    token.focus()
    page.keyboard.press("Control+V")
    expect(token).to_have_value("acme")


def test_choosing_in_the_drop_down_holds_for_the_next_request(page: Page, acme: Scheduler) -> None:
    assert acme.widgets().status_code == 200
    page.get_by_role("combobox", name="Access Control Policy").select_option(label="None: closed to everybody")
    dialog = page.get_by_role("dialog", name="Close the API to everybody?")
    assert acme.widgets().status_code == 200  # not before it is confirmed
    dialog.get_by_role("button", name="Close to everybody").click()
    expect(page.get_by_role("status").first).to_contain_text("closed to everybody")
    assert acme.widgets().status_code == 403
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("combobox", name="Access Control Policy")).to_contain_text("Integrations")
    expect(page.get_by_text("Closed.", exact=True)).to_have_count(0)
    assert acme.widgets().status_code == 200


def test_thinking_better_of_it_changes_nothing(page: Page, acme: Scheduler) -> None:
    policy = page.get_by_role("combobox", name="Access Control Policy")
    before = policy.input_value()
    for leave in (
        lambda: page.get_by_role("link", name="Cancel", exact=True).click(),
        lambda: page.keyboard.press("Escape"),
    ):
        policy.select_option("public")
        expect(page.get_by_role("dialog")).to_be_visible()
        leave()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(policy).to_have_value(before)
    assert Scheduler(acme.server, "acme").widgets().status_code == 401


def test_what_a_colleague_changes_shows_by_itself(page: Page, open_page: OpenPage) -> None:
    colleague = open_page(PATH)
    colleague.get_by_role("combobox", name="Access Control Policy").select_option("public")
    colleague.get_by_role("button", name="Open to everybody").click()
    expect(colleague.get_by_role("status").first).to_contain_text("open to everybody")
    expect(page.get_by_role("combobox", name="Access Control Policy")).to_have_value("public")
    expect(page.get_by_text("Anybody who knows the organization's ID")).to_be_visible()


def test_trying_it_shows_the_answer_and_keeps_no_token(page: Page, acme: Scheduler, secrets: dict[str, str]) -> None:
    acme.requested("billing", CONTACT_NUMBER)
    section = page.locator("#callback_status")
    section.get_by_text("Try it").click()
    section.get_by_role("button", name="Send request").click()
    expect(section.get_by_text("401 Unauthorized")).to_be_visible()
    section.get_by_label("API access token").fill(secrets["ACME_TOKEN"])
    section.get_by_role("button", name="Send request").click()
    expect(section.get_by_text("200 OK")).to_be_visible()
    answer = json.loads(section.get_by_role("group", name="Answer").inner_text())
    assert only_entry(answer)["callback_number"] == CONTACT_NUMBER
    assert secrets["ACME_TOKEN"] not in page.content()
    assert secrets["ACME_TOKEN"] not in page.url


def test_all_of_it_works_without_javascript(open_page: OpenPage, acme: Scheduler, secrets: dict[str, str]) -> None:
    page = open_page(PATH, java_script_enabled=False)
    expect(page.get_by_role("button", name="Copy the organization ID")).to_have_count(0)
    page.get_by_role("combobox", name="Access Control Policy").select_option("closed")
    page.get_by_role("button", name="Apply …").click()
    page.get_by_role("button", name="Close to everybody").click()
    expect(page.get_by_text("closed to everybody").first).to_be_visible()
    assert acme.widgets().status_code == 403
    section = page.locator("#organization_widget_status")
    section.locator("summary").click()
    section.get_by_label("API access token").fill(secrets["ACME_TOKEN"])
    section.get_by_role("button", name="Send request").click()
    expect(page.get_by_text("403 Forbidden", exact=True)).to_be_visible()


def only_entry(answer: dict[str, Any]) -> dict[str, Any]:
    (entry,) = answer["data"]
    return dict(entry)
