"""Where a text gateway tells what came in and what became of texts: who may, and what is taken down."""

from typing import Any
from urllib.parse import quote, urlencode

import httpx2 as httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.peers.twilio import ACCOUNT, TOKEN, TwilioPeer
from tests.running import SECRET_KEY, Running

from ringback.db.tx import Tx
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import OrgId
from ringback.messaging.accounts import seal_secrets
from ringback.messaging.gateways.port import TextId
from ringback.messaging.model import MessagingSettings, TextKind, Thread
from ringback.messaging.store import accounts, outbox

OURS, ANN = "+12125550199", "+12125550100"
PEER = TwilioPeer()
"""Only to sign and to word: nothing is sent to it."""


class Gateway:
    """Acme's gateway, as it calls the server."""

    def __init__(self, server: Running, org: str = "acme") -> None:
        self.server, self.org = server, org
        document = MessagingSettings.model_validate(
            {"gateway": "twilio", "numbers": [OURS], "twilio": {"account_sid": ACCOUNT}}
        )
        sealed = seal_secrets(Sealer(SECRET_KEY.encode()), auth_token=TOKEN)
        server.app.db.write_now(accounts.save, OrgId(org), document, sealed, now=server.clock.now())

    def tell(self, form: dict[str, str], *, path: str = "", signature: str | None = None) -> httpx.Response:
        path = path or f"/v1/texts/{self.org}/inbound"
        signed = PEER.signature(f"{self.server.app.links.base}{path}", form) if signature is None else signature
        headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signed.encode()}
        return self.server.post(path, content=urlencode(form), headers=headers)

    def text(self, body: str = "@callme", sid: str = "SM1", sender: str = ANN, **more: Any) -> httpx.Response:
        return self.tell(PEER.inbound(sender, body, sid=sid, **more))


@pytest.fixture
def gateway(server: Running) -> Gateway:
    return Gateway(server)


def taken(server: Running) -> list[tuple[str, str, str]]:
    """Organization, customer and words of all that came in."""

    def read(tx: Tx) -> list[tuple[str, str, str]]:
        rows = tx.all("SELECT org_id, customer_number, body FROM texts WHERE direction = 'in' ORDER BY org_id, place")
        return [(row["org_id"], row["customer_number"], row["body"]) for row in rows]

    return server.app.db.read_now(read)


def test_a_text_is_on_disk_and_nothing_is_answered_in_place(gateway: Gateway) -> None:
    answer = gateway.text()
    assert (answer.status_code, answer.text) == (200, "<Response/>")
    assert answer.headers["content-type"].startswith("text/xml")
    assert taken(gateway.server) == [("acme", ANN, "@callme")]


def test_a_text_told_again_is_taken_down_once(gateway: Gateway) -> None:
    assert [gateway.text().status_code for _ in range(3)] == [200, 200, 200]
    gateway.text("another", "SM2")
    assert [body for _, _, body in taken(gateway.server)] == ["@callme", "another"]


@pytest.mark.parametrize("signature", ["", "bm90IGl0cyBvd24=", "ungültig"])
def test_who_does_not_sign_is_refused(gateway: Gateway, signature: str) -> None:
    form = PEER.inbound(ANN, "@callme", sid="SM1")
    assert gateway.tell(form, signature=signature).status_code == 403
    assert taken(gateway.server) == []


def test_a_signature_of_another_text_is_refused(gateway: Gateway) -> None:
    path = "/v1/texts/acme/inbound"
    signature = PEER.signature(f"{gateway.server.app.links.base}{path}", PEER.inbound(ANN, "hello", sid="SM1"))
    assert gateway.tell(PEER.inbound(ANN, "@cancel", sid="SM1"), signature=signature).status_code == 403


@pytest.mark.parametrize("org", ["globex", "nobody"])
def test_an_organization_without_a_gateway_looks_like_none(gateway: Gateway, org: str) -> None:
    path = f"/v1/texts/{org}/inbound"
    answer = gateway.tell(PEER.inbound(ANN, "@callme", sid="SM1"), path=path)
    assert answer.status_code == 403
    assert answer.json()["data"][0]["message"] == "This address is for the organization's text gateway."


def test_each_organization_has_its_own(gateway: Gateway) -> None:
    globex = Gateway(gateway.server, "globex")
    gateway.text("to Acme", "SM1")
    globex.text("to Globex", "SM1")
    assert taken(gateway.server) == [("acme", ANN, "to Acme"), ("globex", ANN, "to Globex")]


@pytest.mark.parametrize(
    ("sender", "to"),
    [(ANN, "+12125550000"), ("12345", OURS), ("ACME", OURS), ("", OURS), ("anonymous", OURS)],
)
def test_what_cannot_be_answered_is_ignored(gateway: Gateway, sender: str, to: str) -> None:
    assert gateway.text(sender=sender, to=to).status_code == 200
    assert taken(gateway.server) == []


def test_a_number_is_canonical(gateway: Gateway) -> None:
    gateway.text(sender="(212) 555-0100")
    assert taken(gateway.server)[0][1] == ANN


@pytest.mark.parametrize("body", ["", "😀" * 10, "שלום", "a\0b", "x" * 5000])
def test_whatever_is_texted_is_taken_down(gateway: Gateway, body: str) -> None:
    assert gateway.text(body).status_code == 200
    assert taken(gateway.server) == [("acme", ANN, body.replace("\0", "")[:1600])]


class TestDelivery:
    @pytest.fixture
    def text(self, gateway: Gateway) -> TextId:
        now = gateway.server.clock.now()
        thread = Thread(OrgId("acme"), OURS, ANN)
        how = {"segments": 1, "due_at": now, "stale_at": now + 10**9, "now": now}
        return gateway.server.app.db.write_now(outbox.put, thread, "We will call you.", TextKind.REPLY, **how)

    def state(self, gateway: Gateway, text: TextId) -> tuple[str, str | None]:
        def read(tx: Tx) -> tuple[str, str | None]:
            row = tx.one("SELECT state, reason FROM texts WHERE org_id = 'acme' AND id = :id", id=text)
            assert row is not None
            return row["state"], row["reason"]

        return gateway.server.app.db.read_now(read)

    def test_states_in_any_order(self, gateway: Gateway, text: TextId) -> None:
        path = f"/v1/texts/acme/delivery?text={text}"
        for status in ("delivered", "queued", "sent"):
            assert gateway.tell(PEER.status("SM1", status), path=path).status_code == 200
        assert self.state(gateway, text) == ("delivered", None)

    def test_why_not(self, gateway: Gateway, text: TextId) -> None:
        path = f"/v1/texts/acme/delivery?text={text}"
        gateway.tell(PEER.status("SM1", "undelivered", ErrorCode="30003"), path=path)
        assert self.state(gateway, text) == ("undelivered", "unreachable_phone")

    @pytest.mark.parametrize("other", ["", "?text=", "?text=nothing", f"?text={quote('ü')}", "?other=1"])
    def test_of_a_text_that_is_not_ours(self, gateway: Gateway, text: TextId, other: str) -> None:
        answer = gateway.tell(PEER.status("SM1", "sent"), path=f"/v1/texts/acme/delivery{other}")
        assert answer.status_code == 200
        assert self.state(gateway, text) == ("pending", None)

    def test_a_status_that_is_none(self, gateway: Gateway, text: TextId) -> None:
        assert gateway.tell(PEER.status("SM1", "lost"), path=f"/v1/texts/acme/delivery?text={text}").status_code == 400

    def test_unsigned(self, gateway: Gateway, text: TextId) -> None:
        path = f"/v1/texts/acme/delivery?text={text}"
        assert gateway.tell(PEER.status("SM1", "sent"), path=path, signature="x").status_code == 403
        assert self.state(gateway, text) == ("pending", None)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{}", "application/json"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(300)), "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_refused(gateway: Gateway, content: bytes, kind: str) -> None:
    answer = gateway.server.post("/v1/texts/acme/inbound", content=content, headers={"content-type": kind})
    assert answer.status_code in {400, 403, 413}


def test_other_methods(gateway: Gateway) -> None:
    assert gateway.server.get("/v1/texts/acme/inbound").status_code == 405
    assert gateway.server.get("/v1/texts/acme/other").status_code == 404


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["MessageSid", "From", "To", "Body", "NumMedia", "x"]), st.text(max_size=30)))
def test_whatever_is_signed_ends_in_an_answer(gateway: Gateway, form: dict[str, str]) -> None:
    encodable = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
    assert gateway.tell(encodable).status_code in {200, 400}
