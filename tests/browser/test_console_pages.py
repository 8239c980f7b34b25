"""Every page of the console: nothing for axe to find, in light and dark; nothing scrolls sideways on a telephone."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, expect
from tests.api.scheduler import Scheduler
from tests.browser.conftest import EMAIL, OpenPage
from tests.fakes.telephone import OURS, Telephone, set_up_texts
from tests.running import Running

PATHS = (
    "acme/call-targets",
    "acme/call-targets/new",
    "acme/call-targets/{target}",
    "acme/call-targets/{target}?on=2026-03-08&at=02:30&estimate=soon",
    "acme/call-targets/{target}/hours",
    "acme/call-targets/{target}/hours/holidays",
    "acme/call-targets/{target}/offers",
    "acme/call-targets/{target}/calling",
    "acme/call-targets/{target}/estimate",
    "acme/call-targets/{target}/prompts",
    "acme/call-targets/{target}/texts",
    "acme/call-targets/{target}/history",
    "acme/call-targets/{target}/publish",
    "acme/call-targets/{target}/remove",
    "acme/scheduler/widgets",
    "acme/scheduler/widgets/new",
    "acme/scheduler/widgets/billing",
    "acme/scheduler/widgets/billing/edit",
    "acme/scheduler/widgets/billing/copy",
    "acme/scheduler/widgets/billing/remove",
    "acme/scheduler/widgets/billing/messages",
    "acme/scheduler/widgets/billing/messages?language=fr-CA",
    "acme/scheduler/widgets/billing/endpoints",
    "acme/scheduler/widgets/billing/embed",
    "acme/scheduler/conveys",
    "acme/scheduler/conveys/new",
    "acme/scheduler/widgets/billing-page",
    "acme/scheduler/widgets/billing-page/edit",
    "acme/scheduler/widgets/billing-page/embed",
    "acme/now",
    "acme/now?view=cards",
    "acme/callbacks",
    "acme/callbacks?state=failure&number=nothing",
    "acme/callbacks/{callback}",
    "acme/callbacks/{callback}/cancel",
    "acme/callbacks/{callback}/call-now",
    "acme/callbacks/{callback}/move",
    "acme/blocked-numbers",
    "acme/blocked-numbers/new?callback={callback}",
    "acme/personal-data",
    "acme/scheduler/api",
    "acme/scheduler/api/access?access=public",
    "acme/scheduler/policies",
    "acme/scheduler/policies/new",
    "acme/scheduler/policies/{policy}",
    "acme/scheduler/policies/{policy}/edit",
    "acme/scheduler/policies/{policy}/clone",
    "acme/scheduler/policies/{policy}/remove",
    "acme/scheduler/policies/{policy}/tokens/{token}/revoke",
    "acme/messaging/automations",
    "acme/messaging/automations/callme",
    "acme/messaging/automations/callme/reset",
    "acme/messaging/automations/general?language=fr",
    "acme/messaging/conversations",
    "acme/messaging/conversations?number=nothing",
    "acme/messaging/conversations/{ours}/{theirs}",
    "acme/messaging/opt-outs",
    "acme/messaging/opt-outs/remove?number=%2B12015550123",
    "acme/messaging/phone",
    "acme/messaging/gateway",
    "acme/reports",
    "acme/reports?from=2026-03-02&to=2026-01-01",
    "acme/scheduler/templates",
    "acme/scheduler/templates/new",
    "acme/scheduler/templates/{template}",
    "acme/scheduler/templates/{template}/copy",
    "acme/scheduler/templates/{template}/remove",
    "acme/scheduler/user-data-sets",
    "acme/scheduler/user-data-sets/new",
    "acme/scheduler/user-data-sets/{data_set}",
    "acme/scheduler/user-data-sets/{data_set}/copy",
    "acme/scheduler/user-data-sets/{data_set}/remove",
    "acme/settings",
    "acme/users",
    "acme/users/{user}/role",
    "acme/users/{user}/remove",
    "acme/audit",
    "acme/audit?actor=nobody",
    "account",
    "account/codes",
    "acme/nothing",
    "invitation/void",
)
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def fill(server: Running) -> Callable[[str], str]:
    """An address with the ids of what is there."""
    asked = Scheduler(server, "acme").requested("billing", "+12015550199", name="Ada", channel="web")
    callback = asked["callback_request_id"]
    set_up_texts(server, "acme")
    telephone = Telephone(server, "acme")
    telephone.text("STOP")
    between = {"ours": OURS, "theirs": telephone.number}

    def fill(path: str) -> str:
        row = server.app.db.read_now(
            lambda tx: tx.one(
                """
                SELECT t.id AS token, t.policy_id AS policy, u.id AS user, d.id AS data_set, l.id AS template, c.id AS target
                FROM access_tokens t CROSS JOIN users u CROSS JOIN user_data_sets d CROSS JOIN templates l
                CROSS JOIN call_targets c
                WHERE t.org_id = 'acme' AND t.name = 'first' AND u.email = :email
                AND d.org_id = 'acme' AND l.org_id = 'acme' AND c.org_id = 'acme' AND c.key = 'desk'
                """,
                email=EMAIL,
            )
        )
        assert row is not None
        return "/console/" + path.format(**dict(row), **between, callback=callback)

    return fill


AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""What a scheme can change; the rest is the same in both."""
ALL_BUT_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
"""What the width can change. To look for the contrast of every text takes longest."""


def violations(page: Page, **which: Any) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("which => axe.run(which)", {"resultTypes": ["violations"], **which})["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def unfold(page: Page) -> None:
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")


@pytest.mark.parametrize(("scheme", "which"), [("light", {}), ("dark", COLOURS)], ids=["light", "dark"])
def test_axe_finds_nothing(
    open_page: OpenPage, fill: Callable[[str], str], scheme: str, which: dict[str, object]
) -> None:
    page = open_page("/console", color_scheme=scheme, viewport=WIDE)
    found = {}
    for path in PATHS:
        page.goto(fill(path))
        unfold(page)
        found[path] = violations(page, **which)
    page.goto(fill("acme/scheduler/api"))
    page.get_by_role("combobox").select_option("public")
    expect(page.get_by_role("dialog")).to_be_visible()
    found["a dialog"] = violations(page, **which)
    page.context.clear_cookies()
    page.goto("/console")
    found["sign-in"] = violations(page, **which)
    assert {path: each for path, each in found.items() if each} == {}


def test_nothing_scrolls_sideways_on_a_telephone(open_page: OpenPage, fill: Callable[[str], str]) -> None:
    page = open_page("/console", viewport=PHONE)
    widths, found = {}, {}
    for path in PATHS:
        page.goto(fill(path))
        unfold(page)
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
        found[path] = violations(page, **ALL_BUT_CONTRAST)
    assert {path: each for path, each in found.items() if each} == {}
    assert {path: width for path, width in widths.items() if width > PHONE["width"]} == {}


def test_the_menu_on_a_telephone_opens_and_closes_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("/console/acme/users", viewport=PHONE)
    entry = page.get_by_role("link", name="Audit log")
    expect(entry).to_be_hidden()
    page.get_by_role("link", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(entry).to_be_visible()
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    page.get_by_role("link", name="Menu").click()
    entry.click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()


def test_the_content_is_one_tab_away(open_page: OpenPage) -> None:
    page = open_page("/console/acme/users", viewport=WIDE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_times_are_the_reader_s_with_the_organization_s_on_hover(open_page: OpenPage) -> None:
    page = open_page("/console/acme/audit", viewport=WIDE, timezone_id="Asia/Tokyo", locale="en-GB")
    shown = page.locator("main time").first
    expect(shown).to_contain_text("3 Mar 2026")  # 15:00 UTC on the 2nd is midnight in Tokyo
    assert str(shown.get_attribute("title")).startswith("Mar 2, 2026, 10:00")
