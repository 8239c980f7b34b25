"""Widgets and conveys in the console, and what becomes of them in the API at once."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.api.scheduler import Scheduler, only, refusal
from tests.consoles import Console, person, shown
from tests.running import Running

from ringback.audit.model import Action
from ringback.audit.service import newest
from ringback.identity.model import Role
from ringback.kernel.tenancy import OrgId

WIDGETS, CONVEYS = "/console/acme/scheduler/widgets", "/console/acme/scheduler/conveys"
BILLING = f"{WIDGETS}/billing"
NUMBER = "+12015550123"
Browse = Callable[[], Console]


@pytest.fixture
def manager(server: Running, browse: Browse) -> Console:
    person(server, "max@acme.example", acme=Role.MANAGER)
    console = browse()
    console.sign_in("max@acme.example", path=WIDGETS)
    return console


def target_of(console: Console, name: str) -> str:
    """The value of a call target in the form that is shown."""
    found = re.search(rf'<option value="([^"]+)"[^>]*>{name}</option>', console.page.text)
    assert found
    return found[1]


def fields_of(console: Console) -> dict[str, str]:
    """Everything that the form of the page would send as it is."""
    page = console.page.text.partition('<form class="form"')[2].partition("</form>")[0]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = (re.search(rf'\b{each}="([^"]*)"', tag) for each in ("name", "value"))
        if name and (" checked" in tag or not re.search(r'type="(radio|checkbox)"', tag)):
            sent[name[1]] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select id="\w+" name="(\w+)".*?>(.*?)</select>', page, flags=re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent[name] = html.unescape(chosen[1]) if chosen else ""
    return {name: value for name, value in sent.items() if name != "csrf"}


def created(console: Console, path: str, **fields: str) -> str:
    """Make one; its public id."""
    console.open(f"{path}/new")
    sent = {"call_target": target_of(console, "Billing"), "numbers": "organization", "active": "yes", **fields}
    console.send(f"{path}/new", **sent)
    assert console.page.status_code == 200, console.text
    return console.path.rpartition("/")[2]


def log_of(server: Running) -> list[Any]:
    return server.app.db.read_now(newest, OrgId("acme"))


class TestTheLists:
    def test_they_tell_what_each_offers_now_and_why_not_more(self, admin: Console) -> None:
        text = shown(admin.open(WIDGETS).text)
        assert (
            "1 billing accepting less than a minute, or at a time Billing passes on: Customer everybody billing" in text
        )
        assert "express accepting less than a minute Express" in text
        assert "full not accepting Its limit of waiting callbacks is reached. No times are offered." in text
        assert "off not accepting Its call target takes no new callbacks." in text
        assert "inactive not active It offers nothing." in text
        assert re.search(r"sales times only Closed until Tue,? 09:00\.? ?\. Times from Tue,? 09:00", text)
        assert "12 billing page convey" in text
        text = shown(admin.open(CONVEYS).text)
        assert "12 billing page /c/acme-billing accepting" in text

    def test_who_looks_only_can_change_nothing(self, server: Running, browse: Browse) -> None:
        person(server, "vic@acme.example", acme=Role.VIEWER)
        viewer = browse()
        viewer.sign_in("vic@acme.example", path=WIDGETS)
        for path in (WIDGETS, BILLING, f"{BILLING}/messages", f"{BILLING}/endpoints", f"{BILLING}/embed"):
            assert viewer.open(path).status_code == 200
            main = viewer.page.text.partition("<main")[2]
            for word in ("New widget", "/edit", "/remove", "/move", "Save texts", "request_callback#"):
                assert word not in main, (path, word)

    def test_moving_changes_what_customers_read_first(self, admin: Console, acme: Scheduler) -> None:
        admin.open(WIDGETS)
        before = [each["id"] for each in acme.widgets(include="all").json()["data"]]
        admin.send(f"{WIDGETS}/express/move", place="0")
        assert "“express” comes as number 1 now." in admin.text
        ids = [each["id"] for each in acme.widgets(include="all").json()["data"]]
        assert ids == ["express", *(each for each in before if each != "express")]
        admin.send(f"{WIDGETS}/express/move", place=str(before.index("express")))  # what Undo sends
        assert [each["id"] for each in acme.widgets(include="all").json()["data"]] == before
        assert admin.send(f"{WIDGETS}/express/move", place="first").status_code == 400

    def test_a_convey_can_come_before_widgets(self, admin: Console, acme: Scheduler) -> None:
        admin.open(CONVEYS)
        admin.send(f"{WIDGETS}/billing-page/move", place="0")
        assert admin.path == CONVEYS
        assert acme.widgets().json()["data"][0]["id"] == "billing-page"

    def test_without_any_they_say_what_to_do(self, server: Running, browse: Browse) -> None:
        person(server, "gil@initech.example", initech=Role.ADMINISTRATOR)
        console = browse()
        console.sign_in("gil@initech.example", path="/console/initech/scheduler/conveys")
        assert "No convey yet" in console.text
        assert "New convey" in console.text


class TestMakingOne:
    def test_a_widget_answers_at_once(self, admin: Console, acme: Scheduler, server: Running) -> None:
        made = created(admin, WIDGETS, name="returns")
        assert "“returns” is there." in admin.text
        assert only(acme.widget(made))["offer_asap"]
        assert acme.widgets().json()["data"][-1]["name"] == "returns"
        entry = log_of(server)[0]
        assert (entry.actor, entry.action, entry.subject_kind) == ("ann@acme.example", Action.CREATED, "widget")

    def test_not_active_it_offers_nothing_yet(self, admin: Console, acme: Scheduler) -> None:
        made = created(admin, WIDGETS, name="returns", active="")
        assert only(acme.widget(made))["widget_state"] == "platform_unavailable"

    def test_a_convey_has_its_page(self, admin: Console, server: Running) -> None:
        created(admin, CONVEYS, name="Pay my bill")
        assert server.get("/c/pay-my-bill").status_code == 200
        admin.open(CONVEYS)
        assert "Pay my bill" in admin.text

    def test_rules_of_its_own(self, admin: Console, acme: Scheduler) -> None:
        rules = {"numbers": "own", "region": "DE", "countries": "", "type-mobile": "yes"}
        made = created(admin, WIDGETS, name="germany", **rules)
        assert refusal(acme.request(made, NUMBER)) == (400, "InvalidContact")
        assert acme.request(made, "0151 23456789").status_code == 200
        assert "Numbers of Germany: mobile." in admin.open(f"{WIDGETS}/{made}").text

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"name": ""}, "This is needed."),
            ({"call_target": ""}, "Choose a call target."),
            ({"call_target": "nothing"}, "Choose a call target."),
            ({"slug": "Not a slug"}, "Lower-case letters, digits"),
            ({"slug": "acme-billing"}, "has this link"),
            ({"slug": "globex-page"}, "is taken"),
            ({"default_language": "tlh"}, "does not speak this language"),
            ({"user_data_set": "nothing"}, "has been removed meanwhile"),
            ({"policy": "nothing"}, "has been removed meanwhile"),
            ({"numbers": "own", "region": "XX", "type-mobile": "yes"}, "two-letter code"),
        ],
    )
    def test_what_is_wrong_is_told_beside_the_field_and_what_was_typed_is_kept(
        self, admin: Console, typed: dict[str, str], words: str, server: Running
    ) -> None:
        theirs = "SELECT MIN(id) FROM widgets WHERE org_id = 'globex'"
        server.app.db.write_now(
            lambda tx: tx.run(f"UPDATE widgets SET kind = 'convey', slug = 'globex-page' WHERE id = ({theirs})")
        )
        admin.open(f"{CONVEYS}/new")
        sent = {"name": "kept", "call_target": target_of(admin, "Billing"), "numbers": "organization", **typed}
        assert admin.send(f"{CONVEYS}/new", **sent).status_code == 400
        assert words in admin.text
        assert admin.value("name") == sent["name"]
        assert 'aria-invalid="true"' in admin.page.text

    def test_a_copy_waits_to_be_activated(self, admin: Console, acme: Scheduler) -> None:
        admin.open(f"{WIDGETS}/billing-page/copy")
        assert admin.send(f"{WIDGETS}/billing-page/copy", name="", slug="x").status_code == 400
        assert admin.send(f"{WIDGETS}/billing-page/copy", name="second", slug="No Slug").status_code == 400
        assert admin.send(f"{WIDGETS}/billing-page/copy", name="second", slug="acme-billing").status_code == 400
        admin.send(f"{WIDGETS}/billing-page/copy", name="second", slug="")
        made = admin.path.rpartition("/")[2]
        assert only(acme.widget(made))["widget_state"] == "platform_unavailable"
        admin.send(f"{WIDGETS}/{made}/activate")
        assert only(acme.widget(made))["offer_asap"]
        assert acme.server.get("/c/second").status_code == 200


class TestChangingOne:
    def test_the_form_sent_as_it_is_changes_nothing(self, admin: Console, server: Running) -> None:
        before = len(log_of(server))
        for widget in ("billing", "billing-page", "inactive"):
            admin.open(f"{WIDGETS}/{widget}/edit")
            assert admin.send(f"{WIDGETS}/{widget}/edit", **fields_of(admin)).status_code == 200
        assert len(log_of(server)) == before

    def test_it_holds_from_the_next_request_on(self, admin: Console, acme: Scheduler) -> None:
        admin.open(f"{WIDGETS}/billing-page/edit")
        changed = {**fields_of(admin), "name": "bills", "slug": "bills", "call_target": target_of(admin, "Off")}
        admin.send(f"{WIDGETS}/billing-page/edit", **changed)
        assert "Saved." in admin.text
        assert only(acme.widget("billing-page"))["widget_state"] == "platform_unavailable"
        assert acme.server.get("/c/bills").status_code == 200
        assert acme.server.get("/c/acme-billing").status_code == 404
        admin.open(f"{WIDGETS}/billing-page/edit")
        assert admin.send(f"{WIDGETS}/billing-page/edit", **{**fields_of(admin), "slug": ""}).status_code == 400

    def test_who_saves_second_sees_the_difference(self, admin: Console, manager: Console) -> None:
        admin.open(f"{BILLING}/edit")
        mine = fields_of(admin)
        manager.open(f"{BILLING}/edit")
        manager.send(f"{BILLING}/edit", **{**fields_of(manager), "name": "theirs"})
        answer = admin.send(f"{BILLING}/edit", **{**mine, "name": "mine"})
        assert answer.status_code == 409
        assert "max@acme.example has changed this widget meanwhile" in admin.text
        assert "Name theirs mine" in admin.text
        assert "Call target Billing" not in admin.text
        admin.send(f"{BILLING}/edit", **fields_of(admin))
        assert "mine" in shown(admin.open(WIDGETS).text)

    def test_a_policy_is_an_administrator_s_choice(
        self, admin: Console, manager: Console, acme: Scheduler, secrets: dict[str, str]
    ) -> None:
        admin.open(f"{BILLING}/edit")
        policy = target_of(admin, "Integrations")
        admin.send(f"{BILLING}/edit", **{**fields_of(admin), "policy": policy})
        assert refusal(acme.widget("billing")) == (401, "Unauthorized")
        token = {"authorization": f"Bearer {secrets['ACME_TOKEN']}"}
        assert acme.server.get("/api/widget/billing", headers=token).status_code == 200

        manager.open(f"{BILLING}/edit")
        fields = fields_of(manager)
        assert "policy" not in fields
        assert "Integrations Administrators choose it." in manager.text
        assert manager.send(f"{BILLING}/edit", **{**fields, "name": "theirs"}).status_code == 200
        manager.open(f"{BILLING}/edit")
        assert manager.send(f"{BILLING}/edit", **{**fields_of(manager), "policy": ""}).status_code == 403
        manager.open(f"{WIDGETS}/new")
        sent = {"name": "x", "call_target": target_of(manager, "Billing"), "policy": policy}
        assert manager.send(f"{WIDGETS}/new", **sent).status_code == 403
        assert refusal(acme.widget("billing")) == (401, "Unauthorized")

    def test_switching_it_off_and_on(self, admin: Console, acme: Scheduler) -> None:
        admin.open(BILLING)
        admin.send(f"{BILLING}/deactivate")
        assert "not active: it offers nothing." in admin.text
        assert only(acme.widget("billing"))["widget_state"] == "platform_unavailable"
        assert f'action="{BILLING}/activate"' in admin.page.text  # Undo, and the button
        admin.send(f"{BILLING}/activate")
        assert only(acme.widget("billing"))["offer_asap"]

    def test_removing_it_is_explained_and_can_be_undone(self, admin: Console, acme: Scheduler) -> None:
        asked = acme.requested("billing", NUMBER)
        text = shown(admin.open(f"{BILLING}/remove").text)
        assert "its public id billing answers 404" in text
        assert "1 callback that was asked for through it goes on as promised" in text
        admin.send(f"{BILLING}/remove")
        assert "“billing” is removed." in admin.text
        assert refusal(acme.widget("billing")) == (404, "NotFound")
        assert admin.open(BILLING).status_code == 404
        (still,) = acme.status(NUMBER).json()["data"]
        assert still["call_request_id"] == asked["callback_request_id"]
        admin.open(WIDGETS)
        admin.send(f"{BILLING}/restore")
        assert only(acme.widget("billing"))["offer_asap"]
        assert admin.send(f"{BILLING}/restore").status_code == 404


class TestMessages:
    def texts(self, console: Console, **texts: str) -> dict[str, str]:
        return {"language": "en", "seen": console.value("seen"), **{f"text-{key}": text for key, text in texts.items()}}

    def test_what_is_saved_is_what_callers_read(self, admin: Console, acme: Scheduler) -> None:
        admin.open(f"{BILLING}/messages")
        admin.send(
            f"{BILLING}/messages", **self.texts(admin, offer_callback="{{widget_name}}: {{ewt_range}}, {{ewt}}.")
        )
        assert "Saved. It has 1 text of its own in English (en)." in admin.text
        status = only(acme.widget("billing"))
        assert status["message"] == "billing: less than a minute, less than a minute."
        assert only(acme.widget("billing", locale="es"))["message"].startswith("Podemos")
        admin.send(f"{BILLING}/messages", **self.texts(admin))
        assert only(acme.widget("billing"))["message"] == "We can call you in less than a minute."

    def test_the_preview_shows_every_state_and_saves_nothing(self, admin: Console, acme: Scheduler) -> None:
        admin.open(f"{BILLING}/messages")
        assert "Now We can call you in less than a minute." in admin.text
        typed = self.texts(
            admin,
            offer_callback="Ring in {{ewt}}",
            platform_unavailable="Zu. Ab {{next_open}}.",
            success_scheduled="At {{appointment_time}}: {{manage_url}}",
        )
        assert admin.send(f"{BILLING}/messages/preview", **typed).status_code == 200
        for words in (
            "Now Ring in less than a minute",
            "A wait of some minutes Ring in 7 minutes",
            "A long wait Ring in 50 minutes",
            "Switched off Zu.",
            "Booked for tomorrow At Tue, Mar 3, 10:30 AM EST: http",
        ):
            assert words in admin.text
        assert only(acme.widget("billing"))["message"] == "We can call you in less than a minute."

    def test_what_cannot_be_said_is_told_beside_its_text_and_kept(self, admin: Console, acme: Scheduler) -> None:
        admin.open(f"{BILLING}/messages")
        typed = self.texts(admin, offer_callback="In {{minutes}}", success_asap="Right: {{ewt}}")
        for path, status in ((f"{BILLING}/messages/preview", 200), (f"{BILLING}/messages", 400)):
            assert admin.send(path, **typed).status_code == status
            assert "The placeholder {{minutes}} is unknown; the known ones are {{ewt}}" in admin.text
            assert "In {{minutes}}</textarea>" in admin.page.text
            assert "A wait of some minutes Right: 7 minutes" in admin.text
        assert "Nothing was saved yet" in admin.text
        assert only(acme.widget("billing"))["message"] == "We can call you in less than a minute."

    def test_reset_empties_one_text(self, admin: Console) -> None:
        admin.open(f"{BILLING}/messages")
        typed = self.texts(admin, offer_callback="One", success_asap="Two")
        admin.send(f"{BILLING}/messages/preview", reset="offer_callback", **typed)
        assert ">One</textarea>" not in admin.page.text
        assert ">Two</textarea>" in admin.page.text

    def test_who_saves_second_sees_the_difference(self, admin: Console, manager: Console, acme: Scheduler) -> None:
        admin.open(f"{BILLING}/messages")
        mine = self.texts(admin, offer_callback="Mine")
        manager.open(f"{BILLING}/messages")
        manager.send(f"{BILLING}/messages", **self.texts(manager, offer_callback="Theirs"))
        assert admin.send(f"{BILLING}/messages", **mine).status_code == 409
        assert "Theirs Mine" in admin.text
        admin.send(f"{BILLING}/messages", **self.texts(admin, offer_callback="Mine"))
        assert only(acme.widget("billing"))["message"] == "Mine"

    def test_languages_that_nobody_would_read(self, admin: Console) -> None:
        assert admin.open(f"{BILLING}/messages?language=not%20one").status_code == 400
        admin.open(f"{BILLING}/messages?language=it")
        assert "The organization does not speak Italian (it)" in admin.text
        assert "No texts ship in Italian (it)" in admin.text
        typed = {**self.texts(admin, offer_callback="Ciao"), "language": "it"}
        assert admin.send(f"{BILLING}/messages", **typed).status_code == 400
        typed = {**self.texts(admin, offer_callback="Hola"), "language": "es-MX"}
        assert admin.send(f"{BILLING}/messages", **typed).status_code == 200


class TestEndpoints:
    def test_they_are_those_of_the_contract_for_this_widget(self, admin: Console) -> None:
        text = shown(admin.open(f"{BILLING}/endpoints").text)
        url = f"{admin.server.url}/api/widget/billing"
        assert f"curl '{url}'" in text
        assert f"curl -X POST '{url}/request_callback'" in text
        assert '"user_data": {"account": "4711", "language": "en"}' in text
        assert "RINGBACK_TOKEN" not in text

    def test_where_a_token_is_asked_for_the_commands_send_one(self, admin: Console) -> None:
        admin.open(f"{BILLING}/edit")
        admin.send(f"{BILLING}/edit", **{**fields_of(admin), "policy": target_of(admin, "Integrations")})
        assert admin.open(f"{BILLING}/endpoints").text.count("Bearer $RINGBACK_TOKEN") == 2
        assert "nobody can open this page" not in shown(admin.open(BILLING).text)
        assert "not from a web page" in shown(admin.open(BILLING).text)

    def test_trying_the_status(self, admin: Console, acme: Scheduler) -> None:
        admin.open(f"{BILLING}/endpoints")
        admin.send(f"{BILLING}/endpoints/widget_status", **{"p-locale": "es", "p-timeslots": "1"})
        assert "200 OK" in admin.text
        assert "Podemos llamarle" in admin.text
        assert "GET /api/widget/billing?locale=es&timeslots=1" in admin.text

    def test_trying_a_request_is_the_real_thing_and_is_noted(
        self, admin: Console, acme: Scheduler, server: Running
    ) -> None:
        slot = only(acme.widget("billing"))["scheduled_timeslots"][0]
        admin.open(f"{BILLING}/endpoints")
        sent = {"p-contact_number": NUMBER, "p-appointment_time": str(slot), "p-channel": "console"}
        admin.send(f"{BILLING}/endpoints/request_callback", **sent)
        assert "200 OK" in admin.text
        (callback,) = acme.status(NUMBER).json()["data"]
        assert (callback["appointment_time"], callback["source"]) == (slot, "console")
        entry = log_of(server)[0]
        assert (entry.subject_kind, entry.subject_key) == ("callback", callback["call_request_id"])
        assert entry.after == {"number": "+1201*****23", "widget": "billing"}
        assert entry.actor == "ann@acme.example"
        admin.send(f"{BILLING}/endpoints/request_callback", **{"p-contact_number": "1"})
        assert "400 Bad Request" in admin.text
        assert log_of(server)[0] == entry


class TestEmbedding:
    def test_a_convey_has_a_link_a_snippet_and_a_code(self, admin: Console) -> None:
        admin.open(f"{WIDGETS}/billing-page/embed")
        link = f"{admin.server.url}/c/acme-billing"
        assert f'<a href="{link}">Call me back</a>' in admin.text
        assert "<svg" in admin.page.text.partition('class="qr"')[2]

    def test_a_widget_has_an_example_that_names_it(self, admin: Console) -> None:
        admin.open(f"{BILLING}/edit")
        admin.send(f"{BILLING}/edit", **{**fields_of(admin), "name": "</script><b>bills"})
        example = html.unescape(
            re.search(r'<code id="example">(.*?)</code>', admin.open(f"{BILLING}/embed").text, re.DOTALL)[1]
        )
        assert f'const statusUrl = "{admin.server.url}/api/widget/billing";' in example
        assert "&lt;/script&gt;&lt;b&gt;bills</h1>" in example
        assert example.count("<script") == example.count("</script>") == 1
