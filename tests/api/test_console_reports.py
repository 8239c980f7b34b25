"""The reports page through HTTP: days, filters, numbers that are those of the callbacks, files; empty and wrong."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.consoles import Console, person
from tests.fakes.past import Past, remember
from tests.running import Running

import ringback.reports.service as reports
from ringback.callbacks.lifecycle import Outcome
from ringback.callbacks.model import Kind
from ringback.identity.model import Role
from ringback.kernel.clock import DAY, HOUR, Instant, after
from ringback.kernel.tenancy import OrgId

REPORTS = "/console/acme/reports"
ACME = OrgId("acme")

Browse = Callable[[], Console]


@pytest.fixture
def targets(server: Running) -> list[tuple[str, str]]:
    """Acme's call targets, each with one of its widgets."""
    rows = server.app.db.read_now(
        lambda tx: tx.all(
            "SELECT call_target_id, MIN(id) AS widget FROM widgets WHERE org_id = 'acme' GROUP BY call_target_id ORDER BY 1"
        )
    )
    return [(row["call_target_id"], row["widget"]) for row in rows]


@pytest.fixture
def history(server: Running, targets: list[tuple[str, str]]) -> None:
    """Ten days: two callbacks a day, and twenty on the last day before today; it is Monday, 15:00 UTC, 10:00 there."""
    (first, widget), (second, other) = targets[:2]
    now = server.clock.now()
    listed = [
        Past(Instant(now - day * DAY - hour * HOUR), call_target=first, widget=widget, channel="sms")
        for day in range(1, 11)
        for hour in (0, 1)
    ]
    listed += [
        Past(
            after(now, -86400 + 60 * each),
            Outcome.UNAVAILABLE,
            Kind.SCHEDULED,
            call_target=second,
            widget=other,
            channel="=web",
            promised=None,
            booked=60,
            launched=70,
            attempts=3,
            answered=None,
            connected=None,
        )
        for each in range(18)
    ]
    listed.append(Past(after(now, -600), call_target=first, widget=widget, channel="sms", finished=500))
    server.app.db.write_now(remember, ACME, listed)


def count(server: Running) -> None:
    while server.app.db.write_now(reports.count_finished, now=server.clock.now()):
        pass


def tiles(console: Console) -> dict[str, str]:
    """What stands at the top."""
    found = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", console.page.text)
    return {name: value.replace("\u00a0", " ").replace("&lt;", "<").replace("&gt;", ">") for name, value in found}


def rows(console: Console, address: str) -> list[list[str]]:
    answer = console.client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return [*csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))]


def test_the_last_seven_days_are_told_first(admin: Console, server: Running, history: None) -> None:
    admin.open("/console/acme/users")
    assert REPORTS in "".join(admin.links())
    for _ in range(2):
        admin.open(REPORTS)
        assert tiles(admin) == {
            "Asked for": "31",
            "Successful": "42 %",
            "On time": "100 %",
            "Spared on hold": "49 min",
        }
        assert "31 callbacks were asked for" in admin.text
        assert "most over =web (58 %)" in admin.text
        assert "Of the others most were not reached (18)." in admin.text
        assert "18 were called again in vain." in admin.text
        count(server)


@pytest.mark.parametrize(
    ("query", "asked_for"),
    [
        ("days=1", "1"),
        ("days=7", "31"),
        ("days=30", "39"),
        ("days=90", "39"),
        ("days=17", "31"),
        ("from=2026-02-27&to=2026-02-28", "4"),
        ("from=2026-03-01&to=2026-03-01", "20"),
        ("from=2026-03-01", "21"),
        ("to=2026-03-01", "32"),
        ("from=2026-03-01&to=2099-01-01", "21"),
        ("channel=sms", "13"),
        ("channel=%3Dweb&days=30", "18"),
    ],
)
def test_days_and_channels(admin: Console, server: Running, history: None, query: str, asked_for: str) -> None:
    count(server)
    assert admin.open(f"{REPORTS}?{query}").status_code == 200
    assert tiles(admin)["Asked for"] == asked_for


def test_one_call_target(admin: Console, history: None, targets: list[tuple[str, str]]) -> None:
    admin.open(f"{REPORTS}?target={targets[1][0]}")
    assert tiles(admin) == {"Asked for": "18", "Successful": "0 %", "On time": "100 %", "Spared on hold": "–"}
    assert "Nobody was reached." in admin.text
    assert f'value="{targets[1][0]}" selected' in admin.page.text


def test_what_was_chosen_stays_chosen(admin: Console, server: Running, history: None) -> None:
    count(server)
    admin.open(f"{REPORTS}?from=2026-03-01&to=2026-03-01&channel=sms")
    assert (admin.value("from"), admin.value("to")) == ("2026-03-01", "2026-03-01")
    assert '<option value="sms" selected>' in admin.page.text
    assert '<option value="=web">' in admin.page.text
    assert any("reports?days=30&channel=sms" in link for link in admin.links())
    assert any("outcomes.csv?from=2026-03-01&to=2026-03-01&channel=sms" in link for link in admin.links())


def test_days_are_those_of_the_organization(admin: Console, server: Running, targets: list[tuple[str, str]]) -> None:
    """Acme is in New York: at 15:00 UTC it is 10:00 there, and its days begin at 5:00 UTC."""
    midnight = Instant(server.clock.now() // HOUR * HOUR - 10 * HOUR)
    target, widget = targets[0]
    for at in (midnight - 1, midnight):
        past = [Past(Instant(at), None, call_target=target, widget=widget)]
        server.app.db.write_now(remember, ACME, past)
    admin.open(f"{REPORTS}?days=1")
    assert tiles(admin)["Asked for"] == "1"
    assert "the busiest hour was 00:00 to 01:00" in admin.text


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("from=2026-13-01", "This is no date."),
        ("to=nonsense", "This is no date."),
        ("from=0001-01-01", "This is no date."),
        ("from=9999-01-01", "This is no date."),
        ("from=2026-03-02&to=2026-03-01", "This is after the last day."),
        ("from=2025-01-01&to=2026-03-01", "These are more than 400 days."),
    ],
)
def test_what_is_wrong_is_told_beside_the_field(admin: Console, history: None, query: str, problem: str) -> None:
    assert admin.open(f"{REPORTS}?{query}").status_code == 400
    assert problem in admin.text
    assert tiles(admin) == {}
    for name, typed in (pair.split("=") for pair in query.split("&")):
        assert admin.value(name) == typed


def test_four_hundred_days(admin: Console, history: None) -> None:
    assert admin.open(f"{REPORTS}?from=2025-01-27&to=2026-03-02").status_code == 200
    assert "by week" in admin.text


def test_nothing_happened_yet(admin: Console) -> None:
    admin.open(REPORTS)
    assert "No callbacks on these days As soon as customers ask for callbacks" in admin.text
    admin.open(f"{REPORTS}?channel=fax")
    assert "No callback fits" in admin.text
    assert '<option value="fax" selected>' in admin.page.text


@pytest.mark.parametrize("key", ["volumes", "outcomes", "punctuality", "spared", "retries"])
def test_every_report_is_a_file_too(admin: Console, server: Running, history: None, key: str) -> None:
    count(server)
    admin.open(REPORTS)
    (address,) = (link for link in admin.links() if f"/{key}.csv" in link)
    header, *body = rows(admin, address)
    assert header[:2] == ["day", "hour"]
    assert {row[0] for row in body} <= {f"2026-0{month}-{day:02}" for month in (2, 3) for day in range(1, 29)}
    assert all(len(row) == len(header) for row in body)
    name = admin.client.get(address).headers["content-disposition"]
    assert name == f'attachment; filename="{key}-acme-2026-02-24-to-2026-03-02.csv"'


def test_the_numbers_of_the_files_are_those_of_the_page(admin: Console, history: None) -> None:
    _, *volumes = rows(admin, f"{REPORTS}/volumes.csv")
    assert sum(int(row[3]) for row in volumes) == 31
    assert {row[2] for row in volumes} == {"sms", "'=web"}
    header, *outcomes = rows(admin, f"{REPORTS}/outcomes.csv")
    named = [dict(zip(header, row, strict=True)) for row in outcomes]
    assert sum(int(row["requested"]) for row in named) == 31
    assert {row["type"]: int(row["unavailable"]) for row in named if row["unavailable"] != "0"} == {"scheduled": 18}
    assert {row["hour"] for row in named} == {""}
    _, *of_a_day = rows(admin, f"{REPORTS}/retries.csv?days=1")
    assert {row[1] for row in of_a_day} == {"9"}


def test_there_is_no_other_report(admin: Console) -> None:
    assert admin.open(f"{REPORTS}/salaries.csv").status_code == 404


def test_a_viewer_may_look(browse: Browse, server: Running, history: None) -> None:
    person(server, "vic@acme.example", acme=Role.VIEWER)
    viewer = browse()
    viewer.sign_in("vic@acme.example", path=REPORTS)
    assert tiles(viewer)["Asked for"] == "31"
    assert rows(viewer, f"{REPORTS}/outcomes.csv")


def test_nobody_is_in_a_report(admin: Console, history: None) -> None:
    said: list[Any] = [admin.open(f"{REPORTS}?days=30").text]
    said += [rows(admin, f"{REPORTS}/{key}.csv?days=30") for key in ("volumes", "outcomes", "punctuality", "spared")]
    assert "201555" not in str(said)
