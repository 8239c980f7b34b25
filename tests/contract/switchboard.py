"""What the contract of voice drivers is tried with: the drivers, and somebody who commands them.

A driver under test reaches the agents by the call target, two of them, who talk for minutes. Customers' numbers do what
``NUMBERS`` says.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.fakes.voice import DuplicateEvents, RecordingVoice

from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Clock, Instant, ManualClock, from_unix
from ringback.kernel.tenancy import AttemptId, CallTargetId, OrgId
from ringback.telephony.drivers.simulator import (
    LEDGER_NAME,
    MemoryLedger,
    SimulatedNetwork,
    SimulatedTeam,
    SimulatorDriver,
    SimulatorSettings,
)
from ringback.telephony.port import (
    Announce,
    Bridge,
    Capability,
    Cause,
    Collect,
    Command,
    CommandId,
    EventKind,
    HangUp,
    Hold,
    LegId,
    LegView,
    Originate,
    Party,
    Prompt,
    VoiceDriver,
    VoiceEvent,
    leg_id,
)

Opens = Callable[[Path, Clock], VoiceDriver]

START = from_unix(1_780_000_000)
BILLING = CallTargetId("billing")
AGENTS = 2

ANSWERS = "+15551230000"
NUMBERS = {
    Cause.ANSWERED: ANSWERS,
    Cause.BUSY: "+15551230001",
    Cause.NO_ANSWER: "+15551230002",
    Cause.MACHINE: "+15551230003",
    Cause.REJECTED: "+15551230004",
    Cause.INVALID_NUMBER: "+15551230005",
    Cause.CONGESTION: "+15551230006",
    Cause.FAILED: "+15551230008",
}
PRESSES_NOTHING = "+15551230011"

_SETTINGS = SimulatorSettings(team=SimulatedTeam(agents=AGENTS))


class InMemory:
    """The simulated network in memory, as a driver. What it knows outlives it as long as ``ledger`` does."""

    name = "simulator in memory"
    capabilities = SimulatorDriver.capabilities

    def __init__(self, ledger: MemoryLedger, clock: Clock) -> None:
        self._network = SimulatedNetwork(ledger, _SETTINGS)
        self._clock = clock

    async def originate(self, command: Originate) -> None:
        self._network.command(command, self._clock.now())

    async def announce(self, command: Announce) -> None:
        self._network.command(command, self._clock.now())

    async def collect(self, command: Collect) -> None:
        self._network.command(command, self._clock.now())

    async def hold(self, command: Hold) -> None:
        self._network.command(command, self._clock.now())

    async def bridge(self, command: Bridge) -> None:
        self._network.command(command, self._clock.now())

    async def hang_up(self, command: HangUp) -> None:
        self._network.command(command, self._clock.now())

    async def look_up(self, leg: LegId) -> LegView | None:
        return self._network.look_up(leg, self._clock.now())

    async def events(self) -> list[VoiceEvent]:
        return self._network.events(self._clock.now())

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        self._network.acknowledge(events)

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        return self._network.queue_stats(call_target_id, self._clock.now())

    async def next_event_at(self) -> Instant | None:
        return self._network.next_event_at()

    async def close(self) -> None:
        """Nothing is open."""


def simulator(folder: Path, clock: Clock) -> VoiceDriver:
    return SimulatorDriver(folder / LEDGER_NAME, clock, _SETTINGS)


def in_memory() -> Opens:
    ledgers: dict[Path, MemoryLedger] = {}
    return lambda folder, clock: InMemory(ledgers.setdefault(folder, MemoryLedger()), clock)


DRIVERS: dict[str, Opens] = {
    "simulator": simulator,
    "simulator in memory": in_memory(),
    # Fakes that break no promise of the port are held to it too.
    "recorded": lambda folder, clock: RecordingVoice(simulator(folder, clock)),
    "duplicate events": lambda folder, clock: DuplicateEvents(simulator(folder, clock)),
}


class Switchboard:
    """Somebody who commands a driver and writes down what they are told."""

    def __init__(self, driver: VoiceDriver, clock: ManualClock) -> None:
        self.driver = driver
        self.clock = clock
        self._commands = 0
        self._told: dict[str, VoiceEvent] = {}

    def command_id(self) -> CommandId:
        self._commands += 1
        return CommandId(f"attempt-1.{self._commands}")

    def order(
        self,
        party: Party = Party.CUSTOMER,
        attempt: str = "attempt-1",
        *,
        number: str = ANSWERS,
        timeout: int = 30,
        place: Instant = START,
    ) -> Originate:
        return Originate(
            id=self.command_id(),
            leg=leg_id(AttemptId(attempt), party),
            party=party,
            org=OrgId("acme"),
            call_target_id=BILLING,
            destination=number if party is Party.CUSTOMER else "sip:billing@acme.example",
            caller_id="+15557654321",
            timeout=timeout,
            place=place,
        )

    async def customer(self, attempt: str = "attempt-1", *, number: str = ANSWERS) -> LegId:
        """Ring a customer."""
        order = self.order(Party.CUSTOMER, attempt, number=number)
        await self.driver.originate(order)
        return order.leg

    async def agent(self, attempt: str = "attempt-1", *, place: Instant = START, patience: int = 3600) -> LegId:
        """Call the agents."""
        order = self.order(Party.AGENT, attempt, place=place, timeout=patience)
        await self.driver.originate(order)
        return order.leg

    async def answered(self, leg: LegId) -> LegId:
        """Wait for a leg to be answered; an agent's, to be accepted too where agents do that."""
        await self.until(leg, EventKind.ANSWERED)
        if ".agent" in leg and Capability.AGENTS_ACCEPT in self.driver.capabilities:
            await self.until(leg, EventKind.ACCEPTED)
        return leg

    async def conversation(self, attempt: str = "attempt-1") -> tuple[LegId, LegId]:
        """A customer and an agent who talk."""
        customer = await self.answered(await self.customer(attempt))
        await self.hold(customer)
        agent = await self.answered(await self.agent(attempt))
        await self.bridge(customer, agent)
        return customer, agent

    async def announce(self, leg: LegId, text: str = "Please hold.") -> Announce:
        command = Announce(self.command_id(), leg, Prompt("connecting", text, "en"))
        await self.driver.announce(command)
        return command

    async def collect(self, leg: LegId, *, keys: str = "129", seconds: int = 10) -> Collect:
        command = Collect(self.command_id(), leg, Prompt("greeting", "Press 1 to be connected.", "en"), keys, seconds)
        await self.driver.collect(command)
        return command

    async def hold(self, leg: LegId) -> Hold:
        command = Hold(self.command_id(), leg)
        await self.driver.hold(command)
        return command

    async def bridge(self, leg: LegId, other: LegId) -> Bridge:
        command = Bridge(self.command_id(), leg, other)
        await self.driver.bridge(command)
        return command

    async def hang_up(self, leg: LegId) -> HangUp:
        command = HangUp(self.command_id(), leg)
        await self.driver.hang_up(command)
        return command

    async def told(self, leg: LegId | None = None) -> list[VoiceEvent]:
        """All that was told until now, of one leg or of all, each event once; nothing of it waits any more."""
        while fresh := await self.driver.events():
            await self.driver.acknowledge(fresh)
            for event in fresh:
                assert self._told.setdefault(event.event_id, event) == event, "an event id is told of two events"
        return [event for event in self._told.values() if leg in {None, event.leg}]

    async def kinds(self, leg: LegId) -> list[EventKind]:
        return [event.kind for event in await self.told(leg)]

    async def until(self, leg: LegId, kind: EventKind, command: Command | None = None) -> VoiceEvent:
        """Let time pass until an event is told, of a command if need be; it fails when that cannot come any more."""
        for _ in range(100):
            found = [
                event
                for event in await self.told(leg)
                if event.kind is kind and (command is None or event.command == command.id)
            ]
            if found:
                return found[-1]
            look_at = await self.driver.next_event_at()
            assert look_at is not None, f"{leg} will never be {kind}: {await self.kinds(leg)}"
            self.clock.turn_to(max(look_at, self.clock.now()))
        raise AssertionError(f"{leg} is not {kind} after a hundred looks: {await self.kinds(leg)}")

    async def view(self, leg: LegId) -> LegView:
        """What looking up tells of a leg that exists."""
        view = await self.driver.look_up(leg)
        assert view is not None
        return view
