"""The SQL of the meters that count tries to sign in. In the database, they hold over all processes and restarts."""

from collections.abc import Mapping, Sequence

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant


def lock(tx: Tx, keys: Sequence[str]) -> dict[str, Instant]:
    """When each of the meters is empty, locked; new ones are made. Always in one order: two do not block each other."""
    meters: dict[str, Instant] = {}
    for key in sorted(keys):
        tx.run(
            "INSERT INTO sign_in_limits (key_hash, empty_at) VALUES (:key, 0) ON CONFLICT (key_hash) DO NOTHING",
            key=key,
        )
        row = tx.one("SELECT empty_at FROM sign_in_limits WHERE key_hash = :key FOR UPDATE", key=key)
        meters[key] = Instant(row["empty_at"] if row else 0)
    return meters


def write(tx: Tx, meters: Mapping[str, Instant]) -> None:
    """Write down when each of the meters is empty."""
    tx.run_many(
        """
        INSERT INTO sign_in_limits (key_hash, empty_at) VALUES (:key, :empty_at)
        ON CONFLICT (key_hash) DO UPDATE SET empty_at = excluded.empty_at
        """,
        [{"key": key, "empty_at": meters[key]} for key in sorted(meters)],
    )


def clear(tx: Tx, key: str) -> None:
    """Empty a meter."""
    tx.run("DELETE FROM sign_in_limits WHERE key_hash = :key", key=key)


def forget(tx: Tx, *, now: Instant) -> int:
    """Delete the meters that are empty; how many there were."""
    return tx.run("DELETE FROM sign_in_limits WHERE empty_at <= :now", now=now)
