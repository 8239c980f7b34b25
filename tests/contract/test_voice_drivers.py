"""What every voice driver must do with a leg. A new driver is one more line in ``DRIVERS`` of the switchboard."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.switchboard import BILLING, DRIVERS, NUMBERS, START, Opens, Switchboard

from ringback.kernel.clock import DAY, MINUTE, Instant, ManualClock
from ringback.telephony.port import (
    Capability,
    Cause,
    EventKind,
    LegId,
    LegView,
    Party,
    VoiceEvent,
)

NEVER = LegId("never.customer1")

each_driver = pytest.mark.parametrize("opens", DRIVERS.values(), ids=DRIVERS)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
async def desk(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Switchboard]:
    driver = request.param(tmp_path, clock)
    yield Switchboard(driver, clock)
    await driver.close()


def test_has_a_name_and_known_capabilities(desk: Switchboard) -> None:
    assert desk.driver.name
    assert desk.driver.capabilities <= set(Capability)


class TestRinging:
    async def test_a_customer_rings_and_answers(self, desk: Switchboard) -> None:
        customer = await desk.customer()
        answered = await desk.until(customer, EventKind.ANSWERED)

        ringing, _ = await desk.told(customer)

        assert ringing == VoiceEvent(ringing.event_id, customer, START, EventKind.RINGING)
        assert answered == VoiceEvent(answered.event_id, customer, answered.at, EventKind.ANSWERED)
        assert START < answered.at <= START + MINUTE

    async def test_an_agent_takes_the_call_and_accepts(self, desk: Switchboard) -> None:
        agent = await desk.agent()
        await desk.answered(agent)
        kinds = await desk.kinds(agent)
        assert kinds[:2] == [EventKind.RINGING, EventKind.ANSWERED]
        assert (EventKind.ACCEPTED in kinds) == (Capability.AGENTS_ACCEPT in desk.driver.capabilities)

    @pytest.mark.parametrize("cause", [cause for cause in NUMBERS if cause not in {Cause.ANSWERED, Cause.MACHINE}])
    async def test_whoever_is_not_reached_ends_with_the_cause(self, desk: Switchboard, cause: Cause) -> None:
        customer = await desk.customer(number=NUMBERS[cause])
        ended = await desk.until(customer, EventKind.ENDED)
        assert await desk.kinds(customer) == [EventKind.RINGING, EventKind.ENDED]
        assert ended.cause is cause
        by_network = cause in {Cause.INVALID_NUMBER, Cause.CONGESTION, Cause.FAILED}
        assert ended.party is (Party.NETWORK if by_network else Party.CUSTOMER)
        assert ended.command is ended.key is None

    async def test_a_machine_is_told_from_a_person(self, desk: Switchboard) -> None:
        customer = await desk.customer(number=NUMBERS[Cause.MACHINE])
        if Capability.DETECTS_MACHINES not in desk.driver.capabilities:
            await desk.until(customer, EventKind.ANSWERED)
            return
        await desk.until(customer, EventKind.MACHINE)
        assert (await desk.view(customer)).machine
        await desk.hang_up(customer)
        assert await desk.kinds(customer) == [EventKind.RINGING, EventKind.MACHINE, EventKind.ENDED]
        assert (await desk.told(customer))[-1].cause is Cause.MACHINE

    async def test_it_rings_no_longer_than_it_may(self, desk: Switchboard) -> None:
        order = desk.order(number=NUMBERS[Cause.NO_ANSWER], timeout=17)
        await desk.driver.originate(order)
        ended = await desk.until(order.leg, EventKind.ENDED)
        assert ended.at == START + 17_000_000

    async def test_agents_are_waited_for_no_longer_than_they_may(self, desk: Switchboard) -> None:
        for attempt in "abc":
            await desk.agent(attempt, patience=20)
        waiting = LegId("c.agent1")
        ended = await desk.until(waiting, EventKind.ENDED)
        assert await desk.kinds(waiting) == [EventKind.RINGING, EventKind.ENDED]
        assert (ended.cause, ended.party, ended.at) == (Cause.NO_ANSWER, Party.AGENT, START + 20_000_000)

    async def test_a_place_further_ahead_is_served_first(self, desk: Switchboard) -> None:
        for attempt in "ab":
            await desk.answered(await desk.agent(attempt))
        late = await desk.agent("late", place=START)
        early = await desk.agent("early", place=Instant(START - MINUTE))

        await desk.hang_up(LegId("a.agent1"))
        await desk.until(early, EventKind.ANSWERED)
        assert EventKind.ANSWERED not in await desk.kinds(late)

        await desk.hang_up(LegId("b.agent1"))
        await desk.until(late, EventKind.ANSWERED)


class TestIdempotency:
    async def test_originating_twice_rings_once(self, desk: Switchboard, clock: ManualClock) -> None:
        order = desk.order()
        await desk.driver.originate(order)
        await desk.driver.originate(order)
        clock.advance(3)
        await desk.driver.originate(replace(order, destination="+15559990001"))
        await desk.until(order.leg, EventKind.ANSWERED)
        assert await desk.kinds(order.leg) == [EventKind.RINGING, EventKind.ANSWERED]

    async def test_another_command_for_a_leg_that_was_heard_of_rings_nobody(
        self, desk: Switchboard, clock: ManualClock
    ) -> None:
        customer = await desk.customer()
        await desk.hang_up(customer)
        before = await desk.view(customer)
        await desk.told()

        await desk.customer()
        clock.advance(86_400)

        assert await desk.kinds(customer) == [EventKind.RINGING, EventKind.ENDED]
        assert await desk.view(customer) == before

    async def test_a_prompt_repeated_is_heard_once(self, desk: Switchboard, clock: ManualClock) -> None:
        customer = await desk.answered(await desk.customer())
        command = await desk.collect(customer)
        clock.advance(0.5)
        await desk.driver.collect(command)
        await desk.until(customer, EventKind.COLLECTED)
        await desk.driver.collect(command)
        clock.advance(60)
        told = [event for event in await desk.told(customer) if event.command == command.id]
        assert [event.kind for event in told] == [EventKind.COLLECTED]

    async def test_a_repetition_does_not_undo_what_came_after(self, desk: Switchboard) -> None:
        customer, agent = await desk.conversation()
        hold = await desk.hold(customer)
        bridge = await desk.bridge(customer, agent)
        await desk.driver.hold(hold)
        await desk.driver.bridge(bridge)
        ended = await desk.until(customer, EventKind.BRIDGED)
        assert ended.command == bridge.id
        told = [event.command for event in await desk.told(customer) if event.kind is EventKind.BRIDGED]
        assert told.count(bridge.id) == 1


class TestHangingUp:
    async def test_before_the_answer_cancels(self, desk: Switchboard, clock: ManualClock) -> None:
        customer = await desk.customer()
        await desk.hang_up(customer)
        clock.advance(60)
        ringing, ended = await desk.told(customer)
        assert ringing.kind is EventKind.RINGING
        assert (ended.kind, ended.cause, ended.party) == (EventKind.ENDED, Cause.CANCELED, Party.RINGBACK)
        assert ended.at == START

    async def test_in_the_agents_queue_cancels(self, desk: Switchboard) -> None:
        for attempt in "ab":
            await desk.answered(await desk.agent(attempt))
        waiting = await desk.agent("c")
        await desk.hang_up(waiting)
        ended = (await desk.told(waiting))[-1]
        assert (ended.kind, ended.cause, ended.party) == (EventKind.ENDED, Cause.CANCELED, Party.RINGBACK)

    @pytest.mark.parametrize("stage", ["silence", "prompt", "question", "hold"])
    async def test_after_the_answer_ends_as_answered(self, desk: Switchboard, stage: str, clock: ManualClock) -> None:
        customer = await desk.answered(await desk.customer())
        if stage == "prompt":
            await desk.announce(customer)
        elif stage == "question":
            await desk.collect(customer)
        elif stage == "hold":
            await desk.hold(customer)
        await desk.hang_up(customer)
        clock.advance(86_400)
        told = await desk.told(customer)
        assert [event.kind for event in told] == [EventKind.RINGING, EventKind.ANSWERED, EventKind.ENDED]
        assert (told[-1].cause, told[-1].party) == (Cause.ANSWERED, Party.RINGBACK)

    async def test_frees_the_agent(self, desk: Switchboard) -> None:
        for attempt in "ab":
            await desk.answered(await desk.agent(attempt))
        waiting = await desk.agent("c")
        await desk.hang_up(LegId("a.agent1"))
        await desk.until(waiting, EventKind.ANSWERED)

    async def test_the_unknown_is_harmless(self, desk: Switchboard) -> None:
        await desk.hang_up(NEVER)
        await desk.hold(NEVER)
        await desk.bridge(NEVER, NEVER)
        assert await desk.driver.look_up(NEVER) is None
        assert await desk.told() == []

    async def test_nothing_touches_a_leg_that_ended(self, desk: Switchboard, clock: ManualClock) -> None:
        customer = await desk.answered(await desk.customer())
        agent = await desk.answered(await desk.agent())
        await desk.hang_up(customer)
        before = await desk.view(customer)

        await desk.announce(customer)
        await desk.collect(customer)
        await desk.hold(customer)
        await desk.bridge(customer, agent)
        await desk.bridge(agent, customer)
        await desk.hang_up(customer)
        clock.advance(60)

        assert await desk.view(customer) == before
        assert await desk.kinds(customer) == [EventKind.RINGING, EventKind.ANSWERED, EventKind.ENDED]
        assert EventKind.BRIDGED not in await desk.kinds(agent)


class TestTelling:
    async def test_events_come_until_acknowledged(self, desk: Switchboard, clock: ManualClock) -> None:
        customer = await desk.customer()
        ringing = await desk.driver.events()
        assert {event.kind for event in ringing} == {EventKind.RINGING}
        assert {event.event_id for event in await desk.driver.events()} == {event.event_id for event in ringing}
        clock.advance(30)
        await desk.driver.acknowledge(ringing)
        assert EventKind.ANSWERED in await desk.kinds(customer)
        assert await desk.driver.events() == []

    async def test_acknowledging_the_unknown_twice_or_nothing_is_harmless(self, desk: Switchboard) -> None:
        stranger = VoiceEvent("unknown", NEVER, START, EventKind.RINGING)
        await desk.driver.acknowledge([])
        await desk.driver.acknowledge([stranger, stranger])
        assert await desk.driver.events() == []

    async def test_looking_up_follows_the_events(self, desk: Switchboard) -> None:
        customer, agent = await desk.conversation()
        await desk.until(customer, EventKind.BRIDGED)
        for leg in (customer, agent):
            view = await desk.view(leg)
            assert view.alive
            assert view.bridged_at is not None
            assert view.ended_at is view.cause is view.party is None
            await desk.hang_up(leg)
            at = {event.kind: event for event in await desk.told(leg)}
            accepted = at.get(EventKind.ACCEPTED)
            assert await desk.view(leg) == LegView(
                leg=leg,
                ringing_at=at[EventKind.RINGING].at,
                answered_at=at[EventKind.ANSWERED].at,
                accepted_at=accepted and accepted.at,
                bridged_at=view.bridged_at,
                ended_at=at[EventKind.ENDED].at,
                cause=at[EventKind.ENDED].cause,
                party=at[EventKind.ENDED].party,
            )

    async def test_looking_up_what_was_never_made(self, desk: Switchboard) -> None:
        assert await desk.driver.look_up(NEVER) is None

    async def test_says_to_look_now_while_events_wait(self, desk: Switchboard, clock: ManualClock) -> None:
        await desk.customer()
        look_at = await desk.driver.next_event_at()
        assert look_at is None or look_at <= clock.now()

    async def test_event_ids_are_of_their_own(self, desk: Switchboard) -> None:
        await desk.conversation("a")
        await desk.conversation("b")
        told = await desk.told()
        assert len({event.event_id for event in told}) == len({(event.leg, event.kind) for event in told})


class TestFigures:
    async def test_of_the_queue(self, desk: Switchboard, clock: ManualClock) -> None:
        if Capability.QUEUE_STATS not in desk.driver.capabilities:
            assert await desk.driver.queue_stats(BILLING) is None
            return
        for attempt in "abc":
            await desk.agent(attempt)
        clock.advance(5)
        stats = await desk.driver.queue_stats(BILLING)
        assert stats is not None
        assert (stats.at, stats.agents_staffed, stats.agents_available) == (clock.now(), 2, 0)
        assert stats.calls_waiting in {0, None}, "our own calls are no callers on hold"


@each_driver
async def test_calls_go_on_while_nobody_looks(opens: Opens, tmp_path: Path, clock: ManualClock) -> None:
    driver = opens(tmp_path, clock)
    customer, agent = await Switchboard(driver, clock).conversation()
    await driver.close()
    clock.advance(86_400)
    driver = opens(tmp_path, clock)

    desk = Switchboard(driver, clock)
    told = [event for leg in (customer, agent) for event in await desk.told(leg) if event.kind is EventKind.ENDED]
    await driver.close()

    assert {event.leg for event in told} == {customer, agent}
    assert all(event.at < START + DAY for event in told)


@each_driver
async def test_what_was_heard_is_known_after_reopening(opens: Opens, tmp_path: Path, clock: ManualClock) -> None:
    """Every command once before and once after each reopening."""
    driver = opens(tmp_path, clock)
    desk = Switchboard(driver, clock)
    orders = [desk.order(Party.CUSTOMER), desk.order(Party.AGENT)]
    for _ in range(3):
        for order in orders:
            await desk.driver.originate(order)
        clock.advance(10)
        await desk.driver.close()
        desk.driver = opens(tmp_path, clock)
    greeting = await desk.collect(orders[0].leg)
    await desk.driver.close()
    desk.driver = opens(tmp_path, clock)
    await desk.driver.collect(greeting)
    await desk.until(orders[0].leg, EventKind.COLLECTED)
    kinds = await desk.kinds(orders[0].leg)
    await desk.driver.close()
    assert kinds == [EventKind.RINGING, EventKind.ANSWERED, EventKind.COLLECTED]
