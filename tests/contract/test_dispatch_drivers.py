"""Voice drivers that fail, and events that come twice, late, out of order or of nobody."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import voice as fakes
from tests.fakes.stage import (
    ANSWERS,
    BUSY,
    KEY_SECONDS,
    LEASE_SECONDS,
    RING_SECONDS,
    Stage,
)
from tests.fakes.world import (
    ask,
    story_of,
)

from ringback.callbacks.lifecycle import Outcome, State
from ringback.db.database import Database
from ringback.dispatch import store
from ringback.dispatch.model import Attempt
from ringback.dispatch.service import Dispatcher
from ringback.forecast.model import QueueStats
from ringback.kernel.clock import MINUTE, Instant, ManualClock, after
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId
from ringback.telephony import port
from ringback.telephony.port import (
    Bridge,
    Cause,
    Collect,
    Command,
    CommandId,
    EventKind,
    HangUp,
    Hold,
    LegId,
    LegView,
    Originate,
    Party,
    VoiceDriver,
    VoiceEvent,
    attempt_of,
)


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    opened.check()


class NoFreeLine(fakes.RecordingVoice):
    """Has no line free to ring anybody until there is one: come back in ``seconds``."""

    def __init__(self, driver: VoiceDriver, seconds: float) -> None:
        super().__init__(driver)
        self.seconds = seconds
        self.free = False

    async def pass_on(self, command: Command) -> None:
        if not self.free:
            raise port.RetryAfter("all lines are taken", self.seconds)
        await super().pass_on(command)


def is_for_customer(command: Command) -> bool:
    return isinstance(command, Originate) and command.party is Party.CUSTOMER


def launched_at(stage: Stage, callback_id: CallbackId) -> Instant | None:
    row = stage.db.read_now(lambda tx: tx.one("SELECT launched_at FROM callbacks WHERE id = :id", id=callback_id))
    assert row is not None
    return row["launched_at"]


class TestDriversThatFail:
    async def test_a_permanent_refusal_ends_the_attempt(self, stage: Stage) -> None:
        world = stage.world()
        voice = fakes.Refuses(stage.network(), Cause.INVALID_NUMBER)
        asked = ask(stage.db, world, ANSWERS)
        await stage.work(stage.worker(voice))
        assert stage.callback(world, asked).outcome is Outcome.UNAVAILABLE
        assert [attempt.cause for attempt in stage.attempts(world, asked)] == [Cause.INVALID_NUMBER]
        assert stage.told.causes == {Cause.INVALID_NUMBER: 1}
        assert stage.told.outcomes == {Outcome.UNAVAILABLE: 1}

    async def test_a_busy_network_costs_neither_place_nor_attempt(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = NoFreeLine(stage.network(), seconds=20)
        worker = stage.worker(voice)
        first, second = stage.ask_all(world, 2)
        before = stage.callback(world, first)
        await stage.work(worker)
        back = stage.callback(world, first)
        assert (back.state, back.attempts) == (State.WAITLISTED, 0)
        assert (back.order_at, back.due_at) == (before.order_at, before.due_at)
        assert stage.attempts(world, first) == []
        assert launched_at(stage, first) is None

        voice.free = True
        stage.clock.advance(19)
        await stage.work(worker)
        assert stage.rung(voice) == []
        stage.clock.advance(1)
        await stage.work(worker)
        assert stage.rung(voice) == [first]
        assert launched_at(stage, first) == stage.clock.now()
        assert stage.callback(world, second).state is State.WAITLISTED

    async def test_a_busy_network_is_tried_again_for_the_first_in_line_when_somebody_new_comes(
        self, stage: Stage
    ) -> None:
        world = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 100})
        voice = NoFreeLine(stage.network(), seconds=1e12)
        worker = stage.worker(voice)
        (first,) = stage.ask_all(world, 1)
        await stage.work(worker)
        voice.free = True
        ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        assert stage.rung(voice) == [first]

    async def test_a_network_that_is_busy_in_the_middle_of_a_call_is_asked_again(self, stage: Stage) -> None:
        world = stage.world()
        voice = fakes.Busy(stage.network(), seconds=4, on=lambda command: not is_for_customer(command))
        asked = ask(stage.db, world, ANSWERS)
        worker = stage.worker(voice)
        await stage.play(30, worker, every=1)
        assert stage.callback(world, asked).state is State.TALKING  # each of four commands came four seconds late
        await stage.play(150, worker)
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS
        assert len(stage.attempts(world, asked)) == 1

    async def test_an_answer_that_was_lost(self, stage: Stage) -> None:
        world, voice = stage.world(), fakes.LosesAnswers(stage.network())
        asked = ask(stage.db, world, ANSWERS)
        worker = stage.worker(voice)
        await stage.work(worker)
        await stage.play(400, worker, every=20)
        assert stage.rung(voice) == [asked]
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    async def test_while_the_network_is_away_callbacks_stay_in_line(self, stage: Stage) -> None:
        world, voice = stage.world(), fakes.Unreachable(stage.network())
        asked = ask(stage.db, world, ANSWERS)
        worker = stage.worker(voice)
        with pytest.raises(port.Unreachable):
            await worker.follow()
        assert not await worker.release()
        assert stage.callback(world, asked).state is State.PENDING
        voice.reachable = True
        await stage.work(worker)
        assert stage.rung(voice) == [asked]

    async def test_a_network_that_comes_back_soon_makes_no_difference(self, stage: Stage) -> None:
        world, voice = stage.world(), fakes.Unreachable(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        assert stage.callback(world, asked).state is State.DIALING
        stage.clock.advance(5)
        assert await worker.wake()
        assert not await worker.wake()  # it is left alone for a while
        voice.reachable = True
        await stage.play(300, worker, every=1)
        assert stage.rung(voice) == [asked]
        assert (stage.callback(world, asked).outcome, stage.callback(world, asked).attempts) == (Outcome.SUCCESS, 1)

    async def test_while_the_network_is_away_calls_come_to_their_limits(self, stage: Stage) -> None:
        world, voice = stage.world(retry={"delay": 60}), fakes.Unreachable(stage.network())
        worker = stage.worker(voice)
        voice.reachable = True
        asked = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        voice.reachable = False
        for _ in range(4):
            stage.clock.advance(LEASE_SECONDS)
            await worker.wake()
            await worker.reconcile()
        assert stage.callback(world, asked).state is State.PENDING
        voice.reachable = True
        await stage.play(300, worker)
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
            async def pass_on(self, command: Command) -> None:
                await super().pass_on(command)
                if isinstance(command, Originate):
                    raise ZeroDivisionError("a defect of the driver")

        world, voice = stage.world(), RingsAndThrows(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        with caplog.at_level(logging.CRITICAL):
            await stage.play(300, worker)
        assert stage.rung(voice) == [asked]
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS

    @pytest.mark.parametrize(
        ("throws_at", "outcome", "attempts"),
        [(Collect, Outcome.FAILURE, 2), (Bridge, Outcome.NOT_COMPLETED, 2), (Hold, Outcome.SUCCESS, 1)],
    )
    async def test_a_defect_in_the_middle_of_a_call(
        self, stage: Stage, throws_at: type[Command], outcome: Outcome, attempts: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        class ThrowsAt(fakes.RecordingVoice):
            async def pass_on(self, command: Command) -> None:
                if isinstance(command, throws_at):
                    raise ZeroDivisionError("a defect of the driver")
                await super().pass_on(command)

        world, voice = stage.world(retry={"delay": 60, "max_attempts": 2}), ThrowsAt(stage.network())
        asked = ask(stage.db, world, ANSWERS)
        with caplog.at_level(logging.CRITICAL):
            await stage.play_out(world, stage.worker(voice))
        done = stage.callback(world, asked)
        assert (done.outcome, done.attempts) == (outcome, attempts)
        assert set(stage.told.failed) == {"act"}

    @pytest.mark.parametrize(
        ("hangs_at", "outcome"),
        [(Originate, Outcome.FAILURE), (Collect, Outcome.UNAVAILABLE), (HangUp, Outcome.SUCCESS)],
    )
    async def test_a_driver_that_hangs_keeps_nobody(
        self, stage: Stage, hangs_at: type[Command], outcome: Outcome
    ) -> None:
        world = stage.world(retry={"delay": 60, "max_attempts": 2})
        voice = fakes.Hangs(stage.network(), on=lambda command: isinstance(command, hangs_at))
        worker = stage.worker(voice, patience_seconds=0.5)
        asked = ask(stage.db, world, ANSWERS)
        await stage.play(450, worker, every=15)
        assert stage.callback(world, asked).outcome is outcome
        voice.release()
        await stage.play_out(world, worker)

    async def test_a_driver_that_hangs_at_every_question(self, stage: Stage) -> None:
        class Silent(fakes.Hangs):
            async def events(self) -> list[VoiceEvent]:
                await asyncio.Event().wait()
                raise AssertionError

            async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
                await asyncio.Event().wait()
                raise AssertionError

            async def look_up(self, leg: LegId) -> LegView | None:
                await asyncio.Event().wait()
                raise AssertionError

        world, voice = stage.world(), Silent(stage.network())
        worker = stage.worker(voice, patience_seconds=0.001)
        asked = ask(stage.db, world, ANSWERS)
        await worker.watch_queues()
        await worker.release()
        stage.clock.advance(LEASE_SECONDS)
        await worker.wake()
        await worker.reconcile()
        with pytest.raises(port.Unreachable):
            await worker.follow()
        assert stage.callback(world, asked).attempts == 1

    async def test_a_driver_that_lies(self, stage: Stage) -> None:
        world = stage.world(retry={"delay": 60, "max_attempts": 2})
        voice = fakes.Lies(stage.network())
        answers, busy = ask(stage.db, world, ANSWERS), ask(stage.db, world, BUSY)
        await stage.play_out(world, stage.worker(voice))
        assert stage.callback(world, answers).outcome is Outcome.SUCCESS
        assert stage.callback(world, busy).outcome is Outcome.UNAVAILABLE
        assert Counter(stage.rung(voice)) == {answers: 1, busy: 2}
        assert stage.told.ignored > 0

    async def test_a_call_that_another_version_made_is_given_up(self, stage: Stage) -> None:
        world, voice = stage.world(retry={"delay": 60}), stage.recorded()
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        stage.db.write_now(lambda tx: tx.run("""UPDATE attempts SET flow = '{"of": "the future"}'"""))
        await stage.play(LEASE_SECONDS, worker)
        assert [attempt.cause for attempt in stage.attempts(world, asked)] == [Cause.FAILED]
        await stage.play(1200, worker)
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
        customers = [command.leg for command in voice.dialled if command.party is Party.CUSTOMER]
        assert len(set(customers)) == len(customers) == 2
        await stage.play(1000, worker, every=100)  # until the customer hangs up who was forgotten

    @pytest.mark.parametrize(
        "broken",
        [
            fakes.DuplicateEvents,
            lambda driver, clock: fakes.LateEvents(driver, clock, 30),
            lambda driver, clock: fakes.LateEvents(driver, clock, 10),
        ],
        ids=["duplicate", "late", "later"],
    )
    async def test_events_twice_or_late(self, stage: Stage, broken: Callable[..., fakes.RecordingVoice]) -> None:
        world = stage.world(retry={"delay": 60, "max_attempts": 2})
        network = stage.network()
        voice = broken(network) if broken is fakes.DuplicateEvents else broken(network, stage.clock)
        worker = stage.worker(voice)
        answers, busy = ask(stage.db, world, ANSWERS), ask(stage.db, world, BUSY)
        await stage.play_out(world, worker)
        assert stage.callback(world, answers).outcome is Outcome.SUCCESS
        assert stage.callback(world, busy).outcome is Outcome.UNAVAILABLE
        assert Counter(stage.rung(voice)) == {answers: 1, busy: 2}
        assert stage.told.outcomes == {Outcome.SUCCESS: 1, Outcome.UNAVAILABLE: 1}
        assert story_of(stage.db, world, answers) == [
            "dialing", "ringing", "answered", "connected", "ended", "finished"
        ]  # fmt: skip

    async def test_a_driver_that_tells_nothing_is_asked_before_anybody_is_given_up(self, stage: Stage) -> None:
        class Mute(fakes.RecordingVoice):
            async def events(self) -> list[VoiceEvent]:
                return []

        world, voice = stage.world(retry={"delay": 60, "max_attempts": 2}), Mute(stage.network())
        asked = ask(stage.db, world, BUSY)
        await stage.play_out(world, stage.worker(voice))
        assert [attempt.cause for attempt in stage.attempts(world, asked)] == [Cause.BUSY] * 2

    async def test_events_that_come_hours_late_are_not_waited_for(self, stage: Stage) -> None:
        world = stage.world(retry={"delay": 60, "max_attempts": 2})
        voice = fakes.LateEvents(stage.network(), stage.clock, 2 * 3600)
        asked = ask(stage.db, world, ANSWERS)
        await stage.play_out(world, stage.worker(voice))
        assert stage.callback(world, asked).outcome is Outcome.UNAVAILABLE


class Tells(fakes.RecordingVoice):
    """Tells the events that a test wants told, once."""

    def __init__(self, driver: VoiceDriver) -> None:
        super().__init__(driver)
        self.events_to_tell: list[VoiceEvent] = []

    async def events(self) -> list[VoiceEvent]:
        told, self.events_to_tell = self.events_to_tell, []
        return told

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        pass

    def tell(self, kind: EventKind, at: Instant, **details: Any) -> None:
        """Of the leg that was rung last, or was told the last command."""
        command = self.commands[-1]
        answered = command.id if kind in {EventKind.COLLECTED, EventKind.BRIDGED, EventKind.ANNOUNCED} else None
        event_id = f"{command.id}:{kind}:{len(self.events_to_tell)}"
        self.events_to_tell.append(VoiceEvent(event_id, command.leg, at, kind, answered, **details))

    async def connect(self, worker: Dispatcher, at: Instant) -> None:
        """Let the two talk."""
        for kind in (EventKind.RINGING, EventKind.ANSWERED):
            self.tell(kind, at)
        await worker.follow()
        self.tell(EventKind.COLLECTED, at, key="1")
        await worker.follow()
        self.tell(EventKind.ACCEPTED, at)
        await worker.follow()
        self.tell(EventKind.BRIDGED, at)
        await worker.follow()


class TestOddEvents:
    async def test_of_unknown_attempts_are_counted_and_dealt_with(self, stage: Stage) -> None:
        stage.world()
        voice = Tells(stage.network())
        for leg in ("nobody's.customer1", "nobody's", ""):
            voice.events_to_tell.append(VoiceEvent(leg, LegId(leg), stage.clock.now(), EventKind.RINGING))
        assert await stage.worker(voice).follow()
        assert stage.told.ignored == 3

    async def test_repeated_and_late_steps(self, stage: Stage) -> None:
        world, voice = stage.world(), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        now = stage.clock.now()
        for kind in (EventKind.ANSWERED, EventKind.RINGING, EventKind.ANSWERED, EventKind.BRIDGED):
            voice.tell(kind, now)
        await worker.follow()
        assert stage.callback(world, asked).state is State.DIALING
        assert [type(command) for command in voice.commands] == [Originate, Collect]
        assert stage.told.ignored == 3

    async def test_an_end_ends_it_once(self, stage: Stage) -> None:
        world, voice = stage.world(), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        now = stage.clock.now()
        voice.tell(EventKind.ENDED, now, cause=Cause.NO_ANSWER, party=Party.CUSTOMER)
        voice.tell(EventKind.ANSWERED, now)
        voice.tell(EventKind.ENDED, now, cause=Cause.ANSWERED, party=Party.CUSTOMER)
        await worker.follow()
        waiting = stage.callback(world, asked)
        assert (waiting.state, waiting.outcome) == (State.PENDING, None)
        assert stage.told.ignored == 2
        assert story_of(stage.db, world, asked) == ["dialing", "ended", "retry"]
        await stage.network().hang_up(HangUp(CommandId("the end"), voice.dialled[0].leg))

    async def test_of_an_attempt_before_do_not_touch_the_present_one(self, stage: Stage) -> None:
        world, voice = stage.world(retry={"delay": 60}), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, BUSY)
        await worker.release()
        voice.tell(EventKind.ENDED, stage.clock.now(), cause=Cause.BUSY, party=Party.CUSTOMER)
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
        await voice.connect(worker, now)
        assert stage.callback(world, asked).state is State.TALKING
        voice.tell(EventKind.ENDED, after(now, 3), cause=Cause.FAILED, party=Party.NETWORK)
        await worker.follow()
        assert stage.callback(world, asked).outcome is Outcome.SUCCESS
        assert [attempt.cause for attempt in stage.attempts(world, asked)] == [Cause.ANSWERED]

    async def test_a_network_whose_clock_is_wrong(self, stage: Stage) -> None:
        world, voice = stage.world(), Tells(stage.network())
        worker = stage.worker(voice)
        asked = ask(stage.db, world, ANSWERS)
        await worker.release()
        long_ago = Instant(stage.clock.now() - 30 * MINUTE)
        await voice.connect(worker, long_ago)
        voice.tell(EventKind.ENDED, long_ago, cause=Cause.ANSWERED, party=Party.AGENT)
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
        poisoned = next(attempt_of(call.leg) for call in voice.dialled if stage.callback_id_of(call) == first)
        lock_attempt = store.lock_attempt

        def fails(tx: Any, attempt_id: AttemptId) -> Attempt | None:
            if attempt_id == poisoned:
                raise ZeroDivisionError("a defect of ours")
            return lock_attempt(tx, attempt_id)

        monkeypatch.setattr(store, "lock_attempt", fails)
        with caplog.at_level(logging.CRITICAL):
            for seconds in (RING_SECONDS, KEY_SECONDS, 1, 1):
                stage.clock.advance(seconds)
                await worker.follow()
        assert stage.callback(world, first).state is State.DIALING
        assert stage.callback(world, second).state is State.TALKING
        monkeypatch.undo()
        for seconds in (0, KEY_SECONDS, 1, 1):
            stage.clock.advance(seconds)
            await worker.follow()
        assert stage.callback(world, first).state is State.TALKING
