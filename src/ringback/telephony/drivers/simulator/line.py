"""A telephone line of the simulated network, and what is written down of it: values without a life of their own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NewType

from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.fate import Fate
from ringback.telephony.port import Cause, CommandId, LegId, LegView, Party

CallerId = NewType("CallerId", str)
"""Somebody who calls in."""


class Side(StrEnum):
    """Whose line it is."""

    CUSTOMER = "customer"
    """A leg of ours to a customer."""
    AGENT = "agent"
    """A leg of ours to the agents of a call target."""
    INBOUND = "inbound"
    """Somebody who called in by themselves: no leg of ours, but in the same queue."""


class Phase(StrEnum):
    """What goes on on a line."""

    RINGING = "ringing"
    """The customer's telephone rings."""
    QUEUED = "queued"
    """It waits for an agent to be free."""
    SILENT = "silent"
    """Answered, and nothing is to be heard."""
    LISTENING = "listening"
    """A prompt is spoken."""
    ASKED = "asked"
    """A prompt asks for a key."""
    HOLDING = "holding"
    TALKING = "talking"
    WRAPPING_UP = "wrapping up"
    """Over, and the agent not free yet."""
    OVER = "over"


class Line(NamedTuple):
    """A line as it stands. Instants in microseconds UTC.

    A tuple, since simulated days copy lines with a change by the ten thousand, and ``dataclasses.replace`` takes three
    times as long for it as ``_replace``.
    """

    leg: LegId
    """An inbound caller has one as well, which is told to nobody."""
    side: Side
    call_target: CallTargetId
    ending: str
    """The last four characters of the number that was dialled, its extension left out: nothing more is kept of it."""
    place: Instant
    """Since when the customer waits: who has waited longest comes first."""
    ringing_at: Instant
    """When it began."""
    fate: Fate
    phase: Phase
    since: Instant
    """When something last happened to it."""
    until: Instant | None = None
    """When the phase ends by itself."""
    accepts_at: Instant | None = None
    """When the agent has made up their mind about the call."""
    gives_up_at: Instant | None = None
    """When the patience of whoever is there ends."""
    has_agent: bool = False
    """Whether it occupies an agent."""
    held: bool = False
    """Whether the customer's patience on hold is running."""
    partner: LegId | None = None
    """The line that this one talks to."""
    prompt: CommandId | None = None
    """The command whose prompt is spoken."""
    key: str | None = None
    """The key that will be pressed at ``until``."""
    asked: int = 0
    """How often a key was asked for."""
    heard: tuple[CommandId, ...] = ()
    """The commands that were carried out: never again."""
    answered_at: Instant | None = None
    machine: bool = False
    accepted_at: Instant | None = None
    bridged_at: Instant | None = None
    ended_at: Instant | None = None
    cause: Cause | None = None
    ended_by: Party | None = None

    @property
    def alive(self) -> bool:
        """Whether somebody is on it, or about to be."""
        return self.ended_at is None

    @property
    def next_at(self) -> Instant | None:
        """When something happens on it next, if nobody interferes."""
        next_at = self.until
        for at in (self.accepts_at, self.gives_up_at):
            if at is not None and (next_at is None or at < next_at):
                next_at = at
        return next_at


class InboundKind(StrEnum):
    """What can become of somebody who called in."""

    ANSWERED = "answered"
    """An agent took the call."""
    ABANDONED = "abandoned"
    """They hung up before. Nothing follows."""
    FINISHED = "finished"
    """Both have talked. Nothing follows."""


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """A step of an inbound call."""

    caller: CallerId
    call_target: CallTargetId
    at: Instant
    kind: InboundKind


def view_of(line: Line) -> LegView:
    """What the port tells of a leg."""
    return LegView(
        leg=line.leg,
        ringing_at=line.ringing_at,
        answered_at=line.answered_at,
        machine=line.machine,
        accepted_at=line.accepted_at,
        bridged_at=line.bridged_at,
        ended_at=line.ended_at,
        cause=line.cause,
        party=line.ended_by,
    )
