"""Which schema this Ringback needs, and whether a database has it. Imports no Alembic: start-up should be quick."""

from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel.errors import DatabaseMissing, DatabaseSchemaMismatch

SCHEMA_VERSION = "0008"
"""The newest migration. Migrations are numbered upwards, so that two versions can be compared."""


def check_schema(db: Database) -> None:
    """Make sure that the database has exactly the schema that this Ringback needs.

    Raises:
        DatabaseMissing: there are no tables yet.
        DatabaseSchemaMismatch: it was made by an older or a newer Ringback; the message says which, and what to do.
    """
    found = schema_version(db)
    if found is None:
        raise DatabaseMissing("The database holds no tables of Ringback yet: run `ringback migrate`.")
    if found < SCHEMA_VERSION:
        raise DatabaseSchemaMismatch(
            f"The database has schema {found}, which is older than the {SCHEMA_VERSION} that this Ringback needs: "
            "run `ringback migrate`."
        )
    if found > SCHEMA_VERSION:
        raise DatabaseSchemaMismatch(
            f"The database has schema {found}, which is newer than the {SCHEMA_VERSION} that this Ringback knows: "
            "upgrade Ringback."
        )


def schema_version(db: Database) -> str | None:
    """The version that the migrations have recorded in a database, or None where they never ran."""
    try:
        return db.read_now(_recorded_version)
    except DatabaseSchemaMismatch:  # no such table
        return None


def _recorded_version(tx: Tx) -> str | None:
    row = tx.one("SELECT version_num FROM alembic_version")
    return None if row is None else str(row["version_num"])
