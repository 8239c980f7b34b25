"""The demo's customers: the busy queue, those who pass by, and those who call in by themselves."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.scheduler import Scheduler, entries
from tests.running import Running, running

from ringback.audit.model import Author
from ringback.configuration import service as configurations
from ringback.configuration.apply import apply_file
from ringback.configuration.model import Configuration
from ringback.configuration.switches import switch_registering
from ringback.db.database import open_database
from ringback.demo import TOKEN_SECRET, demo_document, lively, simulated_teams
from ringback.demo.customers import QUEUE_LENGTH, DemoCustomers
from ringback.demo.passers_by import PassersBy
from ringback.kernel.clock import MINUTE, Instant, ManualClock
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator import MemoryLedger, SimulatedNetwork

TOKEN = "the-token-of-the-demo-s-customers-in-a-test"
FICTION = re.compile(r"\+1\d{3}55501\d\d")


@pytest.fixture
def configuration(sqlite_url: str, clock: ManualClock) -> Configuration:
    db = open_database(sqlite_url)
    applied = db.write_now(
        apply_file,
        demo_document(clock.now()),
        actor="test",
        origin="test",
        secrets={TOKEN_SECRET: TOKEN},
        now=clock.now(),
    )
    assert applied.org
    try:
        return db.read_now(configurations.load, applied.org)
    finally:
        db.close()


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path, clock: ManualClock, configuration: Configuration) -> Iterator[Running]:
    simulator = lively(simulated_teams(configuration), configuration)
    with running(sqlite_url, tmp_path, clock, simulator=simulator) as server:
        yield server


def target_of(configuration: Configuration, key: str) -> CallTargetId:
    return next(target.id for target in configuration.call_targets.values() if target.key == key)


def callbacks(server: Running) -> list[dict[str, str]]:
    rows = server.app.db.read_now(
        lambda tx: tx.all(
            """
            SELECT callbacks.contact_number, callbacks.channel, callbacks.type, callbacks.outcome, widgets.key
            FROM callbacks JOIN widgets ON widgets.id = callbacks.widget_id ORDER BY callbacks.id
            """
        )
    )
    return [dict(row) for row in rows]


def test_whoever_passes_by_asks_books_or_cancels(server: Running, configuration: Configuration) -> None:
    app = server.app
    app.loop.add("passers-by", PassersBy(app.db, app.availability, app.clock, configuration.org))
    for _ in range(240):
        server.pass_time(10)
    seen = callbacks(server)
    assert 20 < len(seen) < 80
    assert all(FICTION.fullmatch(each["contact_number"]) for each in seen)
    kinds = Counter((each["key"], each["type"]) for each in seen)
    assert set(kinds) == {("service", "asap"), ("sales", "scheduled")}
    assert kinds["sales", "scheduled"] <= 12
    assert Counter(each["outcome"] for each in seen)["canceled"] > 0
    assert len({each["channel"] for each in seen}) > 2


def test_the_same_seed_the_same_customers(
    sqlite_url: str, tmp_path: Path, clock: ManualClock, configuration: Configuration
) -> None:
    def play(place: str) -> list[tuple[str, str]]:
        data = tmp_path / place
        data.mkdir()
        url = f"sqlite:///{data / 'ringback.db'}"
        (data / "ringback.db").write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
        own = ManualClock(clock.now())
        with running(url, data, own, simulator=simulated_teams(configuration)) as server:
            app = server.app
            app.loop.add("passers-by", PassersBy(app.db, app.availability, app.clock, configuration.org, seed=7))
            for _ in range(60):
                server.pass_time(10)
            return [(each["contact_number"], each["channel"]) for each in callbacks(server)]

    assert play("once") == play("again") != []


def test_what_is_switched_off_in_the_console_is_left_alone(server: Running, configuration: Configuration) -> None:
    app, now = server.app, server.clock.now()
    for target in configuration.call_targets.values():
        app.db.write_now(switch_registering, configuration.org, target.id, on=False, by=Author("ann", "test"), now=now)
    app.loop.add("other customers", DemoCustomers(app.db, app.availability, app.clock, configuration.org))
    app.loop.add("passers-by", PassersBy(app.db, app.availability, app.clock, configuration.org))
    for _ in range(60):
        server.pass_time(10)
    assert callbacks(server) == []


def test_the_busy_queue_begins_as_the_tutorial_says_and_moves(server: Running, configuration: Configuration) -> None:
    app = server.app
    customers = DemoCustomers(app.db, app.availability, app.clock, configuration.org, swell=3)
    app.loop.add("other customers", customers)
    server.work()
    for _ in range(10):
        server.pass_time(2)
    acme = Scheduler(server, configuration.org, TOKEN)
    billing = entries(acme.widgets())[0]
    assert billing["message"] == "We can call you in approximately 7 minutes."
    lengths, told = set(), set()
    for _ in range(180):
        server.pass_time(10)
        told.add(entries(acme.widgets())[0]["message"])
        snapshot = server._inside(app.availability.of_organization(configuration.org))
        load = snapshot.situations[target_of(configuration, "billing")].load
        lengths.add(load.ahead + load.talking)
    assert max(lengths) == QUEUE_LENGTH + 3
    assert len(told) > 3


class TestCallingIn:
    def test_at_first_nobody_calls_in_on_the_busy_queue(self, configuration: Configuration, clock: ManualClock) -> None:
        quiet = simulated_teams(configuration)
        assert all(team.inbound_per_hour == 0 for team in quiet.teams.values())
        network = SimulatedNetwork(MemoryLedger(), lively(quiet, configuration))
        billing, service = target_of(configuration, "billing"), target_of(configuration, "service")
        start = clock.now()
        network.advance(start)
        busy: dict[CallTargetId, int] = {}
        for minute in range(61):
            now = Instant(start + minute * MINUTE)
            for target in (billing, service):
                stats = network.queue_stats(target, now)
                if (stats.agents_available, stats.calls_waiting) != (stats.agents_staffed, 0):
                    busy.setdefault(target, minute)
        assert busy[billing] >= 5
        assert busy[service] < 5

    def test_on_what_is_not_the_demo_s_own_nobody_does(self, configuration: Configuration) -> None:
        settings = lively(simulated_teams(configuration), configuration)
        assert settings.team_of(CallTargetId("another")).inbound_per_hour == 0
        assert settings.team_of(target_of(configuration, "sales")).inbound_per_hour == 0
        assert lively(simulated_teams(configuration), configuration) == settings
