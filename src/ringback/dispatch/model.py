"""What the dispatcher works with: lines, attempts, claims, and who is told how it goes."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.callbacks.model import Callback, Kind
from ringback.db.claims import Lease
from ringback.kernel.clock import SECOND, Instant
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId
from ringback.telephony.port import Call, Party


class Line(NamedTuple):
    """The callbacks of one call target, in the order of their places: what a turn of the dispatcher is about."""

    org: OrgId
    call_target_id: CallTargetId


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to connect a callback. Its instants ascend strictly; those not reached are None."""

    org: OrgId
    callback_id: CallbackId
    number: int
    """1 for a callback's first."""
    id: AttemptId
    """Also the voice driver's idempotency key: a command repeated under it rings nobody again."""
    first_party: Party
    claimed_at: Instant
    ringing_at: Instant | None = None
    answered_at: Instant | None = None
    connected_at: Instant | None = None
    ended_at: Instant | None = None
    cause: Cause | None = None

    @property
    def last_step_at(self) -> Instant:
        """When something last happened to it."""
        steps = (self.claimed_at, self.ringing_at, self.answered_at, self.connected_at, self.ended_at)
        return max(at for at in steps if at is not None)


@dataclass(frozen=True, slots=True)
class Claim:
    """A callback taken from the line to be dialled now. ``callback`` is as it was before."""

    callback: Callback
    call: Call
    lease: Lease
    claimed_at: Instant

    @property
    def missed_promise_by(self) -> float | None:
        """Seconds from the promised time to the claim, negative when early; None where nothing was promised."""
        callback = self.callback
        if callback.kind is not Kind.ASAP or callback.attempts > 0 or callback.promised_seconds is None:
            return None
        return (self.claimed_at - callback.created_at) / SECOND - callback.promised_seconds


@dataclass(frozen=True, slots=True)
class Released:
    """What one turn at a line did: whom it claimed, what it ended, and how many callbacks it moved in all."""

    claims: tuple[Claim, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording an event has changed; of an ignored one, nothing."""

    ignored: bool = False
    cause: Cause | None = None
    """Why the attempt ended, if it did."""
    outcome: Outcome | None = None
    """How the callback ended, if it did."""
    made_room_in: Line | None = None
    """Where the next callback may now be released."""


IGNORED = Recorded(ignored=True)


class Observer(Protocol):
    """Is told how the dispatcher is doing, after the fact: for metrics. Must be quick and never raise."""

    def claimed(self, count: int) -> None:
        """So many callbacks were claimed at once."""

    def dialled(self, latency_seconds: float) -> None:
        """The dial command of a callback that pacing did not hold back, so many seconds after it was due."""

    def launched(self, error_seconds: float) -> None:
        """The first attempt of an ASAP callback, so many seconds after the time promised; negative when before."""

    def attempt_ended(self, cause: Cause) -> None:
        """An attempt is over."""

    def callback_finished(self, outcome: Outcome) -> None:
        """A callback was ended by the dispatcher."""

    def event_ignored(self) -> None:
        """An event of the voice driver came too late, came again, or is of no attempt that is known."""

    def step_failed(self, step: str) -> None:
        """A worker's step, or the part of it that is named, raised an error and will be tried again."""


class Unobserved:
    """An observer for when nobody wants to know."""

    def claimed(self, count: int) -> None: ...
    def dialled(self, latency_seconds: float) -> None: ...
    def launched(self, error_seconds: float) -> None: ...
    def attempt_ended(self, cause: Cause) -> None: ...
    def callback_finished(self, outcome: Outcome) -> None: ...
    def event_ignored(self) -> None: ...
    def step_failed(self, step: str) -> None: ...
