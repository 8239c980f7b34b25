"""The SQL of the live board: what was sampled, and what it looks up. Every statement finds its rows by an index."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from ringback.board.model import Happening, Sample, Told
from ringback.callbacks.lifecycle import Outcome
from ringback.db.tx import Row, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId


def organizations_to_sample(tx: Tx, minute: Instant) -> list[OrgId]:
    """Those with call targets of which nothing is recorded in that minute."""
    rows = tx.all(
        """
        SELECT id FROM organizations WHERE
            EXISTS (SELECT 1 FROM call_targets WHERE org_id = organizations.id AND removed_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM estimate_history WHERE org_id = organizations.id AND minute = :minute)
        """,
        minute=minute,
    )
    return [OrgId(row["id"]) for row in rows]


def save_samples(tx: Tx, org: OrgId, samples: Sequence[Sample]) -> None:
    """Keep the samples, except those of minutes that somebody else has recorded."""
    tx.run_many(
        """
        INSERT INTO estimate_history (
            org_id, minute, call_target_id, promise, low, high, waiting, dialing, connecting, talking
        ) VALUES (
            :org, :minute, :call_target_id, :promise, :low, :high, :waiting, :dialing, :connecting, :talking
        )
        ON CONFLICT (org_id, minute, call_target_id) DO NOTHING
        """,
        [{"org": org, **asdict(sample)} for sample in samples],
    )


def forget_samples(tx: Tx, org: OrgId, before: Instant) -> None:
    """Drop what was recorded before then."""
    tx.run("DELETE FROM estimate_history WHERE org_id = :org AND minute < :before", org=org, before=before)


def history(tx: Tx, org: OrgId, since: Instant, *, every: int) -> dict[CallTargetId, list[Told]]:
    """What was told of each call target since then, in stretches of ``every`` microseconds, ascending."""
    rows = tx.all(
        """
        SELECT call_target_id, minute / :every AS stretch,
               MAX(promise) AS promise, MIN(low) AS low, MAX(high) AS high
        FROM estimate_history WHERE org_id = :org AND minute >= :since AND promise IS NOT NULL
        GROUP BY call_target_id, stretch ORDER BY stretch
        """,
        org=org,
        since=since,
        every=every,
    )
    told: dict[CallTargetId, list[Told]] = defaultdict(list)
    for row in rows:
        at = Instant(row["stretch"] * every)
        told[CallTargetId(row["call_target_id"])].append(Told(at, row["promise"], row["low"], row["high"]))
    return told


def last_sample(tx: Tx, org: OrgId) -> Instant | None:
    """The last minute that was recorded."""
    row = tx.one("SELECT MAX(minute) AS minute FROM estimate_history WHERE org_id = :org", org=org)
    return row["minute"] if row else None


def outcomes_since(tx: Tx, org: OrgId, since: Instant) -> dict[CallTargetId, dict[Outcome, int]]:
    """How many callbacks of each call target ended how since then."""
    rows = tx.all(
        """
        SELECT call_target_id, outcome, COUNT(*) AS n FROM callbacks
        WHERE org_id = :org AND finished_at >= :since GROUP BY call_target_id, outcome
        """,
        org=org,
        since=since,
    )
    counts: dict[CallTargetId, dict[Outcome, int]] = defaultdict(dict)
    for row in rows:
        counts[CallTargetId(row["call_target_id"])][Outcome(row["outcome"])] = row["n"]
    return counts


def next_appointments(tx: Tx, org: OrgId, now: Instant) -> dict[CallTargetId, Instant]:
    """The next booked time of each call target that has one."""
    # Who stands in line with a place in the future has booked it.
    rows = tx.all(
        """
        SELECT id, (
            SELECT order_at FROM callbacks
            WHERE org_id = :org AND call_target_id = call_targets.id AND state IN ('pending', 'waitlisted')
              AND order_at > :now
            ORDER BY order_at LIMIT 1
        ) AS next_at
        FROM call_targets WHERE org_id = :org AND removed_at IS NULL
        """,
        org=org,
        now=now,
    )
    return {CallTargetId(row["id"]): row["next_at"] for row in rows if row["next_at"] is not None}


def overdue(tx: Tx, org: OrgId, before: Instant) -> dict[CallTargetId, int]:
    """How many callbacks of each call target have been due since then, and still count as pending."""
    # The concatenation keeps SQLite from walking all callbacks of the organization instead of the index of what is due.
    rows = tx.all(
        """
        SELECT call_target_id, COUNT(*) AS n FROM callbacks
        WHERE state = 'pending' AND due_at <= :before AND org_id || '' = :org GROUP BY call_target_id
        """,
        org=org,
        before=before,
    )
    return {CallTargetId(row["call_target_id"]): row["n"] for row in rows}


def leases_over(tx: Tx, org: OrgId, before: Instant) -> dict[CallTargetId, int]:
    """How many calls of each call target have a lease that was over then."""
    rows = tx.all(
        """
        SELECT call_target_id, COUNT(*) AS n FROM callbacks
        WHERE state IN ('dialing', 'connecting', 'talking') AND lease_until <= :before AND org_id || '' = :org
        GROUP BY call_target_id
        """,
        org=org,
        before=before,
    )
    return {CallTargetId(row["call_target_id"]): row["n"] for row in rows}


def latest_events(tx: Tx, org: OrgId, limit: int) -> list[Happening]:
    """The newest lines of all timelines, but for those that only tell of waiting on; newest first."""
    rows = tx.all(
        """
        SELECT events.at, events.kind, events.details, events.callback_id, callbacks.call_target_id,
               callbacks.contact_number
        FROM (
            SELECT at, id, kind, details, callback_id FROM callback_events
            WHERE org_id = :org AND kind <> 'waitlisted' ORDER BY at DESC LIMIT :limit
        ) AS events
        JOIN callbacks ON callbacks.org_id = :org AND callbacks.id = events.callback_id
        ORDER BY events.at DESC, events.id DESC
        """,
        org=org,
        limit=limit,
    )
    return [_happening(row, row["kind"], orjson.loads(row["details"])) for row in rows]


def latest_requests(tx: Tx, org: OrgId, limit: int) -> list[Happening]:
    """The callbacks that were asked for last, newest first."""
    rows = tx.all(
        """
        SELECT created_at AS at, id AS callback_id, call_target_id, contact_number, channel
        FROM callbacks WHERE org_id = :org ORDER BY id DESC LIMIT :limit
        """,
        org=org,
        limit=limit,
    )
    return [_happening(row, "requested", {"channel": row["channel"]}) for row in rows]


def _happening(row: Row, kind: str, details: Mapping[str, Any]) -> Happening:
    return Happening(
        at=row["at"],
        kind=kind,
        details=details,
        callback_id=CallbackId(row["callback_id"]),
        call_target_id=CallTargetId(row["call_target_id"]),
        number=row["contact_number"],
    )
