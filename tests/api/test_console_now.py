"""The live board: what it says of every queue and why, and its two switches."""

import re
from collections.abc import Callable

import pytest
from tests.api.scheduler import ORGANIZATIONS, Scheduler, only, refusal
from tests.consoles import Console, person
from tests.running import Running, reconfigure, row_of

import ringback.audit.service as audit
from ringback.audit.model import AuditEntry
from ringback.configuration.apply import apply_file
from ringback.configuration.file import read_text
from ringback.identity.model import Role
from ringback.kernel.tenancy import OrgId

ACME = OrgId("acme")
NOW = "/console/acme/now"
CARDS = f"{NOW}?view=cards"
CUSTOMER = "+12015550123"
Browse = Callable[[], Console]


@pytest.fixture
def board(admin: Console) -> Callable[[], str]:
    """Open the board, as cards; its words."""
    return lambda: (admin.open(CARDS), admin.text)[1]


@pytest.fixture
def targets(server: Running) -> dict[str, str]:
    """The ids of Acme's call targets by their keys."""
    rows = server.app.db.read_now(lambda tx: tx.all("SELECT id, key FROM call_targets WHERE org_id = 'acme'"))
    return {row["key"]: row["id"] for row in rows}


def card(console: Console, name: str) -> str:
    """What the card of a call target says."""
    (markup,) = [
        each
        for each in re.findall(r"<section.*?</section>", console.page.text, re.DOTALL)
        if f">{name}</a></h2>" in each
    ]
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def last_entry(server: Running) -> AuditEntry:
    return server.app.db.read_now(audit.newest, ACME, limit=1)[0]


class TestWhatItSays:
    def test_why_it_offers_no_more(self, admin: Console) -> None:
        admin.open(CARDS)
        for name, words in {
            "Billing": "Open Callbacks are offered as soon as possible. Times can be booked.",
            "Express": "Open Callbacks are offered as soon as possible. Booking is switched off.",
            "Sales": "Closed Closed until Tue 09:00 . Times can be booked.",
            "Shut": "Closed Closed until Tue 09:00 . Booking is switched off.",
            "Full": "At its limit 0 callbacks wait; from 0 on none is taken as soon as possible. Booking is switched",
            "Off": "Not registering Registering is switched off: no new callbacks are taken.",
        }.items():
            assert f"{name} {words}" in card(admin, name), card(admin, name)

    def test_the_estimate_is_what_customers_are_told(self, admin: Console, acme: Scheduler) -> None:
        for line in range(12):
            acme.requested("billing", f"+1201555{1000 + line}")
        told = only(acme.widget("billing"))["message"]
        minutes = re.search(r"(\d+) minutes", told)
        assert minutes
        admin.open(CARDS)
        assert f"Estimate {minutes[1]} min" in card(admin, "Billing")
        assert "Waiting 12 Dialling 0" in card(admin, "Billing")
        assert "Estimate – none told" in card(admin, "Sales")

    def test_the_last_hours_in_a_line_and_in_words(self, admin: Console, server: Running, acme: Scheduler) -> None:
        server.work()
        admin.open(CARDS)
        assert "<svg" in card_markup(admin, "Billing")
        for line in range(12):
            acme.requested("billing", f"+1201555{1000 + line}")
        server.clock.advance(420)
        server.work()
        admin.open(CARDS)
        label = re.search(r'aria-label="(Estimate over[^"]*)"', card_markup(admin, "Billing"))
        assert label
        assert re.fullmatch(
            r"Estimate over the last 30 minutes: at first &lt; 1 min, now \d+ min, highest \d+ min\.", label[1]
        )

    def test_how_it_goes_on(self, admin: Console, server: Running, acme: Scheduler) -> None:
        acme.requested("billing", CUSTOMER)
        server.work()
        admin.open(CARDS)
        assert "Waiting 0 Dialling 1 Connecting 0 Talking 0" in card(admin, "Billing")
        assert "3 agents, 3 free, 0 on hold (0 s ago)" in card(admin, "Billing")
        for _ in range(20):
            server.pass_time(10)
        admin.open(CARDS)
        assert "Today 1 connected" in card(admin, "Billing")
        assert "Ended today 1 100 % connected" in admin.text

    def test_the_next_booked(self, admin: Console, acme: Scheduler) -> None:
        slots = only(acme.widget("billing"))["scheduled_timeslots"]
        acme.requested("billing", CUSTOMER, appointment_time=slots[1])
        admin.open(CARDS)
        assert re.search(r"Next booked \d\d:\d\d Agents", card(admin, "Billing"))
        assert "Next booked none" in card(admin, "Express")

    def test_what_is_wrong(self, admin: Console, server: Running, acme: Scheduler) -> None:
        server.work()
        acme.requested("billing", CUSTOMER)
        admin.open(CARDS)
        assert "worker" not in admin.text
        server.clock.advance(240)
        admin.open(CARDS)
        assert "No worker seems to be running. The last minute that one recorded is 10:00 ." in admin.text
        assert "A callback is due and no worker looks at them." in card(admin, "Billing")
        assert "The queue statistics are 4 min old and count no more." in card(admin, "Billing")
        assert "(4 min ago, stale)" in card(admin, "Billing")
        assert "old and count no more" not in card(admin, "Sales")  # closed: nobody needs them
        server.work()
        admin.open(CARDS)
        assert "worker" not in admin.text

    def test_nobody_at_work(self, admin: Console, server: Running, secrets: dict[str, str]) -> None:
        target = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM call_targets WHERE key = 'express'"))
        assert target is not None
        answer = server.post(
            f"/v1/call-targets/{target['id']}/queue-stats",
            json={"agents_staffed": 0},
            headers={"Authorization": f"Bearer {secrets['ACME_TOKEN']}"},
        )
        assert answer.status_code < 300, answer.text
        admin.open(CARDS)
        assert "Open Nobody at work" in card(admin, "Express")
        assert "No agents are at work, by the queue statistics." in card(admin, "Express")

    def test_what_happens(self, admin: Console, server: Running, acme: Scheduler) -> None:
        asked = acme.requested("billing", CUSTOMER, channel="sms")
        server.clock.advance(1)
        acme.cancel(CUSTOMER)
        admin.open(NOW)
        assert "… 0123 cancelled by the API Billing" in admin.text
        assert "… 0123 asked for a callback (sms) Billing" in admin.text
        assert CUSTOMER not in admin.page.text
        assert "2015550123" not in admin.page.text
        here = f"{server.url}/console/acme/callbacks/{asked['callback_request_id']}"
        assert admin.links().count(here) == 2

    def test_a_neighbour_s_callbacks_are_not_there(self, admin: Console, globex: Scheduler, server: Running) -> None:
        widget = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM widgets WHERE org_id = 'globex'"))
        assert widget is not None
        globex.request(widget["id"], CUSTOMER)
        admin.open(NOW)
        assert "Nothing yet" in admin.text

    def test_of_many_call_targets_a_table(self, admin: Console) -> None:
        admin.open(NOW)
        assert admin.page.text.count("<tr role") == 11
        assert "Sales Closed Closed until Tue 09:00 ." in admin.text
        admin.open(f"{NOW}?view=nonsense")
        assert admin.page.text.count("<tr role") == 11

    def test_no_call_target_yet(self, server: Running, browse: Browse) -> None:
        file = read_text('[organization]\nkey = "new"\nid = "new"\nname = "New"\nnumbers = { region = "US" }')
        now = server.clock.now()
        server.app.db.write_now(apply_file, file, actor="test", origin="test", secrets={}, now=now)
        person(server, "nan@new.example", new=Role.MANAGER)
        console = browse()
        console.sign_in("nan@new.example")
        assert console.path == "/console/new/now"
        assert "No call target yet" in console.text
        assert f"{server.url}/console/new/call-targets" in console.links()


class TestSwitches:
    def test_registering_from_the_next_request_on(
        self, admin: Console, server: Running, acme: Scheduler, targets: dict[str, str]
    ) -> None:
        admin.open(CARDS)
        path = f"{NOW}/{targets['billing']}/registering"
        admin.send(f"{path}?view=cards", on="no")
        assert admin.path == NOW
        assert "“Billing” takes no new callbacks from now on." in admin.text
        assert "Billing Not registering" in card(admin, "Billing")
        assert only(acme.widget("billing"))["widget_state"] == "platform_unavailable"
        assert refusal(acme.request("billing", CUSTOMER)) == (400, "RequestRefusedDueToOperationMode")
        entry = last_entry(server)
        assert (entry.actor, entry.origin) == ("ann@acme.example", "console 127.0.0.1")
        assert (entry.subject_kind, entry.subject_key) == ("call_target", "billing")
        assert (entry.before, entry.after) == ({"register_callbacks": True}, {"register_callbacks": False})

        (undo,) = re.findall(
            rf'<form method="post" action="({path}[^"]*)">(?:(?!</form>).)*Undo', admin.page.text, re.DOTALL
        )
        admin.send(undo, on="yes")
        assert only(acme.widget("billing"))["widget_state"] == "offer_callback"

    def test_processing(self, admin: Console, server: Running, acme: Scheduler, targets: dict[str, str]) -> None:
        admin.open(CARDS)
        admin.send(f"{NOW}/{targets['billing']}/processing", on="no")
        assert "“Billing” calls nobody from now on." in admin.text
        admin.open(CARDS)
        assert "Open Not processing" in card(admin, "Billing")
        asked = acme.requested("billing", CUSTOMER)["callback_request_id"]
        server.pass_time(60)
        assert row_of(server, asked)["attempts"] == 0
        admin.send(f"{NOW}/{targets['billing']}/processing", on="yes")
        server.pass_time(60)
        assert row_of(server, asked)["attempts"] == 1

    def test_what_is_so_already_is_no_change(self, admin: Console, server: Running, targets: dict[str, str]) -> None:
        admin.open(NOW)
        before = last_entry(server)
        admin.send(f"{NOW}/{targets['billing']}/registering", on="yes")
        assert last_entry(server) == before

    def test_a_switch_changes_nothing_else(
        self, admin: Console, server: Running, acme: Scheduler, targets: dict[str, str]
    ) -> None:
        """Not even when the same thing has been applied from a file meanwhile."""
        admin.open(NOW)
        reconfigure(server, ORGANIZATIONS / "acme.toml", ('name = "Billing"', 'name = "Invoices"'))
        admin.send(f"{NOW}/{targets['billing']}/registering", on="no")
        assert "“Invoices” takes no new callbacks" in admin.text

    @pytest.mark.parametrize("value", ["", "maybe"])
    def test_neither_on_nor_off(self, admin: Console, targets: dict[str, str], value: str) -> None:
        admin.open(NOW)
        assert admin.send(f"{NOW}/{targets['billing']}/registering", on=value).status_code == 400

    def test_no_such_call_target(self, admin: Console, server: Running) -> None:
        foreign = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM call_targets WHERE org_id = 'globex'"))
        assert foreign is not None
        admin.open(NOW)
        for target in ("none", foreign["id"]):
            assert admin.send(f"{NOW}/{target}/processing", on="no").status_code == 404

    def test_a_viewer_sees_and_may_not(self, server: Running, browse: Browse, targets: dict[str, str]) -> None:
        person(server, "vic@acme.example", acme=Role.VIEWER)
        viewer = browse()
        viewer.sign_in("vic@acme.example", path=CARDS)
        assert "Register: on Process: on" in card(viewer, "Billing")
        assert 'role="switch"' not in viewer.page.text
        assert viewer.send(f"{NOW}/{targets['billing']}/registering", on="no").status_code == 403

    def test_a_supervisor_may(self, server: Running, browse: Browse, targets: dict[str, str]) -> None:
        person(server, "sue@acme.example", acme=Role.SUPERVISOR)
        supervisor = browse()
        supervisor.sign_in("sue@acme.example", path=CARDS)
        supervisor.send(f"{NOW}/{targets['billing']}/registering", on="no")
        assert "takes no new callbacks from now on" in supervisor.text


def card_markup(console: Console, name: str) -> str:
    sections = re.findall(r"<section.*?</section>", console.page.text, re.DOTALL)
    return next(each for each in sections if f">{name}</a></h2>" in each)
