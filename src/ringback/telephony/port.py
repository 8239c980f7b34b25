"""The voice port: all that Ringback asks of a telephone network, and all that it is told by one.

A driver is commanded under an id of ours, the attempt id, so that a command repeated after a crash is harmless, and it
can be asked afterwards what became of that id. It tells what happens as events, at least once each: an event comes
again until it is acknowledged, and may come late. Whoever reads them must bear both.

A driver that declares :attr:`Capability.CONNECTS_PARTIES` reaches the second party and joins the two by itself.

Every driver gives the causes of the lifecycle. ``answered``: both talked, and one hung up. ``canceled``: given up
before both talked, by us or by a customer who had answered and would wait no longer. ``no_answer``: it rang until the
time was up. The event's ``party`` says whose doing it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import Instant
from ringback.kernel.errors import RingbackError
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId

__all__ = [
    "Call",
    "CallView",
    "Capability",
    "Cause",
    "DriverError",
    "EventKind",
    "Party",
    "PermanentError",
    "RetryAfter",
    "Unreachable",
    "VoiceDriver",
    "VoiceEvent",
]


class VoiceDriver(Protocol):
    """A telephone network that can be commanded.

    Every method may raise a :class:`DriverError`; anything else that it raises is a defect of the driver.
    """

    @property
    def name(self) -> str:
        """What logs and metrics call it."""
        ...

    @property
    def capabilities(self) -> frozenset["Capability"]:
        """What it can do beyond the methods here."""
        ...

    async def originate(self, call: "Call") -> None:
        """Ring the first party. Idempotent: an attempt id that was heard before rings nobody again, even ended."""
        ...

    async def hang_up(self, attempt_id: AttemptId) -> None:
        """End a call, wherever it stands. Harmless when it has ended or never was."""
        ...

    async def look_up(self, attempt_id: AttemptId) -> "CallView | None":
        """What became of an attempt, for whoever lost track of it; ``None`` if the driver never heard of it."""
        ...

    async def events(self) -> list["VoiceEvent"]:
        """The oldest events not yet acknowledged, a batch of them at most; ``[]`` when there is nothing to tell.

        Of one call they come in the order in which they happened.
        """
        ...

    async def acknowledge(self, events: Sequence["VoiceEvent"]) -> None:
        """These have been dealt with and need not come again; unknown ones are ignored."""
        ...

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        """How many agents work for the call target now; ``None`` when the driver cannot know."""
        ...

    async def busy_agents(self, call_target_id: CallTargetId) -> int | None:
        """How many of them are on a call; ``None`` when the driver cannot know."""
        ...

    async def next_event_at(self) -> Instant | None:
        """When it is worth asking for events again; past when some wait already, ``None`` when unknown."""
        ...

    async def close(self) -> None:
        """Let go of connections and files. Calls go on without us."""
        ...


class Capability(StrEnum):
    """What a driver can do that not every driver can."""

    CONNECTS_PARTIES = "connects_parties"
    """It reaches the second party and joins both by itself, so that ``originate`` is the only command of a call."""


class Party(StrEnum):
    """Who is at an end of a call, or who ended it."""

    CUSTOMER = "customer"
    AGENT = "agent"
    NETWORK = "network"
    """The carrier: no such number, no free line, a fault."""
    RINGBACK = "ringback"
    """We hung up."""


class EventKind(StrEnum):
    """What can happen to a call, in this order; steps may be missing, nothing follows ``ended``."""

    RINGING = "ringing"
    """The first party's telephone rings."""
    ANSWERED = "answered"
    """The first party has answered; the other is being reached."""
    CONNECTED = "connected"
    """Both are connected and talk."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Call:
    """The order to ring somebody."""

    attempt_id: AttemptId
    org: OrgId
    callback_id: CallbackId
    call_target_id: CallTargetId
    first_party: Party
    """Who is rung first: ``CUSTOMER`` or ``AGENT``."""
    customer_number: str
    """Canonical E.164, with ``;ext=`` and the extension where there is one."""
    agent_destination: str
    """A number or SIP URI; empty where the driver knows the agents by the call target."""
    caller_id: str
    """The number shown to the customer; empty for the driver's own."""
    customer_dial_timeout: int
    """Seconds the customer's telephone may ring."""
    agents: int | None = None
    """How many agents the call target is said to have, for a driver that simulates them."""


@dataclass(frozen=True, slots=True)
class VoiceEvent:
    """Something that happened to a call."""

    event_id: str
    """The same whenever this event is told again, and no other event's."""
    attempt_id: AttemptId
    at: Instant
    """When it happened, which may be well before it is told."""
    kind: EventKind
    cause: Cause | None = None
    """Why it ended; only with ``ENDED``, and always then."""
    party: Party | None = None
    """Whose doing the end was; only with ``ENDED``."""


@dataclass(frozen=True, slots=True)
class CallView:
    """What a driver knows of an attempt: when each step was reached, ``None`` for those that were not."""

    attempt_id: AttemptId
    ringing_at: Instant | None = None
    answered_at: Instant | None = None
    connected_at: Instant | None = None
    ended_at: Instant | None = None
    cause: Cause | None = None
    party: Party | None = None

    @property
    def alive(self) -> bool:
        """Whether the call is still going on."""
        return self.ended_at is None


class DriverError(RingbackError):
    """Base of what a driver raises when it cannot do as it was told."""

    code: ClassVar[str] = "DriverError"


class PermanentError(DriverError):
    """This call cannot be made, now or later; ``cause`` says why. Nobody was rung."""

    code = "DriverPermanent"

    def __init__(self, message: str, cause: Cause) -> None:
        super().__init__(message)
        self.cause = cause


class RetryAfter(DriverError):
    """Not now: nobody was rung, and the same command may be given again in ``seconds``."""

    code = "DriverBusy"

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unreachable(DriverError):
    """The driver did not answer. Whether the command arrived is unknown: look the attempt up before anything else."""

    code = "DriverUnreachable"
