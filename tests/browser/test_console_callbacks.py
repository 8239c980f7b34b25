"""A supervisor's day in a real browser: find a callback, look at it as it changes, and do something about it."""

from playwright.sync_api import expect
from tests.api.scheduler import Scheduler
from tests.browser.conftest import OpenPage
from tests.running import Running, row_of


def test_from_the_list_to_a_note_a_move_and_a_call(open_page: OpenPage, server: Running) -> None:
    acme = Scheduler(server, "acme")
    callbacks = []
    for line in range(3):
        asked = acme.requested("billing", f"+1201555010{line}", name=f"Customer {line}", channel="web")
        callbacks.append(asked["callback_request_id"])
        server.clock.advance(1)
    page = open_page("/console/acme/callbacks")
    page.get_by_label("Number").fill("(201) 555-0102")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="+1 201-555-0102").click()
    expect(page.get_by_role("heading", name="+1 201-555-0102")).to_be_visible()
    expect(page.locator("#standing")).to_contain_text("2 before it")

    page.get_by_label("Add a note").fill("Asked twice by e-mail.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#timeline")).to_contain_text("Asked twice by e-mail.")

    page.get_by_role("link", name="Move").click()
    page.locator(".slots button").last.click()
    expect(page.locator(".notice").first).to_contain_text("Moved to")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice").first).to_contain_text("as soon as possible")

    page.get_by_role("link", name="Call now").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("before everybody who has waited longer")
    dialog.get_by_role("button", name="Call now").click()
    expect(page.locator("#standing")).to_contain_text("next")

    server.work()  # and the page shows by itself that it rings
    expect(page.locator("#callback-head")).to_contain_text("dialling")
    page.get_by_role("link", name="Stop the call").click()
    dialog.get_by_role("button", name="Stop the call").click()
    expect(page.locator("#callback-head")).to_contain_text("cancelled")
    expect(page.locator("#timeline")).to_contain_text("Cancelled by ann@acme.example")
    server.pass_time(60)
    assert row_of(server, callbacks[2])["outcome"] == "canceled"


def test_a_number_is_blocked_from_its_callback(open_page: OpenPage, server: Running) -> None:
    acme = Scheduler(server, "acme")
    callback_id = acme.requested("billing", "+12015550177")["callback_request_id"]
    page = open_page(f"/console/acme/callbacks/{callback_id}")
    page.get_by_role("link", name="Block this number").click()
    page.get_by_label("Why").fill("Threatens our agents")
    page.get_by_role("button", name="Block", exact=True).click()
    expect(page.locator("#standing")).to_contain_text("come onto the block list")
    page.goto("/console/acme/blocked-numbers")
    page.get_by_role("link", name="Remove +1 201-555-0177").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".notice")).to_contain_text("may be called again")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#blocked")).to_contain_text("+1 201-555-0177")
