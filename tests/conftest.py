"""What all tests share: both databases, fresh for each test, and a clock that is turned by hand."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.postgres import Cluster

from ringback.db.database import Database, open_database
from ringback.db.migrate import migrate
from ringback.kernel.clock import ManualClock, from_unix

# The same examples on every machine, and no time limits: a slow machine is not a failure. To look for new ones:
# HYPOTHESIS_PROFILE=default bin/test tests/unit
settings.register_profile("alike", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "alike"))

MONDAY_3_PM = 1772463600
"""2026-03-02T15:00:00Z, in Unix seconds."""


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at 2026-03-02T15:00:00Z, a Monday, until a test turns it."""
    return ManualClock(from_unix(MONDAY_3_PM))


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A private PostgreSQL server, one for each process that runs tests."""
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file at the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres_database(postgres_cluster: Cluster) -> str:
    """The name of an empty database at the newest schema, to be copied."""
    postgres_cluster.run("CREATE DATABASE migrated")
    migrate(postgres_cluster.url("migrated"))
    return "migrated"


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite_file: Path) -> str:
    """The address of an empty, migrated SQLite database of this test's own."""
    path = tmp_path / "ringback.db"
    shutil.copy(migrated_sqlite_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_cluster: Cluster, migrated_postgres_database: str) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database of this test's own."""
    url = postgres_cluster.new_database(template=migrated_postgres_database)
    yield url
    postgres_cluster.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database, on each engine in turn."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database, on each engine in turn."""
    opened = open_database(database_url, connections=8)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """An empty, migrated SQLite database, for tests to which the engine makes no difference."""
    opened = open_database(sqlite_url)
    yield opened
    opened.close()
