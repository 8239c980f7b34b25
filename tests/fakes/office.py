"""An organization that is texted, with its workers: all that happens is asked for by a test."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Sequence

from tests.fakes.mortal import Died, Process, mortal_database
from tests.fakes.organizations import Organization

from ringback.availability.memory import Availability
from ringback.callbacks import service as callbacks
from ringback.callbacks.model import Callback
from ringback.db.claims import new_owner
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.dispatch.configurations import Configurations
from ringback.kernel.clock import Instant, ManualClock
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.limits.rate import RateLimiter
from ringback.messaging import inbox
from ringback.messaging.accounts import Gateways
from ringback.messaging.conversing import Conversing
from ringback.messaging.gateways.port import (
    Capability,
    DeliveryState,
    Gateway,
    GatewayError,
    Inbound,
    ProviderId,
    Sent,
    Text,
    Unreachable,
)
from ringback.messaging.model import MessagingSettings
from ringback.messaging.notifying import Notifying
from ringback.messaging.sending import Sending
from ringback.messaging.store import accounts
from ringback.messaging.store.accounts import StoredAccount

OURS = "+12125550199"
LEASE_SECONDS = 60


class Network:
    """The mobile network: texts that were taken over, oldest first, and what goes wrong next."""

    def __init__(self) -> None:
        self.taken: list[Text] = []
        self.failures: deque[GatewayError] = deque()
        self.watch: Callable[[Text], None] = lambda _: None
        """Told of each text that is taken over."""

    def take(self, text: Text) -> None:
        failure = self.failures.popleft() if self.failures else None
        if failure is None or (isinstance(failure, Unreachable) and failure.may_be_sent):
            self.watch(text)
            self.taken.append(text)
        if failure is not None:
            raise failure


class Carrier:
    """Carries texts, knows which it took over, and serves a process that may end around each of them."""

    name = "carrier"
    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, network: Network, process: Process) -> None:
        self._network, self._process = network, process

    async def send(self, text: Text) -> Sent:
        async def take() -> Sent:
            self._network.take(text)
            return self._sent(text)

        return await self._process.says(take)

    async def find(self, text: Text, *, since: Instant) -> Sent | None:
        return self._sent(text) if text in self._network.taken else None

    async def check(self) -> None:
        """It is always there."""

    async def close(self) -> None:
        """There is nothing to close."""

    @staticmethod
    def _sent(text: Text) -> Sent:
        return Sent(ProviderId(f"at the carrier {text.id}"), DeliveryState.DELIVERED)


class Carriers(Gateways):
    def __init__(self, carrier: Carrier) -> None:
        super().__init__(Sealer(b"a key for tests, long enough to seal with"))
        self._carrier = carrier

    async def of(self, org: OrgId, account: StoredAccount) -> Gateway:
        return self._carrier


class Worker:
    """A process that does what there is to do with texts."""

    def __init__(self, office: "Office", db: Database, carrier: Carrier) -> None:
        clock = office.clock
        # What is on offer is read past the process: it changes nothing.
        availability = Availability(office.db, clock)
        self.conversing = Conversing(db, clock, availability, manage_link=_link, limiter=RateLimiter())
        self.notifying = Notifying(db, clock, Configurations(), manage_link=_link)
        self.sending = Sending(db, clock, Carriers(carrier), owner=new_owner(), base_url="https://r.example")

    async def work(self) -> None:
        while any([await step() for step in (self.conversing, self.notifying, self.sending)]):
            pass


class Office:
    """An organization that is texted, and its customers."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        self.db, self.clock = db, clock
        self.acme = Organization(db, clock)
        for position, key in enumerate(("billing", "service")):
            self.acme.call_target(key, slots={"capacity": 1000})
            self.acme.widget(key, call_target=key, position=position)
        self.org = self.acme.org
        self.network = Network()
        settings = MessagingSettings.model_validate({"numbers": [OURS], "quiet_hours": None})
        db.write_now(accounts.save, self.org, settings, None, now=clock.now())
        self._ids = itertools.count()

    def worker(self, process: Process | None = None) -> Worker:
        process = process or Process()
        return Worker(self, mortal_database(self.db, process), Carrier(self.network, process))

    def text(self, number: str, body: str) -> None:
        inbound = Inbound(ProviderId(f"in {next(self._ids)}"), number, OURS, body)
        settings = MessagingSettings(numbers=(OURS,))
        self.db.write_now(inbox.receive, self.org, settings, inbound, region="US", now=self.clock.now())

    async def converse(self, number: str, *bodies: str, workers: Sequence[Worker] = ()) -> None:
        """Text one after the other, each answered by all of these workers side by side."""
        for body in bodies:
            self.text(number, body)
            await asyncio.gather(*(worker.work() for worker in workers or [self.worker()]))

    async def converse_dying(self, number: str, bodies: Sequence[str], words: int) -> bool:
        """The same with a worker that ends after so many words, and another that goes on; whether it has ended."""
        process = Process(words)
        dying, survivor = self.worker(process), self.worker()
        for body in bodies:
            self.text(number, body)
            if process.has_died:
                await survivor.work()
                continue
            try:
                await dying.work()
            except Died:
                await survivor.work()
                self.clock.advance(LEASE_SECONDS + 1)
                await survivor.work()
                self.clock.advance(LEASE_SECONDS)
                await survivor.work()
        return process.has_died

    def said(self, number: str) -> list[str]:
        """What has arrived, oldest first."""
        return [text.body for text in self.network.taken if text.to == number]

    def callbacks_of(self, number: str) -> list[Callback]:
        """All that there ever were."""

        def read(tx: Tx) -> list[Callback]:
            rows = tx.all(
                "SELECT id FROM callbacks WHERE org_id = :org AND contact_number = :number", org=self.org, number=number
            )
            return [callbacks.get(tx, self.org, CallbackId(row["id"])) for row in rows]

        return self.db.read_now(read)

    def history(self, number: str) -> list[str]:
        """What has happened to their only callback since it was asked for."""
        (callback,) = self.callbacks_of(number)
        return [kind for _, kind, _ in self.db.read_now(callbacks.timeline, self.org, callback.id)]

    def cancel(self, number: str) -> None:
        for callback in self.callbacks_of(number):
            self.db.write_now(callbacks.cancel, callback, by="test", now=self.clock.now())


def _link(org: OrgId, callback_id: CallbackId) -> str:
    return f"https://r.example/m/{org}.{callback_id}"
