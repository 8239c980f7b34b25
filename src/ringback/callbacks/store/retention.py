"""What finished callbacks say of people, and its end."""

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId


def erase_finished(tx: Tx, org: OrgId, before: Instant, *, now: Instant, limit: int) -> int:
    """Erase the person from callbacks that finished by ``before``, at most ``limit``, first those that finished first.

    In place of the number stands a token made of the callback's own id: nothing leads from it back to the number, and
    no two callbacks share one. Times, outcome and counts stay. Returns how many were erased.
    """
    return tx.run(
        """
        WITH expired AS (
            SELECT id FROM callbacks
            WHERE org_id = :org AND finished_at IS NOT NULL AND erased_at IS NULL AND finished_at <= :before
            ORDER BY finished_at LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        UPDATE callbacks
        SET contact_number = 'erased:' || id, contact_name = NULL, user_data = '{}', opt_ins = NULL,
            duplicate_guard = NULL, erased_at = :now
        WHERE org_id = :org AND id IN (SELECT id FROM expired)
        """,
        org=org,
        before=before,
        limit=limit,
        now=now,
    )
