"""The use cases of a callback: ask for one, see where it stands, cancel it, move it.

Each is one transaction. What is on offer is decided again inside it, from the rows as they are then.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import ringback.audit.service as audit
import ringback.forecast.service as forecast
from ringback.audit.model import Action
from ringback.call_targets.model import CallTarget, DuplicateRule
from ringback.callbacks import store
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import (
    Callback,
    Cancellation,
    CancelStatus,
    IdempotencyKey,
    Kind,
    Requested,
    Wish,
)
from ringback.configuration import service as configurations
from ringback.configuration.model import Configuration
from ringback.db.tx import Tx
from ringback.forecast.model import Estimate
from ringback.kernel import errors, ids
from ringback.kernel.clock import DAY, SECOND, Instant, after, to_unix
from ringback.kernel.phone import national_prefixes, read_number
from ringback.kernel.tenancy import CallbackId, OrgId, WidgetId
from ringback.offers import slots
from ringback.offers.decide import refuse_asap, refuse_scheduled
from ringback.offers.model import Reason
from ringback.widgets.model import Widget

IDEMPOTENCY_WINDOW = DAY

_ERASED_AT_ONCE = 500
"""Callbacks in one transaction: few enough that nobody waits for it."""

loads = store.loads
load_of = store.load_of
recount = store.recount
taken_slots = store.taken_slots
timeline = store.timeline
count_states = store.count_states

# What the console reads.
channels = store.channels
of_number = store.of_number
particulars = store.particulars
search = store.search
search_newer = store.search_newer

# What the dispatcher moves callbacks with, inside its own use cases.
come_due = store.come_due
find = store.get
finish = store.finish
first_in_line = store.first_in_line
move = store.move
move_locked = store.move_locked
note = store.note
note_all = store.note_all

# What customers are told of them by text (messaging/notifying.py).
to_tell = store.to_tell
nothing_to_tell = store.nothing_to_tell

# What people do to callbacks (handling.py), and to what is known of a number (personal_data.py).
erase_number = store.erase_number
front_of_line = store.front_of_line
lock = store.lock
note_once = store.note_once
noted = store.noted
release_slot = store.release_slot


class StaleConfiguration(Exception):
    """The configuration passed in is not the present one: load it again and repeat the use case."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a pending callback stands now. ``position`` is 1 for the next; None when it is not waiting in line."""

    callback: Callback
    estimated_for: Instant
    position: int | None


def request_callback(
    tx: Tx,
    configuration: Configuration,
    widget_id: WidgetId,
    wish: Wish,
    *,
    render: Callable[[Requested], str],
    idempotency_key: IdempotencyKey | None = None,
    now: Instant,
) -> str:
    """Register a callback and return the answer that ``render`` makes of it.

    Rendering happens inside, because the answer is stored with the idempotency key. Raises the errors of the contract's
    table, and :class:`StaleConfiguration`.
    """
    org = configuration.org
    if configurations.version(tx, org) != configuration.version:
        raise StaleConfiguration
    widget = configuration.widgets.get(widget_id)
    if widget is None:
        raise errors.NotFound("There is no such widget.")
    expired = Instant(now - IDEMPOTENCY_WINDOW)
    if idempotency_key and not store.claim_key(tx, org, widget_id, idempotency_key, expired=expired, now=now):
        body_hash, answer = store.remembered_answer(tx, org, widget_id, idempotency_key)
        if body_hash != idempotency_key.body_hash:
            raise errors.InvalidParameters("This Idempotency-Key was used before for another request.")
        return answer
    requested = _register(tx, configuration, widget, wish, now)
    answer = render(requested)
    if idempotency_key:
        store.remember_answer(tx, org, widget_id, idempotency_key, answer)
    return answer


def standings_of_number(tx: Tx, configuration: Configuration, number: str, *, now: Instant) -> list[Standing]:
    """Every pending callback of a number, oldest first."""
    return [standing(tx, configuration, callback, now=now) for callback in live_of_number(tx, configuration, number)]


def standing(tx: Tx, configuration: Configuration, callback: Callback, *, now: Instant) -> Standing:
    """Where one callback stands now."""
    if not callback.cancelable:
        return Standing(callback, estimated_for=now, position=None)
    before = store.count_before(tx, callback)
    target = configuration.call_targets.get(callback.call_target_id)
    estimated_for = Instant(max(callback.due_at, now))
    if callback.kind is Kind.ASAP and target is not None:
        wait = _estimate_in_line(tx, target, callback, before, now).promise
        estimated_for = max(estimated_for, after(now, wait))
    return Standing(callback, estimated_for, position=before + 1)


def live_of_number(tx: Tx, configuration: Configuration, number: str) -> list[Callback]:
    """The callbacks of a number that have not ended, oldest first."""
    return store.live_of_number(tx, configuration.org, number)


def get(tx: Tx, org: OrgId, callback_id: CallbackId) -> Callback:
    """One callback of the organization. Raises ``NotFound``."""
    callback = store.get(tx, org, callback_id)
    if callback is None:
        raise errors.NotFound("There is no such callback.")
    return callback


def cancel_by_number(
    tx: Tx, org: OrgId, number: str, *, callback_id: CallbackId | None = None, by: str, now: Instant
) -> Cancellation:
    """Cancel the pending callback of a number; with several, the one that ``callback_id`` names.

    A cancel that races the dialler either wins, and no phone rings, or answers ``FAILED``: both move the same row from
    the same state, and only one of them can.
    """
    live = store.live_of_number(tx, org, number)
    if callback_id is not None:
        live = [callback for callback in live if callback.id == callback_id]
    if not live:
        return Cancellation(CancelStatus.NOT_FOUND)
    if len(live) > 1:
        return Cancellation(CancelStatus.TOO_MANY, candidates=tuple(live))
    return cancel(tx, live[0], by=by, now=now)


def cancel(tx: Tx, callback: Callback, *, by: str, now: Instant) -> Cancellation:
    """Cancel this callback if nobody's phone is ringing yet."""
    present = store.lock(tx, callback)
    if present is None or present.finished_at is not None:
        return Cancellation(CancelStatus.NOT_FOUND)
    if not present.cancelable or not store.finish(tx, present, Outcome.CANCELED, now=now):
        return Cancellation(CancelStatus.FAILED, present.id)
    store.note(tx, present.org, present.id, "canceled", now=now, by=by)
    return Cancellation(CancelStatus.CANCELED, present.id)


def move_to(
    tx: Tx, configuration: Configuration, callback: Callback, appointment_at: Instant, *, by: str, now: Instant
) -> None:
    """Move a callback to another timeslot, whether it was booked or ASAP. Raises what :func:`rebook` raises."""
    if rebook(tx, configuration, callback, appointment_at, now=now):
        store.note(tx, callback.org, callback.id, "moved", now=now, by=by, appointment_time=to_unix(appointment_at))


def rebook(tx: Tx, configuration: Configuration, callback: Callback, appointment_at: Instant, *, now: Instant) -> bool:
    """Give a callback another timeslot in place of what it has, and leave the telling to others; False if it has it.

    Raises ``RequestRefusedDueToOperationMode`` when it is past moving or booking is not offered, and the errors of an
    appointment time.
    """
    widget = configuration.widgets.get(callback.widget_id)
    present = store.lock(tx, callback)
    if widget is None or present is None or not present.cancelable:
        raise errors.RequestRefusedDueToOperationMode("This callback can no longer be moved.")
    if present.appointment_at == appointment_at:
        return False
    _book(tx, configuration, widget, appointment_at, now)
    if present.appointment_at is not None:
        store.release_slot(tx, present.org, present.call_target_id, present.appointment_at)
    moved = store.move(
        tx,
        present,
        State.PENDING,
        now=now,
        type=Kind.SCHEDULED.value,
        appointment_at=appointment_at,
        order_at=appointment_at,
        due_at=appointment_at,
    )
    if not moved:
        raise errors.RequestRefusedDueToOperationMode("This callback can no longer be moved.")
    return True


def is_blocked(tx: Tx, callback: Callback) -> bool:
    """Whether the callback's number has come onto the block list or the never-call list since it was asked for."""
    number = read_number(callback.contact_number, "US")  # it names its country itself
    return store.is_blocked(tx, callback.org, number.e164, national_prefixes(number))


def never_call(tx: Tx, callback: Callback, *, now: Instant) -> None:
    """Put a customer who asked for it by a key on the never-call list of the organization, with all extensions."""
    number = read_number(callback.contact_number, "US")  # it names its country itself
    if store.never_call(tx, callback.org, number.e164, now=now):
        audit.record(
            tx,
            callback.org,
            Action.CREATED,
            subject_kind="blocked_numbers",
            subject_key=number.masked,
            before=None,
            after={"reason": "never_call", "callback": callback.id},
            actor="customer",
            origin="telephone",
            now=now,
        )


def forget_answers(tx: Tx, *, now: Instant) -> bool:
    """Drop idempotency keys past their window, a batch at a time; False when none is left."""
    return store.forget_answers(tx, Instant(now - IDEMPOTENCY_WINDOW), limit=1000) > 0


def erase_expired(tx: Tx, *, now: Instant) -> bool:
    """Erase the people of finished callbacks whose organization's ``retention_days`` are over, a batch at a time.

    One batch is shared by all organizations. False when there was none to erase.
    """
    left = _ERASED_AT_ONCE
    for org, settings in configurations.settings_of_all(tx).items():
        before = Instant(now - settings.retention_days * DAY)
        left -= store.erase_finished(tx, org, before, now=now, limit=left)
        if left == 0:
            break
    return left < _ERASED_AT_ONCE


def _register(tx: Tx, configuration: Configuration, widget: Widget, wish: Wish, now: Instant) -> Requested:
    org = configuration.org
    target = configuration.call_target_of(widget)
    number = wish.number
    if store.is_blocked(tx, org, number.e164, national_prefixes(number)):
        raise errors.InvalidContact("The contact number is not one that can be called.")  # as for every reason
    _refuse_too_many_of_number(tx, configuration, wish, now)

    rule = target.settings.duplicate_rule
    guarded = rule is not DuplicateRule.ALLOW
    earlier = store.guarding(tx, org, target.id, number.key) if guarded else None
    if earlier and rule is DuplicateRule.KEEP:
        return _kept(tx, configuration, earlier, now)
    if earlier:
        if rule is DuplicateRule.REFUSE or not earlier.cancelable:
            raise errors.DuplicateRequest("A callback to this number is already on its way.")
        _replace(tx, earlier, now)  # first, so that its own place does not stand in the new one's way

    promise = _offered(tx, configuration, widget, wish, now)
    order_at = wish.appointment_at or now
    due_at = wish.appointment_at or after(now, target.settings.minimum_delay)
    if earlier and earlier.kind is wish.kind is Kind.ASAP:
        order_at = earlier.order_at
        before = store.count_before(tx, earlier)
        promise = _estimate_in_line(tx, target, replace(earlier, due_at=due_at), before, now)
    callback_id = CallbackId(ids.new_id(now))
    stored = store.insert(
        tx,
        org,
        wish,
        callback_id=callback_id,
        call_target_id=target.id,
        widget_id=widget.id,
        user_data=configuration.user_data_set_of(widget).keep(wish.user_data or {}),
        order_at=order_at,
        due_at=due_at,
        guarded=guarded,
        promise=promise,
        now=now,
    )
    if not stored:  # a simultaneous request got in first
        raise errors.DuplicateRequest("A callback to this number is already on its way.")
    return Requested(callback_id, requested_at=now, appointment_at=wish.appointment_at, estimate=promise)


def _refuse_too_many_of_number(tx: Tx, configuration: Configuration, wish: Wish, now: Instant) -> None:
    rate = configuration.settings.limits.per_number
    window = rate.seconds * SECOND
    recent = store.requests_since(tx, configuration.org, wish.number.key, Instant(now - window))
    if len(recent) >= rate.requests:
        free_again = recent[len(recent) - rate.requests] + window
        raise errors.TooManyRequests(
            "Too many callbacks were requested for this number. Please try again later.",
            retry_after=max(1, -((now - free_again) // SECOND)),
        )


def _kept(tx: Tx, configuration: Configuration, callback: Callback, now: Instant) -> Requested:
    """The answer under the rule ``keep``: the callback there is, with its present estimate."""
    estimate = None
    if callback.kind is Kind.ASAP and callback.cancelable:
        target = configuration.call_targets[callback.call_target_id]
        estimate = _estimate_in_line(tx, target, callback, store.count_before(tx, callback), now)
    return Requested(callback.id, callback.created_at, callback.appointment_at, estimate, repeated=True)


def _estimate_in_line(tx: Tx, target: CallTarget, callback: Callback, before: int, now: Instant) -> Estimate:
    """The estimate for a callback that already has its place, behind ``before`` others; never before it is due."""
    ahead = replace(store.load_of(tx, callback.org, target.id), pending_asap=before, waitlisted=0)
    estimate = forecast.estimate_in_line(
        target,
        ahead,
        forecast.queue_stats_of(tx, callback.org, target, now=now),
        forecast.memory_of(tx, callback.org, target.id),
        now,
    )
    until_due = -((now - callback.due_at) // SECOND)
    return replace(
        estimate,
        seconds=max(until_due, estimate.seconds),
        low=max(until_due, estimate.low),
        high=max(until_due, estimate.high),
        promise=max(until_due, estimate.promise),
        undisturbed=estimate.undisturbed and until_due <= estimate.low,
    )


def _offered(tx: Tx, configuration: Configuration, widget: Widget, wish: Wish, now: Instant) -> Estimate | None:
    """Hold the wish against what is offered now: the promise for an ASAP callback, or a place in the slot taken."""
    if wish.appointment_at is not None:
        _book(tx, configuration, widget, wish.appointment_at, now)
        return None
    target = configuration.call_target_of(widget)
    load = store.load_of(tx, configuration.org, target.id)
    stats = forecast.queue_stats_of(tx, configuration.org, target, now=now)
    promise = forecast.estimate_new(target, load, stats, forecast.memory_of(tx, configuration.org, target.id), now)
    refusal = refuse_asap(target, active=widget.settings.active, load=load, estimate=promise, now=now)
    if refusal:
        raise _refused("A callback as soon as possible is not offered now.", refusal)
    return promise


def _book(tx: Tx, configuration: Configuration, widget: Widget, starts_at: Instant, now: Instant) -> None:
    """Take a place in a timeslot."""
    target = configuration.call_target_of(widget)
    if refusal := refuse_scheduled(target, active=widget.settings.active, now=now):
        raise _refused("A callback at a booked time is not offered now.", refusal)
    if starts_at < now:
        raise errors.AppointmentTimeInThePast("The appointment time has passed.")
    bookable = target.settings.slots
    is_offered = starts_at >= after(now, bookable.lead_time) and slots.is_start(
        target.calendar,
        starts_at,
        now,
        slot_length=bookable.length_minutes * 60,
        days_ahead=bookable.days_ahead,
    )
    if not is_offered:
        raise errors.AppointmentTimeInvalid("The appointment time is not one of those offered.")
    if not store.take_slot(tx, configuration.org, target.id, starts_at, bookable.capacity):
        raise errors.AppointmentTimeFull("The appointment time is no longer free.")


def _refused(sentence: str, reason: Reason) -> errors.RequestRefusedDueToOperationMode:
    refusal = errors.RequestRefusedDueToOperationMode(sentence)
    refusal.__notes__ = [f"reason: {reason}"]  # for logs; the public answer does not tell
    return refusal


def _replace(tx: Tx, callback: Callback, now: Instant) -> None:
    """End the callback that a newer request replaces."""
    if not store.finish(tx, callback, Outcome.RESCHEDULED_AWAY, now=now):
        raise errors.DuplicateRequest("A callback to this number is already on its way.")
    store.note(tx, callback.org, callback.id, "replaced", now=now)
