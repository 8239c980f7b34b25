"""The SQL of the audit log. Entries are added and read, never changed."""

import orjson

from ringback.audit.model import Action, AuditEntry, Facts
from ringback.db.tx import Row, Tx
from ringback.kernel.tenancy import OrgId


def add(tx: Tx, org: OrgId, entry: AuditEntry) -> None:
    """Add an entry."""
    tx.run(
        """
        INSERT INTO audit_log (org_id, id, at, actor, origin, action, subject_kind, subject_key, before, after)
        VALUES (:org, :id, :at, :actor, :origin, :action, :kind, :key, :before, :after)
        """,
        org=org,
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        origin=entry.origin,
        action=entry.action.value,
        kind=entry.subject_kind,
        key=entry.subject_key,
        before=_written(entry.before),
        after=_written(entry.after),
    )


def newest(tx: Tx, org: OrgId, *, limit: int) -> list[AuditEntry]:
    """The newest entries, newest first. Ids sort by time."""
    rows = tx.all(
        """
        SELECT id, at, actor, origin, action, subject_kind, subject_key, before, after FROM audit_log
        WHERE org_id = :org ORDER BY id DESC LIMIT :limit
        """,
        org=org,
        limit=limit,
    )
    return [_entry(row) for row in rows]


def _written(facts: Facts | None) -> str | None:
    return None if facts is None else orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        at=row["at"],
        actor=row["actor"],
        origin=row["origin"],
        action=Action(row["action"]),
        subject_kind=row["subject_kind"],
        subject_key=row["subject_key"],
        before=orjson.loads(row["before"]) if row["before"] else None,
        after=orjson.loads(row["after"]) if row["after"] else None,
    )
