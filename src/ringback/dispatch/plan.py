"""The dispatcher's decisions about one callback, as functions of values and the clock.

Two questions: what is to become of a callback that is due, and how it goes on after a call has ended. (How many of a
line may be dialled now is a question for ``pacing.py``.) Whoever is put off keeps their place in line, also overnight.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from enum import StrEnum

from ringback.call_targets.model import CallTarget
from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.callbacks.model import Callback
from ringback.kernel.clock import DAY, MINUTE, Instant, after, to_datetime
from ringback.kernel.errors import InvalidTimeZone
from ringback.kernel.localtime import local_to_instant, resolve_zone
from ringback.telephony.flow import Wish, WishKind
from ringback.telephony.port import Party

QUIET_FROM_HOUR = 21
QUIET_UNTIL_HOUR = 8

MOST_LATERS = 10
"""How often a customer may ask by a key to be called later, and be sure of a call."""

_NO_OPENING_KNOWN = DAY
"""How long to wait where the calendar knows no next opening: it may be changed."""

_NIGHTS_TO_TRY = 7

_LONGEST_RETRY_DELAY = 7 * 86_400
"""Seconds; a growing delay stops growing here."""

_CALLS_ARE_COUNTED_FOR = DAY

_FAULTS = frozenset({Cause.CONGESTION, Cause.FAILED, Cause.CANCELED})
"""Not the customer's doing: nobody can say that they were out of reach."""


class Reason(StrEnum):
    """Why a due callback is not dialled now: a word for its timeline."""

    CALL_TARGET_REMOVED = "call_target_removed"
    WINDOW_OVER = "window_over"
    CLOSED = "closed"
    PROCESSING_OFF = "processing_off"
    PACED = "paced"
    BLOCKED = "blocked"
    QUIET_HOURS = "quiet_hours"
    CALLS_PER_DAY = "calls_per_day"


@dataclass(frozen=True, slots=True)
class Hold:
    """It stays in line, waitlisted."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Postpone:
    """It keeps its place and is not due before."""

    until: Instant
    reason: Reason


@dataclass(frozen=True, slots=True)
class End:
    """It is over."""

    outcome: Outcome
    reason: Reason


Refusal = Hold | Postpone | End


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What is looked up about a customer just before dialling."""

    blocked: bool
    """Their number has come onto the block list or the never-call list."""
    calls: Sequence[Instant]
    """When their number was called in the last 24 hours, ascending."""
    calls_per_day: int
    """How often it may be."""


def refusal(target: CallTarget | None, callback: Callback, now: Instant) -> Refusal | None:
    """Why this due callback cannot be dialled now, by the call target's settings and hours; None if it can.

    A callback whose call target is gone ends as a failure of ours.
    """
    if target is None:
        return End(Outcome.FAILURE, Reason.CALL_TARGET_REMOVED)
    if _expired(target, callback, now):
        return End(Outcome.EXPIRED, Reason.WINDOW_OVER)
    retries_now = callback.attempts > 0 and target.settings.retry.after_hours
    if not target.calendar.is_open(now) and not retries_now:
        return _postponed(target, callback, _next_open(target, now), Reason.CLOSED)
    if not target.settings.process_callbacks:
        return Hold(Reason.PROCESSING_OFF)
    return None


def second_look(target: CallTarget, callback: Callback, customer: CustomerFacts, now: Instant) -> Refusal | None:
    """Why this callback is not dialled although its turn has come, by what is known of the customer; None if it is.

    Who has come onto the never-call list meanwhile has cancelled, by whatever way they got there.
    """
    if customer.blocked:
        return End(Outcome.CANCELED, Reason.BLOCKED)
    if callback.appointment_at is not None and callback.attempts > 0:
        quiet_until = _quiet_until(_zone_of(target, callback), now)
        if quiet_until is not None:
            return _postponed(target, callback, quiet_until, Reason.QUIET_HOURS)
    if len(customer.calls) >= customer.calls_per_day:
        free_again = Instant(customer.calls[-customer.calls_per_day] + _CALLS_ARE_COUNTED_FOR)
        return _postponed(target, callback, free_again, Reason.CALLS_PER_DAY)
    return None


def after_call(
    target: CallTarget | None,
    callback: Callback,
    cause: Cause,
    party: Party,
    earlier: Collection[Cause],
    now: Instant,
    wish: Wish | None = None,
) -> Outcome | Instant:
    """How a callback goes on after a call in which the two did not talk: its outcome, or when to try again.

    ``party`` is whose doing the end was, ``wish`` what the customer asked for by a key; ``earlier`` are the causes of
    the attempts before. The callback has the state and the number of attempts that it had during the call.
    """
    if wish is not None:
        return _as_wished(target, callback, wish, earlier, now)
    if cause is Cause.CANCELED and party is Party.CUSTOMER:
        return Outcome.ABANDONED
    if cause is Cause.INVALID_NUMBER and party is not Party.AGENT:
        return Outcome.UNAVAILABLE
    tries = callback.attempts - (0 if cause is Cause.CANCELED else _put_off(earlier))
    if target is not None and tries < target.settings.retry.max_attempts:
        again_at = retry_at(target, tries, now)
        if not _slot_missed(target, callback, again_at):
            return again_at
    if party is Party.AGENT:
        return Outcome.NOT_COMPLETED
    return Outcome.FAILURE if _FAULTS.issuperset({cause, *earlier}) else Outcome.UNAVAILABLE


def retry_at(target: CallTarget, tries: int, now: Instant) -> Instant:
    """When to call again after so many tries: each delay is the one before times the growth, within the hours."""
    retry = target.settings.retry
    return _in_hours(target, after(now, min(retry.delay * retry.growth ** (tries - 1), _LONGEST_RETRY_DELAY)))


def later_at(target: CallTarget, callback: Callback, wish: Wish, now: Instant) -> Instant:
    """When to call a customer who asked for later: within the hours, and not in the customer's night."""
    zone, at = _zone_of(target, callback), _in_hours(target, Instant(now + wish.minutes * MINUTE))
    for _ in range(_NIGHTS_TO_TRY):
        morning = _quiet_until(zone, at)
        if morning is None:
            return at
        at = _in_hours(target, morning)
    return at  # open at night only: then that is when they asked to be called


def _as_wished(
    target: CallTarget | None, callback: Callback, wish: Wish, earlier: Collection[Cause], now: Instant
) -> Outcome | Instant:
    if wish.kind is not WishKind.LATER:
        return Outcome.CANCELED
    if target is None or _put_off(earlier) == MOST_LATERS:
        return Outcome.UNAVAILABLE
    return later_at(target, callback, wish, now)


def _put_off(earlier: Collection[Cause]) -> int:
    """How often the customer asked for later, which does not count as a try.

    A cause says nothing of a wish. The others that end as ``canceled`` and let the callback go on, since we hung up or
    the agent did, are rare; they are counted as soon as one of them would be the last try.
    """
    return min(MOST_LATERS, sum(cause is Cause.CANCELED for cause in earlier))


def _in_hours(target: CallTarget, at: Instant) -> Instant:
    """When a callback that is tried again at ``at`` may be."""
    return at if target.settings.retry.after_hours else target.calendar.next_open(at) or at


def _next_open(target: CallTarget, now: Instant) -> Instant:
    return target.calendar.next_open(now) or Instant(now + _NO_OPENING_KNOWN)


def _postponed(target: CallTarget, callback: Callback, until: Instant, reason: Reason) -> Refusal:
    """Later, or never: what cannot be placed in its window has expired as soon as that is certain."""
    if _expired(target, callback, until):
        return End(Outcome.EXPIRED, reason)
    return Postpone(until, reason)


def _expired(target: CallTarget, callback: Callback, at: Instant) -> bool:
    """Whether a scheduled callback can no longer be made then. ASAP ones always can: they carry over."""
    if _slot_missed(target, callback, callback.due_at):  # the customer asked for later, so the window is there now
        return at > after(callback.due_at, target.settings.scheduled_window)
    return _slot_missed(target, callback, at)


def _slot_missed(target: CallTarget, callback: Callback, at: Instant) -> bool:
    """Whether that is too late to have anything to do with the time that was booked."""
    return callback.appointment_at is not None and at > after(callback.appointment_at, target.settings.scheduled_window)


def _zone_of(target: CallTarget, callback: Callback) -> tzinfo:
    """Where the customer's night is. UTC is what callers get who name no zone, so it says nothing."""
    if callback.time_zone != "UTC":
        try:
            return resolve_zone(callback.time_zone)
        except InvalidTimeZone:  # the zone database has dropped the name since
            pass
    return target.calendar.zone


def _quiet_until(zone: tzinfo, now: Instant) -> Instant | None:
    """The end of the customer's night if it is night there, else None."""
    local = to_datetime(now, zone)
    if QUIET_UNTIL_HOUR <= local.hour < QUIET_FROM_HOUR:
        return None
    morning = local.date() + timedelta(days=1 if local.hour >= QUIET_FROM_HOUR else 0)
    return local_to_instant(morning, QUIET_UNTIL_HOUR * 60, zone)
