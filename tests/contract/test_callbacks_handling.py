"""What people who handle callbacks do, on both databases: once, and only to what they have looked at."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import voice as fakes
from tests.fakes.stage import ANSWERS, Stage
from tests.fakes.world import World, ask, configuration_of, counted, story_of

from ringback.audit.model import Author
from ringback.callbacks import handling
from ringback.callbacks import service as callbacks
from ringback.callbacks.handling import CallbackChanged, Instruction, standing_of
from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.callbacks.model import Callback, Kind
from ringback.configuration import service as configurations
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import Line, Worker
from ringback.dispatch.record import hurry
from ringback.dispatch.release import release
from ringback.dispatch.stop import stop
from ringback.kernel.clock import HOUR, Instant, ManualClock
from ringback.kernel.errors import AppointmentTimeFull, InvalidContact, NotFound
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import CallbackId, OrgId

SUE = Author("sue@acme.example", "console 192.0.2.7")


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    opened.check()


def decide(stage: Stage, callback: Callback) -> Instruction:
    """What somebody decides who looks at the callback now."""
    return Instruction(SUE, standing_of(callback), new_id(stage.clock.now()))


def looked_at(stage: Stage, world: World, callback_id: CallbackId) -> Instruction:
    return decide(stage, stage.callback(world, callback_id))


def do(stage: Stage, use_case: Any, *args: Any) -> Any:
    return stage.db.write_now(use_case, *args, now=stage.clock.now())


def move(tx: Tx, org: OrgId, callback_id: CallbackId, to: Instant, instruction: Instruction, *, now: Instant) -> None:
    handling.move_to_slot(tx, configurations.load(tx, org), callback_id, to, instruction, now=now)


def line_of(stage: Stage, world: World) -> list[CallbackId]:
    """Who is due, in the order of the line."""

    def read(tx: Tx) -> list[CallbackId]:
        first = callbacks.first_in_line(tx, world.org, world.call_target, now=stage.clock.now(), limit=100)
        return [callback.id for callback in first]

    return stage.db.write_now(read)


class TestCallingNow:
    async def test_before_everybody_else(self, stage: Stage) -> None:
        world = stage.world(pacing={"max_queue_depth": 1, "calls_per_second": 1})
        voice = stage.recorded()
        first, second, third = stage.ask_all(world, 3)
        do(stage, handling.call_now, world.org, third, looked_at(stage, world, third))
        assert line_of(stage, world) == [third, first, second]
        await stage.work(stage.worker(voice))
        assert stage.rung(voice) == [third]
        assert counted(stage.db, world).dialing == 1

    def test_from_wherever_it_waits(self, stage: Stage) -> None:
        world = stage.world()
        (slot,) = free_slots(stage, world)[3:4]
        held, booked, retried = (*stage.ask_all(world, 1), ask(stage.db, world, ANSWERS, slot), ask_later(stage, world))
        stage.db.write_now(lambda tx: callbacks.move(tx, get(tx, world, held), State.WAITLISTED, now=stage.clock.now()))
        for callback_id in (held, booked, retried):
            do(stage, handling.call_now, world.org, callback_id, looked_at(stage, world, callback_id))
            called = stage.callback(world, callback_id)
            assert (called.kind, called.state, called.due_at) == (Kind.ASAP, State.PENDING, stage.clock.now())
            assert line_of(stage, world)[0] == callback_id
            assert "called_now" in story_of(stage.db, world, callback_id)
        assert stage.db.read_now(callbacks.taken_slots, world.org, Instant(0)) in ({}, {world.call_target: {}})

    def test_who_is_first_keeps_the_place(self, stage: Stage) -> None:
        world = stage.world()
        (only,) = stage.ask_all(world, 1)
        before = stage.callback(world, only).order_at
        do(stage, handling.call_now, world.org, only, looked_at(stage, world, only))
        assert stage.callback(world, only).order_at == before

    def test_nobody_who_is_blocked(self, stage: Stage) -> None:
        world = stage.world()
        callback_id = ask(stage.db, world, ANSWERS)
        stage.db.write_now(lambda tx: callbacks.never_call(tx, get(tx, world, callback_id), now=stage.clock.now()))
        with pytest.raises(InvalidContact):
            do(stage, handling.call_now, world.org, callback_id, looked_at(stage, world, callback_id))
        assert story_of(stage.db, world, callback_id) == []

    async def test_while_it_is_being_released_it_is_called_once(self, stage: Stage) -> None:
        """A turn of the dispatcher and a person at the same callback, at the same time, again and again."""
        world, voice = stage.world(), stage.recorded()
        asked = stage.ask_all(world, 30)
        decided = [looked_at(stage, world, each) for each in asked]
        came_of_it = []

        def call(number: int) -> None:
            try:
                do(stage, handling.call_now, world.org, asked[number], decided[number])
                came_of_it.append(True)
            except CallbackChanged:
                came_of_it.append(False)

        def take_turns() -> None:
            by = Worker("other", call_seconds=60, act_seconds=20)
            for _ in range(5):
                line = Line(world.org, world.call_target)
                stage.db.write_now(release, Configurations(), line, by=by, now=stage.clock.now())

        with ThreadPoolExecutor(4) as threads:
            turns = threads.submit(take_turns)
            list(threads.map(call, range(30)))
            turns.result()
        assert len(came_of_it) == 30
        stage.clock.advance(60)
        await stage.work(stage.worker(voice))
        rung = stage.rung(voice)
        assert len(rung) == len(set(rung))
        assert {len(stage.attempts(world, each)) for each in asked} == {1}


class TestCancelling:
    def test_once(self, stage: Stage) -> None:
        world = stage.world()
        callback_id = ask(stage.db, world, ANSWERS)
        instruction = looked_at(stage, world, callback_id)
        for _ in range(2):
            do(stage, handling.cancel, world.org, callback_id, instruction)
        assert stage.callback(world, callback_id).outcome is Outcome.CANCELED
        assert story_of(stage.db, world, callback_id) == ["canceled"]
        with pytest.raises(CallbackChanged):
            do(stage, handling.cancel, world.org, callback_id, looked_at(stage, world, callback_id))

    async def test_not_what_has_begun_to_ring(self, stage: Stage) -> None:
        world = stage.world()
        callback_id = ask(stage.db, world, ANSWERS)
        instruction = looked_at(stage, world, callback_id)
        await stage.work(stage.worker(stage.network()))
        for use_case in (handling.cancel, handling.call_now, handling.move_to_asap):
            with pytest.raises(CallbackChanged):
                do(stage, use_case, world.org, callback_id, instruction)
        assert stage.callback(world, callback_id).state is State.DIALING

    def test_of_another_organization(self, stage: Stage) -> None:
        world, other = stage.world(), stage.world(key="globex")
        callback_id = ask(stage.db, world, ANSWERS)
        instruction = looked_at(stage, world, callback_id)
        for use_case in (handling.cancel, handling.call_now, handling.move_to_asap, stop):
            with pytest.raises(NotFound):
                do(stage, use_case, other.org, callback_id, instruction)
        with pytest.raises(NotFound):
            do(stage, handling.add_note, other.org, callback_id, "x", instruction)


class TestMoving:
    def test_to_a_slot_and_back_to_the_place_it_had(self, stage: Stage) -> None:
        world = stage.world()
        first, second = stage.ask_all(world, 2)
        slot = free_slots(stage, world)[2]
        do(stage, move, world.org, first, slot, looked_at(stage, world, first))
        assert line_of(stage, world) == [second]
        do(stage, handling.move_to_asap, world.org, first, looked_at(stage, world, first))
        assert line_of(stage, world) == [first, second]
        assert story_of(stage.db, world, first) == ["moved", "moved"]
        counted(stage.db, world)

    def test_two_for_the_last_place(self, stage: Stage) -> None:
        world = stage.world(slots={"capacity": 1})
        both = stage.ask_all(world, 2)
        slot = free_slots(stage, world)[2]
        instructions = [looked_at(stage, world, each) for each in both]

        def go(number: int) -> bool:
            try:
                do(stage, move, world.org, both[number], slot, instructions[number])
            except AppointmentTimeFull:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(go, range(2))) == [False, True]


class TestStopping:
    async def test_the_telephone_stops_ringing(self, stage: Stage) -> None:
        world, voice = stage.world(), stage.network()
        worker = stage.worker(voice)
        callback_id = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        instruction = looked_at(stage, world, callback_id)
        line = do(stage, stop, world.org, callback_id, instruction)
        assert line == Line(world.org, world.call_target)
        stage.db.write_now(hurry, {line}, now=stage.clock.now())
        assert do(stage, stop, world.org, callback_id, instruction) is None  # pressed twice
        await stage.play(300, worker)
        called = stage.callback(world, callback_id)
        assert (called.outcome, called.attempts) == (Outcome.CANCELED, 1)
        (attempt,) = stage.attempts(world, callback_id)
        assert (attempt.cause, attempt.connected_at) == (Cause.CANCELED, None)
        assert story_of(stage.db, world, callback_id) == ["dialing", "ringing", "canceled", "ended"]

    async def test_before_the_worker_has_rung_anybody(self, stage: Stage) -> None:
        """Claimed, committed, and the process stands still or dies: what it was about to do is not done any more."""
        world, voice = stage.world(), stage.recorded()
        callback_id = ask(stage.db, world, ANSWERS)
        by = Worker("dead", call_seconds=60, act_seconds=20)
        stage.db.write_now(release, Configurations(), Line(world.org, world.call_target), by=by, now=stage.clock.now())
        do(stage, stop, world.org, callback_id, looked_at(stage, world, callback_id))
        await stage.play(300, stage.worker(voice))
        assert voice.dialled == []
        assert stage.callback(world, callback_id).outcome is Outcome.CANCELED

    async def test_while_a_worker_is_about_to_ring(self, stage: Stage) -> None:
        """The claim's worker goes on after the person has decided: it hangs up what it has begun."""
        world, voice = stage.world(), stage.network()

        class StopsMeanwhile(fakes.RecordingVoice):
            async def originate(self, command: Any) -> None:
                do(stage, stop, world.org, callback_id, looked_at(stage, world, callback_id))
                await super().originate(command)

        callback_id = ask(stage.db, world, ANSWERS)
        worker = stage.worker(StopsMeanwhile(voice))
        await stage.work(worker)
        await stage.play(300, worker)
        called = stage.callback(world, callback_id)
        assert (called.outcome, called.attempts) == (Outcome.CANCELED, 1)

    async def test_who_talks_goes_on_talking(self, stage: Stage) -> None:
        world = stage.world()
        worker = stage.worker(stage.network())
        callback_id = ask(stage.db, world, ANSWERS)
        await stage.work(worker)
        ringing = looked_at(stage, world, callback_id)
        await stage.play(10, worker, every=1)
        assert stage.callback(world, callback_id).state is State.TALKING
        for instruction in (ringing, looked_at(stage, world, callback_id)):
            with pytest.raises(CallbackChanged):
                do(stage, stop, world.org, callback_id, instruction)
        await stage.play_out(world, worker)
        assert stage.callback(world, callback_id).outcome is Outcome.SUCCESS

    def test_nobody_who_only_waits(self, stage: Stage) -> None:
        world = stage.world()
        callback_id = ask(stage.db, world, ANSWERS)
        with pytest.raises(CallbackChanged):
            do(stage, stop, world.org, callback_id, looked_at(stage, world, callback_id))


def free_slots(stage: Stage, world: World) -> list[Instant]:
    """The coming quarters of hours: the call target is open around the clock."""
    target = configuration_of(stage.db, world).call_targets[world.call_target]
    length = target.settings.slots.length_minutes * 60 * 1_000_000
    first = Instant((stage.clock.now() + HOUR) // length * length + length)
    return [Instant(first + n * length) for n in range(8)]


def ask_later(stage: Stage, world: World) -> CallbackId:
    """A callback that is to be tried again in an hour."""
    callback_id = ask(stage.db, world, "+12015550177")

    def put_off(tx: Tx) -> None:
        callback = get(tx, world, callback_id)
        later = Instant(stage.clock.now() + HOUR)
        assert callbacks.move(tx, callback, State.PENDING, now=stage.clock.now(), due_at=later)

    stage.db.write_now(put_off)
    return callback_id


def get(tx: Tx, world: World, callback_id: CallbackId) -> Callback:
    return callbacks.get(tx, world.org, callback_id)
