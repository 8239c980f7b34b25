"""The SQL of sessions."""

from ringback.db.tx import Tx
from ringback.identity.model import SESSION_IDLE, Session, TokenHash, UserId
from ringback.identity.store import members
from ringback.identity.store.users import COLUMNS, user_of
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId

_SESSION = """
s.token_hash, s.csrf, s.org_id, s.created_at AS begun_at, s.last_seen_at, s.expires_at, s.address, s.agent
"""


def insert(tx: Tx, session: Session) -> None:
    """Begin a session."""
    tx.run(
        """
        INSERT INTO sessions
            (token_hash, user_id, csrf, org_id, created_at, last_seen_at, expires_at, address, agent)
        VALUES (:token_hash, :user, :csrf, :org, :created_at, :last_seen_at, :expires_at, :address, :agent)
        """,
        token_hash=session.token_hash,
        user=session.user.id,
        csrf=session.csrf,
        org=session.chosen,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
        address=session.address,
        agent=session.agent,
    )


def get(tx: Tx, token_hash: TokenHash) -> Session | None:
    """The session whose token has this hash, over or not."""
    row = tx.one(
        f"SELECT {_SESSION}, {COLUMNS} FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = :hash",
        hash=token_hash,
    )
    if row is None:
        return None
    user = user_of(row)
    return Session(
        token_hash=TokenHash(row["token_hash"]),
        user=user,
        memberships=members.of_user(tx, user.id),
        chosen=OrgId(row["org_id"]) if row["org_id"] else None,
        csrf=row["csrf"],
        created_at=row["begun_at"],
        last_seen_at=row["last_seen_at"],
        expires_at=row["expires_at"],
        address=row["address"],
        agent=row["agent"],
    )


def note_seen(tx: Tx, token_hash: TokenHash, *, now: Instant) -> None:
    """Write down that the session is in use."""
    tx.run(
        "UPDATE sessions SET last_seen_at = :now WHERE token_hash = :hash AND last_seen_at < :now",
        hash=token_hash,
        now=now,
    )


def choose(tx: Tx, token_hash: TokenHash, org: OrgId) -> None:
    """Note the organization that was chosen."""
    tx.run("UPDATE sessions SET org_id = :org WHERE token_hash = :hash", hash=token_hash, org=org)


def delete(tx: Tx, token_hash: TokenHash) -> None:
    """End a session."""
    tx.run("DELETE FROM sessions WHERE token_hash = :hash", hash=token_hash)


def delete_all(tx: Tx, user_id: UserId, *, but: TokenHash | None = None) -> int:
    """End all of the user's sessions, but for one; how many there were."""
    return tx.run("DELETE FROM sessions WHERE user_id = :user AND token_hash <> :but", user=user_id, but=but or "")


def forget(tx: Tx, *, now: Instant) -> int:
    """Delete the sessions that are over; how many there were."""
    return tx.run(
        "DELETE FROM sessions WHERE expires_at <= :now OR last_seen_at <= :idle", now=now, idle=now - SESSION_IDLE
    )
