"""What can befall a server, and what is then said."""

import asyncio
import threading

import psycopg
import pytest
from tests.postgres import GUARDED_USER, Cluster

from ringback.db.database import open_database
from ringback.db.tx import Change, Tx
from ringback.kernel.errors import DatabaseMissing, DatabaseReadOnly, DatabaseUnavailable
from ringback.kernel.tenancy import OrgId

PATIENCE = 20
ACME = OrgId("acme")


@pytest.fixture
def opened(postgres_url):
    db = open_database(postgres_url, connections=4)
    db.write_now(lambda tx: tx.run("CREATE TABLE things (name TEXT PRIMARY KEY, amount BIGINT NOT NULL)"))
    yield db
    db.close()


def add(tx: Tx, name: str) -> str:
    tx.run("INSERT INTO things VALUES (:name, 1)", name=name)
    tx.changed(ACME, Change.CALLBACKS)
    return name


def names(tx: Tx) -> list[str]:
    return [row["name"] for row in tx.all("SELECT name FROM things ORDER BY name")]


def own_process(tx: Tx) -> int:
    return tx.one("SELECT pg_backend_pid() AS pid")["pid"]


def test_a_wrong_password_is_told_without_showing_it(postgres_cluster: Cluster):
    with pytest.raises(DatabaseMissing, match="password authentication failed") as refusal:
        open_database(postgres_cluster.url("postgres", user=GUARDED_USER, password="wrong-secret"))
    assert "wrong-secret" not in refusal.value.message
    open_database(postgres_cluster.url("postgres", user=GUARDED_USER, password="right")).close()


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody@127.0.0.1:1/ringback", "postgresql://nobody@/ringback?host=/nowhere"],
)
def test_a_wrong_host_is_told(url):
    with pytest.raises(DatabaseMissing, match="cannot be reached"):
        open_database(url)


def test_a_wrong_database_is_told(postgres_cluster: Cluster):
    with pytest.raises(DatabaseMissing, match="absent"):
        open_database(postgres_cluster.url("absent"))


def test_work_goes_on_when_the_server_is_back(postgres_cluster: Cluster, postgres_url, opened):
    heard_anything = threading.Event()
    opened.listen(lambda changes: heard_anything.set() if changes is None else None)
    opened.write_now(add, "before")
    with postgres_cluster.stopped():
        with pytest.raises(DatabaseUnavailable):
            opened.write_now(add, "during")
        with pytest.raises(DatabaseUnavailable):
            opened.read_now(names)
    opened.write_now(add, "after")
    assert opened.read_now(names) == ["after", "before"]
    assert heard_anything.wait(PATIENCE)  # since something may have been missed
    heard_anything.clear()

    other_heard = threading.Event()
    other = open_database(postgres_url, connections=1)
    other.listen(lambda _: other_heard.set())
    opened.write_now(add, "told")
    assert other_heard.wait(PATIENCE)
    other.close()


def test_a_connection_lost_while_idle_is_not_noticed(postgres_cluster: Cluster, opened):
    opened.write_now(add, "before")
    postgres_cluster.stop()
    postgres_cluster.start()
    for n in range(8):
        opened.write_now(add, f"{n}")
    assert len(opened.read_now(names)) == 9


def test_a_connection_lost_before_the_commit_runs_the_use_case_again(opened, postgres_cluster: Cluster):
    runs = []

    def add_and_lose(tx: Tx) -> str:
        runs.append(own_process(tx))
        if len(runs) == 1:
            postgres_cluster.run(f"SELECT pg_terminate_backend({runs[0]}, 10000)")
        return add(tx, "one")

    assert opened.write_now(add_and_lose) == "one"
    assert len(runs) == 2
    assert opened.read_now(names) == ["one"]


def test_a_connection_lost_at_the_commit_is_never_run_again(opened, postgres_cluster: Cluster):
    runs = []

    def add_and_lose(tx: Tx) -> str:
        runs.append(own_process(tx))
        add(tx, "one")
        postgres_cluster.run(f"SELECT pg_terminate_backend({runs[0]}, 10000)")
        return "returned"

    with pytest.raises(DatabaseUnavailable, match="unknown"):
        opened.write_now(add_and_lose)
    assert len(runs) == 1


async def test_a_deadlock_is_not_noticed(opened):
    first_row_taken = threading.Barrier(2)
    met = []

    def add_one_to(tx: Tx, first: str, second: str) -> None:
        tx.run("UPDATE things SET amount = amount + 1 WHERE name = :name", name=first)
        if len(met) < 2:
            met.append(first)
            first_row_taken.wait(PATIENCE)
        tx.run("UPDATE things SET amount = amount + 1 WHERE name = :name", name=second)

    await opened.write(add, "a")
    await opened.write(add, "b")
    await asyncio.gather(opened.write(add_one_to, "a", "b"), opened.write(add_one_to, "b", "a"))
    assert sorted(met) == ["a", "b"]
    assert await opened.read(lambda tx: [row["amount"] for row in tx.all("SELECT amount FROM things")]) == [3, 3]


def test_a_server_that_only_reads_is_told(opened, postgres_url, postgres_cluster: Cluster):
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET default_transaction_read_only = on")
    db = open_database(postgres_url, connections=1)
    with pytest.raises(DatabaseReadOnly, match="standby"):
        db.write_now(add, "one")
    db.close()


def test_a_strange_notification_means_anything(opened, postgres_url):
    heard = []
    told = threading.Event()
    opened.listen(lambda changes: (heard.append(changes), told.set()))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_notify('ringback_changes', 'hello')")
        assert told.wait(PATIENCE)
    assert heard == [None]


def test_own_changes_are_told_once(opened, postgres_url):
    heard = []
    echo = threading.Event()
    opened.listen(lambda changes: (heard.append(changes), changes is None and echo.set()))
    opened.write_now(add, "one")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_notify('ringback_changes', 'end')")
        assert echo.wait(PATIENCE)
    assert heard == [frozenset({(ACME, Change.CALLBACKS)}), None]
