"""Whatever customers, workers, the network, the clock and the person who configures may do, in any order.

The promises are those of the design: never two live attempts of one callback, never a call after a cancel, nobody
overtaken, every accepted request ends, and so does every leg. What is known at every moment is in ``truths.py``; what
is known of the steps, from before and after each, in ``promises.py``; how it is all done in ``centre.py``.
"""

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.stateful import promises, truths
from tests.stateful.centre import (
    ALWAYS,
    HANDLING,
    HOURS,
    MAX_ATTEMPTS,
    NUMBERS,
    SLOT_CAPACITY,
    STARTS,
    STEPS,
    TARGETS,
    Centre,
)
from tests.stateful.networks import Network, Turn
from tests.stateful.workers import LEASE_SECONDS, Answer, Telling

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import LIVE_CALL, Cause, State
from ringback.kernel.clock import ManualClock, after, from_datetime
from ringback.kernel.tenancy import AttemptId, CallbackId
from ringback.telephony.port import CommandId, EventKind, LegId, Party, VoiceEvent

SWITCHES: tuple[dict[str, Any], ...] = (
    {"register_callbacks": True, "process_callbacks": True, "max_requested_callbacks": None},
    {"register_callbacks": False},
    {"process_callbacks": False},
    {"process_callbacks": True},
    {"max_requested_callbacks": 2},
)
SETTINGS: tuple[dict[str, Any], ...] = (
    *({"hours": {"weekly": hours}} for hours in HOURS.values()),
    {"pacing": {"max_queue_depth": 1, "calls_per_second": 100}},
    {"pacing": {"max_queue_depth": 3, "calls_per_second": 1}},
    {"pacing": {"max_queue_depth": 2, "calls_per_second": 0.1}},
)

_SOON = (1, 5, 10, 20, 45, LEASE_SECONDS, 120, 600)
_MOST_ROUNDS = 2000

numbers = st.sampled_from(NUMBERS)
lines = st.sampled_from(TARGETS)
some = st.integers(0, 9)


class CallbacksMachine(RuleBasedStateMachine):
    """A contact centre in every kind of trouble.

    ``new_database`` gives the address of an empty database, ``new_network`` a network with so many agents.
    """

    def __init__(
        self,
        new_database: Callable[[], str],
        new_network: Callable[[ManualClock, Path, int | None], Network],
    ) -> None:
        super().__init__()
        self.centre = Centre(new_database())
        self.new_network = new_network
        self.untouched = False

    @initialize(
        start=st.sampled_from(STARTS),
        agents=st.sampled_from((None, 1, 3)),
        hours=st.sampled_from(tuple(HOURS)),
        billing_rule=st.sampled_from(("refuse", "keep")),
        sales_rule=st.sampled_from(("replace", "allow")),
        depth=st.integers(1, 3),
    )
    def begin(
        self, start: datetime, agents: int | None, hours: str, billing_rule: str, sales_rule: str, depth: int
    ) -> None:
        centre = self.centre
        centre.clock.turn_to(from_datetime(start))
        centre.open(self.new_network(centre.clock, centre.folder, agents), hours, billing_rule, sales_rule, depth)
        self.before = centre.look()

    # Customers

    @rule(number=numbers, line=lines)
    def asks(self, number: str, line: str) -> None:
        self.centre.ask(number, line, None)

    @rule(line=lines)
    def many_ask(self, line: str) -> None:
        for number in NUMBERS:
            self.centre.ask(number, line, None)

    @rule(number=numbers, line=lines, which=some)
    def books(self, number: str, line: str, which: int) -> None:
        free = self.centre.slots(line)
        if free:
            self.centre.ask(number, line, free[which % len(free)])

    @rule(line=lines, which=some)
    def many_book(self, line: str, which: int) -> None:
        for slot in self.centre.slots(line)[which % 3 :][:1]:
            for number in NUMBERS:
                self.centre.ask(number, line, slot)

    @rule(number=numbers, line=lines, seconds=st.sampled_from((-3600, 0, 421, 30 * 86_400)))
    def books_what_is_not_offered(self, number: str, line: str, seconds: int) -> None:
        count = len(self.centre.asked)
        self.centre.ask(number, line, after(self.centre.clock.now(), seconds))
        assert len(self.centre.asked) == count, "an appointment was taken at a time that is not offered"

    @rule(number=numbers)
    def cancels_by_number(self, number: str) -> None:
        self.centre.cancel_by_number(number, self.before)

    @precondition(lambda self: self.centre.asked)
    @rule(which=some)
    def cancels_one(self, which: int) -> None:
        """By a page that has been open since it was asked for."""
        centre = self.centre
        key = list(centre.asked)[which % len(centre.asked)]
        seen, now = centre.first_seen[key], centre.clock.now()
        centre.note_canceled(centre.write(callbacks.cancel, seen, by="customer", now=now))

    @precondition(lambda self: self.before.live())
    @rule(which=some, to=some)
    def moves(self, which: int, to: int) -> None:
        live = self.before.live()
        key = CallbackId(live[which % len(live)]["id"])
        free = self.centre.slots(self.centre.asked[key].target)
        if free:
            self.untouched = not self.centre.move(key, free[to % len(free)])

    # People who handle callbacks

    @precondition(lambda self: self.before.live())
    @rule(which=some, what=st.sampled_from(tuple(HANDLING)))
    def somebody_handles(self, which: int, what: str) -> None:
        live = self.before.live()
        key = CallbackId(live[which % len(live)]["id"])
        waits, place = key in {row["id"] for row in self.before.waiting()}, self.before.callbacks[key]["call_target_id"]
        (done,) = self.centre.together(self.centre.handle(key, what))
        self.untouched = not done
        blocked = self.before.callbacks[key]["contact_number"] in {*self.centre.blocked, *self.before.never_call}
        expected = self.before.callbacks[key]["state"] == State.DIALING if what == "stop" else waits
        if what != "move to asap" and not (what == "call now" and blocked):
            assert done == expected, f"{what}: {self.before.callbacks[key]}"
        if done and what == "call now":
            others = [
                (row["order_at"], row["id"])
                for row in self.before.waiting()
                if row["call_target_id"] == place and row["id"] != key
            ]
            assert (self.centre.asked[key].order_at, key) < min(others, default=(self.centre.clock.now() + 1, ""))

    @precondition(lambda self: self.before.live())
    @rule(which=some, what=st.sampled_from(tuple(HANDLING)), who=st.integers(0, 1), step=st.sampled_from(STEPS))
    def somebody_handles_what_is_worked_on(self, which: int, what: str, who: int, step: str) -> None:
        """In the same moment."""
        live = self.before.live()
        key = CallbackId(live[which % len(live)]["id"])
        self.centre.together(getattr(self.centre.workers[who].dispatcher, step)(), self.centre.handle(key, what))

    # Time

    @rule(seconds=st.sampled_from(_SOON))
    def some_time_passes(self, seconds: int) -> None:
        self.centre.clock.advance(seconds)

    @rule(hours=st.integers(1, 30))
    def hours_pass(self, hours: int) -> None:
        self.centre.clock.advance(hours * 3600)

    @rule(seconds=st.sampled_from((-30, 0)))
    def it_opens_or_closes(self, seconds: int) -> None:
        clock = self.centre.clock
        target = self.centre.configuration.call_targets[self.centre.ids["billing"]]
        change = target.calendar.next_change(clock.now())
        if change is not None:
            clock.turn_to(max(clock.now(), after(change, seconds)))

    @precondition(lambda self: self.before.waiting())
    @rule()
    def the_next_comes_due(self) -> None:
        clock = self.centre.clock
        coming = [row["due_at"] for row in self.before.waiting() if row["due_at"] > clock.now()]
        if coming:
            clock.turn_to(min(coming))

    # Workers

    @rule(who=st.integers(0, 1), step=st.sampled_from(STEPS))
    def works(self, who: int, step: str) -> None:
        self.centre.together(getattr(self.centre.workers[who].dispatcher, step)())

    @rule(who=st.integers(0, 1), order=st.permutations(STEPS))
    def works_round(self, who: int, order: list[str]) -> None:
        self.centre.work_round(who, order)

    @rule(
        who=st.integers(0, 1),
        seconds=st.sampled_from(_SOON),
        turns=st.lists(st.sampled_from(Turn), min_size=2, max_size=5),
    )
    def a_while_is_worked(self, who: int, seconds: int, turns: list[Turn]) -> None:
        for turn in turns:
            self.centre.work_round(who, STEPS)
            self.all_is_well()
            self.centre.network.go_on(0, turn)
            self.centre.clock.advance(seconds)

    @rule(who=st.integers(0, 1), turns=st.lists(st.sampled_from(Turn), max_size=3), rounds=st.integers(3, 8))
    def somebody_gets_through(self, who: int, turns: list[Turn], rounds: int) -> None:
        """As far as that takes so many rounds, and then something else happens."""
        for turn in [*[Turn.GOES_WELL] * rounds, *turns]:
            self.centre.work_round(who, STEPS)
            self.all_is_well()
            for which in range(2):
                self.centre.network.go_on(which, turn)
            self.centre.clock.advance(3)

    @rule(one=st.sampled_from(STEPS), other=st.sampled_from(STEPS), number=st.none() | numbers)
    def work_at_once(self, one: str, other: str, number: str | None) -> None:
        """And perhaps a customer cancels in the same moment."""
        centre, cancel = self.centre, list[Awaitable[Any]]()
        if number:
            now = centre.clock.now()
            cancel.append(centre.db.write(callbacks.cancel_by_number, centre.org, number, by="customer", now=now))
        first, second = centre.workers
        *_, answer = centre.together(getattr(first.dispatcher, one)(), getattr(second.dispatcher, other)(), *cancel)
        if number:
            centre.note_canceled(answer)

    @rule(who=st.integers(0, 1), step=st.sampled_from(STEPS), words=st.integers(1, 9))
    def dies_at_work(self, who: int, step: str, words: int) -> None:
        """After so many words to database and network; one like it takes its seat."""
        worker = self.centre.workers[who]
        worker.process.words_left = words
        self.centre.together(getattr(worker.dispatcher, step)())
        self.centre.workers[who] = self.centre.new_worker()

    @rule(line=lines, number=numbers, change=st.sampled_from((*SWITCHES, *SETTINGS)), later=st.integers(0, 12))
    def dies_between_claim_and_call(self, line: str, number: str, change: dict[str, Any], later: int) -> None:
        """And when its lease is over and another looks after the call, the world is not what it was."""
        self.centre.ask(number, line, None)
        self.all_is_well()
        self.dies_at_work(0, "release", 1)
        self.all_is_well()
        self.centre.configure(line, **change)
        self.centre.clock.advance(LEASE_SECONDS + later * 3600)
        self.works(1, "wake")

    @rule()
    def everything_restarts(self) -> None:
        self.centre.restart()

    # The network

    @rule(which=some, turn=st.sampled_from(Turn))
    def a_call_goes_on(self, which: int, turn: Turn) -> None:
        self.centre.network.go_on(which, turn)

    @rule(answers=st.lists(st.sampled_from(Answer), min_size=1, max_size=3))
    def the_network_will_answer(self, answers: list[Answer]) -> None:
        self.centre.weather.answers.extend(answers)

    @rule(telling=st.sampled_from(Telling))
    def the_network_tells(self, telling: Telling) -> None:
        self.centre.weather.telling = telling

    @rule(steps=st.integers(1, 3))
    def the_network_is_away(self, steps: int) -> None:
        self.centre.weather.away_for = steps

    @rule(kind=st.sampled_from(EventKind), party=st.sampled_from((Party.CUSTOMER, Party.AGENT)), which=some)
    def the_network_tells_what_is_not_so(self, kind: EventKind, party: Party, which: int) -> None:
        """Of a call that nobody made, or again of one that has ended, best while its callback is called once more."""
        now = self.centre.clock.now()
        over = [
            attempt for attempts in self.before.attempts.values() for attempt in attempts if attempt["flow"] is None
        ]
        called_again = [one for one in over if self.before.callbacks[one["callback_id"]]["state"] in LIVE_CALL]
        known = [AttemptId(one["id"]) for one in called_again or over]
        attempt_id = [*known, AttemptId("never was")][which % (len(known) + 1)]
        end = (Cause.BUSY, Party.CUSTOMER) if kind is EventKind.ENDED else (None, None)
        event = VoiceEvent(
            f"forged:{now}:{attempt_id}:{kind}",
            LegId(f"{attempt_id}.{party}1"),
            now,
            kind,
            CommandId(f"{attempt_id}.2"),
            "1",
            *end,
        )
        self.centre.weather.told_again.append(event)

    # Configuration

    @rule(line=lines, change=st.sampled_from(SWITCHES))
    def is_switched(self, line: str, change: dict[str, Any]) -> None:
        self.centre.configure(line, **change)

    @rule(line=lines, change=st.sampled_from(SETTINGS))
    def is_configured(self, line: str, change: dict[str, Any]) -> None:
        self.centre.configure(line, **change)

    @rule(number=numbers)
    def a_number_is_blocked_or_no_more(self, number: str) -> None:
        self.centre.blocked = [one for one in self.centre.blocked if one != number] or [number]
        self.centre.apply()

    # What must hold

    @invariant()
    def all_is_well(self) -> None:
        centre = self.centre
        rung = centre.network.rung()
        facts = centre.look()
        truths.check(facts, rung, slot_capacity=SLOT_CAPACITY, max_attempts=MAX_ATTEMPTS, owners=centre.owners)
        truths.check_change(self.before, facts)
        promises.check(centre, self.before, facts)
        if self.untouched:
            assert facts.callbacks == self.before.callbacks, "a refusal changed something"
            assert facts.taken == {**dict.fromkeys(facts.taken, 0), **self.before.taken}, "a refusal took a place"
        for worker in centre.workers:
            assert set(worker.told.failed) <= {"dial", "act"}, worker.told.failed
        self.before = facts
        centre.canceled |= centre.stopped
        centre.hurried_ever |= centre.hurried
        centre.stopped, centre.hurried = set(), set()
        centre.commands = []
        self.untouched = False

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and hasattr(self, "before"):
                self._every_request_ends()
        finally:
            self.centre.close()

    def _every_request_ends(self) -> None:
        centre = self.centre
        centre.weather.clears_up()
        if hasattr(centre.network, "agents"):
            centre.network.agents = 3
        for target in TARGETS:
            centre.settings[target] |= {"hours": {"weekly": ALWAYS}, "process_callbacks": True}
            centre.settings[target]["pacing"] = {"max_queue_depth": 5, "calls_per_second": 100}
        centre.apply()
        for _ in range(_MOST_ROUNDS):
            centre.work_round(0, STEPS)
            self.all_is_well()
            if not self.before.live() and not self.before.under_way():
                break
            centre.network.settle()
            centre.clock.turn_to(centre.next_instant(self.before))
        truths.check_over(self.before, centre.network.rung())
