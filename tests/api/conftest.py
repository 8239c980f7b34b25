"""Four organizations on a real port, in one database: Acme, whom most tests are about, and three neighbours."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.api.scheduler import ORGANIZATIONS, Scheduler
from tests.conftest import MONDAY_3_PM
from tests.consoles import Console, person
from tests.running import Running, configure, running

from ringback.identity.model import Role
from ringback.kernel.clock import ManualClock, from_unix
from ringback.telephony.drivers.simulator import SimulatedTeam, SimulatorSettings

SECRETS = {
    name: f"{name.lower()}-of-thirty-two-characters-or-more"
    for name in (
        "ACME_TOKEN",
        "ACME_SECOND_TOKEN",
        "ACME_EXPIRING_TOKEN",
        "ACME_REVOKED_TOKEN",
        "GLOBEX_TOKEN",
        "INITECH_TOKEN",
        "HOOLI_TOKEN",
        "HOOLI_BOTH_TOKEN",
        "HOOLI_ELSEWHERE_TOKEN",
        "HOOLI_ANY_TOKEN",
        "HOOLI_HERE_OR_TOKEN",
        "HOOLI_REVOKED_TOKEN",
    )
}

ONE_MINUTE_CALLS = SimulatorSettings(team=SimulatedTeam(handle_time=60, handle_time_spread=0))

Start = Callable[..., Running]


@pytest.fixture(scope="session")
def configured_sqlite_file(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the four organizations, to be copied."""
    path = tmp_path_factory.mktemp("configured") / "ringback.db"
    shutil.copy(migrated_sqlite_file, path)
    clock = ManualClock(from_unix(MONDAY_3_PM))
    configure(f"sqlite:///{path}", clock, SECRETS, *sorted(ORGANIZATIONS.glob("*.toml")))
    return path


@pytest.fixture
def start(configured_sqlite_file: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Start]:
    """Start a server of this test's own; settings by name."""
    path = tmp_path / "ringback.db"
    shutil.copy(configured_sqlite_file, path)
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            running(f"sqlite:///{path}", tmp_path, clock, simulator=ONE_MINUTE_CALLS, **settings)
        )


@pytest.fixture
def server(start: Start) -> Running:
    """A server of this test's own, at Monday 2026-03-02, 15:00 UTC."""
    return start()


@pytest.fixture
def secrets() -> dict[str, str]:
    """The tokens of the organizations, by the names that their files give them."""
    return SECRETS


@pytest.fixture
def acme(server: Running) -> Scheduler:
    """The Scheduler API as Acme's integrations use it: with Acme's token."""
    return Scheduler(server, "acme", SECRETS["ACME_TOKEN"])


@pytest.fixture
def globex(server: Running) -> Scheduler:
    """The same for the neighbour."""
    return Scheduler(server, "globex", SECRETS["GLOBEX_TOKEN"])


@contextmanager
def on_a_copy(configured: Path, directory: Path) -> Iterator[Running]:
    """A server for several tests. Its clock stands still, so limits once reached never recover."""
    shutil.copy(configured, directory / "ringback.db")
    with running(f"sqlite:///{directory / 'ringback.db'}", directory, ManualClock(from_unix(MONDAY_3_PM))) as server:
        yield server


@pytest.fixture(scope="session")
def shared_server(configured_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests that change nothing."""
    with on_a_copy(configured_sqlite_file, tmp_path_factory.mktemp("shared")) as server:
        yield server


@pytest.fixture
def shared_acme(shared_server: Running) -> Scheduler:
    """Acme's Scheduler API on the shared server."""
    return Scheduler(shared_server, "acme", SECRETS["ACME_TOKEN"])


@pytest.fixture
def browse(server: Running) -> Iterator[Callable[[], Console]]:
    """Open the console in another browser."""
    with ExitStack() as stack:

        def open_browser() -> Console:
            console = Console(server)
            stack.callback(console.close)
            return console

        yield open_browser


@pytest.fixture
def admin(server: Running, browse: Callable[[], Console]) -> Console:
    """The console with Acme's administrator signed in."""
    person(server, "ann@acme.example", acme=Role.ADMINISTRATOR)
    server.clock.advance(1)  # what is done from now on is later than what was set up
    console = browse()
    assert console.sign_in("ann@acme.example").status_code == 200
    return console
