"""Dispatching on both databases, over the simulated network, on a clock turned by hand.

Nobody is overtaken, nobody is rung twice, nothing is lost; whatever breaks, and however many work at once.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import voice as fakes
from tests.fakes.world import (
    World,
    another_call_target,
    ask,
    block,
    callback_of,
    counted,
    make_world,
    reconfigure,
    remove_call_target,
    story_of,
)

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import LIVE_CALL, Outcome, State
from ringback.callbacks.model import Callback, CancelStatus
from ringback.db.database import Database
from ringback.dispatch import store
from ringback.dispatch.model import Attempt, Line
from ringback.dispatch.service import Dispatcher
from ringback.forecast import service as forecast
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, ManualClock, after
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId
from ringback.telephony import port
from ringback.telephony.drivers.simulator import LEDGER_NAME, SimulatedTeam, SimulatorDriver, SimulatorSettings
from ringback.telephony.port import Call, Cause, EventKind, Party, VoiceDriver, VoiceEvent

LEASE_SECONDS = 60
RING_SECONDS = 5
TALK_SECONDS = 120

ANSWERS = "+12015550100"
BUSY = "+12015550001"
NOBODY_THERE = "+12015550002"
NO_SUCH_NUMBER = "+12015550005"
HANGS_UP_WAITING = "+12015550007"
NETWORK_FAILS = "+12015550008"

OFFICE_HOURS = {"weekly": {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}}
"""It is Monday, 15:00, when a test begins."""


class Told:
    """Writes down what an observer is told."""

    def __init__(self) -> None:
        self.claims: list[int] = []
        self.latencies: list[float] = []
        self.errors: list[float] = []
        self.causes: Counter[Cause] = Counter()
        self.outcomes: Counter[Outcome] = Counter()
        self.ignored = 0
        self.failed: list[str] = []

    def claimed(self, count: int) -> None:
        self.claims.append(count)

    def dialled(self, latency_seconds: float) -> None:
        self.latencies.append(latency_seconds)

    def launched(self, error_seconds: float) -> None:
        self.errors.append(error_seconds)

    def attempt_ended(self, cause: Cause) -> None:
        self.causes[cause] += 1

    def callback_finished(self, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1

    def event_ignored(self) -> None:
        self.ignored += 1

    def step_failed(self, step: str) -> None:
        self.failed.append(step)


class Died(BaseException):
    """The worker's process ends here."""


class Stage:
    """A contact centre to play on: database, clock, simulated network, and workers."""

    def __init__(self, db: Database, clock: ManualClock, folder: Path) -> None:
        self.db = db
        self.clock = clock
        self.folder = folder
        self.told = Told()
        self.worlds: list[World] = []
        self._drivers: list[SimulatorDriver] = []

    def world(self, **settings: Any) -> World:
        """An organization with settings of its call target; a fast one, unless said otherwise."""
        settings = {"pacing": {"max_queue_depth": 100, "calls_per_second": 100}} | settings
        self.worlds.append(make_world(self.db, self.clock, **settings))
        return self.worlds[-1]

    def network(self, *, agents: int = 100) -> SimulatorDriver:
        """A driver onto the one simulated network, in which who is not scripted answers and talks for two minutes."""
        team = SimulatedTeam(agents=agents, handle_time=TALK_SECONDS, handle_time_spread=0)
        settings = SimulatorSettings(ring_seconds=(RING_SECONDS, RING_SECONDS), team=team)
        driver = SimulatorDriver(self.folder / LEDGER_NAME, self.clock, settings)
        self._drivers.append(driver)
        return driver

    def recorded(self, **settings: Any) -> fakes.RecordingVoice:
        return fakes.RecordingVoice(self.network(**settings))

    def worker(self, voice: VoiceDriver, owner: str = "one") -> Dispatcher:
        return Dispatcher(
            db=self.db, clock=self.clock, voice=voice, observer=self.told, lease_seconds=LEASE_SECONDS, owner=owner
        )

    async def work(self, *workers: Dispatcher) -> None:
        """Let the workers do all that there is to do at this instant."""
        for _ in range(50):
            busy = [await step() for worker in workers for step in (worker.follow, worker.reconcile, worker.release)]
            if not any(busy):
                return
        raise AssertionError("the workers never come to rest")

    async def play(self, seconds: float, *workers: Dispatcher, every: float = 5) -> None:
        """Let time pass, the workers working now and then."""
        until = after(self.clock.now(), seconds)
        while self.clock.now() < until:
            self.clock.turn_to(min(until, after(self.clock.now(), every)))
            await self.work(*workers)

    def ask_all(self, world: World, count: int) -> list[CallbackId]:
        """So many customers, each of whom answers and talks, ask one after the other, a millisecond apart."""
        asked = []
        for line in range(count):
            asked.append(ask(self.db, world, f"+1201555{1000 + line}"))
            self.clock.advance(0.001)
        return asked

    def callback(self, world: World, callback_id: CallbackId) -> Callback:
        return callback_of(self.db, world, callback_id)

    def attempts(self, world: World, callback_id: CallbackId) -> list[Attempt]:
        return self.db.read_now(store.attempts_of, world.org, callback_id)

    async def close(self) -> None:
        for driver in self._drivers:
            await driver.close()


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    """And at the end, whatever was played, counts are right and every live call has one live attempt."""
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    for world in opened.worlds:
        counted(database, world)
        for row in database.read_now(
            lambda tx, org=world.org: tx.all(
                """
                SELECT c.id, c.state, COUNT(a.id) AS live FROM callbacks c
                LEFT JOIN attempts a ON a.org_id = c.org_id AND a.callback_id = c.id AND a.ended_at IS NULL
                WHERE c.org_id = :org GROUP BY c.id, c.state
                """,
                org=org,
            )
        ):
            assert row["live"] == (State(row["state"]) in LIVE_CALL), dict(row)


def dialled(voice: fakes.RecordingVoice) -> list[str]:
    return [call.callback_id for call in voice.dialled]


class TestTheWayOfACallback:
    async def test_from_asking_to_success(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        states = []
        for seconds in (0, RING_SECONDS, TALK_SECONDS):
            stage.clock.advance(seconds)
            await stage.work(worker)
            states.append(stage.callback(world, asked).state)

        assert states == [State.DIALING, State.TALKING, State.FINISHED]
        done = stage.callback(world, asked)
        assert (done.outcome, done.attempts) == (Outcome.SUCCESS, 1)
        assert story_of(stage.db, world, asked) == [
            "dialing", "ringing", "answered", "connected", "ended", "finished"
        ]  # fmt: skip
        (attempt,) = stage.attempts(world, asked)
        assert attempt.cause is Cause.ANSWERED
        assert attempt.id == voice.dialled[0].attempt_id
        seen = stage.db.read_now(forecast.handle_time_of, world.org, world.call_target)
        assert seen.calls == 1
        assert seen.mean == pytest.approx(TALK_SECONDS, abs=0.001)

    async def test_what_the_driver_is_told(self, stage: Stage) -> None:
        world = stage.world(
            first_party="agent",
            agent={"destination": "sip:agents@acme.example", "caller_id": "+12015550199"},
            customer_dial_timeout=25,
            estimate={"default_agents": 7},
        )
        voice = stage.recorded()
        asked = ask(stage.db, world, "+12015550100;ext=12")
        await stage.work(stage.worker(voice))
        (call,) = voice.dialled
        assert call == Call(
            attempt_id=call.attempt_id,
            org=world.org,
            callback_id=asked,
            call_target_id=world.call_target,
            first_party=Party.AGENT,
            customer_number="+12015550100;ext=12",
            agent_destination="sip:agents@acme.example",
            caller_id="+12015550199",
            customer_dial_timeout=25,
            agents=7,
        )

    async def test_the_observer_is_told(self, stage: Stage) -> None:
        world, told = stage.world(minimum_delay=60), stage.told
        worker = stage.worker(stage.recorded())
        asked = ask(stage.db, world, ANSWERS)
        promised = stage.callback(world, asked).promised_seconds
        assert promised is not None
        stage.clock.advance(62)
        await stage.work(worker)
        await stage.play(300, worker)

        assert told.claims == [1]
        assert told.latencies == [2.0]
        assert told.errors == [62.0 - promised]
        assert told.causes == {Cause.ANSWERED: 1}
        assert told.outcomes == {Outcome.SUCCESS: 1}
        assert (told.ignored, told.failed) == (0, [])

    @pytest.mark.parametrize(
        ("number", "first_party", "causes", "outcome"),
        [
            ("+12015550000", "customer", [Cause.ANSWERED], Outcome.SUCCESS),
            (BUSY, "customer", [Cause.BUSY] * 2, Outcome.UNAVAILABLE),
            (NOBODY_THERE, "customer", [Cause.NO_ANSWER] * 2, Outcome.UNAVAILABLE),
            ("+12015550003", "customer", [Cause.MACHINE] * 2, Outcome.UNAVAILABLE),
            ("+12015550004", "customer", [Cause.REJECTED] * 2, Outcome.UNAVAILABLE),
            (NO_SUCH_NUMBER, "customer", [Cause.INVALID_NUMBER], Outcome.UNAVAILABLE),
            ("+12015550006", "customer", [Cause.CONGESTION] * 2, Outcome.FAILURE),
            (HANGS_UP_WAITING, "customer", [Cause.CANCELED], Outcome.ABANDONED),
            (NETWORK_FAILS, "customer", [Cause.FAILED] * 2, Outcome.FAILURE),
            ("+12015550000", "agent", [Cause.ANSWERED], Outcome.SUCCESS),
            (BUSY, "agent", [Cause.BUSY] * 2, Outcome.UNAVAILABLE),
        ],
    )
    async def test_each_ending(
        self, stage: Stage, number: str, first_party: str, causes: list[Cause], outcome: Outcome
    ) -> None:
        world = stage.world(first_party=first_party, retry={"max_attempts": 2, "delay": 60})
        worker = stage.worker(stage.recorded())
        asked = ask(stage.db, world, number)
        await stage.play(400, worker, every=10)

        assert stage.callback(world, asked).outcome is outcome
        assert [attempt.cause for attempt in stage.attempts(world, asked)] == causes
        assert stage.told.causes == Counter(causes)
        assert stage.told.outcomes == {outcome: 1}

    async def test_agents_who_are_not_reached(self, stage: Stage) -> None:
        world = stage.world(first_party="agent", retry={"max_attempts": 2, "delay": 60})
        asked = ask(stage.db, world, ANSWERS)
        team = SimulatedTeam(agents=1, handle_time=7200, handle_time_spread=0)
        network = SimulatorDriver(
            stage.folder / "other.sqlite3", stage.clock, SimulatorSettings(team=team, patience=30)
        )
        # Somebody else's call keeps the only agent; the dispatcher cannot know and takes them for two.
        await network.originate(call_of_somebody_else(world))
        stage.clock.advance(10)
        voice = Staffed(network, agents=2)
        await stage.play(300, stage.worker(voice))
        await network.close()
        assert stage.callback(world, asked).outcome is Outcome.NOT_COMPLETED


class Staffed(fakes.RecordingVoice):
    """Says that so many agents are at work; None: does not know."""

    def __init__(self, driver: VoiceDriver, agents: int | None) -> None:
        super().__init__(driver)
        self.agents = agents

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        return self.agents


def call_of_somebody_else(world: World) -> Call:
    return Call(
        attempt_id=AttemptId("somebody-else"),
        org=world.org,
        callback_id=CallbackId("somebody-else"),
        call_target_id=world.call_target,
        first_party=Party.CUSTOMER,
        customer_number="+12015550000",
        agent_destination="",
        caller_id="",
        customer_dial_timeout=30,
    )


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
        assert dialled(voice) == asked

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

        assert dialled(voice)[:3] == [first, second, first]
        assert stage.callback(world, first).order_at == order_at
        await stage.play(300, worker)
        assert third in dialled(voice)

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
        assert voice.dialled == []
        stage.clock.turn_to(slot)
        await stage.work(worker)
        assert dialled(voice) == [booked]

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
            made.append(len(voice.dialled))
            stage.clock.advance(0.5)
        assert made == [2, 2, 4, 4, 6, 6, 8, 8, 9]

    async def test_who_is_held_back_is_waitlisted_and_goes_on_as_soon_as_there_is_room(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 100})
        worker = stage.worker(Staffed(stage.network(), agents=None))
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
        assert dialled(voice) == asked[:5]
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
        assert set(dialled(voice)) == {first, third}


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

    sqlite_database.read_now(explain)

    assert [plan.partition(" USING INDEX ")[2].partition(" (")[0] for plan in plans if " USING INDEX " in plan] == [
        "ix_callbacks_due",
        "ix_dispatch_turns_held",
        "ix_callbacks_line",
        "ix_callbacks_due",
        "ix_callbacks_line",
        "sqlite_autoindex_attempts_2",
        "sqlite_autoindex_callbacks_1",
        "ix_callbacks_lease",
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
        assert dialled(voice) == early[:1]
        opening = stage.callback(world, late).due_at
        assert {stage.callback(world, one).due_at for one in early[1:]} == {opening}
        assert {stage.callback(world, one).state for one in (*early[1:], late)} == {State.PENDING}
        assert "postponed" in story_of(stage.db, world, early[1])

        stage.clock.turn_to(Instant(opening - 1))
        await stage.work(worker)
        assert dialled(voice) == early[:1]
        stage.clock.turn_to(opening)
        await stage.work(worker)
        await stage.play(600, worker)
        assert dialled(voice) == [*early, late]

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
        assert (load.waitlisted, load.pending_asap) == (0, 229)
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
        slot = Instant(stage.clock.now() + HOUR)  # 16:00 in London: 20:55 is five hours later in this customer's zone
        booked = ask(stage.db, world, BUSY, Instant(slot), time_zone="Asia/Karachi")  # 21:00 there
        await stage.play(2 * 3600, worker, every=300)
        assert len(voice.dialled) == 1
        morning = stage.callback(world, booked).due_at
        assert (morning - slot) == 11 * HOUR
        stage.clock.turn_to(morning)
        await stage.work(worker)
        assert len(voice.dialled) == 2

    async def test_retries_after_hours_if_so_configured(self, stage: Stage) -> None:
        world = stage.world(hours=OFFICE_HOURS, retry={"after_hours": True, "delay": 600})
        voice = stage.recorded()
        worker = stage.worker(voice)
        stage.clock.advance(2 * 3600 - 300)
        busy = ask(stage.db, world, BUSY)
        await stage.work(worker)
        await stage.play(1200, worker, every=60)
        assert dialled(voice) == [busy, busy]
        assert stage.callback(world, busy).attempts == 2

    async def test_processing_switched_off_and_on(self, stage: Stage) -> None:
        world, voice = stage.world(process_callbacks=False), stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await stage.play(60, worker)
        assert stage.callback(world, asked).state is State.WAITLISTED
        reconfigure(stage.db, world, process_callbacks=True)
        await stage.play(5, worker)
        assert dialled(voice) == [asked]


class TestTheSecondLook:
    async def test_who_was_blocked_meanwhile_is_not_called(self, stage: Stage) -> None:
        world, voice = stage.world(minimum_delay=60), stage.recorded()
        asked = ask(stage.db, world, "+12015550100;ext=5")
        block(stage.db, world, ANSWERS)
        await stage.play(120, stage.worker(voice))
        assert voice.dialled == []
        assert stage.callback(world, asked).outcome is Outcome.CANCELED

    async def test_a_number_is_called_so_often_a_day(self, stage: Stage) -> None:
        world = make_world(
            stage.db, stage.clock, calls_per_day=2, duplicate_rule="allow", retry={"max_attempts": 5, "delay": 600}
        )
        stage.worlds.append(world)
        voice = stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, BUSY)
        begin = stage.clock.now()
        await stage.work(worker)
        await stage.play(3 * 3600, worker, every=300)
        assert len(voice.dialled) == 2
        assert stage.callback(world, asked).due_at == begin + DAY
        stage.clock.turn_to(Instant(begin + DAY))
        await stage.work(worker)
        assert len(voice.dialled) == 3

    async def test_one_that_is_refused_makes_room_for_the_next(self, stage: Stage) -> None:
        world = stage.world(minimum_delay=10, pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = stage.recorded()
        ask(stage.db, world, ANSWERS)
        stage.clock.advance(1)
        second = ask(stage.db, world, "+12015550101")
        block(stage.db, world, ANSWERS)
        stage.clock.advance(10)
        await stage.work(stage.worker(voice))
        assert dialled(voice) == [second]

    async def test_a_removed_call_target(self, stage: Stage) -> None:
        world, voice = stage.world(minimum_delay=60), stage.recorded()
        asked = stage.ask_all(world, 120)
        remove_call_target(stage.db, world)
        await stage.play(60, stage.worker(voice), every=60)
        assert voice.dialled == []
        assert {stage.callback(world, one).outcome for one in asked} == {Outcome.FAILURE}

    async def test_a_line_that_cannot_be_worked_keeps_nobody_else_waiting(
        self, stage: Stage, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken, voice = stage.world(), stage.recorded()
        healthy = make_world(stage.db, stage.clock, key="other")
        stage.worlds.append(healthy)
        stage.ask_all(broken, 250)
        asked = ask(stage.db, healthy, ANSWERS)
        stage.db.write_now(
            lambda tx: tx.run("UPDATE call_targets SET document = '{}' WHERE org_id = :org", org=broken.org)
        )
        with caplog.at_level(logging.CRITICAL):
            await stage.play(10, stage.worker(voice), every=1)
        assert dialled(voice) == [asked]
        assert set(stage.told.failed) == {"release"}

        stage.db.write_now(
            lambda tx: tx.run(
                'UPDATE call_targets SET document = \'{"name":"Billing"}\' WHERE org_id = :org', org=broken.org
            )
        )
        await stage.play(60, stage.worker(voice), every=15)
        assert len(voice.dialled) > 1


class TestCancelling:
    async def test_before_the_claim_no_phone_rings(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        asked = ask(stage.db, world, ANSWERS)
        answer = stage.db.write_now(
            callbacks.cancel_by_number, world.org, ANSWERS, by="customer", now=stage.clock.now()
        )
        assert answer.status is CancelStatus.CANCELED
        await stage.play(60, stage.worker(voice))
        assert voice.dialled == []
        assert stage.callback(world, asked).outcome is Outcome.CANCELED

    async def test_after_the_claim_it_is_too_late(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        seen_before = stage.callback(world, asked)
        await stage.work(worker)
        for cancel in (
            lambda tx: callbacks.cancel(tx, seen_before, by="customer", now=stage.clock.now()),
            lambda tx: callbacks.cancel_by_number(tx, world.org, ANSWERS, by="customer", now=stage.clock.now()),
        ):
            assert stage.db.write_now(cancel).status is CancelStatus.FAILED
        await stage.play(300, worker)
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    async def test_a_race_has_one_winner(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        worker = stage.worker(voice)
        for line in range(10):
            asked = ask(stage.db, world, f"+120155501{line:02}")
            before = stage.callback(world, asked)
            answer, _ = await asyncio.gather(
                stage.db.write(callbacks.cancel, before, by="customer", now=stage.clock.now()), worker.release()
            )
            await stage.work(worker)
            rung = asked in dialled(voice)
            assert rung == (answer.status is CancelStatus.FAILED)


class Dies(fakes.RecordingVoice):
    """The worker's process ends before or after one of its words to the network."""

    def __init__(self, driver: VoiceDriver, at: str) -> None:
        super().__init__(driver)
        self.at = at

    async def originate(self, call: Call) -> None:
        self._here("before originate")
        await super().originate(call)
        self._here("after originate")

    async def events(self) -> list[VoiceEvent]:
        told = await super().events()
        if told:
            self._here("before recording")
        if any(event.kind is EventKind.ENDED for event in told):
            self._here("before recording the end")
        return told

    async def acknowledge(self, events: Any) -> None:
        if events:
            self._here("before acknowledging")
        await super().acknowledge(events)
        if events:
            self._here("after acknowledging")

    async def look_up(self, attempt_id: AttemptId) -> port.CallView | None:
        self._here("before looking up")
        return await super().look_up(attempt_id)

    def _here(self, at: str) -> None:
        if at == self.at:
            raise Died


class TestCrashes:
    @pytest.mark.parametrize(
        "at",
        [
            "before originate",
            "after originate",
            "before recording",
            "before recording the end",
            "before acknowledging",
            "after acknowledging",
        ],
    )
    @pytest.mark.parametrize("survivor_comes_after", [1, LEASE_SECONDS + 1, 3600])
    async def test_another_worker_carries_on_and_nobody_is_rung_twice(
        self, stage: Stage, at: str, survivor_comes_after: int
    ) -> None:
        world, network = stage.world(), stage.network()
        asked = stage.ask_all(world, 3)
        dying = Dies(network, at)
        with pytest.raises(Died):
            await stage.play(300, stage.worker(dying, "dying"))

        survivor = fakes.RecordingVoice(network)
        stage.clock.advance(survivor_comes_after)
        await stage.play(400, stage.worker(survivor, "survivor"), every=10)

        assert Counter(dialled(dying) + dialled(survivor)) == Counter(asked)
        for one in asked:
            done = stage.callback(world, one)
            assert (done.outcome, done.attempts) == (Outcome.SUCCESS, 1)

    async def test_a_claim_without_a_call_waits_for_its_lease(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        asked = ask(stage.db, world, ANSWERS)
        with pytest.raises(Died):
            await stage.work(stage.worker(Dies(network, "before originate"), "dying"))
        survivor = fakes.RecordingVoice(network)
        worker = stage.worker(survivor, "survivor")
        stage.clock.advance(LEASE_SECONDS - 1)
        await stage.work(worker)
        assert survivor.dialled == []
        stage.clock.advance(1)
        await stage.work(worker)
        assert dialled(survivor) == [asked]
        assert [call.attempt_id for call in survivor.dialled] == [one.id for one in stage.attempts(world, asked)]

    async def test_dying_again_while_reconciling(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        asked = ask(stage.db, world, ANSWERS)
        voices = [
            Dies(network, at)
            for at in ("before originate", "before looking up", "before originate", "after originate", "never")
        ]
        for number, voice in enumerate(voices):
            with suppress(Died):
                await stage.play(200, stage.worker(voice, f"worker {number}"), every=10)
        assert [one for voice in voices for one in dialled(voice)] == [asked]
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    async def test_a_claim_that_outlived_the_opening_hours_is_given_back(self, stage: Stage) -> None:
        world = stage.world(hours=OFFICE_HOURS)
        network = stage.network()
        stage.clock.advance(2 * 3600 - 10)
        asked = ask(stage.db, world, ANSWERS)
        with pytest.raises(Died):
            await stage.work(stage.worker(Dies(network, "before originate"), "dying"))
        survivor = fakes.RecordingVoice(network)
        worker = stage.worker(survivor, "survivor")
        await stage.play(3600, worker, every=60)
        waiting = stage.callback(world, asked)
        assert (waiting.state, waiting.attempts, survivor.dialled) == (State.PENDING, 0, [])
        stage.clock.turn_to(waiting.due_at)
        await stage.work(worker)
        assert dialled(survivor) == [asked]

    async def test_a_worker_that_stood_still_dials_no_more(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        ask(stage.db, world, ANSWERS)
        # As if the process had been stopped between the claim's commit and the call.
        stage.db.listen(lambda _: stage.clock.advance(3600) and None)
        assert await stage.worker(voice).release()
        assert counted(stage.db, world).dialing == 1
        assert voice.dialled == []

    async def test_a_refusal_that_comes_after_another_has_taken_over_changes_nothing(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        voice = fakes.RecordingVoice(network)
        other = stage.worker(voice, "other")

        class Slow(fakes.RecordingVoice):
            """While it takes its time to say no, another worker does what there is to do."""

            def __init__(self, says: Exception) -> None:
                super().__init__(network)
                self.says = says

            async def originate(self, call: Call) -> None:
                stage.clock.advance(LEASE_SECONDS)
                await other.reconcile()
                raise self.says

        refusals = [port.RetryAfter("busy", seconds=1), port.PermanentError("no", Cause.INVALID_NUMBER)]
        for number, refusal in enumerate(refusals):
            asked = ask(stage.db, world, f"+1201555010{number}")
            await stage.worker(Slow(refusal), "slow").release()
            assert dialled(voice)[number:] == [asked]
            assert stage.callback(world, asked).state is State.DIALING

    async def test_long_calls_are_asked_after_and_left_alone(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        worker, other = stage.worker(voice), stage.worker(voice, "other")
        asked = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        await stage.play(TALK_SECONDS, worker, other, every=10)
        assert stage.callback(world, asked).state is State.TALKING
        await stage.play(10, worker, other)
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS
        assert len(voice.dialled) == 1


class TestSeveralWorkers:
    async def test_at_once_dial_nobody_twice_and_no_more_than_allowed(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 4, "calls_per_second": 100})
        voices = [stage.recorded() for _ in range(3)]
        workers = [stage.worker(voice, f"worker {n}") for n, voice in enumerate(voices)]
        asked = stage.ask_all(world, 20)
        for _ in range(60):
            for step in (Dispatcher.follow, Dispatcher.reconcile, Dispatcher.release):
                await asyncio.gather(*(step(worker) for worker in workers))
            load = counted(stage.db, world)
            assert load.dialing + load.connecting <= 4
            stage.clock.advance(5)
        assert sorted(one for voice in voices for one in dialled(voice)) == sorted(asked)
        assert {stage.callback(world, one).outcome for one in asked} == {Outcome.SUCCESS}
        assert stage.told.outcomes == {Outcome.SUCCESS: 20}

    async def test_at_once_take_over_a_dead_ones_calls(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        asked = stage.ask_all(world, 10)
        with pytest.raises(Died):
            await stage.work(stage.worker(Dies(network, "before originate"), "dying"))
        stage.clock.advance(LEASE_SECONDS)
        voices = [stage.recorded() for _ in range(3)]
        workers = [stage.worker(voice, f"worker {n}") for n, voice in enumerate(voices)]
        await asyncio.gather(*(worker.reconcile() for worker in workers))
        assert sorted(one for voice in voices for one in dialled(voice)) == sorted(asked)
        assert {one.state for one in (stage.callback(world, one) for one in asked)} == {State.DIALING}


class Refuses(fakes.RecordingVoice):
    """Raises what it was made with instead of ringing, until it is told to work."""

    def __init__(self, driver: VoiceDriver, error: Exception) -> None:
        super().__init__(driver)
        self.error: Exception | None = error

    async def originate(self, call: Call) -> None:
        if self.error is not None:
            raise self.error
        await super().originate(call)


class TestDriversThatFail:
    async def test_a_permanent_refusal_ends_the_attempt(self, stage: Stage) -> None:
        world = stage.world()
        voice = Refuses(stage.network(), port.PermanentError("no such number", Cause.INVALID_NUMBER))
        asked = ask(stage.db, world, ANSWERS)
        await stage.work(stage.worker(voice))
        assert stage.callback(world, asked).outcome is Outcome.UNAVAILABLE
        assert [attempt.cause for attempt in stage.attempts(world, asked)] == [Cause.INVALID_NUMBER]
        assert stage.told.causes == {Cause.INVALID_NUMBER: 1}
        assert stage.told.outcomes == {Outcome.UNAVAILABLE: 1}

    async def test_a_busy_network_costs_neither_place_nor_attempt(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = Refuses(stage.network(), port.RetryAfter("all lines are taken", seconds=20))
        worker = stage.worker(voice)
        first, second = stage.ask_all(world, 2)
        before = stage.callback(world, first)
        await stage.work(worker)
        back = stage.callback(world, first)
        assert (back.state, back.attempts) == (State.WAITLISTED, 0)
        assert (back.order_at, back.due_at) == (before.order_at, before.due_at)
        assert stage.attempts(world, first) == []

        voice.error = None
        stage.clock.advance(19)
        await stage.work(worker)
        assert dialled(voice) == []
        stage.clock.advance(1)
        await stage.work(worker)
        assert dialled(voice) == [first]
        assert stage.callback(world, second).state is State.WAITLISTED

    async def test_a_busy_network_is_tried_again_for_the_first_in_line_when_somebody_new_comes(
        self, stage: Stage
    ) -> None:
        world = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = Refuses(stage.network(), port.RetryAfter("all lines are taken", seconds=1e12))
        worker = stage.worker(voice)
        (first,) = stage.ask_all(world, 1)
        await stage.work(worker)
        voice.error = None
        ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        assert dialled(voice) == [first]

    async def test_an_answer_that_was_lost(self, stage: Stage) -> None:
        world, voice = stage.world(), fakes.LosesAnswers(stage.network())
        asked = ask(stage.db, world, ANSWERS)
        worker = stage.worker(voice)
        await stage.work(worker)
        await stage.play(400, worker, every=20)
        assert dialled(voice) == [asked]
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    async def test_while_the_network_is_away_callbacks_stay_in_line(self, stage: Stage) -> None:
        world, voice = stage.world(), fakes.Unreachable(stage.network())
        asked = ask(stage.db, world, ANSWERS)
        worker = stage.worker(voice)
        for step in (worker.follow, worker.release):
            with pytest.raises(port.Unreachable):
                await step()
        assert stage.callback(world, asked).state is State.PENDING
        voice.reachable = True
        await stage.work(worker)
        assert dialled(voice) == [asked]

    async def test_a_call_is_asked_after_until_the_network_is_back(self, stage: Stage) -> None:
        world, voice = stage.world(), fakes.Unreachable(stage.network())
        worker = stage.worker(voice)
        voice.reachable = True
        asked = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        voice.reachable = False
        for _ in range(4):
            stage.clock.advance(LEASE_SECONDS)
            with pytest.raises(port.Unreachable):
                await worker.reconcile()
        assert stage.callback(world, asked).state is State.DIALING
        voice.reachable = True
        await stage.work(worker)
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    async def test_a_defect_ends_the_attempt_and_the_callback_goes_on(
        self, stage: Stage, caplog: pytest.LogCaptureFixture
    ) -> None:
        world, voice = stage.world(retry={"delay": 60}), fakes.Throws(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        with caplog.at_level(logging.CRITICAL):
            assert await worker.release()
        waiting = stage.callback(world, asked)
        assert (waiting.state, waiting.attempts) == (State.PENDING, 1)
        assert stage.told.failed == ["dial"]
        voice.reachable = True
        await stage.play(300, worker)
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    async def test_a_defect_after_ringing_rings_nobody_again(
        self, stage: Stage, caplog: pytest.LogCaptureFixture
    ) -> None:
        class RingsAndThrows(fakes.RecordingVoice):
            async def originate(self, call: Call) -> None:
                await super().originate(call)
                raise ZeroDivisionError("a defect of the driver")

        world, voice = stage.world(), RingsAndThrows(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        with caplog.at_level(logging.CRITICAL):
            await stage.play(300, worker)
        assert dialled(voice) == [asked]
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    async def test_a_driver_that_forgets_loses_the_call_and_not_the_callback(self, stage: Stage) -> None:
        world, voice = stage.world(retry={"delay": 60}), fakes.ForgetsCalls(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        voice.crash()
        await stage.play(LEASE_SECONDS, worker)
        assert [attempt.cause for attempt in stage.attempts(world, asked)] == [Cause.FAILED]
        await stage.play(300, worker)
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS
        assert len({call.attempt_id for call in voice.dialled}) == len(voice.dialled) == 2

    @pytest.mark.parametrize(
        "broken",
        [
            fakes.DuplicateEvents,
            lambda driver, clock: fakes.LateEvents(driver, clock, 30),
            lambda driver, clock: fakes.LateEvents(driver, clock, 600),
        ],
        ids=["duplicate", "late", "very late"],
    )
    async def test_events_twice_or_late(self, stage: Stage, broken: Callable[..., fakes.RecordingVoice]) -> None:
        world = stage.world(retry={"delay": 60, "max_attempts": 2})
        network = stage.network()
        voice = broken(network) if broken is fakes.DuplicateEvents else broken(network, stage.clock)
        worker = stage.worker(voice)
        answers, busy = ask(stage.db, world, ANSWERS), ask(stage.db, world, BUSY)
        await stage.work(worker)
        await stage.play(1500, worker, every=20)
        assert stage.callback(world, answers).outcome is Outcome.SUCCESS
        assert stage.callback(world, busy).outcome is Outcome.UNAVAILABLE
        assert Counter(dialled(voice)) == {answers: 1, busy: 2}
        assert stage.told.outcomes == {Outcome.SUCCESS: 1, Outcome.UNAVAILABLE: 1}
        assert story_of(stage.db, world, answers) == [
            "dialing", "ringing", "answered", "connected", "ended", "finished"
        ]  # fmt: skip


class Tells(fakes.RecordingVoice):
    """Tells the events that a test wants told, once."""

    def __init__(self, driver: VoiceDriver) -> None:
        super().__init__(driver)
        self.events_to_tell: list[VoiceEvent] = []

    async def events(self) -> list[VoiceEvent]:
        told, self.events_to_tell = self.events_to_tell, []
        return told

    async def acknowledge(self, events: Any) -> None:
        pass

    def tell(self, kind: EventKind, at: Instant, cause: Cause | None = None, party: Party | None = None) -> None:
        attempt_id = self.dialled[-1].attempt_id
        number = len(self.events_to_tell)
        self.events_to_tell.append(VoiceEvent(f"{attempt_id}:{number}", attempt_id, at, kind, cause, party))


class TestOddEvents:
    async def test_of_unknown_attempts_are_counted_and_dealt_with(self, stage: Stage) -> None:
        stage.world()
        voice = stage.recorded()
        voice.events = told_once(VoiceEvent("1", AttemptId("nobody's"), stage.clock.now(), EventKind.RINGING))  # type: ignore[method-assign]
        assert await stage.worker(voice).follow()
        assert stage.told.ignored == 1

    async def test_a_lost_answer_and_repeated_steps(self, stage: Stage) -> None:
        world, voice = stage.world(), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        now = stage.clock.now()
        for kind in (EventKind.CONNECTED, EventKind.RINGING, EventKind.ANSWERED, EventKind.CONNECTED):
            voice.tell(kind, now)
        await worker.follow()
        assert stage.callback(world, asked).state is State.TALKING
        assert stage.told.ignored == 3

    async def test_an_end_ends_it_once(self, stage: Stage) -> None:
        world, voice = stage.world(), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        now = stage.clock.now()
        voice.tell(EventKind.ENDED, now, Cause.NO_ANSWER, Party.CUSTOMER)
        voice.tell(EventKind.ANSWERED, now)
        voice.tell(EventKind.ENDED, now, Cause.ANSWERED, Party.CUSTOMER)
        await worker.follow()
        waiting = stage.callback(world, asked)
        assert (waiting.state, waiting.outcome) == (State.PENDING, None)
        assert stage.told.ignored == 2
        assert story_of(stage.db, world, asked) == ["dialing", "ended", "retry"]

    async def test_of_an_attempt_before_do_not_touch_the_present_one(self, stage: Stage) -> None:
        world, voice = stage.world(retry={"delay": 60}), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        voice.tell(EventKind.ENDED, stage.clock.now(), Cause.BUSY, Party.CUSTOMER)
        voice.tell(EventKind.ANSWERED, stage.clock.now())
        again = list(voice.events_to_tell)
        await worker.follow()
        stage.clock.advance(60)
        await worker.release()
        voice.events_to_tell = again
        await worker.follow()
        now = stage.callback(world, asked)
        assert (now.state, now.attempts) == (State.DIALING, 2)
        first, second = stage.attempts(world, asked)
        assert (first.cause, first.answered_at, second.ended_at) == (Cause.BUSY, None, None)

    async def test_a_conversation_cut_off_was_a_success_and_no_measure_of_handle_time(self, stage: Stage) -> None:
        world, voice = stage.world(), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        now = stage.clock.now()
        voice.tell(EventKind.CONNECTED, now)
        voice.tell(EventKind.ENDED, after(now, 3), Cause.FAILED, Party.NETWORK)
        await worker.follow()
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS
        assert stage.db.read_now(forecast.handle_time_of, world.org, world.call_target).calls == 0

    async def test_a_network_whose_clock_is_wrong(self, stage: Stage) -> None:
        world, voice = stage.world(), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        long_ago = Instant(stage.clock.now() - 30 * MINUTE)
        for kind in (EventKind.RINGING, EventKind.ANSWERED, EventKind.CONNECTED):
            voice.tell(kind, long_ago)
        voice.tell(EventKind.ENDED, long_ago, Cause.ANSWERED, Party.AGENT)
        await worker.follow()
        assert story_of(stage.db, world, asked) == [
            "dialing", "ringing", "answered", "connected", "ended", "finished"
        ]  # fmt: skip

    async def test_one_that_cannot_be_recorded_keeps_no_other(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        world, voice = stage.world(), stage.recorded()
        worker = stage.worker(voice)
        first, second = ask(stage.db, world, ANSWERS), ask(stage.db, world, "+12015550101")
        await worker.release()
        poisoned = next(call.attempt_id for call in voice.dialled if call.callback_id == first)
        lock_attempt = store.lock_attempt

        def fails(tx: Any, attempt_id: AttemptId) -> Attempt | None:
            if attempt_id == poisoned:
                raise ZeroDivisionError("a defect of ours")
            return lock_attempt(tx, attempt_id)

        monkeypatch.setattr(store, "lock_attempt", fails)
        stage.clock.advance(RING_SECONDS)
        with caplog.at_level(logging.CRITICAL):
            await worker.follow()
            assert not await worker.follow()
        assert stage.callback(world, first).state is State.DIALING
        assert stage.callback(world, second).state is State.TALKING
        monkeypatch.undo()
        await worker.follow()
        assert stage.callback(world, first).state is State.TALKING


def told_once(*events: VoiceEvent) -> Any:
    waiting = list(events)

    async def tell() -> list[VoiceEvent]:
        told, waiting[:] = waiting[:], []
        return told

    return tell
