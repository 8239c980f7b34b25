"""The voice port: all that Ringback asks of a telephone network, and all that it is told by one.

A call of ours has legs: one to the customer, one or more to the agents. What is to be done with them is decided by
the call flow (``flow.py``); a driver only carries out commands and tells events. Every leg and every command has an id
of ours, so that a command repeated after a crash is harmless and a leg can be looked up afterwards. Events come at
least once each: again until they are acknowledged, and perhaps late. Whoever reads them must bear both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NewType, Protocol

from ringback.callbacks.lifecycle import Cause
from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Instant
from ringback.kernel.errors import RingbackError
from ringback.kernel.tenancy import AttemptId, CallTargetId, OrgId

__all__ = [
    "Announce",
    "Bridge",
    "Capability",
    "Cause",
    "Collect",
    "Command",
    "CommandId",
    "DriverError",
    "EventKind",
    "HangUp",
    "Hold",
    "LegId",
    "LegView",
    "Originate",
    "Party",
    "PermanentError",
    "Prompt",
    "RetryAfter",
    "Unreachable",
    "VoiceDriver",
    "VoiceEvent",
    "attempt_of",
    "leg_id",
]

LegId = NewType("LegId", str)
"""``<attempt id>.<party><number>``: the first leg to the customer of an attempt is ``....customer1``."""

CommandId = NewType("CommandId", str)
"""``<attempt id>.<number>``, counted up within an attempt."""


class VoiceDriver(Protocol):
    """A telephone network that can be commanded.

    Every command is idempotent by its id, and harmless on a leg that has ended. A command returns when the network has
    taken it over, not when it is done: that is told by an event. Every method may raise a :class:`DriverError`;
    anything else that it raises is a defect of the driver.
    """

    @property
    def name(self) -> str:
        """What logs and metrics call it."""
        ...

    @property
    def capabilities(self) -> frozenset["Capability"]:
        """What it can do beyond the methods here."""
        ...

    async def originate(self, command: "Originate") -> None:
        """Ring somebody. Idempotent by the leg as well: one that was heard of before rings nobody again, even ended."""
        ...

    async def announce(self, command: "Announce") -> None:
        """Speak or play a prompt; ``ANNOUNCED`` when it is over."""
        ...

    async def collect(self, command: "Collect") -> None:
        """Speak or play a prompt and wait for a key; ``COLLECTED`` with it, or without when the time is up."""
        ...

    async def hold(self, command: "Hold") -> None:
        """Play hold audio until the next command for this leg."""
        ...

    async def bridge(self, command: "Bridge") -> None:
        """Join two answered legs; ``BRIDGED`` on the first. When one of them hangs up the other stays, in silence."""
        ...

    async def hang_up(self, command: "HangUp") -> None:
        """End a leg, wherever it stands."""
        ...

    async def look_up(self, leg: LegId) -> "LegView | None":
        """What became of a leg, for whoever lost track of it; ``None`` if the driver never heard of it."""
        ...

    async def events(self) -> list["VoiceEvent"]:
        """The oldest events not yet acknowledged, a batch of them at most; ``[]`` when there is nothing to tell.

        Of one leg they come in the order in which they happened.
        """
        ...

    async def acknowledge(self, events: Sequence["VoiceEvent"]) -> None:
        """These have been dealt with and need not come again; unknown ones are ignored."""
        ...

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        """How the agents' queue of a call target stands now; ``None`` when the driver cannot know."""
        ...

    async def next_event_at(self) -> Instant | None:
        """When it is worth asking for events again; past when some wait already, ``None`` when unknown."""
        ...

    async def close(self) -> None:
        """Let go of connections and files. Calls go on without us."""
        ...


class Capability(StrEnum):
    """What a driver can do that not every driver can."""

    AGENTS_ACCEPT = "agents_accept"
    """An agent who takes a call accepts it with a signal of the driver's own (``ACCEPTED``); nobody presses a key."""
    DETECTS_MACHINES = "detects_machines"
    """It tells ``MACHINE`` in place of ``ANSWERED`` when an answering machine has answered."""
    QUEUE_STATS = "queue_stats"
    """It knows how the agents' queue stands."""


class Party(StrEnum):
    """Who is at an end of a call, or who ended it."""

    CUSTOMER = "customer"
    AGENT = "agent"
    NETWORK = "network"
    """The carrier: no such number, no free line, a fault."""
    RINGBACK = "ringback"
    """We hung up."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What somebody on the telephone is told: a driver speaks it, or plays a recording that is filed under its name."""

    name: str
    """What it is for (``greeting``, ``whisper``, ...): the file name of a recording."""
    text: str
    language: str
    """BCP 47."""


@dataclass(frozen=True, slots=True)
class Originate:
    """Ring a party of a call."""

    id: CommandId
    leg: LegId
    party: Party
    """``CUSTOMER`` or ``AGENT``."""
    org: OrgId
    call_target_id: CallTargetId
    destination: str
    """The customer: canonical E.164, with ``;ext=`` and the extension where there is one. The agents: a number or SIP
    URI; empty where the driver knows their queue by the call target."""
    caller_id: str
    """The number that is shown; empty for the driver's own."""
    timeout: int
    """Seconds it may ring, or wait in the agents' queue, before it ends with ``no_answer``."""
    place: Instant
    """Since when the customer waits: a queue that knows priorities serves who has waited longest first."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell somebody something."""

    id: CommandId
    leg: LegId
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Collect:
    """Ask somebody to press a key."""

    id: CommandId
    leg: LegId
    prompt: Prompt
    keys: str
    """Those that count; another is ignored."""
    timeout: int
    """Seconds to wait for a key after the prompt."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Have somebody listen to hold audio."""

    id: CommandId
    leg: LegId


@dataclass(frozen=True, slots=True)
class Bridge:
    """Join two legs."""

    id: CommandId
    leg: LegId
    other: LegId


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a leg."""

    id: CommandId
    leg: LegId


Command = Originate | Announce | Collect | Hold | Bridge | HangUp


class EventKind(StrEnum):
    """What can happen to a leg. Nothing follows ``ended``."""

    RINGING = "ringing"
    """It rings, or waits in the agents' queue."""
    ANSWERED = "answered"
    MACHINE = "machine"
    """An answering machine has answered; told in place of ``answered``."""
    ANNOUNCED = "announced"
    COLLECTED = "collected"
    ACCEPTED = "accepted"
    """The agent takes the call, by a signal of the driver's own."""
    BRIDGED = "bridged"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class VoiceEvent:
    """Something that happened to a leg."""

    event_id: str
    """The same whenever this event is told again, and no other event's."""
    leg: LegId
    at: Instant
    """When it happened, which may be well before it is told."""
    kind: EventKind
    command: CommandId | None = None
    """Which command it answers; with ``ANNOUNCED``, ``COLLECTED`` and ``BRIDGED``."""
    key: str | None = None
    """The key that was pressed; only with ``COLLECTED``, None when the time was up."""
    cause: Cause | None = None
    """Why it ended; only with ``ENDED``, and always then. ``answered`` when it had been answered."""
    party: Party | None = None
    """Whose doing the end was; only with ``ENDED``."""


@dataclass(frozen=True, slots=True)
class LegView:
    """What a driver knows of a leg: when each step was reached, ``None`` for those that were not."""

    leg: LegId
    ringing_at: Instant | None = None
    answered_at: Instant | None = None
    machine: bool = False
    """Whether it was a machine that answered."""
    accepted_at: Instant | None = None
    bridged_at: Instant | None = None
    ended_at: Instant | None = None
    cause: Cause | None = None
    party: Party | None = None

    @property
    def alive(self) -> bool:
        """Whether the leg is still there."""
        return self.ended_at is None


class DriverError(RingbackError):
    """Base of what a driver raises when it cannot do as it was told."""

    code: ClassVar[str] = "DriverError"


class PermanentError(DriverError):
    """This command cannot be carried out, now or later; ``cause`` says why. Nobody was rung."""

    code = "DriverPermanent"

    def __init__(self, message: str, cause: Cause) -> None:
        super().__init__(message)
        self.cause = cause


class RetryAfter(DriverError):
    """Not now: nothing was done, and the same command may be given again in ``seconds``."""

    code = "DriverBusy"

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unreachable(DriverError):
    """The driver did not answer. Whether the command arrived is unknown: give it again, it is idempotent."""

    code = "DriverUnreachable"


def leg_id(attempt_id: AttemptId, party: Party, number: int = 1) -> LegId:
    """The id of an attempt's leg to a party; agents have a second one where the failover is tried."""
    return LegId(f"{attempt_id}.{party}{number}")


def attempt_of(leg: LegId) -> AttemptId:
    """The attempt that a leg belongs to."""
    return AttemptId(leg.partition(".")[0])
