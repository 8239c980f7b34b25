"""An automation is edited with its preview beside, and tried on the telephone of the page."""

from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.fakes.telephone import set_up_texts
from tests.running import Running


def test_edited_previewed_and_tried(open_page: OpenPage, server: Running) -> None:
    set_up_texts(server, "acme")
    page = open_page("/console/acme/messaging/automations")
    page.get_by_role("link", name="Ask for a callback").click()
    field = page.locator('[id="text.choose"]')
    said = page.locator("#said-choose")
    field.fill("Which one? {{nonsense}}")
    expect(said).to_contain_text("is no placeholder of a text")
    field.fill("Which one? {{choices}} ☎")
    expect(said).to_contain_text("UCS-2")
    expect(page.locator("#goes")).to_contain_text("Which one? 1 for billing, 2 for service, 3 for support ☎")
    field.fill("Which one? {{choices}}")
    expect(said).not_to_contain_text("UCS-2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from the next text on")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("@callme")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("")
    server.work()
    expect(page.locator("#screen .theirs p").last).to_contain_text("Which one? 1 for")
