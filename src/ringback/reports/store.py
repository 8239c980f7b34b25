"""The SQL of the reports: counting callbacks, keeping the counts of what is over, and adding them up."""

from typing import Any

from ringback.callbacks.model import Kind
from ringback.db.tx import Row, Tx
from ringback.kernel import ids
from ringback.kernel.clock import DAY, HOUR, SECOND, Instant
from ringback.kernel.tenancy import CallTargetId, OrgId
from ringback.reports.model import (
    COUNTS,
    LONGEST_HOLD_SECONDS,
    ON_TIME_SECONDS,
    OUTCOMES,
    Chosen,
    Counted,
    Tally,
)
from ringback.reports.stretches import Stretch


def _number_of(condition: str) -> str:
    return f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"


def _sum_of(seconds: str, condition: str) -> str:
    return f"SUM(CASE WHEN {condition} THEN {seconds} ELSE 0 END)"


_SPARED = "outcome = 'success' AND type = 'asap' AND promised_at IS NOT NULL AND launched_at IS NOT NULL"

_OF_ENDED = {
    **{outcome: _number_of(f"outcome = '{outcome}'") for outcome in OUTCOMES},
    "attempts": "SUM(attempts)",
    "retried": _number_of("attempts > 1"),
    "at_first": _number_of("outcome = 'success' AND attempts <= 1"),
    "on_time": _number_of(f"late < {ON_TIME_SECONDS}"),
    "late_2": _number_of(f"late >= {ON_TIME_SECONDS} AND late < 120"),
    "late_5": _number_of("late >= 120 AND late < 300"),
    "late_15": _number_of("late >= 300 AND late < 900"),
    "later": _number_of("late >= 900"),
    "never": _number_of(
        "promised_at IS NOT NULL AND launched_at IS NULL AND outcome NOT IN ('canceled', 'rescheduled_away')"
    ),
    "promised_seconds": _sum_of(f"(promised_at - created_at) / {SECOND}", "late IS NOT NULL"),
    "waited_seconds": _sum_of(f"(launched_at - created_at) / {SECOND}", "late IS NOT NULL"),
    "late_seconds": _sum_of("late", "late > 0"),
    "spared": _number_of(_SPARED),
    "spared_seconds": _sum_of(
        f"CASE WHEN launched_at - created_at > {LONGEST_HOLD_SECONDS * SECOND} THEN {LONGEST_HOLD_SECONDS} "
        f"ELSE (launched_at - created_at) / {SECOND} END - COALESCE(held, 0)",
        _SPARED,
    ),
    "held": _number_of("held IS NOT NULL"),
    "held_seconds": "SUM(COALESCE(held, 0))",
}
"""How each count is made of those that ended; those of ``model.Tally`` say what they mean."""

_KEY = "call_target_id, starts_at, channel, type"
_NOTHING = ", ".join(f"0 AS {name}" for name in _OF_ENDED)

_ASKED = f"""
    SELECT call_target_id, created_at / :width * :width AS starts_at, channel,
           CASE WHEN promised_seconds IS NULL THEN 'scheduled' ELSE 'asap' END AS type,
           COUNT(*) AS requested, {_NOTHING}
    FROM callbacks
    WHERE org_id = :org AND id >= :first_id AND id < :end_id
    GROUP BY 1, 2, 3, 4
"""

# Only the last attempt can have been connected, and talking ends a callback.
_ENDED = f"""
    SELECT {_KEY}, 0, {", ".join(_OF_ENDED.values())} FROM (
        SELECT told.*, (launched_at - promised_at) / {SECOND} AS late,
               CASE WHEN attempts.first_party = 'customer'
                    THEN (attempts.connected_at - attempts.answered_at) / {SECOND} END AS held
        FROM (
            SELECT org_id, id, call_target_id, finished_at / :width * :width AS starts_at, channel, type, outcome,
                   attempts, created_at, launched_at,
                   CASE WHEN type = 'scheduled' THEN appointment_at ELSE created_at + promised_seconds * {SECOND} END
                       AS promised_at
            FROM callbacks
            WHERE org_id = :org AND finished_at IS NOT NULL AND finished_at >= :begin AND finished_at < :end
        ) AS told
        LEFT JOIN attempts ON attempts.org_id = told.org_id AND attempts.callback_id = told.id
            AND attempts.number = told.attempts
    ) AS measured
    GROUP BY {_KEY}
"""

_SUMS = ", ".join(f"SUM({name}) AS {name}" for name in COUNTS)

_COUNTED = f"""
    SELECT {_KEY}, {_SUMS} FROM (
        SELECT * FROM ({_ASKED}) AS asked UNION ALL SELECT * FROM ({_ENDED}) AS ended
    ) AS counted
    GROUP BY {_KEY}
"""


def behind(tx: Tx, until: Instant, *, limit: int) -> list[OrgId]:
    """Organizations that have not been counted up to then, furthest behind first."""
    rows = tx.all(
        """
        SELECT organizations.id FROM organizations
        LEFT JOIN report_progress ON report_progress.org_id = organizations.id
        WHERE counted_until IS NULL OR counted_until < :until
        ORDER BY COALESCE(counted_until, 0), organizations.id LIMIT :limit
        """,
        until=until,
        limit=limit,
    )
    return [OrgId(row["id"]) for row in rows]


def first_asked_at(tx: Tx, org: OrgId) -> Instant | None:
    """When the organization's first callback was asked for; None when there is none. Ids begin with their time."""
    row = tx.one("SELECT created_at FROM callbacks WHERE org_id = :org ORDER BY id LIMIT 1", org=org)
    return row["created_at"] if row else None


def next_at(tx: Tx, org: OrgId, since: Instant) -> Instant | None:
    """When next, from ``since`` on, a callback was asked for or ended; None when none was."""
    row = tx.one(
        """
        SELECT MIN(at) AS at FROM (
            SELECT * FROM (
                SELECT created_at AS at FROM callbacks WHERE org_id = :org AND id >= :first_id ORDER BY id LIMIT 1
            ) AS asked
            UNION ALL SELECT * FROM (
                SELECT finished_at AS at FROM callbacks
                WHERE org_id = :org AND finished_at IS NOT NULL AND finished_at >= :since ORDER BY finished_at LIMIT 1
            ) AS ended
        ) AS next
        """,
        org=org,
        since=since,
        first_id=_id_of(since),
    )
    return row["at"] if row else None


def counted_until(tx: Tx, org: OrgId) -> Instant:
    """Up to when the organization's callbacks have been counted."""
    row = tx.one("SELECT counted_until FROM report_progress WHERE org_id = :org", org=org)
    return row["counted_until"] if row else Instant(0)


def take_turn(tx: Tx, org: OrgId) -> Instant | None:
    """Up to when it has been counted, locked until the transaction ends; None while another worker counts."""
    row = tx.one("SELECT counted_until FROM report_progress WHERE org_id = :org FOR UPDATE SKIP LOCKED", org=org)
    return row["counted_until"] if row else None


def begin(tx: Tx, org: OrgId, at: Instant) -> None:
    """Note from when on to count, for an organization that has not been counted yet."""
    tx.run(
        """
        INSERT INTO report_progress (org_id, counted_until) VALUES (:org, :at) ON CONFLICT (org_id) DO NOTHING
        """,
        org=org,
        at=at,
    )


def end_turn(tx: Tx, org: OrgId, until: Instant) -> None:
    """Note up to when the organization's callbacks have been counted now."""
    tx.run("UPDATE report_progress SET counted_until = :until WHERE org_id = :org", org=org, until=until)


def count(tx: Tx, org: OrgId, begins: Instant, ends: Instant, *, width: int) -> int:
    """Count what happened from ``begins`` to ``ends``, full stretches of ``width``, anew; how many rows it makes."""
    tx.run(
        "DELETE FROM report_counts WHERE org_id = :org AND starts_at >= :begins AND starts_at < :ends",
        org=org,
        begins=begins,
        ends=ends,
    )
    return tx.run(
        f"""
        INSERT INTO report_counts (org_id, {_KEY}, {", ".join(COUNTS)})
        SELECT :org, counted.* FROM ({_COUNTED}) AS counted
        """,
        org=org,
        width=width,
        **_between(begins, ends),
    )


def happened(tx: Tx, org: OrgId, begins: Instant, ends: Instant, *, width: int) -> list[Counted]:
    """Count what happened from ``begins`` to ``ends`` without keeping it."""
    rows = tx.all(_COUNTED, org=org, width=width, **_between(begins, ends))
    return [
        Counted(row["starts_at"], CallTargetId(row["call_target_id"]), row["channel"], Kind(row["type"]), _tally(row))
        for row in rows
    ]


def asked(tx: Tx, org: OrgId, stretch: Stretch, chosen: Chosen) -> list[tuple[int, int, str, int]]:
    """How many were asked for in counted time: by day (of the epoch) and hour of the zone's clocks, and channel."""
    wanted, values = _wanted(chosen)
    rows = tx.all(
        f"""
        SELECT (starts_at + :offset) / {DAY} AS day, (starts_at + :offset) / {HOUR} % 24 AS hour, channel,
               SUM(requested) AS number
        FROM report_counts
        WHERE org_id = :org AND starts_at >= :begin AND starts_at < :end AND requested > 0{wanted}
        GROUP BY 1, 2, 3
        """,
        org=org,
        **stretch._asdict(),
        **values,
    )
    return [(row["day"], row["hour"], row["channel"], row["number"]) for row in rows]


def summed(tx: Tx, org: OrgId, stretch: Stretch, chosen: Chosen, *, unit: int) -> list[tuple[int, Kind, Tally]]:
    """Everything in counted time: by type, and by so many units (days or hours, of the epoch) of the zone's clocks."""
    wanted, values = _wanted(chosen)
    rows = tx.all(
        f"""
        SELECT (starts_at + :offset) / :unit AS number, type, {_SUMS} FROM report_counts
        WHERE org_id = :org AND starts_at >= :begin AND starts_at < :end{wanted}
        GROUP BY 1, 2
        """,
        org=org,
        unit=unit,
        **stretch._asdict(),
        **values,
    )
    return [(row["number"], Kind(row["type"]), _tally(row)) for row in rows]


def total(tx: Tx, org: OrgId, begins: Instant, ends: Instant, chosen: Chosen) -> Tally:
    """Everything in counted time, added up."""
    wanted, values = _wanted(chosen)
    row = tx.one(
        f"""
        SELECT COUNT(*) AS found, {_SUMS} FROM report_counts
        WHERE org_id = :org AND starts_at >= :begins AND starts_at < :ends{wanted}
        """,
        org=org,
        begins=begins,
        ends=ends,
        **values,
    )
    return _tally(row) if row and row["found"] else Tally()


def channels(tx: Tx, org: OrgId, begins: Instant, ends: Instant) -> list[str]:
    """The channels of those counted between two instants."""
    rows = tx.all(
        "SELECT DISTINCT channel FROM report_counts WHERE org_id = :org AND starts_at >= :begins AND starts_at < :ends",
        org=org,
        begins=begins,
        ends=ends,
    )
    return sorted(row["channel"] for row in rows)


def _between(begins: Instant, ends: Instant) -> dict[str, Any]:
    """The bounds of time, and those of the ids of what was asked for within them: an id begins with its time."""
    return {"begin": begins, "end": ends, "first_id": _id_of(begins), "end_id": _id_of(ends)}


def _id_of(at: Instant) -> str:
    """How the ids of what was made then begin: smaller than all of them."""
    return ids.new_id(at)[:10]


def _wanted(chosen: Chosen) -> tuple[str, dict[str, Any]]:
    values = {
        name: value
        for name, value in (("call_target_id", chosen.call_target_id), ("channel", chosen.channel))
        if value is not None
    }
    return "".join(f" AND {name} = :{name}" for name in values), values


def _tally(row: Row) -> Tally:
    return Tally(*(row[name] for name in COUNTS))
