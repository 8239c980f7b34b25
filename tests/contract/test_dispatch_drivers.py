"""Voice drivers that fail, and events that come twice, late, out of order or of nobody."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import voice as fakes
from tests.fakes.stage import (
    ANSWERS,
    BUSY,
    LEASE_SECONDS,
    RING_SECONDS,
    Stage,
    dialled,
)
from tests.fakes.world import (
    ask,
    story_of,
)

from ringback.callbacks.lifecycle import Outcome, State
from ringback.db.database import Database
from ringback.dispatch import store
from ringback.dispatch.model import Attempt
from ringback.forecast import service as forecast
from ringback.kernel.clock import MINUTE, Instant, ManualClock, after
from ringback.kernel.tenancy import AttemptId
from ringback.telephony import port
from ringback.telephony.port import Call, Cause, EventKind, Party, VoiceDriver, VoiceEvent


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    opened.check()


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
