"""The SQL of what the forecast has seen."""

from ringback.db.tx import Tx
from ringback.forecast.model import HandleTime
from ringback.kernel.tenancy import CallTargetId, OrgId

_MEMORY = 50
"""How many calls the mean remembers: each weighs 1/50 of it once as many have been seen."""


def handle_times(tx: Tx, org: OrgId) -> dict[CallTargetId, HandleTime]:
    """What the calls of each call target have taken."""
    rows = tx.all("SELECT call_target_id, mean_seconds, calls FROM handle_times WHERE org_id = :org", org=org)
    return {CallTargetId(row["call_target_id"]): HandleTime(row["mean_seconds"], row["calls"]) for row in rows}


def handle_time_of(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> HandleTime:
    """What the calls of one call target have taken."""
    row = tx.one(
        "SELECT mean_seconds, calls FROM handle_times WHERE org_id = :org AND call_target_id = :target",
        org=org,
        target=call_target_id,
    )
    return HandleTime(row["mean_seconds"], row["calls"]) if row else HandleTime()


def observe_handle_time(tx: Tx, org: OrgId, call_target_id: CallTargetId, seconds: float) -> None:
    """Add one call to the mean: a plain mean of the first calls, an exponentially weighted one after."""
    tx.run(
        f"""
        INSERT INTO handle_times (org_id, call_target_id, mean_seconds, calls) VALUES (:org, :target, :seconds, 1)
        ON CONFLICT (org_id, call_target_id) DO UPDATE SET
            mean_seconds = handle_times.mean_seconds
                + (excluded.mean_seconds - handle_times.mean_seconds) / (handle_times.calls + 1),
            calls = CASE WHEN handle_times.calls < {_MEMORY} THEN handle_times.calls + 1 ELSE {_MEMORY} END
        """,
        org=org,
        target=call_target_id,
        seconds=seconds,
    )
