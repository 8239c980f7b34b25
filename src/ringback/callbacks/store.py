"""The SQL of callbacks: rows, their moves, the counts of each state, timeslots and the timeline.

Every move goes through :func:`move` or one of the bulk moves below it, which keep ``call_target_load`` in step within
the same transaction.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from ringback.callbacks.lifecycle import IN_LINE, Outcome, State, may_move
from ringback.callbacks.model import Callback, IdempotencyKey, Kind, Wish
from ringback.db.tx import Change, Row, Tx
from ringback.forecast.model import Estimate, Load
from ringback.kernel import ids
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId, WidgetId

_LOAD_SHARDS = 8
"""Over how many rows the counts of one call target are spread."""

_COLUMNS = """org_id, id, call_target_id, widget_id, contact_number, contact_name, type, state, outcome, channel,
    locale, time_zone, order_at, appointment_at, due_at, promised_seconds, attempts, created_at, finished_at"""


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
        """
        INSERT INTO callbacks (
            org_id, id, call_target_id, widget_id, contact_number, contact_name, type, state, channel, locale,
            time_zone, user_data, opt_ins, order_at, appointment_at, due_at, duplicate_guard,
            promised_seconds, promised_low, promised_high, promise_inputs, attempts, created_at, updated_at
        ) VALUES (
            :org, :id, :target, :widget, :number, :name, :type, 'pending', :channel, :locale,
            :time_zone, :user_data, :opt_ins, :order_at, :appointment_at, :due_at, :guard,
            :seconds, :low, :high, :inputs, 0, :now, :now
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
        seconds=promise.seconds if promise else None,
        low=promise.low if promise else None,
        high=promise.high if promise else None,
        inputs=orjson.dumps(promise.facts).decode() if promise else None,
        now=now,
    )
    if stored:
        _count(tx, org, call_target_id, {_counter(State.PENDING, wish.kind): 1})
        tx.changed(org, Change.CALLBACKS)
    return stored == 1


def get(tx: Tx, org: OrgId, callback_id: CallbackId) -> Callback | None:
    """The callback with that id, if it is the organization's."""
    row = tx.one(f"SELECT {_COLUMNS} FROM callbacks WHERE org_id = :org AND id = :id", org=org, id=callback_id)
    return _callback(row) if row else None


def details(tx: Tx, org: OrgId, callback_id: CallbackId) -> Mapping[str, Any]:
    """The parts of a callback that only the agent and the console see: its user data."""
    row = tx.one("SELECT user_data FROM callbacks WHERE org_id = :org AND id = :id", org=org, id=callback_id)
    user_data: Mapping[str, Any] = orjson.loads(row["user_data"]) if row else {}
    return user_data


def live_of_number(tx: Tx, org: OrgId, number: str) -> list[Callback]:
    """The callbacks of a number that have not ended, oldest first."""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM callbacks
        WHERE org_id = :org AND contact_number = :number AND outcome IS NULL
        ORDER BY created_at, id LIMIT 100
        """,
        org=org,
        number=number,
    )
    return [_callback(row) for row in rows]


def lock(tx: Tx, callback: Callback) -> Callback | None:
    """The callback as it is now, and stays until the transaction ends; None when its row is gone."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM callbacks WHERE org_id = :org AND id = :id FOR UPDATE",
        org=callback.org,
        id=callback.id,
    )
    return _callback(row) if row else None


def guarding(tx: Tx, org: OrgId, call_target_id: CallTargetId, number: str) -> Callback | None:
    """The live callback that keeps a second one of this number off this call target, locked."""
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM callbacks
        WHERE org_id = :org AND call_target_id = :target AND duplicate_guard = :number AND outcome IS NULL
        FOR UPDATE
        """,
        org=org,
        target=call_target_id,
        number=number,
    )
    return _callback(row) if row else None


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


def move(tx: Tx, callback: Callback, to: State, *, now: Instant, **columns: Any) -> bool:
    """Move a callback to another state, setting further columns with it; False when it is no longer where it was.

    Raises ``ValueError`` for a move that the lifecycle does not know: that is a mistake in the program.
    """
    if not _write_move(tx, callback, to, columns, now=now):
        return False
    _count_move(tx, callback, to, Kind(columns.get("type", callback.kind)))
    return True


def finish(tx: Tx, callback: Callback, outcome: Outcome, *, now: Instant) -> bool:
    """End a callback; False when it is no longer where it was. If it still waited, its timeslot is free again."""
    if not _write_move(tx, callback, State.FINISHED, {"outcome": outcome.value}, now=now):
        return False
    if callback.appointment_at is not None and callback.cancelable:
        release_slot(tx, callback.org, callback.call_target_id, callback.appointment_at)
    _count_move(tx, callback, State.FINISHED, callback.kind)
    return True


def first_in_line(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, now: Instant, limit: int) -> list[Callback]:
    """The first due callbacks of a call target's line, in its order, locked until the transaction ends."""
    # Nothing is due before its place in line, so order_at bounds the search of the index from both sides.
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM callbacks
        WHERE org_id = :org AND call_target_id = :target AND state IN ('pending', 'waitlisted')
          AND order_at <= :now AND due_at <= :now
        ORDER BY order_at, id LIMIT :limit FOR UPDATE
        """,
        org=org,
        target=call_target_id,
        now=now,
        limit=limit,
    )
    return [_callback(row) for row in rows]


def come_due(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, now: Instant, limit: int) -> list[Callback]:
    """Due callbacks of a call target that still count as pending, longest due first, locked like the line."""
    # The concatenations keep SQLite from walking all callbacks of the organization instead of the index of what is due.
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM callbacks
        WHERE state = 'pending' AND due_at <= :now AND org_id || '' = :org AND call_target_id || '' = :target
        ORDER BY due_at LIMIT :limit FOR UPDATE
        """,
        org=org,
        target=call_target_id,
        now=now,
        limit=limit,
    )
    return [_callback(row) for row in rows]


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
        f"UPDATE callbacks SET {assignments} WHERE org_id = :org AND id = :id AND state = :origin",
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
    note_moves(tx, first.org, first.call_target_id, [(callback.state, to, callback.kind) for callback, _ in moves])


def loads(tx: Tx, org: OrgId) -> dict[CallTargetId, Load]:
    """The counts of every call target of the organization that ever had a callback."""
    rows = tx.all(f"{_LOAD_SUM} WHERE org_id = :org GROUP BY call_target_id", org=org)
    return {CallTargetId(row["call_target_id"]): _load(row) for row in rows}


def load_of(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> Load:
    """The counts of one call target."""
    row = tx.one(
        f"{_LOAD_SUM} WHERE org_id = :org AND call_target_id = :target GROUP BY call_target_id",
        org=org,
        target=call_target_id,
    )
    return _load(row) if row else Load()


def count_states(tx: Tx) -> dict[str, int]:
    """How many live callbacks of all organizations are in each state."""
    row = tx.one(
        """
        SELECT SUM(pending_asap + pending_scheduled) AS pending, SUM(waitlisted) AS waitlisted,
               SUM(dialing) AS dialing, SUM(connecting) AS connecting, SUM(talking) AS talking
        FROM call_target_load
        """
    )
    return {name: int(row[name] or 0) for name in row.keys()} if row else {}  # noqa: SIM118 - rows are not mappings


def recount(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> Load:
    """The same counts taken from the rows themselves: slow, for tests and ``ringback doctor``."""
    rows = tx.all(
        """
        SELECT state, type, COUNT(*) AS n FROM callbacks
        WHERE org_id = :org AND call_target_id = :target AND outcome IS NULL GROUP BY state, type
        """,
        org=org,
        target=call_target_id,
    )
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[_counter(State(row["state"]), Kind(row["type"]))] += row["n"]
    return Load(**counts)


def note_moves(tx: Tx, org: OrgId, call_target_id: CallTargetId, moves: Iterable[tuple[State, State, Kind]]) -> None:
    """Keep the counts in step with rows that were moved in bulk by a store's own statement."""
    counts: dict[str, int] = defaultdict(int)
    for origin, to, kind in moves:
        counts[_counter(origin, kind)] -= 1
        counts[_counter(to, kind)] += 1
    _count(tx, org, call_target_id, counts)
    tx.changed(org, Change.CALLBACKS)


def take_slot(tx: Tx, org: OrgId, call_target_id: CallTargetId, starts_at: Instant, capacity: int) -> bool:
    """Take one place of a timeslot; False when none is left. Of two who race for the last place one gets it."""
    taken = tx.run(
        """
        INSERT INTO timeslots (org_id, call_target_id, starts_at, taken) VALUES (:org, :target, :starts_at, 1)
        ON CONFLICT (org_id, call_target_id, starts_at)
            DO UPDATE SET taken = timeslots.taken + 1 WHERE timeslots.taken < :capacity
        """,
        org=org,
        target=call_target_id,
        starts_at=starts_at,
        capacity=capacity,
    )
    return taken == 1


def release_slot(tx: Tx, org: OrgId, call_target_id: CallTargetId, starts_at: Instant) -> None:
    """Give a place of a timeslot back."""
    tx.run(
        """
        UPDATE timeslots SET taken = taken - 1
        WHERE org_id = :org AND call_target_id = :target AND starts_at = :starts_at AND taken > 0
        """,
        org=org,
        target=call_target_id,
        starts_at=starts_at,
    )


def taken_slots(tx: Tx, org: OrgId, since: Instant) -> dict[CallTargetId, dict[Instant, int]]:
    """How many places are taken in each coming timeslot."""
    # CROSS JOIN keeps SQLite from walking all timeslots that the organization ever had.
    rows = tx.all(
        """
        SELECT t.call_target_id, t.starts_at, t.taken FROM call_targets c CROSS JOIN timeslots t
        WHERE c.org_id = :org AND t.org_id = c.org_id AND t.call_target_id = c.id
          AND t.starts_at >= :since AND t.taken > 0
        """,
        org=org,
        since=since,
    )
    taken: dict[CallTargetId, dict[Instant, int]] = defaultdict(dict)
    for row in rows:
        taken[CallTargetId(row["call_target_id"])][row["starts_at"]] = row["taken"]
    return dict(taken)


def claim_key(tx: Tx, org: OrgId, widget_id: WidgetId, key: IdempotencyKey, *, expired: Instant, now: Instant) -> bool:
    """Claim an idempotency key for this transaction; False when it was used since ``expired``.

    A simultaneous twin waits here until the first has committed, and then finds its answer.
    """
    claimed = tx.run(
        """
        INSERT INTO idempotency_keys (org_id, widget_id, key_hash, body_hash, answer, created_at)
        VALUES (:org, :widget, :key, :body, '', :now)
        ON CONFLICT (org_id, widget_id, key_hash)
            DO UPDATE SET body_hash = excluded.body_hash, answer = '', created_at = excluded.created_at
            WHERE idempotency_keys.created_at <= :expired
        """,
        org=org,
        widget=widget_id,
        key=key.key_hash,
        body=key.body_hash,
        expired=expired,
        now=now,
    )
    return claimed == 1


def remember_answer(tx: Tx, org: OrgId, widget_id: WidgetId, key: IdempotencyKey, answer: str) -> None:
    """Store the answer under a key claimed in this transaction."""
    tx.run(
        """
        UPDATE idempotency_keys SET answer = :answer
        WHERE org_id = :org AND widget_id = :widget AND key_hash = :key
        """,
        org=org,
        widget=widget_id,
        key=key.key_hash,
        answer=answer,
    )


def remembered_answer(tx: Tx, org: OrgId, widget_id: WidgetId, key: IdempotencyKey) -> tuple[str, str]:
    """The body digest and the answer stored under a used key."""
    row = tx.one(
        """
        SELECT body_hash, answer FROM idempotency_keys
        WHERE org_id = :org AND widget_id = :widget AND key_hash = :key
        """,
        org=org,
        widget=widget_id,
        key=key.key_hash,
    )
    return (row["body_hash"], row["answer"]) if row else ("", "")


def forget_answers(tx: Tx, before: Instant, limit: int) -> int:
    """Delete idempotency keys older than ``before``, at most ``limit`` of them."""
    return tx.run(
        """
        DELETE FROM idempotency_keys WHERE (org_id, widget_id, key_hash) IN (
            SELECT org_id, widget_id, key_hash FROM idempotency_keys WHERE created_at < :before LIMIT :limit
        )
        """,
        before=before,
        limit=limit,
    )


def note(tx: Tx, org: OrgId, callback_id: CallbackId, kind: str, *, now: Instant, **details: Any) -> None:
    """Add a line to the callback's timeline. Nothing personal goes into it."""
    note_all(tx, org, [(callback_id, details)], kind, now=now)


def note_all(
    tx: Tx, org: OrgId, lines: Sequence[tuple[CallbackId, Mapping[str, Any]]], kind: str, *, now: Instant
) -> None:
    """Add a line of one kind, each with its own details, to the timelines of several callbacks."""
    tx.run_many(
        """
        INSERT INTO callback_events (org_id, callback_id, id, at, kind, details)
        VALUES (:org, :callback, :id, :now, :kind, :details)
        """,
        [
            {
                "org": org,
                "callback": callback_id,
                "id": ids.new_id(now),
                "now": now,
                "kind": kind,
                "details": orjson.dumps(details).decode(),
            }
            for callback_id, details in lines
        ],
    )


def timeline(tx: Tx, org: OrgId, callback_id: CallbackId) -> list[tuple[Instant, str, Mapping[str, Any]]]:
    """What happened to a callback, in order: instant, kind, details."""
    rows = tx.all(
        "SELECT at, kind, details FROM callback_events WHERE org_id = :org AND callback_id = :id ORDER BY at, id",
        org=org,
        id=callback_id,
    )
    return [(row["at"], row["kind"], orjson.loads(row["details"])) for row in rows]


def is_blocked(tx: Tx, org: OrgId, number: str, prefixes: Sequence[str]) -> bool:
    """Whether the number, or a prefix of it, is on the block list or the never-call list."""
    names = {f"prefix_{n}": prefix for n, prefix in enumerate(prefixes)}
    listed = ", ".join(f":{name}" for name in names)
    return (
        tx.one(
            f"""
            SELECT 1 FROM blocked_numbers WHERE org_id = :org
              AND pattern IN (:number, {listed}) AND (scope = 'prefix' OR pattern = :number)
            LIMIT 1
            """,
            org=org,
            number=number,
            **names,
        )
        is not None
    )


_LOAD_SUM = """
    SELECT call_target_id, SUM(pending_asap) AS pending_asap, SUM(pending_scheduled) AS pending_scheduled,
           SUM(waitlisted) AS waitlisted, SUM(dialing) AS dialing, SUM(connecting) AS connecting,
           SUM(talking) AS talking
    FROM call_target_load
"""


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
        UPDATE callbacks SET {assignments}
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
    """Counted last in a transaction where that can be: many wait for these rows, as few for a timeslot's."""
    counts: dict[str, int] = defaultdict(int)
    counts[_counter(callback.state, callback.kind)] -= 1
    counts[_counter(to, kind)] += 1
    _count(tx, callback.org, callback.call_target_id, counts)
    tx.changed(callback.org, Change.CALLBACKS)


def _count(tx: Tx, org: OrgId, call_target_id: CallTargetId, counts: Mapping[str, int]) -> None:
    changes = {name: change for name, change in counts.items() if change and name}
    if not changes:
        return
    names = sorted(changes)
    added = ", ".join(f"{name} = call_target_load.{name} + excluded.{name}" for name in names)
    tx.run(
        f"""
        INSERT INTO call_target_load (org_id, call_target_id, shard, {", ".join(names)})
        VALUES (:org, :target, :shard, {", ".join(f":{name}" for name in names)})
        ON CONFLICT (org_id, call_target_id, shard) DO UPDATE SET {added}
        """,
        org=org,
        target=call_target_id,
        # The thread's own, so that one transaction that counts twice locks one row and cannot block another's.
        shard=threading.get_native_id() % _LOAD_SHARDS,
        **changes,
    )


def _counter(state: State, kind: Kind) -> str:
    """The name of the count that a callback in this state belongs to; '' when it is no longer counted."""
    if state is State.PENDING:
        return f"pending_{kind.value}"
    return "" if state is State.FINISHED else state.value


def _load(row: Row) -> Load:
    return Load(
        pending_asap=int(row["pending_asap"]),
        pending_scheduled=int(row["pending_scheduled"]),
        waitlisted=int(row["waitlisted"]),
        dialing=int(row["dialing"]),
        connecting=int(row["connecting"]),
        talking=int(row["talking"]),
    )


def _callback(row: Row) -> Callback:
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
        attempts=row["attempts"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )
