"""kill -9 in the middle of load, again and again: what got a 200 is there, and nobody is dialled twice.

Customers are posted as fast as they are taken. Some are busy or out of reach, so that there are retries; calls that
were being made when the process died are looked after when their lease has run out, after five seconds at most.
"""

import itertools
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import sleep

import httpx2 as httpx
from tests.process import Process, run, started

from ringback.configuration.apply import apply_file
from ringback.configuration.file import read_text
from ringback.db.database import Database, open_database
from ringback.db.tx import Row
from ringback.kernel.clock import SystemClock
from ringback.telephony.drivers.simulator import LEDGER_NAME, Line, read_legs
from ringback.telephony.port import Party, attempt_of

ORGANIZATION = """
[organization]
key = "acme"
name = "Acme"
numbers = { region = "US" }

[organization.limits]
per_address = { requests = 1000000, seconds = 60 }
per_prefix = { requests = 1000000, seconds = 60 }
per_organization = { requests = 1000000, seconds = 60 }

[call_targets.billing]
name = "Billing"
retry = { max_attempts = 5, delay = 10 }
pacing = { max_queue_depth = 1000, calls_per_second = 50.0 }

[widgets.billing]
id = "billing"
name = "billing"
call_target = "billing"
"""

AGENTS = '{"team": {"agents": 10000}}'

CLIENTS = 2
KILL_AFTER = (0.3, 1.0)
LEASE_SECONDS = 5

AREA_CODES = (201, 202, 203, 205, 206, 207, 208, 209, 210, 212)


def customers() -> Iterator[str]:
    """Numbers that are all different. Those that end in 0001 to 0008 do not get as far as an agent."""
    return (f"+1{area}555{line:04}" for line in range(10_000) for area in AREA_CODES)


class Load:
    """Clients who ask for callbacks until the server is gone, and remember what they were promised."""

    def __init__(self) -> None:
        self._numbers = customers()
        self._lock = threading.Lock()
        self.promised: list[str] = []
        self.refused: Counter[str] = Counter()

    @contextmanager
    def on(self, url: str) -> Iterator[None]:
        """Ask meanwhile. What happens inside has to end the server."""
        clients = [threading.Thread(target=self._ask, args=[url]) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            for client in clients:
                client.join()

    def _ask(self, url: str) -> None:
        with httpx.Client(timeout=20) as client:
            while True:
                with self._lock:
                    number = next(self._numbers)
                try:
                    answer = client.post(f"{url}/api/widget/billing/request_callback", json={"contact_number": number})
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.promised.append(answer.json()["data"][0]["callback_request_id"])
                else:
                    self.refused[answer.text] += 1


def test_ten_times_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    chance = Random(20260302)
    load = Load()
    settings = {
        "database": sqlite_url,
        "lease_seconds": str(LEASE_SECONDS),
        "log_level": "warning",
        "simulator": AGENTS,
    }
    apply_organization(sqlite_url)
    for _ in range(10):
        with started("serve", "--port", "0", directory=tmp_path, **settings) as serving, load.on(serving.url()):
            sleep(chance.uniform(*KILL_AFTER))
            serving.kill()
    with started("serve", "--port", "0", directory=tmp_path, **settings) as serving:
        serving.url()
        all_is_as_promised(load, sqlite_url, tmp_path, serving)
        assert serving.stop()[0] == 0
    doctor = run("doctor", directory=tmp_path, **settings)  # counts what is kept against what is there
    assert doctor.returncode == 0, doctor.stdout


def test_three_times_on_postgresql_with_workers_of_their_own(postgres_url: str, tmp_path: Path) -> None:
    chance = Random(20260303)
    load = Load()
    settings = {
        "database": postgres_url,
        "lease_seconds": str(LEASE_SECONDS),
        "log_level": "warning",
        "simulator": AGENTS,
        "secret_key": "k" * 40,
    }
    apply_organization(postgres_url)
    for _ in range(3):
        with (
            started("worker", directory=tmp_path, **settings) as killed,
            started("worker", directory=tmp_path, **settings) as surviving,
            started("serve", "--no-workers", "--port", "0", directory=tmp_path, **settings) as serving,
            load.on(serving.url()),
        ):
            sleep(chance.uniform(*KILL_AFTER))
            killed.kill()
            sleep(chance.uniform(*KILL_AFTER))
            serving.kill()
            surviving.kill()
    with started("worker", directory=tmp_path, **settings) as working:
        all_is_as_promised(load, postgres_url, tmp_path, working)
        assert working.stop()[0] == 0
    doctor = run("doctor", directory=tmp_path, **settings)
    assert doctor.returncode == 0, doctor.stdout


def apply_organization(url: str) -> None:
    with opened(url) as db:
        db.write_now(
            apply_file, read_text(ORGANIZATION), actor="test", origin="test", secrets={}, now=SystemClock().now()
        )


def all_is_as_promised(load: Load, url: str, directory: Path, working: Process) -> None:
    assert load.refused == Counter()
    with opened(url) as db:
        working.wait_for(lambda: nothing_is_in_doubt(db, directory / LEDGER_NAME) or None)
        callbacks = {row["id"]: row for row in rows(db, "SELECT id, contact_number, attempts FROM callbacks")}
        calls = calls_by_callback(db, directory / LEDGER_NAME)
        # In this order, calls first made after they were read are not missed: a worker is still at it.
        callbacks |= {row["id"]: row for row in rows(db, "SELECT id, contact_number, attempts FROM callbacks")}

    assert len(load.promised) == len(set(load.promised)) > 100
    assert set(load.promised) <= set(callbacks)
    assert max(Counter(row["contact_number"] for row in callbacks.values()).values()) == 1
    assert len(calls) > 50
    assert any(len(made) > 1 for made in calls.values()), "there was no retry: nothing shown about them"
    for callback_id, made in calls.items():
        assert len(made) <= callbacks[callback_id]["attempts"]
        assert all(callbacks[callback_id]["contact_number"].endswith(call.ending) for call in made)
        for before, after in itertools.pairwise(made):
            assert before.ended_at is not None
            assert before.ended_at <= after.ringing_at


def nothing_is_in_doubt(db: Database, ledger: Path) -> bool:
    """Whether every attempt that was begun has reached the telephone network, and somebody was called again."""
    begun = {row["id"] for row in rows(db, "SELECT id FROM attempts WHERE ended_at IS NULL")}
    called_again = any(len(made) > 1 for made in calls_by_callback(db, ledger).values())
    return called_again and begun <= {attempt_of(call.leg) for call in customers_called(ledger)}


def customers_called(ledger: Path) -> list[Line]:
    return [leg for leg in read_legs(ledger) if leg.side.value == Party.CUSTOMER]


def calls_by_callback(db: Database, ledger: Path) -> dict[str, list[Line]]:
    """The calls to each customer in the order in which they were made."""
    made = customers_called(ledger)
    attempts = {row["id"]: row["callback_id"] for row in rows(db, "SELECT id, callback_id FROM attempts")}
    grouped = defaultdict(list)
    for call in made:
        grouped[attempts[attempt_of(call.leg)]].append(call)
    return grouped


def rows(db: Database, sql: str) -> list[Row]:
    return db.read_now(lambda tx: tx.all(sql))


@contextmanager
def opened(url: str) -> Iterator[Database]:
    db = open_database(url)
    try:
        yield db
    finally:
        db.close()
