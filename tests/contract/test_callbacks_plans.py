"""Every statement that runs for a request or a turn of the dispatcher finds its rows by an index, on both databases."""

import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from tests.fakes.organizations import Organization, customer

import ringback.callbacks.store as store
import ringback.configuration.service as configurations
import ringback.dispatch.store as dispatch_store
import ringback.forecast.service as forecast
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback, IdempotencyKey, Kind, Search, Wish
from ringback.db.claims import Lease
from ringback.db.database import Database
from ringback.db.tx import Row, Tx
from ringback.dispatch.model import Line
from ringback.kernel import errors
from ringback.kernel.clock import HOUR, SECOND, ManualClock, from_datetime
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId, WidgetId


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    organization = Organization(database, clock)
    organization.call_target()
    organization.widget()
    return organization


ORG, TARGET = OrgId("acme"), CallTargetId("acme-billing-target")
MARCH = from_datetime(datetime(2026, 3, 2, tzinfo=UTC))
CALLBACK = Callback(
    ORG, CallbackId("00000999"), TARGET, WidgetId("acme-billing"), customer(1).key, None, Kind.ASAP, State.PENDING,
    None, "api", "en", "UTC", MARCH, None, MARCH, None, 0, MARCH, None,
)  # fmt: skip
KEY = IdempotencyKey("key", "body")


def _insert(tx: Tx) -> bool:
    return store.insert(
        tx,
        ORG,
        Wish(customer(1)),
        callback_id=CallbackId("new"),
        call_target_id=TARGET,
        widget_id=CALLBACK.widget_id,
        user_data={},
        order_at=MARCH,
        due_at=MARCH,
        guarded=True,
        promise=None,
        now=MARCH,
    )


HOT: dict[str, Callable[[Tx], Any]] = {
    "the version of a configuration": lambda tx: configurations.version(tx, ORG),
    "whose widget": lambda tx: configurations.organization_of_widget(tx, WidgetId("acme-billing")),
    "a callback": lambda tx: store.get(tx, ORG, CALLBACK.id),
    "calls to a number": lambda tx: dispatch_store.calls_to_number(tx, ORG, CALLBACK.contact_number, MARCH),
    "a callback, locked": lambda tx: store.lock(tx, CALLBACK),
    "a number's callbacks": lambda tx: store.live_of_number(tx, ORG, CALLBACK.contact_number),
    "a number's guard": lambda tx: store.guarding(tx, ORG, TARGET, CALLBACK.contact_number),
    "a number's requests": lambda tx: store.requests_since(tx, ORG, CALLBACK.contact_number, MARCH),
    "a place in line": lambda tx: store.count_before(tx, CALLBACK),
    "a new callback": _insert,
    "a move": lambda tx: store.move(tx, CALLBACK, State.WAITLISTED, now=MARCH),
    "the counts of an organization": lambda tx: store.loads(tx, ORG),
    "the counts of a call target": lambda tx: store.load_of(tx, ORG, TARGET),
    "the slots taken": lambda tx: store.taken_slots(tx, ORG, MARCH),
    "taking a slot": lambda tx: store.take_slot(tx, ORG, TARGET, MARCH, 4),
    "releasing a slot": lambda tx: store.release_slot(tx, ORG, TARGET, MARCH),
    "a key": lambda tx: store.claim_key(tx, ORG, CALLBACK.widget_id, KEY, expired=MARCH, now=MARCH),
    "an answer": lambda tx: store.remembered_answer(tx, ORG, CALLBACK.widget_id, KEY),
    "an answer stored": lambda tx: store.remember_answer(tx, ORG, CALLBACK.widget_id, KEY, "{}"),
    "answers forgotten": lambda tx: store.forget_answers(tx, MARCH, 100),
    "people erased": lambda tx: store.erase_finished(tx, ORG, MARCH, now=MARCH, limit=100),
    "the block list": lambda tx: store.is_blocked(tx, ORG, "+12015550001", ["+1", "+12"]),
    "memories": lambda tx: forecast.memories(tx, ORG),
    "a memory": lambda tx: forecast.memory_of(tx, ORG, TARGET),
    "queue stats": lambda tx: forecast.all_queue_stats(tx, ORG),
    "the first in line": lambda tx: store.first_in_line(tx, ORG, TARGET, now=MARCH, limit=10),
    "who has come due": lambda tx: store.come_due(tx, ORG, TARGET, now=MARCH, limit=10),
    "lines to look at": lambda tx: dispatch_store.lines_to_look_at(tx, now=MARCH, limit=10),
    "anybody due": lambda tx: dispatch_store.anybody_due(tx, Line(ORG, TARGET), now=MARCH),
    "a lease over": lambda tx: dispatch_store.any_lease_over(tx, now=MARCH),
    "leases taken over": lambda tx: dispatch_store.take_over(tx, Lease("me", MARCH), now=MARCH, limit=10),
    "a list of a week": lambda tx: store.search(tx, ORG, Search(since=MARCH, with_all_live=True), limit=51),
    "a list of an outcome": lambda tx: store.search(tx, ORG, Search(outcome=Outcome.FAILURE), limit=51),
    "a list of a call target": lambda tx: store.search(tx, ORG, Search(call_target_id=CallTargetId("quiet")), limit=51),
    "a list of a number": lambda tx: store.search(tx, ORG, Search(number=CALLBACK.contact_number), limit=51),
    "who is first of all": lambda tx: store.front_of_line(tx, ORG, TARGET),
    "an attempt under way": lambda tx: dispatch_store.lock_live_attempt(tx, ORG, CALLBACK.id),
    "an attempt": lambda tx: dispatch_store.lock_attempt(tx, AttemptId("a")),
    "a timeline": lambda tx: store.timeline(tx, ORG, CALLBACK.id),
}
"""What runs for every request or every turn of the dispatcher: by name."""


class Explained:
    """A transaction that has the database explain each statement instead of running it."""

    def __init__(self, tx: Tx, engine: str) -> None:
        self._tx = tx
        self._explain = "EXPLAIN QUERY PLAN" if engine == "sqlite" else "EXPLAIN"
        self.plans: list[str] = []

    def all(self, sql: str, /, **params: Any) -> list[Row]:
        rows = self._tx.all(f"{self._explain} {sql}", **params)
        self.plans.append("\n".join(str([*row][-1]) for row in rows))
        return []

    def one(self, sql: str, /, **params: Any) -> Row | None:
        self.all(sql, **params)
        return None

    def run(self, sql: str, /, **params: Any) -> int:
        self.all(sql, **params)
        return 1

    def run_many(self, sql: str, rows: Any, /) -> None:
        for row in rows:
            self.all(sql, **row)

    def changed(self, org: OrgId, what: Any, /) -> None:
        pass


GROWING = ("callbacks", "attempts", "callback_events", "timeslots", "idempotency_keys", "blocked_numbers", "widgets")
"""Tables with rows enough that reading those of one organization is too much for one request."""


@pytest.fixture
def many(acme: Organization) -> Organization:
    """Enough of everything that reading it all would never be the better plan."""
    acme.db.write_now(_fill)
    if acme.db.engine == "postgresql":  # which counts now and then by itself, as SQLite does not
        acme.db.write_now(lambda tx: tx.run("ANALYZE"))
    return acme


def _fill(tx: Tx) -> None:
    tx.run("INSERT INTO organizations SELECT 'other', 'other', name, document, 1, 0, 0 FROM organizations")
    numbers = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {most})"
    for table, columns, most in (
        ("call_targets (org_id, id, key, document, updated_at)", "'other', 't' || n, 't' || n, '{}', 0", 300),
        (
            "widgets (org_id, id, key, kind, call_target_id, position, document, updated_at)",
            "'other', 'w' || n, 'w' || n, 'widget', 't1', n, '{}', 0",
            3000,
        ),
        (
            "timeslots (org_id, call_target_id, starts_at, taken)",
            f"'acme', '{TARGET}', {MARCH - 6000 * HOUR} + n * {HOUR}, 1",
            6000,
        ),
        (
            "call_target_load (org_id, call_target_id, shard, pending_asap)",
            "'other', 't' || (1 + n / 8), n % 8, 1",
            2000,
        ),
        ("blocked_numbers (org_id, pattern, scope, reason, created_at)", "'acme', '+1' || n, 'number', '', 0", 3000),
        (
            "idempotency_keys (org_id, widget_id, key_hash, body_hash, answer, created_at)",
            f"'acme', 'acme-billing', 'k' || n, '', '', {MARCH} + n",
            3000,
        ),
        (
            """callbacks (org_id, id, call_target_id, widget_id, contact_number, type, state, outcome, channel, locale,
                time_zone, user_data, order_at, due_at, created_at, updated_at, finished_at)""",
            f"""'acme', substr('0000000' || n, -8), '{TARGET}', 'acme-billing', '+1' || n, 'asap',
                CASE WHEN n % 2 = 0 THEN 'pending' ELSE 'finished' END,
                CASE WHEN n % 2 = 0 THEN NULL ELSE 'success' END, 'api', 'en', 'UTC', '{{}}',
                {MARCH} + n * {SECOND}, {MARCH} + n * {SECOND}, {MARCH} + n * {SECOND}, 0,
                CASE WHEN n % 2 = 0 THEN NULL ELSE 0 END""",
            20_000,
        ),
        (
            "attempts (org_id, callback_id, number, id, first_party, claimed_at, ended_at, cause)",
            f"'acme', substr('0000000' || n, -8), 1, 'a' || n, 'customer', {MARCH}, {MARCH}, 'busy'",
            20_000,
        ),
        (
            "callback_events (org_id, callback_id, id, at, kind, details)",
            f"'acme', substr('0000000' || n, -8), 'e' || n, {MARCH}, 'dialing', '{{}}'",
            20_000,
        ),
    ):
        rows = numbers.format(most=most)
        text = columns.replace("substr('0000000' || n, -8)", "substr('0000000' || n, length('0000000' || n) - 7)")
        tx.run(f"INSERT INTO {table} {rows} SELECT {text.replace(' n * ', ' CAST(n AS BIGINT) * ')} FROM numbers")


def test_no_statement_on_the_way_of_a_request_reads_a_whole_table(many: Organization):
    """Nor all that an organization has in it."""
    read_whole = {name: plans for name, plans in _explained(many) if any(_reads_whole(plan) for plan in plans)}

    assert not read_whole


def _explained(acme: Organization) -> Iterator[tuple[str, list[str]]]:
    for name, statement in HOT.items():

        def explain(tx: Tx, statement: Callable[[Tx], Any] = statement) -> list[str]:
            explained = Explained(tx, acme.db.engine)
            with contextlib.suppress(errors.NotFound):  # a statement that is explained finds nothing
                statement(explained)  # type: ignore[arg-type]
            return explained.plans

        plans = acme.db.write_now(explain)
        assert plans, f"{name} runs nothing"
        yield name, plans


def _reads_whole(plan: str) -> bool:
    lines = ["", *plan.splitlines()]
    return any(_is_scan(line) or _walks_an_organization(before, line) for before, line in pairwise(lines))


def _is_scan(line: str) -> bool:
    match line.replace("->", " ").split():
        case ["SCAN", table, *_] | ["Seq", "Scan", "on", table, *_]:
            return table in GROWING
    return False


def _walks_an_organization(before: str, line: str) -> bool:
    """Whether an index of a growing table is entered by the organization alone."""
    entered_by_org = line.endswith("(org_id=?)") or re.fullmatch(r"\s*Index Cond: \(org_id = 'acme'::text\)", line)
    return bool(entered_by_org) and any(f"_{table}" in before + line for table in GROWING)


def test_the_place_in_line_is_counted_from_the_front_only(many: Organization):
    """The index of the line is entered at its beginning and left at the callback, however many stand behind."""
    (plan,) = dict(_explained(many))["a place in line"]

    assert "ix_callbacks_line" in plan
    if many.db.engine == "sqlite":
        assert "order_at,id)<" in plan.replace(" ", "") or "order_at<" in plan
    else:
        (condition,) = (line for line in plan.splitlines() if "Index Cond" in line)
        assert "ROW(order_at, id) <" in condition


def test_the_slots_of_days_gone_by_are_not_read(many: Organization):
    (plan,) = dict(_explained(many))["the slots taken"]

    if many.db.engine == "sqlite":
        assert "call_target_id=? AND starts_at>?" in plan
    else:
        assert any("Index Cond" in line and "starts_at >=" in line for line in plan.splitlines())
