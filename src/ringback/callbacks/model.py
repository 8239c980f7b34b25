"""Callbacks as values: what is asked for, what is stored, what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ringback.callbacks.lifecycle import IN_LINE, Outcome, State
from ringback.forecast.model import Estimate
from ringback.kernel.clock import Instant, after
from ringback.kernel.phone import Number
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId, WidgetId


class Kind(StrEnum):
    """As soon as an agent is free, or at a booked timeslot. The field ``type`` of the contract."""

    ASAP = "asap"
    SCHEDULED = "scheduled"


@dataclass(frozen=True, slots=True)
class OptIn:
    """A customer's consent to messages of one use case on one channel; no timestamp means consent was not given."""

    use_case: str
    channel: str
    timestamp: int | None
    """Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer asks for, checked for shape but not yet against what is on offer."""

    number: Number
    appointment_at: Instant | None = None
    user_data: Mapping[str, Any] | None = None
    channel: str = "api"
    opt_ins: tuple[OptIn, ...] | None = None
    name: str | None = None
    locale: str = "en"
    time_zone: str = "UTC"

    @property
    def kind(self) -> Kind:
        """Scheduled when a time was named, ASAP otherwise."""
        return Kind.ASAP if self.appointment_at is None else Kind.SCHEDULED


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The caller's key for a request and a digest of what was asked, so that a repetition gets the same answer."""

    key_hash: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Requested:
    """The answer to a request that was accepted."""

    callback_id: CallbackId
    requested_at: Instant
    appointment_at: Instant | None
    estimate: Estimate | None
    repeated: bool = False
    """True when the request was seen before: by its idempotency key, or kept under the rule ``keep``."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A stored callback. See ``db/schema.py`` for what each time means."""

    org: OrgId
    id: CallbackId
    call_target_id: CallTargetId
    widget_id: WidgetId
    contact_number: str
    contact_name: str | None
    kind: Kind
    state: State
    outcome: Outcome | None
    channel: str
    locale: str
    time_zone: str
    order_at: Instant
    appointment_at: Instant | None
    due_at: Instant
    promised_seconds: int | None
    attempts: int
    created_at: Instant
    finished_at: Instant | None
    promised_range: tuple[int, int] | None = None
    """The range that was promised with ``promised_seconds``."""
    launched_at: Instant | None = None
    """When its first attempt was claimed: the end of the wait that was promised."""
    erased_at: Instant | None = None
    """When number, name, user data and notes were erased."""

    @property
    def promised_at(self) -> Instant | None:
        """When the customer was told to expect the call; None where nothing was promised."""
        if self.appointment_at is not None or self.promised_seconds is None:
            return self.appointment_at
        return after(self.created_at, self.promised_seconds)

    @property
    def cancelable(self) -> bool:
        """Whether it can still be cancelled or moved: nobody's phone is ringing yet."""
        return self.state in IN_LINE


@dataclass(frozen=True, slots=True)
class Particulars:
    """What else a customer gave along: for the agent and the console only."""

    user_data: Mapping[str, Any]
    opt_ins: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Which callbacks are wanted; what is empty or None asks for nothing."""

    states: frozenset[State] = frozenset()
    """In one of these; empty for any."""
    outcome: Outcome | None = None
    call_target_id: CallTargetId | None = None
    number: str = ""
    """Canonical, and whole."""
    channel: str = ""
    since: Instant | None = None
    """Those asked for from then on."""
    until: Instant | None = None
    """The first instant that is too late."""
    with_all_live: bool = False
    """Besides, all that have not ended, however long ago they were asked for."""


class CancelStatus(StrEnum):
    """The contract's answers to a cancellation."""

    CANCELED = "Canceled"
    NOT_FOUND = "InteractionNotFound"
    TOO_MANY = "TooManyInteractions"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What became of a wish to cancel. ``candidates`` are those to choose from when there are several."""

    status: CancelStatus
    callback_id: CallbackId | None = None
    candidates: tuple[Callback, ...] = ()
