"""The SQL of the audit log. Entries are added and read, never changed."""

from typing import Any

import orjson

from ringback.audit.model import Action, AuditEntry, Facts, Search
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


def get(tx: Tx, org: OrgId, entry_id: str) -> AuditEntry | None:
    """The entry with that id."""
    row = tx.one(
        """
        SELECT id, at, actor, origin, action, subject_kind, subject_key, before, after FROM audit_log
        WHERE org_id = :org AND id = :id
        """,
        org=org,
        id=entry_id,
    )
    return _entry(row) if row else None


def search(tx: Tx, org: OrgId, wanted: Search, *, older_than: str | None, limit: int) -> list[AuditEntry]:
    """Entries that fit, newest first, below an id if one is given."""
    conditions = ["org_id = :org"]
    values: dict[str, Any] = {}

    def demand(condition: str, **value: Any) -> None:
        conditions.append(condition)
        values.update(value)

    if older_than:
        demand("id < :older_than", older_than=older_than)
    if wanted.actor:
        demand("LOWER(actor) LIKE :actor ESCAPE '!'", actor=_containing(wanted.actor))
    if wanted.subject_kind:
        demand("subject_kind = :kind", kind=wanted.subject_kind)
    if wanted.subject_key:
        demand("LOWER(subject_key) LIKE :key ESCAPE '!'", key=_containing(wanted.subject_key))
    if wanted.action:
        demand("action = :action", action=wanted.action.value)
    if wanted.since is not None:
        demand("at >= :since", since=wanted.since)
    if wanted.until is not None:
        demand("at < :until", until=wanted.until)
    rows = tx.all(
        f"""
        SELECT id, at, actor, origin, action, subject_kind, subject_key, before, after FROM audit_log
        WHERE {" AND ".join(conditions)} ORDER BY id DESC LIMIT :limit
        """,
        org=org,
        limit=limit,
        **values,
    )
    return [_entry(row) for row in rows]


def subject_kinds(tx: Tx, org: OrgId) -> list[str]:
    """The kinds of things that there are entries about."""
    rows = tx.all("SELECT DISTINCT subject_kind FROM audit_log WHERE org_id = :org ORDER BY subject_kind", org=org)
    return [row["subject_kind"] for row in rows]


def _containing(text: str) -> str:
    """A LIKE pattern for what contains ``text``, whose own wildcards mean themselves."""
    plain = text.lower()
    for special in "!%_":
        plain = plain.replace(special, f"!{special}")
    return f"%{plain}%"


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
