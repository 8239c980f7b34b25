"""The SQL of users and of what they prove themselves with."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from ringback.db.tx import Row, Tx
from ringback.identity.model import User, UserId
from ringback.identity.passwords import PasswordHash
from ringback.kernel.clock import Instant

COLUMNS = """
u.id, u.email, u.name, u.created_at, u.password_changed_at, u.disabled_at,
CASE WHEN u.totp_sealed IS NULL THEN 0 ELSE 1 END AS uses_codes, u.recovery_hashes
"""
"""What :func:`user_of` reads, of ``users u``."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a user's password and codes are held against."""

    password_hash: PasswordHash = field(repr=False)
    totp_sealed: str | None = field(repr=False)
    totp_last_step: int | None
    recovery_hashes: tuple[str, ...] = field(repr=False)


def insert(tx: Tx, user_id: UserId, email: str, name: str, password_hash: PasswordHash, *, now: Instant) -> bool:
    """Add a user; False when there is one with that e-mail address already."""
    added = tx.run(
        """
        INSERT INTO users (id, email, name, password_hash, recovery_hashes, password_changed_at, created_at)
        VALUES (:id, :email, :name, :password_hash, '[]', :now, :now) ON CONFLICT (email) DO NOTHING
        """,
        id=user_id,
        email=email,
        name=name,
        password_hash=password_hash,
        now=now,
    )
    return added == 1


def get(tx: Tx, user_id: UserId) -> User | None:
    """The user with that id."""
    row = tx.one(f"SELECT {COLUMNS} FROM users u WHERE u.id = :id", id=user_id)
    return user_of(row) if row else None


def find(tx: Tx, email: str) -> User | None:
    """The user with that canonical e-mail address."""
    row = tx.one(f"SELECT {COLUMNS} FROM users u WHERE u.email = :email", email=email)
    return user_of(row) if row else None


def every(tx: Tx) -> list[User]:
    """All users, by e-mail address."""
    return [user_of(row) for row in tx.all(f"SELECT {COLUMNS} FROM users u ORDER BY u.email")]


def password_of(tx: Tx, email: str) -> tuple[UserId, PasswordHash] | None:
    """Who has that canonical e-mail address, and what is kept of the password. None for a disabled user, too."""
    row = tx.one("SELECT id, password_hash FROM users WHERE email = :email AND disabled_at IS NULL", email=email)
    return (UserId(row["id"]), PasswordHash(row["password_hash"])) if row else None


def lock(tx: Tx, user_id: UserId) -> User | None:
    """The user with that id, locked."""
    row = tx.one(f"SELECT {COLUMNS} FROM users u WHERE u.id = :id FOR UPDATE", id=user_id)
    return user_of(row) if row else None


def lock_credentials(tx: Tx, user_id: UserId) -> Credentials | None:
    """What the user's password and codes are held against, locked; None for a disabled user and for nobody."""
    row = tx.one(
        """
        SELECT password_hash, totp_sealed, totp_last_step, recovery_hashes FROM users
        WHERE id = :id AND disabled_at IS NULL FOR UPDATE
        """,
        id=user_id,
    )
    if row is None:
        return None
    return Credentials(
        password_hash=PasswordHash(row["password_hash"]),
        totp_sealed=row["totp_sealed"],
        totp_last_step=row["totp_last_step"],
        recovery_hashes=tuple(orjson.loads(row["recovery_hashes"])),
    )


def rename(tx: Tx, user_id: UserId, name: str) -> None:
    """Give the user another name."""
    tx.run("UPDATE users SET name = :name WHERE id = :id", id=user_id, name=name)


def change_password(tx: Tx, user_id: UserId, password_hash: PasswordHash, *, now: Instant) -> None:
    """Put another password in place of the old one."""
    tx.run(
        "UPDATE users SET password_hash = :password_hash, password_changed_at = :now WHERE id = :id",
        id=user_id,
        password_hash=password_hash,
        now=now,
    )


def renew_hash(tx: Tx, user_id: UserId, password_hash: PasswordHash) -> None:
    """Keep the same password in another way."""
    tx.run("UPDATE users SET password_hash = :password_hash WHERE id = :id", id=user_id, password_hash=password_hash)


def set_codes(tx: Tx, user_id: UserId, totp_sealed: str, step: int, recovery_hashes: Sequence[str]) -> None:
    """Switch one-time codes on; the code of ``step`` has been used."""
    tx.run(
        """
        UPDATE users SET totp_sealed = :sealed, totp_last_step = :step, recovery_hashes = :hashes WHERE id = :id
        """,
        id=user_id,
        sealed=totp_sealed,
        step=step,
        hashes=_list(recovery_hashes),
    )


def note_step(tx: Tx, user_id: UserId, totp_sealed: str, step: int) -> None:
    """Note the step of a code that was used, and the secret as it is sealed today."""
    tx.run(
        "UPDATE users SET totp_sealed = :sealed, totp_last_step = :step WHERE id = :id",
        id=user_id,
        sealed=totp_sealed,
        step=step,
    )


def all_sealed(tx: Tx) -> list[tuple[UserId, str]]:
    """Everybody's secret of one-time codes, as it is sealed."""
    rows = tx.all("SELECT id, totp_sealed FROM users WHERE totp_sealed IS NOT NULL ORDER BY id")
    return [(UserId(row["id"]), row["totp_sealed"]) for row in rows]


def reseal(tx: Tx, user_id: UserId, totp_sealed: str) -> None:
    """The same secret under another key."""
    tx.run("UPDATE users SET totp_sealed = :sealed WHERE id = :id", id=user_id, sealed=totp_sealed)


def set_recovery_codes(tx: Tx, user_id: UserId, hashes: Sequence[str]) -> None:
    """Put other recovery codes in place of those there are."""
    tx.run("UPDATE users SET recovery_hashes = :hashes WHERE id = :id", id=user_id, hashes=_list(hashes))


def clear_codes(tx: Tx, user_id: UserId) -> None:
    """Switch one-time codes off."""
    tx.run(
        "UPDATE users SET totp_sealed = NULL, totp_last_step = NULL, recovery_hashes = '[]' WHERE id = :id", id=user_id
    )


def set_disabled(tx: Tx, user_id: UserId, disabled_at: Instant | None) -> None:
    """Say since when the user is disabled; None: is not."""
    tx.run("UPDATE users SET disabled_at = :disabled_at WHERE id = :id", id=user_id, disabled_at=disabled_at)


def delete(tx: Tx, user_id: UserId) -> None:
    """Forget the user, with all memberships and sessions."""
    tx.run("DELETE FROM users WHERE id = :id", id=user_id)


def user_of(row: Row) -> User:
    """The user in a row of :data:`COLUMNS`."""
    return User(
        id=UserId(row["id"]),
        email=row["email"],
        name=row["name"],
        created_at=row["created_at"],
        password_changed_at=row["password_changed_at"],
        disabled_at=row["disabled_at"],
        uses_codes=bool(row["uses_codes"]),
        recovery_codes_left=len(orjson.loads(row["recovery_hashes"])),
    )


def _list(hashes: Sequence[str]) -> str:
    return orjson.dumps(list(hashes)).decode()
