"""Texts that are to be sent: in order, once each, however often workers die and gateways are away."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.fakes.organizations import Organization
from tests.peers.twilio import ACCOUNT, TOKEN, TwilioPeer

from ringback.callbacks import service as callbacks
from ringback.db.claims import new_owner
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel.clock import HOUR, MINUTE, SECOND, Instant, ManualClock, to_datetime
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import CallbackId
from ringback.messaging import outbox as texts
from ringback.messaging.accounts import Gateways, seal_secrets
from ringback.messaging.delivery import STALE_AFTER
from ringback.messaging.gateways.port import (
    Delivery,
    DeliveryState,
    Gateway,
    ProviderId,
    Sent,
    Text,
    TextId,
)
from ringback.messaging.model import MessagingSettings, TextKind, Thread
from ringback.messaging.sending import Sending
from ringback.messaging.store import accounts, opt_outs, outbox
from ringback.messaging.store.accounts import StoredAccount

SEALER = Sealer(b"a key for tests, long enough to seal with")
OURS = "+12125550199"
ANN, BOB = "+12125550100", "+12125550101"


class Died(BaseException):
    """The worker's process has ended."""


class Dying:
    """A gateway in a process that ends right before, or right after, it has spoken to it."""

    def __init__(self, gateway: Gateway, *, before: bool) -> None:
        self._gateway, self._before = gateway, before
        self.name, self.capabilities = gateway.name, gateway.capabilities
        self.find, self.check, self.close = gateway.find, gateway.check, gateway.close

    async def send(self, text: Text) -> Sent:
        if not self._before:
            await self._gateway.send(text)
        raise Died


class DyingGateways(Gateways):
    before = True

    async def of(self, org: str, account: StoredAccount) -> Gateway:
        return Dying(await super().of(org, account), before=self.before)


class Desk:
    """An organization that sends texts by a Twilio of the tests."""

    def __init__(self, db: Database, clock: ManualClock, peer: TwilioPeer) -> None:
        self.db, self.clock, self.peer = db, clock, peer
        self.acme = Organization(db, clock)
        self.acme.call_target()
        self.acme.widget()
        self.org = self.acme.org
        peer.clock = lambda: to_datetime(clock.now())
        self.set_up()

    def set_up(self, **settings: object) -> None:
        twilio = {"account_sid": ACCOUNT, "base_url": self.peer.url}
        document = MessagingSettings.model_validate(
            {"gateway": "twilio", "numbers": [OURS], "twilio": twilio, "quiet_hours": None, **settings}
        )
        sealed = seal_secrets(SEALER, auth_token=TOKEN)
        self.db.write_now(accounts.save, self.org, document, sealed, now=self.clock.now())

    def put(
        self, body: str, to: str = ANN, kind: TextKind = TextKind.REPLY, *, due_in: int = 0, **more: object
    ) -> TextId:
        due_at = Instant(self.clock.now() + due_in)
        return self.db.write_now(
            outbox.put,
            Thread(self.org, OURS, to),
            body,
            kind,
            segments=1,
            due_at=due_at,
            stale_at=Instant(due_at + STALE_AFTER[kind]),
            now=self.clock.now(),
            **more,
        )

    def send(self, gateways: type[Gateways] = Gateways) -> None:
        """Let a worker do all there is to do now."""

        async def work() -> None:
            held = gateways(SEALER)
            try:
                sending = Sending(self.db, self.clock, held, owner=new_owner(), base_url="https://ringback.example")
                while await sending():
                    pass
            finally:
                await held.close()

        asyncio.run(work())

    def pass_time(self, microseconds: int, *, every: int = 5 * SECOND) -> None:
        """Let time pass, with a worker at work."""
        for _ in range(microseconds // every):
            self.clock.turn_to(Instant(self.clock.now() + every))
            self.send()

    def told(self, text_id: TextId, state: DeliveryState, provider_id: str = "SM1") -> None:
        self.db.write_now(texts.told, self.org, text_id, Delivery(ProviderId(provider_id), state), now=self.clock.now())

    def state(self, text_id: TextId) -> tuple[str, str | None]:
        def read(tx: Tx) -> tuple[str, str | None]:
            row = tx.one("SELECT state, reason FROM texts WHERE org_id = :org AND id = :id", org=self.org, id=text_id)
            assert row is not None
            return row["state"], row["reason"]

        return self.db.read_now(read)

    @property
    def arrived(self) -> list[str]:
        return [text["body"] for text in self.peer.texts]


@pytest.fixture
def desk(database: Database, clock: ManualClock) -> Iterator[Desk]:
    with TwilioPeer() as peer:
        yield Desk(database, clock, peer)


def test_a_text_is_handed_over_and_told_of(desk: Desk) -> None:
    text = desk.put("We will call you.")
    desk.send()
    assert desk.state(text) == ("queued", None)
    assert desk.peer.texts[0]["status_callback"] == f"https://ringback.example/v1/texts/acme/delivery?text={text}"
    desk.told(text, DeliveryState.DELIVERED)
    desk.told(text, DeliveryState.SENT)
    assert desk.state(text) == ("delivered", None)


def test_a_conversation_keeps_its_order(desk: Desk) -> None:
    for number in range(5):
        desk.put(f"{number}")
    desk.peer.fail_next(429, 20429)
    desk.pass_time(MINUTE)
    assert desk.arrived == ["0", "1", "2", "3", "4"]


def test_one_conversation_does_not_hold_up_another(desk: Desk) -> None:
    desk.peer.fail_next(429, 20429, Retry_After="600")
    desk.put("first")
    desk.send()
    desk.put("second")
    desk.put("to Bob", BOB)
    desk.send()
    assert desk.arrived == ["to Bob"]


def test_a_text_for_later_holds_up_nothing(desk: Desk) -> None:
    desk.put("later", due_in=HOUR)
    desk.put("now")
    desk.send()
    assert desk.arrived == ["now"]
    desk.clock.advance(3600)
    desk.send()
    assert desk.arrived == ["now", "later"]


def test_a_gateway_that_is_away_for_an_hour(desk: Desk) -> None:
    stale = desk.put("answer of an hour ago")
    kept = desk.put("canceled", BOB, TextKind.CANCELED)
    desk.peer.failures.extend([])
    for _ in range(200):
        desk.peer.fail_next(503)
    desk.pass_time(HOUR, every=MINUTE)
    desk.peer.failures.clear()
    desk.pass_time(10 * MINUTE, every=MINUTE)
    assert desk.arrived == ["canceled"]
    assert desk.state(stale) == ("dropped", "stale")
    assert desk.state(kept) == ("queued", None)


@pytest.mark.parametrize("swallowed", [1, 2])
def test_a_text_whose_answer_was_lost_is_not_sent_again(desk: Desk, swallowed: int) -> None:
    for _ in range(swallowed):
        desk.peer.swallow_next()
    text = desk.put("once")
    desk.pass_time(MINUTE)
    assert desk.arrived == ["once"]
    assert desk.state(text) == ("queued", None)


@pytest.mark.parametrize("before", [True, False])
def test_a_worker_dies_around_the_sending(desk: Desk, before: bool) -> None:
    text = desk.put("once")
    DyingGateways.before = before
    with pytest.raises(Died):
        desk.send(DyingGateways)
    desk.send()
    assert desk.arrived == ([] if before else ["once"])  # its lease is not over yet
    desk.pass_time(2 * MINUTE)
    assert desk.arrived == ["once"]
    assert desk.state(text) == ("queued", None)


def test_the_gateway_tells_before_it_answers(desk: Desk) -> None:
    text = desk.put("quick")
    DyingGateways.before = False
    with pytest.raises(Died):
        desk.send(DyingGateways)
    desk.told(text, DeliveryState.DELIVERED)
    desk.pass_time(2 * MINUTE)
    assert desk.arrived == ["quick"]
    assert desk.state(text) == ("delivered", None)


def test_somebody_who_has_opted_out_gets_one_confirmation_and_nothing_more(desk: Desk) -> None:
    dropped = desk.put("a reply")
    desk.db.write_now(opt_outs.opt_out, desk.org, ANN, "word", now=desk.clock.now())
    desk.put("You will get no more texts.", kind=TextKind.OPT_OUT)
    desk.send()
    assert desk.arrived == ["You will get no more texts."]
    assert desk.state(dropped) == ("dropped", "opted_out")
    desk.db.write_now(opt_outs.opt_in, desk.org, ANN)
    desk.put("back")
    desk.send()
    assert desk.arrived[-1] == "back"


def test_the_gateway_knows_of_an_opt_out(desk: Desk) -> None:
    text = desk.put("unwanted", "+12125550021")
    desk.send()
    assert desk.state(text) == ("failed", "opted_out")
    assert desk.db.read_now(opt_outs.has_opted_out, desk.org, "+12125550021")


def test_wrong_credentials_are_mended_and_the_texts_go_out(desk: Desk) -> None:
    desk.peer.fail_next(401, 20003)
    desk.put("patient")
    desk.pass_time(2 * MINUTE)
    assert desk.arrived == ["patient"]


def test_secrets_that_cannot_be_opened_lose_nothing(desk: Desk) -> None:
    document = desk.db.read_now(accounts.get, desk.org)
    assert document is not None
    text = desk.put("patient")
    other = seal_secrets(Sealer(b"another key that nobody knows any more, sadly"), auth_token=TOKEN)
    desk.db.write_now(accounts.save, desk.org, document.settings, other, now=desk.clock.now())
    desk.send()
    assert desk.state(text) == ("pending", None)
    desk.set_up()
    desk.pass_time(2 * MINUTE)
    assert desk.arrived == ["patient"]


def test_without_a_gateway_nothing_is_sent(desk: Desk) -> None:
    desk.set_up(active=False)
    text = desk.put("nowhere")
    desk.send()
    assert desk.state(text) == ("dropped", "no_gateway")


class TestOfACallback:
    """Notifications, looked at again when they are sent."""

    @pytest.fixture
    def callback(self, desk: Desk) -> CallbackId:
        return desk.acme.request().callback_id

    def test_it_still_holds(self, desk: Desk, callback: CallbackId) -> None:
        desk.put("confirmed", kind=TextKind.CONFIRMATION, callback_id=callback, occasion="asap")
        desk.send()
        assert desk.arrived == ["confirmed"]

    def test_it_was_cancelled_meanwhile(self, desk: Desk, callback: CallbackId) -> None:
        text = desk.put("reminder", kind=TextKind.REMINDER, due_in=MINUTE, callback_id=callback, occasion="asap")

        def cancel(tx: Tx) -> None:
            callbacks.cancel(tx, callbacks.get(tx, desk.org, callback), by="test", now=desk.clock.now())

        desk.db.write_now(cancel)
        desk.clock.advance(60)
        desk.send()
        assert desk.state(text) == ("dropped", "no_longer_true")

    def test_at_night_it_waits(self, desk: Desk, callback: CallbackId) -> None:
        local = to_datetime(desk.clock.now()).time()
        end = local.replace(hour=(local.hour + 2) % 24, minute=0, second=0, microsecond=0)
        desk.set_up(quiet_hours={"start": local.replace(minute=0, second=0, microsecond=0), "end": end})
        waits = desk.put("canceled", kind=TextKind.CANCELED, callback_id=callback, occasion="end")
        desk.put("an answer")

        def cancel(tx: Tx) -> None:
            callbacks.cancel(tx, callbacks.get(tx, desk.org, callback), by="test", now=desk.clock.now())

        desk.db.write_now(cancel)
        desk.send()
        assert desk.arrived == ["an answer"]
        assert desk.state(waits) == ("pending", None)
        desk.clock.advance(2 * 3600)
        desk.send()
        assert desk.arrived == ["an answer", "canceled"]


def test_two_workers_side_by_side_send_each_text_once(desk: Desk) -> None:
    for number in range(60):
        desk.put(f"{number}", f"+1212555{1000 + number % 20}")

    async def work() -> None:
        held = [Gateways(SEALER) for _ in range(2)]
        try:
            workers = [
                Sending(desk.db, desk.clock, each, owner=new_owner(), base_url="https://r.example") for each in held
            ]
            while any(await asyncio.gather(*(worker() for worker in workers))):
                pass
        finally:
            for each in held:
                await each.close()

    asyncio.run(work())
    assert sorted(desk.arrived, key=int) == [f"{number}" for number in range(60)]
    for number in range(20):
        to = f"+1212555{1000 + number}"
        assert [text["body"] for text in desk.peer.texts if text["to"] == to] == [
            f"{number + step}" for step in (0, 20, 40)
        ]
