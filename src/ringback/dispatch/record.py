"""What becomes of a call, written down: each function one transaction.

All of them first lock the attempt, so that two workers who are told the same record it once; and an attempt that has
ended is never changed. Events that come again, late or out of order therefore change nothing.
"""

from dataclasses import replace

import ringback.callbacks.service as callbacks
import ringback.forecast.service as forecast
from ringback.callbacks.lifecycle import LIVE_CALL, Cause, Outcome, State
from ringback.callbacks.model import Callback
from ringback.db.claims import Lease
from ringback.db.tx import Tx
from ringback.dispatch import plan, store
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import IGNORED, Attempt, Claim, Line, Recorded
from ringback.dispatch.plan import CustomerFacts
from ringback.dispatch.release import call_of
from ringback.kernel.clock import SECOND, Instant, after, to_unix
from ringback.kernel.tenancy import AttemptId
from ringback.telephony.port import CallView, EventKind, Party, VoiceEvent

_LONGEST_REST_SECONDS = 3600
"""A line rests no longer than this, whatever the network says."""


def record_event(
    tx: Tx, configurations: Configurations, event: VoiceEvent, *, lease_until: Instant, now: Instant
) -> Recorded:
    """Record what a voice driver tells of a call. While it goes on, nobody need ask about it until ``lease_until``."""
    live = _live(tx, event.attempt_id)
    if live is None:
        return IGNORED
    attempt, callback = live
    # A network's clock is not ours: so that a call's history keeps its order, no step is written before the last one.
    at = Instant(max(event.at, attempt.last_step_at + 1))
    match event.kind:
        case EventKind.RINGING:
            return _ringing(tx, attempt, callback, lease_until, at)
        case EventKind.ANSWERED:
            return _answered(tx, attempt, callback, lease_until, at, now)
        case EventKind.CONNECTED:
            return _connected(tx, attempt, callback, lease_until, at, now)
        case EventKind.ENDED:
            cause, party = event.cause or Cause.FAILED, event.party or Party.NETWORK
            return _ended(tx, configurations, attempt, callback, cause, party, at, now)


def record_refusal(tx: Tx, configurations: Configurations, claim: Claim, cause: Cause, *, now: Instant) -> Recorded:
    """Record that a call could not be made, if it is still this claim's business."""
    live = _live(tx, claim.call.attempt_id, owner=claim.lease.owner)
    if live is None:
        return IGNORED
    attempt, callback = live
    at = Instant(max(now, attempt.last_step_at + 1))
    return _ended(tx, configurations, attempt, callback, cause, Party.NETWORK, at, now)


def give_back(tx: Tx, claim: Claim, *, seconds: float, now: Instant) -> Recorded:
    """Put a callback back into its place in line and let the line rest: the network is busy, and nobody was rung.

    It is the line that rests and not the callback, so that nobody is overtaken. Nothing of the attempt remains but a
    line in the timeline, and it does not count.
    """
    # First, as it is the turn's lock as well: a turn that ends meanwhile would not know that somebody is held back.
    store.rest(tx, _line_of(claim.callback), until=after(now, min(seconds, _LONGEST_REST_SECONDS)))
    live = _live(tx, claim.call.attempt_id, owner=claim.lease.owner)
    if live is None:
        return IGNORED
    attempt, callback = live
    recorded = _give_back(tx, attempt, callback, "network_busy", now)
    if recorded.ignored:
        return recorded
    callbacks.move(tx, replace(callback, state=State.PENDING), State.WAITLISTED, now=now)
    return Recorded()


def dial_again(
    tx: Tx, configurations: Configurations, attempt_id: AttemptId, *, lease: Lease, now: Instant
) -> Claim | Recorded:
    """Go on with an attempt that the voice driver has never heard of: the claim to dial again, under the same id.

    But the line may have closed since, or the customer be blocked: then the callback goes back into its place. A call
    that was heard ringing, and that the driver does not know any more, is lost: to dial it again would ring twice.
    """
    live = _live(tx, attempt_id, owner=lease.owner)
    if live is None:
        return IGNORED
    attempt, callback = live
    if attempt.last_step_at > attempt.claimed_at:
        at = Instant(max(now, attempt.last_step_at + 1))
        return _ended(tx, configurations, attempt, callback, Cause.FAILED, Party.NETWORK, at, now)
    target = configurations.of(tx, callback.org).call_targets.get(callback.call_target_id)
    before = replace(callback, attempts=callback.attempts - 1)
    # The calls to the number were counted when it was claimed.
    customer = CustomerFacts(blocked=callbacks.is_blocked(tx, callback), calls=(), calls_per_day=1)
    if target is None or plan.refusal(target, before, now) or plan.second_look(target, before, customer, now):
        return _give_back(tx, attempt, callback, "not_now", now)
    return Claim(callback, call_of(target, callback, attempt_id), lease, attempt.claimed_at)


def hurry(tx: Tx, lines: set[Line], *, now: Instant) -> None:
    """Have these lines looked at now where somebody is held back: there is room."""
    for line in sorted(lines):
        store.hurry(tx, line, now=now)


def events_of(view: CallView) -> list[VoiceEvent]:
    """What a driver says of an attempt when asked, as the events that it has told or is going to tell."""
    steps = {
        EventKind.RINGING: view.ringing_at,
        EventKind.ANSWERED: view.answered_at,
        EventKind.CONNECTED: view.connected_at,
        EventKind.ENDED: view.ended_at,
    }
    return [
        VoiceEvent(
            event_id=f"{view.attempt_id}:{kind}:asked",
            attempt_id=view.attempt_id,
            at=at,
            kind=kind,
            cause=view.cause if kind is EventKind.ENDED else None,
            party=view.party if kind is EventKind.ENDED else None,
        )
        for kind, at in steps.items()
        if at is not None
    ]


def _live(tx: Tx, attempt_id: AttemptId, *, owner: str | None = None) -> tuple[Attempt, Callback] | None:
    """A live attempt and its callback; None if it has ended, is unknown, or another ``owner`` has its lease."""
    attempt = store.lock_attempt(tx, attempt_id)
    if attempt is None or attempt.ended_at is not None:
        return None
    if owner is not None and store.lease_owner(tx, attempt.org, attempt.callback_id) != owner:
        return None
    callback = callbacks.find(tx, attempt.org, attempt.callback_id)
    return (attempt, callback) if callback and callback.state in LIVE_CALL else None


def _ringing(tx: Tx, attempt: Attempt, callback: Callback, lease_until: Instant, at: Instant) -> Recorded:
    if attempt.ringing_at is not None or callback.state is not State.DIALING:
        return IGNORED
    store.extend_lease(tx, callback.org, callback.id, lease_until)
    store.save_steps(tx, replace(attempt, ringing_at=at))
    callbacks.note(tx, callback.org, callback.id, "ringing", now=at)
    return Recorded()


def _answered(
    tx: Tx, attempt: Attempt, callback: Callback, lease_until: Instant, at: Instant, now: Instant
) -> Recorded:
    if callback.state is not State.DIALING:
        return IGNORED
    callbacks.move(tx, callback, State.CONNECTING, now=now, lease_until=lease_until)
    store.save_steps(tx, replace(attempt, answered_at=at))
    callbacks.note(tx, callback.org, callback.id, "answered", now=at)
    return Recorded()


def _connected(
    tx: Tx, attempt: Attempt, callback: Callback, lease_until: Instant, at: Instant, now: Instant
) -> Recorded:
    if callback.state is State.TALKING:
        return IGNORED
    if callback.state is State.DIALING:  # that it was answered has not been told
        callbacks.move(tx, callback, State.CONNECTING, now=now)
        callback = replace(callback, state=State.CONNECTING)
    callbacks.move(tx, callback, State.TALKING, now=now, lease_until=lease_until)
    store.save_steps(tx, replace(attempt, connected_at=at))
    callbacks.note(tx, callback.org, callback.id, "connected", now=at)
    return Recorded(made_room_in=_line_of(callback))


def _ended(
    tx: Tx,
    configurations: Configurations,
    attempt: Attempt,
    callback: Callback,
    cause: Cause,
    party: Party,
    at: Instant,
    now: Instant,
) -> Recorded:
    store.save_steps(tx, replace(attempt, ended_at=at, cause=cause))
    callbacks.note(tx, callback.org, callback.id, "ended", now=at, cause=cause.value, party=party.value)
    if cause is Cause.ANSWERED or callback.state is State.TALKING:
        goes_on: Outcome | Instant = Outcome.SUCCESS
        if cause is Cause.ANSWERED and attempt.connected_at is not None:
            talked = (at - attempt.connected_at) / SECOND
            forecast.observe_handle_time(tx, callback.org, callback.call_target_id, talked)
    else:
        target = configurations.of(tx, callback.org).call_targets.get(callback.call_target_id)
        goes_on = plan.after_call(target, callback, cause, party, _earlier_causes(tx, attempt), now)
    recorded = Recorded(cause=cause, made_room_in=_line_of(callback))
    then = Instant(at + 1)  # behind the end in the timeline
    if isinstance(goes_on, Outcome):
        callbacks.finish(tx, callback, goes_on, now=now)
        callbacks.note(tx, callback.org, callback.id, "finished", now=then, outcome=goes_on.value)
        return replace(recorded, outcome=goes_on)
    callbacks.move(tx, callback, State.PENDING, now=now, due_at=goes_on)
    callbacks.note(tx, callback.org, callback.id, "retry", now=then, at=to_unix(goes_on))
    return recorded


def _give_back(tx: Tx, attempt: Attempt, callback: Callback, reason: str, now: Instant) -> Recorded:
    if callback.state is not State.DIALING or attempt.ringing_at is not None:
        return IGNORED
    store.drop_attempt(tx, attempt)
    callbacks.move(tx, callback, State.PENDING, now=now, attempts=callback.attempts - 1)
    callbacks.note(tx, callback.org, callback.id, "given_back", now=now, attempt=attempt.number, reason=reason)
    return Recorded(made_room_in=_line_of(callback))


def _earlier_causes(tx: Tx, attempt: Attempt) -> list[Cause]:
    attempts = store.attempts_of(tx, attempt.org, attempt.callback_id)
    return [earlier.cause for earlier in attempts if earlier.id != attempt.id and earlier.cause]


def _line_of(callback: Callback) -> Line:
    return Line(callback.org, callback.call_target_id)
