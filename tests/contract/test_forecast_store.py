"""What the forecast keeps: what it has learned of each queue, and what it was told of it last."""

import asyncio
import json

import pytest
from tests.fakes.world import World, another_call_target, ask, configuration_of, make_world

import ringback.forecast.service as forecast
from ringback.db.database import Database
from ringback.db.tx import Change, Tx
from ringback.forecast.inputs import inputs_of, scorable
from ringback.forecast.memory import Memory
from ringback.forecast.model import Load, QueueStats
from ringback.kernel.clock import SECOND, Instant, ManualClock, after


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return make_world(database, clock)


def _memory(database: Database, world: World) -> Memory:
    return database.read_now(forecast.memory_of, world.org, world.call_target)


def test_nothing_is_known_of_a_new_queue(database: Database, world: World):
    assert _memory(database, world) == Memory()
    assert database.read_now(forecast.memories, world.org) == {}
    assert database.read_now(forecast.all_queue_stats, world.org) == {}


def test_what_is_observed_is_remembered(database: Database, world: World):
    line = (world.org, world.call_target)
    database.write_now(forecast.observe_finished, *line, handle_time=240.0)
    database.write_now(forecast.observe_finished, *line, handle_time=360.0)
    database.write_now(forecast.observe_reached, *line, seconds=9.0)
    database.write_now(forecast.observe_missed, *line)

    memory = _memory(database, world)

    assert (memory.handled.weight, memory.handled.mean) == (2, 300)
    assert (memory.launches, memory.reached, memory.lead_time) == (2, 1, 9)
    assert database.read_now(forecast.memories, world.org) == {world.call_target: memory}


def test_queues_are_remembered_apart(database: Database, world: World):
    other = another_call_target(database, world, "sales")
    stranger = make_world(database, world.clock, key="stranger")
    database.write_now(forecast.observe_finished, other.org, other.call_target, handle_time=900.0)

    assert _memory(database, world) == Memory()
    assert database.read_now(forecast.memories, stranger.org) == {}
    assert set(database.read_now(forecast.memories, world.org)) == {other.call_target}


async def test_of_many_who_learn_at_once_each_is_heard(database: Database, world: World):
    await asyncio.gather(
        *(database.write(forecast.observe_finished, world.org, world.call_target, handle_time=100.0) for _ in range(20))
    )

    assert _memory(database, world).handled.weight == 20


def test_a_launch_scores_its_promise_and_tells_how_many_talk(database: Database, world: World, clock: ManualClock):
    for line in range(10):
        callback = ask(database, world, f"+1201555010{line}")
    inputs = database.read_now(_inputs, callback)

    def launched(load: Load, others: bool) -> None:
        database.write_now(
            forecast.observe_launched,
            world.org,
            world.call_target,
            inputs=inputs,
            waited=500.0,
            others=others,
            load=load,
            now=clock.now(),
        )

    launched(Load(pending_asap=8, talking=4), others=True)
    clock.advance(30)
    launched(Load(talking=4), others=False)

    memory = _memory(database, world)
    assert memory.errors.scores == 2
    assert memory.errors.waited == 1000
    assert memory.agents == 4


def test_a_launch_that_was_promised_nothing_scores_nothing(database: Database, world: World, clock: ManualClock):
    database.write_now(
        forecast.observe_launched,
        world.org,
        world.call_target,
        inputs=None,
        waited=None,
        others=False,
        now=clock.now(),
    )

    assert _memory(database, world).errors.scores == 0


def test_what_is_stored_with_a_promise_explains_it(database: Database, world: World):
    for line in range(10):
        callback = ask(database, world, f"+1201555010{line}")

    stored = database.read_now(_row, callback)
    kept = json.loads(stored["promise_inputs"])

    assert kept["facts"]["ahead"] == 9
    assert kept["basis"]["agents"] == 5
    assert kept["low"] <= kept["seconds"] <= stored["promised_seconds"] <= kept["high"]
    assert (stored["promised_low"], stored["promised_high"]) == (kept["low"], kept["high"])


@pytest.mark.parametrize("inputs", ["{}", "[]", "1", "null", '{"basis": {}}', '{"basis": {"expected": 1}}', "?", ""])
def test_inputs_of_another_version_are_not_scored(inputs: str):
    assert scorable(inputs) is None


def test_inputs_are_read_as_they_were_written(database: Database, world: World):
    target = configuration_of(database, world).call_targets[world.call_target]
    promise = forecast.estimate_new(target, Load(pending_asap=9), None, Memory(), world.clock.now())

    assert scorable(inputs_of(promise)) == promise.basis


# Statistics


def _stats(at: Instant, **figures: float) -> QueueStats:
    return QueueStats(at, **figures)


def test_statistics_come_back_as_they_were_told(database: Database, world: World, clock: ManualClock):
    now = clock.now()
    told = QueueStats(now, 7, 41.5, 12, 0, 287.25)
    target = configuration_of(database, world).call_targets[world.call_target]

    assert database.write_now(forecast.save_queue_stats, world.org, world.call_target, told)

    assert database.read_now(forecast.queue_stats_of, world.org, target, now=now) == told
    assert database.read_now(forecast.all_queue_stats, world.org) == {world.call_target: told}


def test_what_is_not_told_is_not_known(database: Database, world: World, clock: ManualClock):
    told = QueueStats(clock.now(), agents_staffed=3)
    database.write_now(forecast.save_queue_stats, world.org, world.call_target, told)

    assert database.read_now(forecast.all_queue_stats, world.org) == {world.call_target: told}


def test_newer_statistics_replace_older_ones_and_never_the_other_way(
    database: Database, world: World, clock: ManualClock
):
    now = clock.now()
    save = forecast.save_queue_stats
    newer, corrected = _stats(now, calls_waiting=5), _stats(now, calls_waiting=6)
    newest = _stats(after(now, 1), agents_staffed=3)

    assert database.write_now(save, world.org, world.call_target, newer)
    assert not database.write_now(save, world.org, world.call_target, _stats(after(now, -1), calls_waiting=9))
    assert database.read_now(forecast.all_queue_stats, world.org) == {world.call_target: newer}
    for stats in (corrected, newest):
        assert database.write_now(save, world.org, world.call_target, stats)
        assert database.read_now(forecast.all_queue_stats, world.org) == {world.call_target: stats}


def test_statistics_go_stale(database: Database, world: World, clock: ManualClock):
    now = clock.now()
    target = configuration_of(database, world).call_targets[world.call_target]
    database.write_now(forecast.save_queue_stats, world.org, world.call_target, _stats(now, agents_staffed=3))

    def known(at: Instant) -> bool:
        return database.read_now(forecast.queue_stats_of, world.org, target, now=at) is not None

    assert known(Instant(now + 120 * SECOND))
    assert not known(Instant(now + 120 * SECOND + 1))


def test_agents_who_are_told_are_remembered_as_usual(database: Database, world: World, clock: ManualClock):
    for agents, hours in ((10, 1), (20, 1), (0, 1)):
        stats = _stats(clock.now(), agents_staffed=agents)
        database.write_now(forecast.save_queue_stats, world.org, world.call_target, stats)
        clock.advance(hours * 3600)

    assert _memory(database, world).usual_agents == 15


def test_new_statistics_are_announced(database: Database, world: World, clock: ManualClock):
    changes: list[object] = []
    database.listen(changes.append)

    database.write_now(forecast.save_queue_stats, world.org, world.call_target, _stats(clock.now(), calls_waiting=1))

    assert frozenset({(world.org, Change.CALLBACKS)}) in changes


def _row(tx: Tx, callback_id: str) -> dict[str, object]:
    row = tx.one(
        "SELECT promise_inputs, promised_seconds, promised_low, promised_high FROM callbacks WHERE id = :id",
        id=callback_id,
    )
    assert row is not None
    return {name: row[name] for name in row.keys()}  # noqa: SIM118 - rows are not mappings


def _inputs(tx: Tx, callback_id: str) -> str:
    return str(_row(tx, callback_id)["promise_inputs"])
