"""The fakes fail as they are named, and in no other way."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.voice import (
    DuplicateEvents,
    ForgetsCalls,
    LateEvents,
    LosesAnswers,
    NeverAnswers,
    RecordingVoice,
    Throws,
    Unreachable,
)

from ringback.kernel.clock import ManualClock, from_unix
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId
from ringback.telephony import port
from ringback.telephony.drivers.simulator import LEDGER_NAME, SimulatorDriver
from ringback.telephony.port import Call, Cause, EventKind, Party

CALL = Call(
    attempt_id=AttemptId("one"),
    org=OrgId("acme"),
    callback_id=CallbackId("callback"),
    call_target_id=CallTargetId("billing"),
    first_party=Party.CUSTOMER,
    customer_number="+15551234567",
    agent_destination="",
    caller_id="",
    customer_dial_timeout=30,
    agents=1,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(from_unix(1_780_000_000))


@pytest.fixture
async def simulator(tmp_path: Path, clock: ManualClock) -> AsyncIterator[SimulatorDriver]:
    driver = SimulatorDriver(tmp_path / LEDGER_NAME, clock)
    yield driver
    await driver.close()


async def test_recording_lists_who_was_rung_once(simulator: SimulatorDriver) -> None:
    driver = RecordingVoice(simulator)
    await driver.originate(CALL)
    await driver.originate(CALL)
    await driver.hang_up(CALL.attempt_id)
    assert driver.dialled == [CALL]
    assert driver.hung_up == [CALL.attempt_id]


async def test_never_answers(simulator: SimulatorDriver, clock: ManualClock) -> None:
    driver = NeverAnswers(simulator)
    await driver.originate(CALL)
    clock.advance(86_400)
    assert [event.cause for event in await driver.events()] == [None, Cause.NO_ANSWER]
    assert [call.customer_number for call in driver.dialled] == [CALL.customer_number]


async def test_duplicate_events_come_twice_and_once_more(simulator: SimulatorDriver) -> None:
    driver = DuplicateEvents(simulator)
    await driver.originate(CALL)
    ringing, again = await driver.events()
    assert ringing == again
    await driver.acknowledge([ringing])
    assert await driver.events() == [ringing]
    assert await driver.events() == []


async def test_late_events_come_late(simulator: SimulatorDriver, clock: ManualClock) -> None:
    driver = LateEvents(simulator, clock, 60)
    await driver.originate(CALL)
    clock.advance(59)
    assert await driver.events() == []
    look_at = await driver.next_event_at()
    assert look_at is not None
    clock.turn_to(look_at)
    assert [event.kind for event in await driver.events()] == [EventKind.RINGING]


@pytest.mark.parametrize(("fake", "error"), [(Unreachable, port.Unreachable), (Throws, ZeroDivisionError)])
async def test_nothing_gets_through_until_healed(
    simulator: SimulatorDriver, fake: type[Unreachable], error: type[Exception]
) -> None:
    driver = fake(simulator)
    for attempt in (
        driver.originate(CALL),
        driver.hang_up(CALL.attempt_id),
        driver.look_up(CALL.attempt_id),
        driver.events(),
        driver.acknowledge([]),
        driver.staffed_agents(CALL.call_target_id),
        driver.busy_agents(CALL.call_target_id),
        driver.next_event_at(),
    ):
        with pytest.raises(error):
            await attempt
    assert driver.dialled == []
    driver.reachable = True
    await driver.originate(CALL)
    assert driver.dialled == [CALL]


async def test_a_lost_answer_rings_all_the_same(simulator: SimulatorDriver) -> None:
    driver = LosesAnswers(simulator)
    for _ in range(2):
        with pytest.raises(port.Unreachable):
            await driver.originate(CALL)
    assert driver.dialled == [CALL]
    assert await driver.look_up(CALL.attempt_id) is not None


async def test_forgetting_calls_makes_a_repetition_ring_again(simulator: SimulatorDriver) -> None:
    driver = ForgetsCalls(simulator)
    await driver.originate(CALL)
    driver.crash()
    assert await driver.look_up(CALL.attempt_id) is None
    assert await driver.events() == []
    await driver.originate(CALL)
    assert driver.dialled == [CALL, CALL]
