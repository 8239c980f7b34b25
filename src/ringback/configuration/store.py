"""The SQL that belongs to a configuration as a whole: what is unique in the installation, and the block list."""

from collections.abc import Sequence
from dataclasses import dataclass

from ringback.db.tx import Row, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId, OrgId, TokenId, WidgetId

FROM_FILE = "file"
"""The reason of those blocked numbers that came from a configuration file. Others are left alone by it."""

BY_PERSON = "console"
"""The reason of those that somebody has put on the block list by hand."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The widget, of whatever organization, that has a public id or slug; perhaps a removed one."""

    org: OrgId
    id: WidgetId
    key: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """An entry of the block list: ``scope`` is ``number`` or ``prefix``."""

    scope: str
    pattern: str


@dataclass(frozen=True, slots=True)
class BlockedEntry:
    """An entry with all that is known of it."""

    blocked: Blocked
    reason: str
    """``file``, ``never_call`` (the customer's own wish), ``console``, or what else has put it there."""
    since: Instant
    words: str | None = None
    """Why, in the words of whoever decided it."""
    by: str | None = None
    """Who that was."""


def lock(tx: Tx, key: str) -> None:
    """Let nobody else change the organization's configuration until this transaction ends."""
    tx.one("SELECT id FROM organizations WHERE key = :key FOR NO KEY UPDATE", key=key)


def holder_of_id(tx: Tx, widget_id: str) -> Holder | None:
    """Who has that public id."""
    row = tx.one("SELECT org_id, id, key FROM widgets WHERE id = :id", id=widget_id)
    return Holder(OrgId(row["org_id"]), WidgetId(row["id"]), row["key"]) if row else None


def holder_of_slug(tx: Tx, slug: str) -> Holder | None:
    """Who has that slug."""
    row = tx.one("SELECT org_id, id, key FROM widgets WHERE slug = :slug", slug=slug)
    return Holder(OrgId(row["org_id"]), WidgetId(row["id"]), row["key"]) if row else None


def release_slug(tx: Tx, org: OrgId, widget_id: WidgetId) -> None:
    """Take a convey's slug away, so that another of the organization can have it; it gets its own id for one."""
    tx.run("UPDATE widgets SET slug = id WHERE org_id = :org AND id = :id", org=org, id=widget_id)


def token_with_hash(tx: Tx, secret_hash: str) -> TokenId | None:
    """The token, of whatever organization, with that secret."""
    row = tx.one("SELECT id FROM access_tokens WHERE secret_hash = :hash", hash=secret_hash)
    return TokenId(row["id"]) if row else None


def count_live_callbacks(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> int:
    """How many callbacks of the call target have not ended."""
    row = tx.one(
        "SELECT COUNT(*) AS n FROM callbacks WHERE org_id = :org AND call_target_id = :target AND outcome IS NULL",
        org=org,
        target=call_target_id,
    )
    return int(row["n"]) if row else 0


def count_live_callbacks_of_widget(tx: Tx, org: OrgId, widget_id: WidgetId) -> int:
    """How many callbacks that were asked for through the widget have not ended."""
    row = tx.one(
        "SELECT COUNT(*) AS n FROM callbacks WHERE org_id = :org AND widget_id = :widget AND outcome IS NULL",
        org=org,
        widget=widget_id,
    )
    return int(row["n"]) if row else 0


def count_kept_people(tx: Tx, org: OrgId, finished_by: Instant) -> int:
    """How many callbacks that had finished by then still say whom they were for."""
    row = tx.one(
        """
        SELECT COUNT(*) AS n FROM callbacks
        WHERE org_id = :org AND finished_at IS NOT NULL AND erased_at IS NULL AND finished_at <= :finished_by
        """,
        org=org,
        finished_by=finished_by,
    )
    return int(row["n"]) if row else 0


def blocked(tx: Tx, org: OrgId) -> dict[Blocked, str]:
    """The organization's block list: each entry with its reason."""
    rows = tx.all("SELECT scope, pattern, reason FROM blocked_numbers WHERE org_id = :org", org=org)
    return {Blocked(row["scope"], row["pattern"]): row["reason"] for row in rows}


def block(
    tx: Tx,
    org: OrgId,
    entry: Blocked,
    *,
    reason: str,
    words: str | None = None,
    by: str | None = None,
    now: Instant,
) -> bool:
    """Put an entry on the block list; False when it is there, for whatever reason: then it stays as it is.

    A person's own ``words``, and who they are, go with the reason :data:`BY_PERSON` only.
    """
    added = tx.run(
        """
        INSERT INTO blocked_numbers (org_id, pattern, scope, reason, created_at, note, blocked_by)
        VALUES (:org, :pattern, :scope, :reason, :now, :words, :by)
        ON CONFLICT (org_id, pattern, scope) DO NOTHING
        """,
        org=org,
        pattern=entry.pattern,
        scope=entry.scope,
        reason=reason,
        words=words,
        by=by,
        now=now,
    )
    return added == 1


def unblock(tx: Tx, org: OrgId, entry: Blocked, *, reason: str) -> bool:
    """Take an entry off the block list; False when it is not there for that reason."""
    removed = tx.run(
        """
        DELETE FROM blocked_numbers
        WHERE org_id = :org AND pattern = :pattern AND scope = :scope AND reason = :reason
        """,
        org=org,
        pattern=entry.pattern,
        scope=entry.scope,
        reason=reason,
    )
    return removed == 1


def blocked_entries(
    tx: Tx, org: OrgId, *, begins: str = "", below: Blocked | None = None, limit: int
) -> list[BlockedEntry]:
    """The block list in the order of its patterns: those that begin so (+ and digits), behind an entry if given."""
    rows = tx.all(
        f"""
        SELECT {_BLOCKED} FROM blocked_numbers
        WHERE org_id = :org AND pattern LIKE :begins AND (pattern, scope) > (:pattern, :scope)
        ORDER BY pattern, scope LIMIT :limit
        """,
        org=org,
        begins=f"{begins}%",
        pattern=below.pattern if below else "",
        scope=below.scope if below else "",
        limit=limit,
    )
    return [_blocked_entry(row) for row in rows]


def blocked_by_any(tx: Tx, org: OrgId, number: str, prefixes: Sequence[str]) -> list[BlockedEntry]:
    """The entries that block a number: itself, and prefixes of it, shortest first."""
    names = {f"prefix_{n}": prefix for n, prefix in enumerate(prefixes)}
    listed = ", ".join(f":{name}" for name in names)
    rows = tx.all(
        f"""
        SELECT {_BLOCKED} FROM blocked_numbers
        WHERE org_id = :org AND pattern IN (:number, {listed}) AND (scope = 'prefix' OR pattern = :number)
        ORDER BY pattern, scope
        """,
        org=org,
        number=number,
        **names,
    )
    return [_blocked_entry(row) for row in rows]


def count_blocked(tx: Tx, org: OrgId) -> int:
    """How many entries the block list has."""
    row = tx.one("SELECT COUNT(*) AS n FROM blocked_numbers WHERE org_id = :org", org=org)
    return int(row["n"]) if row else 0


def _blocked_entry(row: Row) -> BlockedEntry:
    return BlockedEntry(
        Blocked(row["scope"], row["pattern"]), row["reason"], row["created_at"], row["note"], row["blocked_by"]
    )


_BLOCKED = "scope, pattern, reason, created_at, note, blocked_by"
