"""The migrations add up to schema.py, on both engines, CHECKs and partial indexes included."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine, text
from tests.postgres import Cluster

from ringback.db import migrate as migrations
from ringback.db.database import open_database
from ringback.db.migrate import differences, migrate, pending
from ringback.db.schema import metadata
from ringback.db.version import SCHEMA_VERSION, check_schema, schema_version
from ringback.kernel.errors import ConfigurationInvalid, DatabaseMissing, DatabaseSchemaMismatch


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path, postgres_cluster: Cluster):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    url = postgres_cluster.new_database()
    yield url
    postgres_cluster.drop_database(url)


def test_a_migrated_database_is_what_the_schema_says(database_url):
    assert differences(database_url) == ()


def test_a_database_lacking_something_is_told(database_url):
    with_statement(database_url, "DROP INDEX ix_callbacks_due")
    assert "ix_callbacks_due" in str(differences(database_url))


def test_sqlite_has_the_very_tables_of_the_schema(sqlite_url, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'schema.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert sqlite_structure(sqlite_url) == sqlite_structure(f"sqlite:///{tmp_path / 'schema.db'}")


def test_postgresql_has_the_very_tables_of_the_schema(postgres_url, postgres_cluster):
    url = postgres_cluster.new_database()
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    metadata.create_all(engine)
    engine.dispose()
    assert postgres_structure(postgres_url) == postgres_structure(url)
    postgres_cluster.drop_database(url)


def test_migrating_tells_what_it_did_and_does_it_once(empty_url):
    assert migrate(empty_url)[-1] == SCHEMA_VERSION
    assert pending(empty_url) == ()
    assert migrate(empty_url) == ()
    db = open_database(empty_url)
    assert schema_version(db) == SCHEMA_VERSION
    check_schema(db)
    db.close()


def test_a_database_without_tables_is_missing_them(empty_url, tmp_path):
    (tmp_path / "new.db").touch()
    assert pending(empty_url)[-1] == SCHEMA_VERSION
    db = open_database(empty_url)
    with pytest.raises(DatabaseMissing, match="ringback migrate"):
        check_schema(db)
    db.close()


@pytest.mark.parametrize(
    ("version", "word", "advice"), [("0000", "older", "ringback migrate"), ("9999", "newer", "upgrade Ringback")]
)
def test_a_database_of_another_version_is_refused(database_url, version, word, advice):
    with_statement(database_url, f"UPDATE alembic_version SET version_num = '{version}'")
    db = open_database(database_url)
    with pytest.raises(DatabaseSchemaMismatch, match=advice) as refusal:
        check_schema(db)
    db.close()
    assert word in refusal.value.message
    assert version in refusal.value.message
    assert SCHEMA_VERSION in refusal.value.message


def test_a_newer_database_is_not_migrated(database_url):
    with_statement(database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseSchemaMismatch, match="newer"):
        migrate(database_url)


def test_a_migration_needs_its_directory(tmp_path):
    with pytest.raises(DatabaseMissing, match="does not exist"):
        migrate(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    with pytest.raises(DatabaseMissing, match="ringback migrate"):
        pending(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()


def test_a_failed_migration_changes_nothing(empty_url, tmp_path):
    (tmp_path / "new.db").touch()
    with_statement(empty_url, "CREATE TABLE audit_log (id TEXT)")  # in the way of the last table
    with pytest.raises(DatabaseSchemaMismatch, match=r"as it was.*audit_log"):
        migrate(empty_url)
    with_statement(empty_url, "DROP TABLE audit_log")
    assert migrate(empty_url)[-1] == SCHEMA_VERSION


def test_a_table_that_is_copied_to_be_changed_keeps_its_rows_and_what_refers_to_them(empty_url, tmp_path):
    """On SQLite widgets are copied to get a foreign key of two columns (0007)."""
    with migrations._transaction(empty_url, create=True) as connection:
        command.upgrade(migrations._config(connection), "0006")
        for statement in (
            "INSERT INTO organizations VALUES ('o', 'o', 'O', '{}', 1, 0, 0)",
            "INSERT INTO call_targets VALUES ('o', 't', 't', '{}', 0, NULL)",
            "INSERT INTO widgets VALUES ('o', 'w', 'w', 'convey', 'slug', 't', NULL, NULL, 3, '{}', 5, 7)",
            "INSERT INTO idempotency_keys VALUES ('o', 'w', 'k', 'b', 'a', 0)",
        ):
            connection.execute(text(statement))
    migrate(empty_url)
    with migrations._transaction(empty_url, create=False) as connection:
        assert [tuple(row) for row in connection.execute(text("SELECT * FROM widgets"))] == [
            ("o", "w", "w", "convey", "slug", "t", None, None, 3, "{}", 5, 7, None)
        ]
    for sql in (
        "DELETE FROM widgets",  # the key refers to it
        "UPDATE widgets SET template_id = 'none'",
        "UPDATE widgets SET kind = 'widget'",  # a CHECK: those have no slug
    ):
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
            with_statement(empty_url, sql)
    with_statement(empty_url, "INSERT INTO templates VALUES ('o', 'x', 'x', '{}', 0)")
    with_statement(empty_url, "UPDATE widgets SET template_id = 'x'")


@pytest.mark.parametrize(
    "url", ["", "mysql://root:secret@host/x", "sqlite://", "sqlite:///", "sqlite:///:memory:", "x.db"]
)
def test_an_address_of_another_kind_is_refused_without_showing_it(url):
    for use in (open_database, migrate):
        with pytest.raises(ConfigurationInvalid, match="sqlite:///") as refusal:
            use(url)
        assert "secret" not in str(refusal.value)


def with_statement(url: str, sql: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(Path(url.removeprefix("sqlite:///")))) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(sql)
            connection.commit()
    else:
        with psycopg.connect(url) as connection:
            connection.execute(sql)


def sqlite_structure(url: str) -> dict[str, list[str]]:
    """Tables and indexes as SQLite keeps their text, each as its sorted lines: the order of constraints is no difference."""
    connection = sqlite3.connect(Path(url.removeprefix("sqlite:///")))
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'")
    structure = {name: sorted(re.sub(r"[\s,]+$", "", line.strip()) for line in lines_of(sql)) for name, sql in rows}
    connection.close()
    return structure


def lines_of(sql: str) -> list[str]:
    """The lines of a statement, each with one column: SQLite writes those that were added on the line of the last.

    A table that was copied to be changed has its name in quotes.
    """
    sql = re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", sql)
    return re.sub(r", (?=\w+ (BIGINT|TEXT|INTEGER|FLOAT)\b)", ",\n", sql).splitlines()


def postgres_structure(url: str) -> set[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return {
            *connection.execute(
                "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
            ),
            *connection.execute(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'"
            ),
            *connection.execute(
                "SELECT tablename, indexname, indexdef FROM pg_indexes"
                " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            ),
        }
