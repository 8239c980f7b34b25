"""Workers that die, and several at once: nothing is lost, and nobody is rung twice."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import voice as fakes
from tests.fakes.mortal import Died, Process
from tests.fakes.stage import (
    ANSWERS,
    BUSY,
    HANGS_UP_WAITING,
    REJECTS,
    TALK_SECONDS,
    Stage,
    steps_of,
)
from tests.fakes.world import ask, counted

from ringback.callbacks.lifecycle import Outcome, State
from ringback.db.database import Database
from ringback.kernel.clock import ManualClock
from ringback.telephony import port
from ringback.telephony.port import Cause, Command, Originate

OFFICE_HOURS = {"weekly": {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}}
"""It is Monday, 15:00, when a test begins."""

ACT_SECONDS = 20
"""How long another worker leaves the commands of a call to the one who has died."""


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    opened.check()


class TestCrashes:
    @pytest.mark.parametrize(
        ("first_party", "leaves"),
        [("customer", {HANGS_UP_WAITING: (Outcome.ABANDONED, 1)}), ("agent", {REJECTS: (Outcome.UNAVAILABLE, 2)})],
    )
    async def test_at_any_line_another_worker_carries_on_and_nobody_is_rung_twice(
        self, stage: Stage, first_party: str, leaves: dict[str, tuple[Outcome, int]]
    ) -> None:
        network = stage.network()
        world = stage.world(first_party=first_party, retry={"max_attempts": 2, "delay": 30})
        expected = {ANSWERS: (Outcome.SUCCESS, 1), BUSY: (Outcome.UNAVAILABLE, 2), **leaves}
        for words in itertools.count(1):
            endings = {ask(stage.db, world, f"{number};ext={words}"): ending for number, ending in expected.items()}
            process, voice = Process(words), fakes.RecordingVoice(network)
            try:
                await stage.play_out(world, stage.mortal_worker(voice, process, f"dying {words}"))
            except Died:
                stage.clock.advance(1)
            await stage.play_out(world, stage.worker(voice, "survivor"))

            for one, ending in endings.items():
                done = stage.callback(world, one)
                assert (done.outcome, done.attempts) == ending, f"after {words} words: {done}"
            legs = Counter(command.leg for command in voice.dialled)
            assert set(legs.values()) == {1}, f"rung twice after {words} words: {legs}"
            stage.check()
            if not process.has_died:
                assert words > 30, "it did not die in the middle of anything"
                return

    @staticmethod
    async def claim_and_die(stage: Stage, network: port.VoiceDriver) -> None:
        with pytest.raises(Died):
            await stage.mortal_worker(network, Process(1)).release()

    async def test_a_claim_without_a_call_waits_for_its_lease(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        asked = ask(stage.db, world, ANSWERS)
        await self.claim_and_die(stage, network)
        survivor = fakes.RecordingVoice(network)
        worker = stage.worker(survivor, "survivor")
        stage.clock.advance(ACT_SECONDS - 1)
        await stage.work(worker)
        assert survivor.dialled == []
        stage.clock.advance(1)
        await stage.work(worker)
        assert stage.rung(survivor) == [asked]
        assert len(stage.attempts(world, asked)) == 1

    async def test_a_claim_that_nobody_looked_after_for_long_costs_no_attempt(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        asked = ask(stage.db, world, ANSWERS)
        await self.claim_and_die(stage, network)
        stage.clock.advance(3600)
        survivor = fakes.RecordingVoice(network)
        await stage.play_out(world, stage.worker(survivor, "survivor"))
        assert stage.rung(survivor) == [asked]
        done = stage.callback(world, asked)
        assert (done.outcome, done.attempts) == (Outcome.SUCCESS, 1)

    async def test_dying_again_and_again(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        voice = fakes.RecordingVoice(network)
        asked = ask(stage.db, world, ANSWERS)
        for words in itertools.count(1):
            process = Process(words % 15 + 1)
            try:
                await stage.play(300, stage.mortal_worker(voice, process, f"worker {words}"), every=10)
            except Died:
                continue
            break
        assert Counter(stage.rung(voice)) == {asked: 1}
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    async def test_a_claim_that_outlived_the_opening_hours_is_given_back(self, stage: Stage) -> None:
        world = stage.world(hours=OFFICE_HOURS)
        network = stage.network()
        stage.clock.advance(2 * 3600 - 10)
        asked = ask(stage.db, world, ANSWERS)
        await self.claim_and_die(stage, network)
        survivor = fakes.RecordingVoice(network)
        worker = stage.worker(survivor, "survivor")
        await stage.play(3600, worker, every=60)
        waiting = stage.callback(world, asked)
        assert (waiting.state, waiting.attempts, survivor.dialled) == (State.PENDING, 0, [])
        stage.clock.turn_to(waiting.due_at)
        await stage.work(worker)
        assert stage.rung(survivor) == [asked]

    async def test_a_worker_that_stood_still_dials_no_more(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        ask(stage.db, world, ANSWERS)
        # As if the process had been stopped between the claim's commit and the call.
        stage.db.listen(lambda _: stage.clock.advance(3600) and None)
        assert await stage.worker(voice).release()
        assert counted(stage.db, world).dialing == 1
        assert voice.dialled == []

    @pytest.mark.parametrize("hears", [fakes.RecordingVoice, fakes.LosesAnswers])
    async def test_a_refusal_that_comes_after_another_has_taken_over_changes_nothing(
        self, stage: Stage, hears: type[fakes.RecordingVoice]
    ) -> None:
        world, network = stage.world(), stage.network()
        voice = hears(network)
        other = stage.worker(voice, "other")

        class Slow(fakes.RecordingVoice):
            """While it takes its time to say no, another worker does what there is to do."""

            def __init__(self, says: Exception) -> None:
                super().__init__(network)
                self.says = says

            async def originate(self, command: Originate) -> None:
                stage.clock.advance(ACT_SECONDS)
                await other.wake()
                raise self.says

        refusals = [
            port.RetryAfter("busy", seconds=1),
            port.PermanentError("no", Cause.INVALID_NUMBER),
            port.Unreachable("gone"),
        ]
        for number, refusal in enumerate(refusals):
            asked = ask(stage.db, world, f"+1201555010{number}")
            await stage.worker(Slow(refusal), "slow").release()
            assert stage.rung(voice)[number:] == [asked]
            assert stage.callback(world, asked).state is State.DIALING

    async def test_what_comes_up_while_commands_are_carried_out_is_left_to_the_same_worker(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        asked = ask(stage.db, world, ANSWERS)
        other_voice = fakes.RecordingVoice(network)
        other = stage.worker(other_voice, "other")

        class CallsMeanwhile(fakes.RecordingVoice):
            """While the agents are rung, another worker hears that the customer has hung up."""

            async def pass_on(self, command: Command) -> None:
                if isinstance(command, Originate) and command.party is port.Party.AGENT:
                    customer = voice.dialled[0].leg
                    await network.hang_up(port.HangUp(port.CommandId("the customer"), customer))
                    assert await other.follow()
                    assert other_voice.commands == []
                await super().pass_on(command)

        voice = CallsMeanwhile(network)
        await stage.play(60, stage.worker(voice), every=1)
        assert {command.party for command in voice.dialled} == {port.Party.CUSTOMER, port.Party.AGENT}
        assert voice.dialled[1].leg in voice.hung_up
        assert stage.callback(world, asked).attempts == 1

    async def test_long_calls_are_asked_after_and_left_alone(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.recorded()
        worker, other = stage.worker(voice), stage.worker(voice, "other")
        asked = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        await stage.play(TALK_SECONDS, worker, other, every=10)
        assert stage.callback(world, asked).state is State.TALKING
        await stage.play(20, worker, other)
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS
        assert stage.rung(voice) == [asked]


class TestSeveralWorkers:
    async def test_at_once_dial_nobody_twice_and_no_more_than_allowed(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 4, "calls_per_second": 100})
        voices = [stage.recorded() for _ in range(3)]
        workers = [stage.worker(voice, f"worker {n}") for n, voice in enumerate(voices)]
        asked = stage.ask_all(world, 20)
        for _ in range(60):
            for together in zip(*(steps_of(worker) for worker in workers), strict=True):
                await asyncio.gather(*(step() for step in together))
            load = counted(stage.db, world)
            assert load.dialing + load.connecting <= 4
            stage.clock.advance(5)
        assert sorted(one for voice in voices for one in stage.rung(voice)) == sorted(asked)
        assert {stage.callback(world, one).outcome for one in asked} == {Outcome.SUCCESS}
        assert stage.told.outcomes == {Outcome.SUCCESS: 20}

    async def test_at_once_take_over_a_dead_ones_calls(self, stage: Stage) -> None:
        world, network = stage.world(), stage.network()
        asked = stage.ask_all(world, 10)
        await TestCrashes.claim_and_die(stage, network)
        stage.clock.advance(ACT_SECONDS)
        voices = [stage.recorded() for _ in range(3)]
        workers = [stage.worker(voice, f"worker {n}") for n, voice in enumerate(voices)]
        await asyncio.gather(*(worker.wake() for worker in workers))
        assert sorted(one for voice in voices for one in stage.rung(voice)) == sorted(asked)
        assert {one.state for one in (stage.callback(world, one) for one in asked)} == {State.DIALING}
