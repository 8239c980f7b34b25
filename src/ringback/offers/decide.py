"""The offer decision: what a widget offers now, and why not more.

A pure function of settings, the clock, live counts, the estimate and the free timeslots. ``reason`` is a word for the
console ("why is it not offering?"); the public API never shows it. The state table is that of the contract
(scheduler-api.md, "GET /api/widget/:wid").
"""

from collections.abc import Sequence

from ringback.call_targets.model import CallTarget
from ringback.forecast.model import Estimate, Load
from ringback.kernel.clock import SECOND, Instant, after
from ringback.offers.model import Offer, Reason, WidgetState


def decide(
    target: CallTarget, *, active: bool, load: Load, estimate: Estimate, free_slots: Sequence[Instant], now: Instant
) -> Offer:
    """What a widget on this call target offers now."""
    is_open = target.calendar.is_open(now)
    asap_refusal = refuse_asap(target, active=active, load=load, estimate=estimate, now=now)
    scheduled_refusal = refuse_scheduled(target, active=active, now=now)
    if scheduled_refusal is None and not free_slots:
        scheduled_refusal = Reason.NO_SLOTS
    state = _state(
        asap=asap_refusal is None,
        scheduled=scheduled_refusal is None,
        displays_estimate=active and target.settings.register_callbacks and is_open,
    )
    has_meaning = asap_refusal is None or (is_open and state is not WidgetState.PLATFORM_UNAVAILABLE)
    return Offer(
        state=state,
        estimate=estimate if has_meaning else None,
        slots=free_slots if scheduled_refusal is None else (),
        asap_refusal=asap_refusal,
        scheduled_refusal=scheduled_refusal,
        next_open=None if is_open else target.calendar.next_open(now),
    )


def refuse_asap(target: CallTarget, *, active: bool, load: Load, estimate: Estimate, now: Instant) -> Reason | None:
    """Why no ASAP callback can be asked for now; None when one can."""
    settings = target.settings
    if general := _refuse_any(target, active=active):
        return general
    if not settings.offer_asap:
        return Reason.ASAP_OFF
    if settings.max_requested_callbacks is not None and load.requested >= settings.max_requested_callbacks:
        return Reason.MAX_REQUESTED
    if too_late := _too_late_today(target, estimate, now):
        carried_over = settings.next_business_day and load.requested < settings.next_business_day_limit
        return None if carried_over and target.calendar.next_open(now) is not None else too_late
    if settings.max_estimate is not None and estimate.promise > settings.max_estimate:
        return Reason.MAX_ESTIMATE
    return None


def refuse_scheduled(target: CallTarget, *, active: bool, now: Instant) -> Reason | None:
    """Why no time can be booked now, apart from the question whether one is free; None when one can."""
    settings = target.settings
    if general := _refuse_any(target, active=active):
        return general
    if not settings.offer_scheduled:
        return Reason.SCHEDULED_OFF
    if not settings.scheduled_after_hours and not target.calendar.is_open(now):
        return Reason.CLOSED
    return None


def next_change(target: CallTarget, offer: Offer, now: Instant) -> Instant | None:
    """When the clock alone may next change this decision, free timeslots aside; None when it never does."""
    changes = [target.calendar.next_change(now)]
    closes_at = target.calendar.closes_at(now)
    if closes_at is not None and offer.estimate is not None:
        wait = offer.estimate
        changes.append(after(closes_at, -wait.promise - target.settings.closing_margin))
        changes += [
            _runs_into_closing(target, seconds, now) for seconds in (wait.low, wait.seconds, wait.promise, wait.high)
        ]
    coming = [change for change in changes if change is not None and change > now]
    return min(coming) if coming else None


def _jumps_at(target: CallTarget, now: Instant, seconds: int) -> Instant | None:
    """When a wait of so many seconds, begun then and not now, runs into a closing: this evening's, or a later one."""
    closes_at = target.calendar.closes_at(after(now, seconds))
    return None if closes_at is None else after(closes_at, -seconds)


def _runs_into_closing(target: CallTarget, wait: int, now: Instant) -> Instant | None:
    """When a wait that is counted from now, in whole seconds, runs into the end of the opening in which it ends."""
    second = Instant(now // SECOND * SECOND)
    end = after(second, wait)
    closes_at = target.calendar.closes_at(end)
    return None if closes_at is None else Instant(second + closes_at - end)


def _refuse_any(target: CallTarget, *, active: bool) -> Reason | None:
    if not active:
        return Reason.INACTIVE
    if not target.settings.register_callbacks:
        return Reason.REGISTERING_OFF
    return None


def _too_late_today(target: CallTarget, estimate: Estimate, now: Instant) -> Reason | None:
    if not target.calendar.is_open(now):
        return Reason.CLOSED
    closes_at = target.calendar.closes_at(now)
    if closes_at is not None and after(now, estimate.promise + target.settings.closing_margin) >= closes_at:
        return Reason.CLOSING_SOON
    return None


def _state(*, asap: bool, scheduled: bool, displays_estimate: bool) -> WidgetState:
    if asap:
        return WidgetState.OFFER_CALLBACK if scheduled else WidgetState.OFFER_ASAP
    if scheduled:
        return WidgetState.OFFER_SCHEDULED
    return WidgetState.DISPLAY_EWT_ONLY if displays_estimate else WidgetState.PLATFORM_UNAVAILABLE
