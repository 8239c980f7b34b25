"""The SQL that belongs to a configuration as a whole: what is unique in the installation, and the block list."""

from dataclasses import dataclass

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId, OrgId, TokenId, WidgetId

FROM_FILE = "file"
"""The reason of those blocked numbers that came from a configuration file. Others are left alone by it."""


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


def blocked(tx: Tx, org: OrgId) -> dict[Blocked, str]:
    """The organization's block list: each entry with its reason."""
    rows = tx.all("SELECT scope, pattern, reason FROM blocked_numbers WHERE org_id = :org", org=org)
    return {Blocked(row["scope"], row["pattern"]): row["reason"] for row in rows}


def block(tx: Tx, org: OrgId, entry: Blocked, *, now: Instant) -> None:
    """Put an entry on the block list; one that is there for another reason stays as it is."""
    tx.run(
        """
        INSERT INTO blocked_numbers (org_id, pattern, scope, reason, created_at)
        VALUES (:org, :pattern, :scope, :reason, :now) ON CONFLICT (org_id, pattern, scope) DO NOTHING
        """,
        org=org,
        pattern=entry.pattern,
        scope=entry.scope,
        reason=FROM_FILE,
        now=now,
    )


def unblock(tx: Tx, org: OrgId, entry: Blocked) -> None:
    """Take an entry that came from a file off the block list."""
    tx.run(
        """
        DELETE FROM blocked_numbers
        WHERE org_id = :org AND pattern = :pattern AND scope = :scope AND reason = :reason
        """,
        org=org,
        pattern=entry.pattern,
        scope=entry.scope,
        reason=FROM_FILE,
    )
