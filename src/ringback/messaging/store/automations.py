"""The SQL of an organization's own conversations. Without any it has those that come with Ringback."""

from functools import lru_cache

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId
from ringback.messaging.default_flows import default_automations
from ringback.messaging.flow import Automations


def of(tx: Tx, org: OrgId) -> Automations:
    """The conversations that the organization has."""
    row = tx.one("SELECT document FROM automations WHERE org_id = :org", org=org)
    return default_automations() if row is None else _read(row["document"])


def save(tx: Tx, org: OrgId, wanted: Automations, *, now: Instant) -> None:
    """Have these from now on."""
    tx.run(
        """
        INSERT INTO automations (org_id, document, updated_at) VALUES (:org, :document, :now)
        ON CONFLICT (org_id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at
        """,
        org=org,
        document=wanted.to_json(),
        now=now,
    )


def remove(tx: Tx, org: OrgId) -> bool:
    """Have those that come with Ringback again; whether there were others."""
    return tx.run("DELETE FROM automations WHERE org_id = :org", org=org) == 1


@lru_cache(256)
def _read(document: str) -> Automations:
    """Reading checks every branch, which takes longer than a turn."""
    return Automations.from_json(document)
