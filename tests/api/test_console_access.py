"""Access control from the console: the API page's drop-down, policies, networks and tokens."""

import html
import re
from collections.abc import Callable

import pytest
from tests.api.scheduler import Scheduler
from tests.consoles import Console, person
from tests.running import Running

import ringback.audit.service as audit
from ringback.audit.model import AuditEntry
from ringback.http.scheduler.contract import ENDPOINTS, curl
from ringback.http.scheduler.endpoint import Scope
from ringback.identity.model import Role
from ringback.kernel.tenancy import OrgId

ACME = OrgId("acme")
API = "/console/acme/scheduler/api"
POLICIES = "/console/acme/scheduler/policies"
Browse = Callable[[], Console]


@pytest.fixture
def integrations(server: Running) -> str:
    """The address of the policy that guards Acme."""
    row = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM policies WHERE org_id = 'acme'"))
    assert row is not None
    return f"{POLICIES}/{row['id']}"


def last_entry(server: Running) -> AuditEntry:
    return server.app.db.read_now(audit.newest, ACME, limit=1)[0]


class TestTheApiPage:
    def test_it_tells_what_the_contract_says(self, admin: Console) -> None:
        admin.open(API)
        for endpoint in ENDPOINTS:
            if endpoint.scope is not Scope.ORGANIZATION:
                assert f">{endpoint.name}<" not in admin.page.text
                continue
            assert endpoint.name in admin.text
            assert endpoint.path in admin.text
            for parameter in (*endpoint.body_parameters, *endpoint.query_parameters, *endpoint.header_parameters):
                assert f"{parameter.name} " in admin.text
                for piece in parameter.definition.split("`"):
                    assert piece.strip() in admin.text
            assert curl(endpoint, admin.server.url, "acme") in html.unescape(admin.page.text)

    def test_no_token_is_sent_where_none_is_asked_for(self, admin: Console, server: Running) -> None:
        admin.open(API)
        policy = re.findall(r'<option value="([^"]+)" selected', admin.page.text)[0]
        admin.send(f"{API}/access", access="public", seen=policy)
        assert "Authorization: Bearer $" not in html.unescape(admin.page.text)
        assert Scheduler(server, "acme").widgets().status_code == 200

    def test_choosing_is_audited_with_who_and_where(self, admin: Console, server: Running, acme: Scheduler) -> None:
        admin.open(API)
        policy = re.findall(r'<option value="([^"]+)" selected', admin.page.text)[0]
        admin.send(f"{API}/access", access="closed", seen=policy)
        assert acme.widgets().status_code == 403
        entry = last_entry(server)
        assert (entry.actor, entry.origin) == ("ann@acme.example", "console 127.0.0.1")
        assert entry.before == {"policy": "integrations", "public": False}
        assert entry.after == {"policy": None, "public": False}

    def test_of_two_who_choose_the_second_is_told(self, admin: Console, server: Running, browse: Browse) -> None:
        person(server, "bob@acme.example", acme=Role.ADMINISTRATOR)
        bob = browse()
        bob.sign_in("bob@acme.example", path=API)
        admin.open(API)
        policy = re.findall(r'<option value="([^"]+)" selected', admin.page.text)[0]
        bob.send(f"{API}/access", access="public", seen=policy)
        answer = admin.send(f"{API}/access", access="closed", seen=policy)
        assert answer.status_code == 409
        assert "Somebody else has changed this meanwhile (bob@acme.example)" in admin.text
        assert Scheduler(server, "acme").widgets().status_code == 200
        admin.send(f"{API}/access", access="closed", seen=admin.value("seen"))
        assert Scheduler(server, "acme").widgets().status_code == 403

    @pytest.mark.parametrize("value", ["", "nonsense", "globex-policy", "public' --"])
    def test_what_is_no_policy_of_theirs(self, admin: Console, value: str) -> None:
        admin.open(API)
        assert admin.send(f"{API}/access", access=value, seen="closed").status_code == 404

    def test_what_is_tried_is_decided_by_the_policy(
        self, admin: Console, acme: Scheduler, capfd: pytest.CaptureFixture[str]
    ) -> None:
        acme.requested("billing", "+12015550123")
        admin.open(API)
        field = {"p-contact_number": "+12015550123"}
        assert "401 Unauthorized" in admin.send(f"{API}/try/cancel_callback", **field, token="wrong").text
        admin.send(f"{API}/try/cancel_callback", **field, token=str(acme.token))
        assert "200 OK" in admin.text
        assert '"Canceled"' in admin.text
        assert str(acme.token) not in admin.page.text
        admin.send(f"{API}/try/organization_widget_status", token=str(acme.token), **{"p-timeslots": "x"})
        assert "400 Bad Request" in admin.text
        assert str(acme.token) not in "".join(capfd.readouterr())


class TestPolicies:
    def test_a_new_one(self, admin: Console, server: Running) -> None:
        admin.open(f"{POLICIES}/new")
        admin.send(f"{POLICIES}/new", name="", description="Who is it?")
        assert admin.page.status_code == 400
        assert "This is needed." in admin.text
        assert "Who is it?" in admin.page.text
        admin.send(f"{POLICIES}/new", name="integrations")
        assert "Another policy is called so." in admin.text
        admin.send(f"{POLICIES}/new", name="Bürø & <Söhne>", description="")
        assert "Bürø & <Söhne>" in admin.text
        assert "This policy lets nobody in" in admin.text
        assert last_entry(server).subject_key == "bur-sohne"

    def test_of_two_who_edit_it_the_second_is_shown_the_difference(
        self, admin: Console, server: Running, browse: Browse, integrations: str
    ) -> None:
        person(server, "bob@acme.example", acme=Role.ADMINISTRATOR)
        bob = browse()
        bob.sign_in("bob@acme.example", path=f"{integrations}/edit")
        admin.open(f"{integrations}/edit")
        seen = admin.value("seen")
        bob.send(f"{integrations}/edit", seen=seen, name="Partners", description="", match="any")
        answer = admin.send(f"{integrations}/edit", seen=seen, name="Suppliers", description="", match="all")
        assert answer.status_code == 409
        assert "bob@acme.example has changed this policy meanwhile" in admin.text
        assert "Name Partners Suppliers" in admin.text
        assert "Rule any all" in admin.text
        assert admin.value("name") == "Suppliers"
        server.clock.advance(1)
        admin.send(f"{integrations}/edit", seen=admin.value("seen"), name="Suppliers", description="", match="all")
        assert "Saved." in admin.text
        assert last_entry(server).before == {
            "name": "Partners",
            "description": "",
            "networks": [],
            "match": "any",
        }

    def test_a_copy_has_the_settings_and_no_token(self, admin: Console, integrations: str) -> None:
        admin.open(integrations)
        admin.send(f"{integrations}/networks", network="192.0.2.0/24")
        admin.send(f"{integrations}/clone", name="Second")
        assert "192.0.2.0/24" in admin.text
        assert "No token yet" in admin.text

    @pytest.mark.parametrize(
        ("typed", "words"),
        [("", "An address or a network is needed."), ("10.1.2.3/8", "as is meant"), ("<b>", "is not an IPv4 or IPv6")],
    )
    def test_what_is_no_network_is_told_beside_the_field(
        self, admin: Console, integrations: str, typed: str, words: str
    ) -> None:
        admin.open(integrations)
        assert admin.send(f"{integrations}/networks", network=typed).status_code == 400
        assert words in admin.text
        assert admin.value("network") == typed

    def test_a_network_holds_for_the_next_request_and_can_be_taken_back(
        self, admin: Console, acme: Scheduler, integrations: str
    ) -> None:
        admin.open(integrations)
        admin.send(f"{integrations}/networks", network="192.0.2.0/24")
        assert acme.widgets().status_code == 403
        admin.send(f"{integrations}/networks", mine="yes", network="")
        assert acme.widgets().status_code == 200
        assert "127.0.0.1 is let in." in admin.text
        admin.send(f"{integrations}/networks/remove", network="127.0.0.1/32")
        assert acme.widgets().status_code == 403

    def test_one_that_guards_something_cannot_be_removed(self, admin: Console, integrations: str) -> None:
        admin.open(f"{integrations}/remove")
        assert "It cannot be removed while it guards" in admin.text
        admin.open(integrations)
        assert admin.send(f"{integrations}/remove").status_code == 400
        admin.open(f"{POLICIES}/new")
        admin.send(f"{POLICIES}/new", name="Brief", description="")
        brief = admin.path
        admin.send(f"{brief}/remove")
        assert "“Brief” is removed." in admin.text
        assert admin.open(brief).status_code == 404


class TestTokens:
    def test_one_is_shown_once_and_opens_until_it_is_revoked(
        self, admin: Console, server: Running, integrations: str
    ) -> None:
        admin.open(integrations)
        admin.send(f"{integrations}/tokens", token_name="SMS platform", expires="")
        (secret,) = set(re.findall(r'id="secret">([^<]+)<', admin.page.text))
        acme = Scheduler(server, "acme", secret)
        assert acme.widgets().status_code == 200
        for path in (integrations, f"{integrations}/tokens", "/console/acme/audit", "/console/acme/audit.csv"):
            assert secret not in admin.open(path).text
        admin.open(integrations)
        token = re.findall(r"/tokens/(\w+)/revoke", admin.page.text)[-1]
        server.clock.advance(1)
        admin.send(f"{integrations}/tokens/{token}/revoke")
        assert "“SMS platform” is revoked." in admin.text
        assert acme.widgets().status_code == 401
        assert last_entry(server).after == {"expires": None, "revoked": True}

    @pytest.mark.parametrize(
        ("name", "expires", "words"),
        [
            ("", "", "A name is needed"),
            ("first", "", "This policy has, or had, a token of that name."),
            ("late", "2026-03-01", "That is in the past."),
            ("never", "soon", "This is no date."),
            ("far", "9999-12-31", "This is no date."),
        ],
    )
    def test_what_cannot_be_issued(
        self, admin: Console, integrations: str, name: str, expires: str, words: str
    ) -> None:
        admin.open(integrations)
        assert admin.send(f"{integrations}/tokens", token_name=name, expires=expires).status_code == 400
        assert words in admin.text
        assert admin.value("token_name") == name

    def test_it_expires_when_the_day_is_over_where_the_organization_is(
        self, admin: Console, server: Running, integrations: str
    ) -> None:
        admin.open(integrations)
        admin.send(f"{integrations}/tokens", token_name="today", expires="2026-03-02")
        (secret,) = set(re.findall(r'id="secret">([^<]+)<', admin.page.text))
        acme = Scheduler(server, "acme", secret)
        server.clock.advance(14 * 3600 - 2)  # it was a second past ten in the morning in New York
        assert acme.widgets().status_code == 200
        server.clock.advance(1)
        assert acme.widgets().status_code == 401


@pytest.mark.parametrize(
    ("address", "token", "words"),
    [
        ("127.0.0.1", "ACME_TOKEN", "Let in, by the token “first”."),
        ("127.0.0.1", "", "a token is needed"),
        ("127.0.0.1", "ACME_REVOKED_TOKEN", "expired or revoked"),
        ("198.51.100.1", "ACME_TOKEN", "Refused with 403"),
        ("::ffff:127.0.0.1", "ACME_TOKEN", "Let in"),
        ("", "ACME_TOKEN", "Refused with 403"),
        ("somewhere", "", "This is not an IPv4 or IPv6 address."),
    ],
)
def test_the_tester(
    admin: Console, secrets: dict[str, str], integrations: str, address: str, token: str, words: str
) -> None:
    admin.open(integrations)
    admin.send(f"{integrations}/networks", network="127.0.0.0/8")
    admin.send(f"{integrations}/test", address=address, token=secrets.get(token, ""))
    assert words in admin.text
