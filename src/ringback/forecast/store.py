"""The SQL of what the forecast has learned, and of what it is told."""

from collections.abc import Callable
from dataclasses import asdict

from ringback.db.tx import Row, Tx
from ringback.forecast.memory import Memory
from ringback.forecast.model import QueueStats
from ringback.kernel.tenancy import CallTargetId, OrgId

_FIGURES = "at, calls_waiting, oldest_wait, agents_staffed, agents_available, handle_time"


def memories(tx: Tx, org: OrgId) -> dict[CallTargetId, Memory]:
    """What is learned of each call target's queue."""
    rows = tx.all("SELECT call_target_id, document FROM queue_memory WHERE org_id = :org", org=org)
    return {CallTargetId(row["call_target_id"]): Memory.from_document(row["document"]) for row in rows}


def memory_of(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> Memory:
    """What is learned of one call target's queue: an empty memory at first."""
    row = tx.one(
        "SELECT document FROM queue_memory WHERE org_id = :org AND call_target_id = :target",
        org=org,
        target=call_target_id,
    )
    return Memory.from_document(row["document"]) if row else Memory()


def learn(tx: Tx, org: OrgId, call_target_id: CallTargetId, lesson: Callable[[Memory], None]) -> None:
    """Let the memory of a call target's queue learn something. Locks it until the transaction ends."""
    # The row is there before it is locked, so that two who learn the first thing at once do not lose one of them.
    tx.run(
        """
        INSERT INTO queue_memory (org_id, call_target_id, document) VALUES (:org, :target, '{}')
        ON CONFLICT (org_id, call_target_id) DO NOTHING
        """,
        org=org,
        target=call_target_id,
    )
    row = tx.one(
        "SELECT document FROM queue_memory WHERE org_id = :org AND call_target_id = :target FOR UPDATE",
        org=org,
        target=call_target_id,
    )
    memory = Memory.from_document(row["document"]) if row else Memory()
    lesson(memory)
    tx.run(
        "UPDATE queue_memory SET document = :document WHERE org_id = :org AND call_target_id = :target",
        org=org,
        target=call_target_id,
        document=memory.to_document(),
    )


def all_stats(tx: Tx, org: OrgId) -> dict[CallTargetId, QueueStats]:
    """The last statistics of each call target's queue, however old."""
    rows = tx.all(f"SELECT call_target_id, {_FIGURES} FROM queue_stats WHERE org_id = :org", org=org)
    return {CallTargetId(row["call_target_id"]): _stats(row) for row in rows}


def stats_of(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> QueueStats | None:
    """The last statistics of one call target's queue, however old."""
    row = tx.one(
        f"SELECT {_FIGURES} FROM queue_stats WHERE org_id = :org AND call_target_id = :target",
        org=org,
        target=call_target_id,
    )
    return _stats(row) if row else None


def save_stats(tx: Tx, org: OrgId, call_target_id: CallTargetId, stats: QueueStats) -> bool:
    """Keep these statistics, unless newer ones are there; whether they were kept."""
    kept = tx.run(
        """
        INSERT INTO queue_stats (
            org_id, call_target_id, at, calls_waiting, oldest_wait, agents_staffed, agents_available, handle_time
        ) VALUES (
            :org, :target, :at, :calls_waiting, :oldest_wait, :agents_staffed, :agents_available, :handle_time
        )
        ON CONFLICT (org_id, call_target_id) DO UPDATE SET
            at = excluded.at, calls_waiting = excluded.calls_waiting, oldest_wait = excluded.oldest_wait,
            agents_staffed = excluded.agents_staffed, agents_available = excluded.agents_available,
            handle_time = excluded.handle_time
        WHERE queue_stats.at <= excluded.at
        """,
        org=org,
        target=call_target_id,
        **asdict(stats),
    )
    return kept == 1


def _stats(row: Row) -> QueueStats:
    return QueueStats(
        at=row["at"],
        calls_waiting=row["calls_waiting"],
        oldest_wait=row["oldest_wait"],
        agents_staffed=row["agents_staffed"],
        agents_available=row["agents_available"],
        handle_time=row["handle_time"],
    )
