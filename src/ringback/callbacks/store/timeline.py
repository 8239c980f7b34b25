"""What happened to a callback, line by line. Nothing personal goes into it, but for what people write in notes."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ringback.db.tx import Tx
from ringback.kernel import ids
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, OrgId


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


def note_once(
    tx: Tx, org: OrgId, callback_id: CallbackId, event_id: str, kind: str, *, now: Instant, **details: Any
) -> bool:
    """Add a line under an id of the caller's; False when there is one of that id already."""
    added = tx.run(
        """
        INSERT INTO callback_events (org_id, callback_id, id, at, kind, details)
        VALUES (:org, :callback, :id, :now, :kind, :details) ON CONFLICT (org_id, callback_id, id) DO NOTHING
        """,
        org=org,
        callback=callback_id,
        id=event_id,
        now=now,
        kind=kind,
        details=orjson.dumps(details).decode(),
    )
    return added == 1


def noted(tx: Tx, org: OrgId, callback_id: CallbackId, event_id: str) -> tuple[str, Mapping[str, Any]] | None:
    """Kind and details of the line of that id; None when the callback's timeline has none."""
    row = tx.one(
        "SELECT kind, details FROM callback_events WHERE org_id = :org AND callback_id = :callback AND id = :id",
        org=org,
        callback=callback_id,
        id=event_id,
    )
    return (row["kind"], orjson.loads(row["details"])) if row else None


def timeline(tx: Tx, org: OrgId, callback_id: CallbackId) -> list[tuple[Instant, str, Mapping[str, Any]]]:
    """What happened to a callback, in order: instant, kind, details."""
    # The sum fits no index: for the order's sake SQLite would walk all events of the organization.
    rows = tx.all(
        "SELECT at, kind, details FROM callback_events WHERE org_id = :org AND callback_id = :id ORDER BY at + 0, id",
        org=org,
        id=callback_id,
    )
    return [(row["at"], row["kind"], orjson.loads(row["details"])) for row in rows]
