"""The live board in the browser: it moves by itself, and what is switched there holds at once."""

import re

from playwright.sync_api import expect
from tests.api.scheduler import Scheduler, only
from tests.browser.conftest import OpenPage
from tests.running import Running

CUSTOMER = "+12015550123"


def test_the_board_moves_by_itself(open_page: OpenPage, server: Running) -> None:
    acme = Scheduler(server, "acme")
    page = open_page("/console/acme/now?view=cards")
    billing = page.get_by_role("region", name="Billing")
    waiting = billing.locator("dl.figures dd").first
    expect(waiting).to_have_text("0")
    billing.get_by_role("switch", name="Process Billing").focus()

    asked = acme.requested("billing", CUSTOMER, channel="sms")
    expect(waiting).to_have_text("1")
    event = page.get_by_role("listitem").filter(has_text="asked for a callback (sms)")
    expect(event.get_by_role("link")).to_have_attribute(
        "href", f"/console/acme/callbacks/{asked['callback_request_id']}"
    )
    expect(event).to_contain_text("… 0123")
    expect(billing.get_by_role("switch", name="Process Billing")).to_be_focused()  # whoever works by keyboard stays

    server.work()
    expect(waiting).to_have_text("0")
    expect(billing.locator("dl.figures dd").nth(1)).to_have_text("1")


def test_switching_registering_off_and_on_again(open_page: OpenPage, server: Running) -> None:
    acme = Scheduler(server, "acme")
    page = open_page("/console/acme/now?view=cards")
    page.get_by_role("switch", name="Register Billing").click()
    expect(page.get_by_role("status").first).to_contain_text("“Billing” takes no new callbacks from now on.")
    expect(page).to_have_url(re.compile(r"view=cards$"))
    expect(page.get_by_role("region", name="Billing")).to_contain_text("Not registering")
    expect(page.get_by_role("switch", name="Register Billing")).not_to_be_checked()
    assert only(acme.widget("billing"))["widget_state"] == "platform_unavailable"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("switch", name="Register Billing")).to_be_checked()
    assert only(acme.widget("billing"))["offer_asap"] is True
