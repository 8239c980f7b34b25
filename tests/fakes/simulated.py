"""A simulated network to play with: commands given by hand, a clock turned by hand."""

from dataclasses import dataclass, field

from ringback.kernel.clock import SECOND, Instant, ManualClock, after, from_unix
from ringback.kernel.tenancy import AttemptId, CallTargetId, OrgId
from ringback.telephony.drivers.simulator import CallerId, InboundEvent, SimulatedNetwork, SimulatorSettings
from ringback.telephony.drivers.simulator.books import Books
from ringback.telephony.port import (
    Announce,
    Bridge,
    Collect,
    CommandId,
    EventKind,
    HangUp,
    Hold,
    LegId,
    LegView,
    Originate,
    Party,
    Prompt,
    VoiceEvent,
    leg_id,
)

START = from_unix(1_780_000_000)
BILLING = CallTargetId("billing")
TALKS = "+15551230000"


def originate(
    leg: str, *, number: str = TALKS, timeout: int = 30, place: Instant = START, call_target: CallTargetId = BILLING
) -> Originate:
    """To ring the ``leg``: ``one.customer1``, ``one.agent1``."""
    party = Party.CUSTOMER if ".customer" in leg else Party.AGENT
    return Originate(
        CommandId(f"{leg}.originate"), LegId(leg), party, OrgId("acme"), call_target, number, "", timeout, place
    )


@dataclass
class Play:
    """The network, and all that it has told."""

    ledger: Books
    settings: SimulatorSettings = field(default_factory=SimulatorSettings)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    told: list[VoiceEvent] = field(default_factory=list)
    inbound: list[InboundEvent] = field(default_factory=list)
    _commands: int = 0

    def __post_init__(self) -> None:
        self.network = SimulatedNetwork(self.ledger, self.settings)
        self.network.advance(self.clock.now())

    def customer(self, attempt: str = "one", *, number: str = TALKS, timeout: int = 30) -> LegId:
        leg = leg_id(AttemptId(attempt), Party.CUSTOMER)
        self.network.command(originate(leg, number=number, timeout=timeout), self.clock.now())
        return leg

    def agent(
        self,
        attempt: str = "one",
        *,
        place: Instant = START,
        timeout: int = 80_000,
        number: str = "",
        call_target: CallTargetId = BILLING,
    ) -> LegId:
        leg = leg_id(AttemptId(attempt), Party.AGENT)
        order = originate(leg, number=number, timeout=timeout, place=place, call_target=call_target)
        self.network.command(order, self.clock.now())
        return leg

    def caller(self, name: str, *, patience: float = 80_000, talk: float = 60) -> CallerId:
        self.network.call_in(
            BILLING,
            CallerId(name),
            patience=round(patience * SECOND),
            talk=round(talk * SECOND),
            now=self.clock.now(),
        )
        return CallerId(name)

    def announce(self, leg: LegId, text: str = "Please hold.") -> None:
        self.network.command(Announce(self._id(), leg, Prompt("connecting", text, "en")), self.clock.now())

    def collect(self, leg: LegId, *, keys: str = "123456789", timeout: int = 10) -> None:
        prompt = Prompt("greeting", "Press 1 to be connected.", "en")
        self.network.command(Collect(self._id(), leg, prompt, keys, timeout), self.clock.now())

    def hold(self, leg: LegId) -> None:
        self.network.command(Hold(self._id(), leg), self.clock.now())

    def bridge(self, leg: LegId, other: LegId) -> None:
        self.network.command(Bridge(self._id(), leg, other), self.clock.now())

    def hang_up(self, leg: LegId) -> None:
        self.network.command(HangUp(self._id(), leg), self.clock.now())

    def staff(self, agents: int) -> None:
        self.network.staff(BILLING, agents, self.clock.now())

    def pass_time(self, seconds: float) -> None:
        """Turn the clock and hear what happened."""
        self.clock.advance(seconds)
        self.hear()

    def hear(self) -> None:
        while fresh := self.network.events(self.clock.now()):
            self.told += fresh
            self.network.acknowledge(fresh)
        self.inbound += self.network.inbound_events(self.clock.now())

    def kinds(self, leg: LegId) -> list[EventKind]:
        self.hear()
        return [event.kind for event in self.told if event.leg == leg]

    def told_of(self, leg: LegId, kind: EventKind) -> VoiceEvent:
        """The last event of a kind."""
        self.hear()
        return [event for event in self.told if event.leg == leg and event.kind is kind][-1]

    def view(self, leg: LegId) -> LegView:
        view = self.network.look_up(leg, self.clock.now())
        assert view is not None
        return view

    def answered(self, leg: LegId) -> LegId:
        """Turn the clock to when a leg is answered (an agent's: accepted)."""
        wanted = EventKind.ACCEPTED if ".agent" in leg else EventKind.ANSWERED
        while wanted not in self.kinds(leg):
            at = self.network.next_event_at()
            assert at is not None
            self.clock.turn_to(at)
        return leg

    def conversation(self, attempt: str = "one") -> tuple[LegId, LegId]:
        """A customer and an agent, who have just begun to talk."""
        customer = self.answered(self.customer(attempt))
        self.hold(customer)
        agent = self.answered(self.agent(attempt))
        self.bridge(customer, agent)
        return customer, agent

    def _id(self) -> CommandId:
        self._commands += 1
        return CommandId(f"one.{self._commands}")


def seconds_after(seconds: float) -> Instant:
    """So long after a play begins."""
    return after(START, seconds)
