"""The live board: what is recorded every minute, and what is looked up, on both databases."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.stage import ANSWERS, BUSY, Stage
from tests.fakes.world import (
    World,
    another_call_target,
    ask,
    configuration_of,
    make_world,
    reconfigure,
    remove_call_target,
)

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.board import service as board
from ringback.board.model import Board, Sample
from ringback.board.sampling import Sampling
from ringback.callbacks.lifecycle import Outcome
from ringback.db.database import Database
from ringback.db.tx import Row, Tx
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, ManualClock
from ringback.kernel.tenancy import OrgId

FIVE_MINUTES = 5 * MINUTE


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())


def sampling(db: Database, clock: ManualClock) -> Sampling:
    return Sampling(db, clock, Availability(db, clock))


def look(db: Database, world: World, *, every: int = FIVE_MINUTES) -> Board:
    return db.read_now(board.look, configuration_of(db, world), every=every, now=world.clock.now())


def recorded(db: Database) -> list[tuple[object, ...]]:
    columns = "org_id, minute, call_target_id, promise, waiting, dialing, connecting, talking"
    rows = db.read_now(lambda tx: tx.all(f"SELECT {columns} FROM estimate_history ORDER BY 1, 2, 3"))
    return [tuple(row) for row in rows]


def a_sample(world: World, minute: int, promise: int | None = 60) -> Sample:
    return Sample(Instant(minute), world.call_target, promise, promise, promise, 0, 0, 0, 0)


class TestSampling:
    async def test_the_very_figures_that_customers_are_told(self, database: Database, clock: ManualClock) -> None:
        world = make_world(database, clock)
        for line in range(8):
            ask(database, world, f"+1201555{1000 + line}")
        availability = Availability(database, clock)
        assert await Sampling(database, clock, availability)()
        snapshot = await availability.of_organization(world.org)
        told = snapshot.offers[world.widget].estimate
        assert told is not None
        assert told.promise > 0
        ((org, minute, target, promise, *counts),) = recorded(database)
        assert (org, target, promise, counts) == (world.org, world.call_target, told.promise, [8, 0, 0, 0])
        assert minute == clock.now() // MINUTE * MINUTE

    async def test_once_a_minute(self, database: Database, clock: ManualClock) -> None:
        make_world(database, clock)
        step = sampling(database, clock)
        assert await step()
        assert not await step()
        clock.advance(59)
        assert not await step()
        clock.advance(1)
        assert await step()
        assert len(recorded(database)) == 2

    async def test_several_workers_record_it_once(self, database: Database, clock: ManualClock) -> None:
        world = make_world(database, clock)
        one, other = sampling(database, clock), sampling(database, clock)
        assert await one()
        ask(database, world, ANSWERS)
        before = recorded(database)
        assert not await other()
        database.write_now(
            board.record, {world.org: [a_sample(world, clock.now() // MINUTE * MINUTE)]}, now=clock.now()
        )
        assert recorded(database) == before

    async def test_call_targets_and_organizations_that_are_there(self, database: Database, clock: ManualClock) -> None:
        world = make_world(database, clock)
        another_call_target(database, world, "sales")
        remove_call_target(database, another_call_target(database, world, "gone"))
        make_world(database, clock, key="globex")
        step = sampling(database, clock)
        assert await step()
        assert not await step()
        assert [row[2] for row in recorded(database)] == ["acme-billing", "acme-sales", "globex-billing"]

    async def test_nothing_is_told_while_nothing_is_offered(self, database: Database, clock: ManualClock) -> None:
        world = make_world(database, clock, register_callbacks=False)
        await sampling(database, clock)()
        assert [row[3] for row in recorded(database)] == [None]
        assert look(database, world).history == {}

    async def test_a_day_is_kept_of_each_organization(self, database: Database, clock: ManualClock) -> None:
        world, other = make_world(database, clock), make_world(database, clock, key="globex")
        old, kept = clock.now() - DAY - MINUTE, clock.now() - DAY + MINUTE
        for each in (world, other):
            database.write_now(
                board.record, {each.org: [a_sample(each, old), a_sample(each, kept)]}, now=Instant(clock.now() - DAY)
            )
        database.write_now(board.record, {world.org: []}, now=clock.now())
        assert [row[:2] for row in recorded(database)] == [("acme", kept), ("globex", old), ("globex", kept)]


class TestHistory:
    def test_stretches_of_it(self, database: Database, clock: ManualClock) -> None:
        world, other = make_world(database, clock), make_world(database, clock, key="globex")
        start = clock.now() // FIVE_MINUTES * FIVE_MINUTES - 20 * MINUTE
        samples = [a_sample(world, start + place * MINUTE, 60 * place) for place in range(10)]
        samples += [a_sample(world, clock.now() - 5 * HOUR), a_sample(world, start + 11 * MINUTE, None)]
        database.write_now(board.record, {world.org: samples, other.org: [a_sample(other, start)]}, now=clock.now())
        seen = look(database, world)
        assert list(seen.history) == [world.call_target]
        told = seen.history[world.call_target]
        assert [(each.at, each.low, each.promise, each.high) for each in told] == [
            (start, 0, 240, 240),
            (start + FIVE_MINUTES, 300, 540, 540),
        ]
        assert seen.last_sample == start + 11 * MINUTE

    def test_none_yet(self, database: Database, clock: ManualClock) -> None:
        seen = look(database, make_world(database, clock))
        assert (seen.history, seen.last_sample, list(seen.happenings)) == ({}, None, [])


class TestProgress:
    async def test_how_the_day_of_a_call_target_has_gone(self, stage: Stage) -> None:
        world = stage.world(retry={"max_attempts": 1})
        worker = stage.worker(stage.network())
        for number in (ANSWERS, "+12015550110", BUSY):
            ask(stage.db, world, number)
        await stage.play_out(world, worker)
        assert look(stage.db, world).progress[world.call_target].outcomes == {
            Outcome.SUCCESS: 2,
            Outcome.UNAVAILABLE: 1,
        }
        stage.clock.advance(DAY / SECOND)
        assert look(stage.db, world).progress[world.call_target].outcomes == {}

    def test_a_day_begins_at_the_call_target_s_midnight(self, database: Database, clock: ManualClock) -> None:
        """It is 15:00 UTC: the 2nd in London and the 3rd, one o'clock, in Brisbane."""
        world = make_world(database, clock, time_zone="Europe/London")
        brisbane = another_call_target(database, world, "brisbane", time_zone="Australia/Brisbane")
        for each in (world, brisbane):
            callback_id = ask(database, each, ANSWERS)
            clock.advance(-2 * 3600)
            database.write_now(cancelled, each.org, callback_id, clock.now())
            clock.advance(2 * 3600)
        progress = look(database, world).progress
        assert progress[world.call_target].outcomes == {Outcome.CANCELED: 1}
        assert progress[brisbane.call_target].outcomes == {}

    def test_the_next_appointment(self, database: Database, clock: ManualClock) -> None:
        world = make_world(database, clock)
        ask(database, world, "+12015550111")
        assert look(database, world).progress[world.call_target].next_appointment is None
        slots = [Instant((clock.now() // HOUR + hours) * HOUR) for hours in (3, 2, 4)]
        for line, slot in enumerate(slots):
            ask(database, world, f"+1201555{2000 + line}", slot)
        assert look(database, world).progress[world.call_target].next_appointment == slots[1]

    async def test_what_no_worker_looks_at(self, stage: Stage) -> None:
        world = stage.world()
        ask(stage.db, world, ANSWERS)
        stage.clock.advance(20)
        assert look(stage.db, world).progress[world.call_target].overdue == 0
        stage.clock.advance(20)
        assert look(stage.db, world).progress[world.call_target].overdue == 1
        await stage.work(stage.worker(stage.network()))
        progress = look(stage.db, world).progress[world.call_target]
        assert (progress.overdue, progress.lost) == (0, 0)
        stage.clock.advance(4000)
        assert look(stage.db, world).progress[world.call_target].lost == 1

    def test_those_held_back_are_looked_at(self, database: Database, clock: ManualClock) -> None:
        world = make_world(database, clock)
        reconfigure(database, world, minimum_delay=3600)
        ask(database, world, ANSWERS)
        clock.advance(600)
        assert look(database, world).progress[world.call_target].overdue == 0

    def test_others_are_not_counted(self, database: Database, clock: ManualClock) -> None:
        world, other = make_world(database, clock), make_world(database, clock, key="globex")
        ask(database, other, ANSWERS)
        clock.advance(60)
        seen = look(database, world)
        assert list(seen.progress) == [world.call_target]
        assert seen.progress[world.call_target].overdue == 0
        assert list(seen.happenings) == []


class TestHappenings:
    async def test_what_happened_newest_first(self, stage: Stage) -> None:
        world = stage.world()
        asked = ask(stage.db, world, ANSWERS)
        await stage.play_out(world, stage.worker(stage.network()))
        seen = look(stage.db, world).happenings
        kinds = ["finished", "ended", "connected", "answered", "ringing", "dialing", "requested"]
        assert [each.kind for each in seen] == kinds
        assert {each.callback_id for each in seen} == {asked}
        assert {each.number for each in seen} == {ANSWERS}
        assert seen[-1].details == {"channel": "test"}
        assert [each.at for each in seen] == sorted((each.at for each in seen), reverse=True)

    def test_the_last_thirty(self, database: Database, clock: ManualClock) -> None:
        world = make_world(database, clock)
        asked = []
        for line in range(40):
            asked.append(ask(database, world, f"+1201555{1000 + line}"))
            clock.advance(1)
        assert [each.callback_id for each in look(database, world).happenings] == asked[:9:-1]

    def test_waiting_on_is_no_news(self, database: Database, clock: ManualClock) -> None:
        world = make_world(database, clock)
        asked = ask(database, world, ANSWERS)
        clock.advance(1)
        database.write_now(callbacks.note, world.org, asked, "waitlisted", now=clock.now())
        assert [each.kind for each in look(database, world).happenings] == ["requested"]


def cancelled(tx: Tx, org: OrgId, callback_id: object, now: Instant) -> None:
    callbacks.cancel(tx, callbacks.get(tx, org, callback_id), by="test", now=now)  # type: ignore[arg-type]


class Explained:
    """Runs statements as a transaction does, and keeps how SQLite finds their rows."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.plan: list[str] = []

    def all(self, sql: str, **params: Any) -> list[Row]:
        self.plan += [row["detail"] for row in self._tx.all(f"EXPLAIN QUERY PLAN {sql}", **params)]
        return self._tx.all(sql, **params)

    def one(self, sql: str, **params: Any) -> Row | None:
        return next(iter(self.all(sql, **params)), None)


def test_nothing_reads_all_callbacks_of_an_organization(sqlite_database: Database, clock: ManualClock) -> None:
    world = make_world(sqlite_database, clock)
    configuration = configuration_of(sqlite_database, world)

    def explain(tx: Tx) -> list[str]:
        explained = Explained(tx)
        board.look(explained, configuration, every=FIVE_MINUTES, now=clock.now())  # type: ignore[arg-type]
        return explained.plan

    plan = sqlite_database.read_now(explain)
    assert [step for step in plan if step.startswith("SCAN") and step != "SCAN events"] == []
    for step in (
        "SEARCH callbacks USING COVERING INDEX ix_callbacks_finished (org_id=? AND finished_at>?)",
        "SEARCH callback_events USING INDEX ix_callback_events_at (org_id=?)",  # from its end, thirty
        "SEARCH callbacks USING INDEX ix_callbacks_line (org_id=? AND call_target_id=? AND order_at>?)",
        "SEARCH callbacks USING INDEX ix_callbacks_due (due_at<?)",
        "SEARCH callbacks USING INDEX ix_callbacks_lease (lease_until<?)",
        "SEARCH estimate_history USING PRIMARY KEY (org_id=? AND minute>?)",
    ):
        assert step in plan
