"""What becomes of a call, written down: each function one transaction.

All of them first lock the attempt, so that two workers who are told the same record it once; and an attempt that has
ended is never changed. Where the call stands is stored together with what its steps mean for the callback, and the
commands that follow from it before any of them is carried out.
"""

from collections.abc import Collection
from dataclasses import replace

import ringback.callbacks.service as callbacks
from ringback.callbacks.lifecycle import LIVE_CALL, Cause, State
from ringback.callbacks.model import Callback
from ringback.db.claims import Lease
from ringback.db.tx import Tx
from ringback.dispatch import lessons, plan, progress, store
from ringback.dispatch.call import Act, Call
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import IGNORED, Attempt, Line, Recorded, Worker
from ringback.dispatch.plan import CustomerFacts
from ringback.kernel.clock import SECOND, Instant, after
from ringback.kernel.tenancy import AttemptId
from ringback.telephony import flow
from ringback.telephony.flow import Progress, ProgressKind, Step
from ringback.telephony.port import Command, CommandId, LegId, Originate, Party, VoiceEvent, attempt_of

_LONGEST_REST_SECONDS = 3600
"""A line rests no longer than this, whatever the network says."""

_SOON_SECONDS = 3
"""After how long a command that did not get through is given again, at first."""

_LONGEST_PAUSE_SECONDS = 300


def record_event(tx: Tx, configurations: Configurations, event: VoiceEvent, *, by: Worker, now: Instant) -> Recorded:
    """Record what a voice driver tells of a leg, and what follows from it."""
    attempt = store.lock_attempt(tx, attempt_of(event.leg))
    if attempt is None or attempt.call is None:
        return IGNORED
    call = attempt.call.heard_of(event.leg)
    step = flow.on_event(call.flow, event, now)
    if step.ignored:
        if call is not attempt.call:
            store.save_call(tx, attempt, call)
        return IGNORED
    return _take(tx, configurations, attempt, call, step, by, now)


def wake(
    tx: Tx,
    configurations: Configurations,
    attempt_id: AttemptId,
    *,
    unknown: Collection[LegId] = (),
    by: Worker,
    now: Instant,
) -> Recorded:
    """Go on with a call whose time limit has passed, or whose commands nobody has carried out.

    ``unknown`` are the legs of which the voice driver has just said that it never heard. Only then is a call begun that
    somebody else was to begin; but the line may have closed since, or the customer be blocked: then the callback goes
    back into its place.
    """
    attempt = store.lock_attempt(tx, attempt_id)
    if attempt is None:
        return IGNORED
    call = attempt.call
    if call is None:
        return _lose(tx, configurations, attempt, by, now)
    if call.in_doubt and call.first_leg in unknown:
        return _begin_again(tx, configurations, attempt, call, by, now)
    if call.flow.wake_at is not None and call.flow.wake_at <= now:
        return _take(tx, configurations, attempt, call, flow.on_time(call.flow, now), by, now)
    if call.in_doubt:
        return IGNORED  # somebody has to ask first
    return Recorded(act=_keep(tx, attempt, call, by, now))


def carried_out(tx: Tx, act: Act, done: Collection[CommandId], *, by: Worker, now: Instant) -> Recorded:
    """Record which commands were carried out; what has been added meanwhile is to be carried out next."""
    attempt, call = _acting(tx, act, done)
    if attempt is None or call is None:
        return IGNORED
    return Recorded(act=_keep(tx, attempt, call, by, now))


def refused(
    tx: Tx,
    configurations: Configurations,
    act: Act,
    done: Collection[CommandId],
    command: Command,
    cause: Cause,
    *,
    by: Worker,
    now: Instant,
) -> Recorded:
    """Record that, after those ``done``, a command could not be carried out, now or later; and what follows from it."""
    attempt, call = _acting(tx, act, done)
    if attempt is None or call is None or command not in call.todo:
        return IGNORED
    return _refuse(tx, configurations, attempt, call, command, cause, by, now)


def put_off(tx: Tx, act: Act, done: Collection[CommandId], *, seconds: float | None = None, now: Instant) -> Recorded:
    """Record that, after those ``done``, the next command did not get through: it is given again later.

    Soon, unless ``seconds`` says when; the longer nothing has happened to the call, the later.
    """
    attempt, call = _acting(tx, act, done)
    if attempt is not None and call is not None:
        silent = (now - attempt.last_step_at) / SECOND / 4
        pause = seconds if seconds is not None else max(_SOON_SECONDS, silent)
        store.save_call(tx, attempt, call.put_off(after(now, min(pause, _LONGEST_PAUSE_SECONDS))))
    return Recorded()


def let_go(tx: Tx, act: Act, done: Collection[CommandId], *, now: Instant) -> Recorded:
    """Record that, after those ``done``, the rest was not given at all: it is for whoever is first to wake the call."""
    attempt, call = _acting(tx, act, done)
    if attempt is not None and call is not None:
        store.save_call(tx, attempt, replace(call, lease=Lease(act.lease.owner, now) if call.todo else None))
    return Recorded()


def give_back(tx: Tx, act: Act, command: Originate, *, seconds: float, now: Instant) -> Recorded:
    """Put a callback back into its place in line and let the line rest: the network is busy, and nobody was rung.

    It is the line that rests and not the callback, so that nobody is overtaken. Nothing of the attempt remains but a
    line in the timeline, and it does not count.
    """
    # First, as it is the turn's lock as well: a turn that ends meanwhile would not know that somebody is held back.
    line = Line(command.org, command.call_target_id)
    store.rest(tx, line, until=after(now, min(seconds, _LONGEST_REST_SECONDS)))
    attempt, call = _acting(tx, act, ())
    if attempt is None or call is None or not call.in_doubt:
        return IGNORED
    return _give_back(tx, attempt, "network_busy", State.WAITLISTED, now)


def hurry(tx: Tx, lines: set[Line], *, now: Instant) -> None:
    """Have these lines looked at now where somebody is held back: there is room."""
    for line in sorted(lines):
        store.hurry(tx, line, now=now)


def _acting(tx: Tx, act: Act, done: Collection[CommandId]) -> tuple[Attempt | None, Call | None]:
    """The attempt and its call without the commands ``done``; None if it is no longer this act's business.

    What is done is written down in any case.
    """
    attempt = store.lock_attempt(tx, act.attempt_id)
    if attempt is None or attempt.call is None:
        return None, None
    call = attempt.call.without(frozenset(done))
    if attempt.call.lease != act.lease:
        store.save_call(tx, attempt, call)
        return None, None
    return attempt, call


def _take(
    tx: Tx, configurations: Configurations, attempt: Attempt, call: Call, step: Step, by: Worker, now: Instant
) -> Recorded:
    """Take a step of the flow: record its progress, and store it with the commands that follow."""
    recorded, reached = Recorded(), attempt
    callback = callbacks.find(tx, attempt.org, attempt.callback_id)
    for step_taken in step.progress:
        if callback is None or reached.ended_at is not None or callback.state not in LIVE_CALL:
            break
        reached, told = progress.record(tx, configurations, reached, callback, step_taken, by, now)
        recorded = replace(told, progress=(*recorded.progress, *told.progress))
        callback = callbacks.find(tx, attempt.org, attempt.callback_id)
    act = _keep(tx, attempt, call.after(step), by, now)
    if callback is not None and recorded.progress:
        lessons.learn(tx, callback, attempt, reached, now)
    return replace(recorded, act=act)


def _refuse(
    tx: Tx,
    configurations: Configurations,
    attempt: Attempt,
    call: Call,
    command: Command,
    cause: Cause,
    by: Worker,
    now: Instant,
) -> Recorded:
    step = flow.on_refusal(call.flow, command, cause, now)
    return _take(tx, configurations, attempt, call.without(frozenset({command.id})), step, by, now)


def _keep(tx: Tx, attempt: Attempt, call: Call, by: Worker, now: Instant) -> Act | None:
    """Store the call; what this worker is to carry out of it, unless another is at it."""
    mine = call.in_hands_of(by.act_lease(now), now)
    store.save_call(tx, attempt, mine or call)
    return mine.act if mine else None


def _begin_again(
    tx: Tx, configurations: Configurations, attempt: Attempt, call: Call, by: Worker, now: Instant
) -> Recorded:
    """Begin a call of which the driver never heard, after a second look, unless another worker is just about to.

    One that does not get through in all the time it was given is given up; but not where nobody has even tried.
    """
    if call.in_hands_of(by.act_lease(now), now) is None:
        return Recorded(act=_keep(tx, attempt, call, by, now))
    if not _may_still_be_dialled(tx, configurations, attempt, now):
        return _give_back(tx, attempt, "not_now", State.PENDING, now)
    if call.flow.wake_at is not None and call.flow.wake_at <= now:
        if call.tried:
            return _refuse(tx, configurations, attempt, call, call.beginning, Cause.FAILED, by, now)
        step = flow.begin(call.flow.order, now)
        call = Call(step.flow, step.commands, call.lease)
    return Recorded(act=_keep(tx, attempt, call, by, now))


def _lose(tx: Tx, configurations: Configurations, attempt: Attempt, by: Worker, now: Instant) -> Recorded:
    """Give up a call whose flow is not known, or cannot be read: another version of Ringback made it."""
    store.save_call(tx, attempt, None)
    callback = callbacks.find(tx, attempt.org, attempt.callback_id)
    if attempt.ended_at is not None or callback is None or callback.state not in LIVE_CALL:
        return IGNORED
    lost = Progress(ProgressKind.ENDED, now, Cause.FAILED, Party.NETWORK)
    _, recorded = progress.record(tx, configurations, attempt, callback, lost, by, now)
    return recorded


def _may_still_be_dialled(tx: Tx, configurations: Configurations, attempt: Attempt, now: Instant) -> bool:
    """The second look, taken again after the claim."""
    callback = callbacks.find(tx, attempt.org, attempt.callback_id)
    if callback is None:
        return False
    target = configurations.of(tx, callback.org).call_targets.get(callback.call_target_id)
    before = replace(callback, attempts=callback.attempts - 1)
    # The calls to the number were counted when it was claimed.
    customer = CustomerFacts(blocked=callbacks.is_blocked(tx, callback), calls=(), calls_per_day=1)
    return (
        target is not None
        and plan.refusal(target, before, now) is None
        and plan.second_look(target, before, customer, now) is None
    )


def _give_back(tx: Tx, attempt: Attempt, reason: str, into: State, now: Instant) -> Recorded:
    callback = callbacks.find(tx, attempt.org, attempt.callback_id)
    heard_of = attempt.last_step_at > attempt.claimed_at
    if heard_of or attempt.ended_at is not None or callback is None or callback.state is not State.DIALING:
        return IGNORED
    store.drop_attempt(tx, attempt)
    launched = {} if callback.attempts > 1 else {"launched_at": None}
    callbacks.move(tx, callback, State.PENDING, now=now, attempts=callback.attempts - 1, **launched)
    callbacks.note(tx, callback.org, callback.id, "given_back", now=now, attempt=attempt.number, reason=reason)
    if into is State.WAITLISTED:
        callbacks.move(tx, replace(callback, state=State.PENDING), State.WAITLISTED, now=now)
        return Recorded()
    return Recorded(made_room_in=_line_of(callback))


def _line_of(callback: Callback) -> Line:
    return Line(callback.org, callback.call_target_id)
