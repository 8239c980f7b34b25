"""How the agents' queues stand, asked of the voice driver and stored for those who estimate, offer and release."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import voice as fakes
from tests.fakes.stage import ANSWERS, KnowsNoQueues, Stage
from tests.fakes.world import World, another_call_target, ask, configuration_of

from ringback.call_targets.model import CallTarget
from ringback.db.database import Database
from ringback.db.tx import Change, Changes
from ringback.dispatch import queues
from ringback.forecast import service as forecast
from ringback.forecast.model import QueueStats
from ringback.kernel.clock import ManualClock
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony import port
from ringback.telephony.port import VoiceDriver


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(database, clock, tmp_path)
    yield opened
    asyncio.run(opened.close())
    opened.check()


class Knows(fakes.RecordingVoice):
    """Knows the queues that it was told of; what it is made to raise, it raises."""

    def __init__(self, driver: VoiceDriver, clock: ManualClock) -> None:
        super().__init__(driver)
        self._clock = clock
        self.agents: dict[CallTargetId, int] = {}
        self.error: Exception | None = None
        self.asked: list[CallTargetId] = []

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        self.asked.append(call_target_id)
        if self.error is not None:
            raise self.error
        agents = self.agents.get(call_target_id)
        return None if agents is None else QueueStats(self._clock.now(), agents_staffed=agents)


def told(stage: Stage, world: World) -> QueueStats | None:
    target: CallTarget = configuration_of(stage.db, world).call_targets[world.call_target]
    return stage.db.read_now(forecast.queue_stats_of, world.org, target, now=stage.clock.now())


async def test_of_the_simulator(stage: Stage) -> None:
    world = stage.world()
    await stage.worker(stage.network(agents=7)).watch_queues()
    stats = told(stage, world)
    assert stats is not None
    assert (stats.agents_staffed, stats.agents_available, stats.calls_waiting) == (7, 7, 0)


async def test_every_two_seconds_and_stored_when_something_has_changed(stage: Stage) -> None:
    world = stage.world()
    voice = Knows(stage.network(), stage.clock)
    worker, changes = stage.worker(voice), list[Changes | None]()
    stage.db.listen(changes.append)
    voice.agents = {world.call_target: 3}
    stored = []
    for agents in (3, 3, 3, 4, 4):
        voice.agents = {world.call_target: agents}
        stored.append(await worker.watch_queues())
        stage.clock.advance(1)
    assert stored == [True, False, False, False, True]
    assert len(voice.asked) == 3
    assert changes == [frozenset({(world.org, Change.CALLBACKS)})] * 2
    for _ in range(20):
        stored.append(await worker.watch_queues())
        stage.clock.advance(2)
    assert stored.count(True) == 3  # again, so that it does not go stale
    assert told(stage, world) is not None


async def test_one_that_is_not_known_leaves_the_others(stage: Stage) -> None:
    world = stage.world()
    other = another_call_target(stage.db, world, "sales")
    voice = Knows(stage.network(), stage.clock)
    voice.agents = {other.call_target: 2}
    assert await stage.worker(voice).watch_queues()
    assert told(stage, world) is None
    assert told(stage, other) is not None


@pytest.mark.parametrize("error", [port.Unreachable("away"), ZeroDivisionError("a defect")])
async def test_a_driver_that_fails_to_tell_keeps_nobody_in_line(
    stage: Stage, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    world = stage.world()
    voice = Knows(stage.network(), stage.clock)
    voice.error = error
    asked = ask(stage.db, world, ANSWERS)
    with caplog.at_level(logging.CRITICAL):
        await stage.work(stage.worker(voice))
    assert told(stage, world) is None
    assert stage.rung(voice) == [asked]
    assert stage.told.failed == (["queue stats"] if isinstance(error, ZeroDivisionError) else [])


async def test_a_driver_that_cannot_know_is_not_asked(stage: Stage) -> None:
    stage.world()
    voice = Knows(stage.network(), stage.clock)
    assert not await stage.worker(KnowsNoQueues(voice)).watch_queues()
    assert voice.asked == []


async def test_of_many_call_targets_only_those_in_use(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "_FEW", 1)
    quiet = stage.world()
    busy = another_call_target(stage.db, quiet, "sales")
    ask(stage.db, busy, ANSWERS)
    voice = Knows(stage.network(), stage.clock)
    await stage.worker(voice).watch_queues()
    assert voice.asked == [busy.call_target]
    stage.worlds.append(busy)
