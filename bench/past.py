"""Callbacks of the last thirteen weeks, with what they leave behind: attempts, timeline, counts, history, audit log.

Made in the database by a few statements, so that a million take a minute. Nothing is random: what varies is computed from
the number of the callback. They are asked for over every widget there is, on weekdays more than on weekends, from eight to
eight, New York time (in winter), most of them before one, in the order of their ids, which begin with the time as
:func:`ringback.kernel.ids.new_id` makes them.

``python -m bench.past ADDRESS CALLBACKS`` puts some into a database that has been configured: for looking at reports.
"""

import sys
import time

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

import ringback.reports.service as reports
from ringback.db.database import open_database
from ringback.kernel.clock import DAY, HOUR, MINUTE, SystemClock

WEEKS = 13
_MIDNIGHT = 5 * HOUR
_MONDAY = 4 * DAY
"""1970-01-05."""
_AUDIT_ENTRIES = 20_000
_HISTORY_MINUTES = 240
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def fill(connection: Connection, callbacks: int) -> None:
    """Write so many, evenly over all widgets, and those of the present week until now besides."""
    now = time.time_ns() // 1000
    monday = (now - _MONDAY) // (7 * DAY) * 7 * DAY + _MONDAY
    a_week = callbacks // WEEKS
    values = {
        "last": a_week * (WEEKS + 1) - 1,
        "a_week": a_week,
        "a_day": max(1, a_week * 10 // 56),  # five weekdays, and two days with three tenths of theirs
        "a_weekend_day": max(1, a_week * 3 // 56),
        "begin": monday - WEEKS * 7 * DAY + _MIDNIGHT,
        "now": now,
    }
    connection.execute(text(_CALLBACKS), values)
    connection.execute(text(_ATTEMPTS))
    for kind, at, details in _LINES:
        connection.execute(text(_EVENTS.format(at=at)), {"kind": kind, "details": details})
    connection.execute(
        text(_HISTORY), {"minute": now // MINUTE * MINUTE, "minutes": _HISTORY_MINUTES, "length": MINUTE}
    )
    connection.execute(text(_AUDIT_LOG), {"last": _AUDIT_ENTRIES - 1, "begin": monday - WEEKS * 7 * DAY})


def count(url: str) -> None:
    """Let a worker count for the reports what is over."""
    db = open_database(url)
    try:
        while db.write_now(reports.count_finished, now=SystemClock().now()):
            pass
    finally:
        db.close()


def _time_of_id(microseconds: str) -> str:
    """The ten characters that an id of that time begins with."""
    return " || ".join(
        f"SUBSTR('{_ALPHABET}', 1 + CAST(({microseconds}) / 1000 / CAST({32**place} AS BIGINT) % 32 AS INTEGER), 1)"
        for place in range(9, -1, -1)
    )


# The share of a day's callbacks, in millionths, that have been asked for by a time of the day: the time of each.
_TIME_OF_DAY = f"""
    CASE WHEN share < 250000 THEN CAST({8 * HOUR} AS BIGINT) + share * 28800
         WHEN share < 600000 THEN CAST({10 * HOUR} AS BIGINT) + (share - 250000) * 30857
         WHEN share < 900000 THEN CAST({13 * HOUR} AS BIGINT) + (share - 600000) * 48000
         ELSE CAST({17 * HOUR} AS BIGINT) + (share - 900000) * 100000 END
"""

_CALLBACKS = f"""
    INSERT INTO callbacks (
        org_id, id, call_target_id, widget_id, contact_number, contact_name, type, state, outcome, channel, locale,
        time_zone, user_data, order_at, appointment_at, due_at, promised_seconds, promised_low, promised_high,
        promise_inputs, attempts, created_at, updated_at, finished_at, launched_at
    )
    WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < CAST(:last AS INTEGER)),
    sizes AS (
        SELECT CAST(:a_week AS BIGINT) AS a_week, CAST(:a_day AS BIGINT) AS a_day,
               CAST(:a_weekend_day AS BIGINT) AS a_weekend_day
    ),
    places AS (
        SELECT org_id, call_target_id, id AS widget_id, ROW_NUMBER() OVER (ORDER BY org_id, id) - 1 AS place,
               COUNT(*) OVER () AS places
        FROM widgets WHERE removed_at IS NULL
    ),
    days AS (
        SELECT i, i / a_week AS week, i % a_week AS of_week, a_day, a_weekend_day,
               CASE WHEN i % a_week < 5 * a_day THEN i % a_week / a_day
                    WHEN i % a_week < 5 * a_day + a_weekend_day THEN 5 ELSE 6 END AS day
        FROM numbers CROSS JOIN sizes
    ),
    shares AS (
        SELECT i, week, day,
               CASE WHEN day < 5 THEN (of_week - day * a_day) * 1000000 / a_day
                    ELSE (of_week - 5 * a_day - (day - 5) * a_weekend_day) * 1000000 / a_weekend_day END AS share
        FROM days
    ),
    placed AS (
        SELECT i, org_id, call_target_id, widget_id, i * 31 % 100 AS fate, i % 5 = 0 AS booked,
               CAST(:begin AS BIGINT) + (week * 7 + day) * CAST({DAY} AS BIGINT) + {_TIME_OF_DAY} AS asked_at
        FROM shares JOIN places ON place = i % places
    ),
    told AS (
        SELECT placed.*, CASE WHEN booked THEN asked_at + CAST({2 * HOUR} AS BIGINT) END AS appointment_at,
               CASE WHEN fate < 80 THEN 'success' WHEN fate < 86 THEN 'canceled' WHEN fate < 93 THEN 'unavailable'
                    WHEN fate < 95 THEN 'not_completed' WHEN fate < 98 THEN 'abandoned' WHEN fate < 99 THEN 'expired'
                    ELSE 'failure' END AS outcome,
               CASE WHEN fate >= 80 AND fate < 86 OR fate = 98 THEN 0
                    WHEN i % 43 = 0 THEN 3 WHEN i % 9 = 0 THEN 2 ELSE 1 END AS attempts
        FROM placed
    ),
    called AS (
        SELECT told.*,
               CASE WHEN attempts > 0 AND booked THEN appointment_at + i * 7 % 90 * 1000000
                    WHEN attempts > 0 THEN asked_at + (60 + i * 17 % 330) * 1000000 END AS launched_at
        FROM told
    ),
    ended AS (
        SELECT called.*, COALESCE(launched_at, asked_at) + (200 + i * 13 % 600) * 1000000 AS finished_at FROM called
    )
    SELECT org_id, {_time_of_id("asked_at")} || 'past00' || CAST(CAST(1000000000 AS BIGINT) + i AS TEXT),
           call_target_id, widget_id, '+1' || CAST(CAST(2132000000 AS BIGINT) + i % 300000 AS TEXT), 'Pat Example',
           CASE WHEN booked THEN 'scheduled' ELSE 'asap' END, 'finished', outcome,
           CASE WHEN i % 13 < 6 THEN 'sms' WHEN i % 13 < 10 THEN 'web' WHEN i % 13 < 12 THEN 'ivr' ELSE 'convey' END,
           'en', 'America/New_York', '{{}}', COALESCE(appointment_at, asked_at), appointment_at,
           COALESCE(appointment_at, asked_at), CASE WHEN booked THEN NULL ELSE 300 END,
           CASE WHEN booked THEN NULL ELSE 200 END, CASE WHEN booked THEN NULL ELSE 400 END,
           CASE WHEN booked THEN NULL ELSE '{{}}' END, attempts, asked_at, finished_at, finished_at, launched_at
    FROM ended WHERE finished_at < CAST(:now AS BIGINT)
"""

_ATTEMPTS = """
    INSERT INTO attempts (
        org_id, callback_id, number, id, first_party, claimed_at, ringing_at, answered_at, connected_at, ended_at, cause
    )
    SELECT org_id, id, attempts, id, 'customer', launched_at, launched_at + 2000000,
           CASE WHEN outcome IN ('success', 'abandoned') THEN launched_at + 12000000 END,
           CASE WHEN outcome = 'success' THEN launched_at + 19000000 END, finished_at,
           CASE outcome WHEN 'success' THEN 'answered' WHEN 'abandoned' THEN 'canceled' ELSE 'no_answer' END
    FROM callbacks WHERE state = 'finished' AND attempts > 0
"""

_LINES = (("requested", "created_at", "{}"), ("finished", "finished_at", '{"outcome": "success"}'))
_EVENTS = """
    INSERT INTO callback_events (org_id, callback_id, id, at, kind, details)
    SELECT org_id, id, id || '-' || CAST(:kind AS TEXT), {at}, CAST(:kind AS TEXT), CAST(:details AS TEXT)
    FROM callbacks WHERE state = 'finished'
"""

_HISTORY = """
    INSERT INTO estimate_history (
        org_id, minute, call_target_id, promise, low, high, waiting, dialing, connecting, talking
    )
    WITH RECURSIVE minutes (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM minutes WHERE i < CAST(:minutes AS INTEGER))
    SELECT org_id, CAST(:minute AS BIGINT) - i * CAST(:length AS BIGINT), id, 300 + i % 120, 200 + i % 100, 420 + i % 150,
           12, 1, 1, 2
    FROM call_targets CROSS JOIN minutes
"""

_AUDIT_LOG = f"""
    INSERT INTO audit_log (org_id, id, at, actor, origin, action, subject_kind, subject_key, before, after)
    WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < CAST(:last AS INTEGER)),
    placed AS (SELECT i, CAST(:begin AS BIGINT) + i * CAST({6 * MINUTE} AS BIGINT) AS at FROM numbers)
    SELECT first.id, {_time_of_id("at")} || 'change' || CAST(CAST(1000000000 AS BIGINT) + i AS TEXT), at,
           'somebody' || CAST(i % 7 AS TEXT) || '@example.org', 'console 192.0.2.7', 'changed', 'call_target', 'billing',
           '{{"name": "Billing"}}', '{{"name": "Billing and payments"}}'
    FROM placed CROSS JOIN (SELECT MIN(id) AS id FROM organizations) AS first
"""

if __name__ == "__main__":
    _, address, number = sys.argv
    engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    with engine.begin() as opened:
        fill(opened, int(number))
    count(address)
