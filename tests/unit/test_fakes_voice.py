"""The fakes fail as they are named, and in no other way."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.voice import (
    Busy,
    DropsOnBridge,
    DuplicateEvents,
    ForgetsCalls,
    Hangs,
    LateEvents,
    Lies,
    LosesAnswers,
    NeverAnswers,
    OutOfOrderEvents,
    RecordingVoice,
    Refuses,
    Throws,
    Unreachable,
    originates,
)

from ringback.kernel.clock import ManualClock, from_unix
from ringback.kernel.tenancy import AttemptId, CallTargetId, OrgId
from ringback.telephony import port
from ringback.telephony.drivers.simulator import LEDGER_NAME, SimulatorDriver
from ringback.telephony.port import (
    Announce,
    Bridge,
    Cause,
    Collect,
    CommandId,
    EventKind,
    HangUp,
    Hold,
    Originate,
    Party,
    Prompt,
    VoiceEvent,
    leg_id,
)

BILLING = CallTargetId("billing")
CUSTOMER = leg_id(AttemptId("one"), Party.CUSTOMER)
AGENT = leg_id(AttemptId("one"), Party.AGENT)
START = from_unix(1_780_000_000)
PROMPT = Prompt("greeting", "Press 1 to be connected.", "en")


def ring(party: Party) -> Originate:
    leg = leg_id(AttemptId("one"), party)
    return Originate(
        CommandId(f"one.{party}"), leg, party, OrgId("acme"), BILLING, "+15551230000", "", timeout=30, place=START
    )


RING_CUSTOMER = ring(Party.CUSTOMER)
RING_AGENT = ring(Party.AGENT)
HANG_UP = HangUp(CommandId("one.9"), CUSTOMER)
BRIDGE = Bridge(CommandId("one.8"), CUSTOMER, AGENT)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def simulator(tmp_path: Path, clock: ManualClock) -> AsyncIterator[SimulatorDriver]:
    driver = SimulatorDriver(tmp_path / LEDGER_NAME, clock)
    yield driver
    await driver.close()


async def told(driver: port.VoiceDriver) -> list[VoiceEvent]:
    events = await driver.events()
    await driver.acknowledge(events)
    return events


def commands(driver: port.VoiceDriver) -> list[Coroutine[Any, Any, None]]:
    return [
        driver.originate(RING_CUSTOMER),
        driver.announce(Announce(CommandId("one.3"), CUSTOMER, PROMPT)),
        driver.collect(Collect(CommandId("one.4"), CUSTOMER, PROMPT, "1", 10)),
        driver.hold(Hold(CommandId("one.5"), CUSTOMER)),
        driver.bridge(BRIDGE),
        driver.hang_up(HANG_UP),
    ]


def questions(driver: port.VoiceDriver) -> list[Coroutine[Any, Any, Any]]:
    return [
        driver.look_up(CUSTOMER),
        driver.events(),
        driver.acknowledge([]),
        driver.queue_stats(BILLING),
        driver.next_event_at(),
    ]


async def test_recording_lists_commands_and_who_was_rung_once(simulator: SimulatorDriver) -> None:
    driver = RecordingVoice(simulator)
    await driver.originate(RING_CUSTOMER)
    await driver.originate(RING_CUSTOMER)
    await driver.hang_up(HANG_UP)
    assert driver.dialled == [RING_CUSTOMER]
    assert driver.commands == [RING_CUSTOMER, RING_CUSTOMER, HANG_UP]
    assert driver.hung_up == [CUSTOMER]


async def test_never_answers(simulator: SimulatorDriver, clock: ManualClock) -> None:
    driver = NeverAnswers(simulator)
    await driver.originate(RING_CUSTOMER)
    await driver.originate(RING_AGENT)
    clock.advance(86_400)
    events = await driver.events()
    assert [event.cause for event in events if event.leg == CUSTOMER] == [None, Cause.NO_ANSWER]
    assert EventKind.ANSWERED in {event.kind for event in events if event.leg == AGENT}


async def test_duplicate_events_come_twice_and_once_more(simulator: SimulatorDriver) -> None:
    driver = DuplicateEvents(simulator)
    await driver.originate(RING_CUSTOMER)
    ringing, again = await driver.events()
    assert ringing == again
    await driver.acknowledge([ringing])
    assert await driver.events() == [ringing]
    assert await driver.events() == []


async def test_late_events_come_late(simulator: SimulatorDriver, clock: ManualClock) -> None:
    driver = LateEvents(simulator, clock, 60)
    await driver.originate(RING_CUSTOMER)
    clock.advance(59)
    assert await driver.events() == []
    look_at = await driver.next_event_at()
    assert look_at is not None
    clock.turn_to(look_at)
    assert [event.kind for event in await driver.events()] == [EventKind.RINGING]


async def test_out_of_order_tells_the_newest_first(simulator: SimulatorDriver, clock: ManualClock) -> None:
    driver = OutOfOrderEvents(simulator)
    await driver.originate(RING_CUSTOMER)
    clock.advance(30)
    assert [event.kind for event in await driver.events()] == [EventKind.ANSWERED, EventKind.RINGING]


@pytest.mark.parametrize(("fake", "error"), [(Unreachable, port.Unreachable), (Throws, ZeroDivisionError)])
async def test_nothing_gets_through_until_healed(
    simulator: SimulatorDriver, fake: type[Unreachable], error: type[Exception]
) -> None:
    driver = fake(simulator)
    for attempt in commands(driver) + questions(driver):
        with pytest.raises(error):
            await attempt
    assert driver.dialled == []
    driver.reachable = True
    for attempt in commands(driver) + questions(driver):
        await attempt
    assert driver.dialled == [RING_CUSTOMER]


async def test_hanging_commands_never_return(simulator: SimulatorDriver) -> None:
    driver = Hangs(simulator)
    given = [asyncio.ensure_future(command) for command in commands(driver)]
    await asyncio.wait(given, timeout=0.01)
    assert not any(command.done() for command in given)
    assert await driver.look_up(CUSTOMER) is None
    driver.release()
    await asyncio.gather(*given)
    assert driver.dialled == [RING_CUSTOMER]


async def test_hanging_only_where_told(simulator: SimulatorDriver) -> None:
    driver = Hangs(simulator, on=lambda command: isinstance(command, HangUp))
    await driver.originate(RING_CUSTOMER)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(driver.hang_up(HANG_UP), 0.01)
    view = await driver.look_up(CUSTOMER)
    assert view is not None
    assert view.alive


async def test_busy_puts_off_and_does_nothing(simulator: SimulatorDriver) -> None:
    driver = Busy(simulator, times=2, seconds=7)
    for _ in range(2):
        with pytest.raises(port.RetryAfter) as caught:
            await driver.originate(RING_CUSTOMER)
        assert caught.value.seconds == 7
        assert await driver.look_up(CUSTOMER) is None
    await driver.originate(RING_CUSTOMER)
    assert driver.dialled == [RING_CUSTOMER]


async def test_refusing_rings_nobody(simulator: SimulatorDriver) -> None:
    driver = Refuses(simulator, Cause.INVALID_NUMBER)
    with pytest.raises(port.PermanentError) as caught:
        await driver.originate(RING_CUSTOMER)
    assert caught.value.cause is Cause.INVALID_NUMBER
    assert driver.dialled == []
    await driver.hang_up(HANG_UP)
    assert originates(RING_CUSTOMER)


async def test_a_lost_answer_rings_all_the_same(simulator: SimulatorDriver) -> None:
    driver = LosesAnswers(simulator)
    with pytest.raises(port.Unreachable):
        await driver.originate(RING_CUSTOMER)
    assert await driver.look_up(CUSTOMER) is not None
    await driver.originate(RING_CUSTOMER)
    assert driver.dialled == [RING_CUSTOMER]


async def test_forgetting_calls_makes_a_repetition_ring_again(simulator: SimulatorDriver) -> None:
    driver = ForgetsCalls(simulator)
    await driver.originate(RING_CUSTOMER)
    driver.crash()
    assert await driver.look_up(CUSTOMER) is None
    assert await driver.events() == []
    await driver.originate(RING_CUSTOMER)
    await driver.hang_up(HANG_UP)
    assert driver.dialled == [RING_CUSTOMER, RING_CUSTOMER]


async def test_dropping_on_bridge_ends_the_agents_leg(simulator: SimulatorDriver, clock: ManualClock) -> None:
    driver = DropsOnBridge(simulator, times=1)
    await driver.originate(RING_CUSTOMER)
    await driver.originate(RING_AGENT)
    clock.advance(10)
    await told(driver)

    await driver.bridge(BRIDGE)
    await driver.bridge(BRIDGE)

    (ended,) = await told(driver)
    assert (ended.leg, ended.kind, ended.cause, ended.party) == (AGENT, EventKind.ENDED, Cause.ANSWERED, Party.AGENT)
    view = await driver.look_up(AGENT)
    assert view is not None
    assert view.party is Party.AGENT
    other = await driver.look_up(CUSTOMER)
    assert other is not None
    assert other.alive


async def test_lies_are_told_besides_the_truth_until_believed(simulator: SimulatorDriver) -> None:
    driver = Lies(simulator)
    await driver.originate(RING_CUSTOMER)
    await driver.hang_up(HANG_UP)
    truth = await simulator.events()
    heard = await driver.events()
    assert [event for event in heard if event in truth] == truth
    lies = [event for event in heard if event not in truth]
    assert {event.leg for event in lies} > {CUSTOMER}
    assert [event.cause for event in lies if event.kind is EventKind.ENDED].count(None) >= 1
    await driver.acknowledge(heard)
    assert await driver.events() == []
