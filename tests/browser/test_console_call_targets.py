"""A call target in the browser: change its hours in a draft, look what that means, publish."""

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.running import Running

from ringback.configuration.call_targets import kept_call_targets
from ringback.hours.model import Opening
from ringback.kernel.tenancy import OrgId

WIDE = {"width": 1280, "height": 800}


@pytest.mark.parametrize("scripted", [True, False], ids=["with script", "without"])
def test_hours_are_changed_in_a_draft_and_published(open_page: OpenPage, server: Running, scripted: bool) -> None:
    page = open_page("/console/acme/call-targets", viewport=WIDE, java_script_enabled=scripted)
    page.get_by_role("link", name="Front Desk").click()
    page.get_by_role("navigation", name="Front Desk").get_by_role("link", name="Hours").click()
    page.get_by_label("Monday", exact=True).fill("9-12, 11-13")
    save(page)
    expect(page.get_by_label("Monday", exact=True)).to_have_value("9-12, 11-13")
    expect(page.get_by_label("Monday", exact=True)).to_have_accessible_description(
        "Mon 09:00-12:00 and mon 11:00-13:00 overlap."
    )
    page.get_by_label("Monday", exact=True).fill("13-17")
    if scripted:
        page.get_by_role("button", name="Monday's for Tue-Fri").click()
        expect(page.get_by_label("Friday", exact=True)).to_have_value("13-17")
    save(page)
    expect(page.get_by_label("Monday", exact=True)).to_have_value("13:00-17:00")
    expect(page.get_by_role("img", name="Opening hours of a week: Monday 13:00-17:00")).to_be_visible()
    expect(page.get_by_text("A draft waits.")).to_be_visible()

    page.get_by_role("link", name="Overview").click()
    page.get_by_label("Time", exact=True).fill("09:30")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="In force Mon 2026-03-02 09:30 EST")).to_contain_text("Open")
    expect(page.get_by_role("region", name="With the draft")).to_contain_text("Closed until 13:00 EST")

    page.get_by_role("link", name="Look and publish").click()
    expect(page.get_by_text("It would close it now")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").first).to_have_text("Published: “Front Desk” goes by it from now on.")
    expect(page.get_by_text("A draft waits.")).to_have_count(0)
    (desk,) = [each for each in server.app.db.read_now(kept_call_targets, OrgId("acme")) if each.key == "desk"]
    assert desk.settings.hours.weekly.mon == (Opening(13 * 60, 17 * 60),)
    assert bool(desk.settings.hours.weekly.fri) is scripted


def test_a_draft_is_discarded_and_taken_back_while_a_colleague_looks_on(open_page: OpenPage) -> None:
    page = open_page("/console/acme/call-targets", viewport=WIDE)
    page.get_by_role("link", name="Billing").click()
    colleague = open_page(page.url, viewport=WIDE)
    page.get_by_label("Name").fill("Bills")
    save(page)
    expect(colleague.get_by_text("A draft waits.")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(colleague.get_by_text("A draft waits.")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Name")).to_have_value("Bills")
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_role("dialog")).to_contain_text("It cannot be removed while widgets use it")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save in the draft").click()
