"""The contact centre that a run is about: its database, its workers, its configuration, and who asked for what."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.stateful import truths
from tests.stateful.networks import Network
from tests.stateful.truths import Facts, Values
from tests.stateful.workers import Died, Line, Weather, Worker

from ringback.audit.model import Author
from ringback.callbacks import handling
from ringback.callbacks import service as callbacks
from ringback.callbacks.handling import CallbackChanged, Instruction, standing_of
from ringback.callbacks.lifecycle import LIVE_CALL, Outcome, State
from ringback.callbacks.model import CancelStatus, Requested, Wish
from ringback.configuration import service as configurations
from ringback.configuration.apply import apply_file
from ringback.configuration.file import ConfigurationFile, OrganizationDocument
from ringback.configuration.model import Configuration
from ringback.db.database import Database, open_database
from ringback.db.tx import Tx
from ringback.dispatch.stop import stop
from ringback.kernel import errors
from ringback.kernel.clock import Instant, ManualClock, after, from_datetime
from ringback.kernel.ids import new_id
from ringback.kernel.phone import read_number
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, WidgetId
from ringback.offers import slots
from ringback.telephony import port
from ringback.telephony.port import Command

ZONE = ZoneInfo("America/New_York")

ALWAYS = "always"
OFFICE = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
NIGHTS = {day: ["22:00-03:30"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
"""Open when the clocks are changed."""
HOURS = {"always": ALWAYS, "office": OFFICE, "nights": NIGHTS}

STARTS = (
    datetime(2026, 3, 2, 15, tzinfo=UTC),
    datetime(2026, 3, 7, 23, 30, tzinfo=ZONE),  # the clocks go forward at 2:00
    datetime(2026, 11, 1, 0, 30, tzinfo=ZONE),  # they go back at 2:00
)

NUMBERS = (
    "+12015550100",
    "+12015550101",
    "+12015550001",
    "+12015550002",
    "+12015550007",
    "+12015550010",
    "+12015550013",
)
"""To the simulator the first two answer; of the others one is busy, one is not there, one hangs up waiting, one wants to
be called later, and one never again."""

TARGETS = ("billing", "sales")
"""Of billing's callbacks the customer is dialled first, of those of sales the agent."""
STEPS = ("follow", "wake", "reconcile", "watch_queues", "release")

HANDLING = {
    "cancel": handling.cancel,
    "stop": stop,
    "call now": handling.call_now,
    "move to asap": handling.move_to_asap,
}
"""What people do who handle callbacks."""

SLOT_CAPACITY = 2
MAX_ATTEMPTS = 3
CALLS_PER_DAY = 4
MINIMUM_DELAY = {"billing": 0, "sales": 30}


@dataclass(frozen=True)
class Asked:
    """What a customer was promised, kept apart from the database."""

    number: str
    target: str
    order_at: Instant
    appointment_at: Instant | None


class Centre:
    """A contact centre, and what is known of it from outside."""

    def __init__(self, url: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ringback-stateful-"))
        self.url = url
        self.db: Database = open_database(url, connections=4)
        self.runner = asyncio.Runner()
        self.clock = ManualClock(from_datetime(STARTS[0]))
        self.weather = Weather()
        self.asked: dict[CallbackId, Asked] = {}
        self.first_seen: dict[CallbackId, Any] = {}
        self.canceled: set[CallbackId] = set()
        self.stopped: set[CallbackId] = set()
        """Those whose call was stopped in the present step: a worker that was about to ring may still do so."""
        self.hurried: set[CallbackId] = set()
        """Those that somebody put into another place in line in the present step."""
        self.hurried_ever: set[CallbackId] = set()
        self.owners: set[str] = set()
        self.commands: list[Command] = []
        """Those of the present step."""
        self.callback_of: dict[AttemptId, CallbackId] = {}
        """Of every attempt that was ever seen."""
        self.blocked: list[str] = []

    def open(self, network: Network, hours: str, billing_rule: str, sales_rule: str, depth: int) -> None:
        """Begin to work."""
        self.network = network
        self.line = Line(network, self.weather, self.clock)
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
                "first_party": "agent",
            },
        }
        self.apply()
        self.workers = [self.new_worker() for _ in range(2)]

    def close(self) -> None:
        if hasattr(self, "network"):
            self.network.shut()
        self.db.close()
        self.runner.close()
        shutil.rmtree(self.folder)

    def look(self) -> Facts:
        """What the database holds."""

        def look(tx: Tx) -> Facts:
            return truths.look(tx, self.org, self.ids.values())

        facts = self.db.read_now(look)
        for key, attempts in facts.attempts.items():
            self.callback_of.update({AttemptId(attempt["id"]): CallbackId(key) for attempt in attempts})
        return facts

    def ask(self, number: str, target: str, appointment_at: Instant | None) -> None:
        """Ask for a callback, and hold the answer against what there is."""
        self.clock.advance(0.001)  # so that ids and places in line have one order
        answers: list[Requested] = []

        def render(requested: Requested) -> str:
            answers.append(requested)
            return requested.callback_id

        facts = self.look()
        now_live = facts.live_of(number, self.ids[target])
        rule = self.settings[target]["duplicate_rule"]
        try:
            self.write(
                callbacks.request_callback,
                self.configuration,
                self.widgets[target],
                Wish(number=read_number(number, "US"), appointment_at=appointment_at),
                render=render,
                now=self.clock.now(),
            )
        except errors.DuplicateRequest:
            assert now_live, "refused as a duplicate of nothing"
            assert rule == "refuse" or (rule == "replace" and now_live[0]["state"] in LIVE_CALL)
            return
        except errors.InvalidContact:
            assert number in {*self.blocked, *facts.never_call}
            return
        except errors.NotFound:
            raise
        except errors.RingbackError:
            return
        (answer,) = answers
        if answer.callback_id in self.asked:
            assert answer.repeated
            assert (rule, answer.callback_id) == ("keep", now_live[0]["id"])
            return
        assert not now_live or rule in {"replace", "allow"}, f"a duplicate of {now_live}"
        self._note_asked(answer, Asked(number, target, appointment_at or self.clock.now(), appointment_at), now_live)

    def cancel_by_number(self, number: str, before: Facts) -> None:
        live = before.live_of(number)
        answer = self.write(callbacks.cancel_by_number, self.org, number, by="customer", now=self.clock.now())
        self.note_canceled(answer)
        if len(live) > 1:
            assert answer.status is CancelStatus.TOO_MANY
        elif live:
            waits = live[0]["state"] in {State.PENDING, State.WAITLISTED}
            assert answer.status is (CancelStatus.CANCELED if waits else CancelStatus.FAILED)
        else:
            assert answer.status is CancelStatus.NOT_FOUND

    def move(self, key: CallbackId, slot: Instant) -> bool:
        """Move a callback by a page that has been open since it was asked for; whether it was moved."""
        seen, now = self.first_seen[key], self.clock.now()
        try:
            self.write(callbacks.move_to, self.configuration, seen, slot, by="customer", now=now)
        except errors.RingbackError:
            return False
        self.asked[key] = replace(self.asked[key], order_at=slot, appointment_at=slot)
        return True

    async def handle(self, key: CallbackId, what: str) -> bool:
        """Have somebody who sees the callback as it is now do something to it; whether it was done."""
        seen, now = self.db.read_now(callbacks.get, self.org, key), self.clock.now()
        instruction = Instruction(Author("sue", "test"), standing_of(seen), new_id(now))
        try:
            await self.db.write(HANDLING[what], self.org, key, instruction, now=now)
        except (CallbackChanged, errors.InvalidContact):
            return False
        present = self.db.read_now(callbacks.get, self.org, key)
        if what in {"cancel", "stop"}:
            assert present.outcome is Outcome.CANCELED, present
            self.stopped.add(key)
        else:
            self.asked[key] = replace(self.asked[key], order_at=present.order_at, appointment_at=None)
            self.hurried.add(key)
        return True

    def note_canceled(self, answer: Any) -> None:
        if answer.status is CancelStatus.CANCELED:
            self.canceled.add(answer.callback_id)

    def slots(self, target: str) -> list[Instant]:
        """The next times on offer, the full ones among them: few, so that they do get full."""
        calendar, now = self.configuration.call_targets[self.ids[target]].calendar, self.clock.now()
        return [at for at in slots.grid(calendar, now, slot_length=3600, days_ahead=1) if at > now][:3]

    def configure(self, target: str, **changes: Any) -> None:
        self.settings[target] |= changes
        self.apply()

    def apply(self) -> None:
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
        applied = self.write(apply_file, file, actor="test", origin="test", secrets={}, now=self.clock.now())
        assert applied.org is not None
        self.org = applied.org
        self.configuration: Configuration = self.db.read_now(configurations.load, self.org)
        self.ids: dict[str, CallTargetId] = {
            target.key: target.id for target in self.configuration.call_targets.values()
        }
        self.widgets: dict[str, WidgetId] = {widget.key: widget.id for widget in self.configuration.widgets.values()}

    def work_round(self, who: int, steps: Sequence[str]) -> bool:
        """One step of a worker after the other; whether there was anything to do."""
        dispatcher = self.workers[who].dispatcher

        async def work() -> bool:
            return any([await getattr(dispatcher, step)() for step in steps])

        (busy,) = self.together(work())
        return busy is True

    def together(self, *work: Coroutine[Any, Any, Any] | Awaitable[Any]) -> list[Any]:
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

    def restart(self) -> None:
        self.db.close()
        self.db = open_database(self.url, connections=4)
        self.network.reopen()
        self.workers = [self.new_worker() for _ in range(2)]

    def new_worker(self) -> Worker:
        worker = Worker(self.db, self.clock, self.line, f"worker {len(self.owners) + 1}")
        self.owners.add(worker.owner)
        return worker

    def next_instant(self, facts: Facts) -> Instant:
        """When anything may happen by itself, next."""
        now = self.clock.now()
        coming = [row["due_at"] for row in facts.live() if row["state"] == State.PENDING]
        coming += [row["lease_until"] for row in facts.live() if row["state"] in LIVE_CALL]
        coming += [turn["look_at"] for turn in facts.turns if turn["held"]]
        coming += [one["wake_at"] for attempts in facts.attempts.values() for one in attempts if one["wake_at"]]
        at = self.runner.run(self.network.driver.next_event_at())  # type: ignore[arg-type]
        coming += [] if at is None else [at]
        return max(now, min(coming, default=after(now, 60)))

    def write(self, use_case: Callable[..., Any], /, *args: Any, **kw: Any) -> Any:
        return self.db.write_now(use_case, *args, **kw)

    def _note_asked(self, answer: Requested, asked: Asked, now_live: list[Values]) -> None:
        if now_live and self.settings[asked.target]["duplicate_rule"] == "replace":
            (replaced,) = now_live
            self.canceled.add(replaced["id"])
            if replaced["appointment_at"] is None and asked.appointment_at is None:
                asked = replace(asked, order_at=replaced["order_at"])
        self.asked[answer.callback_id] = asked
        self.first_seen[answer.callback_id] = self.db.read_now(callbacks.get, self.org, answer.callback_id)
