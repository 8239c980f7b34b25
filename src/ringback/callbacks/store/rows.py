"""The rows of callbacks and their moves. Every move keeps the counts (``load.py``) in step within its transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ringback.callbacks.lifecycle import IN_LINE, Outcome, State, may_move
from ringback.callbacks.model import Callback, Kind, Particulars, Wish
from ringback.callbacks.store.load import count_moves, count_new
from ringback.callbacks.store.timeslots import release_slot
from ringback.db.tx import Row, Tx
from ringback.forecast.inputs import inputs_of
from ringback.forecast.model import Estimate
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId, WidgetId

COLUMNS = """org_id, id, call_target_id, widget_id, contact_number, contact_name, type, state, outcome, channel,
    locale, time_zone, order_at, appointment_at, due_at, promised_seconds, promised_low, promised_high, attempts,
    created_at, finished_at, launched_at, erased_at"""

_TO_TELL = "CASE WHEN EXISTS (SELECT 1 FROM text_accounts WHERE org_id = :org) THEN 1 ELSE 0 END"
"""Whether a customer may have to be told by text that something has changed: only organizations that send any are."""


def insert(
    tx: Tx,
    org: OrgId,
    wish: Wish,
    *,
    callback_id: CallbackId,
    call_target_id: CallTargetId,
    widget_id: WidgetId,
    user_data: Mapping[str, Any],
    order_at: Instant,
    due_at: Instant,
    guarded: bool,
    promise: Estimate | None,
    now: Instant,
) -> bool:
    """Store a new pending callback; False when a live one of the same number stands guard on this call target."""
    stored = tx.run(
        f"""
        INSERT INTO callbacks (
            org_id, id, call_target_id, widget_id, contact_number, contact_name, type, state, channel, locale,
            time_zone, user_data, opt_ins, order_at, appointment_at, due_at, duplicate_guard,
            promised_seconds, promised_low, promised_high, promise_inputs, attempts, created_at, updated_at, to_tell
        ) VALUES (
            :org, :id, :target, :widget, :number, :name, :type, 'pending', :channel, :locale,
            :time_zone, :user_data, :opt_ins, :order_at, :appointment_at, :due_at, :guard,
            :seconds, :low, :high, :inputs, 0, :now, :now, {_TO_TELL}
        )
        ON CONFLICT (org_id, call_target_id, duplicate_guard)
            WHERE outcome IS NULL AND duplicate_guard IS NOT NULL DO NOTHING
        """,
        org=org,
        id=callback_id,
        target=call_target_id,
        widget=widget_id,
        number=wish.number.key,
        name=wish.name,
        type=wish.kind.value,
        channel=wish.channel,
        locale=wish.locale,
        time_zone=wish.time_zone,
        user_data=orjson.dumps(dict(user_data)).decode(),
        opt_ins=None if wish.opt_ins is None else orjson.dumps(wish.opt_ins).decode(),
        order_at=order_at,
        appointment_at=wish.appointment_at,
        due_at=due_at,
        guard=wish.number.key if guarded else None,
        seconds=promise.promise if promise else None,
        low=promise.low if promise else None,
        high=promise.high if promise else None,
        inputs=inputs_of(promise) if promise else None,
        now=now,
    )
    if stored:
        count_new(tx, org, call_target_id, wish.kind)
    return stored == 1


def get(tx: Tx, org: OrgId, callback_id: CallbackId) -> Callback | None:
    """The callback with that id, if it is the organization's."""
    row = tx.one(f"SELECT {COLUMNS} FROM callbacks WHERE org_id = :org AND id = :id", org=org, id=callback_id)
    return callback_of(row) if row else None


def particulars(tx: Tx, org: OrgId, callback_id: CallbackId) -> Particulars:
    """The parts of a callback that only the agent and the console see."""
    row = tx.one("SELECT user_data, opt_ins FROM callbacks WHERE org_id = :org AND id = :id", org=org, id=callback_id)
    if row is None:
        return Particulars({}, ())
    return Particulars(orjson.loads(row["user_data"]), tuple(orjson.loads(row["opt_ins"] or "[]")))


def live_of_number(tx: Tx, org: OrgId, number: str) -> list[Callback]:
    """The callbacks of a number that have not ended, oldest first."""
    rows = tx.all(
        f"""
        SELECT {COLUMNS} FROM callbacks
        WHERE org_id = :org AND contact_number = :number AND outcome IS NULL
        ORDER BY created_at, id LIMIT 100
        """,
        org=org,
        number=number,
    )
    return [callback_of(row) for row in rows]


def lock(tx: Tx, callback: Callback) -> Callback | None:
    """The callback as it is now, and stays until the transaction ends; None when its row is gone."""
    row = tx.one(
        f"SELECT {COLUMNS} FROM callbacks WHERE org_id = :org AND id = :id FOR UPDATE",
        org=callback.org,
        id=callback.id,
    )
    return callback_of(row) if row else None


def guarding(tx: Tx, org: OrgId, call_target_id: CallTargetId, number: str) -> Callback | None:
    """The live callback that keeps a second one of this number off this call target, locked."""
    row = tx.one(
        f"""
        SELECT {COLUMNS} FROM callbacks
        WHERE org_id = :org AND call_target_id = :target AND duplicate_guard = :number AND outcome IS NULL
        FOR UPDATE
        """,
        org=org,
        target=call_target_id,
        number=number,
    )
    return callback_of(row) if row else None


def requests_since(tx: Tx, org: OrgId, number: str, since: Instant) -> list[Instant]:
    """When this number asked for callbacks since then, oldest first."""
    rows = tx.all(
        """
        SELECT created_at FROM callbacks
        WHERE org_id = :org AND contact_number = :number AND created_at > :since ORDER BY created_at
        """,
        org=org,
        number=number,
        since=since,
    )
    return [row["created_at"] for row in rows]


def count_before(tx: Tx, callback: Callback) -> int:
    """How many callbacks of the same call target wait in line before this one; counting stops at 10,000."""
    row = tx.one(
        """
        SELECT COUNT(*) AS n FROM (
            SELECT 1 FROM callbacks
            WHERE org_id = :org AND call_target_id = :target AND state IN ('pending', 'waitlisted')
              AND (order_at, id) < (:order_at, :id)
            LIMIT 10000
        ) AS before
        """,
        org=callback.org,
        target=callback.call_target_id,
        order_at=callback.order_at,
        id=callback.id,
    )
    return int(row["n"]) if row else 0


def front_of_line(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> Callback | None:
    """Who has the first place in the line of a call target, due or not."""
    row = tx.one(
        f"""
        SELECT {COLUMNS} FROM callbacks
        WHERE org_id = :org AND call_target_id = :target AND state IN ('pending', 'waitlisted')
        ORDER BY order_at, id LIMIT 1
        """,
        org=org,
        target=call_target_id,
    )
    return callback_of(row) if row else None


def first_in_line(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, now: Instant, limit: int) -> list[Callback]:
    """The first due callbacks of a call target's line, in its order, locked until the transaction ends."""
    # Nothing is due before its place in line, so order_at bounds the search of the index from both sides.
    rows = tx.all(
        f"""
        SELECT {COLUMNS} FROM callbacks
        WHERE org_id = :org AND call_target_id = :target AND state IN ('pending', 'waitlisted')
          AND order_at <= :now AND due_at <= :now
        ORDER BY order_at, id LIMIT :limit FOR UPDATE
        """,
        org=org,
        target=call_target_id,
        now=now,
        limit=limit,
    )
    return [callback_of(row) for row in rows]


def come_due(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, now: Instant, limit: int) -> list[Callback]:
    """Due callbacks of a call target that still count as pending, longest due first, locked like the line."""
    # The concatenations keep SQLite from walking all callbacks of the organization instead of the index of what is due.
    rows = tx.all(
        f"""
        SELECT {COLUMNS} FROM callbacks
        WHERE state = 'pending' AND due_at <= :now AND org_id || '' = :org AND call_target_id || '' = :target
        ORDER BY due_at LIMIT :limit FOR UPDATE
        """,
        org=org,
        target=call_target_id,
        now=now,
        limit=limit,
    )
    return [callback_of(row) for row in rows]


def move(tx: Tx, callback: Callback, to: State, *, now: Instant, **columns: Any) -> bool:
    """Move a callback to another state, setting further columns with it; False when it is no longer where it was.

    Raises ``ValueError`` for a move that the lifecycle does not know: that is a mistake in the program.
    """
    if not _write_move(tx, callback, to, columns, now=now):
        return False
    _count_move(tx, callback, to, Kind(columns.get("type", callback.kind)))
    return True


def finish(tx: Tx, callback: Callback, outcome: Outcome, *, now: Instant) -> bool:
    """End a callback; False when it is no longer where it was.

    Its timeslot is free again if it still waited, or was cancelled.
    """
    if not _write_move(tx, callback, State.FINISHED, {"outcome": outcome.value}, now=now):
        return False
    if callback.appointment_at is not None and (callback.cancelable or outcome is Outcome.CANCELED):
        release_slot(tx, callback.org, callback.call_target_id, callback.appointment_at)
    _count_move(tx, callback, State.FINISHED, callback.kind)
    return True


def move_locked(tx: Tx, moves: Sequence[tuple[Callback, Mapping[str, Any]]], to: State, *, now: Instant) -> None:
    """Move callbacks of one call target that this transaction has locked, each with the same further columns.

    For moves within the line, and from it to a call. Raises ``ValueError`` for a move that the lifecycle does not know.
    """
    if not moves:
        return
    for callback, _ in moves:
        if not may_move(callback.state, to):
            raise ValueError(f"no move from {callback.state} to {to}")
    first, columns = moves[0]
    assignments = ", ".join(f"{name} = :{name}" for name in ("state", "updated_at", *sorted(columns)))
    tx.run_many(
        f"""
        UPDATE callbacks SET {assignments}, to_tell = {_TO_TELL}
        WHERE org_id = :org AND id = :id AND state = :origin
        """,
        [
            {
                **further,
                "state": to.value,
                "updated_at": now,
                "org": callback.org,
                "id": callback.id,
                "origin": callback.state.value,
            }
            for callback, further in moves
        ],
    )
    counted = [((callback.state, callback.kind), (to, callback.kind)) for callback, _ in moves]
    count_moves(tx, first.org, first.call_target_id, counted)


def to_tell(tx: Tx, *, limit: int) -> list[Callback]:
    """Callbacks that have changed since it was looked at what their customers are to be told; locked."""
    rows = tx.all(
        f"SELECT {COLUMNS} FROM callbacks WHERE to_tell = 1 ORDER BY updated_at LIMIT :limit FOR UPDATE SKIP LOCKED",
        limit=limit,
    )
    return [callback_of(row) for row in rows]


def nothing_to_tell(tx: Tx, callback: Callback) -> None:
    """It has been looked at."""
    tx.run("UPDATE callbacks SET to_tell = 0 WHERE org_id = :org AND id = :id", org=callback.org, id=callback.id)


def _write_move(tx: Tx, callback: Callback, to: State, columns: Mapping[str, Any], *, now: Instant) -> bool:
    if not may_move(callback.state, to):
        raise ValueError(f"no move from {callback.state} to {to}")
    written = {**columns, "state": to.value, "updated_at": now}
    if to is State.FINISHED:
        written["finished_at"] = now
    if to in {State.FINISHED, *IN_LINE}:
        written |= {"lease_owner": None, "lease_until": None}
    assignments = ", ".join(f"{name} = :{name}" for name in sorted(written))
    # The appointment as well as the state: another one may have been booked since the callback was read, and what is
    # counted and released belongs to the one that was read.
    moved = tx.run(
        f"""
        UPDATE callbacks SET {assignments}, to_tell = {_TO_TELL}
        WHERE org_id = :org AND id = :id AND state = :origin AND COALESCE(appointment_at, 0) = :booked
        """,
        org=callback.org,
        id=callback.id,
        origin=callback.state.value,
        booked=callback.appointment_at or 0,
        **written,
    )
    return moved == 1


def _count_move(tx: Tx, callback: Callback, to: State, kind: Kind) -> None:
    move = ((callback.state, callback.kind), (to, kind))
    count_moves(tx, callback.org, callback.call_target_id, [move])


def callback_of(row: Row) -> Callback:
    """The callback in a row of ``COLUMNS``."""
    return Callback(
        org=OrgId(row["org_id"]),
        id=CallbackId(row["id"]),
        call_target_id=CallTargetId(row["call_target_id"]),
        widget_id=WidgetId(row["widget_id"]),
        contact_number=row["contact_number"],
        contact_name=row["contact_name"],
        kind=Kind(row["type"]),
        state=State(row["state"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        channel=row["channel"],
        locale=row["locale"],
        time_zone=row["time_zone"],
        order_at=row["order_at"],
        appointment_at=row["appointment_at"],
        due_at=row["due_at"],
        promised_seconds=row["promised_seconds"],
        promised_range=None if row["promised_low"] is None else (row["promised_low"], row["promised_high"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        launched_at=row["launched_at"],
        erased_at=row["erased_at"],
    )
