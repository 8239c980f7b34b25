"""Databases of Ringback, filled as they are needed: so many organizations, so many callbacks pending.

One organization is made by ``ringback apply``'s own code from ``organization.toml``; all others are copies of its rows
under ids that can be computed, so that ten thousand organizations and a million callbacks take seconds to make.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, insert, select, text
from sqlalchemy.pool import NullPool

from bench import past
from ringback.access.tokens import hash_token
from ringback.configuration.apply import apply_file
from ringback.configuration.file import read_file
from ringback.db import schema
from ringback.db.database import open_database
from ringback.db.migrate import migrate
from ringback.kernel.clock import Instant, SystemClock
from ringback.kernel.ids import new_id

WIDGETS = 4
TOKEN_VARIABLE = "RINGBACK_BENCH_TOKEN"

_FILE = Path(__file__).parent / "organization.toml"
_HOUR = 3600 * 1_000_000
_DAY = 24 * _HOUR
_BOOKABLE_HOURS = 27 * 24
_TABLES = (
    schema.organizations,
    schema.policies,
    schema.access_tokens,
    schema.organization_access,
    schema.call_targets,
    schema.widgets,
)

Rows = Mapping[Table, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Filling:
    """What a database holds.

    Of the pending callbacks, ``due`` are to be made as soon as possible, and nobody has dialled them yet; the others are
    booked for the weeks after those that the widgets offer. All are spread evenly over the organizations and their queues.
    """

    organizations: int = 1
    pending: int = 48
    due: int = 48
    past: int = 0
    """Callbacks of the last thirteen weeks that have ended, counted for the reports; see ``bench/past.py``."""


def organization_id(number: int) -> str:
    """The public id of an organization."""
    return f"org{number:05}"


def widget_id(number: int, place: int) -> str:
    """The public id of one of an organization's widgets."""
    return f"w{place}-{organization_id(number)}"


def token(number: int) -> str:
    """The token of an organization."""
    return f"ringback-bench-token-of-{organization_id(number):>32}".replace(" ", "x")


def fill(url: str, filling: Filling, *, scratch: Path) -> None:
    """Make the tables in an empty database and fill it."""
    migrate(url)
    rows = _template(scratch)
    engine = _engine(url)
    with _quick(engine) as connection:
        for table in _TABLES:
            copies = [copy for number in range(filling.organizations) for copy in _copies(rows[table], table, number)]
            connection.execute(insert(table), copies)
        _fill_callbacks(connection, filling)
        if filling.past:
            past.fill(connection, filling.past)
    if filling.past:
        past.count(url)
    _settle(engine)


def book(url: str, *, number: int, first_at: int, every: int) -> None:
    """Have so many of the pending callbacks come due one after the other, from an instant on, each in another queue."""
    with _quick(_engine(url)) as connection:
        connection.execute(text(_BOOK), {"first_at": first_at, "every": every, "end": str(_FIRST_NUMBER + number)})


def status_paths(numbers: Sequence[int], file: Path) -> Path:
    """Write the paths and tokens with which the load asks for the status of these organizations."""
    lines = [f"/api/organization/{organization_id(number)}/widget_status {token(number)}" for number in numbers]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def request_paths(file: Path) -> Path:
    """Write the paths at which the load asks for callbacks: every widget of the first organization."""
    lines = [f"/api/widget/{widget_id(0, place)}/request_callback" for place in range(WIDGETS)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _template(scratch: Path) -> Rows:
    path = scratch / "template.sqlite3"
    url = f"sqlite:///{path}"
    if not path.exists():
        migrate(url)
        db = open_database(url)
        try:
            now = SystemClock().now()
            secrets = {TOKEN_VARIABLE: token(0)}
            db.write_now(apply_file, read_file(_FILE), actor="bench", origin="bench", secrets=secrets, now=now)
        finally:
            db.close()
    with _engine(url).connect() as connection:
        return {table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in _TABLES}


def _copies(rows: Sequence[Mapping[str, Any]], table: Table, number: int) -> Iterator[dict[str, Any]]:
    """The rows of one table as they are for one organization."""
    org = organization_id(number)
    for row in rows:
        copy = dict(row)
        if table is schema.organizations:
            copy |= {"id": org, "key": f"bench-{org}"}
        else:
            copy["org_id"] = org
        if table is schema.widgets:
            copy |= {"id": widget_id(number, row["position"]), "call_target_id": f"target{row['position']}"}
        if table is schema.call_targets:
            copy["id"] = f"target{_PLACES[row['key']]}"
        if table is schema.access_tokens:
            copy["secret_hash"] = hash_token(token(number))
        yield copy


_PLACES = {"billing": 0, "outages": 1, "moving": 2, "sales": 3}


def _fill_callbacks(connection: Connection, filling: Filling) -> None:
    if not filling.pending:
        return
    now = time.time_ns() // 1000
    connection.execute(
        text(_CALLBACKS),
        {
            "last": filling.pending - 1,
            "organizations": filling.organizations,
            "due": filling.due,
            "asked_at": now - 2 * _DAY,
            "id": new_id(Instant(now - 2 * _DAY))[:10] + _AFTER_TIME,
            "due_at": now - _DAY,
            "booked_from": now // _HOUR * _HOUR + 3 * _DAY,
        },
    )
    connection.execute(text(_LOADS))
    connection.execute(text(_TIMESLOTS))


_AFTER_TIME = "waited"
"""An id is its time in ten characters, this, and the number of the callback."""
_FIRST_NUMBER = 1_000_000_000

_CALLBACKS = f"""
    INSERT INTO callbacks (
        org_id, id, call_target_id, widget_id, contact_number, type, state, channel, locale, time_zone, user_data,
        order_at, appointment_at, due_at, duplicate_guard,
        promised_seconds, promised_low, promised_high, promise_inputs, attempts, created_at, updated_at
    )
    WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < CAST(:last AS INTEGER)),
    placed AS (
        SELECT i, 'org' || SUBSTR(CAST(100000 + i % CAST(:organizations AS INTEGER) AS TEXT), 2) AS org,
               CAST((i / CAST(:organizations AS INTEGER)) % {WIDGETS} AS TEXT) AS place,
               '+1' || CAST(CAST(2132000000 AS BIGINT) + i AS TEXT) AS number,
               CAST(:asked_at AS BIGINT) + i AS asked_at,
               CASE WHEN i >= CAST(:due AS INTEGER) THEN CAST(:booked_from AS BIGINT)
                   + (i / CAST(:organizations AS INTEGER) / {WIDGETS}) % {_BOOKABLE_HOURS} * CAST({_HOUR} AS BIGINT) END
                   AS booked_at
        FROM numbers
    )
    SELECT org, CAST(:id AS TEXT) || CAST({_FIRST_NUMBER} + i AS TEXT), 'target' || place, 'w' || place || '-' || org,
           number, CASE WHEN booked_at IS NULL THEN 'asap' ELSE 'scheduled' END, 'pending', 'sms', 'en', 'UTC', '{{}}',
           COALESCE(booked_at, asked_at), booked_at, COALESCE(booked_at, CAST(:due_at AS BIGINT) + i), number,
           CASE WHEN booked_at IS NULL THEN 300 END, CASE WHEN booked_at IS NULL THEN 200 END,
           CASE WHEN booked_at IS NULL THEN 400 END, CASE WHEN booked_at IS NULL THEN '{{}}' END, 0, asked_at, asked_at
    FROM placed
"""

_NUMBER_AT = 10 + len(_AFTER_TIME) + 1
_DUE_AT = f"CAST(:first_at AS BIGINT) + (CAST(SUBSTR(id, {_NUMBER_AT}) AS BIGINT) - {_FIRST_NUMBER}) * :every"

_BOOK = f"""
    UPDATE callbacks SET order_at = {_DUE_AT}, appointment_at = {_DUE_AT}, due_at = {_DUE_AT}
    WHERE appointment_at IS NOT NULL
      AND id < (SELECT SUBSTR(MIN(id), 1, {_NUMBER_AT - 1}) FROM callbacks) || CAST(:end AS TEXT)
"""

_LOADS = """
    INSERT INTO call_target_load (org_id, call_target_id, shard, pending_asap, pending_scheduled)
    SELECT org_id, call_target_id, 0, COUNT(*) - COUNT(appointment_at), COUNT(appointment_at) FROM callbacks
    GROUP BY org_id, call_target_id
"""

_TIMESLOTS = """
    INSERT INTO timeslots (org_id, call_target_id, starts_at, taken)
    SELECT org_id, call_target_id, appointment_at, COUNT(*) FROM callbacks WHERE appointment_at IS NOT NULL
    GROUP BY org_id, call_target_id, appointment_at
"""


def _engine(url: str) -> Engine:
    if url.startswith("sqlite:"):
        return create_engine(url, poolclass=NullPool)
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)


@contextmanager
def _quick(engine: Engine) -> Iterator[Connection]:
    """A transaction that need not be durable: nobody was promised anything yet."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            connection.exec_driver_sql("PRAGMA cache_size = -262144")
        connection.commit()
        yield connection
        connection.commit()


def _settle(engine: Engine) -> None:
    """Bring a database that was filled at one go into the state of one that has been running for a while."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
