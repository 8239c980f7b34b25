"""The two use cases of the Scheduler page by text message, typed into the simulated telephone, word by word."""

import threading

import pytest
from playwright.sync_api import Page, expect
from tests.api.scheduler import Scheduler, entries, only
from tests.browser.conftest import OpenPage
from tests.fakes.telephone import set_up_texts
from tests.running import Running


@pytest.fixture
def at_work(server: Running) -> object:
    """A worker that is always at work."""
    stopped = threading.Event()

    def work() -> None:
        while not stopped.wait(0.05):
            server.work()

    worker = threading.Thread(target=work)
    worker.start()
    yield worker
    stopped.set()
    worker.join()


def text(page: Page, words: str) -> None:
    page.get_by_label("Text", exact=True).fill(words)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("")


def newest(page: Page, words: str) -> None:
    expect(page.locator(".texts .theirs p").last).to_contain_text(words)


@pytest.mark.usefixtures("at_work")
def test_call_me_and_cancel(open_page: OpenPage, server: Running, secrets: dict[str, str]) -> None:
    acme = Scheduler(server, "acme", secrets["ACME_TOKEN"])
    set_up_texts(server, "acme")
    page = open_page("/console/acme/messaging/phone")
    text(page, "@callme")
    newest(page, "Reply 1 for")
    text(page, "1")
    newest(page, "Reply 1 for as soon as possible")
    text(page, "2")
    newest(page, "Or text a day and a time")
    text(page, "2")
    newest(page, "Reply MORE for more times")
    text(page, "1")
    newest(page, "To see or change it")
    assert only(acme.status("+12015550123"))["source"] == "sms"
    text(page, "@cancel")
    newest(page, "Reply YES to cancel it.")
    text(page, "Yes")
    newest(page, "Your callback has been canceled. Text @callme to start again.")
    assert entries(acme.status("+12015550123")) == []
    page.get_by_role("link", name="+1 201-555-0124").click()
    expect(page.get_by_text("No texts yet")).to_be_visible()
