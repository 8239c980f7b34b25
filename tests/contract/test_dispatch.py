"""Dispatching on both databases, over the simulated network, on a clock turned by hand: the way of a callback.

Nobody is called who should not be, and nothing is lost.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.stage import (
    ANSWERS,
    BUSY,
    HANGS_UP_WAITING,
    NETWORK_FAILS,
    NO_SUCH_NUMBER,
    NOBODY_THERE,
    RING_SECONDS,
    TALK_SECONDS,
    Staffed,
    Stage,
    dialled,
)
from tests.fakes.world import (
    World,
    ask,
    block,
    make_world,
    remove_call_target,
    story_of,
)

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import CancelStatus
from ringback.db.database import Database
from ringback.forecast import service as forecast
from ringback.kernel.clock import DAY, Instant, ManualClock
from ringback.kernel.tenancy import AttemptId, CallbackId
from ringback.telephony.drivers.simulator import SimulatedTeam, SimulatorDriver, SimulatorSettings
from ringback.telephony.port import Call, Cause, Party


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    opened.check()


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
