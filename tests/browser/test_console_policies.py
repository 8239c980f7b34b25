"""Access control policies in the browser: networks, tokens, the tester."""

import pytest
from playwright.sync_api import Page, expect
from tests.api.scheduler import Scheduler
from tests.browser.conftest import OpenPage
from tests.running import Running

from ringback.kernel.tenancy import OrgId


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    page = open_page("/console/acme/scheduler/policies")
    page.get_by_role("link", name="Integrations").click()
    expect(page.get_by_role("heading", name="Integrations", level=1)).to_be_visible()
    return page


def test_a_token_is_shown_once_can_be_copied_and_revoked(page: Page, server: Running) -> None:
    page.get_by_label("New token for").fill("SMS platform")
    page.get_by_role("button", name="Issue token").click()
    page.get_by_role("button", name="Copy the token", exact=True).click()
    secret = str(page.evaluate("navigator.clipboard.readText()"))
    assert page.locator("#secret").inner_text() == secret
    acme = Scheduler(server, OrgId("acme"), secret)
    assert acme.widgets().status_code == 200
    page.reload()  # sends the form again, as a browser does
    expect(page.get_by_text("This policy has, or had, a token of that name.")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("link", name="Revoke SMS platform").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("status").first).to_have_text("“SMS platform” is revoked.")
    assert acme.widgets().status_code == 401


def test_use_my_address_and_the_tester(page: Page, secrets: dict[str, str]) -> None:
    page.get_by_role("button", name="Use my address").click()
    expect(page.get_by_label("Add a network")).to_have_value("127.0.0.1")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("127.0.0.1 is let in.")
    page.get_by_role("button", name="My address", exact=True).click()
    page.get_by_label("Token", exact=True).fill(secrets["ACME_TOKEN"])
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#verdict")).to_have_text("Let in, by the token “first”.")
    page.get_by_label("Address", exact=True).fill("192.0.2.1")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#verdict")).to_contain_text("Refused with 403 Forbidden")
