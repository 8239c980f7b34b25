"""Migrations: bring a database to this Ringback's schema. Only forward; the way back is the backup.

The scripts stand in ``migrations/versions``; ``schema.py`` says what they add up to, and :func:`differences` holds the
two against each other.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ringback.db import postgres_connection, sqlite, sqlite_errors
from ringback.db.address import sqlite_file
from ringback.db.schema import metadata
from ringback.db.version import SCHEMA_VERSION
from ringback.kernel.errors import DatabaseSchemaMismatch, RingbackError

_LOCK = 0x52494E47
"""The advisory lock under which a PostgreSQL database is migrated, so that two processes do not do it at once."""


def migrate(url: str) -> tuple[str, ...]:
    """Bring the database to the newest schema, in one transaction, and return the versions that were applied.

    On SQLite the file is made when it is missing (its directory is not); on PostgreSQL the database must be there.

    Raises:
        DatabaseSchemaMismatch: the database was made by a newer Ringback.
        DatabaseUnavailable: or another of its kinds.
    """
    with _transaction(url, create=True) as connection:
        applied = _pending(connection)
        if applied:
            command.upgrade(_config(connection), "head")
        return applied


def pending(url: str) -> tuple[str, ...]:
    """The versions that :func:`migrate` would apply. Raises as that does, also when there is no SQLite file yet."""
    with _transaction(url, create=False) as connection:
        return _pending(connection)


def differences(url: str) -> tuple[str, ...]:
    """In what a migrated database and ``schema.py`` differ: tables, columns, keys, indexes (not CHECKs)."""
    with _transaction(url, create=False) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return tuple(str(difference) for difference in compare_metadata(context, metadata))


def _pending(connection: Connection) -> tuple[str, ...]:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = MigrationContext.configure(connection).get_current_revision() or ""
    if found > SCHEMA_VERSION:
        raise DatabaseSchemaMismatch(
            f"The database has schema {found}, which is newer than the {SCHEMA_VERSION} that this Ringback knows: "
            "upgrade Ringback."
        )
    known = sorted(script.revision for script in ScriptDirectory.from_config(_config(connection)).walk_revisions())
    return tuple(revision for revision in known if revision > found)


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "ringback.db:migrations")
    return config


@contextmanager
def _transaction(url: str, *, create: bool) -> Iterator[Connection]:
    path = sqlite_file(url)
    engine = _postgresql(url) if path is None else _sqlite(path, create=create)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise _explained(error.orig, path) from error


def _explained(error: BaseException | None, path: Path | None) -> Exception:
    known: Exception | None = None
    if isinstance(error, sqlite3.Error) and path is not None:
        known = sqlite_errors.explained(error, path)
    elif isinstance(error, psycopg.Error):
        known = postgres_connection.explained(error)
    if isinstance(known, RingbackError):
        return known
    return DatabaseSchemaMismatch(f"The database cannot be migrated, and is as it was before: {error}")


def _postgresql(url: str) -> Engine:
    return create_engine(
        "postgresql+psycopg://", creator=lambda: postgres_connection.connect_plainly(url), poolclass=NullPool
    )


def _sqlite(path: Path, *, create: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite.connect(path, "rwc" if create else "rw")
        connection.row_factory = None
        connection.execute("PRAGMA foreign_keys = OFF")  # batch mode drops and renames tables that others refer to
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver alone would let tables be made outside of one

    @event.listens_for(engine, "commit")
    def check_references(connection: Connection) -> None:
        broken: list[Any] = list(connection.exec_driver_sql("PRAGMA foreign_key_check"))
        if broken:
            raise DatabaseSchemaMismatch(f"The migration would leave rows that refer to nothing: {broken[:5]}.")

    return engine
