"""Telephone networks that outlive the workers who command them, each seen by a run as telephones that were rung."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from ringback.kernel.clock import Clock, Instant
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId
from ringback.telephony.drivers.simulator import SimulatedTeam, SimulatorDriver, SimulatorSettings
from ringback.telephony.drivers.simulator.ledger import read_calls
from ringback.telephony.port import Call, CallView, Capability, Cause, EventKind, Party, VoiceDriver, VoiceEvent


@dataclass(frozen=True, slots=True)
class Rung:
    """A telephone that was rung."""

    attempt_id: AttemptId
    callback_id: CallbackId
    number: str
    alive: bool


class Turn(StrEnum):
    """How a call can go on."""

    ANSWERED = "answered"
    CONNECTED = "connected"
    TALKED = "talked"
    BUSY = "busy"
    NO_SUCH_NUMBER = "no such number"
    CUSTOMER_HANGS_UP = "customer hangs up"
    AGENT_LEAVES = "agent leaves"
    NETWORK_FAILS = "network fails"


ENDS = {
    Turn.TALKED: (Cause.ANSWERED, Party.CUSTOMER),
    Turn.BUSY: (Cause.BUSY, Party.CUSTOMER),
    Turn.NO_SUCH_NUMBER: (Cause.INVALID_NUMBER, Party.NETWORK),
    Turn.CUSTOMER_HANGS_UP: (Cause.CANCELED, Party.CUSTOMER),
    Turn.AGENT_LEAVES: (Cause.NO_ANSWER, Party.AGENT),
    Turn.NETWORK_FAILS: (Cause.FAILED, Party.NETWORK),
}


class Network(Protocol):
    """What a run needs of a network besides the port."""

    driver: VoiceDriver

    def rung(self) -> list[Rung]:
        """Every telephone that was rung, in that order."""
        ...

    def go_on(self, count: int, turn: Turn) -> None:
        """Let one of the live calls take a turn, if the network can be told to."""
        ...

    def settle(self) -> None:
        """Let the calls end that would not by themselves."""
        ...

    def reopen(self) -> None:
        """As after a restart of the machine."""
        ...

    def close(self) -> None: ...


@dataclass
class ScriptedNetwork:
    """A driver whose calls go on only when they are told to, in every way a real one's may."""

    clock: Clock
    agents: int | None
    name: str = "scripted"
    capabilities: frozenset[Capability] = frozenset({Capability.CONNECTS_PARTIES})
    _calls: dict[AttemptId, Call] = field(default_factory=dict)
    _views: dict[AttemptId, CallView] = field(default_factory=dict)
    _told: list[VoiceEvent] = field(default_factory=list)

    @property
    def driver(self) -> VoiceDriver:
        return self

    def rung(self) -> list[Rung]:
        return [
            Rung(attempt_id, call.callback_id, call.customer_number, self._views[attempt_id].alive)
            for attempt_id, call in self._calls.items()
        ]

    def go_on(self, count: int, turn: Turn) -> None:
        alive = [view for view in self._views.values() if view.alive]
        if alive:
            self._take(alive[count % len(alive)], turn)

    def settle(self) -> None:
        """Who was about to talk does; of the others every second one is busy."""
        for count, view in enumerate([view for view in self._views.values() if view.alive]):
            if view.connected_at is None and count % 2:
                self._take(view, Turn.BUSY)
            else:
                self._take(view, Turn.CONNECTED)
                self._take(self._views[view.attempt_id], Turn.TALKED)

    def reopen(self) -> None:
        """It is not in our process."""

    def close(self) -> None:
        """Nothing is open."""

    async def originate(self, call: Call) -> None:
        if call.attempt_id not in self._calls:
            self._calls[call.attempt_id] = call
            self._views[call.attempt_id] = CallView(call.attempt_id, ringing_at=self.clock.now())
            self._tell(call.attempt_id, EventKind.RINGING)

    async def hang_up(self, attempt_id: AttemptId) -> None:
        view = self._views.get(attempt_id)
        if view is not None and view.alive:
            self._end(view, Cause.CANCELED, Party.RINGBACK)

    async def look_up(self, attempt_id: AttemptId) -> CallView | None:
        return self._views.get(attempt_id)

    async def events(self) -> list[VoiceEvent]:
        return list(self._told)

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        self._told = [event for event in self._told if event not in events]

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        return self.agents

    async def busy_agents(self, call_target_id: CallTargetId) -> int | None:
        return None

    async def next_event_at(self) -> Instant | None:
        return self._told[0].at if self._told else None

    def _take(self, view: CallView, turn: Turn) -> None:
        if turn in ENDS and (turn is not Turn.TALKED or view.connected_at is not None):
            self._end(view, *ENDS[turn])
        elif turn is Turn.ANSWERED and view.answered_at is None:
            self._step(replace(view, answered_at=self.clock.now()), EventKind.ANSWERED)
        elif turn is Turn.CONNECTED and view.connected_at is None:
            answered_at = view.answered_at or self.clock.now()
            self._step(replace(view, answered_at=answered_at, connected_at=self.clock.now()), EventKind.CONNECTED)

    def _end(self, view: CallView, cause: Cause, party: Party) -> None:
        self._step(replace(view, ended_at=self.clock.now(), cause=cause, party=party), EventKind.ENDED)

    def _step(self, view: CallView, kind: EventKind) -> None:
        self._views[view.attempt_id] = view
        self._tell(view.attempt_id, kind)

    def _tell(self, attempt_id: AttemptId, kind: EventKind) -> None:
        view = self._views[attempt_id]
        self._told.append(
            VoiceEvent(f"{attempt_id}:{kind}", attempt_id, self.clock.now(), kind, view.cause, view.party)
        )


class SimulatedNetwork:
    """The simulator and its ledger: calls go on as time passes, and end as the number says."""

    def __init__(self, ledger: Path, clock: Clock, agents: int) -> None:
        self._ledger, self._clock, self._agents = ledger, clock, agents
        self.driver: VoiceDriver = self._opened()

    def rung(self) -> list[Rung]:
        return [
            Rung(call.attempt_id, call.callback_id, call.number, alive=call.ended_at is None)
            for call in read_calls(self._ledger)
        ]

    def go_on(self, count: int, turn: Turn) -> None:
        """Its calls take no orders."""

    def settle(self) -> None:
        """Its calls all end."""

    def reopen(self) -> None:
        self.close()
        self.driver = self._opened()

    def close(self) -> None:
        asyncio.run(self.driver.close())

    def _opened(self) -> SimulatorDriver:
        # Fates are drawn by attempt ids, which are random: so nothing of them may make a difference.
        team = SimulatedTeam(agents=self._agents, handle_time=90, handle_time_spread=0)
        settings = SimulatorSettings(ring_seconds=(5, 5), patience=120, team=team)
        return SimulatorDriver(self._ledger, self._clock, settings)
