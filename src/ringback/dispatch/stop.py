"""Stopping a call that rings, by order of a person who handles callbacks.

What the network is to be told is stored with the call in the same transaction, as at every step of it. A worker
carries it out at once: the one who is at the call, or else the first to wake it.
"""

import ringback.callbacks.service as callbacks
from ringback.callbacks import handling
from ringback.callbacks.handling import CallbackChanged, Instruction
from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.db.claims import Lease
from ringback.db.tx import Tx
from ringback.dispatch import progress, store
from ringback.dispatch.call import Call
from ringback.dispatch.model import Line
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.telephony import flow
from ringback.telephony.flow import ProgressKind

_NOBODY = "nobody"
"""In whose hands commands are that any worker may take."""


def stop(tx: Tx, org: OrgId, callback_id: CallbackId, instruction: Instruction, *, now: Instant) -> Line | None:
    """Hang up the call that a callback is about, as long as nobody has been connected, and cancel the callback.

    The line in which there is room now, for :func:`ringback.dispatch.record.hurry`; None when the same form has been
    carried out before. Raises ``NotFound``, and ``CallbackChanged`` when nobody's telephone rings, not any more or not
    yet.
    """
    attempt = store.lock_live_attempt(tx, org, callback_id)  # first, as everybody does who records something of a call
    callback = handling.begin(tx, org, callback_id, instruction, "canceled")
    if callback is None:
        return None
    if attempt is None or attempt.call is None or callback.state is not State.DIALING:
        raise CallbackChanged("The call cannot be stopped any more. Nothing was done.")
    step = flow.give_up(attempt.call.flow, now)
    ended = next((each for each in step.progress if each.kind is ProgressKind.ENDED), None)
    if ended is None or ended.cause is Cause.ANSWERED:
        raise CallbackChanged("The call is ending just now. Nothing was done.")
    at = Instant(max(now, attempt.last_step_at + 1))  # a network's clock is not ours
    progress.end(tx, attempt, callback, ended, Instant(at + 1), now)  # behind the reason in the timeline
    callbacks.finish(tx, callback, Outcome.CANCELED, now=now)
    handling.write_down(tx, callback, "canceled", instruction, {"outcome": Outcome.CANCELED.value}, now=at)
    store.save_call(tx, attempt, _at_once(attempt.call.after(step), now))
    return Line(org, callback.call_target_id)


def _at_once(call: Call, now: Instant) -> Call:
    """The call with its commands for whoever is at it, or else for the first to come."""
    at_it = call.lease is not None and call.lease.held_at(now)
    if at_it or not call.todo:
        return call
    return Call(call.flow, call.todo, Lease(_NOBODY, now), call.tried)
