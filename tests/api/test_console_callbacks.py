"""Callbacks in the console: the list, one of them, and what is done with it."""

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from tests.api.scheduler import Scheduler
from tests.consoles import Console, person
from tests.running import Running, row_of

from ringback.identity.model import Role
from ringback.kernel.clock import DAY, HOUR, Instant

CALLBACKS = "/console/acme/callbacks"
Browse = Callable[[], Console]


def ask(acme: Scheduler, number: str = "+12015550100", widget: str = "billing", **body: Any) -> str:
    callback_id: str = acme.requested(widget, number, **body)["callback_request_id"]
    acme.server.clock.advance(1)
    return callback_id


def rows(console: Console) -> list[str]:
    """The customers of the list, in its order."""
    return re.findall(r'<a class="whole"[^>]*><span class="nowrap">(.*?)</span></a>', console.page.text)


def form(console: Console, **fields: str) -> dict[str, str]:
    """A form of the page that is shown, with what it knows of the callback."""
    return {"seen": console.value("seen"), "once": console.value("once"), **fields}


def state(server: Running, callback_id: str) -> tuple[str, str | None]:
    row = row_of(server, callback_id)
    return row["state"], row["outcome"]


def audited(server: Running, callback_id: str) -> list[dict[str, Any]]:
    rows = server.app.db.read_now(
        lambda tx: tx.all("SELECT actor, after FROM audit_log WHERE subject_key = :id ORDER BY id", id=callback_id)
    )
    return [{"actor": row["actor"], "after": row["after"]} for row in rows]


@pytest.fixture
def sue(server: Running, browse: Browse) -> Console:
    """A supervisor."""
    person(server, "sue@acme.example", acme=Role.SUPERVISOR)
    console = browse()
    console.sign_in("sue@acme.example")
    return console


@pytest.fixture
def vic(server: Running, browse: Browse) -> Console:
    """A viewer."""
    person(server, "vic@acme.example", acme=Role.VIEWER)
    console = browse()
    console.sign_in("vic@acme.example")
    return console


class TestTheList:
    def test_newest_first_and_what_to_do_when_there_is_none(self, sue: Console, acme: Scheduler) -> None:
        sue.open(CALLBACKS)
        assert "No callback yet" in sue.text
        for line in range(3):
            ask(acme, f"+1201555010{line}", name=f"Customer {line}", channel="web")
        sue.open(CALLBACKS)
        assert rows(sue) == ["+1 201-555-0102", "+1 201-555-0101", "+1 201-555-0100"]
        assert "Customer 2" in sue.text
        assert "3 callbacks" in sue.text

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("state=live", ["0102", "0101"]),
            ("state=pending", ["0102", "0101"]),
            ("state=talking", []),
            ("state=finished", ["0100"]),
            ("state=canceled", ["0100"]),
            ("state=success", []),
            ("channel=web", ["0101", "0100"]),
            ("number=%2B1+201+555+0101", ["0101"]),
            ("number=(201)+555-0101", ["0101"]),
            ("number=+12015550101", ["0101"]),
            ("since=2026-03-02&until=2026-03-02", ["0102", "0101", "0100"]),
            ("since=2026-03-03", []),
            ("until=2026-03-01", []),
            ("state=live&channel=web", ["0101"]),
            ("target=none", []),
        ],
    )
    def test_filtered(self, sue: Console, acme: Scheduler, query: str, expected: list[str]) -> None:
        first = ask(acme, "+12015550100", channel="web")
        ask(acme, "+12015550101", channel="web")
        ask(acme, "+12015550102", widget="allowing", channel="sms")
        acme.cancel("+12015550100", callback_request_id=first)
        sue.open(f"{CALLBACKS}?{query}")
        assert [row[-4:] for row in rows(sue)] == expected
        if not expected:
            assert "Nothing fits" in sue.text

    def test_by_call_target(self, sue: Console, acme: Scheduler) -> None:
        ask(acme, "+12015550100")
        ask(acme, "+12015550101", widget="allowing")
        sue.open(CALLBACKS)
        (target,) = re.findall(r'<option value="(\w+)">Allowing</option>', sue.page.text)
        sue.open(f"{CALLBACKS}?target={target}")
        assert rows(sue) == ["+1 201-555-0101"]

    def test_what_makes_no_sense_is_told_beside_the_field(self, sue: Console) -> None:
        assert sue.open(f"{CALLBACKS}?number=hello&since=yesterday").status_code == 400
        assert "This is not a phone number." in sue.text
        assert "This is no date." in sue.text
        assert sue.value("number") == "hello"

    def test_old_ones_are_not_listed_unless_they_are_live(self, sue: Console, acme: Scheduler) -> None:
        live = ask(acme, "+12015550100")
        done = ask(acme, "+12015550101")
        acme.cancel("+12015550101", callback_request_id=done)
        server = acme.server
        server.clock.turn_to(Instant(server.clock.now() + 8 * DAY))
        sue.sign_in("sue@acme.example")
        sue.open(CALLBACKS)
        assert rows(sue) == ["+1 201-555-0100"]
        assert state(server, live) == ("pending", None)
        sue.open(f"{CALLBACKS}?until=2026-03-10")
        assert rows(sue) == ["+1 201-555-0101", "+1 201-555-0100"]

    def test_page_by_page(self, sue: Console, acme: Scheduler) -> None:
        for line in range(60):
            ask(acme, f"+1201555{line:04}", widget="allowing")
        sue.open(f"{CALLBACKS}?state=live")
        everybody = [f"+1 201-555-{line:04}" for line in reversed(range(60))]
        assert rows(sue) == everybody[:50]
        assert "50 of many" in sue.text
        assert 'data-live="callbacks"' in sue.page.text
        follow(sue, "next")
        assert rows(sue) == everybody[50:]
        assert "state=live" in str(sue.page.url)
        follow(sue, "prev")
        assert rows(sue) == everybody[:50]

    def test_going_back_past_those_that_came_meanwhile(self, sue: Console, acme: Scheduler) -> None:
        for line in range(110):
            ask(acme, f"+1201555{line:04}", widget="allowing")
        sue.open(CALLBACKS)
        follow(sue, "next")
        follow(sue, "next")
        assert len(rows(sue)) == 10
        follow(sue, "prev")
        assert rows(sue)[0] == "+1 201-555-0059"
        assert rows(sue)[-1] == "+1 201-555-0010"

    def test_a_viewer_sees_the_last_digits_and_no_names(self, vic: Console, acme: Scheduler) -> None:
        callback_id = ask(acme, "+12015550177", name="Ada Lovelace", user_data={"account": "4711"})
        for path in (CALLBACKS, f"{CALLBACKS}/{callback_id}"):
            vic.open(path)
            assert "0177" in vic.text
            for secret in ("+12015550177", "201-555", "Ada Lovelace", "4711"):
                assert secret not in vic.page.text
        assert vic.open(f"{CALLBACKS}?number=%2B12015550177").status_code == 400
        assert "Your role does not allow looking for numbers." in vic.text
        assert vic.open(f"{CALLBACKS}.csv").status_code == 403

    def test_as_csv(self, sue: Console, acme: Scheduler) -> None:
        ask(acme, "+12015550100", name="=HYPERLINK(1)", channel="web")
        ask(acme, "+12015550101", channel="sms")
        answer = sue.client.get(f"{CALLBACKS}.csv?channel=web")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "callbacks-acme-2026-03-02.csv" in answer.headers["content-disposition"]
        (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert line["number"] == "'+12015550100"
        assert line["name"] == "'=HYPERLINK(1)"
        assert (line["call_target"], line["channel"], line["state"]) == ("Billing", "web", "pending")
        assert line["asked_at"] == "2026-03-02T15:00:00+00:00"

    def test_erased_ones_say_so(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme, "+12015550100", name="Ada")
        acme.cancel("+12015550100")
        sue.open(f"{CALLBACKS}/{callback_id}")
        sue.send(f"{CALLBACKS}/{callback_id}/note", **form(sue, note="Ada is angry"))
        server = acme.server
        server.clock.turn_to(Instant(server.clock.now() + 400 * DAY))
        server.work()
        sue.sign_in("sue@acme.example")
        sue.open(f"{CALLBACKS}?since=2026-01-01")
        assert rows(sue) == ['<span class="soft">erased</span>']
        sue.open(f"{CALLBACKS}/{callback_id}")
        assert "Note, erased" in sue.text
        for secret in ("5550100", "Ada", "angry", "Add a note", "Block this number"):
            assert secret not in sue.page.text


class TestOne:
    def test_everything_that_is_known(self, sue: Console, acme: Scheduler) -> None:
        body = {"name": "Ada Lovelace", "user_data": {"account": "4711"}, "time_zone": "Europe/Berlin"}
        callback_id = ask(acme, "+12015550100", channel="web", **body)
        sue.open(f"{CALLBACKS}/{callback_id}")
        for words in (
            "+1 201-555-0100 pending",
            "Ada Lovelace · Billing",
            "Place in line 1 next",
            "Account number 4711",
            "Europe/Berlin, now 16:00",
            "Asked for (web)",
            "Not called yet",
        ):
            assert words in sue.text
        assert sue.page.text.count('data-live="callbacks"') == 4

    def test_its_course_from_call_to_call(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme, "+12015550100")
        for _ in range(20):
            acme.server.pass_time(10)
        sue.open(f"{CALLBACKS}/{callback_id}")
        told = [
            "Asked for",
            "Attempt 1: the first party is called",
            "The telephone rings",
            "Answered",
            "Customer and agent are connected",
            "Call ended: both talked",
            "Finished: success",
        ]
        places = [sue.text.index(words) for words in told]
        assert places == sorted(places)
        assert "on time" in sue.text
        assert re.search(r"1 customer Mar 2, \d\d:\d\d:\d\d \+0:\d\d", sue.text)

    def test_of_another_organization(self, sue: Console, acme: Scheduler, globex: Scheduler) -> None:
        theirs = ask(globex, "+12015550100", widget="globex-support")
        assert sue.open(f"{CALLBACKS}/{theirs}").status_code == 404
        mine = ask(acme)
        sue.open(f"{CALLBACKS}/{mine}/cancel")
        for action in ("cancel", "call-now", "move", "note"):
            fields = form(sue, note="x", asap="yes")
            assert sue.send(f"{CALLBACKS}/{theirs}/{action}", follow=False, **fields).status_code == 404
        assert state(acme.server, theirs) == ("pending", None)


class TestCancelling:
    def test_while_it_waits(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        sue.open(f"{CALLBACKS}/{callback_id}/cancel")
        assert "Cancel this callback?" in sue.text
        fields = form(sue)
        for _ in range(2):  # pressed twice
            sue.send(f"{CALLBACKS}/{callback_id}/cancel", **fields)
            assert sue.page.status_code == 200
            assert "Cancelled." in sue.text
        assert "Cancelled by sue@acme.example" in sue.text
        assert state(acme.server, callback_id) == ("finished", "canceled")
        (entry,) = audited(acme.server, callback_id)
        assert entry["actor"] == "sue@acme.example"
        assert "+1201*****00" in entry["after"]
        assert "5550100" not in entry["after"]

    def test_what_has_changed_meanwhile_is_shown_and_left_alone(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        sue.open(f"{CALLBACKS}/{callback_id}/cancel")
        fields = form(sue)
        acme.server.work()
        assert sue.send(f"{CALLBACKS}/{callback_id}/cancel", **fields).status_code == 409
        assert "This callback has changed meanwhile. Nothing was done." in sue.text
        assert "+1 201-555-0100 dialling" in sue.text
        assert state(acme.server, callback_id)[1] is None
        assert audited(acme.server, callback_id) == []

    def test_a_call_that_rings_is_stopped(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        acme.server.work()
        sue.open(f"{CALLBACKS}/{callback_id}")
        assert "Stop the call" in sue.text
        sue.open(f"{CALLBACKS}/{callback_id}/cancel")
        sue.send(f"{CALLBACKS}/{callback_id}/cancel", **form(sue))
        assert "The call is being stopped" in sue.text
        assert state(acme.server, callback_id) == ("finished", "canceled")
        for _ in range(10):
            acme.server.pass_time(60)
        row = row_of(acme.server, callback_id)
        assert (row["outcome"], row["attempts"]) == ("canceled", 1)
        flows = acme.server.app.db.read_now(lambda tx: tx.all("SELECT id FROM attempts WHERE flow IS NOT NULL"))
        assert flows == []

    def test_who_talks_is_left_to_talk(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        while state(acme.server, callback_id)[0] != "talking":
            acme.server.pass_time(2)
        sue.open(f"{CALLBACKS}/{callback_id}/cancel")
        assert "It cannot be cancelled any more" in sue.text
        sue.open(f"{CALLBACKS}/{callback_id}")
        assert "Stop the call" not in sue.text
        fields = {"seen": "talking.1.asap", "once": sue.value("once")}
        assert sue.send(f"{CALLBACKS}/{callback_id}/cancel", **fields).status_code == 409


class TestCallingNow:
    def test_first_in_line(self, sue: Console, acme: Scheduler) -> None:
        first, second = ask(acme, "+12015550100"), ask(acme, "+12015550101")
        sue.open(f"{CALLBACKS}/{second}/call-now")
        fields = form(sue)
        for _ in range(2):
            sue.send(f"{CALLBACKS}/{second}/call-now", **fields)
        assert "It is first in line and due now." in sue.text
        assert "Place in line 1 next" in sue.text
        sue.open(f"{CALLBACKS}/{first}")
        assert "Place in line 2 1 before it" in sue.text
        assert len(audited(acme.server, second)) == 1

    def test_a_booked_one_gives_its_time_back(self, sue: Console, acme: Scheduler) -> None:
        slot = acme.widget("billing").json()["data"][0]["scheduled_timeslots"][3]
        booked = [ask(acme, f"+1201555010{line}", appointment_time=slot) for line in range(2)]
        assert slot not in acme.widget("billing").json()["data"][0]["scheduled_timeslots"]
        sue.open(f"{CALLBACKS}/{booked[0]}/call-now")
        sue.send(f"{CALLBACKS}/{booked[0]}/call-now", **form(sue))
        assert slot in acme.widget("billing").json()["data"][0]["scheduled_timeslots"]
        acme.server.work()
        assert state(acme.server, booked[0])[0] == "dialing"

    def test_it_says_when_the_call_target_is_closed(self, sue: Console, acme: Scheduler) -> None:
        slot = acme.widget("sales").json()["data"][0]["scheduled_timeslots"][0]
        callback_id = ask(acme, widget="sales", appointment_time=slot)
        sue.open(f"{CALLBACKS}/{callback_id}/call-now")
        assert "Not before Mar 3, 2026, 09:00 EST : the call target is closed." in sue.text
        sue.send(f"{CALLBACKS}/{callback_id}/call-now", **form(sue))
        assert "It is first in line, but it is not called now. Not before Mar 3, 2026, 09:00 EST" in sue.text
        acme.server.work()
        assert state(acme.server, callback_id) == ("pending", None)
        acme.server.clock.turn_to(Instant(acme.server.clock.now() + 23 * HOUR))
        acme.server.work()
        assert row_of(acme.server, callback_id)["attempts"] == 1

    def test_nobody_on_the_block_list(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        sue.open(f"{CALLBACKS}/{callback_id}/call-now")
        fields = form(sue)
        sue.open("/console/acme/blocked-numbers/new")
        sue.send("/console/acme/blocked-numbers/new", scope="number", number="+12015550100", reason="Threats")
        assert sue.send(f"{CALLBACKS}/{callback_id}/call-now", **fields).status_code == 409
        assert "on the block list, so it is not called" in sue.text


class TestMoving:
    def test_to_a_slot_and_back(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        placed = row_of(acme.server, callback_id)["order_at"]
        sue.open(f"{CALLBACKS}/{callback_id}/move")
        to = unescape(re.findall(r'name="appointment_time" value="(\d+)"', sue.page.text)[0])
        sue.send(f"{CALLBACKS}/{callback_id}/move", **form(sue, appointment_time=to))
        assert "Moved to Mar 2, 2026" in sue.text
        assert row_of(acme.server, callback_id)["appointment_at"] == int(to) * 1_000_000
        undo = {name: sue.value(name) for name in ("asap", "seen", "once")}
        sue.send(f"{CALLBACKS}/{callback_id}/move", **undo)
        assert "It is made as soon as possible." in sue.text
        row = row_of(acme.server, callback_id)
        assert (row["type"], row["appointment_at"], row["order_at"]) == ("asap", None, placed)
        assert len(audited(acme.server, callback_id)) == 2

    def test_day_by_day(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        sue.open(f"{CALLBACKS}/{callback_id}/move?day=2026-03-03")
        assert re.findall(r'aria-current="date"><span>Tue</span> Mar 3<', sue.page.text)
        times = [int(time) for time in re.findall(r'name="appointment_time" value="(\d+)"', sue.page.text)]
        assert len(times) > 10
        assert min(times) >= 1772514000  # midnight in New York
        sue.open(f"{CALLBACKS}/{callback_id}/move?day=nonsense")
        assert sue.page.status_code == 200

    def test_a_time_that_is_gone_is_told(self, sue: Console, acme: Scheduler) -> None:
        slot = acme.widget("desk").json()["data"][0]["scheduled_timeslots"][-1]
        mine = ask(acme, "+12015550100", widget="desk", appointment_time=slot)
        other = acme.widget("desk").json()["data"][0]["scheduled_timeslots"][-1]
        sue.open(f"{CALLBACKS}/{mine}/move")
        fields = form(sue)
        ask(acme, "+12015550101", widget="desk", appointment_time=other)
        assert sue.send(f"{CALLBACKS}/{mine}/move", appointment_time=str(other), **fields).status_code == 400
        assert "The appointment time is no longer free." in sue.text
        for wrong in ("", "x", "1", "9" * 12):
            assert sue.send(f"{CALLBACKS}/{mine}/move", appointment_time=wrong, **form(sue)).status_code == 400
        assert row_of(acme.server, mine)["appointment_at"] == slot * 1_000_000


class TestNotes:
    def test_one_is_written_once(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        sue.open(f"{CALLBACKS}/{callback_id}")
        fields = form(sue, note="Asked twice.\n<b>Be kind</b>")
        for _ in range(2):
            sue.send(f"{CALLBACKS}/{callback_id}/note", **fields)
        assert "Note by sue@acme.example Asked twice. <b>Be kind</b>" in sue.text
        assert sue.text.count("Be kind") == 1
        (entry,) = audited(acme.server, callback_id)
        assert "kind" not in entry["after"]

    @pytest.mark.parametrize(("note", "words"), [(" ", "Write something first."), ("x" * 2001, "at most 2,000")])
    def test_what_is_wrong_is_told_beside_the_field(self, sue: Console, acme: Scheduler, note: str, words: str) -> None:
        callback_id = ask(acme)
        sue.open(f"{CALLBACKS}/{callback_id}")
        assert sue.send(f"{CALLBACKS}/{callback_id}/note", **form(sue, note=note)).status_code == 400
        assert words in sue.text
        assert note in sue.page.text

    def test_who_goes_back_and_writes_another_loses_nothing(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        sue.open(f"{CALLBACKS}/{callback_id}")
        fields = form(sue)
        sue.send(f"{CALLBACKS}/{callback_id}/note", **fields, note="One")
        assert sue.send(f"{CALLBACKS}/{callback_id}/note", **fields, note="Another").status_code == 409
        assert "This form was sent before." in sue.text
        acme.server.clock.advance(1)
        sue.send(f"{CALLBACKS}/{callback_id}/note", **form(sue), note="Another")
        assert sue.text.index("One") < sue.text.index("Another")

    def test_a_form_of_nobody_s_is_refused(self, sue: Console, acme: Scheduler) -> None:
        callback_id = ask(acme)
        sue.open(f"{CALLBACKS}/{callback_id}")
        assert sue.send(f"{CALLBACKS}/{callback_id}/note", note="kept", once="").status_code == 409
        assert "kept</textarea>" in sue.page.text


class TestPersonalData:
    def test_taken_out_and_erased(self, admin: Console, acme: Scheduler) -> None:
        callback_id = ask(acme, "+12015550100", name="Ada", user_data={"account": "4711"})
        page = "/console/acme/personal-data"
        admin.open(page)
        admin.send(page, number="(201) 555-0100")
        assert "1 callback, 1 of the callbacks not ended" in admin.text
        answer = admin.send(f"{page}/export", number="+12015550100", follow=False)
        (known,) = answer.json()["callbacks"]
        assert (known["id"], known["name"], known["user_data"]["account"]) == (callback_id, "Ada", "4711")
        admin.open(page)
        fields = {"number": "+12015550100", "again": "+1 201 555 0100"}
        assert admin.send(f"{page}/erase", **fields).status_code == 400
        assert "Cancel it first." in admin.text
        acme.cancel("+12015550100")
        assert admin.send(f"{page}/erase", number="+12015550100", again="+12015550101").status_code == 400
        assert "This is another number." in admin.text
        admin.send(f"{page}/erase", **fields)
        assert "Erased: 1 callback of this number." in admin.text
        row = row_of(acme.server, callback_id)
        assert (row["contact_number"], row["contact_name"], row["user_data"]) == (f"erased:{callback_id}", None, "{}")
        admin.send(page, number="+12015550100")
        assert "Nothing is known of this number" in admin.text
        log = admin.open("/console/acme/audit?kind=personal_data").text
        assert "+1201*****00" in log
        assert "5550100" not in log

    def test_a_supervisor_has_no_business_here(self, sue: Console) -> None:
        assert sue.open("/console/acme/personal-data").status_code == 403

    def test_what_is_no_number(self, admin: Console) -> None:
        page = "/console/acme/personal-data"
        admin.open(page)
        for where in ("", "/export", "/erase"):
            for text, words in (("", "A number is needed."), ("hello", "This is not a phone number.")):
                assert admin.send(f"{page}{where}", number=text).status_code == 400
                assert words in admin.text


def follow(console: Console, rel: str) -> None:
    """Go where a link of that kind leads."""
    (link,) = re.findall(rf'href="([^"]*)" rel="{rel}"', console.page.text)
    console.open(unescape(link))
