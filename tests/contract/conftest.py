"""A small table to try the database with, so that these tests do not change with the schema."""

import pytest

from ringback.db.database import Database
from ringback.db.tx import Tx


def make_table(tx: Tx) -> None:
    tx.run(
        "CREATE TABLE things (name TEXT PRIMARY KEY, amount BIGINT NOT NULL CHECK (amount >= 0), parent TEXT, data BYTEA,"
        " FOREIGN KEY (parent) REFERENCES things (name))"
    )


@pytest.fixture
def things(database: Database) -> Database:
    """A database with a table ``things(name unique, amount >= 0, parent, data)``."""
    database.write_now(make_table)
    return database
