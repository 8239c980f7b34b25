"""What the dispatcher works with: lines, attempts, claims, and who is told how it goes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.callbacks.model import Callback, Kind
from ringback.db import claims
from ringback.db.claims import Lease
from ringback.dispatch.call import Act, Call
from ringback.kernel.clock import SECOND, Instant
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId
from ringback.telephony.flow import ProgressKind
from ringback.telephony.port import Party


class Line(NamedTuple):
    """The callbacks of one call target, in the order of their places: what a turn of the dispatcher is about."""

    org: OrgId
    call_target_id: CallTargetId


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works, and for how many seconds others leave alone what it is about."""

    owner: str
    call_seconds: float
    """A call that it has heard of: how long it may be silent before another asks the driver after it."""
    act_seconds: float
    """The commands of a call that it carries out: how long before another does."""

    def call_lease(self, now: Instant) -> Lease:
        """The lease on a callback whose call it follows."""
        return claims.lease(self.owner, now, self.call_seconds)

    def act_lease(self, now: Instant) -> Lease:
        """The lease on the commands of a call."""
        return claims.lease(self.owner, now, self.act_seconds)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to connect a callback. Its instants ascend strictly; those not reached are None."""

    org: OrgId
    callback_id: CallbackId
    number: int
    """1 for a callback's first."""
    id: AttemptId
    """Also the beginning of the ids of its legs and commands: a command repeated rings nobody again."""
    first_party: Party
    claimed_at: Instant
    ringing_at: Instant | None = None
    answered_at: Instant | None = None
    connected_at: Instant | None = None
    ended_at: Instant | None = None
    cause: Cause | None = None
    call: Call | None = None
    """Until every leg is hung up; None as well where it was not read, or cannot be."""

    @property
    def last_step_at(self) -> Instant:
        """When something last happened to it."""
        steps = (self.claimed_at, self.ringing_at, self.answered_at, self.connected_at, self.ended_at)
        return max(at for at in steps if at is not None)


class RangeOutcome(StrEnum):
    """Where a wait came to lie against the range that was told with its promise."""

    EARLY = "early"
    HELD = "held"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Claim:
    """A callback taken from the line to be dialled now. ``callback`` is as it was before."""

    callback: Callback
    act: Act
    claimed_at: Instant

    @property
    def missed_promise_by(self) -> float | None:
        """Seconds from the promised time to the claim, negative when early; None where nothing was promised."""
        wait, promised = self._promised_wait, self.callback.promised_seconds
        return None if wait is None or promised is None else wait - promised

    @property
    def against_range(self) -> RangeOutcome | None:
        """Whether the claim came within the range promised; None where none was.

        A range that ends within a minute ends at the minute: all that people are told is "less than a minute".
        """
        wait, promised = self._promised_wait, self.callback.promised_range
        if wait is None or promised is None:
            return None
        low, high = promised
        if wait < low:
            return RangeOutcome.EARLY
        return RangeOutcome.HELD if wait <= max(high, 60) else RangeOutcome.LATE

    @property
    def _promised_wait(self) -> float | None:
        """Seconds from the request to the claim, where it ends a wait that something was promised of."""
        callback = self.callback
        if callback.kind is not Kind.ASAP or callback.attempts > 0:
            return None
        return (self.claimed_at - callback.created_at) / SECOND


@dataclass(frozen=True, slots=True)
class Released:
    """What one turn at a line did: whom it claimed, what it ended, and how many callbacks it moved in all."""

    claims: tuple[Claim, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording something has changed; of an event that is ignored, nothing."""

    ignored: bool = False
    progress: tuple[ProgressKind, ...] = ()
    """The steps that the attempt has taken."""
    cause: Cause | None = None
    """Why the attempt ended, if it did."""
    outcome: Outcome | None = None
    """How the callback ended, if it did."""
    made_room_in: Line | None = None
    """Where the next callback may now be released."""
    act: Act | None = None
    """What the worker who recorded it is to carry out now."""


IGNORED = Recorded(ignored=True)


class Observer(Protocol):
    """Is told how the dispatcher is doing, after the fact: for metrics. Must be quick and never raise."""

    def claimed(self, count: int) -> None:
        """So many callbacks were claimed at once."""

    def dialled(self, latency_seconds: float) -> None:
        """The dial command of a callback that pacing did not hold back, so many seconds after it was due."""

    def launched(self, error_seconds: float, against_range: RangeOutcome | None = None) -> None:
        """The first attempt of an ASAP callback, so many seconds after the time promised; negative when before."""

    def attempt_ended(self, cause: Cause) -> None:
        """An attempt is over."""

    def callback_finished(self, outcome: Outcome) -> None:
        """A callback was ended by the dispatcher."""

    def queue_reported(self, *, taken: bool) -> None:
        """The voice driver told how an agents' queue stands; not taken where something newer was known."""

    def event_ignored(self) -> None:
        """An event of the voice driver came too late, came again, or is of no call that is known."""

    def step_failed(self, step: str) -> None:
        """A worker's step, or the part of it that is named, raised an error and will be tried again."""


class Unobserved:
    """An observer for when nobody wants to know."""

    def claimed(self, count: int) -> None: ...
    def dialled(self, latency_seconds: float) -> None: ...
    def launched(self, error_seconds: float, against_range: RangeOutcome | None = None) -> None: ...
    def attempt_ended(self, cause: Cause) -> None: ...
    def callback_finished(self, outcome: Outcome) -> None: ...
    def queue_reported(self, *, taken: bool) -> None: ...
    def event_ignored(self) -> None: ...
    def step_failed(self, step: str) -> None: ...
