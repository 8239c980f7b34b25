"""The two use cases by the webhooks of a gateway: signed forms come in, and the answers are at the gateway."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from tests.api.scheduler import Scheduler, entries, only
from tests.peers.twilio import ACCOUNT, TOKEN, TwilioPeer
from tests.running import SECRET_KEY

from ringback.kernel.clock import to_datetime
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import OrgId
from ringback.messaging.accounts import seal_secrets
from ringback.messaging.model import MessagingSettings
from ringback.messaging.store import accounts

OURS, ANN = "+12125550199", "+12015550123"


class Customer:
    """Texts by way of Twilio."""

    def __init__(self, acme: Scheduler, peer: TwilioPeer) -> None:
        self.acme, self.peer, self.server = acme, peer, acme.server
        self.sent = 0
        clock = self.server.clock
        peer.clock = lambda: to_datetime(clock.now())
        document = MessagingSettings.model_validate(
            {"gateway": "twilio", "numbers": [OURS], "twilio": {"account_sid": ACCOUNT, "base_url": peer.url}}
        )
        sealed = seal_secrets(Sealer(SECRET_KEY.encode()), auth_token=TOKEN)
        self.server.app.db.write_now(accounts.save, OrgId(acme.id), document, sealed, now=clock.now())

    def text(self, body: str, *, times: int = 1) -> list[str]:
        """Send a text, told ``times`` times by the gateway: what came back."""
        self.sent += 1
        for _ in range(times):
            self.tell(f"/v1/texts/{self.acme.id}/inbound", self.peer.inbound(ANN, body, sid=f"SM-in-{self.sent}"))
        known = len(self.heard)
        self.server.work()
        return self.heard[known:]

    @property
    def heard(self) -> list[str]:
        """Every text that has arrived; other customers are told of their callbacks, too."""
        return [text["body"] for text in self.peer.texts if text["to"] == ANN]

    def tell(self, path: str, form: dict[str, str]) -> None:
        """A webhook, signed with the vendor's own library."""
        signature = self.peer.signature(f"{self.server.app.links.base}{path}", form)
        headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
        answer = self.server.post(path, content=urlencode(form), headers=headers)
        assert (answer.status_code, answer.text) == (200, "<Response/>")


@pytest.fixture
def customer(busy_acme: Scheduler) -> Iterator[Customer]:
    with TwilioPeer() as peer:
        yield Customer(busy_acme, peer)


def test_call_me_and_cancel(customer: Customer, busy_acme: Scheduler) -> None:
    assert customer.text("@callme") == ["Reply 1 for billing, 2 for service, 3 for sales."]
    assert customer.text("billing") == [
        "We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time."
    ]
    [confirmed] = customer.text("asap")
    assert confirmed.startswith("Thank you. Billing will call you in approximately 7 minutes.\nTo see or change it: ")
    assert only(busy_acme.status(ANN))["call_target_name"] == "Billing"
    assert customer.text("@cancel") == ["You have a callback for billing at about 10:06 AM. Reply YES to cancel it."]
    assert customer.text("Yes") == ["Your callback has been canceled. Text @callme to start again."]
    assert entries(busy_acme.status(ANN)) == []


def test_a_webhook_that_is_repeated_is_answered_once(customer: Customer, busy_acme: Scheduler) -> None:
    for text in ("@callme", "billing", "asap"):
        assert len(customer.text(text, times=3)) == 1
    assert only(busy_acme.status(ANN))["status"] in {"pending", "waitlisted"}


def test_an_hour_without_the_gateway(customer: Customer, busy_acme: Scheduler) -> None:
    """Nothing is lost and nothing sent twice: what says nothing any more is dropped, and one can begin again."""
    customer.text("@callme")
    for _ in range(500):
        customer.peer.fail_next(503)
    assert customer.text("billing") == []
    for _ in range(60):
        customer.server.pass_time(60)
    customer.peer.failures.clear()
    for _ in range(10):
        customer.server.pass_time(60)
    assert customer.heard == ["Reply 1 for billing, 2 for service, 3 for sales."]
    assert customer.text("@callme") == ["Reply 1 for billing, 2 for service, 3 for sales."]


def test_what_became_of_each_text_is_known(customer: Customer) -> None:
    customer.text("@callme")
    [text] = [text for text in customer.peer.texts if text["to"] == ANN]
    path = text["status_callback"].removeprefix(customer.server.app.links.base)
    for status in ("delivered", "sent", "queued"):
        customer.tell(path, customer.peer.status(text["sid"], status))
    row = customer.server.app.db.read_now(
        lambda tx: tx.one("SELECT state FROM texts WHERE provider_id = :sid", sid=text["sid"])
    )
    assert row is not None
    assert row["state"] == "delivered"
