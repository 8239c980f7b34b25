"""Workers that die, and several at once: nothing is lost, and nobody is rung twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import voice as fakes
from tests.fakes.stage import (
    ANSWERS,
    LEASE_SECONDS,
    TALK_SECONDS,
    Stage,
    dialled,
)
from tests.fakes.world import (
    ask,
    counted,
)

from ringback.callbacks.lifecycle import Outcome, State
from ringback.db.database import Database
from ringback.dispatch.service import Dispatcher
from ringback.kernel.clock import ManualClock
from ringback.kernel.tenancy import AttemptId
from ringback.telephony import port
from ringback.telephony.port import Call, Cause, EventKind, VoiceDriver, VoiceEvent

OFFICE_HOURS = {"weekly": {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}}
"""It is Monday, 15:00, when a test begins."""


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    opened.check()


class Died(BaseException):
    """The worker's process ends here."""


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
