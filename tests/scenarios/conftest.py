"""The contact centre of the stories: the demo's organization, its agents simulated, on a real port.

It is Monday, ten in the morning in New York. Time passes when a story says so.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.scheduler import Scheduler
from tests.running import running

from ringback.configuration import service as configurations
from ringback.configuration.apply import apply_file
from ringback.configuration.model import Configuration
from ringback.db.database import open_database
from ringback.demo import TOKEN_SECRET, demo_document, simulated_teams
from ringback.demo.customers import DemoCustomers
from ringback.kernel.clock import ManualClock

TOKEN = "the-token-of-the-stories-in-enough-characters"


@pytest.fixture
def configuration(sqlite_url: str, clock: ManualClock) -> Configuration:
    """The demo's organization, applied."""
    db = open_database(sqlite_url)
    try:
        document, now = demo_document(clock.now()), clock.now()
        applied = db.write_now(
            apply_file, document, actor="test", origin="test", secrets={TOKEN_SECRET: TOKEN}, now=now
        )
        assert applied.org
        return db.read_now(configurations.load, applied.org)
    finally:
        db.close()


@pytest.fixture
def acme(sqlite_url: str, tmp_path: Path, clock: ManualClock, configuration: Configuration) -> Iterator[Scheduler]:
    """What an integration has: the organization's id, its token, and the address of the server."""
    with running(sqlite_url, tmp_path, clock, simulator=simulated_teams(configuration)) as server:
        yield Scheduler(server, configuration.org, TOKEN)


@pytest.fixture
def busy_acme(acme: Scheduler) -> Scheduler:
    """The same with other customers in line for *billing*: three are talking, five are waiting."""
    app = acme.server.app
    app.loop.add("other customers", DemoCustomers(app.db, app.availability, app.clock, acme.id))
    acme.server.work()
    for _ in range(10):
        acme.server.pass_time(2)
    return acme
