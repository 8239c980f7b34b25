"""Customers who text whatever they like, whenever they like, while gateways fail and workers die: what always holds."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from structlog.testing import capture_logs
from tests.conftest import MONDAY_3_PM
from tests.fakes.mortal import Died, Process
from tests.fakes.office import LEASE_SECONDS, Office

from ringback.db.database import open_database
from ringback.db.tx import Row
from ringback.kernel.clock import ManualClock, from_unix
from ringback.kernel.errors import RingbackError
from ringback.kernel.phone import NumberRules, parse_number
from ringback.messaging.gateways.port import GatewayError, PermanentError, Reason, RetryAfter, Text, Unreachable
from ringback.messaging.model import TextKind
from ringback.messaging.store import opt_outs
from ringback.messaging.words import CarrierWord, carrier_word
from ringback.texts import size

NUMBERS = ("+12015550101", "+12015550102", "+442079460103")
QUEUES = ("billing", "service")
WORDS = (
    *("@callme", "@cancel", "@status", "@time", "@help", "@time wed noon", "@rueckruf", "callme", "cancel", "help"),
    *("billing", "service", "1", "2", "3", "asap", "tomorrow", "tomorrow 3 pm", "more", "yes", "no", "ja", "", "😀"),
    *("STOP", "stop!", "START", "unstop", "INFO"),
)
OPENINGS = ("@callme", "@callme", "@cancel", "@time", "@status")
TO_THE_END = (("@callme", "billing", "asap"), ("@callme", "2", "2", "tomorrow 3 pm"), ("@cancel", "yes"))
MOST_SEGMENTS = 3
SILENCE_SECONDS = 601

FAILURES: tuple[Callable[[], GatewayError], ...] = (
    lambda: RetryAfter("busy", Reason.BUSY, 5.0),
    lambda: RetryAfter("away", Reason.BUSY, 700.0),
    lambda: Unreachable("gone", may_be_sent=False),
    lambda: Unreachable("gone", may_be_sent=True),
    lambda: PermanentError("no", Reason.OPTED_OUT),
    lambda: PermanentError("no", Reason.BAD_NUMBER),
)

numbers = st.sampled_from(NUMBERS)
queues = st.sampled_from(QUEUES)
words = st.one_of(st.sampled_from(WORDS), st.sampled_from(OPENINGS), st.text(max_size=170))


class TextingMachine(RuleBasedStateMachine):
    """An organization that is texted, on an empty database at ``new_database()``."""

    def __init__(self, new_database: Callable[[], str]) -> None:
        super().__init__()
        self.clock = ManualClock(from_unix(MONDAY_3_PM))
        self.db = open_database(new_database())
        self.office = Office(self.db, self.clock)
        self.office.network.watch = self.watch
        self.runner = asyncio.Runner()
        self.living = self.office.worker()
        self.opted_in: Counter[str] = Counter()

    @initialize()
    def begin(self) -> None:
        self.work()

    # Customers

    @rule(number=numbers, body=words)
    def texts(self, number: str, body: str) -> None:
        self.text(number, body)
        self.work()

    @rule(number=numbers, bodies=st.lists(words, min_size=2, max_size=4))
    def texts_faster_than_it_is_answered(self, number: str, bodies: list[str]) -> None:
        for body in bodies:
            self.text(number, body)

    @rule(number=numbers, bodies=st.sampled_from(TO_THE_END))
    def goes_all_the_way(self, number: str, bodies: tuple[str, ...]) -> None:
        for body in bodies:
            self.text(number, body)
            self.work()

    @rule(number=numbers, queue=queues, books=st.booleans(), which=st.integers(0, 20))
    def asks_elsewhere(self, number: str, queue: str, books: bool, which: int) -> None:
        acme = self.office.acme
        free = acme.free_slots(queue) if books else []
        wish: dict[str, Any] = {"appointment_at": free[which % len(free)]} if free else {}
        with suppress(RingbackError):
            acme.request(parse_number(number, NumberRules(region="US")), widget=queue, **wish)

    @rule(number=numbers)
    def cancels_elsewhere(self, number: str) -> None:
        with suppress(RingbackError):
            self.office.cancel(number)

    # What else there is

    @rule(seconds=st.sampled_from((1, 30, LEASE_SECONDS, 300, SILENCE_SECONDS, 3600)))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.work()

    @rule(seconds=st.sampled_from((60, SILENCE_SECONDS, 86_400)))
    def time_passes_without_a_worker(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(failures=st.lists(st.sampled_from(FAILURES), min_size=1, max_size=3))
    def the_gateway_fails(self, failures: list[Callable[[], GatewayError]]) -> None:
        self.office.network.failures.extend(failure() for failure in failures)

    @rule(queue=queues, name=st.sampled_from(("Billing", "Accounts")), days=st.integers(1, 7))
    def somebody_configures(self, queue: str, name: str, days: int) -> None:
        self.office.acme.call_target(queue, name=name, slots={"capacity": 2, "days_ahead": days})

    @rule(number=numbers, body=words, left=st.integers(1, 9))
    def a_worker_dies(self, number: str, body: str, left: int) -> None:
        self.text(number, body)
        with suppress(Died):
            self.runner.run(self.office.worker(Process(left)).work())

    # What always holds

    def watch(self, text: Text) -> None:
        """As a text is taken over by the gateway."""
        row = self.one("SELECT kind, stale_at FROM texts WHERE id = :id", id=text.id)
        assert row["stale_at"] > self.clock.now(), f"sent when it said nothing any more: {text}"
        assert size(text.body).segments <= MOST_SEGMENTS, f"too long: {text}"
        assert text.body.strip()
        opted_out = self.db.read_now(opt_outs.has_opted_out, self.office.org, text.to)
        assert row["kind"] == TextKind.OPT_OUT or not opted_out, f"sent to somebody who wants none: {text}"

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        again = [text for text, times in Counter(self.office.network.taken).items() if times > 1]
        assert again == []

    @invariant()
    def an_opt_out_is_confirmed_once(self) -> None:
        """Once more for each time that they have opted in again meanwhile."""
        for number in NUMBERS:
            confirmed = self.all("SELECT id FROM texts WHERE kind = 'opt_out' AND customer_number = :number", number)
            assert len(confirmed) <= 1 + self.opted_in[number]

    @invariant()
    def nobody_has_two_callbacks_in_a_queue(self) -> None:
        twice = self.all(
            """
            SELECT contact_number, call_target_id FROM callbacks WHERE outcome IS NULL
            GROUP BY contact_number, call_target_id HAVING COUNT(*) > 1
            """
        )
        assert twice == []

    @invariant()
    def who_has_asked_by_text_is_told_so_by_text(self) -> None:
        """The confirmation is in the outbox as soon as the callback is there: it has the link to it."""
        untold = self.all(
            """
            SELECT id FROM callbacks WHERE channel = 'sms' AND NOT EXISTS (
                SELECT 1 FROM texts WHERE kind = 'reply' AND customer_number = contact_number
                  AND body LIKE '%' || callbacks.id || '%'
            )
            """
        )
        assert untold == []

    def teardown(self) -> None:
        try:
            self.office.network.failures.clear()
            for _ in range(3):
                self.clock.advance(SILENCE_SECONDS)
                self.work()
            open_still = self.all("SELECT flow, wake_at FROM conversations WHERE wake_at IS NOT NULL")
            assert open_still == [], "a conversation waits though nobody has texted for long"
            assert self.all("SELECT body FROM texts WHERE state IN ('received', 'sending', 'unsure')") == []
            self.office.acme.check_books()
        finally:
            self.runner.close()
            self.db.close()

    def text(self, number: str, body: str) -> None:
        self.opted_in[number] += carrier_word(body) is CarrierWord.START
        self.office.text(number, body)

    def work(self) -> None:
        """Let a worker do all there is; nothing of it may fail."""
        with capture_logs() as lines:
            self.runner.run(self.living.work())
        assert [line for line in lines if line["log_level"] == "error"] == []

    def one(self, sql: str, **params: Any) -> Row:
        return self.db.read_now(lambda tx: tx.all(sql, **params))[0]

    def all(self, sql: str, number: str = "") -> list[dict[str, Any]]:
        return [dict(row) for row in self.db.read_now(lambda tx: tx.all(sql, number=number))]


@pytest.fixture
def new_sqlite_file(tmp_path: Path, migrated_sqlite_file: Path) -> Callable[[], str]:
    numbers = count()
    return lambda: f"sqlite:///{shutil.copy(migrated_sqlite_file, tmp_path / f'{next(numbers)}.db')}"


def test_whatever_is_texted(new_sqlite_file: Callable[[], str]) -> None:
    run_state_machine_as_test(
        partial(TextingMachine, new_sqlite_file),
        settings=settings(
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            phases=[Phase.generate, Phase.shrink],
            max_examples=60,
            stateful_step_count=25,
        ),
    )
