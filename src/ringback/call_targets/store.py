"""The SQL of call targets."""

from ringback.call_targets.model import CallTarget, CallTargetSettings
from ringback.db.tx import Row, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId, OrgId

_SELECT = "SELECT id, key, document FROM call_targets"


def all_of(tx: Tx, org: OrgId, *, default_zone: str) -> list[CallTarget]:
    """The organization's call targets by key; those without a zone of their own take ``default_zone``."""
    rows = tx.all(f"{_SELECT} WHERE org_id = :org AND removed_at IS NULL ORDER BY key", org=org)
    return [_call_target(row, default_zone) for row in rows]


def ids_by_key(tx: Tx, org: OrgId) -> dict[str, CallTargetId]:
    """Every key ever used, removed call targets included, so that a returning one keeps its id and history."""
    rows = tx.all("SELECT id, key FROM call_targets WHERE org_id = :org", org=org)
    return {row["key"]: CallTargetId(row["id"]) for row in rows}


def save(
    tx: Tx, org: OrgId, call_target_id: CallTargetId, key: str, settings: CallTargetSettings, *, now: Instant
) -> None:
    """Create the call target, replace its settings, or bring a removed one back."""
    tx.run(
        """
        INSERT INTO call_targets (org_id, id, key, document, updated_at) VALUES (:org, :id, :key, :document, :now)
        ON CONFLICT (org_id, id) DO UPDATE
            SET document = excluded.document, updated_at = excluded.updated_at, removed_at = NULL
        """,
        org=org,
        id=call_target_id,
        key=key,
        document=settings.to_json(),
        now=now,
    )


def remove(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, now: Instant) -> None:
    """Take the call target out of use; its row stays for the callbacks that name it."""
    tx.run(
        "UPDATE call_targets SET removed_at = :now WHERE org_id = :org AND id = :id",
        org=org,
        id=call_target_id,
        now=now,
    )


def _call_target(row: Row, default_zone: str) -> CallTarget:
    settings = CallTargetSettings.from_json(row["document"])
    return CallTarget(
        id=CallTargetId(row["id"]), key=row["key"], settings=settings, zone_name=settings.time_zone or default_zone
    )
