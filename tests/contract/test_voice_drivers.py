"""What every voice driver must do. A new driver is one more line in ``DRIVERS``.

A driver under test reaches the agents by the call target, with as many agents as the call says, and customers who answer
and talk for minutes.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.voice import DuplicateEvents, RecordingVoice

from ringback.kernel.clock import DAY, MINUTE, SECOND, Clock, Instant, ManualClock, from_unix
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId
from ringback.telephony.drivers.simulator import LEDGER_NAME, SimulatorDriver
from ringback.telephony.port import Call, CallView, Capability, Cause, EventKind, Party, VoiceDriver, VoiceEvent

Opens = Callable[[Path, Clock], VoiceDriver]

START = from_unix(1_780_000_000)
BILLING = CallTargetId("billing")
AGENTS = 2


def simulator(folder: Path, clock: Clock) -> VoiceDriver:
    return SimulatorDriver(folder / LEDGER_NAME, clock)


DRIVERS: dict[str, Opens] = {
    "simulator": simulator,
    # Fakes that break no promise of the port are held to it too.
    "recorded": lambda folder, clock: RecordingVoice(simulator(folder, clock)),
    "duplicate events": lambda folder, clock: DuplicateEvents(simulator(folder, clock)),
}

each_driver = pytest.mark.parametrize("opens", DRIVERS.values(), ids=DRIVERS)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
async def driver(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[VoiceDriver]:
    opened = request.param(tmp_path, clock)
    yield opened
    await opened.close()


def call(attempt: str = "attempt-1", first_party: Party = Party.CUSTOMER) -> Call:
    return Call(
        attempt_id=AttemptId(attempt),
        org=OrgId("acme"),
        callback_id=CallbackId(f"callback of {attempt}"),
        call_target_id=BILLING,
        first_party=first_party,
        customer_number="+15551234567",
        agent_destination="sip:billing@acme.example",
        caller_id="+15557654321",
        customer_dial_timeout=30,
        agents=AGENTS,
    )


async def drained(driver: VoiceDriver) -> list[VoiceEvent]:
    """All events there are, acknowledged and without repetitions."""
    seen: dict[str, VoiceEvent] = {}
    while fresh := await driver.events():
        await driver.acknowledge(fresh)
        for event in fresh:
            assert seen.setdefault(event.event_id, event) == event, "an event id is told of two events"
    return list(seen.values())


def test_has_a_name_and_connects_parties(driver: VoiceDriver) -> None:
    assert driver.name
    assert Capability.CONNECTS_PARTIES in driver.capabilities


@pytest.mark.parametrize("first_party", [Party.CUSTOMER, Party.AGENT])
async def test_a_call_rings_is_answered_connected_and_ends(
    driver: VoiceDriver, clock: ManualClock, first_party: Party
) -> None:
    await driver.originate(call(first_party=first_party))
    clock.advance(86_400)

    told = await drained(driver)

    assert [event.kind for event in told] == list(EventKind)
    assert [event.at for event in told] == sorted(event.at for event in told)
    assert told[0].at >= START
    assert {event.attempt_id for event in told} == {"attempt-1"}
    assert told[-1].cause is Cause.ANSWERED
    assert told[-1].party in {Party.CUSTOMER, Party.AGENT}
    assert all(event.cause is None and event.party is None for event in told[:-1])


async def test_originating_twice_rings_once(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.originate(call())
    await driver.originate(call())
    clock.advance(3)
    await driver.originate(replace(call(), customer_number="+15559999999"))
    clock.advance(86_400)

    assert Counter(event.kind for event in await drained(driver)) == Counter(EventKind)


async def test_originating_an_ended_attempt_rings_nobody(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.originate(call())
    clock.advance(86_400)
    await drained(driver)
    before = await driver.look_up(AttemptId("attempt-1"))

    await driver.originate(call())
    clock.advance(86_400)

    assert [event for event in await drained(driver) if event.at > START + DAY] == []
    assert await driver.look_up(AttemptId("attempt-1")) == before


async def test_events_come_until_acknowledged(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.originate(call())
    ringing = await driver.events()
    assert {event.kind for event in ringing} == {EventKind.RINGING}
    assert {event.event_id for event in await driver.events()} == {event.event_id for event in ringing}

    clock.advance(86_400)
    await driver.acknowledge(ringing)
    rest = await drained(driver)

    assert {EventKind.ANSWERED, EventKind.CONNECTED, EventKind.ENDED} <= {event.kind for event in rest}
    assert await driver.events() == []


async def test_acknowledging_twice_or_nothing_is_harmless(driver: VoiceDriver) -> None:
    stranger = VoiceEvent("unknown", AttemptId("unknown"), START, EventKind.RINGING)
    await driver.acknowledge([])
    await driver.acknowledge([stranger, stranger])
    assert await driver.events() == []


async def test_looking_up_what_was_never_made(driver: VoiceDriver) -> None:
    assert await driver.look_up(AttemptId("never")) is None


async def test_looking_up_follows_the_call(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.originate(call())
    rung = await driver.look_up(AttemptId("attempt-1"))
    assert rung is not None
    assert rung.alive
    assert rung.ringing_at == START
    assert (rung.answered_at, rung.connected_at, rung.ended_at, rung.cause, rung.party) == (None,) * 5

    clock.advance(86_400)
    ended = await driver.look_up(AttemptId("attempt-1"))
    assert ended is not None
    assert not ended.alive
    by_kind = {event.kind: event for event in await drained(driver)}
    assert ended == CallView(
        attempt_id=AttemptId("attempt-1"),
        ringing_at=by_kind[EventKind.RINGING].at,
        answered_at=by_kind[EventKind.ANSWERED].at,
        connected_at=by_kind[EventKind.CONNECTED].at,
        ended_at=by_kind[EventKind.ENDED].at,
        cause=by_kind[EventKind.ENDED].cause,
        party=by_kind[EventKind.ENDED].party,
    )


async def test_hanging_up_before_the_answer_cancels(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.originate(call())
    await driver.hang_up(AttemptId("attempt-1"))
    clock.advance(86_400)

    ringing, ended = await drained(driver)

    assert ringing.kind is EventKind.RINGING
    assert (ended.kind, ended.cause, ended.party) == (EventKind.ENDED, Cause.CANCELED, Party.RINGBACK)


async def test_hanging_up_a_conversation_ends_it_as_answered(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.originate(call())
    clock.advance(10)
    view = await driver.look_up(AttemptId("attempt-1"))
    assert view is not None
    assert view.connected_at is not None

    await driver.hang_up(AttemptId("attempt-1"))

    last = (await drained(driver))[-1]
    assert (last.kind, last.cause, last.party) == (EventKind.ENDED, Cause.ANSWERED, Party.RINGBACK)
    assert last.at == clock.now()
    assert await driver.busy_agents(BILLING) == 0


async def test_hanging_up_the_unknown_or_ended_is_harmless(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.hang_up(AttemptId("never"))
    assert await driver.look_up(AttemptId("never")) is None

    await driver.originate(call())
    clock.advance(86_400)
    ended = await driver.look_up(AttemptId("attempt-1"))
    await driver.hang_up(AttemptId("attempt-1"))
    assert await driver.look_up(AttemptId("attempt-1")) == ended
    assert Counter(event.kind for event in await drained(driver))[EventKind.ENDED] == 1


async def test_says_when_to_look_again(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.originate(call())
    told: list[VoiceEvent] = await drained(driver)
    while (look_at := await driver.next_event_at()) is not None:
        clock.turn_to(look_at)
        fresh = await drained(driver)
        assert fresh, "nothing happened at the time that was named"
        told += fresh
    assert {event.kind for event in told} == set(EventKind)


async def test_says_to_look_now_while_events_wait(driver: VoiceDriver, clock: ManualClock) -> None:
    await driver.originate(call())
    look_at = await driver.next_event_at()
    assert look_at is None or look_at <= clock.now()


async def test_agent_figures(driver: VoiceDriver, clock: ManualClock) -> None:
    for attempt in "abc":
        await driver.originate(call(attempt))
    clock.advance(10)
    assert await driver.staffed_agents(BILLING) in {AGENTS, None}
    assert await driver.busy_agents(BILLING) in {AGENTS, None}


@each_driver
async def test_goes_on_after_being_reopened_at_any_moment(opens: Opens, tmp_path: Path, clock: ManualClock) -> None:
    driver = opens(tmp_path, clock)
    await driver.originate(call())
    told: dict[str, VoiceEvent] = {}
    for _ in range(4):
        await driver.close()
        driver = opens(tmp_path, clock)
        await driver.originate(call())
        assert await driver.look_up(AttemptId("attempt-1")) is not None
        told |= {event.event_id: event for event in await drained(driver)}
        clock.turn_to(await driver.next_event_at() or clock.now())
    await driver.close()

    assert [event.kind for event in told.values()] == list(EventKind)


@each_driver
async def test_calls_go_on_while_nobody_looks(opens: Opens, tmp_path: Path, clock: ManualClock) -> None:
    driver = opens(tmp_path, clock)
    await driver.originate(call())
    await driver.close()
    clock.advance(86_400)
    driver = opens(tmp_path, clock)

    told = await drained(driver)
    await driver.close()

    assert [event.kind for event in told] == list(EventKind)
    assert told[-1].at < START + DAY


@each_driver
@settings(max_examples=20, deadline=None)
@given(
    calls=st.lists(
        st.tuples(
            st.integers(0, 5 * MINUTE),
            st.sampled_from([Party.CUSTOMER, Party.AGENT]),
            st.sampled_from([None, None, 1, 60]),
        ),
        min_size=1,
        max_size=12,
    ),
    reopened_at=st.integers(0, 12),
)
async def test_every_call_ends_in_order_and_agents_have_one_call_at_once(
    opens: Opens, calls: list[tuple[int, Party, int | None]], reopened_at: int
) -> None:
    """Calls at odd times, some hung up ``hang_up_after`` seconds later, the driver reopened somewhere in the middle."""
    with TemporaryDirectory() as folder:
        clock = ManualClock(START)
        driver = opens(Path(folder), clock)
        told: list[VoiceEvent] = []
        for number, (pause, first_party, hang_up_after) in enumerate(calls):
            if number == reopened_at:
                await driver.close()
                driver = opens(Path(folder), clock)
            clock.advance(pause / SECOND)
            await driver.originate(call(f"attempt-{number}", first_party))
            assert (await driver.busy_agents(BILLING) or 0) <= AGENTS
            if hang_up_after is not None:
                clock.advance(hang_up_after)
                await driver.hang_up(AttemptId(f"attempt-{number}"))
            told += await drained(driver)
        clock.advance(10 * 86_400)
        told += await drained(driver)
        views = [await driver.look_up(AttemptId(f"attempt-{number}")) for number in range(len(calls))]
        await driver.close()

    once = list({event.event_id: event for event in told}.values())
    for number in range(len(calls)):
        own = [event for event in once if event.attempt_id == f"attempt-{number}"]
        assert [event.kind for event in own] == [kind for kind in EventKind if kind in {event.kind for event in own}]
        assert [event.at for event in own] == sorted(event.at for event in own)
        assert own[-1].kind is EventKind.ENDED
        assert own[-1].cause is not None
    assert most_agents_at_once(views, calls) <= AGENTS


def most_agents_at_once(views: list[CallView | None], calls: list[tuple[int, Party, int | None]]) -> int:
    """From the facts alone: an agent is held from the connection on; where the agent comes first, from the answer on."""
    changes: list[tuple[Instant, int]] = []
    for view, (_, first_party, _) in zip(views, calls, strict=True):
        assert view is not None
        assert view.ended_at is not None
        taken_at = view.connected_at if first_party is Party.CUSTOMER else view.answered_at
        if taken_at is not None:
            changes += [(taken_at, 1), (view.ended_at, -1)]
    busy = most = 0
    for _, change in sorted(changes):
        busy += change
        most = max(most, busy)
    return most
