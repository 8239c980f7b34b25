"""The SQL of access control policies and their tokens."""

from collections import defaultdict
from datetime import date

from ringback.access.model import AccessToken, Policy, PolicySettings
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId, PolicyId, TokenId


def all_of(tx: Tx, org: OrgId) -> dict[PolicyId, tuple[str, PolicySettings, Policy]]:
    """The organization's policies by id: key, settings, and the form that requests are held against."""
    tokens = tokens_of(tx, org)
    policies: dict[PolicyId, tuple[str, PolicySettings, Policy]] = {}
    for row in tx.all("SELECT id, key, document FROM policies WHERE org_id = :org ORDER BY key", org=org):
        policy_id = PolicyId(row["id"])
        settings = PolicySettings.from_json(row["document"])
        policies[policy_id] = (row["key"], settings, Policy.of(policy_id, settings, tuple(tokens.get(policy_id, ()))))
    return policies


def tokens_of(tx: Tx, org: OrgId) -> dict[PolicyId, list[AccessToken]]:
    """The organization's tokens, revoked and expired ones included, by policy."""
    tokens: dict[PolicyId, list[AccessToken]] = defaultdict(list)
    rows = tx.all(
        """
        SELECT id, policy_id, name, secret_hash, created_at, expires_at, revoked_at, last_used_on FROM access_tokens
        WHERE org_id = :org ORDER BY created_at, id
        """,
        org=org,
    )
    for row in rows:
        tokens[PolicyId(row["policy_id"])].append(
            AccessToken(
                id=TokenId(row["id"]),
                name=row["name"],
                hash=row["secret_hash"],
                created_at=row["created_at"],
                expires_at=row["expires_at"],
                revoked_at=row["revoked_at"],
                last_used_on=date.fromisoformat(row["last_used_on"]) if row["last_used_on"] else None,
            )
        )
    return dict(tokens)


def organization_of_token(tx: Tx, secret_hash: str) -> OrgId | None:
    """Whose token has this hash, revoked and expired ones included."""
    row = tx.one("SELECT org_id FROM access_tokens WHERE secret_hash = :hash", hash=secret_hash)
    return OrgId(row["org_id"]) if row else None


def save_policy(tx: Tx, org: OrgId, policy_id: PolicyId, key: str, settings: PolicySettings, *, now: Instant) -> None:
    """Create the policy or replace its settings; its tokens stay."""
    tx.run(
        """
        INSERT INTO policies (org_id, id, key, document, updated_at) VALUES (:org, :id, :key, :document, :now)
        ON CONFLICT (org_id, id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at
        """,
        org=org,
        id=policy_id,
        key=key,
        document=settings.to_json(),
        now=now,
    )


def remove_policy(tx: Tx, org: OrgId, policy_id: PolicyId) -> None:
    """Delete a policy that guards nothing any more, with its tokens."""
    tx.run("DELETE FROM policies WHERE org_id = :org AND id = :id", org=org, id=policy_id)


def add_token(tx: Tx, org: OrgId, policy_id: PolicyId, token: AccessToken) -> None:
    """Store a newly issued token."""
    tx.run(
        """
        INSERT INTO access_tokens (org_id, id, policy_id, name, secret_hash, created_at, expires_at)
        VALUES (:org, :id, :policy, :name, :hash, :created_at, :expires_at)
        """,
        org=org,
        id=token.id,
        policy=policy_id,
        name=token.name,
        hash=token.hash,
        created_at=token.created_at,
        expires_at=token.expires_at,
    )


def expire_token(tx: Tx, org: OrgId, token_id: TokenId, expires_at: Instant | None) -> None:
    """Set or lift the token's end."""
    tx.run(
        "UPDATE access_tokens SET expires_at = :expires_at WHERE org_id = :org AND id = :id",
        org=org,
        id=token_id,
        expires_at=expires_at,
    )


def revoke_token(tx: Tx, org: OrgId, token_id: TokenId, *, now: Instant) -> None:
    """Make the token useless from now on, for good."""
    tx.run(
        "UPDATE access_tokens SET revoked_at = :now WHERE org_id = :org AND id = :id AND revoked_at IS NULL",
        org=org,
        id=token_id,
        now=now,
    )


def note_use(tx: Tx, org: OrgId, token_id: TokenId, day: date) -> None:
    """Note the day on which a token was last used."""
    tx.run(
        """
        UPDATE access_tokens SET last_used_on = :day
        WHERE org_id = :org AND id = :id AND (last_used_on IS NULL OR last_used_on < :day)
        """,
        org=org,
        id=token_id,
        day=day.isoformat(),
    )
