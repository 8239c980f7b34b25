"""Telephone networks that outlive the workers who command them, each seen by a run as telephones that were rung."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Clock, Instant
from ringback.kernel.tenancy import AttemptId, CallTargetId
from ringback.telephony.drivers.simulator import SimulatedTeam, SimulatorDriver, SimulatorSettings, read_legs
from ringback.telephony.drivers.simulator.fate import ending_of
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
    VoiceDriver,
    VoiceEvent,
    attempt_of,
)


@dataclass(frozen=True, slots=True)
class Rung:
    """A telephone that was rung."""

    leg: LegId
    party: Party
    ending: str
    """The last digits of the number."""
    alive: bool

    @property
    def attempt_id(self) -> AttemptId:
        return attempt_of(self.leg)


class Turn(StrEnum):
    """How it can go on with somebody at a telephone."""

    GOES_WELL = "goes well"
    """Whatever brings the two together, or parts them in the end."""
    ANSWERED = "answered"
    MACHINE = "machine"
    PRESSES_1 = "presses 1"
    PRESSES_2 = "presses 2"
    PRESSES_7 = "presses 7"
    PRESSES_9 = "presses 9"
    PRESSES_NOTHING = "presses nothing"
    HEARS_IT_OUT = "hears it out"
    TALKS = "talks"
    BUSY = "busy"
    NO_SUCH_NUMBER = "no such number"
    HANGS_UP = "hangs up"
    NETWORK_FAILS = "network fails"


KEYS = {
    Turn.PRESSES_1: "1",
    Turn.PRESSES_2: "2",
    Turn.PRESSES_7: "7",
    Turn.PRESSES_9: "9",
    Turn.PRESSES_NOTHING: None,
}
NOT_REACHED = {
    Turn.BUSY: (Cause.BUSY, Party.CUSTOMER),
    Turn.NO_SUCH_NUMBER: (Cause.INVALID_NUMBER, Party.NETWORK),
}


class Network(Protocol):
    """What a run needs of a network besides the port."""

    driver: VoiceDriver

    def rung(self) -> list[Rung]:
        """Every telephone that was rung, in that order."""
        ...

    def go_on(self, count: int, turn: Turn) -> None:
        """Let somebody at a telephone take a turn, if the network can be told to."""
        ...

    def settle(self) -> None:
        """Let everybody go on who would not by themselves."""
        ...

    def reopen(self) -> None:
        """As after a restart of the machine."""
        ...

    def shut(self) -> None:
        """The run is over."""
        ...


@dataclass
class Telephone:
    """A leg, and what is being said to whoever is there."""

    order: Originate
    view: LegView
    asked: CommandId | None = None
    told: CommandId | None = None
    joining: CommandId | None = None


@dataclass
class ScriptedNetwork:
    """A driver whose people do only what they are told to, in every way real ones may. Agents press 1 to accept."""

    clock: Clock
    agents: int | None
    name: str = "scripted"
    capabilities: frozenset[Capability] = frozenset({Capability.DETECTS_MACHINES, Capability.QUEUE_STATS})
    _telephones: dict[LegId, Telephone] = field(default_factory=dict)
    _carried_out: set[CommandId] = field(default_factory=set)
    _events: list[VoiceEvent] = field(default_factory=list)
    _count: int = 0

    @property
    def driver(self) -> VoiceDriver:
        return self

    def rung(self) -> list[Rung]:
        return [
            Rung(leg, one.order.party, ending_of(one.order.destination), one.view.alive)
            for leg, one in self._telephones.items()
        ]

    def go_on(self, count: int, turn: Turn) -> None:
        alive = self._alive()
        if alive:
            self._take(alive[count % len(alive)], turn)

    def settle(self) -> None:
        """All goes well, except for every second customer who is rung: they are busy."""
        for count, one in enumerate(self._alive()):
            busy = count % 2 and one.order.party is Party.CUSTOMER and one.view.answered_at is None
            self._take(one, Turn.BUSY if busy else Turn.GOES_WELL)

    def reopen(self) -> None:
        """It is not in our process."""

    def shut(self) -> None:
        """Nothing is open."""

    async def originate(self, command: Originate) -> None:
        if self._is_new(command) and command.leg not in self._telephones:
            one = Telephone(command, LegView(command.leg, ringing_at=self.clock.now()))
            self._telephones[command.leg] = one
            self._tell(one, EventKind.RINGING)

    async def announce(self, command: Announce) -> None:
        if one := self._there(command):
            one.told, one.asked = command.id, None

    async def collect(self, command: Collect) -> None:
        if one := self._there(command):
            one.told, one.asked = None, command.id

    async def hold(self, command: Hold) -> None:
        if one := self._there(command):
            one.told = one.asked = None

    async def bridge(self, command: Bridge) -> None:
        if (one := self._there(command)) and self._telephones[command.other].view.alive:
            one.joining, one.told, one.asked = command.id, None, None

    async def hang_up(self, command: HangUp) -> None:
        if one := self._there(command):
            self._end(one, Cause.ANSWERED if one.view.answered_at else Cause.CANCELED, Party.RINGBACK)

    async def look_up(self, leg: LegId) -> LegView | None:
        one = self._telephones.get(leg)
        return one.view if one else None

    async def events(self) -> list[VoiceEvent]:
        return list(self._events)

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        self._events = [event for event in self._events if event not in events]

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        if self.agents is None:
            return None
        busy = sum(one.order.party is Party.AGENT for one in self._alive())
        return QueueStats(self.clock.now(), 0, 0.0, self.agents, max(0, self.agents - busy))

    async def next_event_at(self) -> Instant | None:
        return self._events[0].at if self._events else None

    async def close(self) -> None:
        """The driver's end is not the network's."""

    def _alive(self) -> list[Telephone]:
        return [one for one in self._telephones.values() if one.view.alive]

    def _is_new(self, command: Command) -> bool:
        known = command.id in self._carried_out
        self._carried_out.add(command.id)
        return not known

    def _there(self, command: Command) -> Telephone | None:
        """Whom a new command is about, if they are there."""
        one = self._telephones.get(command.leg)
        return one if self._is_new(command) and one is not None and one.view.alive else None

    def _take(self, one: Telephone, turn: Turn) -> None:
        now, view = self.clock.now(), one.view
        if turn is Turn.GOES_WELL:
            turn = self._what_goes_well(one)
        if turn in KEYS and one.asked:
            asked, one.asked = one.asked, None
            self._tell(one, EventKind.COLLECTED, command=asked, key=KEYS[turn])
        elif turn in {Turn.ANSWERED, Turn.MACHINE} and view.answered_at is None:
            one.view = replace(view, answered_at=now, machine=turn is Turn.MACHINE)
            self._tell(one, EventKind(turn.value))
        elif turn is Turn.HEARS_IT_OUT and one.told:
            told, one.told = one.told, None
            self._tell(one, EventKind.ANNOUNCED, command=told)
        elif turn is Turn.TALKS and one.joining:
            one.view = replace(view, bridged_at=now)
            joining, one.joining = one.joining, None
            self._tell(one, EventKind.BRIDGED, command=joining)
        elif turn in NOT_REACHED and view.answered_at is None:
            self._end(one, *NOT_REACHED[turn])
        elif turn is Turn.HANGS_UP:
            self._end(one, Cause.ANSWERED if view.answered_at else Cause.REJECTED, one.order.party)
        elif turn is Turn.NETWORK_FAILS:
            self._end(one, Cause.FAILED, Party.NETWORK)

    def _what_goes_well(self, one: Telephone) -> Turn:
        if one.view.answered_at is None:
            return Turn.ANSWERED
        if one.asked:
            return Turn.PRESSES_1
        if one.told:
            return Turn.HEARS_IT_OUT
        if one.joining:
            return Turn.TALKS
        return Turn.HANGS_UP if one.view.bridged_at else Turn.HEARS_IT_OUT

    def _end(self, one: Telephone, cause: Cause, party: Party) -> None:
        one.view = replace(one.view, ended_at=self.clock.now(), cause=cause, party=party)
        self._tell(one, EventKind.ENDED, cause=cause, party=party)

    def _tell(self, one: Telephone, kind: EventKind, **details: Any) -> None:
        self._count += 1
        leg = one.order.leg
        self._events.append(VoiceEvent(f"{leg}:{self._count}", leg, self.clock.now(), kind, **details))


class SimulatedNetwork:
    """The simulator and its ledger: calls go on as time passes, and end as the number says."""

    def __init__(self, ledger: Path, clock: Clock, agents: int) -> None:
        self._ledger, self._clock, self._agents = ledger, clock, agents
        self.driver: VoiceDriver = self._opened()

    def rung(self) -> list[Rung]:
        return [
            Rung(line.leg, Party(line.side.value), line.ending, alive=line.ended_at is None)
            for line in read_legs(self._ledger)
        ]

    def go_on(self, count: int, turn: Turn) -> None:
        """Its people take no orders."""

    def settle(self) -> None:
        """Its calls all end."""

    def reopen(self) -> None:
        self.shut()
        self.driver = self._opened()

    def shut(self) -> None:
        asyncio.run(self.driver.close())

    def _opened(self) -> SimulatorDriver:
        # Fates are drawn by legs, which are random: so nothing of them may make a difference.
        team = SimulatedTeam(agents=self._agents, handle_time=90, handle_time_spread=0, think_seconds=(0, 0))
        settings = SimulatorSettings(ring_seconds=(5, 5), key_seconds=(2, 2), patience=120, team=team)
        return SimulatorDriver(self._ledger, self._clock, settings)
