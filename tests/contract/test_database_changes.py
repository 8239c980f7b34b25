"""Who hears of a change, and when."""

import asyncio
import threading

import pytest

from ringback.db.database import Database, open_database
from ringback.db.tx import Change, Tx
from ringback.kernel.tenancy import OrgId

PATIENCE = 20
"""Seconds that a test waits for what should come within one."""

ACME = OrgId("acme")
GLOBEX = OrgId("globex")


def add(tx: Tx, name: str, org: OrgId = ACME, what: Change = Change.CALLBACKS) -> None:
    tx.run("INSERT INTO things (name, amount) VALUES (:name, 1)", name=name)
    tx.changed(org, what)


def count(tx: Tx) -> int:
    return tx.one("SELECT count(*) AS n FROM things")["n"]


class Ear:
    """A listener that remembers, and can be waited for."""

    def __init__(self) -> None:
        self.heard = []
        self._told = threading.Condition()

    def __call__(self, changes):
        with self._told:
            self.heard.append(changes)
            self._told.notify_all()

    def hears(self, wanted) -> bool:
        """Whether it has been told, or is soon told, of the wanted pair, by name or as "anything"."""
        with self._told:
            return self._told.wait_for(lambda: any(said is None or wanted in said for said in self.heard), PATIENCE)


@pytest.fixture
def other(things, database_url):
    opened = open_database(database_url, connections=1)
    yield opened
    opened.close()


async def test_the_own_change_is_told_before_the_writer_is_answered(things: Database, other: Database):
    told = []
    things.listen(lambda changes: told.append((changes, other.read_now(count))))
    await things.write(add, "one")
    assert told == [(frozenset({(ACME, Change.CALLBACKS)}), 1)]  # and it is there for others by then


async def test_what_is_undone_or_changes_nothing_is_not_told(things: Database):
    ear = Ear()
    things.listen(ear)

    def fail(tx: Tx) -> None:
        tx.changed(ACME, Change.CONFIGURATION)
        raise ValueError

    with pytest.raises(ValueError):
        await things.write(fail)
    await things.write(count)
    await things.read(count)
    assert ear.heard == []


async def test_of_many_at_once_every_success_and_no_failure_is_told(things: Database):
    ear = Ear()
    things.listen(ear)

    def add_or_fail(tx: Tx, number: int) -> None:
        add(tx, f"{number}", OrgId(f"org-{number}"))
        if number % 2:
            raise ValueError

    await asyncio.gather(*(things.write(add_or_fail, n) for n in range(20)), return_exceptions=True)
    told = {pair for changes in ear.heard for pair in changes}
    assert told == {(f"org-{n}", Change.CALLBACKS) for n in range(0, 20, 2)}


async def test_a_listener_that_fails_harms_nobody(things: Database, caplog):
    def broken(changes) -> None:
        raise ValueError("broken ear")

    ear = Ear()
    things.listen(broken)
    things.listen(ear)
    await things.write(add, "one")
    await things.write(add, "two")
    assert len(ear.heard) == 2
    assert "broken ear" in caplog.text


async def test_a_listener_may_not_use_the_database(things: Database, caplog):
    things.listen(lambda _: things.read_now(count))
    await things.write(add, "one")
    assert "its tx" in caplog.text


def test_another_process_change_is_heard(things: Database, other: Database):
    ear = Ear()
    things.listen(ear)
    other.write_now(add, "one", GLOBEX, Change.CONFIGURATION)
    assert ear.hears((GLOBEX, Change.CONFIGURATION))
    assert things.read_now(count) == 1


def test_another_process_change_is_heard_amid_own_work(things: Database, other: Database):
    ear = Ear()
    things.listen(ear)
    for n in range(20):
        other.write_now(add, f"other {n}", OrgId(f"org-{n}"))
        things.write_now(add, f"own {n}")
        assert ear.hears((f"org-{n}", Change.CALLBACKS))
        ear.heard.clear()


def test_more_changes_than_fit_a_message_are_heard_too(things: Database, other: Database):
    ear = Ear()
    things.listen(ear)

    def change_many(tx: Tx) -> None:
        add(tx, "one")
        for n in range(1000):
            tx.changed(OrgId(f"organization-{n}"), Change.CALLBACKS)

    other.write_now(change_many)
    assert ear.hears(("organization-999", Change.CALLBACKS))
