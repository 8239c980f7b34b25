"""What every voice driver must do with people who have answered: prompts, keys, hold, talking, and their ends."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.switchboard import (
    ANSWERS,
    DRIVERS,
    NUMBERS,
    PRESSES_NOTHING,
    START,
    Opens,
    Switchboard,
)

from ringback.kernel.clock import HOUR, SECOND, ManualClock
from ringback.kernel.tenancy import AttemptId
from ringback.telephony.port import Cause, EventKind, LegId, Party, VoiceEvent, leg_id

each_driver = pytest.mark.parametrize("opens", DRIVERS.values(), ids=DRIVERS)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
async def desk(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Switchboard]:
    driver = request.param(tmp_path, clock)
    yield Switchboard(driver, clock)
    await driver.close()


class TestPrompts:
    async def test_are_told_when_they_are_over(self, desk: Switchboard, clock: ManualClock) -> None:
        customer = await desk.answered(await desk.customer())
        begun = clock.now()
        command = await desk.announce(customer, "Thank you. Please hold the line while we connect you.")
        over = await desk.until(customer, EventKind.ANNOUNCED)
        assert over.command == command.id
        assert over.key is over.cause is over.party is None
        assert begun < over.at < begun + 30 * SECOND

    async def test_follow_each_other(self, desk: Switchboard) -> None:
        customer = await desk.answered(await desk.customer())
        for _ in range(2):
            command = await desk.announce(customer)
            await desk.until(customer, EventKind.ANNOUNCED, command)

    async def test_that_are_cut_off_are_not_answered_for_the_next_command(
        self, desk: Switchboard, clock: ManualClock
    ) -> None:
        customer = await desk.answered(await desk.customer())
        await desk.announce(customer, "This is a long story. " * 20)
        last = await desk.announce(customer, "Short.")
        clock.advance(10)
        told = [event for event in await desk.told(customer) if event.kind is EventKind.ANNOUNCED]
        assert told[-1].command == last.id

    async def test_before_the_answer_are_not_told_to_be_over(self, desk: Switchboard) -> None:
        customer = await desk.customer()
        await desk.announce(customer)
        await desk.until(customer, EventKind.ANSWERED)
        assert await desk.kinds(customer) == [EventKind.RINGING, EventKind.ANSWERED]


class TestKeys:
    async def test_are_told_with_the_command_that_asked(self, desk: Switchboard) -> None:
        customer = await desk.answered(await desk.customer())
        command = await desk.collect(customer)
        assert (await desk.until(customer, EventKind.COLLECTED, command)).key == "1"

    async def test_that_do_not_count_are_ignored(self, desk: Switchboard, clock: ManualClock) -> None:
        customer = await desk.answered(await desk.customer())
        begun = clock.now()
        await desk.collect(customer, keys="29", seconds=7)
        collected = await desk.until(customer, EventKind.COLLECTED)
        assert collected.key is None
        assert collected.at >= begun + 7 * SECOND

    async def test_not_pressed_are_told_when_the_time_is_up(self, desk: Switchboard) -> None:
        customer = await desk.answered(await desk.customer(number=PRESSES_NOTHING))
        for _ in range(2):
            command = await desk.collect(customer)
            assert (await desk.until(customer, EventKind.COLLECTED, command)).key is None


class TestTalking:
    async def test_begins_when_bridged_and_ends_once_for_each(self, desk: Switchboard, clock: ManualClock) -> None:
        customer, agent = await desk.conversation()
        bridged = await desk.until(customer, EventKind.BRIDGED)
        assert bridged.at == clock.now()
        assert EventKind.BRIDGED not in await desk.kinds(agent)

        first, last = sorted(
            [await desk.until(customer, EventKind.ENDED), await desk.until(agent, EventKind.ENDED)],
            key=lambda event: event.at,
        )

        assert first.cause is last.cause is Cause.ANSWERED
        assert first.party is (Party.CUSTOMER if first.leg == customer else Party.AGENT)
        clock.advance(86_400)
        for leg in (customer, agent):
            assert (await desk.kinds(leg)).count(EventKind.ENDED) == 1

    async def test_leaves_the_other_there_when_one_hangs_up(self, desk: Switchboard) -> None:
        customer, agent = await desk.conversation()
        await desk.hang_up(agent)
        assert not (await desk.view(agent)).alive
        assert (await desk.view(customer)).alive
        ended = await desk.until(customer, EventKind.ENDED)  # but not for ever
        assert (ended.cause, ended.party) == (Cause.ANSWERED, Party.CUSTOMER)

    async def test_can_go_on_with_another_agent(self, desk: Switchboard) -> None:
        customer, agent = await desk.conversation()
        await desk.hang_up(agent)
        await desk.hold(customer)
        other = leg_id(AttemptId("attempt-1"), Party.AGENT, 2)
        await desk.driver.originate(replace(desk.order(Party.AGENT), leg=other))
        await desk.answered(other)
        command = await desk.bridge(customer, other)
        bridged = await desk.until(customer, EventKind.BRIDGED)
        assert bridged.command == command.id
        assert (await desk.view(other)).bridged_at is not None

    async def test_needs_two_who_have_answered(self, desk: Switchboard, clock: ManualClock) -> None:
        agent = await desk.answered(await desk.agent())
        customer = await desk.customer()
        await desk.bridge(customer, agent)
        await desk.bridge(agent, customer)
        await desk.bridge(agent, agent)
        await desk.bridge(agent, LegId("never.customer1"))
        await desk.until(customer, EventKind.ANSWERED)
        assert EventKind.BRIDGED not in await desk.kinds(agent) + await desk.kinds(customer)

    async def test_ends_for_who_is_put_on_hold(self, desk: Switchboard) -> None:
        customer, agent = await desk.conversation()
        await desk.hold(customer)
        await desk.bridge(customer, agent)
        told = await desk.told(customer)
        assert [event.kind for event in told].count(EventKind.BRIDGED) == 2
        assert (await desk.view(customer)).alive


async def test_nobody_holds_for_ever(desk: Switchboard) -> None:
    customer = await desk.answered(await desk.customer())
    await desk.hold(customer)
    ended = await desk.until(customer, EventKind.ENDED)
    assert (ended.cause, ended.party) == (Cause.ANSWERED, Party.CUSTOMER)


async def test_nobody_bears_silence_for_ever(desk: Switchboard) -> None:
    for leg in (await desk.answered(await desk.customer()), await desk.answered(await desk.agent())):
        assert (await desk.until(leg, EventKind.ENDED)).cause is Cause.ANSWERED


STEPS = st.tuples(
    st.sampled_from(["customer", "agent", "announce", "collect", "hold", "bridge", "hang up", "repeat", "reopen"]),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 90 * SECOND),
)


@each_driver
@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, min_size=1, max_size=25))
async def test_whatever_is_commanded_every_leg_ends_once_and_in_order(
    opens: Opens, steps: list[tuple[str, int, int, int]]
) -> None:
    with TemporaryDirectory() as folder:
        clock = ManualClock(START)
        desk = Switchboard(opens(Path(folder), clock), clock)
        numbers = [ANSWERS, *NUMBERS.values()]
        rung: set[LegId] = set()
        commands = [desk.order(Party.CUSTOMER, "0")]
        for what, one, other, pause in steps:
            clock.advance(pause / SECOND)
            legs = [leg_id(AttemptId(str(n)), party) for n in (one, other) for party in (Party.CUSTOMER, Party.AGENT)]
            match what:
                case "customer":
                    rung.add(await desk.customer(str(one), number=numbers[one]))
                case "agent":
                    rung.add(await desk.agent(str(one), patience=60 + other))
                case "announce":
                    await desk.announce(legs[other % 2])
                case "collect":
                    await desk.collect(legs[other % 2])
                case "hold":
                    await desk.hold(legs[other % 2])
                case "bridge":
                    await desk.bridge(legs[0], legs[3])
                case "hang up":
                    await desk.hang_up(legs[other % 2])
                case "repeat":
                    await desk.driver.originate(commands[0])
                    rung.add(commands[0].leg)
                case "reopen":
                    await desk.driver.close()
                    desk.driver = opens(Path(folder), clock)
        ceased = clock.now()
        clock.advance(86_400)
        told = await desk.told()
        views = {leg: await desk.view(leg) for leg in rung}
        await desk.driver.close()

    assert {event.leg for event in told} == rung
    for leg, view in views.items():
        own = [event for event in told if event.leg == leg]
        assert_one_life(own)
        assert (view.ended_at, view.cause, view.party) == (own[-1].at, own[-1].cause, own[-1].party)
        assert view.ended_at is not None
        assert view.ended_at <= ceased + 2 * HOUR


def assert_one_life(own: list[VoiceEvent]) -> None:
    """A leg's events: rings, is answered once at most, ends once and with a cause, in the order of time."""
    kinds = [event.kind for event in own]
    assert kinds[0] is EventKind.RINGING
    assert kinds[-1] is EventKind.ENDED
    assert kinds.count(EventKind.RINGING) == kinds.count(EventKind.ENDED) == 1
    assert kinds.count(EventKind.ANSWERED) + kinds.count(EventKind.MACHINE) <= 1
    assert kinds.count(EventKind.ACCEPTED) <= 1
    if len(kinds) > 2:
        assert kinds[1] in {EventKind.ANSWERED, EventKind.MACHINE}
    assert [event.at for event in own] == sorted(event.at for event in own)
    assert [event.cause is not None for event in own] == [event.kind is EventKind.ENDED for event in own]
    assert [event.party is not None for event in own] == [event.kind is EventKind.ENDED for event in own]
    asks = {EventKind.ANNOUNCED, EventKind.COLLECTED, EventKind.BRIDGED}
    assert [event.command is not None for event in own] == [event.kind in asks for event in own]
