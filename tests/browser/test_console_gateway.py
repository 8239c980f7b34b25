"""A text gateway is set up in the browser; its secret is never shown again."""

from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.fakes.telephone import OURS
from tests.peers.twilio import ACCOUNT, TOKEN, TwilioPeer


def test_set_up_and_checked(open_page: OpenPage) -> None:
    with TwilioPeer() as peer:
        page = open_page("/console/acme/messaging/gateway")
        page.get_by_label("Take and send texts").check()
        page.get_by_label("Carried by").select_option("twilio")
        page.get_by_label("Our numbers").fill(OURS)
        page.get_by_role("heading", name="Account at Twilio").click()
        page.get_by_label("Account SID").fill(ACCOUNT)
        page.get_by_label("Address of the API").fill(peer.url)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Twilio signs with this")).to_be_visible()
        expect(page.get_by_label("Account SID")).to_have_value(ACCOUNT)
        page.get_by_label("Auth token").fill(TOKEN)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved. It holds from the next text on.")).to_be_visible()
        assert TOKEN not in page.content()
        page.get_by_role("button", name="Check the gateway").click()
        expect(page.get_by_text("The gateway knows us")).to_be_visible()
        page.get_by_role("button", name="Copy the webhook's address").click()
        assert page.evaluate("navigator.clipboard.readText()").endswith("/v1/texts/acme/inbound")
