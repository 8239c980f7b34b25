"""What can befall a file, and what is then said."""

import asyncio
import os
import shutil
import sqlite3
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringback.db.database import Database, open_database
from ringback.db.sqlite import SqliteDatabase
from ringback.db.tx import Change, Tx
from ringback.kernel.errors import (
    DatabaseFull,
    DatabaseLocked,
    DatabaseMissing,
    DatabaseReadOnly,
    DatabaseUnavailable,
)
from ringback.kernel.tenancy import OrgId

PATIENCE = 20
NOBODY = 65534


@pytest.fixture
def path(sqlite_url: str) -> Path:
    """A migrated file with a table ``things``."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing_connection(path) as connection:
        connection.execute("CREATE TABLE things (name TEXT PRIMARY KEY, amount BIGINT NOT NULL)")
    return path


@pytest.fixture
def opened(path: Path):
    db = SqliteDatabase(path, busy_timeout_seconds=0.05)
    yield db
    db.close()


def add(tx: Tx, name: str) -> str:
    tx.run("INSERT INTO things VALUES (:name, 1)", name=name)
    tx.changed(OrgId(name), Change.CALLBACKS)
    return name


def names(tx: Tx) -> list[str]:
    return [row["name"] for row in tx.all("SELECT name FROM things ORDER BY name")]


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(DatabaseMissing, match=r"directory .*nowhere.* does not exist"):
        open_database(f"sqlite:///{tmp_path}/nowhere/ringback.db")


def test_a_missing_file_is_named_and_not_made(tmp_path):
    with pytest.raises(DatabaseMissing, match=r"ringback\.db.*ringback migrate"):
        open_database(f"sqlite:///{tmp_path}/ringback.db")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_no_database(tmp_path):
    with pytest.raises(DatabaseMissing, match="is a file"):
        open_database(f"sqlite:///{tmp_path}")


def test_a_relative_path_starts_here(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    db = open_database("sqlite:///ringback.db")
    db.write_now(add, "one")
    db.close()


def test_odd_characters_in_a_path_are_just_characters(path, tmp_path):
    odd = tmp_path / "what? #1 100%41.db"
    shutil.copy(path, odd)
    db = open_database(f"sqlite:///{odd}")
    db.write_now(add, "one")
    assert db.read_now(names) == ["one"]
    db.close()


def test_a_file_that_is_none_is_called_damaged(tmp_path):
    (tmp_path / "ringback.db").write_text("Dear diary, " * 1000)
    with pytest.raises(DatabaseUnavailable, match="damaged or not a database"):
        open_database(f"sqlite:///{tmp_path}/ringback.db")


def test_a_damaged_page_is_told_and_does_not_stop_the_others(path):
    with closing_connection(path) as connection:
        connection.executemany("INSERT INTO things VALUES (?, 1)", [(f"{n:06}" * 50,) for n in range(500)])
        connection.execute("CREATE TABLE sound (n INTEGER)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'things'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    db = open_database(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match=r"damaged.*backup"):
        db.read_now(lambda tx: tx.all("SELECT amount FROM things"))
    with pytest.raises(DatabaseUnavailable, match=r"damaged.*backup"):
        db.write_now(add, "one")
    db.write_now(lambda tx: tx.run("INSERT INTO sound VALUES (1)"))
    db.close()


def test_a_file_that_may_not_be_written_is_refused_at_once():
    # Not in pytest's directory, which nobody else may enter.
    directory = Path(tempfile.mkdtemp())
    path = directory / "ringback.db"
    sqlite3.connect(path).execute("CREATE TABLE things (name TEXT)").connection.close()
    path.chmod(0o444)
    directory.chmod(0o555)
    try:
        with as_an_ordinary_user(), pytest.raises(DatabaseReadOnly, match="cannot be written"):
            open_database(f"sqlite:///{path}")
    finally:
        directory.chmod(0o755)
        shutil.rmtree(directory)


async def test_a_lock_of_another_program_is_told(path, opened: Database):
    with closing_connection(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseLocked, match="another program"):
            await opened.write(add, "one")
        answers = await asyncio.gather(*(opened.write(add, f"{n}") for n in range(10)), return_exceptions=True)
        assert {type(answer) for answer in answers} == {DatabaseLocked}
        with pytest.raises(DatabaseLocked):
            SqliteDatabase(path, busy_timeout_seconds=0.05)
        assert await opened.read(names) == []  # reading goes on
        connection.execute("ROLLBACK")
    await opened.write(add, "one")
    assert await opened.read(names) == ["one"]


async def test_on_a_full_disk_each_gets_its_own_answer(opened: Database):
    heard = set()
    opened.listen(heard.update)
    started, go_on = threading.Event(), threading.Event()

    def fill_up(tx: Tx) -> None:
        pages = tx.one("PRAGMA page_count")[0]
        tx.one(f"PRAGMA max_page_count = {pages + 20}")
        started.set()
        assert go_on.wait(PATIENCE)

    filling = asyncio.create_task(opened.write(fill_up))
    assert await asyncio.to_thread(started.wait, PATIENCE)
    # All of these wait for the same commit.
    small = [asyncio.create_task(opened.write(add, f"small {n}")) for n in range(5)]
    huge = asyncio.create_task(opened.write(add, "huge" * 100_000))
    more = [asyncio.create_task(opened.write(add, f"more {n}")) for n in range(5)]
    await asyncio.sleep(0)  # lets them ask
    go_on.set()
    await filling
    with pytest.raises(DatabaseFull, match="make room"):
        await huge
    expected = sorted([f"small {n}" for n in range(5)] + [f"more {n}" for n in range(5)])
    assert sorted(await asyncio.gather(*small, *more)) == expected
    assert await opened.read(names) == expected
    assert heard == {(name, Change.CALLBACKS) for name in expected}


async def test_a_failed_commit_fails_everybody(path, opened: Database):
    heard = []
    opened.listen(heard.append)

    def refer_to_nobody(tx: Tx) -> None:
        tx.run("INSERT INTO children VALUES ('nobody')")

    with closing_connection(path) as connection:  # a rule that SQLite looks at only when it commits
        connection.execute("CREATE TABLE children (parent TEXT REFERENCES things (name) DEFERRABLE INITIALLY DEFERRED)")
    await opened.write(names)
    heard.clear()
    waiting = [opened.write(add, "a"), opened.write(refer_to_nobody), opened.write(add, "b")]
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    there = await opened.read(names)
    succeeded = [answer for answer in answers if isinstance(answer, str)]
    assert there == sorted(succeeded)
    assert isinstance(answers[1], Exception)
    assert {name for changes in heard for name, _ in changes} == set(there)
    await opened.write(add, "after")


def test_the_settings_are_the_promised_ones(opened: Database):
    def settings(tx: Tx) -> dict[str, object]:
        return {name: tx.one(f"PRAGMA {name}")[0] for name in ("journal_mode", "synchronous", "foreign_keys")}

    assert opened.write_now(settings) == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_closed_database_leaves_one_file(path):
    db = open_database(f"sqlite:///{path}")
    db.write_now(add, "one")
    db.read_now(names)
    db.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@contextmanager
def closing_connection(path: Path):
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def as_an_ordinary_user():
    """Root may write anything; so be somebody else for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
