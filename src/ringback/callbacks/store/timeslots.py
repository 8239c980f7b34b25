"""The places of timeslots that are taken."""

from collections import defaultdict

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId, OrgId


def take_slot(tx: Tx, org: OrgId, call_target_id: CallTargetId, starts_at: Instant, capacity: int) -> bool:
    """Take one place of a timeslot; False when none is left. Of two who race for the last place one gets it."""
    taken = tx.run(
        """
        INSERT INTO timeslots (org_id, call_target_id, starts_at, taken) VALUES (:org, :target, :starts_at, 1)
        ON CONFLICT (org_id, call_target_id, starts_at)
            DO UPDATE SET taken = timeslots.taken + 1 WHERE timeslots.taken < :capacity
        """,
        org=org,
        target=call_target_id,
        starts_at=starts_at,
        capacity=capacity,
    )
    return taken == 1


def release_slot(tx: Tx, org: OrgId, call_target_id: CallTargetId, starts_at: Instant) -> None:
    """Give a place of a timeslot back."""
    tx.run(
        """
        UPDATE timeslots SET taken = taken - 1
        WHERE org_id = :org AND call_target_id = :target AND starts_at = :starts_at AND taken > 0
        """,
        org=org,
        target=call_target_id,
        starts_at=starts_at,
    )


def taken_slots(tx: Tx, org: OrgId, since: Instant) -> dict[CallTargetId, dict[Instant, int]]:
    """How many places are taken in each coming timeslot."""
    # CROSS JOIN keeps SQLite from walking all timeslots that the organization ever had.
    rows = tx.all(
        """
        SELECT t.call_target_id, t.starts_at, t.taken FROM call_targets c CROSS JOIN timeslots t
        WHERE c.org_id = :org AND t.org_id = c.org_id AND t.call_target_id = c.id
          AND t.starts_at >= :since AND t.taken > 0
        """,
        org=org,
        since=since,
    )
    taken: dict[CallTargetId, dict[Instant, int]] = defaultdict(dict)
    for row in rows:
        taken[CallTargetId(row["call_target_id"])][row["starts_at"]] = row["taken"]
    return dict(taken)
