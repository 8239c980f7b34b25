"""The SQL of invitations."""

from ringback.db.tx import Row, Tx
from ringback.identity.model import Invitation, InvitationId, Role, TokenHash
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId

_SELECT = """
SELECT i.org_id, o.name AS organization_name, i.id, i.email, i.role, i.invited_by, i.created_at, i.expires_at
FROM invitations i JOIN organizations o ON o.id = i.org_id
"""


def save(tx: Tx, org: OrgId, invitation: Invitation, token_hash: TokenHash) -> None:
    """Store an invitation, in place of the open one to the same e-mail address, if there is one."""
    tx.run(
        """
        INSERT INTO invitations (org_id, id, email, role, token_hash, invited_by, created_at, expires_at)
        VALUES (:org, :id, :email, :role, :token_hash, :invited_by, :created_at, :expires_at)
        ON CONFLICT (org_id, email) WHERE accepted_at IS NULL DO UPDATE SET
            id = excluded.id, role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by,
            created_at = excluded.created_at, expires_at = excluded.expires_at
        """,
        org=org,
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        token_hash=token_hash,
        invited_by=invitation.invited_by,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
    )


def open_to(tx: Tx, org: OrgId, email: str) -> Invitation | None:
    """The organization's invitation to that address that nobody has accepted yet, expired or not."""
    row = tx.one(
        f"{_SELECT} WHERE i.org_id = :org AND i.email = :email AND i.accepted_at IS NULL", org=org, email=email
    )
    return _invitation(row) if row else None


def get(tx: Tx, org: OrgId, invitation_id: InvitationId) -> Invitation | None:
    """The invitation with that id that nobody has accepted yet, expired or not."""
    row = tx.one(f"{_SELECT} WHERE i.org_id = :org AND i.id = :id AND i.accepted_at IS NULL", org=org, id=invitation_id)
    return _invitation(row) if row else None


def of_token(tx: Tx, token_hash: TokenHash, *, now: Instant) -> Invitation | None:
    """The invitation whose token has this hash, if it can still be accepted."""
    row = tx.one(
        f"{_SELECT} WHERE i.token_hash = :hash AND i.accepted_at IS NULL AND i.expires_at > :now",
        hash=token_hash,
        now=now,
    )
    return _invitation(row) if row else None


def of_organization(tx: Tx, org: OrgId) -> list[Invitation]:
    """The organization's invitations that nobody has accepted yet, expired ones too, newest first."""
    rows = tx.all(f"{_SELECT} WHERE i.org_id = :org AND i.accepted_at IS NULL ORDER BY i.id DESC", org=org)
    return [_invitation(row) for row in rows]


def accept(tx: Tx, org: OrgId, invitation_id: InvitationId, *, now: Instant) -> bool:
    """Mark it as accepted; False when somebody was quicker."""
    accepted = tx.run(
        "UPDATE invitations SET accepted_at = :now WHERE org_id = :org AND id = :id AND accepted_at IS NULL",
        org=org,
        id=invitation_id,
        now=now,
    )
    return accepted == 1


def delete(tx: Tx, org: OrgId, invitation_id: InvitationId) -> None:
    """Take an invitation back."""
    tx.run("DELETE FROM invitations WHERE org_id = :org AND id = :id", org=org, id=invitation_id)


def forget(tx: Tx, *, before: Instant) -> int:
    """Delete those accepted or expired before then; how many there were."""
    return tx.run("DELETE FROM invitations WHERE accepted_at < :before OR expires_at < :before", before=before)


def _invitation(row: Row) -> Invitation:
    return Invitation(
        org=OrgId(row["org_id"]),
        organization_name=row["organization_name"],
        id=InvitationId(row["id"]),
        email=row["email"],
        role=Role(row["role"]),
        invited_by=row["invited_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
