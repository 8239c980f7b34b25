"""The lines of callbacks: nobody is overtaken, no line moves faster than it may, none outside its hours."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import voice as fakes
from tests.fakes.stage import (
    ANSWERS,
    BUSY,
    NO_SUCH_NUMBER,
    RING_SECONDS,
    KnowsNoQueues,
    Stage,
)
from tests.fakes.world import (
    another_call_target,
    ask,
    counted,
    make_world,
    reconfigure,
    story_of,
)

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import Outcome, State
from ringback.db.database import Database
from ringback.dispatch import store
from ringback.dispatch.model import Line
from ringback.kernel.clock import HOUR, SECOND, Instant, ManualClock

OFFICE_HOURS = {"weekly": {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}}
"""It is Monday, 15:00, when a test begins."""


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    opened.check()


class TestOrderAndPacing:
    async def test_by_the_time_of_asking(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = stage.recorded(agents=2)
        worker = stage.worker(voice)
        asked = []
        for line in range(6):
            asked.append(ask(stage.db, world, f"+120155501{line:02}"))
            await stage.work(worker)
            stage.clock.advance(1)
        await stage.play(600, worker)
        assert stage.rung(voice) == asked

    async def test_a_retry_keeps_its_place(self, stage: Stage) -> None:
        world = stage.world(retry={"delay": 60}, pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = stage.recorded(agents=1)
        worker = stage.worker(voice)
        first = ask(stage.db, world, BUSY)
        order_at = stage.callback(world, first).order_at
        await stage.work(worker)
        await stage.play(7, worker)  # busy: again in a minute
        assert stage.callback(world, first).due_at == Instant(order_at + (RING_SECONDS + 60) * SECOND)
        stage.clock.advance(1)
        second = ask(stage.db, world, ANSWERS)
        await stage.work(worker)  # takes the only agent for two minutes
        third = ask(stage.db, world, "+12015550101")
        await stage.play(140, worker)

        assert stage.rung(voice)[:3] == [first, second, first]
        assert stage.callback(world, first).order_at == order_at
        await stage.play(300, worker)
        assert third in stage.rung(voice)

    async def test_retries_come_at_growing_delays(self, stage: Stage) -> None:
        world = stage.world(retry={"max_attempts": 3, "delay": 100, "growth": 2.0})
        worker = stage.worker(fakes.NeverAnswers(stage.network()))
        asked = ask(stage.db, world, ANSWERS)
        begin = stage.clock.now()
        await stage.work(worker)
        await stage.play(500, worker)
        rung_out = 30
        assert [(attempt.claimed_at - begin) // SECOND for attempt in stage.attempts(world, asked)] == [
            0,
            rung_out + 100,
            rung_out + 100 + rung_out + 200,
        ]

    async def test_a_booked_time_is_kept(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        worker = stage.worker(voice)
        slot = Instant(stage.clock.now() + HOUR)
        booked = ask(stage.db, world, ANSWERS, slot)
        stage.clock.turn_to(Instant(slot - 1))
        await stage.work(worker)
        assert stage.rung(voice) == []
        stage.clock.turn_to(slot)
        await stage.work(worker)
        assert stage.rung(voice) == [booked]

    async def test_never_more_than_the_queue_holds_and_agents_there_are(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 3, "calls_per_second": 100})
        worker = stage.worker(stage.recorded(agents=4))
        asked = stage.ask_all(world, 12)
        deepest = busiest = 0
        for _ in range(90):
            await stage.work(worker)
            load = counted(stage.db, world)
            deepest = max(deepest, load.dialing + load.connecting)
            busiest = max(busiest, load.dialing + load.connecting + load.talking)
            stage.clock.advance(5)
        assert (deepest, busiest) == (3, 4)
        assert {stage.callback(world, one).outcome for one in asked} == {Outcome.SUCCESS}

    async def test_never_faster_than_the_rate(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 100, "calls_per_second": 2})
        voice = stage.recorded()
        worker = stage.worker(voice)
        stage.ask_all(world, 9)
        made = []
        for _ in range(9):
            await stage.work(worker)
            made.append(len(stage.rung(voice)))
            stage.clock.advance(0.5)
        assert made == [2, 2, 4, 4, 6, 6, 8, 8, 9]

    async def test_who_is_held_back_is_waitlisted_and_goes_on_as_soon_as_there_is_room(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 100})
        worker = stage.worker(KnowsNoQueues(stage.network()))
        first = ask(stage.db, world, NO_SUCH_NUMBER)
        await stage.work(worker)
        stage.clock.advance(RING_SECONDS - 1)
        second = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        assert stage.callback(world, second).state is State.WAITLISTED
        stage.clock.advance(1)
        await stage.work(worker)
        assert stage.callback(world, first).state is State.FINISHED
        assert stage.callback(world, second).state is State.DIALING
        assert story_of(stage.db, world, second)[:2] == ["waitlisted", "dialing"]

    async def test_more_than_a_batch(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 5, "calls_per_second": 100})
        asked = stage.ask_all(world, 250)
        voice = stage.recorded()
        await stage.work(stage.worker(voice))
        assert stage.rung(voice) == asked[:5]
        load = counted(stage.db, world)
        assert (load.dialing, load.waitlisted, load.requested) == (5, 245, 245)

    async def test_each_call_target_has_its_own_line(self, stage: Stage) -> None:
        slow = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 100})
        other = another_call_target(stage.db, slow, "sales")
        stage.worlds.append(other)
        voice = stage.recorded()
        first, _ = stage.ask_all(slow, 2)
        third = ask(stage.db, other, "+12015550102")
        await stage.work(stage.worker(voice))
        assert set(stage.rung(voice)) == {first, third}


def test_what_is_looked_for_is_found_in_an_index(sqlite_database: Database, clock: ManualClock) -> None:
    """So that a million callbacks that are not due cost nothing. PostgreSQL plans by statistics, which tests have not."""
    world = make_world(sqlite_database, clock)
    line, now = Line(world.org, world.call_target), clock.now()
    plans: list[str] = []

    class Explaining:
        """Asks for the plan of each statement instead of running it."""

        def __init__(self, tx: Any) -> None:
            self.tx = tx

        def all(self, sql: str, **params: Any) -> list[Any]:
            plans.extend(row["detail"] for row in self.tx.all(f"EXPLAIN QUERY PLAN {sql}", **params))
            return []

        def one(self, sql: str, **params: Any) -> None:
            self.all(sql, **params)

    def explain(tx: Any) -> None:
        explaining: Any = Explaining(tx)
        store.lines_to_look_at(explaining, now=now, limit=1)
        callbacks.first_in_line(explaining, *line, now=now, limit=1)
        callbacks.come_due(explaining, *line, now=now, limit=1)
        store.anybody_due(explaining, line, now=now)
        store.claims_since(explaining, line, now)
        store.any_lease_over(explaining, now=now)
        store.any_to_wake(explaining, now=now)

    sqlite_database.read_now(explain)

    plans = [plan.replace(" COVERING ", " ") for plan in plans]
    assert [plan.partition(" USING INDEX ")[2].partition(" (")[0] for plan in plans if " USING INDEX " in plan] == [
        "ix_callbacks_due",
        "ix_dispatch_turns_held",
        "ix_callbacks_line",
        "ix_callbacks_due",
        "ix_callbacks_line",
        "sqlite_autoindex_attempts_2",
        "ix_callbacks_call_target",
        "ix_callbacks_lease",
        "ix_attempts_wake",
    ]


class TestHours:
    async def test_nothing_is_dialled_outside_hours_and_places_are_kept(self, stage: Stage) -> None:
        world = stage.world(
            hours=OFFICE_HOURS,
            next_business_day=True,
            pacing={"max_queue_depth": 1, "calls_per_second": 100},
        )
        voice = stage.recorded(agents=1)
        worker = stage.worker(voice)
        stage.clock.advance(2 * 3600 - 100)
        early = stage.ask_all(world, 3)  # there is time for one of them before 17:00
        await stage.play(101, worker)
        late = ask(stage.db, world, "+12015550110")
        await stage.play(14 * 3600, worker, every=1800)
        assert stage.rung(voice) == early[:1]
        opening = stage.callback(world, late).due_at
        assert {stage.callback(world, one).due_at for one in early[1:]} == {opening}
        assert {stage.callback(world, one).state for one in (*early[1:], late)} == {State.PENDING}
        assert "postponed" in story_of(stage.db, world, early[1])

        stage.clock.turn_to(Instant(opening - 1))
        await stage.work(worker)
        assert stage.rung(voice) == early[:1]
        stage.clock.turn_to(opening)
        await stage.work(worker)
        await stage.play(600, worker)
        assert stage.rung(voice) == [*early, late]

    async def test_more_than_a_batch_carries_over(self, stage: Stage) -> None:
        world = stage.world(
            hours=OFFICE_HOURS,
            next_business_day=True,
            next_business_day_limit=1000,
            pacing={"max_queue_depth": 1, "calls_per_second": 100},
        )
        worker = stage.worker(stage.recorded())
        asked = stage.ask_all(world, 230)
        await stage.work(worker)
        assert counted(stage.db, world).waitlisted == 229
        stage.clock.advance(2 * 3600)
        await stage.work(worker)
        load = counted(stage.db, world)
        assert (load.waitlisted, load.pending_asap) == (0, 230)  # nobody followed the one call: it is to be made again
        assert len({stage.callback(world, one).due_at for one in asked[1:]}) == 1

    async def test_a_booked_one_that_was_not_placed_expires_and_its_slot_is_free(self, stage: Stage) -> None:
        world = stage.world(process_callbacks=False, scheduled_window=3600)
        worker = stage.worker(stage.recorded())
        slot = Instant(stage.clock.now() + HOUR)
        booked = ask(stage.db, world, ANSWERS, slot)
        await stage.play(3600, worker, every=600)
        assert stage.callback(world, booked).state is State.WAITLISTED
        stage.clock.advance(3601)
        reconfigure(stage.db, world, process_callbacks=True)
        await stage.work(worker)
        assert stage.callback(world, booked).outcome is Outcome.EXPIRED
        assert stage.told.outcomes == {Outcome.EXPIRED: 1}
        assert stage.db.read_now(callbacks.taken_slots, world.org, Instant(0)) == {}

    async def test_a_retry_of_a_booked_one_waits_for_the_customers_morning(self, stage: Stage) -> None:
        world = stage.world(scheduled_window=86_400, retry={"delay": 600})
        voice = stage.recorded()
        worker = stage.worker(voice)
        slot = Instant(stage.clock.now() + HOUR)  # 21:00 where this customer lives
        booked = ask(stage.db, world, BUSY, slot, time_zone="Asia/Karachi")
        await stage.play(2 * 3600, worker, every=300)
        assert len(stage.rung(voice)) == 1
        morning = stage.callback(world, booked).due_at
        assert (morning - slot) == 11 * HOUR
        stage.clock.turn_to(morning)
        await stage.work(worker)
        assert len(stage.rung(voice)) == 2

    async def test_retries_after_hours_if_so_configured(self, stage: Stage) -> None:
        world = stage.world(hours=OFFICE_HOURS, retry={"after_hours": True, "delay": 600})
        voice = stage.recorded()
        worker = stage.worker(voice)
        stage.clock.advance(2 * 3600 - 300)
        busy = ask(stage.db, world, BUSY)
        await stage.work(worker)
        await stage.play(1200, worker, every=60)
        assert stage.rung(voice) == [busy, busy]
        assert stage.callback(world, busy).attempts == 2

    async def test_processing_switched_off_and_on(self, stage: Stage) -> None:
        world, voice = stage.world(process_callbacks=False), stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await stage.play(60, worker)
        assert stage.callback(world, asked).state is State.WAITLISTED
        reconfigure(stage.db, world, process_callbacks=True)
        await stage.play(5, worker)
        assert stage.rung(voice) == [asked]
