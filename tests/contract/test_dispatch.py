"""Dispatching on both databases, over the simulated network, on a clock turned by hand: the way of a callback.

Nobody is called who should not be, and nothing is lost.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import voice as fakes
from tests.fakes.stage import (
    ANSWERS,
    BUSY,
    CANCELS,
    HANGS_UP_WAITING,
    KEY_SECONDS,
    LATER,
    MACHINE,
    NETWORK_FAILS,
    NEVER_AGAIN,
    NO_FREE_LINE,
    NO_SUCH_NUMBER,
    NOBODY_THERE,
    PRESSES_NOTHING,
    REJECTS,
    RING_SECONDS,
    TALK_SECONDS,
    Stage,
)
from tests.fakes.world import (
    ask,
    block,
    make_world,
    remove_call_target,
    story_of,
)

from ringback.audit import service as audit
from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import CancelStatus
from ringback.db.database import Database
from ringback.forecast import service as forecast
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, ManualClock
from ringback.kernel.errors import InvalidContact
from ringback.telephony.port import Cause, Party, attempt_of


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
        for seconds in (0, RING_SECONDS, KEY_SECONDS, TALK_SECONDS):
            stage.clock.advance(seconds)
            await stage.work(worker)
            states.append(stage.callback(world, asked).state)

        # Who has answered has still to say that they want the call.
        assert states == [State.DIALING, State.DIALING, State.TALKING, State.FINISHED]
        done = stage.callback(world, asked)
        assert (done.outcome, done.attempts) == (Outcome.SUCCESS, 1)
        assert story_of(stage.db, world, asked) == [
            "dialing", "ringing", "answered", "connected", "ended", "finished"
        ]  # fmt: skip
        (attempt,) = stage.attempts(world, asked)
        assert attempt.cause is Cause.ANSWERED
        assert [attempt.id] == list({attempt_of(command.leg) for command in voice.dialled})
        seen = stage.db.read_now(forecast.memory_of, world.org, world.call_target)
        assert (seen.handled.weight, seen.handled.mean) == (1, pytest.approx(TALK_SECONDS, abs=0.001))

    async def test_what_the_driver_is_told(self, stage: Stage) -> None:
        world = stage.world(
            agent={"destination": "sip:agents@acme.example", "caller_id": "+12015550199"}, customer_dial_timeout=25
        )
        voice = stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, "+12015550100;ext=12")
        begin = stage.clock.now()
        await stage.play(10, worker, every=1)
        customer, agent = voice.dialled
        assert (customer.party, customer.destination, customer.timeout) == (Party.CUSTOMER, "+12015550100;ext=12", 25)
        assert (agent.party, agent.destination) == (Party.AGENT, "sip:agents@acme.example")
        for command in (customer, agent):
            assert (command.org, command.call_target_id, command.place) == (world.org, world.call_target, begin)
            assert (command.caller_id, stage.callback_id_of(command)) == ("+12015550199", asked)

    async def test_the_agent_first(self, stage: Stage) -> None:
        world, voice = stage.world(first_party="agent"), stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await stage.play(TALK_SECONDS + 60, worker)
        assert [command.party for command in voice.dialled] == [Party.AGENT, Party.CUSTOMER]
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

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
            (MACHINE, "customer", [Cause.MACHINE] * 2, Outcome.UNAVAILABLE),
            (REJECTS, "customer", [Cause.REJECTED] * 2, Outcome.UNAVAILABLE),
            (NO_SUCH_NUMBER, "customer", [Cause.INVALID_NUMBER], Outcome.UNAVAILABLE),
            (NO_FREE_LINE, "customer", [Cause.CONGESTION] * 2, Outcome.FAILURE),
            (HANGS_UP_WAITING, "customer", [Cause.CANCELED], Outcome.ABANDONED),
            (PRESSES_NOTHING, "customer", [Cause.NO_ANSWER] * 2, Outcome.UNAVAILABLE),
            (CANCELS, "customer", [Cause.CANCELED], Outcome.CANCELED),
            (NEVER_AGAIN, "customer", [Cause.CANCELED], Outcome.CANCELED),
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
        nobody = {"destination": "+12015550002", "failover": "+12015550004"}
        world = stage.world(agent=nobody, retry={"max_attempts": 2, "delay": 60})
        voice = stage.recorded()
        asked = ask(stage.db, world, ANSWERS)
        await stage.play(1500, stage.worker(voice), every=10)
        assert stage.callback(world, asked).outcome is Outcome.NOT_COMPLETED
        assert [command.party for command in voice.dialled] == [Party.CUSTOMER, Party.AGENT, Party.AGENT] * 2

    async def test_a_customer_whose_agent_is_lost_gets_another(self, stage: Stage) -> None:
        world = stage.world(agent={"destination": "+12015550100", "failover": "+12015550101"})
        voice = fakes.DropsOnBridge(stage.network(), times=1)
        asked = ask(stage.db, world, ANSWERS)
        await stage.play(TALK_SECONDS + 60, stage.worker(voice))
        assert [command.destination for command in voice.dialled[1:]] == ["+12015550100", "+12015550101"]
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS
        assert len(stage.attempts(world, asked)) == 1


class TestWishes:
    """What customers ask for by a key."""

    async def test_later_keeps_the_place_and_costs_no_attempt(self, stage: Stage) -> None:
        world = stage.world(retry={"max_attempts": 1}, pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, LATER)
        before = stage.callback(world, asked)
        await stage.play(60, worker, every=1)
        waiting = stage.callback(world, asked)
        (attempt,) = stage.attempts(world, asked)
        assert (waiting.state, waiting.order_at) == (State.PENDING, before.order_at)
        assert attempt.ended_at is not None
        assert 30 * MINUTE - 5 * SECOND <= waiting.due_at - attempt.ended_at <= 30 * MINUTE + 5 * SECOND
        assert story_of(stage.db, world, asked)[-2:] == ["ended", "later"]

        await stage.play(31 * 60, worker, every=30)
        assert len(stage.attempts(world, asked)) == 2

    async def test_later_is_within_the_opening_hours(self, stage: Stage) -> None:
        world = stage.world(hours={"weekly": {"mon": ["09:00-15:10"], "tue": ["09:00-17:00"]}})
        asked = ask(stage.db, world, LATER)
        await stage.play(60, stage.worker(stage.recorded()), every=1)
        assert stage.callback(world, asked).due_at == stage.clock.now() // DAY * DAY + DAY + 9 * HOUR

    async def test_never_again_is_for_all_callbacks_to_come(self, stage: Stage) -> None:
        world = stage.world(duplicate_rule="allow", pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = stage.recorded()
        first = ask(stage.db, world, NEVER_AGAIN)
        stage.clock.advance(1)
        second = ask(stage.db, world, f"{NEVER_AGAIN};ext=7")
        await stage.play(120, stage.worker(voice))
        assert stage.rung(voice) == [first]
        assert {stage.callback(world, one).outcome for one in (first, second)} == {Outcome.CANCELED}
        with pytest.raises(InvalidContact):
            ask(stage.db, world, NEVER_AGAIN)
        (entry,) = stage.db.read_now(audit.newest, world.org)
        assert (entry.actor, entry.subject_kind, entry.after) == (
            "customer",
            "blocked_numbers",
            {"reason": "never_call", "callback": first},
        )
        assert NEVER_AGAIN[:-2] not in entry.subject_key


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
        assert stage.rung(voice) == [second]

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
        assert stage.rung(voice) == [asked]
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
            rung = asked in stage.rung(voice)
            assert rung == (answer.status is CancelStatus.FAILED)
