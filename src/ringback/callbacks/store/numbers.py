"""Numbers that may not be called."""

from collections.abc import Sequence

from ringback.db.tx import Tx
from ringback.kernel.tenancy import OrgId


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
