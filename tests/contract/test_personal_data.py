"""What is known of a number, told and erased, on both databases."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.organizations import Organization, customer
from tests.fakes.stage import ANSWERS, Stage
from tests.fakes.world import ask

from ringback.audit.model import Author
from ringback.callbacks import handling, personal_data
from ringback.callbacks import service as callbacks
from ringback.callbacks.handling import Instruction, standing_of
from ringback.callbacks.lifecycle import State
from ringback.callbacks.personal_data import StillLive
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel.clock import SECOND, Instant, ManualClock
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.messaging.personal_data import erase_texts, texts_told

ADA, BOB = customer(1), customer(2)


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    organization = Organization(database, clock)
    data_set = organization.user_data_set("account", {"keys": [{"key": "account"}]})
    organization.call_target(duplicate_rule="allow")
    organization.widget(user_data_set_id=data_set)
    return organization


def ended(acme: Organization, number: str) -> CallbackId:
    """A callback with a note that has been cancelled."""
    asked = acme.request(customer(int(number[-4:])), name="Ada", user_data={"account": "4711"})

    def end(tx: Tx) -> None:
        callback = callbacks.get(tx, acme.org, asked.callback_id)
        instruction = Instruction(Author("sue", "test"), standing_of(callback), new_id(acme.now))
        handling.add_note(tx, acme.org, callback.id, "Ada is kind", instruction, now=acme.now)
        callbacks.cancel(tx, callback, by="sue", now=Instant(acme.now + SECOND))

    acme.db.write_now(end)
    return asked.callback_id


def text(acme: Organization, number: str, body: str, state: str = "delivered") -> None:
    """A text to a number."""

    def write(tx: Tx) -> None:
        key = {"org": acme.org, "number": number, "now": acme.now}
        tx.run(
            """
            INSERT INTO conversations (org_id, our_number, customer_number, flow, created_at, updated_at)
            VALUES (:org, '+12125550100', :number, '{}', :now, :now)
            ON CONFLICT (org_id, our_number, customer_number) DO NOTHING
            """,
            **key,
        )
        tx.run(
            """
            INSERT INTO texts (org_id, our_number, customer_number, place, id, direction, kind, state, body,
                lease_owner, lease_until, created_at, updated_at)
            SELECT :org, '+12125550100', :number, COUNT(*), :id, 'out', 'reply', :state, :body,
                :owner, :until, :now, :now
            FROM texts WHERE org_id = :org AND customer_number = :number
            """,
            id=new_id(acme.now),
            state=state,
            body=body,
            owner="me" if state == "sending" else None,
            until=acme.now if state == "sending" else None,
            **key,
        )

    acme.db.write_now(write)


def test_all_of_a_number_and_nothing_of_another(acme: Organization):
    mine, _ = ended(acme, ADA.key), ended(acme, BOB.key)
    text(acme, ADA.key, "Hello Ada")
    text(acme, BOB.key, "Hello Bob")
    (told,) = acme.db.read_now(personal_data.callbacks_told, acme.org, ADA.key)
    assert (told["id"], told["name"], told["user_data"], told["outcome"]) == (
        mine,
        "Ada",
        {"account": "4711"},
        "canceled",
    )
    assert [(line["kind"], line.get("text")) for line in told["timeline"]] == [
        ("note", "Ada is kind"),
        ("canceled", None),
    ]
    assert "sue" not in str(told)
    assert [each["text"] for each in acme.db.read_now(texts_told, acme.org, ADA.key)] == ["Hello Ada"]


def test_erased_nobody_knows_the_number_any_more(acme: Organization):
    mine, other = [ended(acme, ADA.key) for _ in range(3)], ended(acme, BOB.key)
    for body in ("Hello Ada", "Goodbye Ada"):
        text(acme, ADA.key, body)
    text(acme, BOB.key, "Hello Bob")
    assert acme.db.write_now(personal_data.erase_callbacks, acme.org, ADA.key, now=acme.now) == 3
    assert acme.db.write_now(erase_texts, acme.org, ADA.key) == 2

    def read(tx: Tx) -> str:
        tables = ("callbacks", "callback_events", "conversations", "texts")
        return str(
            [[*each] for table in tables for each in tx.all(f"SELECT * FROM {table} WHERE org_id = :org", org=acme.org)]
        )

    kept = acme.db.read_now(read)
    assert ADA.key not in kept
    assert kept.count("Ada is kind") == 1  # of the other one
    assert "Hello Bob" in kept
    for callback_id in mine:
        callback = acme.db.read_now(callbacks.get, acme.org, callback_id)
        assert (callback.contact_name, callback.erased_at) == (None, acme.now)
    assert acme.db.read_now(callbacks.get, acme.org, other).erased_at is None
    assert acme.db.read_now(personal_data.callbacks_told, acme.org, ADA.key) == []
    assert acme.db.write_now(personal_data.erase_callbacks, acme.org, ADA.key, now=acme.now) == 0


def test_not_while_one_is_live(acme: Organization):
    done = ended(acme, ADA.key)
    acme.request(ADA)
    with pytest.raises(StillLive):
        acme.db.write_now(personal_data.erase_callbacks, acme.org, ADA.key, now=acme.now)
    assert acme.db.read_now(callbacks.get, acme.org, done).erased_at is None


def test_not_while_a_text_is_being_sent(acme: Organization):
    text(acme, ADA.key, "Hello", state="sending")
    with pytest.raises(StillLive):
        acme.db.write_now(erase_texts, acme.org, ADA.key)
    assert len(acme.db.read_now(texts_told, acme.org, ADA.key)) == 1


def test_of_another_organization_nothing(acme: Organization):
    ended(acme, ADA.key)
    text(acme, ADA.key, "Hello")
    other = OrgId("other")
    assert acme.db.read_now(personal_data.callbacks_told, other, ADA.key) == []
    assert acme.db.read_now(texts_told, other, ADA.key) == []
    assert acme.db.write_now(personal_data.erase_callbacks, other, ADA.key, now=acme.now) == 0
    assert acme.db.write_now(erase_texts, other, ADA.key) == 0
    assert len(acme.db.read_now(personal_data.callbacks_told, acme.org, ADA.key)) == 1


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())


async def test_not_while_its_last_call_is_being_hung_up(stage: Stage):
    """The call still knows the number: it is stored until every leg has ended."""
    world = stage.world()
    worker = stage.worker(stage.network())
    callback_id = ask(stage.db, world, ANSWERS)
    while stage.callback(world, callback_id).state is not State.FINISHED:
        await worker.follow()
        await worker.wake()
        await worker.release()
        stage.clock.advance(1)
    with pytest.raises(StillLive):
        stage.db.write_now(personal_data.erase_callbacks, world.org, ANSWERS, now=stage.clock.now())
    await stage.play(60, worker)
    assert stage.db.write_now(personal_data.erase_callbacks, world.org, ANSWERS, now=stage.clock.now()) == 1
