"""A network that tells anything, in any order, as often as it likes: what always holds of a call."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.calls import BEGUN_AT, ORDER

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import HOUR, SECOND, Instant
from ringback.telephony.flow import (
    MOVES,
    ProgressKind,
    Stage,
    Step,
    begin,
    from_document,
    give_up,
    on_event,
    on_refusal,
    on_time,
    to_document,
)
from ringback.telephony.port import Announce, Bridge, Collect, Command, EventKind, HangUp, Originate, Party, VoiceEvent

KINDS = list(ProgressKind)
EVENTS = list(EventKind)
ANSWERS = {
    Originate: EventKind.ANSWERED,
    Collect: EventKind.COLLECTED,
    Announce: EventKind.ANNOUNCED,
    Bridge: EventKind.BRIDGED,
}
ANSWERING = {EventKind.ANSWERED, EventKind.MACHINE, EventKind.ACCEPTED}
LIMITS_PASSED_AT_MOST = 20
LONGEST = 5 * HOUR


class AnyNetwork:
    """Follows what is commanded and what it tells, and holds the flow against it at each step."""

    def __init__(self, draws: Random, first_party: Party | None = None) -> None:
        self.draws = draws
        self.now = BEGUN_AT
        self.commands, self.progress, self.events = [], [], []
        self.rung, self.answered, self.hung_up, self.ended = [], set(), set(), set()
        self.moves: set[tuple[Stage, Stage]] = set()
        order = replace(
            ORDER,
            first_party=first_party or draws.choice([Party.CUSTOMER, Party.AGENT]),
            agent_destinations=draws.choice([(), ("one",), ("one", "two"), ("one", "two", "three")]),
            agents_accept=draws.random() < 0.3,
        )
        step = begin(order, self.now)
        self.flow = step.flow
        self.moves.add((Stage.NEW, step.flow.stage))
        self.follow(step)

    @property
    def finished(self) -> bool:
        """Whether the attempt's end has been told."""
        return bool(self.progress) and self.progress[-1].kind is ProgressKind.ENDED

    def goes_wild(self) -> None:
        """Something happens."""
        self.now = Instant(self.now + self.draws.randint(0, 3 * SECOND))
        happenings = [
            (60, self.the_call_goes_on),
            (6, self.an_old_command_is_answered),
            (6, self.somebody_hangs_up),
            (12, self.anything_is_told),
            (6, self.something_is_told_again),
            (6, self.time_is_up),
            (3, self.time_passes),
            (6, self.a_command_is_refused),
            (1, self.we_give_up),
        ]
        weights, doors = zip(*happenings, strict=True)
        self.draws.choices(doors, weights)[0]()

    def the_call_goes_on(self) -> None:
        self.answer(
            [each for each in self.commands if type(each) in ANSWERS][-1], self.draws.choice([*"1111279", None])
        )

    def an_old_command_is_answered(self) -> None:
        self.answer(self.draws.choice([each for each in self.commands if type(each) in ANSWERS]), "1")

    def answer(self, command: Command, key: str | None) -> None:
        kind = ANSWERS[type(command)]
        self.happens(VoiceEvent("e", command.leg, self.now, kind, command.id, key))

    def somebody_hangs_up(self) -> None:
        self.happens(self.any_event(self.draws.choice(self.rung), EventKind.ENDED))

    def anything_is_told(self) -> None:
        event = self.any_event(self.draws.choice([*self.rung, "nobody.customer1"]), self.draws.choice(EVENTS))
        self.happens(event, self.draws.choice([None, self.now]))

    def any_event(self, leg: str, kind: EventKind) -> VoiceEvent:
        draws = self.draws
        return VoiceEvent(
            event_id="e",
            leg=leg,
            at=Instant(self.now + draws.choice([0, -HOUR, HOUR])),
            kind=kind,
            command=draws.choice([*(each.id for each in self.commands), "nobody.1", None]),
            key=draws.choice([*"0123456789*", "", None, "12"]),
            cause=draws.choice([*Cause, None]),
            party=draws.choice([*Party, None]),
        )

    def something_is_told_again(self) -> None:
        if self.events:
            assert on_event(self.flow, self.draws.choice(self.events), self.now).ignored

    def time_passes(self) -> None:
        self.now = Instant(self.now + self.draws.randint(0, HOUR))
        self.take(on_time(self.flow, self.now))

    def time_is_up(self) -> None:
        if self.flow.wake_at is not None:
            assert on_time(self.flow, Instant(self.flow.wake_at - 1)).ignored
            self.now = max(self.now, self.flow.wake_at)
            step = on_time(self.flow, self.now)
            assert not step.ignored
            self.take(step)

    def a_command_is_refused(self) -> None:
        command = self.draws.choice(self.commands)
        step = on_refusal(self.flow, command, self.draws.choice(list(Cause)), self.now)
        if isinstance(command, Originate) and not step.ignored:
            self.ended.add(command.leg)
        self.take(step)

    def we_give_up(self) -> None:
        self.take(give_up(self.flow, self.now))

    def happens(self, event: VoiceEvent, now: Instant | None = None) -> None:
        step = on_event(self.flow, event, now)
        if not step.ignored:
            self.events.append(event)
            if event.kind in ANSWERING:
                self.answered.add(event.leg)
            if event.kind is EventKind.ENDED:
                assert event.leg not in self.ended
                self.ended.add(event.leg)
        self.take(step)

    def take(self, step: Step) -> None:
        if step.ignored:
            assert (step.flow, step.commands, step.progress) == (self.flow, (), ())
            return
        assert not self.flow.over
        assert step.flow != self.flow
        self.moves.add((self.flow.stage, step.flow.stage))
        self.flow = step.flow
        self.follow(step)
        self.always()

    def follow(self, step: Step) -> None:
        for command in step.commands:
            assert command.id not in {each.id for each in self.commands}
            self.obeys(command)
            self.commands.append(command)
        for each in step.progress:
            last = self.progress[-1] if self.progress else None
            assert last is None or (KINDS.index(each.kind) > KINDS.index(last.kind) and each.at >= last.at)
            assert each.at >= BEGUN_AT
            assert (each.cause is not None, each.party is not None) == (each.kind is ProgressKind.ENDED,) * 2
            if each.wish:
                assert (each.cause, each.party) == (Cause.CANCELED, Party.CUSTOMER)
            self.progress.append(each)

    def obeys(self, command: Command) -> None:
        """A command that makes sense: of a leg that was rung, and is there if it is to hear something."""
        if isinstance(command, Originate):
            assert command.leg not in self.rung
            assert not self.finished
            self.rung.append(command.leg)
        elif isinstance(command, HangUp):
            assert command.leg in set(self.rung) - self.ended
            self.hung_up.add(command.leg)
        else:
            assert not self.finished
            ends = [command.leg, command.other] if isinstance(command, Bridge) else [command.leg]
            assert len(set(ends)) == len(ends)
            assert set(ends) <= self.answered - self.ended - self.hung_up

    def always(self) -> None:
        gone = self.hung_up | self.ended
        for party in (Party.CUSTOMER, Party.AGENT):
            assert sum(f".{party}" in leg for leg in self.rung if leg not in gone) <= 1
        assert (self.flow.wake_at is None) == self.flow.over
        assert self.finished == (self.flow.stage in {Stage.HANGING_UP, Stage.OVER})
        assert not self.finished or gone == set(self.rung)
        assert from_document(to_document(self.flow)) == self.flow


@settings(max_examples=1000)
@given(st.integers(0, 2**32))
def test_what_always_holds(seed):
    network = AnyNetwork(Random(seed))
    for _ in range(25):
        network.goes_wild()
    since, limits = network.now, 0
    while network.flow.wake_at is not None:
        network.time_is_up()
        limits += 1
    assert limits <= LIMITS_PASSED_AT_MOST
    assert network.now - since <= LONGEST
    assert [each.kind for each in network.progress].count(ProgressKind.ENDED) == 1
    assert network.hung_up | network.ended == set(network.rung)
    for happens in (network.anything_is_told, network.a_command_is_refused, network.we_give_up):
        before = network.flow
        happens()
        assert network.flow is before


@pytest.mark.parametrize("first_party", [Party.CUSTOMER, Party.AGENT])
def test_every_move_of_the_table_can_happen(first_party):
    """And no other does; but an end with nobody left to hang up passes through hanging up at once."""
    seen = set()
    for seed in range(1500):
        network = AnyNetwork(Random(seed), first_party)
        while not network.flow.over:
            network.goes_wild()
        for origin, target in network.moves:
            at_once = target is Stage.OVER and origin is not Stage.HANGING_UP
            seen |= {(origin, Stage.HANGING_UP), (Stage.HANGING_UP, target)} if at_once else {(origin, target)}
    legal = {(origin, target) for origin, targets in MOVES[first_party].items() for target in targets}
    stays = {(stage, stage) for stage in Stage}  # something happened that did not move it
    assert seen - stays == legal - stays
