"""What the forecast learns from the steps of a call."""

import ringback.callbacks.service as callbacks
import ringback.forecast.service as forecast
from ringback.callbacks.lifecycle import Cause
from ringback.callbacks.model import Callback, Kind
from ringback.db.tx import Tx
from ringback.dispatch import store
from ringback.dispatch.model import Attempt, Line
from ringback.kernel.clock import SECOND, Instant
from ringback.telephony.port import Party


def learn(tx: Tx, callback: Callback, before: Attempt, reached: Attempt, now: Instant) -> None:
    """Tell the forecast how far an attempt has come. Last in its transaction: others wait for the same memory."""
    line = Line(callback.org, callback.call_target_id)
    if before.number == 1 and before.last_step_at == before.claimed_at:
        _launched(tx, line, callback, before, now)
    if reached.first_party is Party.CUSTOMER:
        there_at = reached.answered_at or reached.connected_at
        if there_at is not None and (before.answered_at or before.connected_at) is None:
            forecast.observe_reached(tx, *line, seconds=(there_at - reached.claimed_at) / SECOND)
        elif there_at is None and reached.ended_at is not None:
            forecast.observe_missed(tx, *line)
    # A conversation that was cut off is no measure of how long one takes.
    if reached.ended_at is not None and reached.connected_at is not None and reached.cause is Cause.ANSWERED:
        forecast.observe_finished(tx, *line, handle_time=(reached.ended_at - reached.connected_at) / SECOND)


def _launched(tx: Tx, line: Line, callback: Callback, attempt: Attempt, now: Instant) -> None:
    """At the first that is heard of it, not at the claim: a claim may be given back."""
    promised = callback.kind is Kind.ASAP and callback.promised_seconds is not None
    forecast.observe_launched(
        tx,
        *line,
        inputs=store.promise_of(tx, callback.org, callback.id) if promised else None,
        waited=(attempt.claimed_at - callback.created_at) / SECOND if promised else None,
        others=store.anybody_due(tx, line, now=now),
        load=callbacks.load_of(tx, *line),
        now=attempt.claimed_at,
    )
