"""The loop is dull: it takes its steps in turn, rests, survives failures, and stops when told."""

import asyncio
import threading

import pytest
from structlog.testing import capture_logs

from ringback.kernel.clock import ManualClock
from ringback.workers.loop import Loop, Step, Work


class Failures:
    def __init__(self) -> None:
        self.of: list[str] = []

    def step_failed(self, step: str) -> None:
        self.of.append(step)


class Rests:
    """Rests without waiting: turns the clock instead, and after so many rests stops the loop."""

    loop: Loop

    def __init__(self, clock: ManualClock, most: int) -> None:
        self.clock = clock
        self.most = most
        self.seconds: list[float] = []

    async def __call__(self, nudged: asyncio.Event, seconds: float) -> None:
        self.seconds.append(seconds)
        self.clock.advance(seconds)
        if len(self.seconds) >= self.most:
            self.loop.stop()
        await asyncio.sleep(0)


def step(name: str, log: list[str], *, busy_for: int = 0) -> Step:
    """A step that writes down its name, and has something to do the first ``busy_for`` times."""

    async def work() -> bool:
        log.append(name)
        return log.count(name) <= busy_for

    return Step(name, work)


def failing(times: int, log: list[str]) -> Work:
    async def work() -> bool:
        log.append("tried")
        if len(log) <= times:
            raise ZeroDivisionError("a defect")
        return False

    return work


async def run(loop: Loop, rests: Rests) -> None:
    rests.loop = loop
    await loop.run()


async def test_a_round_takes_each_step_once_and_tells_whether_any_was_busy(clock: ManualClock) -> None:
    log: list[str] = []
    loop = Loop([step("one", log), step("two", log, busy_for=1)], clock=clock)
    assert await loop.round()
    assert not await loop.round()
    assert log == ["one", "two", "one", "two"]


async def test_rests_only_when_no_step_was_busy(clock: ManualClock) -> None:
    log: list[str] = []
    rests = Rests(clock, most=1)
    await run(Loop([step("one", log, busy_for=3)], clock=clock, idle_seconds=0.2, pause=rests), rests)
    assert log == ["one"] * 4
    assert rests.seconds == [0.2]


async def test_a_busy_step_lets_others_in_the_thread_work(clock: ManualClock) -> None:
    log: list[str] = []
    loop = Loop([step("one", log, busy_for=1_000_000)], clock=clock)
    working = asyncio.create_task(loop.run())
    for _ in range(5):
        await asyncio.sleep(0)
    loop.stop()
    await working
    assert log


async def test_a_step_can_be_added(clock: ManualClock) -> None:
    log: list[str] = []
    loop = Loop([step("one", log)], clock=clock)
    loop.add("two", step("two", log).work)
    await loop.round()
    assert log == ["one", "two"]


async def test_a_failing_step_is_told_and_keeps_no_other(clock: ManualClock) -> None:
    log: list[str] = []
    failures = Failures()
    loop = Loop([Step("bad", failing(1, [])), step("good", log)], clock=clock, observer=failures)
    with capture_logs() as told:
        await loop.round()
    assert log == ["good"]
    assert failures.of == ["bad"]
    assert ("step failed", "bad") in [(line["event"], line["step"]) for line in told]


async def test_a_failing_step_rests_longer_each_time_until_it_works(clock: ManualClock) -> None:
    tried: list[str] = []
    loop = Loop([Step("bad", failing(7, tried))], clock=clock)
    at: list[int] = []
    for second in range(60):
        before = len(tried)
        await loop.round()
        if len(tried) > before:
            at.append(second)
        clock.advance(1)
    # 0.5, 1, 2, 4, 8, 8, 8 seconds after each failure, seen once a second; then in every round.
    assert at[:9] == [0, 1, 2, 4, 8, 16, 24, 32, 33]
    assert at[8:] == list(range(33, 60))


async def test_stops_after_the_present_step(clock: ManualClock) -> None:
    log: list[str] = []

    async def stopping() -> bool:
        loop.stop()
        return True

    loop = Loop([Step("stopping", stopping), step("never", log)], clock=clock)
    await loop.run()
    assert log == []


async def test_a_nudge_ends_the_rest(clock: ManualClock) -> None:
    looked = asyncio.Event()

    async def look() -> bool:
        looked.set()
        return False

    loop = Loop([Step("look", look)], clock=clock, idle_seconds=3600)
    working = asyncio.create_task(loop.run())
    async with asyncio.timeout(10):
        await looked.wait()
        looked.clear()
        threading.Thread(target=loop.nudge).start()
        await looked.wait()
        loop.stop()
        await working


async def test_a_nudge_during_a_round_is_not_lost(clock: ManualClock) -> None:
    rounds: list[int] = []

    async def nudged_once() -> bool:
        rounds.append(1)
        if len(rounds) == 1:
            loop.nudge()
        if len(rounds) == 2:
            loop.stop()
        return False

    loop = Loop([Step("look", nudged_once)], clock=clock, idle_seconds=3600)
    async with asyncio.timeout(10):
        await loop.run()
    assert len(rounds) == 2


async def test_the_rest_ends_by_itself(clock: ManualClock) -> None:
    rounds: list[int] = []

    async def look() -> bool:
        rounds.append(1)
        if len(rounds) == 3:
            loop.stop()
        return False

    loop = Loop([Step("look", look)], clock=clock, idle_seconds=0.001)
    async with asyncio.timeout(10):
        await loop.run()
    assert len(rounds) == 3


def test_a_nudge_without_a_running_loop_is_harmless(clock: ManualClock) -> None:
    loop = Loop([], clock=clock)
    loop.nudge()
    loop.stop()
    asyncio.run(loop.run())
    loop.nudge()


async def test_cancelling_ends_it(clock: ManualClock) -> None:
    loop = Loop([], clock=clock, idle_seconds=3600)
    working = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
