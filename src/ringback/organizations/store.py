"""The SQL of organizations."""

from dataclasses import dataclass

from ringback.db.tx import Change, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId, PolicyId
from ringback.organizations.model import OrganizationSettings


@dataclass(frozen=True, slots=True)
class StoredOrganization:
    """An organization's own row, with who may use its endpoints."""

    id: OrgId
    key: str
    version: int
    settings: OrganizationSettings
    policy_id: PolicyId | None
    public: bool


def get(tx: Tx, org: OrgId) -> StoredOrganization | None:
    """The organization with that id."""
    row = tx.one(
        """
        SELECT o.id, o.key, o.version, o.document, a.policy_id, COALESCE(a.public, 0) AS public
        FROM organizations o LEFT JOIN organization_access a ON a.org_id = o.id WHERE o.id = :org
        """,
        org=org,
    )
    if row is None:
        return None
    return StoredOrganization(
        id=OrgId(row["id"]),
        key=row["key"],
        version=row["version"],
        settings=OrganizationSettings.from_json(row["document"]),
        policy_id=PolicyId(row["policy_id"]) if row["policy_id"] else None,
        public=bool(row["public"]),
    )


def find(tx: Tx, key: str) -> OrgId | None:
    """The id of the organization with that key."""
    row = tx.one("SELECT id FROM organizations WHERE key = :key", key=key)
    return OrgId(row["id"]) if row else None


def created_at(tx: Tx, org: OrgId) -> Instant | None:
    """When the organization was made; None when there is none."""
    row = tx.one("SELECT created_at FROM organizations WHERE id = :org", org=org)
    return Instant(row["created_at"]) if row else None


def list_ids(tx: Tx) -> list[OrgId]:
    """All organizations, oldest first."""
    return [OrgId(row["id"]) for row in tx.all("SELECT id FROM organizations ORDER BY created_at, id")]


def settings_of_all(tx: Tx) -> dict[OrgId, OrganizationSettings]:
    """The settings of all organizations, oldest first."""
    rows = tx.all("SELECT id, document FROM organizations ORDER BY created_at, id")
    return {OrgId(row["id"]): OrganizationSettings.from_json(row["document"]) for row in rows}


def version(tx: Tx, org: OrgId) -> int | None:
    """The version of the organization's configuration; None when there is no such organization."""
    row = tx.one("SELECT version FROM organizations WHERE id = :org", org=org)
    return int(row["version"]) if row else None


def save(tx: Tx, org: OrgId, key: str, settings: OrganizationSettings, *, now: Instant) -> None:
    """Create the organization, or replace its settings."""
    tx.run(
        """
        INSERT INTO organizations (id, key, name, document, version, created_at, updated_at)
        VALUES (:org, :key, :name, :document, 0, :now, :now)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document
        """,
        org=org,
        key=key,
        name=settings.name,
        document=settings.to_json(),
        now=now,
    )


def save_access(tx: Tx, org: OrgId, *, policy_id: PolicyId | None, public: bool) -> None:
    """Say which policy guards the organization's endpoints, or that they are public."""
    tx.run(
        """
        INSERT INTO organization_access (org_id, policy_id, public) VALUES (:org, :policy, :public)
        ON CONFLICT (org_id) DO UPDATE SET policy_id = excluded.policy_id, public = excluded.public
        """,
        org=org,
        policy=policy_id,
        public=int(public),
    )


def mark_changed(tx: Tx, org: OrgId, *, now: Instant) -> None:
    """Give the configuration a new version, in the transaction that changed any part of it."""
    tx.run("UPDATE organizations SET version = version + 1, updated_at = :now WHERE id = :org", org=org, now=now)
    tx.changed(org, Change.CONFIGURATION)
