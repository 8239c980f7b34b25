"""Lists of callbacks, on both databases: what fits, newest first, page by page, forth and back."""

import random
from collections.abc import Callable

import pytest
from tests.fakes.organizations import Organization, customer

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback, Search
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel.clock import DAY, HOUR, Instant, ManualClock
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId

LIVE = frozenset(State) - {State.FINISHED}
BILLING, SALES = CallTargetId("acme-billing-target"), CallTargetId("acme-sales-target")


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    """An organization with sixty callbacks over ten days, of all kinds."""
    draws = random.Random(7)
    organization = Organization(database, clock, limits={"per_number": {"requests": 1000, "seconds": 60}})
    for key in ("billing", "sales"):
        organization.call_target(key, duplicate_rule="allow")
        organization.widget(key, call_target=key)
    for _ in range(60):
        clock.turn_to(Instant(clock.now() + draws.randrange(8 * HOUR)))
        key, channel = draws.choice(["billing", "sales"]), draws.choice(["web", "sms"])
        asked = organization.request(customer(draws.randrange(8)), widget=key, channel=channel)
        fate = draws.choice([None, *Outcome])
        if fate:
            database.write_now(_end, organization, asked.callback_id, fate)
    return organization


def _end(tx: Tx, acme: Organization, callback_id: CallbackId, outcome: Outcome) -> None:
    callback = callbacks.get(tx, acme.org, callback_id)
    assert callbacks.finish(tx, callback, outcome, now=acme.now)


def everything(acme: Organization) -> list[Callback]:
    """All callbacks, newest first."""

    def read(tx: Tx) -> list[Callback]:
        rows = tx.all("SELECT id FROM callbacks WHERE org_id = :org", org=acme.org)
        return [callbacks.get(tx, acme.org, row["id"]) for row in rows]

    return sorted(acme.db.read_now(read), key=lambda callback: callback.id, reverse=True)


def fits(wanted: Search) -> Callable[[Callback], bool]:
    """The same question asked of one callback."""

    def fit(callback: Callback) -> bool:
        in_time = (wanted.since is None or callback.created_at >= wanted.since) and (
            wanted.until is None or callback.created_at < wanted.until
        )
        return (
            (in_time or (wanted.with_all_live and callback.outcome is None))
            and (not wanted.states or callback.state in wanted.states)
            and wanted.outcome in {None, callback.outcome}
            and wanted.call_target_id in {None, callback.call_target_id}
            and wanted.number in {"", callback.contact_number}
            and wanted.channel in {"", callback.channel}
        )

    return fit


def searches(now: Instant) -> list[Search]:
    week = Instant(now - 4 * DAY)
    return [
        Search(),
        Search(since=week),
        Search(until=week),
        Search(since=Instant(week - DAY), until=Instant(week + DAY)),
        Search(since=week, with_all_live=True),
        Search(since=week, with_all_live=True, states=LIVE),
        Search(since=week, with_all_live=True, call_target_id=BILLING, states=frozenset({State.PENDING})),
        Search(states=frozenset({State.FINISHED})),
        Search(states=frozenset({State.TALKING})),
        *(Search(outcome=outcome) for outcome in Outcome),
        *(Search(outcome=outcome, call_target_id=SALES) for outcome in (Outcome.SUCCESS, Outcome.FAILURE)),
        Search(call_target_id=SALES, channel="sms"),
        Search(call_target_id=CallTargetId("none")),
        *(Search(number=customer(n).key) for n in range(3)),
        Search(number=customer(1).key, states=LIVE, call_target_id=BILLING),
        Search(number=customer(2).key, outcome=Outcome.SUCCESS, since=week),
    ]


def test_what_fits_is_found_forth_and_back(acme: Organization):
    known, found_any = everything(acme), 0
    assert len(known) == 60
    for wanted in searches(acme.now):
        expected = [callback for callback in known if fits(wanted)(callback)]
        found_any += bool(expected)
        assert forth(acme, wanted) == expected, wanted
        if expected:
            assert back(acme, wanted, expected[-1].id) == expected[:-1], wanted
    assert found_any > 15


def test_of_another_organization_nothing(acme: Organization):
    other = OrgId("other")
    assert acme.db.read_now(callbacks.search, other, Search(), limit=10) == []
    assert acme.db.read_now(callbacks.of_number, other, customer(1).key, limit=10) == []
    assert acme.db.read_now(callbacks.channels, other) == []


def test_the_channels_there_are(acme: Organization):
    assert acme.db.read_now(callbacks.channels, acme.org) == ["sms", "web"]


def forth(acme: Organization, wanted: Search) -> list[Callback]:
    """Page by page of seven, to the end."""
    found: list[Callback] = []
    while True:
        older_than = found[-1].id if found else None
        page = acme.db.read_now(callbacks.search, acme.org, wanted, older_than=older_than, limit=7)
        found += page
        if len(page) < 7:
            return found


def back(acme: Organization, wanted: Search, oldest: CallbackId) -> list[Callback]:
    """Page by page of seven, from behind to the newest."""
    found: list[Callback] = []
    while True:
        newer_than = found[0].id if found else oldest
        page = acme.db.read_now(callbacks.search_newer, acme.org, wanted, newer_than=newer_than, limit=7)
        found = page + found
        if len(page) < 7:
            return found
