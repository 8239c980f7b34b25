"""The two use cases typed into the simulated telephone of the console, word by word."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.api.scheduler import Scheduler, entries, only
from tests.browser.conftest import chromium
from tests.consoles import PASSWORD, person
from tests.fakes.telephone import set_up_texts

from ringback.identity.model import Role

__all__ = ["chromium"]

EMAIL = "sue@acme.example"


@pytest.fixture
def phone(chromium: Browser, busy_acme: Scheduler) -> Iterator[Page]:
    """The page, with a supervisor signed in and a worker at work. The clock stands still."""
    set_up_texts(busy_acme.server, busy_acme.id)
    person(busy_acme.server, EMAIL, **{busy_acme.id: Role.SUPERVISOR})
    context = chromium.new_context(base_url=busy_acme.server.url)
    page = context.new_page()
    page.goto(f"/console/{busy_acme.id}/messaging/phone")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/messaging/phone")
    stopped = threading.Event()

    def work() -> None:
        while not stopped.wait(0.05):
            busy_acme.server.work()

    worker = threading.Thread(target=work)
    worker.start()
    yield page
    stopped.set()
    worker.join()
    context.close()


def say(page: Page, words: str) -> None:
    page.get_by_label("Text", exact=True).fill(words)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("")


def heard(page: Page, words: str) -> None:
    expect(page.locator(".texts .theirs p").last).to_have_text(words)


def test_call_me_and_cancel(phone: Page, busy_acme: Scheduler) -> None:
    say(phone, "@callme")
    heard(phone, "Reply 1 for billing, 2 for service, 3 for sales.")
    say(phone, "billing")
    heard(phone, "We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.")
    say(phone, "asap")
    expect(phone.locator(".texts .theirs p").last).to_contain_text(
        "Thank you. Billing will call you in approximately 7 minutes."
    )
    assert only(busy_acme.status("+12015550123"))["call_target_name"] == "Billing"
    say(phone, "@cancel")
    heard(phone, "You have a callback for billing at about 10:06 AM. Reply YES to cancel it.")
    say(phone, "Yes")
    heard(phone, "Your callback has been canceled. Text @callme to start again.")
    assert entries(busy_acme.status("+12015550123")) == []
