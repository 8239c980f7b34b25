"""What finished callbacks say of people is kept for as long as their organization says, and not longer."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.fakes.organizations import Organization, customer

from ringback.callbacks import service as callbacks
from ringback.callbacks import store
from ringback.callbacks.lifecycle import State
from ringback.callbacks.model import OptIn, Particulars
from ringback.db.database import Database
from ringback.db.tx import ConstraintViolated, Tx
from ringback.kernel.clock import DAY, HOUR, SECOND, Instant, ManualClock
from ringback.kernel.tenancy import CallbackId
from ringback.workers.steps import maintenance_steps

PERSONAL = ("contact_number", "contact_name", "user_data", "opt_ins", "duplicate_guard")
"""The columns that say something of a person."""


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    """An organization that keeps what it knows of people for thirty days."""
    return organization(database, clock, "acme", 30)


def organization(database: Database, clock: ManualClock, key: str, retention_days: int) -> Organization:
    made = Organization(database, clock, key, retention_days=retention_days)
    data_set = made.user_data_set("account", {"keys": [{"key": "account"}]})
    made.call_target()
    made.widget(user_data_set_id=data_set)
    return made


def ask(acme: Organization, count: int = 1) -> CallbackId:
    opt_ins: Sequence[OptIn] = [{"label": "News", "checked": True}]
    wish = {"name": "Ada", "user_data": {"account": "4711"}, "opt_ins": opt_ins}
    return acme.request(customer(count), **wish).callback_id


def finished(acme: Organization, count: int = 1) -> CallbackId:
    """A callback that was asked for and cancelled just now."""
    callback_id = ask(acme, count)
    acme.db.write_now(cancel, acme, callback_id)
    return callback_id


def cancel(tx: Tx, acme: Organization, callback_id: CallbackId) -> None:
    callbacks.cancel(tx, callbacks.get(tx, acme.org, callback_id), by="test", now=acme.now)


def erase(acme: Organization) -> bool:
    return acme.db.write_now(callbacks.erase_expired, now=acme.now)


def row(acme: Organization, callback_id: CallbackId) -> dict[str, Any]:
    def read(tx: Tx) -> dict[str, Any]:
        found = tx.one("SELECT * FROM callbacks WHERE org_id = :org AND id = :id", org=acme.org, id=callback_id)
        assert found is not None
        return dict(found)

    return acme.db.read_now(read)


def erased(acme: Organization) -> int:
    def count(tx: Tx) -> int:
        found = tx.one(
            "SELECT COUNT(*) AS n FROM callbacks WHERE erased_at IS NOT NULL AND org_id = :org", org=acme.org
        )
        return found["n"] if found else 0

    return acme.db.read_now(count)


def test_before_the_end_nothing_changes(acme: Organization):
    callback_id = finished(acme)
    before = row(acme, callback_id)
    acme.clock.turn_to(Instant(acme.now + 30 * DAY - 1))

    assert not erase(acme)
    assert row(acme, callback_id) == before


def test_after_it_the_person_is_gone_and_all_else_stays(acme: Organization):
    callback_id = finished(acme)
    before = row(acme, callback_id)
    assert before["contact_name"] == "Ada"
    assert "4711" in before["user_data"]
    assert "News" in before["opt_ins"]
    acme.clock.turn_to(Instant(acme.now + 30 * DAY))

    assert erase(acme)
    after = row(acme, callback_id)
    assert {name: after[name] for name in PERSONAL} == {
        "contact_number": f"erased:{callback_id}",
        "contact_name": None,
        "user_data": "{}",
        "opt_ins": None,
        "duplicate_guard": None,
    }
    assert after["erased_at"] == acme.now
    assert {name for name in before if before[name] != after[name]} == {*PERSONAL, "erased_at"}
    acme.check_books()


def test_no_table_of_the_database_knows_the_number_any_more(acme: Organization):
    finished(acme)
    acme.clock.turn_to(Instant(acme.now + 30 * DAY))
    erase(acme)

    def read(tx: Tx) -> str:
        tables = ("callbacks", "callback_events", "attempts", "timeslots", "queue_memory", "queue_stats", "audit_log")
        return str([[*each] for table in tables for each in tx.all(f"SELECT * FROM {table}")])

    kept = acme.db.read_now(read)
    assert "canceled" in kept  # the timeline
    assert not [said for said in (customer(1).e164, customer(1).e164[2:], "Ada", "4711") if said in kept]


def test_an_erased_callback_can_still_be_looked_at(acme: Organization):
    callback_id = finished(acme)
    acme.clock.turn_to(Instant(acme.now + 30 * DAY))
    erase(acme)

    callback = acme.db.read_now(callbacks.get, acme.org, callback_id)
    assert callback.state is State.FINISHED
    assert acme.db.read_now(store.particulars, acme.org, callback_id) == Particulars({}, ())
    assert acme.db.read_now(callbacks.standing, acme.configuration, callback, now=acme.now).position is None
    assert acme.db.read_now(callbacks.timeline, acme.org, callback_id)


def test_its_number_may_ask_again(acme: Organization):
    finished(acme)
    acme.clock.turn_to(Instant(acme.now + 30 * DAY))
    erase(acme)

    again = ask(acme)
    assert row(acme, again)["contact_number"] == customer(1).key
    listed = acme.db.read_now(callbacks.live_of_number, acme.configuration, customer(1).key)
    assert [callback.id for callback in listed] == [again]


def test_a_live_callback_is_never_erased(acme: Organization):
    callback_id = ask(acme)
    before = row(acme, callback_id)
    acme.clock.turn_to(Instant(acme.now + 3650 * DAY))

    assert not erase(acme)
    assert row(acme, callback_id) == before


def test_the_database_refuses_to_erase_a_live_callback(acme: Organization):
    ask(acme)
    with pytest.raises(ConstraintViolated):
        acme.db.write_now(lambda tx: tx.run("UPDATE callbacks SET erased_at = 1"))


def test_it_counts_from_the_end_and_not_from_the_asking(acme: Organization):
    callback_id = ask(acme)
    acme.clock.turn_to(Instant(acme.now + 30 * DAY))
    acme.db.write_now(cancel, acme, callback_id)

    assert not erase(acme)
    acme.clock.turn_to(Instant(acme.now + 30 * DAY))
    assert erase(acme)


def test_every_organization_has_a_period_of_its_own(acme: Organization, database: Database, clock: ManualClock):
    other = organization(database, clock, "other", 60)
    finished(acme)
    finished(other)
    clock.turn_to(Instant(clock.now() + 30 * DAY))

    assert erase(acme)
    assert (erased(acme), erased(other)) == (1, 0)
    clock.turn_to(Instant(clock.now() + 30 * DAY))
    assert erase(acme)
    assert (erased(acme), erased(other)) == (1, 1)


def test_a_period_that_was_changed_holds_at_once(acme: Organization):
    finished(acme)
    acme.clock.turn_to(Instant(acme.now + 2 * DAY))
    assert not erase(acme)
    acme.configure(retention_days=1)
    assert erase(acme)


def test_what_is_erased_is_not_erased_again(acme: Organization):
    callback_id = finished(acme)
    acme.clock.turn_to(Instant(acme.now + 30 * DAY))
    erase(acme)
    before = row(acme, callback_id)
    acme.clock.advance(3600)

    assert not erase(acme)
    assert row(acme, callback_id) == before


def test_a_batch_takes_those_first_that_finished_first(acme: Organization):
    ids = []
    for count in range(3):
        ids.append(finished(acme, count))
        acme.clock.advance(1)
    end, now = Instant(acme.now + 1), Instant(acme.now + SECOND)

    def batch() -> int:
        return acme.db.write_now(store.erase_finished, acme.org, end, now=now, limit=2)

    assert batch() == 2
    assert [row(acme, each)["erased_at"] for each in ids] == [now, now, None]
    assert batch() == 1
    assert batch() == 0


def test_organizations_share_a_batch(
    acme: Organization, database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(callbacks, "_ERASED_AT_ONCE", 3)
    other = organization(database, clock, "other", 30)
    for count in range(2):
        finished(acme, count)
        finished(other, count)
    clock.turn_to(Instant(clock.now() + 30 * DAY))

    assert erase(acme)
    assert erased(acme) + erased(other) == 3
    assert erase(acme)
    assert erased(acme) + erased(other) == 4
    assert not erase(acme)


async def test_the_worker_erases_and_then_rests_for_an_hour(acme: Organization):
    (step,) = (step for step in maintenance_steps(acme.db, acme.clock) if step.name == "retention")
    finished(acme, 1)
    acme.clock.turn_to(Instant(acme.now + HOUR // 2))
    finished(acme, 2)
    acme.clock.turn_to(Instant(acme.now + 30 * DAY - HOUR // 2))

    assert await step.work()  # the first
    assert not await step.work()  # and nothing else is over: from here on it rests
    acme.clock.turn_to(Instant(acme.now + HOUR - 1))
    assert not await step.work()
    assert erased(acme) == 1
    acme.clock.turn_to(Instant(acme.now + 1))
    assert await step.work()
    assert erased(acme) == 2
