"""A turn at a line: who is dialled now, who is held back, who waits for another time, and whose time is over.

One transaction, under the lock of the line's turn: so what is counted stays true until it commits, however many workers
there are. It locks every callback that it may move before it writes anything: no two transactions block each other.
"""

from collections.abc import Sequence

import ringback.callbacks.service as callbacks
from ringback.call_targets.model import CallTarget, PacingSettings
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback
from ringback.configuration.model import Configuration
from ringback.db.claims import Lease
from ringback.db.tx import Tx
from ringback.dispatch import plan, store
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import Attempt, Claim, Line, Released
from ringback.dispatch.plan import CustomerFacts, End, Hold, Postpone, Reason, Refusal
from ringback.kernel import ids
from ringback.kernel.clock import DAY, Instant, after, to_unix
from ringback.kernel.tenancy import AttemptId
from ringback.telephony.port import Call, Party

_BATCH = 100
"""Most callbacks that one turn moves from the line, and most that it moves from those that have just come due."""

_SET_ASIDE_SECONDS = 30


def release(
    tx: Tx, configurations: Configurations, line: Line, *, staffed: int | None, lease: Lease, now: Instant
) -> Released:
    """Take a turn at a line, unless another worker has it. ``staffed`` is the number of agents, None if not known."""
    if not store.take_turn(tx, line, now=now):
        return Released()
    configuration = configurations.of(tx, line.org)
    target = configuration.call_targets.get(line.call_target_id)
    pacing = target.settings.pacing if target else PacingSettings()
    recent = store.claims_since(tx, line, Instant(now - plan.rate_window(pacing)))
    calls = 0
    if target:
        calls = min(_BATCH, plan.allowance(target, callbacks.load_of(tx, *line), recent, staffed=staffed, now=now))

    # While the line moves, those who cannot be dialled yet may stay as they are; while it does not, all are looked at.
    moving = target is not None and target.calendar.is_open(now)
    first = callbacks.first_in_line(tx, *line, now=now, limit=calls if moving else _BATCH)
    waiting = {callback.id for callback in first}
    come_due = [
        callback for callback in callbacks.come_due(tx, *line, now=now, limit=_BATCH) if callback.id not in waiting
    ]
    dialled, refused = _decide(tx, configuration, target, first, calls, now)
    refused += [(callback, plan.refusal(target, callback, now) or Hold(Reason.PACED)) for callback in come_due]

    claims = _claim(tx, target, dialled, lease, now) if target else ()
    held = _hold(tx, line, refused, now)
    postponed = _postpone(tx, line, refused, now)
    outcomes = _end(tx, refused, now)
    moved = len(claims) + held + postponed + len(outcomes)

    look_again_at = None
    if store.anybody_due(tx, line, now=now):
        more_at_once = moved > 0 and (len(first) > len(claims) or len(come_due) == _BATCH)
        claimed = [*recent, *(claim.claimed_at for claim in claims)]
        look_again_at = now if more_at_once else plan.look_again_at(pacing, claimed, now)
    store.end_turn(tx, line, look_again_at=look_again_at)
    return Released(claims, outcomes, moved)


def set_aside(tx: Tx, line: Line, *, now: Instant) -> None:
    """Let a line rest whose turn has failed, so that its callbacks do not stand before everybody else's."""
    if store.take_turn(tx, line, now=now):
        due = callbacks.come_due(tx, *line, now=now, limit=_BATCH)
        callbacks.move_locked(tx, [(callback, {}) for callback in due], State.WAITLISTED, now=now)
        store.end_turn(tx, line, look_again_at=after(now, _SET_ASIDE_SECONDS))


def call_of(target: CallTarget, callback: Callback, attempt_id: AttemptId) -> Call:
    """The order that the voice driver gets for an attempt."""
    settings = target.settings
    return Call(
        attempt_id=attempt_id,
        org=callback.org,
        callback_id=callback.id,
        call_target_id=target.id,
        first_party=Party(settings.first_party.value),
        customer_number=callback.contact_number,
        agent_destination=settings.agent.destination,
        caller_id=settings.agent.caller_id,
        customer_dial_timeout=settings.customer_dial_timeout,
        agents=settings.estimate.default_agents,
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
            customer = _customer_facts(tx, configuration, callback, dialled, now)
            why_not = plan.second_look(target, callback, customer, now)
            if why_not is None:
                dialled.append(callback)
                continue
        refused.append((callback, why_not or Hold(Reason.PACED)))
    return dialled, refused


def _customer_facts(
    tx: Tx, configuration: Configuration, callback: Callback, dialled: Sequence[Callback], now: Instant
) -> CustomerFacts:
    calls = store.calls_to_number(tx, callback.org, callback.contact_number, Instant(now - DAY))
    # Those to be dialled in the same turn are not written down yet.
    in_this_turn = [now for other in dialled if other.contact_number == callback.contact_number]
    return CustomerFacts(
        blocked=callbacks.is_blocked(tx, callback),
        calls=[*calls, *in_this_turn],
        calls_per_day=configuration.settings.limits.calls_per_number_per_day,
    )


def _claim(tx: Tx, target: CallTarget, dialled: Sequence[Callback], lease: Lease, now: Instant) -> tuple[Claim, ...]:
    attempts = [
        Attempt(
            org=callback.org,
            callback_id=callback.id,
            number=callback.attempts + 1,
            id=AttemptId(ids.new_id(now)),
            first_party=Party(target.settings.first_party.value),
            claimed_at=now,
        )
        for callback in dialled
    ]
    leased = {"lease_owner": lease.owner, "lease_until": lease.until}
    moves = [(callback, {"attempts": callback.attempts + 1, **leased}) for callback in dialled]
    callbacks.move_locked(tx, moves, State.DIALING, now=now)
    store.insert_attempts(tx, attempts)
    for attempt in attempts:
        callbacks.note(tx, attempt.org, attempt.callback_id, "dialing", now=now, attempt=attempt.number)
    return tuple(
        Claim(callback, call_of(target, callback, attempt.id), lease, claimed_at=now)
        for callback, attempt in zip(dialled, attempts, strict=True)
    )


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
