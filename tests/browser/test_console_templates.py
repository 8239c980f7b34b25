"""What is set in the console shows at once: a template on the customer's page, keys that come and go, settings."""

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.api.scheduler import ORGANIZATIONS
from tests.browser.conftest import OpenPage
from tests.running import Running, reconfigure

BUTTON = "getComputedStyle(document.querySelector('button.main')).backgroundColor"


def test_a_template_changes_how_the_page_of_a_convey_looks(open_page: OpenPage, server: Running) -> None:
    acme = ORGANIZATIONS / "acme.toml"
    reconfigure(server, acme, ('slug = "acme-billing"', 'slug = "acme-billing"\ntemplate = "brand"'))
    page = open_page("/console/acme/scheduler/templates", viewport={"width": 1280, "height": 900})
    page.get_by_role("link", name="Brand").click()
    sample = page.locator(".look.light .press")
    expect(sample).to_have_css("background-color", "rgb(163, 64, 12)")
    page.get_by_label("Accent").first.fill("#7a0050")
    expect(sample).to_have_css("background-color", "rgb(122, 0, 80)")
    page.get_by_label("Heading in en").fill("We ring you back")
    expect(page.locator(".look.light .heading")).to_have_text("We ring you back")
    page.get_by_label("Text", exact=True).first.fill("#bbbbbb")
    expect(page.locator("#samples")).to_contain_text("1.8: too little")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Text", exact=True).first.fill("#222222")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")

    convey = open_page("/c/acme-billing", color_scheme="light")
    expect(convey.get_by_role("heading", level=1)).to_have_text("We ring you back")
    assert convey.evaluate(BUTTON) == "rgb(122, 0, 80)"
    by_night = open_page("/c/acme-billing", color_scheme="dark")
    assert by_night.evaluate(BUTTON) == "rgb(111, 211, 189)"
    for each in (convey, by_night):
        assert [found["id"] for found in Axe().run(each).response["violations"]] == []


def test_keys_of_user_data_come_and_go_without_leaving_the_page(open_page: OpenPage) -> None:
    page = open_page("/console/acme/scheduler/user-data-sets/new")
    page.get_by_label("Name").fill("Order")
    page.get_by_label("Key 1", exact=True).fill("order")
    page.get_by_role("button", name="Add a key").click()
    expect(page.get_by_label("Key 2", exact=True)).to_be_focused()
    page.get_by_label("Key 2", exact=True).fill("oops")
    page.get_by_role("button", name="Add a key").click()
    page.get_by_label("Key 3", exact=True).fill("urgent")
    page.get_by_label("Kind of default of key 3").select_option("true")
    page.get_by_role("button", name="Remove oops").click()
    expect(page.get_by_label("Key 2", exact=True)).to_have_value("urgent")
    page.get_by_label("Sent as").fill(json.dumps({"order": "A-1", "pet": "cat"}))
    page.get_by_role("button", name="Show what is kept").click()
    expect(page.locator("#kept pre")).to_have_text('{ "order": "A-1", "urgent": true }', use_inner_text=False)
    expect(page.get_by_label("Name")).to_have_value("Order")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("“Order” is there.")


def test_settings_are_saved_and_a_country_is_found(open_page: OpenPage) -> None:
    page = open_page("/console/acme/settings")
    page.get_by_label("Find a country").fill("germ")
    page.get_by_label("Find a country").press("Enter")
    expect(page.locator("#countries label:visible")).to_have_count(1)
    page.get_by_label("Germany").check()
    page.get_by_label("Days").fill("30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep people's data for 30 days only?")
    page.get_by_role("button", name="Save, and forget what is older").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    expect(page.get_by_label("Germany")).to_be_checked()
    expect(page.get_by_label("Days")).to_have_value("30")
