"""The ledger file: what is on disk, who may share it, and what is not kept in it."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.fakes.simulated import BILLING, START, TALKS, originate, seconds_after

from ringback.kernel.clock import ManualClock
from ringback.kernel.errors import DatabaseSchemaMismatch, DatabaseUnavailable
from ringback.telephony.drivers.simulator import (
    LEDGER_NAME,
    SimulatedTeam,
    SimulatorDriver,
    SimulatorSettings,
    read_legs,
)
from ringback.telephony.port import CommandId, EventKind, HangUp, LegId, Unreachable

ONE = LegId("one.customer1")
TAKEN = [EventKind.RINGING, EventKind.ANSWERED]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / LEDGER_NAME


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


async def test_shows_a_leg_before_anything_is_told(path: Path, clock: ManualClock) -> None:
    driver = SimulatorDriver(path, clock)
    await driver.originate(originate("one.customer1"))
    legs = read_legs(path)
    await driver.close()
    assert [(leg.leg, leg.call_target, leg.ending, leg.ringing_at, leg.alive) for leg in legs] == [
        (ONE, BILLING, "0000", START, True)
    ]


async def test_keeps_no_number(path: Path, clock: ManualClock) -> None:
    driver = SimulatorDriver(path, clock)
    await driver.originate(originate("one.customer1", number=f"{TALKS};ext=4711"))
    clock.advance(3600)
    await driver.events()
    await driver.close()
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"one.customer1" in written
    assert b"0000" in written
    assert TALKS.removeprefix("+").encode() not in written
    assert b"4711" not in written


async def test_shows_our_legs_in_order_and_no_inbound_callers(path: Path, clock: ManualClock) -> None:
    team = SimulatedTeam(agents=1, inbound_per_hour=600)
    driver = SimulatorDriver(path, clock, SimulatorSettings(teams={BILLING: team}))
    for name in ("c.customer1", "a.agent1", "b.customer1"):
        await driver.originate(originate(name))
        clock.advance(120)
    stats = await driver.queue_stats(BILLING)
    await driver.close()
    assert stats is not None
    assert (stats.calls_waiting or 0) > 0
    assert [leg.leg for leg in read_legs(path)] == ["c.customer1", "a.agent1", "b.customer1"]


async def test_several_processes_see_one_network(path: Path, clock: ManualClock) -> None:
    dials, listens = SimulatorDriver(path, clock), SimulatorDriver(path, clock)
    await dials.originate(originate("one.customer1"))
    await dials.close()
    clock.advance(60)
    assert [event.kind for event in await listens.events()] == TAKEN
    await listens.close()


async def test_processes_that_open_and_dial_at_once_ring_each_leg_once(path: Path, clock: ManualClock) -> None:
    drivers = await asyncio.gather(*(asyncio.to_thread(SimulatorDriver, path, clock) for _ in range(6)))
    orders = [originate(f"{n}.customer1") for n in range(10)]
    await asyncio.gather(*(driver.originate(order) for driver in drivers for order in orders))
    rung = [event.leg for event in await drivers[0].events()]
    await asyncio.gather(*(driver.close() for driver in drivers))
    assert sorted(rung) == sorted(leg.leg for leg in read_legs(path)) == sorted(order.leg for order in orders)


async def test_survives_the_killing_of_our_process(path: Path) -> None:
    dial_and_die = f"""
import asyncio, os, signal
from pathlib import Path
from ringback.kernel.clock import ManualClock
from ringback.telephony.drivers.simulator import SimulatorDriver
from ringback.telephony.port import Originate, Party
driver = SimulatorDriver(Path({str(path)!r}), ManualClock({START}))
order = Originate("1", "one.customer1", Party.CUSTOMER, "acme", "billing", "{TALKS}", "", 30, {START})
asyncio.run(driver.originate(order))
os.kill(os.getpid(), signal.SIGKILL)
"""
    died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", dial_and_die], env=dict(os.environ))
    assert died.returncode == -signal.SIGKILL

    clock = ManualClock(seconds_after(1))
    driver = SimulatorDriver(path, clock)
    view = await driver.look_up(ONE)
    assert view is not None
    assert (view.alive, view.ringing_at) == (True, START)
    await driver.originate(originate("one.customer1"))
    clock.advance(60)
    assert [event.kind for event in await driver.events()] == TAKEN
    await driver.close()


async def test_looking_when_nothing_is_due_writes_nothing(path: Path, clock: ManualClock) -> None:
    driver = SimulatorDriver(path, clock)
    await driver.originate(originate("one.customer1"))
    await driver.queue_stats(BILLING)
    with closing(sqlite3.connect(path)) as onlooker:
        before = onlooker.execute("PRAGMA data_version").fetchone()
        clock.advance(1)
        await driver.events()
        await driver.look_up(ONE)
        await driver.queue_stats(BILLING)
        assert onlooker.execute("PRAGMA data_version").fetchone() == before
        clock.advance(60)
        await driver.events()
        assert onlooker.execute("PRAGMA data_version").fetchone() != before
    await driver.close()


async def test_forgets_what_is_over_after_a_day(path: Path, clock: ManualClock) -> None:
    driver = SimulatorDriver(path, clock)
    await driver.originate(originate("one.customer1"))
    await driver.hang_up(HangUp(CommandId("2"), ONE))
    await driver.originate(originate("two.customer1"))
    await driver.hang_up(HangUp(CommandId("3"), LegId("two.customer1")))
    await driver.acknowledge([event for event in await driver.events() if event.leg == ONE])
    clock.advance(86_401)
    await driver.originate(originate("three.customer1"))
    await driver.close()
    # The second is still to be told of.
    assert [leg.leg for leg in read_legs(path)] == ["two.customer1", "three.customer1"]


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"\0" * 5000])
def test_of_rubbish_is_refused(path: Path, clock: ManualClock, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DatabaseUnavailable, match=r"simulator\.sqlite3"):
        SimulatorDriver(path, clock)
    with pytest.raises(DatabaseUnavailable, match=r"simulator\.sqlite3"):
        read_legs(path)


def test_in_no_folder_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(DatabaseUnavailable, match="missing"):
        SimulatorDriver(tmp_path / "missing" / LEDGER_NAME, clock)
    with pytest.raises(DatabaseUnavailable, match="missing"):
        read_legs(tmp_path / "missing" / LEDGER_NAME)


@pytest.mark.parametrize("version", [1, 99])
def test_of_another_version_is_refused_and_left_alone(path: Path, clock: ManualClock, version: int) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(DatabaseSchemaMismatch, match=f"format {version}"):
        SimulatorDriver(path, clock)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


async def test_that_breaks_makes_the_driver_unreachable(path: Path, clock: ManualClock) -> None:
    driver = SimulatorDriver(path, clock)
    with closing(sqlite3.connect(path)) as vandal:
        vandal.execute("DROP TABLE events")
    with pytest.raises(Unreachable, match="no such table"):
        await driver.originate(originate("one.customer1"))
    assert await driver.look_up(ONE) is None, "a call that was not told of was not made"
    await driver.close()
