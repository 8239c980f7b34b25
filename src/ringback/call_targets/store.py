"""The SQL of call targets."""

from ringback.call_targets.model import CallTarget, CallTargetSettings, Draft
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
    """Take the call target out of use; its row stays for the callbacks that name it, its draft does not."""
    remove_draft(tx, org, call_target_id)
    tx.run(
        "UPDATE call_targets SET removed_at = :now WHERE org_id = :org AND id = :id",
        org=org,
        id=call_target_id,
        now=now,
    )


def drafts(tx: Tx, org: OrgId) -> dict[CallTargetId, Draft]:
    """The drafts that wait to be published."""
    rows = tx.all(
        "SELECT call_target_id, document, made_from, saved_by, saved_at FROM call_target_drafts WHERE org_id = :org",
        org=org,
    )
    return {
        CallTargetId(row["call_target_id"]): Draft(
            settings=CallTargetSettings.from_json(row["document"]),
            made_from=CallTargetSettings.from_json(row["made_from"]),
            saved_by=row["saved_by"],
            saved_at=row["saved_at"],
        )
        for row in rows
    }


def save_draft(tx: Tx, org: OrgId, call_target_id: CallTargetId, draft: Draft) -> None:
    """Keep a call target's draft, in place of the one that it had."""
    tx.run(
        """
        INSERT INTO call_target_drafts (org_id, call_target_id, document, made_from, saved_by, saved_at)
        VALUES (:org, :id, :document, :made_from, :saved_by, :saved_at)
        ON CONFLICT (org_id, call_target_id) DO UPDATE SET
            document = excluded.document, made_from = excluded.made_from,
            saved_by = excluded.saved_by, saved_at = excluded.saved_at
        """,
        org=org,
        id=call_target_id,
        document=draft.settings.to_json(),
        made_from=draft.made_from.to_json(),
        saved_by=draft.saved_by,
        saved_at=draft.saved_at,
    )


def remove_draft(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> None:
    """Forget a call target's draft, if it has one."""
    tx.run("DELETE FROM call_target_drafts WHERE org_id = :org AND call_target_id = :id", org=org, id=call_target_id)


def _call_target(row: Row, default_zone: str) -> CallTarget:
    settings = CallTargetSettings.from_json(row["document"])
    return CallTarget(
        id=CallTargetId(row["id"]), key=row["key"], settings=settings, zone_name=settings.time_zone or default_zone
    )
