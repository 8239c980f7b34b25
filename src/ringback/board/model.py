"""What the live board tells, beside what every widget offers now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ringback.callbacks.lifecycle import Outcome
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, CallTargetId


@dataclass(frozen=True, slots=True)
class Sample:
    """How a queue stood in a minute. The estimate is the one that was told; None where none was. Seconds."""

    minute: Instant
    call_target_id: CallTargetId
    promise: int | None
    low: int | None
    high: int | None
    waiting: int
    """Pending and waitlisted."""
    dialing: int
    connecting: int
    talking: int


@dataclass(frozen=True, slots=True)
class Told:
    """The estimate that was told around one moment: the highest promise, and the widest range. Seconds."""

    at: Instant
    promise: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a callback. Nothing of it names the person but the number, to be masked."""

    at: Instant
    kind: str
    """A line of the callback's timeline, or ``requested``."""
    details: Mapping[str, Any]
    callback_id: CallbackId
    call_target_id: CallTargetId
    number: str
    """``erased:...`` where the organization's retention is over."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How the day of a call target has gone so far, and what is coming."""

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    """How many callbacks ended how since the call target's midnight."""
    next_appointment: Instant | None = None
    overdue: int = 0
    """Callbacks that have been due for a while without any worker looking at them."""
    lost: int = 0
    """Calls of which nothing was heard for longer than their lease, and a while."""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the board that the database has to be asked for."""

    progress: Mapping[CallTargetId, Progress]
    history: Mapping[CallTargetId, Sequence[Told]]
    """Ascending."""
    last_sample: Instant | None
    """The last minute that was recorded."""
    happenings: Sequence[Happening]
    """Newest first."""
