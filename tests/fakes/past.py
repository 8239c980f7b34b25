"""Callbacks of days that are over, written into the database as they would have been left."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.callbacks.model import Kind
from ringback.db.tx import Tx
from ringback.kernel import ids
from ringback.kernel.clock import Instant, after
from ringback.kernel.tenancy import OrgId


@dataclass(frozen=True)
class Past:
    """One callback. Times in seconds after it was asked for; without an outcome it still waits."""

    asked_at: Instant
    outcome: Outcome | None = Outcome.SUCCESS
    kind: Kind = Kind.ASAP
    channel: str = "sms"
    call_target: str = ""
    widget: str = ""
    promised: int | None = 300
    """None for a callback that was asked for with a booked time."""
    booked: int | None = None
    launched: float | None = 240
    finished: float = 600
    attempts: int = 1
    first_party: str = "customer"
    answered: float | None = 250
    connected: float | None = 260


def remember(tx: Tx, org: OrgId, callbacks: Iterable[Past]) -> None:
    """Write them down."""
    listed = [(ids.new_id(each.asked_at), each) for each in callbacks]
    tx.run_many(_CALLBACK, [_columns(org, callback_id, each) for callback_id, each in listed])
    attempts = [_attempt(org, callback_id, each) for callback_id, each in listed if each.attempts and each.outcome]
    tx.run_many(_ATTEMPT, attempts)


def _columns(org: OrgId, callback_id: str, past: Past) -> dict[str, Any]:
    at = past.asked_at
    booked = None if past.kind is Kind.ASAP else after(at, past.booked or 0)
    return {
        "org": org,
        "id": callback_id,
        "target": past.call_target or f"{org}-billing-target",
        "widget": past.widget or f"{org}-billing",
        "type": past.kind.value,
        "state": "finished" if past.outcome else "pending",
        "outcome": past.outcome.value if past.outcome else None,
        "channel": past.channel,
        "booked": booked,
        "due": booked or at,
        "promised": past.promised,
        "attempts": past.attempts if past.outcome else 0,
        "at": at,
        "finished": after(at, past.finished) if past.outcome else None,
        "launched": _time(at, past.launched) if past.outcome else None,
    }


def _attempt(org: OrgId, callback_id: str, past: Past) -> dict[str, Any]:
    at = past.asked_at
    return {
        "org": org,
        "callback": callback_id,
        "number": past.attempts,
        "id": ids.new_id(at),
        "first_party": past.first_party,
        "claimed": after(at, past.launched or 0),
        "answered": _time(at, past.answered),
        "connected": _time(at, past.connected),
        "ended": after(at, past.finished),
        "cause": Cause.ANSWERED.value if past.connected is not None else Cause.NO_ANSWER.value,
    }


def _time(at: Instant, seconds: float | None) -> Instant | None:
    return None if seconds is None else after(at, seconds)


_CALLBACK = """
    INSERT INTO callbacks (
        org_id, id, call_target_id, widget_id, contact_number, type, state, outcome, channel, locale, time_zone,
        user_data, order_at, appointment_at, due_at, promised_seconds, promised_low, promised_high, attempts,
        created_at, updated_at, finished_at, launched_at
    ) VALUES (
        :org, :id, :target, :widget, '+12015550000', :type, :state, :outcome, :channel, 'en', 'UTC',
        '{}', :due, :booked, :due, :promised, :promised, :promised, :attempts,
        :at, :at, :finished, :launched
    )
"""

_ATTEMPT = """
    INSERT INTO attempts (
        org_id, callback_id, number, id, first_party, claimed_at, answered_at, connected_at, ended_at, cause
    ) VALUES (
        :org, :callback, :number, :id, :first_party, :claimed, :answered, :connected, :ended, :cause
    )
"""
