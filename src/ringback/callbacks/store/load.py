"""How many callbacks of a call target are in each state: kept in the transaction of every move, never counted anew."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ringback.callbacks.lifecycle import State
from ringback.callbacks.model import Kind
from ringback.db.tx import Change, Row, Tx
from ringback.forecast.model import Load
from ringback.kernel.tenancy import CallTargetId, OrgId

_LOAD_SHARDS = 8
"""Over how many rows the counts of one call target are spread."""

Move = tuple[tuple[State, Kind], tuple[State, Kind]]
"""From which state and kind a callback moved to which."""


def loads(tx: Tx, org: OrgId) -> dict[CallTargetId, Load]:
    """The counts of every call target of the organization that ever had a callback."""
    rows = tx.all(f"{_LOAD_SUM} WHERE org_id = :org GROUP BY call_target_id", org=org)
    return {CallTargetId(row["call_target_id"]): _load(row) for row in rows}


def load_of(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> Load:
    """The counts of one call target."""
    row = tx.one(
        f"{_LOAD_SUM} WHERE org_id = :org AND call_target_id = :target GROUP BY call_target_id",
        org=org,
        target=call_target_id,
    )
    return _load(row) if row else Load()


def count_states(tx: Tx) -> dict[str, int]:
    """How many live callbacks of all organizations are in each state."""
    row = tx.one(
        """
        SELECT SUM(pending_asap + pending_scheduled) AS pending, SUM(waitlisted) AS waitlisted,
               SUM(dialing) AS dialing, SUM(connecting) AS connecting, SUM(talking) AS talking
        FROM call_target_load
        """
    )
    return {name: int(row[name] or 0) for name in row.keys()} if row else {}  # noqa: SIM118 - rows are not mappings


def recount(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> Load:
    """The same counts taken from the rows themselves: slow, for tests and ``ringback doctor``."""
    rows = tx.all(
        """
        SELECT state, type, COUNT(*) AS n FROM callbacks
        WHERE org_id = :org AND call_target_id = :target AND outcome IS NULL GROUP BY state, type
        """,
        org=org,
        target=call_target_id,
    )
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[_counter(State(row["state"]), Kind(row["type"]))] += row["n"]
    return Load(**counts)


def count_new(tx: Tx, org: OrgId, call_target_id: CallTargetId, kind: Kind) -> None:
    """Count a callback that has just been stored."""
    _count(tx, org, call_target_id, {_counter(State.PENDING, kind): 1})


def count_moves(tx: Tx, org: OrgId, call_target_id: CallTargetId, moves: Iterable[Move]) -> None:
    """Count callbacks that have moved. Last in a transaction where that can be: many wait for these rows."""
    counts: dict[str, int] = defaultdict(int)
    for (origin, kind), (to, new_kind) in moves:
        counts[_counter(origin, kind)] -= 1
        counts[_counter(to, new_kind)] += 1
    _count(tx, org, call_target_id, counts)


def _count(tx: Tx, org: OrgId, call_target_id: CallTargetId, counts: Mapping[str, int]) -> None:
    tx.changed(org, Change.CALLBACKS)
    changes = {name: change for name, change in counts.items() if change and name}
    if not changes:
        return
    names = sorted(changes)
    added = ", ".join(f"{name} = call_target_load.{name} + excluded.{name}" for name in names)
    tx.run(
        f"""
        INSERT INTO call_target_load (org_id, call_target_id, shard, {", ".join(names)})
        VALUES (:org, :target, :shard, {", ".join(f":{name}" for name in names)})
        ON CONFLICT (org_id, call_target_id, shard) DO UPDATE SET {added}
        """,
        org=org,
        target=call_target_id,
        # The thread's own, so that one transaction that counts twice locks one row and cannot block another's.
        shard=threading.get_native_id() % _LOAD_SHARDS,
        **changes,
    )


def _counter(state: State, kind: Kind) -> str:
    """The name of the count that a callback in this state belongs to; '' when it is no longer counted."""
    if state is State.PENDING:
        return f"pending_{kind.value}"
    return "" if state is State.FINISHED else state.value


_LOAD_SUM = """
    SELECT call_target_id, SUM(pending_asap) AS pending_asap, SUM(pending_scheduled) AS pending_scheduled,
           SUM(waitlisted) AS waitlisted, SUM(dialing) AS dialing, SUM(connecting) AS connecting,
           SUM(talking) AS talking
    FROM call_target_load
"""


def _load(row: Row) -> Load:
    return Load(
        pending_asap=int(row["pending_asap"]),
        pending_scheduled=int(row["pending_scheduled"]),
        waitlisted=int(row["waitlisted"]),
        dialing=int(row["dialing"]),
        connecting=int(row["connecting"]),
        talking=int(row["talking"]),
    )
