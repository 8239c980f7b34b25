"""The steps of an attempt, written down, and what each means for its callback."""

from dataclasses import replace

import ringback.callbacks.service as callbacks
from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.callbacks.model import Callback
from ringback.db.tx import Tx
from ringback.dispatch import plan, store
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import Attempt, Line, Recorded, Worker
from ringback.kernel.clock import Instant, to_unix
from ringback.telephony.flow import Progress, ProgressKind, WishKind
from ringback.telephony.port import Party


def record(
    tx: Tx,
    configurations: Configurations,
    attempt: Attempt,
    callback: Callback,
    progress: Progress,
    by: Worker,
    now: Instant,
) -> tuple[Attempt, Recorded]:
    """Record one step of a live attempt: the attempt after it, and what has changed."""
    # A network's clock is not ours: so that a call's history keeps its order, no step is written before the last one.
    at = Instant(max(progress.at, attempt.last_step_at + 1))
    lease_until = by.call_lease(now).until
    match progress.kind:
        case ProgressKind.RINGING:
            return _ringing(tx, attempt, callback, lease_until, at)
        case ProgressKind.ANSWERED:
            return _answered(tx, attempt, callback, lease_until, at, now)
        case ProgressKind.CONNECTED:
            return _connected(tx, attempt, callback, lease_until, at, now)
        case ProgressKind.ENDED:
            return _ended(tx, configurations, attempt, callback, progress, at, now)


def end(tx: Tx, attempt: Attempt, callback: Callback, progress: Progress, at: Instant, now: Instant) -> Attempt:
    """Write down that an attempt has ended, whatever becomes of its callback; the attempt after it."""
    cause, party, wish = progress.cause or Cause.FAILED, progress.party or Party.NETWORK, progress.wish
    wished = {"wish": wish.kind.value} if wish else {}
    attempt = replace(attempt, ended_at=at, cause=cause)
    store.save_steps(tx, attempt)
    callbacks.note(tx, callback.org, callback.id, "ended", now=at, cause=cause.value, party=party.value, **wished)
    if wish and wish.kind is WishKind.NEVER_CALL:
        callbacks.never_call(tx, callback, now=now)
    return attempt


def _ringing(
    tx: Tx, attempt: Attempt, callback: Callback, lease_until: Instant, at: Instant
) -> tuple[Attempt, Recorded]:
    if attempt.ringing_at is not None or callback.state is not State.DIALING:
        return attempt, Recorded()
    store.extend_lease(tx, callback.org, callback.id, lease_until)
    attempt = replace(attempt, ringing_at=at)
    store.save_steps(tx, attempt)
    callbacks.note(tx, callback.org, callback.id, "ringing", now=at)
    return attempt, Recorded(progress=(ProgressKind.RINGING,))


def _answered(
    tx: Tx, attempt: Attempt, callback: Callback, lease_until: Instant, at: Instant, now: Instant
) -> tuple[Attempt, Recorded]:
    if callback.state is not State.DIALING:
        return attempt, Recorded()
    callbacks.move(tx, callback, State.CONNECTING, now=now, lease_until=lease_until)
    attempt = replace(attempt, answered_at=at)
    store.save_steps(tx, attempt)
    callbacks.note(tx, callback.org, callback.id, "answered", now=at)
    return attempt, Recorded(progress=(ProgressKind.ANSWERED,))


def _connected(
    tx: Tx, attempt: Attempt, callback: Callback, lease_until: Instant, at: Instant, now: Instant
) -> tuple[Attempt, Recorded]:
    if callback.state is State.TALKING:
        return attempt, Recorded()
    if callback.state is State.DIALING:  # that it was answered has not been told
        callbacks.move(tx, callback, State.CONNECTING, now=now)
        callback = replace(callback, state=State.CONNECTING)
    callbacks.move(tx, callback, State.TALKING, now=now, lease_until=lease_until)
    attempt = replace(attempt, connected_at=at)
    store.save_steps(tx, attempt)
    callbacks.note(tx, callback.org, callback.id, "connected", now=at)
    return attempt, Recorded(
        progress=(ProgressKind.CONNECTED,), made_room_in=Line(callback.org, callback.call_target_id)
    )


def _ended(
    tx: Tx,
    configurations: Configurations,
    attempt: Attempt,
    callback: Callback,
    progress: Progress,
    at: Instant,
    now: Instant,
) -> tuple[Attempt, Recorded]:
    attempt = end(tx, attempt, callback, progress, at, now)
    cause, party, wish = attempt.cause or Cause.FAILED, progress.party or Party.NETWORK, progress.wish
    if cause is Cause.ANSWERED or callback.state is State.TALKING:
        goes_on: Outcome | Instant = Outcome.SUCCESS
    else:
        target = configurations.of(tx, callback.org).call_targets.get(callback.call_target_id)
        goes_on = plan.after_call(target, callback, cause, party, _earlier_causes(tx, attempt), now, wish)
    recorded = Recorded(
        progress=(ProgressKind.ENDED,), cause=cause, made_room_in=Line(callback.org, callback.call_target_id)
    )
    then = Instant(at + 1)  # behind the end in the timeline
    if isinstance(goes_on, Outcome):
        callbacks.finish(tx, callback, goes_on, now=now)
        callbacks.note(tx, callback.org, callback.id, "finished", now=then, outcome=goes_on.value)
        return attempt, replace(recorded, outcome=goes_on)
    callbacks.move(tx, callback, State.PENDING, now=now, due_at=goes_on)
    kind = "later" if wish and wish.kind is WishKind.LATER else "retry"
    callbacks.note(tx, callback.org, callback.id, kind, now=then, at=to_unix(goes_on))
    return attempt, recorded


def _earlier_causes(tx: Tx, attempt: Attempt) -> list[Cause]:
    attempts = store.attempts_of(tx, attempt.org, attempt.callback_id)
    return [earlier.cause for earlier in attempts if earlier.id != attempt.id and earlier.cause]
