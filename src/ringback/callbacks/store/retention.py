"""What finished callbacks say of people, and its end."""

from collections.abc import Sequence

from ringback.db.tx import Row, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId


def erase_finished(tx: Tx, org: OrgId, before: Instant, *, now: Instant, limit: int) -> int:
    """Erase the person from callbacks that finished by ``before``, at most ``limit``, first those that finished first.

    In place of the number stands a token made of the callback's own id: nothing leads from it back to the number, and
    no two callbacks share one. Times, outcome and counts stay. Returns how many were erased.
    """
    rows = tx.all(
        f"""
        WITH expired AS (
            SELECT id FROM callbacks
            WHERE org_id = :org AND finished_at IS NOT NULL AND erased_at IS NULL AND finished_at <= :before
            ORDER BY finished_at LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        {_ERASE}
        WHERE org_id = :org AND id IN (SELECT id FROM expired) RETURNING id
        """,
        org=org,
        before=before,
        limit=limit,
        now=now,
    )
    return _without_notes(tx, org, rows)


def erase_number(tx: Tx, org: OrgId, number: str, *, now: Instant, limit: int) -> int:
    """Erase the person from finished callbacks of a number, at most ``limit``; how many.

    One whose last call is still being hung up is left for the next time: its call knows the number.
    """
    rows = tx.all(
        f"""
        {_ERASE}
        WHERE org_id = :org AND id IN (
            SELECT id FROM callbacks
            WHERE org_id = :org AND contact_number = :number AND outcome IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM attempts
                WHERE attempts.org_id = :org AND attempts.callback_id = callbacks.id AND attempts.flow IS NOT NULL
            )
            LIMIT :limit
        ) RETURNING id
        """,
        org=org,
        number=number,
        now=now,
        limit=limit,
    )
    return _without_notes(tx, org, rows)


_ERASE = """
    UPDATE callbacks
    SET contact_number = 'erased:' || id, contact_name = NULL, user_data = '{}', opt_ins = NULL,
        duplicate_guard = NULL, erased_at = :now
"""


def _without_notes(tx: Tx, org: OrgId, erased: Sequence[Row]) -> int:
    """What people have written into the timelines may say anything of a customer."""
    tx.run_many(
        """
        UPDATE callback_events SET details = '{}'
        WHERE org_id = :org AND callback_id = :callback AND kind = 'note'
        """,
        [{"org": org, "callback": row["id"]} for row in erased],
    )
    return len(erased)
