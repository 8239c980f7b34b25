"""What is kept in memory of an organization: as fresh as the database, at the price of as few readings as possible."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.fakes.organizations import Organization, customer

import ringback.availability.memory as memory
import ringback.callbacks.store as callbacks_store
from ringback.availability.memory import Availability
from ringback.availability.snapshot import Snapshot
from ringback.callbacks import service as callbacks
from ringback.callbacks.model import Wish
from ringback.db.database import Database, open_database
from ringback.kernel.clock import HOUR, ManualClock
from ringback.kernel.errors import DatabaseUnavailable, NotFound
from ringback.kernel.tenancy import OrgId, WidgetId
from ringback.offers.model import Reason, WidgetState

BILLING = WidgetId("acme-billing")


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    """An organization with one widget on a call target that is always open."""
    organization = Organization(database, clock)
    organization.call_target(duplicate_rule="allow")
    organization.widget()
    return organization


@pytest.fixture
async def availability(database: Database, clock: ManualClock) -> Availability:
    return Availability(database, clock)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[OrgId]:
    """Which organizations were read, each time."""
    read: list[OrgId] = []
    genuine = memory._read

    def counted(tx: Any, org: OrgId, *args: Any) -> Any:
        read.append(org)
        return genuine(tx, org, *args)

    monkeypatch.setattr(memory, "_read", counted)
    return read


async def _request(acme: Organization, n: int = 0) -> None:
    await acme.db.write(
        callbacks.request_callback,
        acme.configuration,
        BILLING,
        Wish(customer(n)),
        render=lambda requested: requested.callback_id,
        now=acme.now,
    )


def _ahead(snapshot: Snapshot) -> int:
    estimate = snapshot.offers[BILLING].estimate
    assert estimate is not None
    return estimate.facts.ahead


async def test_what_is_offered_is_read_once(acme: Organization, availability: Availability, readings: list[OrgId]):
    first = await availability.of_organization(acme.org)

    assert await availability.of_organization(acme.org) is first
    assert (await availability.of_widget(BILLING))[0] is first
    assert first.offers[BILLING].state is WidgetState.OFFER_CALLBACK
    assert readings == [acme.org]


async def test_who_has_written_sees_it_in_the_next_answer(acme: Organization, availability: Availability):
    for n in range(5):
        assert _ahead(await availability.of_organization(acme.org)) == n
        await _request(acme, n)
    assert _ahead(await availability.of_organization(acme.org)) == 5


async def test_each_of_many_writers_sees_at_least_its_own(acme: Organization, availability: Availability):
    async def write_and_look(n: int) -> bool:
        await _request(acme, n)
        own = await acme.db.read(callbacks.live_of_number, acme.configuration, customer(n).key)
        return len(own) == 1 and _ahead(await availability.of_organization(acme.org)) >= 1

    written = asyncio.gather(*(write_and_look(n) for n in range(20)))

    assert all(await written)
    assert _ahead(await availability.of_organization(acme.org)) == 20


async def test_a_change_of_settings_is_seen_at_once(acme: Organization, availability: Availability):
    await availability.of_organization(acme.org)
    acme.call_target(register_callbacks=False)

    snapshot = await availability.of_organization(acme.org)

    assert snapshot.offers[BILLING].reason is Reason.REGISTERING_OFF
    assert snapshot.configuration.version == acme.configuration.version


async def test_new_slots_after_a_change_of_settings(acme: Organization, availability: Availability):
    await availability.of_organization(acme.org)
    acme.call_target(slots={"length_minutes": 120, "days_ahead": 1})

    slots = (await availability.of_organization(acme.org)).offers[BILLING].slots

    assert {later - earlier for earlier, later in itertools.pairwise(slots)} == {2 * HOUR}


async def test_a_refused_write_changes_nothing(acme: Organization, availability: Availability, readings: list[OrgId]):
    acme.call_target(duplicate_rule="refuse")
    await _request(acme)
    first = await availability.of_organization(acme.org)

    with pytest.raises(Exception, match="already on its way"):
        await _request(acme)

    assert await availability.of_organization(acme.org) is first
    assert readings == [acme.org]


async def test_many_who_ask_together_cost_one_reading(
    acme: Organization, availability: Availability, readings: list[OrgId]
):
    snapshots = await asyncio.gather(*(availability.of_organization(acme.org) for _ in range(50)))

    assert len({id(snapshot) for snapshot in snapshots}) == 1
    assert readings == [acme.org]


async def test_under_a_stream_of_changes_nobody_waits_for_its_end(
    acme: Organization, availability: Availability, readings: list[OrgId], monkeypatch: pytest.MonkeyPatch
):
    """Every reading is overtaken by a change; each who asks waits for two of them at most."""
    genuine = memory._read

    def overtaken(tx: Any, org: OrgId, *args: Any) -> Any:
        read = genuine(tx, org, *args)
        availability._changed(frozenset({(org, memory.Change.CALLBACKS)}))
        return read

    monkeypatch.setattr(memory, "_read", overtaken)

    async with asyncio.timeout(20):
        await asyncio.gather(*(availability.of_organization(acme.org) for _ in range(50)))
        assert len(readings) <= 2
        await availability.of_organization(acme.org)
    assert len(readings) == 3  # it was marked, so it was read again


async def test_organizations_do_not_wait_for_each_other(acme: Organization, availability: Availability):
    other = Organization(acme.db, acme.clock, "other")
    other.call_target()
    other.widget()
    first = await availability.of_organization(acme.org)
    await availability.of_organization(other.org)

    other.request()

    assert await availability.of_organization(acme.org) is first


async def test_the_clock_alone_makes_a_new_snapshot_without_a_reading(
    acme: Organization, availability: Availability, readings: list[OrgId], clock: ManualClock
):
    acme.call_target(hours={"weekly": {"mon": ["09:00-15:00"], "tue": ["09:00-15:00"]}})
    clock.advance(-0.5)
    assert (await availability.of_organization(acme.org)).offers[BILLING].asap_refusal is None

    clock.advance(0.5)
    closed = await availability.of_organization(acme.org)

    assert closed.offers[BILLING].asap_refusal is Reason.CLOSED
    assert readings == [acme.org]


async def test_on_postgresql_nothing_is_older_than_a_second(
    acme: Organization, availability: Availability, readings: list[OrgId], clock: ManualClock
):
    """Another process may die between its commit and its announcement."""
    acme.call_target(offer_scheduled=False)
    await availability.of_organization(acme.org)
    clock.advance(0.9)
    await availability.of_organization(acme.org)
    assert len(readings) == 1
    clock.advance(0.1)
    await availability.of_organization(acme.org)

    assert len(readings) == (2 if acme.db.engine == "postgresql" else 1)


async def test_a_clock_that_is_put_back_keeps_nothing_from_the_future(
    acme: Organization, availability: Availability, clock: ManualClock
):
    acme.call_target(hours={"weekly": {"mon": ["15:00-18:00"]}})
    assert (await availability.of_organization(acme.org)).offers[BILLING].asap
    clock.advance(-60)

    assert (await availability.of_organization(acme.org)).offers[BILLING].asap_refusal is Reason.CLOSED


# Others


@pytest.fixture
async def elsewhere(database_url: str, clock: ManualClock, database: Database) -> AsyncIterator[Database]:
    """The same database, as another process has it open."""
    opened = await asyncio.to_thread(open_database, database_url, connections=2)
    yield opened
    await asyncio.to_thread(opened.close)


async def test_what_another_process_writes_is_heard(
    acme: Organization, availability: Availability, elsewhere: Database, clock: ManualClock
):
    assert _ahead(await availability.of_organization(acme.org)) == 0
    heard = _next_change(acme.db)

    await _request(_seen_from(acme, elsewhere))

    await heard
    assert _ahead(await availability.of_organization(acme.org)) == 1


async def test_what_another_process_configures_is_heard(
    acme: Organization, availability: Availability, elsewhere: Database
):
    await availability.of_organization(acme.org)
    heard = _next_change(acme.db)

    await asyncio.to_thread(_seen_from(acme, elsewhere).call_target, offer_asap=False)

    await heard
    assert (await availability.of_organization(acme.org)).offers[BILLING].asap_refusal is Reason.ASAP_OFF


async def test_what_another_process_does_to_callbacks_costs_no_new_configuration(
    acme: Organization, availability: Availability, elsewhere: Database
):
    before = await availability.of_organization(acme.org)
    heard = _next_change(acme.db)

    await _request(_seen_from(acme, elsewhere))

    await heard
    after = await availability.of_organization(acme.org)
    assert after is not before
    assert after.configuration is before.configuration


def _seen_from(acme: Organization, elsewhere: Database) -> Organization:
    seen = object.__new__(Organization)
    seen.db, seen.clock, seen.org, seen.settings = elsewhere, acme.clock, acme.org, acme.settings
    return seen


def _next_change(db: Database) -> "asyncio.Future[None]":
    """Done when a change is told that was not told before; after the availability has been told of it."""
    loop, heard = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    def tell(_: Any) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: heard.done() or heard.set_result(None))

    db.listen(tell)
    return asyncio.ensure_future(asyncio.wait_for(heard, 20))


# What is not there


async def test_what_is_unknown_is_not_found_and_not_remembered(availability: Availability, acme: Organization):
    for _ in range(3):
        with pytest.raises(NotFound):
            await availability.of_organization(OrgId("nobody"))
        with pytest.raises(NotFound):
            await availability.of_widget(WidgetId("nothing"))
    assert not availability._entries
    assert not availability._owners


async def test_who_asks_together_for_what_is_unknown_gets_the_same(availability: Availability):
    answers = await asyncio.gather(
        *(availability.of_organization(OrgId("nobody")) for _ in range(10)), return_exceptions=True
    )

    assert all(isinstance(answer, NotFound) for answer in answers)


async def test_an_organization_is_found_as_soon_as_it_is_there(
    availability: Availability, database: Database, clock: ManualClock
):
    with pytest.raises(NotFound):
        await availability.of_organization(OrgId("late"))
    late = Organization(database, clock, "late")
    late.call_target()
    late.widget()

    assert WidgetId("late-billing") in (await availability.of_organization(late.org)).offers


async def test_a_widget_comes_and_goes(acme: Organization, availability: Availability):
    await availability.of_organization(acme.org)
    acme.widget("second", position=1)
    second = WidgetId("acme-second")
    snapshot, widget = await availability.of_widget(second)
    assert widget.key == "second"
    assert [*snapshot.offers] == [BILLING, second]

    acme.remove_widget("second")
    for _ in range(2):
        with pytest.raises(NotFound):
            await availability.of_widget(second)
    assert [*(await availability.of_organization(acme.org)).offers] == [BILLING]

    acme.widget("second")
    assert (await availability.of_widget(second))[1].id == second


async def test_widgets_are_in_display_order(acme: Organization, availability: Availability):
    acme.widget("zebra", position=1)
    acme.widget("apple", position=2)
    acme.widget(position=3)

    assert [*(await availability.of_organization(acme.org)).offers] == ["acme-zebra", "acme-apple", BILLING]


# Room


async def test_of_many_organizations_those_asked_for_last_are_kept(
    database: Database, clock: ManualClock, readings: list[OrgId]
):
    availability = Availability(database, clock, capacity=2)
    for key in ("one", "two", "three"):
        organization = Organization(database, clock, key)
        organization.call_target()
        organization.widget()
    for key in ("one", "two", "one", "three", "one", "two"):
        await availability.of_widget(WidgetId(f"{key}-billing"))

    assert readings == ["one", "two", "three", "two"]
    assert set(availability._entries) == {"one", "two"}
    assert set(availability._owners) == {"one-billing", "two-billing"}


async def test_who_is_always_read_anew_is_not_the_first_to_go(
    database: Database, clock: ManualClock, readings: list[OrgId]
):
    availability = Availability(database, clock, capacity=2)
    organizations = [Organization(database, clock, key) for key in ("busy", "quiet", "new")]
    for organization in organizations:
        organization.call_target(duplicate_rule="allow")
        organization.widget()
    busy, quiet, new = (organization.org for organization in organizations)
    for org in (busy, quiet):
        await availability.of_organization(org)
    await asyncio.to_thread(organizations[0].request)
    await availability.of_organization(busy)
    await availability.of_organization(new)

    assert set(availability._entries) == {busy, new}


# When reading fails


@pytest.mark.parametrize("failing", ["_read", "take"])
async def test_a_failure_is_told_and_the_next_one_who_asks_gets_an_answer(
    acme: Organization, availability: Availability, monkeypatch: pytest.MonkeyPatch, failing: str
):
    before = await availability.of_organization(acme.org)
    await _request(acme)
    with monkeypatch.context() as broken:
        broken.setattr(memory, failing, _raise(DatabaseUnavailable("The disk is gone.")))
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                await availability.of_organization(acme.org)

    after = await availability.of_organization(acme.org)

    assert (_ahead(before), _ahead(after)) == (0, 1)


async def test_those_who_wait_with_one_whose_reading_fails_are_not_left_waiting(
    acme: Organization, availability: Availability, monkeypatch: pytest.MonkeyPatch
):
    failures = iter([True, False])
    genuine = memory._read

    def fails_once(tx: Any, *args: Any) -> Any:
        if next(failures, False):
            raise DatabaseUnavailable("The disk is gone.")
        return genuine(tx, *args)

    monkeypatch.setattr(memory, "_read", fails_once)

    answers = await asyncio.gather(*(availability.of_organization(acme.org) for _ in range(5)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [DatabaseUnavailable, *[Snapshot] * 4]


async def test_one_who_goes_away_while_reading_leaves_the_others_their_answer(
    acme: Organization, availability: Availability
):
    gone = asyncio.ensure_future(availability.of_organization(acme.org))
    others = [asyncio.ensure_future(availability.of_organization(acme.org)) for _ in range(3)]
    await asyncio.sleep(0)
    gone.cancel()

    answers = await asyncio.gather(gone, *others, return_exceptions=True)

    assert isinstance(answers[0], asyncio.CancelledError)
    assert all(isinstance(answer, Snapshot) for answer in answers[1:])


async def test_what_is_forgotten_is_read_whole(acme: Organization, availability: Availability):
    before = await availability.of_organization(acme.org)

    availability.forget(acme.org)
    availability.forget(OrgId("nobody"))

    after = await availability.of_organization(acme.org)
    assert after.configuration is not before.configuration
    assert after.configuration.version == before.configuration.version


async def test_past_bookings_are_not_read(acme: Organization, availability: Availability, clock: ManualClock):
    slot = (await availability.of_organization(acme.org)).offers[BILLING].slots[0]
    acme.request(appointment_at=slot)
    clock.turn_to(slot + 2 * HOUR)
    await availability.of_organization(acme.org)

    assert acme.db.read_now(callbacks_store.taken_slots, acme.org, clock.now() - HOUR) == {}


def _raise(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail
