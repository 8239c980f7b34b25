"""The SQL of memberships. The organizations' keys and names are read beside them, never written here."""

from ringback.db.tx import Tx
from ringback.identity.model import Member, Membership, OrganizationName, Role, UserId
from ringback.identity.store.users import COLUMNS, user_of
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId


def organization(tx: Tx, key: str) -> OrganizationName | None:
    """The organization with that key."""
    row = tx.one("SELECT id, key, name FROM organizations WHERE key = :key", key=key)
    return OrganizationName(OrgId(row["id"]), row["key"], row["name"]) if row else None


def organizations(tx: Tx) -> list[OrganizationName]:
    """All organizations, by key."""
    rows = tx.all("SELECT id, key, name FROM organizations ORDER BY key")
    return [OrganizationName(OrgId(row["id"]), row["key"], row["name"]) for row in rows]


def insert(tx: Tx, org: OrgId, user_id: UserId, role: Role, *, now: Instant) -> bool:
    """Make the user a member; False for somebody who is one already."""
    added = tx.run(
        """
        INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (:org, :user, :role, :now)
        ON CONFLICT (org_id, user_id) DO NOTHING
        """,
        org=org,
        user=user_id,
        role=role,
        now=now,
    )
    return added == 1


def of_user(tx: Tx, user_id: UserId) -> tuple[Membership, ...]:
    """Where the user is at home, oldest first."""
    rows = tx.all(
        """
        SELECT m.org_id, o.key, o.name, m.role, m.created_at
        FROM memberships m JOIN organizations o ON o.id = m.org_id
        WHERE m.user_id = :user ORDER BY m.created_at, m.org_id
        """,
        user=user_id,
    )
    return tuple(
        Membership(OrgId(row["org_id"]), row["key"], row["name"], Role(row["role"]), row["created_at"]) for row in rows
    )


def of_organization(tx: Tx, org: OrgId) -> list[Member]:
    """The organization's people, by e-mail address."""
    rows = tx.all(
        f"""
        SELECT m.role, m.created_at AS since, {COLUMNS}
        FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.org_id = :org ORDER BY u.email
        """,
        org=org,
    )
    return [Member(user_of(row), Role(row["role"]), row["since"]) for row in rows]


def lock_administrators(tx: Tx, org: OrgId) -> frozenset[UserId]:
    """Who can administer the organization: its administrators who are not disabled. Nobody else changes that now."""
    rows = tx.all(
        """
        SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.org_id = :org AND m.role = 'administrator' AND u.disabled_at IS NULL
        ORDER BY m.user_id FOR UPDATE
        """,
        org=org,
    )
    return frozenset(UserId(row["user_id"]) for row in rows)


def set_role(tx: Tx, org: OrgId, user_id: UserId, role: Role) -> None:
    """Give the member another role."""
    tx.run(
        "UPDATE memberships SET role = :role WHERE org_id = :org AND user_id = :user", org=org, user=user_id, role=role
    )


def delete(tx: Tx, org: OrgId, user_id: UserId) -> None:
    """Make the user a member no more."""
    tx.run("DELETE FROM memberships WHERE org_id = :org AND user_id = :user", org=org, user=user_id)
