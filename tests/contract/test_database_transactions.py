"""What a transaction promises, the same on both engines."""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ringback.db.database import Database, open_database
from ringback.db.tx import ConstraintViolated, Tx
from ringback.kernel.errors import (
    DatabaseReadOnly,
    DatabaseSchemaMismatch,
    DatabaseUnavailable,
    InvalidParameters,
    NotFound,
)

PATIENCE = 20
"""Seconds that a test waits for what should come at once."""


def add(tx: Tx, name: str, amount: int = 1) -> str:
    tx.run("INSERT INTO things (name, amount) VALUES (:name, :amount)", name=name, amount=amount)
    return name


def names(tx: Tx) -> list[str]:
    return [row["name"] for row in tx.all("SELECT name FROM things ORDER BY name")]


async def test_what_was_written_is_there_for_all(things: Database, database_url):
    assert await things.write(add, "one", amount=5) == "one"
    assert await things.read(names) == ["one"]
    other = open_database(database_url, connections=1)
    assert other.read_now(names) == ["one"]
    other.close()


def test_the_blocking_door_does_the_same(things: Database):
    assert things.write_now(add, "one", amount=5) == "one"
    assert things.read_now(names) == ["one"]


async def test_an_exception_reaches_the_caller_and_undoes_the_write(things: Database):
    def add_and_fail(tx: Tx) -> None:
        add(tx, "lost")
        raise NotFound("no such thing", thing="x")

    with pytest.raises(NotFound, match="no such thing") as raised:
        await things.write(add_and_fail)
    assert raised.value.details == {"thing": "x"}
    assert await things.read(names) == []


async def test_of_many_at_once_only_those_that_fail_are_undone(things: Database):
    def add_or_fail(tx: Tx, number: int) -> int:
        add(tx, f"{number:02}")
        if number % 3 == 0:
            raise ValueError(number)
        if number % 3 == 1:
            add(tx, f"{number:02}")  # breaks the unique rule
        return number

    answers = await asyncio.gather(*(things.write(add_or_fail, n) for n in range(64)), return_exceptions=True)
    for number, answer in enumerate(answers):
        if number % 3 == 0:
            assert isinstance(answer, ValueError)
            assert answer.args == (number,)
        elif number % 3 == 1:
            assert isinstance(answer, ConstraintViolated)
        else:
            assert answer == number
    assert await things.read(names) == [f"{n:02}" for n in range(64) if n % 3 == 2]


def test_writers_in_many_threads_lose_nothing(things: Database):
    def increase(tx: Tx) -> None:
        row = tx.one("SELECT amount FROM things WHERE name = 'counter' FOR UPDATE")
        tx.run("UPDATE things SET amount = :amount WHERE name = 'counter'", amount=row["amount"] + 1)

    things.write_now(add, "counter", 0)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(things.write_now, increase) for _ in range(80)]:
            done.result(PATIENCE)
    assert things.read_now(lambda tx: tx.one("SELECT amount FROM things")["amount"]) == 80


def test_a_read_sees_one_moment(things: Database):
    looked, written = threading.Event(), threading.Event()

    def look_twice(tx: Tx) -> tuple[list[str], list[str]]:
        before = names(tx)
        looked.set()
        assert written.wait(PATIENCE)
        return before, names(tx)

    things.write_now(add, "first")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(things.read_now, look_twice)
        assert looked.wait(PATIENCE)
        things.write_now(add, "second")
        written.set()
        assert reading.result(PATIENCE) == (["first"], ["first"])
    assert things.read_now(names) == ["first", "second"]


async def test_a_read_cannot_write(things: Database):
    with pytest.raises(DatabaseReadOnly):
        await things.read(add, "one")
    with pytest.raises(DatabaseReadOnly):
        things.read_now(add, "one")
    assert await things.read(names) == []


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("unique", "INSERT INTO things (name, amount) VALUES ('one', 1)"),
        ("check", "INSERT INTO things (name, amount) VALUES ('two', -1)"),
        ("not_null", "INSERT INTO things (name, amount) VALUES ('two', NULL)"),
        ("foreign_key", "INSERT INTO things (name, amount, parent) VALUES ('two', 1, 'nobody')"),
    ],
)
async def test_a_broken_rule_has_one_name(things: Database, kind, sql):
    await things.write(add, "one")
    with pytest.raises(ConstraintViolated) as raised:
        await things.write(lambda tx: tx.run(sql))
    assert raised.value.kind == kind


async def test_a_swallowed_error_still_undoes_the_write(things: Database):
    def add_twice(tx: Tx) -> str:
        add(tx, "one")
        with contextlib.suppress(ConstraintViolated):
            add(tx, "one")
        return "done"

    with pytest.raises(ConstraintViolated):
        await things.write(add_twice)
    assert await things.read(names) == []


async def test_nothing_runs_after_an_error(things: Database):
    def add_again(tx: Tx) -> None:
        add(tx, "one")
        try:
            add(tx, "one")
        except ConstraintViolated:
            add(tx, "two")

    with pytest.raises(ConstraintViolated):
        await things.write(add_again)
    assert await things.read(names) == []


async def test_an_error_may_be_given_another_name(things: Database):
    def add_once(tx: Tx) -> None:
        try:
            add(tx, "one")
        except ConstraintViolated:
            raise NotFound("taken") from None

    await things.write(add_once)
    with pytest.raises(NotFound, match="taken"):
        await things.write(add_once)


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
async def test_a_text_that_cannot_be_stored_is_refused(things: Database, value):
    with pytest.raises(InvalidParameters):
        await things.write(add, value)
    with pytest.raises(InvalidParameters):
        await things.write(lambda tx: tx.run_many("INSERT INTO things (name, amount) VALUES (:n, 1)", [{"n": value}]))
    with pytest.raises(InvalidParameters):
        await things.read(lambda tx: tx.one("SELECT 1 AS x FROM things WHERE name = :name", name=value))
    assert await things.read(names) == []


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30])
async def test_a_number_that_cannot_be_stored_is_refused(things: Database, value):
    with pytest.raises(InvalidParameters):
        await things.write(add, "one", value)


async def test_values_come_back_as_they_went_in(things: Database):
    def keep(tx: Tx) -> dict[str, object]:
        tx.run(
            "INSERT INTO things (name, amount, parent, data) VALUES (:name, :amount, :parent, :data)",
            name="Zoë % 'quoted' :name 😀",
            amount=2**63 - 1,
            parent=None,
            data=b"\0\xff",
        )
        row = tx.one("SELECT name, amount, parent, data FROM things")
        return dict(row)

    kept = {"name": "Zoë % 'quoted' :name 😀", "amount": 2**63 - 1, "parent": None, "data": b"\0\xff"}
    assert await things.write(keep) == kept


async def test_a_row_has_names_and_an_order(things: Database):
    await things.write(add, "one", 7)
    row = await things.read(lambda tx: tx.one("SELECT amount, name FROM things"))
    assert (row["name"], row["amount"], len(row), row.keys()) == ("one", 7, 2, ["amount", "name"])
    amount, name = row
    assert (amount, name) == (7, "one")
    with pytest.raises((KeyError, IndexError)):
        row["nothing"]


async def test_what_sql_reckons_has_the_same_types(things: Database):
    def reckon(tx: Tx) -> list[object]:
        add(tx, "one", 1)
        add(tx, "two", 2)
        return list(
            tx.one(
                "SELECT count(*) AS a, sum(amount) AS b, avg(amount) AS c, max(amount) > :one AS d, 7 / 2 AS e,"
                " coalesce(sum(amount), 0) - 10 AS f, '100%' AS g, ':x' AS h FROM things",
                one=1,
            )
        )

    reckoned = await things.write(reckon)
    assert reckoned == [2, 3, 1.5, 1, 3, -7, "100%", ":x"]
    assert [type(value) for value in reckoned] == [int, int, float, int, int, int, str, str]


async def test_no_row_is_none(things: Database):
    assert await things.read(lambda tx: tx.one("SELECT name FROM things")) is None
    assert await things.read(lambda tx: tx.all("SELECT name FROM things")) == []


async def test_a_statement_tells_how_many_rows_it_changed(things: Database):
    def count_changes(tx: Tx) -> list[int]:
        insert = "INSERT INTO things (name, amount) VALUES (:name, 1) ON CONFLICT DO NOTHING"
        return [
            tx.run(insert, name="one"),
            tx.run(insert, name="one"),
            tx.run(insert, name="two"),
            tx.run("UPDATE things SET amount = 5"),
            tx.run("WITH gone AS (SELECT 'one' AS name) DELETE FROM things WHERE name IN (SELECT name FROM gone)"),
            tx.run("DELETE FROM things WHERE name = 'three'"),
        ]

    assert await things.write(count_changes) == [1, 0, 1, 2, 1, 0]


async def test_many_rows_are_written_by_one_call(things: Database):
    rows = [{"name": f"{n:03}", "amount": n} for n in range(100)]
    await things.write(lambda tx: tx.run_many("INSERT INTO things (name, amount) VALUES (:name, :amount)", rows))
    assert len(await things.read(names)) == 100


async def test_a_claim_is_one_text_for_both(things: Database):
    def claim(tx: Tx) -> list[str]:
        claimed = tx.all(
            "UPDATE things SET amount = 2 WHERE name IN"
            " (SELECT name FROM things WHERE amount = 1 ORDER BY name LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING name",
            most=2,
        )
        return sorted(row["name"] for row in claimed)

    for name in "abc":
        await things.write(add, name)
    assert [await things.write(claim) for _ in range(3)] == [["a", "b"], ["c"], []]


async def test_a_truth_value_is_stored_as_a_number(things: Database):
    await things.write(add, "yes", amount=True)
    await things.write(add, "no", amount=False)
    assert await things.read(lambda tx: [row["amount"] for row in tx.all("SELECT amount FROM things ORDER BY 1")]) == [
        0,
        1,
    ]


async def test_a_missing_table_asks_for_a_migration(database: Database):
    with pytest.raises(DatabaseSchemaMismatch, match="ringback migrate"):
        await database.read(lambda tx: tx.one("SELECT 1 AS x FROM nowhere"))


async def test_an_abandoned_write_disturbs_nobody(things: Database):
    started, go_on = threading.Event(), threading.Event()

    def wait_and_add(tx: Tx) -> None:
        started.set()
        assert go_on.wait(PATIENCE)
        add(tx, "waited")

    running = asyncio.create_task(things.write(wait_and_add))
    assert await asyncio.to_thread(started.wait, PATIENCE)
    waiting = [asyncio.create_task(things.write(add, f"{n}")) for n in range(10)]
    await asyncio.sleep(0)  # lets them ask
    for task in (running, *waiting[::2]):
        task.cancel()
    go_on.set()
    answers = await asyncio.gather(running, *waiting, return_exceptions=True)
    assert [isinstance(answer, asyncio.CancelledError) for answer in answers] == [True, *[True, False] * 5]
    assert {"1", "3", "5", "7", "9"} <= set(await things.read(names))
    await things.write(add, "after")


async def test_closing_finishes_what_waits_and_refuses_more(things: Database, database_url):
    waiting = [asyncio.create_task(things.write(add, f"{n:02}")) for n in range(50)]
    await asyncio.sleep(0)  # lets them ask
    things.close()
    assert await asyncio.gather(*waiting) == [f"{n:02}" for n in range(50)]
    for ask in (things.write_now, things.read_now):
        with pytest.raises(DatabaseUnavailable, match="closed"):
            ask(names)
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await things.write(add, "late")
    things.close()
    other = open_database(database_url, connections=1)
    assert len(other.read_now(names)) == 50
    other.close()


def test_a_use_case_may_not_open_a_transaction(things: Database):
    with pytest.raises(RuntimeError, match="its tx"):
        things.write_now(lambda _: things.write_now(add, "one"))
    with pytest.raises(RuntimeError, match="its tx"):
        things.write_now(lambda _: things.read_now(names))


async def test_any_exception_is_passed_on(things: Database):
    def stop(tx: Tx) -> None:
        add(tx, "one")
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        await things.write(stop)
    assert await things.read(names) == []


async def test_a_loop_that_has_gone_disturbs_nobody(things: Database):
    started, go_on = threading.Event(), threading.Event()

    def wait_and_add(tx: Tx) -> None:
        started.set()
        assert go_on.wait(PATIENCE)
        add(tx, "waited")

    def ask_and_leave() -> None:
        async def ask() -> None:
            asked = asyncio.ensure_future(things.write(wait_and_add))
            await asyncio.to_thread(started.wait, PATIENCE)
            asked.cancel()

        asyncio.run(ask())

    await asyncio.to_thread(ask_and_leave)
    go_on.set()
    await things.write(add, "after")
    assert "after" in await things.read(names)
