"""A turn at a line: who is dialled now, who is held back, who waits for another time, and whose time is over.

One transaction, under the lock of the line's turn: so what is counted stays true until it commits, however many workers
there are. It locks every callback that it may move before it writes anything: no two transactions block each other.
"""

import math
from collections.abc import Sequence

import ringback.callbacks.service as callbacks
import ringback.forecast.service as forecast
from ringback.call_targets.model import CallTarget, PacingSettings
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback
from ringback.configuration.model import Configuration
from ringback.db.claims import Lease
from ringback.db.tx import Tx
from ringback.dispatch import pacing, plan, store
from ringback.dispatch.call import Act, Call
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import Attempt, Claim, Line, Released, Worker
from ringback.dispatch.orders import order_of
from ringback.dispatch.plan import CustomerFacts, End, Hold, Postpone, Reason, Refusal
from ringback.forecast.memory import Memory
from ringback.forecast.model import Load, QueueStats
from ringback.kernel import ids
from ringback.kernel.clock import DAY, Instant, after, to_unix
from ringback.kernel.tenancy import AttemptId
from ringback.telephony import flow

_BATCH = 100
"""Most callbacks that one turn moves from the line, and most that it moves from those that have just come due."""

_SET_ASIDE_SECONDS = 30


def release(
    tx: Tx, configurations: Configurations, line: Line, *, by: Worker, agents_accept: bool = True, now: Instant
) -> Released:
    """Take a turn at a line, unless another worker has it. ``agents_accept`` is what the voice driver can do."""
    if not store.take_turn(tx, line, now=now):
        return Released()
    configuration = configurations.of(tx, line.org)
    target = configuration.call_targets.get(line.call_target_id)
    settings = target.settings.pacing if target else PacingSettings()
    stats = forecast.queue_stats_of(tx, line.org, target, now=now) if target else None
    recent = store.claims_since(tx, line, pacing.recent_since(pacing=settings, stats=stats, now=now))
    load = callbacks.load_of(tx, *line)

    # While the line moves, those who cannot be dialled yet may stay as they are; while it does not, all are looked at.
    moving = target is not None and target.calendar.is_open(now)
    first = callbacks.first_in_line(tx, *line, now=now, limit=_at_most(settings, load) if moving else _BATCH)
    calls = _allowed(tx, target, first, load, stats, recent, now) if target else 0
    waiting = {callback.id for callback in first}
    come_due = [
        callback for callback in callbacks.come_due(tx, *line, now=now, limit=_BATCH) if callback.id not in waiting
    ]
    dialled, refused = _decide(tx, configuration, target, first, calls, now)
    refused += [(callback, plan.refusal(target, callback, now) or Hold(Reason.PACED)) for callback in come_due]

    claims = _claim(tx, configuration, target, dialled, by, agents_accept, now) if target else ()
    held = _hold(tx, line, refused, now)
    postponed = _postpone(tx, line, refused, now)
    outcomes = _end(tx, refused, now)
    moved = len(claims) + held + postponed + len(outcomes)

    look_again_at = None
    if store.anybody_due(tx, line, now=now):
        more_at_once = moved > 0 and (len(first) > len(claims) or len(come_due) == _BATCH)
        claimed = [*recent, *(claim.claimed_at for claim in claims)]
        rest_until = pacing.look_again_at(pacing=settings, stats=stats, recent=claimed, now=now)
        look_again_at = now if more_at_once else rest_until
    store.end_turn(tx, line, look_again_at=look_again_at)
    return Released(claims, outcomes, moved)


def set_aside(tx: Tx, line: Line, *, now: Instant) -> None:
    """Let a line rest whose turn has failed, so that its callbacks do not stand before everybody else's."""
    if store.take_turn(tx, line, now=now):
        due = callbacks.come_due(tx, *line, now=now, limit=_BATCH)
        callbacks.move_locked(tx, [(callback, {}) for callback in due], State.WAITLISTED, now=now)
        store.end_turn(tx, line, look_again_at=after(now, _SET_ASIDE_SECONDS))


def _at_most(settings: PacingSettings, load: Load) -> int:
    """How many can be launched in one turn, whoever they are."""
    depth = settings.max_queue_depth - load.dialing - load.connecting
    return max(0, min(_BATCH, depth, math.ceil(settings.calls_per_second)))


def _allowed(
    tx: Tx,
    target: CallTarget,
    first: Sequence[Callback],
    load: Load,
    stats: QueueStats | None,
    recent: Sequence[Instant],
    now: Instant,
) -> int:
    """How many of the first in line may be launched now."""
    if not first or not target.settings.process_callbacks:
        return 0
    # The memory is large, and without figures of the queue it decides nothing.
    seen = forecast.memory_of(tx, first[0].org, target.id) if stats else Memory()
    return pacing.releasable(
        [callback.order_at for callback in first],
        pacing=target.settings.pacing,
        load=load,
        stats=stats,
        seen=forecast.pace(target, seen),
        recent=recent,
        now=now,
        first_party=target.settings.first_party,
    )


def _decide(
    tx: Tx,
    configuration: Configuration,
    target: CallTarget | None,
    first: Sequence[Callback],
    calls: int,
    now: Instant,
) -> tuple[list[Callback], list[tuple[Callback, Refusal]]]:
    """Of the first in line, those to be dialled, so many at most, and why the others are not."""
    dialled: list[Callback] = []
    refused: list[tuple[Callback, Refusal]] = []
    for callback in first:
        why_not = plan.refusal(target, callback, now)
        if why_not is None and target and len(dialled) < calls:
            customer = customer_facts(tx, configuration, callback, dialled, now)
            why_not = plan.second_look(target, callback, customer, now)
            if why_not is None:
                dialled.append(callback)
                continue
        refused.append((callback, why_not or Hold(Reason.PACED)))
    return dialled, refused


def customer_facts(
    tx: Tx, configuration: Configuration, callback: Callback, dialled: Sequence[Callback], now: Instant
) -> CustomerFacts:
    """What the second look is about; ``dialled`` are those that the same turn has already decided to dial."""
    calls = store.calls_to_number(tx, callback.org, callback.contact_number, Instant(now - DAY))
    # Those to be dialled in the same turn are not written down yet.
    in_this_turn = [now for other in dialled if other.contact_number == callback.contact_number]
    return CustomerFacts(
        blocked=callbacks.is_blocked(tx, callback),
        calls=[*calls, *in_this_turn],
        calls_per_day=configuration.settings.limits.calls_per_number_per_day,
    )


def _claim(
    tx: Tx,
    configuration: Configuration,
    target: CallTarget,
    dialled: Sequence[Callback],
    by: Worker,
    agents_accept: bool,
    now: Instant,
) -> tuple[Claim, ...]:
    lease = by.act_lease(now)
    claims, attempts = [], []
    for callback in dialled:
        attempt_id = AttemptId(ids.new_id(now))
        order = order_of(tx, configuration, target, callback, attempt_id, agents_accept=agents_accept)
        step = flow.begin(order, now)
        claims.append(Claim(callback, Act(attempt_id, step.commands, lease, begins=True), claimed_at=now))
        attempts.append(
            Attempt(
                org=callback.org,
                callback_id=callback.id,
                number=callback.attempts + 1,
                id=attempt_id,
                first_party=order.first_party,
                claimed_at=now,
                call=Call(step.flow, step.commands, lease),
            )
        )
    _move_to_dialing(tx, dialled, by.call_lease(now), now)
    store.insert_attempts(tx, attempts)
    told = [(attempt.callback_id, {"attempt": attempt.number}) for attempt in attempts]
    callbacks.note_all(tx, configuration.org, told, "dialing", now=now)
    return tuple(claims)


def _move_to_dialing(tx: Tx, dialled: Sequence[Callback], lease: Lease, now: Instant) -> None:
    leased = {"lease_owner": lease.owner, "lease_until": lease.until}
    launched = [
        (callback, {"attempts": 1, "launched_at": now, **leased}) for callback in dialled if not callback.attempts
    ]
    called_again = [
        (callback, {"attempts": callback.attempts + 1, **leased}) for callback in dialled if callback.attempts
    ]
    for moves in (launched, called_again):
        callbacks.move_locked(tx, moves, State.DIALING, now=now)


def _hold(tx: Tx, line: Line, refused: Sequence[tuple[Callback, Refusal]], now: Instant) -> int:
    """Waitlist those held back that are not yet; how many."""
    held = [
        (callback, refusal)
        for callback, refusal in refused
        if isinstance(refusal, Hold) and callback.state is State.PENDING
    ]
    callbacks.move_locked(tx, [(callback, {}) for callback, _ in held], State.WAITLISTED, now=now)
    lines = [(callback.id, {"reason": refusal.reason.value}) for callback, refusal in held]
    callbacks.note_all(tx, line.org, lines, "waitlisted", now=now)
    return len(held)


def _postpone(tx: Tx, line: Line, refused: Sequence[tuple[Callback, Refusal]], now: Instant) -> int:
    postponed = [(callback, refusal) for callback, refusal in refused if isinstance(refusal, Postpone)]
    moves = [(callback, {"due_at": refusal.until}) for callback, refusal in postponed]
    callbacks.move_locked(tx, moves, State.PENDING, now=now)
    lines = [
        (callback.id, {"until": to_unix(refusal.until), "reason": refusal.reason.value})
        for callback, refusal in postponed
    ]
    callbacks.note_all(tx, line.org, lines, "postponed", now=now)
    return len(postponed)


def _end(tx: Tx, refused: Sequence[tuple[Callback, Refusal]], now: Instant) -> tuple[Outcome, ...]:
    outcomes = []
    for callback, refusal in refused:
        if isinstance(refusal, End) and callbacks.finish(tx, callback, refusal.outcome, now=now):
            told = {"outcome": refusal.outcome.value, "reason": refusal.reason.value}
            callbacks.note(tx, callback.org, callback.id, "finished", now=now, **told)
            outcomes.append(refusal.outcome)
    return tuple(outcomes)
