"""The SQL of the dispatcher: turns, attempts, and the leases under which callbacks are worked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from ringback.callbacks.lifecycle import Cause
from ringback.db.claims import Lease
from ringback.db.tx import Row, Tx
from ringback.dispatch import call as calls
from ringback.dispatch.call import Call
from ringback.dispatch.model import Attempt, Line
from ringback.kernel import ids
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId
from ringback.telephony.port import Party

_COLUMNS = """org_id, callback_id, number, id, first_party, claimed_at, ringing_at, answered_at, connected_at, ended_at,
    cause"""


def lines_to_look_at(tx: Tx, *, now: Instant, limit: int) -> list[Line]:
    """The lines of the callbacks that have been due longest, and of those held back that have rested."""
    rows = tx.all(
        """
        SELECT org_id, call_target_id FROM (
            SELECT org_id, call_target_id FROM callbacks
            WHERE state = 'pending' AND due_at <= :now ORDER BY due_at LIMIT :limit
        ) AS due
        UNION
        SELECT org_id, call_target_id FROM (
            SELECT org_id, call_target_id FROM dispatch_turns
            WHERE held = 1 AND look_at <= :now ORDER BY look_at LIMIT :limit
        ) AS rested
        """,
        now=now,
        limit=limit,
    )
    return [Line(OrgId(row["org_id"]), CallTargetId(row["call_target_id"])) for row in rows]


def take_turn(tx: Tx, line: Line, *, now: Instant) -> bool:
    """Lock the line's turn until the transaction ends; False when another worker has it."""
    held = tx.one(
        """
        SELECT 1 FROM dispatch_turns WHERE org_id = :org AND call_target_id = :target FOR UPDATE SKIP LOCKED
        """,
        org=line.org,
        target=line.call_target_id,
    )
    return held is not None or _first_turn(tx, line, now=now)


def end_turn(tx: Tx, line: Line, *, look_again_at: Instant | None) -> None:
    """Say when to look at the line again; None when nothing in it is held back."""
    tx.run(
        """
        UPDATE dispatch_turns SET held = :held, look_at = COALESCE(:look_at, look_at)
        WHERE org_id = :org AND call_target_id = :target
        """,
        org=line.org,
        target=line.call_target_id,
        held=look_again_at is not None,
        look_at=look_again_at,
    )


def hurry(tx: Tx, line: Line, *, now: Instant) -> bool:
    """Have the line looked at now if it is held back."""
    hurried = tx.run(
        """
        UPDATE dispatch_turns SET look_at = :now
        WHERE org_id = :org AND call_target_id = :target AND held = 1 AND look_at > :now
        """,
        org=line.org,
        target=line.call_target_id,
        now=now,
    )
    return hurried == 1


def rest(tx: Tx, line: Line, *, until: Instant) -> None:
    """Lock the turn, waiting for it if need be; the line is not looked at before then, unless somebody comes due."""
    tx.run(
        """
        UPDATE dispatch_turns SET held = 1, look_at = :until WHERE org_id = :org AND call_target_id = :target
        """,
        org=line.org,
        target=line.call_target_id,
        until=until,
    )


def anybody_due(tx: Tx, line: Line, *, now: Instant) -> bool:
    """Whether anybody in the line is due."""
    found = tx.one(
        """
        SELECT 1 FROM callbacks
        WHERE org_id = :org AND call_target_id = :target AND state IN ('pending', 'waitlisted')
          AND order_at <= :now AND due_at <= :now LIMIT 1
        """,
        org=line.org,
        target=line.call_target_id,
        now=now,
    )
    return found is not None


def claims_since(tx: Tx, line: Line, since: Instant) -> list[Instant]:
    """When callbacks of the line were claimed after ``since``, ascending."""
    # Attempt ids begin with their time, in ten characters: so their unique index finds the last ones of a million.
    # They are materialized because SQLite would rather walk all attempts of the organization.
    rows = tx.all(
        """
        WITH recent AS MATERIALIZED (
            SELECT org_id, callback_id, claimed_at FROM attempts WHERE id >= :first_id
        )
        SELECT recent.claimed_at FROM recent
        JOIN callbacks ON callbacks.org_id = recent.org_id AND callbacks.id = recent.callback_id
        WHERE recent.org_id = :org AND callbacks.call_target_id = :target AND recent.claimed_at > :since
        ORDER BY recent.claimed_at
        """,
        first_id=ids.new_id(since)[:10],
        org=line.org,
        target=line.call_target_id,
        since=since,
    )
    return [row["claimed_at"] for row in rows]


def calls_to_number(tx: Tx, org: OrgId, number: str, since: Instant) -> list[Instant]:
    """When calls to this number were begun after ``since``, over all call targets, ascending."""
    # CROSS JOIN keeps SQLite from walking all attempts that the organization ever made.
    rows = tx.all(
        """
        SELECT attempts.claimed_at FROM callbacks CROSS JOIN attempts
        WHERE callbacks.org_id = :org AND callbacks.contact_number = :number
          AND attempts.org_id = callbacks.org_id AND attempts.callback_id = callbacks.id
          AND attempts.claimed_at > :since
        ORDER BY attempts.claimed_at
        """,
        org=org,
        number=number,
        since=since,
    )
    return [row["claimed_at"] for row in rows]


def insert_attempts(tx: Tx, attempts: Sequence[Attempt]) -> None:
    """Store attempts that begin."""
    tx.run_many(
        """
        INSERT INTO attempts (org_id, callback_id, number, id, first_party, claimed_at, flow, wake_at)
        VALUES (:org, :callback, :number, :id, :first_party, :claimed_at, :flow, :wake_at)
        """,
        [
            {
                **_columns_of(attempt.call),
                "org": attempt.org,
                "callback": attempt.callback_id,
                "number": attempt.number,
                "id": attempt.id,
                "first_party": attempt.first_party.value,
                "claimed_at": attempt.claimed_at,
            }
            for attempt in attempts
        ],
    )


def lock_attempt(tx: Tx, attempt_id: AttemptId) -> Attempt | None:
    """The attempt of that id, locked until the transaction ends. Its id names the organization: it is ours alone."""
    row = tx.one(f"SELECT {_COLUMNS}, flow FROM attempts WHERE id = :id FOR UPDATE", id=attempt_id)
    return replace(_attempt(row), call=_call(row)) if row else None


def lock_live_attempt(tx: Tx, org: OrgId, callback_id: CallbackId) -> Attempt | None:
    """The attempt of a callback that has not ended, locked until the transaction ends; None if there is none."""
    row = tx.one(
        f"""
        SELECT {_COLUMNS}, flow FROM attempts
        WHERE org_id = :org AND callback_id = :callback AND ended_at IS NULL FOR UPDATE
        """,
        org=org,
        callback=callback_id,
    )
    return replace(_attempt(row), call=_call(row)) if row else None


def call_of(tx: Tx, attempt_id: AttemptId) -> Call | None:
    """The call of an attempt; None when it is over."""
    row = tx.one("SELECT flow FROM attempts WHERE id = :id", id=attempt_id)
    return _call(row) if row else None


def save_call(tx: Tx, attempt: Attempt, call: Call | None) -> None:
    """Write down where the call of an attempt stands; None when it is over."""
    tx.run("UPDATE attempts SET flow = :flow, wake_at = :wake_at WHERE id = :id", id=attempt.id, **_columns_of(call))


def any_to_wake(tx: Tx, *, now: Instant) -> bool:
    """Whether a time limit of any call has passed, or commands wait to be carried out again."""
    return tx.one("SELECT 1 FROM attempts WHERE wake_at <= :now LIMIT 1", now=now) is not None


def take_woken(tx: Tx, *, now: Instant, until: Instant, limit: int) -> list[AttemptId]:
    """The attempts that are to be woken, longest waiting first; no other worker gets them before ``until``."""
    rows = tx.all(
        "SELECT id FROM attempts WHERE wake_at <= :now ORDER BY wake_at LIMIT :limit FOR UPDATE SKIP LOCKED",
        now=now,
        limit=limit,
    )
    tx.run_many(
        "UPDATE attempts SET wake_at = :until WHERE id = :id", [{"id": row["id"], "until": until} for row in rows]
    )
    return [AttemptId(row["id"]) for row in rows]


def user_data_of(tx: Tx, org: OrgId, callback_id: CallbackId) -> Mapping[str, Any]:
    """What a customer gave along for the agent."""
    row = tx.one("SELECT user_data FROM callbacks WHERE org_id = :org AND id = :id", org=org, id=callback_id)
    user_data: Mapping[str, Any] = orjson.loads(row["user_data"]) if row else {}
    return user_data


def promise_of(tx: Tx, org: OrgId, callback_id: CallbackId) -> str | None:
    """What the promise to a customer was made from, as it was stored with it; None where nothing was promised."""
    row = tx.one("SELECT promise_inputs FROM callbacks WHERE org_id = :org AND id = :id", org=org, id=callback_id)
    inputs: str | None = row["promise_inputs"] if row else None
    return inputs


def attempts_of(tx: Tx, org: OrgId, callback_id: CallbackId) -> list[Attempt]:
    """All attempts of a callback, the first one first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM attempts WHERE org_id = :org AND callback_id = :callback ORDER BY number",
        org=org,
        callback=callback_id,
    )
    return [_attempt(row) for row in rows]


def save_steps(tx: Tx, attempt: Attempt) -> None:
    """Write down how far a live attempt has come, or its end; what has ended stays as it is."""
    tx.run(
        """
        UPDATE attempts SET ringing_at = :ringing_at, answered_at = :answered_at, connected_at = :connected_at,
            ended_at = :ended_at, cause = :cause
        WHERE id = :id AND ended_at IS NULL
        """,
        id=attempt.id,
        ringing_at=attempt.ringing_at,
        answered_at=attempt.answered_at,
        connected_at=attempt.connected_at,
        ended_at=attempt.ended_at,
        cause=attempt.cause.value if attempt.cause else None,
    )


def drop_attempt(tx: Tx, attempt: Attempt) -> None:
    """Forget an attempt that never became a call."""
    tx.run("DELETE FROM attempts WHERE id = :id AND ended_at IS NULL", id=attempt.id)


def any_lease_over(tx: Tx, *, now: Instant) -> bool:
    """Whether any call under way has not been heard of for as long as its lease."""
    found = tx.one(
        """
        SELECT 1 FROM callbacks WHERE state IN ('dialing', 'connecting', 'talking') AND lease_until <= :now LIMIT 1
        """,
        now=now,
    )
    return found is not None


def take_over(tx: Tx, lease: Lease, *, now: Instant, limit: int) -> list[AttemptId]:
    """Take the leases that ran out longest ago, and return their attempts. No two workers get the same one."""
    rows = tx.all(
        """
        SELECT org_id, id FROM callbacks
        WHERE state IN ('dialing', 'connecting', 'talking') AND lease_until <= :now
        ORDER BY lease_until LIMIT :limit FOR UPDATE SKIP LOCKED
        """,
        now=now,
        limit=limit,
    )
    keys = [{"org": row["org_id"], "id": row["id"]} for row in rows]
    tx.run_many(
        "UPDATE callbacks SET lease_owner = :owner, lease_until = :until WHERE org_id = :org AND id = :id",
        [{"owner": lease.owner, "until": lease.until, **key} for key in keys],
    )
    live = (
        tx.one(
            "SELECT id FROM attempts WHERE org_id = :org AND callback_id = :id AND ended_at IS NULL",
            **key,
        )
        for key in keys
    )
    return [AttemptId(row["id"]) for row in live if row]


def extend_lease(tx: Tx, org: OrgId, callback_id: CallbackId, until: Instant) -> None:
    """Have others wait longer before they look after this call."""
    tx.run(
        """
        UPDATE callbacks SET lease_until = :until
        WHERE org_id = :org AND id = :id AND state IN ('dialing', 'connecting', 'talking') AND lease_until < :until
        """,
        org=org,
        id=callback_id,
        until=until,
    )


def call_targets(tx: Tx, *, limit: int) -> list[Line]:
    """The call targets there are, of all organizations; so many at most."""
    rows = tx.all("SELECT org_id, id FROM call_targets WHERE removed_at IS NULL LIMIT :limit", limit=limit)
    return [Line(OrgId(row["org_id"]), CallTargetId(row["id"])) for row in rows]


def lines_in_use(tx: Tx, *, limit: int) -> list[Line]:
    """The lines in which anybody waits or talks; so many at most."""
    rows = tx.all(
        """
        SELECT org_id, call_target_id FROM call_target_load GROUP BY org_id, call_target_id
        HAVING SUM(pending_asap + pending_scheduled + waitlisted + dialing + connecting + talking) > 0 LIMIT :limit
        """,
        limit=limit,
    )
    return [Line(OrgId(row["org_id"]), CallTargetId(row["call_target_id"])) for row in rows]


def _first_turn(tx: Tx, line: Line, *, now: Instant) -> bool:
    """Make the line's turn and have it, unless it is there: then another worker has it."""
    made = tx.run(
        """
        INSERT INTO dispatch_turns (org_id, call_target_id, look_at) VALUES (:org, :target, :now)
        ON CONFLICT (org_id, call_target_id) DO NOTHING
        """,
        org=line.org,
        target=line.call_target_id,
        now=now,
    )
    return made == 1


def _columns_of(call: Call | None) -> Mapping[str, Any]:
    if call is None or call.over:
        return {"flow": None, "wake_at": None}
    return {"flow": calls.to_document(call), "wake_at": call.wake_at}


def _call(row: Row) -> Call | None:
    return calls.from_document(row["flow"]) if row["flow"] else None


def _attempt(row: Row) -> Attempt:
    return Attempt(
        org=OrgId(row["org_id"]),
        callback_id=CallbackId(row["callback_id"]),
        number=row["number"],
        id=AttemptId(row["id"]),
        first_party=Party(row["first_party"]),
        claimed_at=row["claimed_at"],
        ringing_at=row["ringing_at"],
        answered_at=row["answered_at"],
        connected_at=row["connected_at"],
        ended_at=row["ended_at"],
        cause=Cause(row["cause"]) if row["cause"] else None,
    )
