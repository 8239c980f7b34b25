"""Messaging in the console: the gateway and its secrets, conversations, opt-outs, the simulated telephone."""

import html
import json
import re

import pytest
from tests.api.scheduler import Scheduler
from tests.consoles import Console, person
from tests.fakes.telephone import OURS, Telephone, set_up_texts
from tests.peers.twilio import ACCOUNT, TOKEN, TwilioPeer
from tests.running import Running

import ringback.messaging.service as messaging
from ringback.identity.model import Role
from ringback.kernel.tenancy import OrgId

GATEWAY = "/console/acme/messaging/gateway"
PHONE = "/console/acme/messaging/phone"
OPT_OUTS = "/console/acme/messaging/opt-outs"
ANN = "+12015550123"


def save(admin: Console, **changed: str) -> Console:
    """Send the form of the gateway as it stands, with some fields changed."""
    admin.open(GATEWAY)
    fields = {
        "seen": admin.value("seen"),
        "active": "yes",
        "gateway": "simulator",
        "numbers": OURS,
        "twilio.base_url": "https://api.twilio.com",
        "quiet": "yes",
        "quiet_start": "21:00",
        "quiet_end": "08:00",
    }
    admin.send(GATEWAY, **{**fields, **changed})
    return admin


def audited(server: Running) -> list[tuple[str, dict[str, object]]]:
    rows = server.app.db.read_now(
        lambda tx: tx.all("SELECT action, after FROM audit_log WHERE subject_kind = 'text_gateway' ORDER BY id")
    )
    return [(row["action"], json.loads(row["after"])) for row in rows]


class TestGateway:
    def test_it_is_set_up_and_holds_at_once(self, admin: Console, server: Running) -> None:
        save(admin)
        assert "Saved." in admin.text
        assert Telephone(server, "acme").text("@help")[0].startswith("Acme: ")
        [(action, after)] = audited(server)
        assert (action, after["numbers"]) == ("created", [OURS])

    def test_secrets_are_neither_shown_nor_stored_as_they_are(self, admin: Console, server: Running) -> None:
        save(admin, gateway="twilio", auth_token=TOKEN, **{"twilio.account_sid": ACCOUNT})
        assert "Is set." in admin.text
        assert TOKEN not in admin.page.text
        row = server.app.db.read_now(lambda tx: tx.one("SELECT * FROM text_accounts WHERE org_id = 'acme'"))
        assert row is not None
        assert TOKEN not in json.dumps(dict(row))
        assert TOKEN not in json.dumps(audited(server))
        server.clock.advance(1)
        save(admin, gateway="twilio", **{"twilio.account_sid": ACCOUNT, "numbers": "+12125550198"})
        assert "Saved." in admin.text  # the token was left as it is
        assert [after["secrets_changed"] for _, after in audited(server)] == [True, False]

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"numbers": "555 0199"}, "is not in the international format"),
            ({"numbers": f"{OURS}\n{OURS}"}, "A number is listed twice"),
            ({"gateway": "twilio"}, "needs its account SID"),
            ({"gateway": "twilio", "twilio.account_sid": ACCOUNT}, "Twilio signs with this"),
            ({"gateway": "pigeon"}, "simulator"),
            ({"quiet_start": "late"}, "time"),
        ],
    )
    def test_what_is_wrong_is_told_and_nothing_is_saved(
        self, admin: Console, server: Running, changed: dict[str, str], words: str
    ) -> None:
        save(admin, **changed)
        assert admin.page.status_code == 400
        assert words in admin.text
        assert audited(server) == []

    def test_the_second_of_two_is_told(self, admin: Console) -> None:
        admin.open(GATEWAY)
        seen = admin.value("seen")
        save(admin)
        save(admin, seen=seen, numbers="+12125550198")
        assert admin.page.status_code == 409
        assert "Somebody else has changed this meanwhile." in admin.text
        admin.send(GATEWAY, seen=admin.value("seen"), active="yes", gateway="simulator", numbers="+12125550198")
        assert "Saved." in admin.text

    def test_the_gateway_is_asked(self, admin: Console) -> None:
        with TwilioPeer() as peer:
            twilio = {"gateway": "twilio", "twilio.account_sid": ACCOUNT, "twilio.base_url": peer.url}
            save(admin, auth_token=TOKEN, **twilio)
            admin.send(f"{GATEWAY}/check")
            assert "The gateway knows us" in admin.text
            save(admin, auth_token="wrong", **twilio)
            admin.send(f"{GATEWAY}/check")
            assert "Twilio refused with 401, error 20003: credentials." in admin.text
            assert peer.texts == []

    def test_only_an_administrator_changes_it(self, server: Running, browse: object) -> None:
        person(server, "mia@acme.example", acme=Role.MANAGER)
        manager = browse()  # type: ignore[operator]
        manager.sign_in("mia@acme.example")
        save(manager)
        assert manager.page.status_code == 403
        assert audited(server) == []


class TestPhone:
    def test_a_telephone_texts_and_is_answered(self, admin: Console, server: Running) -> None:
        set_up_texts(server, "acme")
        admin.open(PHONE)
        admin.send(PHONE, number=ANN, to=OURS, body="@callme")
        server.work()
        texts = re.findall(r'<li class="(\w+)">\s*<p>(.*?)</p>', admin.open(PHONE).text, re.DOTALL)
        assert texts[0] == ("mine", "@callme")
        assert texts[1][0] == "theirs"
        assert texts[1][1].startswith("Reply 1 for")

    def test_any_number_can_be_taken(self, admin: Console, server: Running) -> None:
        set_up_texts(server, "acme")
        assert "+12125550150" in admin.open(f"{PHONE}?number=212 555 0150").text
        assert admin.open(f"{PHONE}?number=what").status_code == 400

    @pytest.mark.parametrize("settings", [{"active": False}, {"numbers": []}])
    def test_without_the_simulator_there_is_nothing_to_text_to(
        self, admin: Console, server: Running, settings: dict[str, object]
    ) -> None:
        set_up_texts(server, "acme", **settings)
        assert "There is nothing to text to" in admin.open(PHONE).text

    def test_not_by_a_real_gateway(self, admin: Console, server: Running) -> None:
        set_up_texts(server, "acme", gateway="twilio", twilio={"account_sid": ACCOUNT})
        admin.open(PHONE)
        assert admin.send(PHONE, number=ANN, to=OURS, body="@callme").status_code == 400


class TestConversations:
    @pytest.fixture
    def texted(self, server: Running) -> Telephone:
        set_up_texts(server, "acme")
        telephone = Telephone(server, "acme", ANN)
        telephone.text("@help")
        return telephone

    def test_they_are_listed_found_and_read(self, admin: Console, texted: Telephone) -> None:
        Telephone(texted.server, "acme", "+12015550124").text("hello there")
        admin.open("/console/acme/messaging/conversations")
        listed = admin.text
        assert listed.index("+1 201-555-0124") < listed.index("+1 201-555-0123")
        found = admin.open("/console/acme/messaging/conversations?number=201 555 0123").text
        assert "+1 201-555-0123" in found
        assert "0124" not in found
        (address, *_) = [link for link in admin.links() if link.endswith("%2B12015550123")]
        read = admin.open(address).text
        assert "@help" in read
        assert "text @callme for a callback" in read
        assert admin.open("/console/acme/messaging/conversations?number=nobody").status_code == 400
        assert (
            "No conversation with this number"
            in admin.open("/console/acme/messaging/conversations?number=201 555 0199").text
        )

    def test_many_are_paged(self, admin: Console, server: Running) -> None:
        set_up_texts(server, "acme")
        for number in range(55):
            Telephone(server, "acme", f"+1201555{1000 + number}").send("hello")
            server.clock.advance(1)
        listed = admin.open("/console/acme/messaging/conversations").text
        assert "+1 201-555-1054" in listed
        assert "+1 201-555-1005" in listed
        assert "+1 201-555-1004" not in listed
        (older,) = [link for link in admin.links() if "before=" in link]
        assert "+1 201-555-1004" in admin.open(older).text

    def test_a_callback_leads_to_the_texts_and_they_lead_on(self, admin: Console, texted: Telephone) -> None:
        asked = Scheduler(texted.server, "acme").requested("billing", ANN)
        admin.open(f"/console/acme/callbacks/{asked['callback_request_id']}")
        (texts,) = [link for link in admin.links() if "/messaging/conversations/" in link]
        admin.open(texts)
        assert "@help" in admin.text
        (callbacks,) = [link for link in admin.links() if "/callbacks?number=" in link]
        (block,) = [link for link in admin.links() if "/blocked-numbers/new?number=" in link]
        assert "+1 201-555-0123" in admin.open(callbacks).text
        admin.open(block)
        assert admin.value("number") == ANN
        told = admin.send("/console/acme/blocked-numbers/new", scope="number", number=ANN, reason="asked for it")
        assert told.status_code == 200, admin.text
        admin.open(texts)
        assert "is on the block list" in admin.text
        assert [link for link in admin.links() if "/blocked-numbers/new" in link] == []

    def test_not_for_viewers(self, server: Running, texted: Telephone, browse: object) -> None:
        person(server, "vic@acme.example", acme=Role.VIEWER)
        viewer = browse()  # type: ignore[operator]
        viewer.sign_in("vic@acme.example", path=PHONE)
        assert "Conversations" not in viewer.text
        assert viewer.open("/console/acme/messaging/conversations").status_code == 403

    def test_another_organization_has_its_own(self, server: Running, texted: Telephone, browse: object) -> None:
        person(server, "gil@globex.example", globex=Role.ADMINISTRATOR)
        gil = browse()  # type: ignore[operator]
        gil.sign_in("gil@globex.example")
        assert "No conversation yet" in gil.open("/console/globex/messaging/conversations").text
        path = f"/console/globex/messaging/conversations/{OURS}/{ANN}"
        assert gil.open(path).status_code == 404


class TestOptOuts:
    def test_somebody_asked_for_it_on_the_telephone(self, admin: Console, server: Running) -> None:
        set_up_texts(server, "acme")
        admin.open(OPT_OUTS)
        admin.send(OPT_OUTS, number="201 555 0123")
        assert "+1 201-555-0123 By a colleague" in admin.text
        assert Telephone(server, "acme", ANN).text("@help") == []
        admin.send(f"{OPT_OUTS}/remove", number=ANN)
        assert "Nobody has opted out" in admin.text
        assert Telephone(server, "acme", ANN).text("@help") != []

    def test_who_texts_stop_is_there(self, admin: Console, server: Running) -> None:
        set_up_texts(server, "acme")
        Telephone(server, "acme", ANN).text("STOP")
        admin.open(OPT_OUTS)
        assert "+1 201-555-0123 Texted STOP" in admin.text

    def test_a_number_that_is_none(self, admin: Console) -> None:
        admin.open(OPT_OUTS)
        assert admin.send(OPT_OUTS, number="nobody").status_code == 400
        assert "nobody" in admin.page.text


AUTOMATION = "/console/acme/messaging/automations/callme"


def edit(admin: Console, path: str = AUTOMATION, **changed: str) -> None:
    """Send the form of a conversation as it stands, with some fields changed."""
    admin.open(path)
    admin.send(path, **{**form_of(admin), **changed})


def form_of(admin: Console) -> dict[str, str]:
    """What the form of the page holds, as a browser would send it."""
    main = admin.page.text[admin.page.text.index("<main") :]
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', main, flags=re.DOTALL)
    fields = {html.unescape(name): html.unescape(text) for name, text in areas}
    for name in ("seen", "language", "keywords", "local_keywords", "patience", "start"):
        fields[name] = admin.value(name)
    return fields | ({"active": "yes"} if 'name="active" value="yes" checked' in main else {})


class TestAutomations:
    @pytest.fixture
    def phone(self, server: Running) -> Telephone:
        set_up_texts(server, "acme")
        return Telephone(server, "acme", ANN)

    def test_they_are_listed(self, admin: Console) -> None:
        admin.open("/console/acme/messaging/automations")
        assert "Ask for a callback" in admin.text
        assert "@callme" in admin.text

    @pytest.mark.parametrize("flow", ["callme", "cancel", "status", "time", "help", "general"])
    @pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
    def test_the_form_holds_all_of_it(self, admin: Console, server: Running, flow: str, language: str) -> None:
        before = server.app.db.read_now(messaging.kept_automations, OrgId("acme"))
        path = f"/console/acme/messaging/automations/{flow}"
        admin.open(f"{path}?language={language}")
        admin.send(path, **form_of(admin))
        assert "Saved." in admin.text
        assert server.app.db.read_now(messaging.kept_automations, OrgId("acme")) == before

    def test_an_edit_holds_from_the_next_text_on(self, admin: Console, phone: Telephone) -> None:
        edit(admin, **{"text.choose": "Which one? {{choices}}"})
        assert phone.text("@callme")[0].startswith("Which one? 1 for")
        admin.open("/console/acme/messaging/automations")
        assert "edited" in admin.text
        admin.send(f"{AUTOMATION}/reset")
        assert phone.text("@callme")[0].startswith("Reply 1 for")

    def test_another_keyword(self, admin: Console, phone: Telephone) -> None:
        edit(admin, keywords="@ring")
        assert phone.text("@ring")[0].startswith("Reply 1 for")
        assert not phone.text("@callme")[0].startswith("Reply 1 for")

    def test_one_that_is_off_starts_nothing(self, admin: Console, phone: Telephone) -> None:
        edit(admin, active="")
        assert not phone.text("@callme")[0].startswith("Reply 1 for")

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"text.choose": "Which one?"}, "choices"),
            ({"text.choose": "{{choices}} {{nonsense}}"}, "is no placeholder of a text"),
            ({"text.choose": ""}, "missing in English"),
            ({"text.choose": "{{choices}} " + "very long " * 50}, "segments"),
            ({"keywords": "@cancel"}, "starts more than one flow"),
            ({"keywords": "stop"}, "reserved by the carriers"),
            ({"keywords": ""}, "keywords"),
            ({"patience": "1"}, "60"),
            ({"patience": "soon"}, "integer"),
            ({"start": "nowhere"}, "nowhere"),
            ({"steps": "{"}, "This is no JSON"),
            ({"steps": '{"offers": {"kind": "dance"}}'}, "kind"),
        ],
    )
    def test_what_does_not_hold_together_is_not_saved(
        self, admin: Console, server: Running, changed: dict[str, str], words: str
    ) -> None:
        before = server.app.db.read_now(messaging.kept_automations, OrgId("acme"))
        edit(admin, **changed)
        assert admin.page.status_code == 400
        assert words in admin.text
        for name, typed in changed.items():
            assert form_of(admin).get(name, typed) == typed
        assert server.app.db.read_now(messaging.kept_automations, OrgId("acme")) == before

    def test_the_second_of_two_is_told(self, admin: Console) -> None:
        admin.open(AUTOMATION)
        seen = admin.value("seen")
        edit(admin, **{"text.done": "{{message}}"})
        edit(admin, seen=seen, **{"text.declined": "Fine."})
        assert admin.page.status_code == 409
        assert "Somebody else has changed the automations meanwhile." in admin.text

    def test_the_telephone_beside(self, admin: Console, phone: Telephone) -> None:
        admin.open(AUTOMATION)
        admin.send(f"{AUTOMATION}/text", number=ANN, to=OURS, body="@callme")
        phone.server.work()
        assert "Reply 1 for" in admin.open(AUTOMATION).text.split('class="handset"')[1]

    def test_a_preview_saves_nothing(self, admin: Console, server: Running) -> None:
        before = server.app.db.read_now(messaging.kept_automations, OrgId("acme"))
        admin.open(AUTOMATION)
        admin.send(f"{AUTOMATION}/preview", **{**form_of(admin), "text.choose": "Choose: {{choices}} ☎"})
        assert "Choose: 1 for billing, 2 for service ☎" in admin.text
        assert "UCS-2" in admin.text
        assert "Choose: 1 for billing, 2 for service, 3 for support ☎" in admin.text  # how a conversation goes
        assert server.app.db.read_now(messaging.kept_automations, OrgId("acme")) == before

    def test_one_that_there_is_not(self, admin: Console) -> None:
        assert admin.open("/console/acme/messaging/automations/dance").status_code == 404
        assert admin.open("/console/acme/messaging/automations/dance/reset").status_code == 404
