"""What a call flow is made of: the order it carries out, where it stands, and what it tells."""

from dataclasses import dataclass
from enum import StrEnum

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import AttemptId, CallTargetId, OrgId
from ringback.telephony.flow.stages import Stage
from ringback.telephony.port import Command, CommandId, LegId, Party
from ringback.telephony.prompts import Prompts


@dataclass(frozen=True, slots=True)
class Order:
    """What a call is to do, fixed when it is claimed. Durations in seconds."""

    attempt_id: AttemptId
    org: OrgId
    call_target_id: CallTargetId
    first_party: Party
    customer_number: str
    agent_destinations: tuple[str, ...]
    """The destination and, if there is one, the failover. Empty strings where the driver knows the queue."""
    caller_id: str
    place: Instant
    """The customer's original place in line."""
    customer_dial_timeout: int
    prompts: Prompts
    agents_accept: bool
    """Agents accept by the driver's own signal; else they are asked to press 1."""
    agent_dial_timeout: int = 300
    """How long an agent's telephone may ring, or the call wait in the agents' queue."""


class ProgressKind(StrEnum):
    """The steps of an attempt, in this order; some may be missing, nothing follows ``ended``."""

    RINGING = "ringing"
    """The first party's telephone rings."""
    ANSWERED = "answered"
    """The first party is there and wants the call; the other is being reached."""
    CONNECTED = "connected"
    """Both talk."""
    ENDED = "ended"


class WishKind(StrEnum):
    """What a customer asked for by a key, other than to be connected."""

    LATER = "later"
    CANCEL = "cancel"
    NEVER_CALL = "never_call"


@dataclass(frozen=True, slots=True)
class Wish:
    """A customer's wish; ``minutes`` with LATER only."""

    kind: WishKind
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of the attempt, to be recorded. ``answered`` as a cause: both talked, and one hung up."""

    kind: ProgressKind
    at: Instant
    """Never before the progress told earlier."""
    cause: Cause | None = None
    """Only with ENDED, and always then."""
    party: Party | None = None
    """Whose doing the end was; only with ENDED, and always then."""
    wish: Wish | None = None
    """Only with ENDED (cause ``canceled``, by the customer)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the attempt is going to end, as soon as somebody has been told."""

    cause: Cause
    party: Party
    wish: Wish | None = None


class LegState(StrEnum):
    """How far a leg has come, by its events."""

    DIALED = "dialed"
    """Commanded, and nothing heard of it yet."""
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Leg:
    """One telephone of the call."""

    id: LegId
    party: Party
    state: LegState = LegState.DIALED
    hung_up: bool = False
    """Whether we have commanded to hang it up."""

    @property
    def ended(self) -> bool:
        """Whether the network has told its end."""
        return self.state is LegState.ENDED

    @property
    def wanted(self) -> bool:
        """Whether it is part of the call: there, or about to be, and not being hung up."""
        return self.state is not LegState.ENDED and not self.hung_up


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a call stands. Others read ``order``, ``legs``, ``stage``, ``wake_at`` and ``over``."""

    order: Order
    stage: Stage
    wake_at: Instant | None
    """The time limit of the present stage; None once everything is over."""
    told_at: Instant
    """When progress was told last; before any, when the call was begun."""
    legs: tuple[Leg, ...] = ()
    """Every leg that was ever commanded, in that order."""
    commands: int = 0
    """How many commands have been given: their ids count them."""
    asked: tuple[CommandId, ...] = ()
    """The commands of this stage whose answer moves it."""
    repeated: bool = False
    """Whether this stage is at its second try, and there will be no third."""
    customer_waits: bool = False
    """Whether the customer has heard hold audio: who hangs up then was willing to talk."""
    agent_cause: Cause = Cause.NO_ANSWER
    """Why the agent tried last was not reached."""
    ending: Ending | None = None
    """How it is going to end, while somebody is told."""
    told: ProgressKind | None = None
    """The progress told last."""

    @property
    def over(self) -> bool:
        """Whether the attempt has ended and every leg is hung up: nothing more can happen."""
        return self.stage is Stage.OVER


@dataclass(frozen=True, slots=True)
class Step:
    """What a flow does next: ``commands`` in this order, after ``flow`` has been stored."""

    flow: Flow
    commands: tuple[Command, ...] = ()
    progress: tuple[Progress, ...] = ()
    ignored: bool = False
    """What happened changes nothing: late, repeated, or of an unknown leg."""
