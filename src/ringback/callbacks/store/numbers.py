"""Numbers that may not be called."""

from collections.abc import Sequence

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId

NEVER_CALL = "never_call"
"""The reason of those numbers whose people asked never to be called again."""


def is_blocked(tx: Tx, org: OrgId, number: str, prefixes: Sequence[str]) -> bool:
    """Whether the number, or a prefix of it, is on the block list or the never-call list."""
    names = {f"prefix_{n}": prefix for n, prefix in enumerate(prefixes)}
    listed = ", ".join(f":{name}" for name in names)
    return (
        tx.one(
            f"""
            SELECT 1 FROM blocked_numbers WHERE org_id = :org
              AND pattern IN (:number, {listed}) AND (scope = 'prefix' OR pattern = :number)
            LIMIT 1
            """,
            org=org,
            number=number,
            **names,
        )
        is not None
    )


def never_call(tx: Tx, org: OrgId, number: str, *, now: Instant) -> bool:
    """Put a number on the never-call list; False when it is blocked already, for whatever reason."""
    added = tx.run(
        """
        INSERT INTO blocked_numbers (org_id, pattern, scope, reason, created_at)
        VALUES (:org, :number, 'number', :reason, :now) ON CONFLICT (org_id, pattern, scope) DO NOTHING
        """,
        org=org,
        number=number,
        reason=NEVER_CALL,
        now=now,
    )
    return added == 1
