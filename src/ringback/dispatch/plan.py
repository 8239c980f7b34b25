"""The dispatcher's decisions, as functions of values and the clock.

Three questions: how many of a line may be dialled now, what is to become of a callback that is due, and how a callback
goes on after a call has ended.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from enum import StrEnum

from ringback.call_targets.model import CallTarget, PacingSettings
from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.callbacks.model import Callback
from ringback.forecast.model import Load
from ringback.kernel.clock import DAY, SECOND, Instant, after, to_datetime
from ringback.kernel.errors import InvalidTimeZone
from ringback.kernel.localtime import local_to_instant, resolve_zone
from ringback.telephony.port import Party

QUIET_FROM_HOUR = 21
QUIET_UNTIL_HOUR = 8

LOOK_AGAIN_SECONDS = 5
"""How long a line that is held back rests, if nothing makes room in it before."""

_NO_OPENING_KNOWN = DAY
"""How long to wait where the calendar knows no next opening: it may be changed."""

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


def allowance(target: CallTarget, load: Load, recent: Sequence[Instant], *, staffed: int | None, now: Instant) -> int:
    """How many callbacks may be dialled now.

    ``recent`` are the instants of the last claims, ascending, at least as far back as :func:`rate_window`; ``staffed``
    is the number of agents at work, None where nobody knows: then the depth of the queue alone sets the pace.
    """
    if not target.settings.process_callbacks:
        return 0
    pacing = target.settings.pacing
    in_queue = load.dialing + load.connecting
    limits = [pacing.max_queue_depth - in_queue, _burst(pacing) - len(_counted(pacing, recent, now))]
    if staffed is not None:
        limits.append(staffed - in_queue - load.talking)
    return max(0, min(limits))


def rate_window(pacing: PacingSettings) -> int:
    """Over how many microseconds calls are counted against the rate.

    ``r`` calls a second are ``ceil(r)`` in ``ceil(r) / r`` seconds: a second for whole rates, ten for one of 0.1.
    """
    return round(_burst(pacing) / pacing.calls_per_second * SECOND)


def look_again_at(pacing: PacingSettings, recent: Sequence[Instant], now: Instant) -> Instant:
    """When to look again at a line that is held back: when the rate allows a call, or after a rest."""
    rest = after(now, LOOK_AGAIN_SECONDS)
    counted = _counted(pacing, recent, now)
    if len(counted) < _burst(pacing):
        return rest
    return min(rest, Instant(counted[-_burst(pacing)] + rate_window(pacing)))


def refusal(target: CallTarget | None, callback: Callback, now: Instant) -> Refusal | None:
    """Why this due callback cannot be dialled now, by the call target's settings and hours; None if it can.

    A callback whose call target is gone ends as a failure of ours.
    """
    if target is None:
        return End(Outcome.FAILURE, Reason.CALL_TARGET_REMOVED)
    if _window_over(target, callback, now):
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
    target: CallTarget | None, callback: Callback, cause: Cause, party: Party, earlier: Collection[Cause], now: Instant
) -> Outcome | Instant:
    """How a callback goes on after a call in which the two did not talk: its outcome, or when to try again.

    ``party`` is whose doing the end was; ``earlier`` are the causes of the attempts before. The callback has the state
    and the number of attempts that it had during the call.
    """
    if cause is Cause.CANCELED and party is Party.CUSTOMER:
        return Outcome.ABANDONED
    if cause is Cause.INVALID_NUMBER and party is not Party.AGENT:
        return Outcome.UNAVAILABLE
    if target is not None and callback.attempts < target.settings.retry.max_attempts:
        again_at = retry_at(target, callback.attempts, now)
        if not _window_over(target, callback, again_at):
            return again_at
    if party is Party.AGENT:
        return Outcome.NOT_COMPLETED
    return Outcome.FAILURE if _FAULTS.issuperset({cause, *earlier}) else Outcome.UNAVAILABLE


def retry_at(target: CallTarget, attempts: int, now: Instant) -> Instant:
    """When to call again after so many attempts: each delay is the one before times the growth, within the hours."""
    retry = target.settings.retry
    at = after(now, min(retry.delay * retry.growth ** (attempts - 1), _LONGEST_RETRY_DELAY))
    if retry.after_hours:
        return at
    return target.calendar.next_open(at) or at


def _burst(pacing: PacingSettings) -> int:
    return math.ceil(pacing.calls_per_second)


def _counted(pacing: PacingSettings, recent: Sequence[Instant], now: Instant) -> list[Instant]:
    since = now - rate_window(pacing)
    return [at for at in recent if at > since]


def _next_open(target: CallTarget, now: Instant) -> Instant:
    return target.calendar.next_open(now) or Instant(now + _NO_OPENING_KNOWN)


def _postponed(target: CallTarget, callback: Callback, until: Instant, reason: Reason) -> Refusal:
    """Later, or never: what cannot be placed in its window has expired as soon as that is certain."""
    if _window_over(target, callback, until):
        return End(Outcome.EXPIRED, reason)
    return Postpone(until, reason)


def _window_over(target: CallTarget, callback: Callback, at: Instant) -> bool:
    """Whether a scheduled callback's window has passed then. ASAP ones have none: they carry over."""
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
