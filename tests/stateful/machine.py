"""Whatever customers, workers, the network, the clock and the person who configures may do, in any order.

The promises are those of the design: never two live attempts of one callback, never a call after a cancel, nobody
overtaken, and every accepted request ends. What is known at every moment is in ``truths.py``; what is known of the
steps, from before and after each, is here.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.stateful import truths
from tests.stateful.networks import Network, Turn
from tests.stateful.truths import Facts, Values
from tests.stateful.workers import LEASE_SECONDS, Answer, Died, Line, Telling, Weather, Worker

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import LIVE_CALL, State
from ringback.callbacks.model import CancelStatus, Requested, Wish
from ringback.configuration import service as configurations
from ringback.configuration.apply import apply_file
from ringback.configuration.file import ConfigurationFile, OrganizationDocument
from ringback.configuration.model import Configuration
from ringback.db.database import Database, open_database
from ringback.db.tx import Tx
from ringback.kernel import errors
from ringback.kernel.clock import DAY, SECOND, Instant, ManualClock, after, from_datetime, to_datetime
from ringback.kernel.phone import read_number
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, WidgetId
from ringback.offers import slots
from ringback.telephony import port
from ringback.telephony.port import Call, Cause, EventKind, Party, VoiceEvent

ZONE = ZoneInfo("America/New_York")

ALWAYS = "always"
OFFICE = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ["09:00-17:00"])
NIGHTS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ["22:00-03:30"])
"""Open when the clocks are changed."""
HOURS = {"always": ALWAYS, "office": OFFICE, "nights": NIGHTS}

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

STARTS = (
    datetime(2026, 3, 2, 15, tzinfo=UTC),
    datetime(2026, 3, 7, 23, 30, tzinfo=ZONE),  # the clocks go forward at 2:00
    datetime(2026, 11, 1, 0, 30, tzinfo=ZONE),  # they go back at 2:00
)

NUMBERS = ("+12015550100", "+12015550101", "+12015550001", "+12015550002", "+12015550007")
"""To the simulator the first two answer; of the others one is busy, one is not there, and one hangs up waiting."""

TARGETS = ("billing", "sales")
STEPS = ("follow", "reconcile", "release")

SLOT_CAPACITY = 2
MAX_ATTEMPTS = 3
CALLS_PER_DAY = 4
MINIMUM_DELAY = {"billing": 0, "sales": 30}

_SOON = (1, 5, 10, 20, 45, LEASE_SECONDS, 120, 600)
_MOST_ROUNDS = 400

numbers = st.sampled_from(NUMBERS)
lines = st.sampled_from(TARGETS)
some = st.integers(0, 9)


@dataclass(frozen=True)
class Asked:
    """What a customer was promised, kept apart from the database."""

    number: str
    target: str
    order_at: Instant
    appointment_at: Instant | None


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
        self.folder = Path(tempfile.mkdtemp(prefix="ringback-stateful-"))
        self.url = new_database()
        self.db: Database = open_database(self.url, connections=4)
        self.runner = asyncio.Runner()
        self.clock = ManualClock(from_datetime(STARTS[0]))
        self.weather = Weather()
        self.new_network = new_network
        self.asked: dict[CallbackId, Asked] = {}
        self.first_seen: dict[CallbackId, Any] = {}
        self.canceled: set[CallbackId] = set()
        self.owners: set[str] = set()
        self.commands: list[Call] = []
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
        self.clock.turn_to(from_datetime(start))
        self.network = self.new_network(self.clock, self.folder, agents)
        self.line = Line(self.network, self.weather, self.clock)
        common = {
            "slots": {"length_minutes": 60, "capacity": SLOT_CAPACITY, "days_ahead": 1, "lead_time": 0},
            "retry": {"max_attempts": MAX_ATTEMPTS, "delay": 40, "growth": 2.0},
            "scheduled_window": 3600,
            "next_business_day": True,
            "pacing": {"max_queue_depth": depth, "calls_per_second": 2},
        }
        self.settings: dict[str, dict[str, Any]] = {
            "billing": {
                **common,
                "name": "Billing",
                "duplicate_rule": billing_rule,
                "hours": {"weekly": HOURS[hours]},
            },
            "sales": {
                **common,
                "name": "Sales",
                "duplicate_rule": sales_rule,
                "minimum_delay": MINIMUM_DELAY["sales"],
                "hours": {"weekly": ALWAYS},
            },
        }
        self.blocked: list[str] = []
        self._apply()
        self.workers = [self._new_worker() for _ in range(2)]
        self.before = self._look()

    # Customers

    @rule(number=numbers, line=lines)
    def asks(self, number: str, line: str) -> None:
        self._ask(number, line, None)

    @rule(line=lines)
    def many_ask(self, line: str) -> None:
        for number in NUMBERS:
            self._ask(number, line, None)

    @rule(number=numbers, line=lines, which=some)
    def books(self, number: str, line: str, which: int) -> None:
        free = self._slots(line)
        if free:
            self._ask(number, line, free[which % len(free)])

    @rule(line=lines, which=some)
    def many_book(self, line: str, which: int) -> None:
        for slot in self._slots(line)[which % 3 :][:1]:
            for number in NUMBERS:
                self._ask(number, line, slot)

    @rule(number=numbers, line=lines, seconds=st.sampled_from((-3600, 0, 421, 30 * 86_400)))
    def books_what_is_not_offered(self, number: str, line: str, seconds: int) -> None:
        count = len(self.asked)
        self._ask(number, line, after(self.clock.now(), seconds))
        assert len(self.asked) == count, "an appointment was taken at a time that is not offered"

    @rule(number=numbers)
    def cancels_by_number(self, number: str) -> None:
        live = self.before.live_of(number)
        answer = self._write(callbacks.cancel_by_number, self.org, number, by="customer", now=self.clock.now())
        self._note_canceled(answer)
        if len(live) > 1:
            assert answer.status is CancelStatus.TOO_MANY
        elif live:
            waits = live[0]["state"] in {State.PENDING, State.WAITLISTED}
            assert answer.status is (CancelStatus.CANCELED if waits else CancelStatus.FAILED)
        else:
            assert answer.status is CancelStatus.NOT_FOUND

    @precondition(lambda self: self.asked)
    @rule(which=some)
    def cancels_one(self, which: int) -> None:
        """By a page that has been open since it was asked for."""
        key = list(self.asked)[which % len(self.asked)]
        self._note_canceled(
            self._write(callbacks.cancel, self.first_seen[key], by="customer", now=self.clock.now()),
        )

    @precondition(lambda self: self.before.live())
    @rule(which=some, to=some)
    def moves(self, which: int, to: int) -> None:
        live = self.before.live()
        key = CallbackId(live[which % len(live)]["id"])
        free = self._slots(self.asked[key].target)
        if not free:
            return
        slot = free[to % len(free)]
        try:
            self._write(
                callbacks.move_to, self.configuration, self.first_seen[key], slot, by="customer", now=self.clock.now()
            )
        except errors.RingbackError:
            self.untouched = True
        else:
            self.asked[key] = replace(self.asked[key], order_at=slot, appointment_at=slot)

    # Time

    @rule(seconds=st.sampled_from(_SOON))
    def some_time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(hours=st.integers(1, 30))
    def hours_pass(self, hours: int) -> None:
        self.clock.advance(hours * 3600)

    @rule(seconds=st.sampled_from((-30, 0)))
    def it_opens_or_closes(self, seconds: int) -> None:
        target = self.configuration.call_targets[self.ids["billing"]]
        change = target.calendar.next_change(self.clock.now())
        if change is not None:
            self.clock.turn_to(max(self.clock.now(), after(change, seconds)))

    @precondition(lambda self: self.before.waiting())
    @rule()
    def the_next_comes_due(self) -> None:
        coming = [row["due_at"] for row in self.before.waiting() if row["due_at"] > self.clock.now()]
        if coming:
            self.clock.turn_to(min(coming))

    # Workers

    @rule(who=st.integers(0, 1), step=st.sampled_from(STEPS))
    def works(self, who: int, step: str) -> None:
        self._together(getattr(self.workers[who].dispatcher, step)())

    @rule(who=st.integers(0, 1), order=st.permutations(STEPS))
    def works_round(self, who: int, order: list[str]) -> None:
        self._work_round(who, order)

    @rule(
        who=st.integers(0, 1),
        seconds=st.sampled_from(_SOON),
        turns=st.lists(st.sampled_from(Turn), min_size=2, max_size=5),
    )
    def a_while_is_worked(self, who: int, seconds: int, turns: list[Turn]) -> None:
        for turn in turns:
            self._work_round(who, STEPS)
            self.all_is_well()
            self.network.go_on(0, turn)
            self.clock.advance(seconds)

    @rule(one=st.sampled_from(STEPS), other=st.sampled_from(STEPS), number=st.none() | numbers)
    def work_at_once(self, one: str, other: str, number: str | None) -> None:
        """And perhaps a customer cancels in the same moment."""
        cancel: list[Awaitable[Any]] = []
        if number:
            cancel.append(
                self.db.write(callbacks.cancel_by_number, self.org, number, by="customer", now=self.clock.now())
            )
        first, second = self.workers
        *_, answer = self._together(getattr(first.dispatcher, one)(), getattr(second.dispatcher, other)(), *cancel)
        if number:
            self._note_canceled(answer)

    @rule(who=st.integers(0, 1), step=st.sampled_from(STEPS), words=st.integers(1, 9))
    def dies_at_work(self, who: int, step: str, words: int) -> None:
        """After so many words to database and network; one like it takes its seat."""
        worker = self.workers[who]
        worker.process.words_left = words
        self._together(getattr(worker.dispatcher, step)())
        self.workers[who] = self._new_worker()

    @rule(line=lines, number=numbers, change=st.sampled_from((*SWITCHES, *SETTINGS)), later=st.integers(0, 12))
    def dies_between_claim_and_call(self, line: str, number: str, change: dict[str, Any], later: int) -> None:
        """And when its lease is over and another looks after the call, the world is not what it was."""
        self._ask(number, line, None)
        self.all_is_well()
        self.dies_at_work(0, "release", 3)
        self.all_is_well()
        self._configure(line, **change)
        self.clock.advance(LEASE_SECONDS + later * 3600)
        self.works(1, "reconcile")

    @rule()
    def everything_restarts(self) -> None:
        self.db.close()
        self.db = open_database(self.url, connections=4)
        self.network.reopen()
        self.workers = [self._new_worker() for _ in range(2)]

    # The network

    @rule(which=some, turn=st.sampled_from(Turn))
    def a_call_goes_on(self, which: int, turn: Turn) -> None:
        self.network.go_on(which, turn)

    @rule(answers=st.lists(st.sampled_from(Answer), min_size=1, max_size=3))
    def the_network_will_answer(self, answers: list[Answer]) -> None:
        self.weather.answers.extend(answers)

    @rule(telling=st.sampled_from(Telling))
    def the_network_tells(self, telling: Telling) -> None:
        self.weather.telling = telling

    @rule(steps=st.integers(1, 3))
    def the_network_is_away(self, steps: int) -> None:
        self.weather.away_for = steps

    @rule(kind=st.sampled_from(EventKind), which=some)
    def the_network_tells_what_is_not_so(self, kind: EventKind, which: int) -> None:
        """Of a call that nobody made, or again of one that has ended, best while its callback is called once more."""
        now = self.clock.now()
        ended = [
            attempt
            for attempts in self.before.attempts.values()
            for attempt in attempts
            if attempt["ended_at"] is not None
        ]
        called_again = [one for one in ended if self.before.callbacks[one["callback_id"]]["state"] in LIVE_CALL]
        known = [AttemptId(one["id"]) for one in called_again or ended]
        attempt_id = [*known, AttemptId("never was")][which % (len(known) + 1)]
        end = (Cause.BUSY, Party.CUSTOMER) if kind is EventKind.ENDED else (None, None)
        self.weather.told_again.append(VoiceEvent(f"forged:{now}:{attempt_id}:{kind}", attempt_id, now, kind, *end))

    # Configuration

    @rule(line=lines, change=st.sampled_from(SWITCHES))
    def is_switched(self, line: str, change: dict[str, Any]) -> None:
        self._configure(line, **change)

    @rule(line=lines, change=st.sampled_from(SETTINGS))
    def is_configured(self, line: str, change: dict[str, Any]) -> None:
        self._configure(line, **change)

    @rule(number=numbers)
    def a_number_is_blocked_or_no_more(self, number: str) -> None:
        self.blocked = [one for one in self.blocked if one != number] or [number]
        self._apply()

    # What must hold

    @invariant()
    def all_is_well(self) -> None:
        rung = self.network.rung()
        facts = self._look()
        truths.check(facts, rung, slot_capacity=SLOT_CAPACITY, max_attempts=MAX_ATTEMPTS, owners=self.owners)
        truths.check_change(self.before, facts)
        self._check_promises(facts)
        self._check_commands(facts)
        self._check_pace(facts)
        if self.untouched:
            assert facts.callbacks == self.before.callbacks, "a refusal changed something"
            assert facts.taken == {**dict.fromkeys(facts.taken, 0), **self.before.taken}, "a refusal took a place"
        for worker in self.workers:
            assert set(worker.told.failed) <= {"dial"}, worker.told.failed
        self.before = facts
        self.commands = []
        self.untouched = False

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and hasattr(self, "before"):
                self._every_request_ends()
        finally:
            if hasattr(self, "network"):
                self.network.close()
            self.db.close()
            self.runner.close()
            shutil.rmtree(self.folder)

    def _check_promises(self, facts: Facts) -> None:
        """Everybody keeps the place in line, and the time, that they were given."""
        assert facts.callbacks.keys() == self.asked.keys()
        for key, asked in self.asked.items():
            row = facts.callbacks[key]
            stored = Asked(row["contact_number"], asked.target, row["order_at"], row["appointment_at"])
            assert stored == asked, f"{row} is not what was asked for: {asked}"
            assert row["call_target_id"] == self.ids[asked.target]
            if row["appointment_at"] is None:
                assert row["due_at"] >= row["created_at"] + MINIMUM_DELAY[asked.target] * SECOND
            else:
                assert row["due_at"] >= row["appointment_at"], "due before its slot"

    def _check_commands(self, facts: Facts) -> None:
        """Whom the network was told to ring in this step may be called now, and nobody was overtaken."""
        now = self.clock.now()
        for call in self.commands:
            asked = self.asked[call.callback_id]
            assert call.callback_id not in self.canceled, f"dialled after its cancel: {asked}"
            assert self._is_open(asked.target), f"dialled outside hours: {asked}"
            assert self.settings[asked.target].get("process_callbacks", True), "dialled while processing is off"
            assert asked.number not in self.blocked, f"dialled though blocked: {asked}"
            assert call.customer_number == asked.number
            assert asked.appointment_at is None or asked.appointment_at <= now <= asked.appointment_at + 3600 * SECOND
        known = self.before.attempt_ids
        dialled = {call.callback_id for call in self.commands if call.attempt_id not in known}
        dialled |= {
            key for key, attempts in facts.attempts.items() if any(attempt["id"] not in known for attempt in attempts)
        }
        for key in dialled:
            row = self.before.callbacks[key]
            assert row["due_at"] <= now, f"dialled before it was due: {row}"
            for other in self._could_have_been_dialled(facts, row["call_target_id"]):
                overtaken = (other["order_at"], other["id"]) < (row["order_at"], row["id"])
                assert other["id"] in dialled or not overtaken, f"{other} was overtaken by {row}"

    def _could_have_been_dialled(self, facts: Facts, target: CallTargetId) -> list[Values]:
        """Those of a line that is open who were due before this step and whom nothing kept."""
        now = self.clock.now()
        return [
            row
            for row in self.before.waiting()
            if row["call_target_id"] == target
            and row["appointment_at"] is None
            and row["due_at"] <= now
            and row["id"] not in self.canceled
            and row["contact_number"] not in self.blocked
            and len(facts.calls_since(Instant(now - DAY), contact_number=row["contact_number"])) < CALLS_PER_DAY
        ]

    def _check_pace(self, facts: Facts) -> None:
        """Whoever was claimed in this step was allowed to be."""
        now = self.clock.now()
        agents = getattr(self.network, "agents", None)
        for key, attempts in facts.attempts.items():
            if attempts[-1]["id"] in self.before.attempt_ids:
                continue
            target, number = facts.callbacks[key]["call_target_id"], facts.callbacks[key]["contact_number"]
            pacing = self.settings[self.asked[CallbackId(key)].target]["pacing"]
            load = facts.loads[target]
            in_queue = load.dialing + load.connecting
            assert in_queue <= pacing["max_queue_depth"], f"the queue is too deep: {load}"
            assert agents is None or in_queue + load.talking <= agents, f"there are only {agents} agents: {load}"
            burst = max(1, pacing["calls_per_second"])
            window = round(burst / pacing["calls_per_second"] * SECOND)
            made = facts.calls_since(Instant(now - window), call_target_id=target)
            assert len(made) <= burst, f"too many calls at once: {made}"
            of_number = facts.calls_since(Instant(now - DAY), contact_number=number)
            # On PostgreSQL two lines are worked in the same moment, and neither knows of the other's calls yet.
            unseen = len(TARGETS) - 1 if self.db.engine == "postgresql" else 0
            assert len(of_number) <= CALLS_PER_DAY + unseen, f"called too often in a day: {of_number}"

    def _is_open(self, target: str) -> bool:
        """By the clock on the wall: none of these hours begins or ends while the clocks are changed."""
        hours = self.settings[target]["hours"]["weekly"]
        wall = to_datetime(self.clock.now(), ZONE)
        if hours == ALWAYS:
            return True
        if hours == OFFICE:
            return wall.weekday() < 5 and 9 <= wall.hour < 17
        return wall.hour >= 22 or (wall.hour, wall.minute) < (3, 30)

    def _every_request_ends(self) -> None:
        self.weather.clears_up()
        if hasattr(self.network, "agents"):
            self.network.agents = 3
        for target in TARGETS:
            self.settings[target] |= {"hours": {"weekly": ALWAYS}, "process_callbacks": True}
            self.settings[target]["pacing"] = {"max_queue_depth": 5, "calls_per_second": 100}
        self._apply()
        for _ in range(_MOST_ROUNDS):
            busy = self._work_round(0, STEPS)
            self.all_is_well()
            if not busy and not self.before.live():
                break
            self.network.settle()
            self.clock.turn_to(self._next_instant())
        truths.check_over(self.before, self.network.rung())

    def _next_instant(self) -> Instant:
        """When anything may happen by itself, next."""
        now = self.clock.now()
        coming = [row["due_at"] for row in self.before.live() if row["state"] == State.PENDING]
        coming += [row["lease_until"] for row in self.before.live() if row["state"] in LIVE_CALL]
        coming += [turn["look_at"] for turn in self.before.turns if turn["held"]]
        at = self.runner.run(self.network.driver.next_event_at())  # type: ignore[arg-type]
        coming += [] if at is None else [at]
        return max(now, min(coming, default=after(now, 60)))

    # Doing it

    def _ask(self, number: str, target: str, appointment_at: Instant | None) -> None:
        self.clock.advance(0.001)  # so that ids and places in line have one order
        answers: list[Requested] = []

        def render(requested: Requested) -> str:
            answers.append(requested)
            return requested.callback_id

        now_live = self._look().live_of(number, self.ids[target])
        rule_ = self.settings[target]["duplicate_rule"]
        try:
            self._write(
                callbacks.request_callback,
                self.configuration,
                self.widgets[target],
                Wish(number=read_number(number, "US"), appointment_at=appointment_at),
                render=render,
                now=self.clock.now(),
            )
        except errors.DuplicateRequest:
            assert now_live, "refused as a duplicate of nothing"
            assert rule_ == "refuse" or (rule_ == "replace" and now_live[0]["state"] in LIVE_CALL)
            return
        except errors.InvalidContact:
            assert number in self.blocked
            return
        except errors.RingbackError as refused:
            assert not isinstance(refused, errors.NotFound), refused
            return
        (answer,) = answers
        if answer.callback_id in self.asked:
            assert answer.repeated
            assert (rule_, answer.callback_id) == ("keep", now_live[0]["id"])
            return
        assert not now_live or rule_ in {"replace", "allow"}, f"a duplicate of {now_live}"
        self._note_asked(answer, Asked(number, target, appointment_at or self.clock.now(), appointment_at), now_live)

    def _note_asked(self, answer: Requested, asked: Asked, now_live: list[Values]) -> None:
        if now_live and self.settings[asked.target]["duplicate_rule"] == "replace":
            (replaced,) = now_live
            self.canceled.add(replaced["id"])
            if replaced["appointment_at"] is None and asked.appointment_at is None:
                asked = replace(asked, order_at=replaced["order_at"])
        self.asked[answer.callback_id] = asked
        self.first_seen[answer.callback_id] = self.db.read_now(callbacks.get, self.org, answer.callback_id)

    def _note_canceled(self, answer: Any) -> None:
        if answer.status is CancelStatus.CANCELED:
            self.canceled.add(answer.callback_id)

    def _slots(self, target: str) -> list[Instant]:
        """The next times on offer, the full ones among them: few, so that they do get full."""
        calendar, now = self.configuration.call_targets[self.ids[target]].calendar, self.clock.now()
        return [at for at in slots.grid(calendar, now, slot_length=3600, days_ahead=1) if at > now][:3]

    def _configure(self, target: str, **changes: Any) -> None:
        self.settings[target] |= changes
        self._apply()

    def _apply(self) -> None:
        document = OrganizationDocument.model_validate(
            {
                "organization": {
                    "key": "acme",
                    "name": "Acme",
                    "time_zone": ZONE.key,
                    "numbers": {"region": "US"},
                    "limits": {
                        "per_number": {"requests": 1000, "seconds": 60},
                        "calls_per_number_per_day": CALLS_PER_DAY,
                    },
                },
                "call_targets": self.settings,
                "widgets": {key: {"name": key, "call_target": key} for key in TARGETS},
                "blocked_numbers": {"numbers": self.blocked},
            }
        )
        file = ConfigurationFile(document, {})
        applied = self._write(apply_file, file, actor="test", origin="test", secrets={}, now=self.clock.now())
        assert applied.org is not None
        self.org = applied.org
        self.configuration: Configuration = self.db.read_now(configurations.load, self.org)
        self.ids = {target.key: target.id for target in self.configuration.call_targets.values()}
        self.widgets: dict[str, WidgetId] = {widget.key: widget.id for widget in self.configuration.widgets.values()}

    def _work_round(self, who: int, steps: Sequence[str]) -> bool:
        """One step of a worker after the other; whether there was anything to do."""
        dispatcher = self.workers[who].dispatcher

        async def work() -> bool:
            return any([await getattr(dispatcher, step)() for step in steps])

        (busy,) = self._together(work())
        return busy is True

    def _together(self, *work: Coroutine[Any, Any, Any] | Awaitable[Any]) -> list[Any]:
        """Do all of it at once. The network may be away, and processes may end; nothing else may go wrong."""

        async def do_it() -> list[Any]:
            return await asyncio.gather(*work, return_exceptions=True)

        results = self.runner.run(do_it())
        self.commands += self.line.commands
        self.line.commands = []
        for result in results:
            away = isinstance(result, port.Unreachable) and self.weather.away_for > 0
            if isinstance(result, BaseException) and not away and not isinstance(result, Died):
                raise result
        self.weather.away_for = max(0, self.weather.away_for - 1)
        return results

    def _new_worker(self) -> Worker:
        worker = Worker(self.db, self.clock, self.line, f"worker {len(self.owners) + 1}")
        self.owners.add(worker.owner)
        return worker

    def _write(self, use_case: Callable[..., Any], /, *args: Any, **kw: Any) -> Any:
        return self.db.write_now(use_case, *args, **kw)

    def _look(self) -> Facts:
        def look(tx: Tx) -> Facts:
            return truths.look(tx, self.org, self.ids.values())

        return self.db.read_now(look)
