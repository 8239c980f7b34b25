"""Reading a report in a real browser: choose days, look at a chart and its table, keep the file."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.fakes.past import Past, remember
from tests.running import Running

from ringback.callbacks.lifecycle import Outcome
from ringback.kernel.clock import DAY, MINUTE, Instant
from ringback.kernel.tenancy import OrgId

ACME = OrgId("acme")


def remember_days(server: Running) -> None:
    """Ten callbacks a day, nine of them successful, over three channels."""

    def write(tx) -> None:
        row = tx.one("SELECT id, call_target_id FROM widgets WHERE org_id = 'acme' ORDER BY id LIMIT 1")
        of = {"call_target": row["call_target_id"], "widget": row["id"]}
        listed = [
            Past(
                Instant(server.clock.now() - day * DAY - each * 7 * MINUTE),
                Outcome.SUCCESS if each else Outcome.ABANDONED,
                channel=("sms", "web", "ivr")[each % 3],
                connected=260 if each else None,
                **of,
            )
            for day in range(1, 50)
            for each in range(10)
        ]
        remember(tx, ACME, listed)

    server.app.db.write_now(write)


def test_a_report_is_read_narrowed_down_and_kept(open_page: OpenPage, server: Running, tmp_path: Path) -> None:
    remember_days(server)
    page = open_page("/console/acme/now", viewport={"width": 1280, "height": 800})
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_text("60 callbacks were asked for")).to_be_visible()

    page.get_by_role("link", name="30 days").click()
    expect(page.get_by_text("290 callbacks were asked for")).to_be_visible()
    expect(page.get_by_role("link", name="30 days")).to_have_attribute("aria-current", "true")
    outcomes = page.locator("#outcomes")
    expect(outcomes.get_by_text("90 % of the 290 callbacks that ended were successful")).to_be_visible()
    expect(outcomes.get_by_role("img", name="How callbacks ended, by day")).to_be_visible()
    assert outcomes.locator("rect").count() == 2 * 29
    expect(outcomes.get_by_role("table")).to_be_hidden()
    outcomes.get_by_text("Outcomes: table").click()
    row = outcomes.get_by_role("row", name="Customer hung up while waiting")
    assert row.get_by_role("cell").all_inner_texts() == ["29", "10\u00a0%"]

    page.get_by_label("From", exact=True).fill("2026-03-01")
    page.get_by_label("To", exact=True).fill("2026-03-01")
    page.get_by_label("Channel", exact=True).select_option("sms")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("4 callbacks were asked for")).to_be_visible()
    with page.expect_download() as kept:
        page.get_by_role("link", name="CSV of Volumes").click()
    kept.value.save_as(tmp_path / kept.value.suggested_filename)
    text = (tmp_path / "volumes-acme-2026-03-01-to-2026-03-01.csv").read_text("utf-8-sig")
    assert text.splitlines() == [
        "day,hour,channel,requested",
        "2026-03-01,8,sms,1",
        "2026-03-01,9,sms,2",
        "2026-03-01,10,sms,1",
    ]


def test_charts_and_tables_are_for_everybody(open_page: OpenPage, server: Running) -> None:
    remember_days(server)
    for scheme in ("light", "dark"):
        page = open_page("/console/acme/reports?days=90", color_scheme=scheme, viewport={"width": 360, "height": 740})
        for summary in page.locator("main summary").all():
            summary.click()
        found = Axe().run(page).response["violations"]
        assert [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") == 360
