"""Callbacks and their dispatcher in every kind of trouble, on both databases and both kinds of network."""

import logging
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.stateful.machine import CallbacksMachine
from tests.stateful.networks import Network, ScriptedNetwork, SimulatedNetwork

from ringback.db import schema
from ringback.kernel.clock import ManualClock

ALIKE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=[Phase.generate, Phase.shrink],
)
"""The same runs everywhere and every time, so that a failure is nobody's luck."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What goes wrong on purpose is not worth a line each time."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
def new_sqlite_file(tmp_path: Path, migrated_sqlite_file: Path) -> Callable[[], str]:
    numbers = count()

    def new() -> str:
        path = shutil.copy(migrated_sqlite_file, tmp_path / f"{next(numbers)}.db")
        return f"sqlite:///{path}"

    return new


@pytest.fixture
def emptied_postgres(postgres_url: str) -> Callable[[], str]:
    statements = [f"DELETE FROM {table.name}" for table in reversed(schema.metadata.sorted_tables)]

    def empty() -> str:
        with psycopg.connect(postgres_url) as connection:
            for statement in statements:
                connection.execute(statement)
        return postgres_url

    return empty


def scripted(clock: ManualClock, folder: Path, agents: int | None) -> Network:
    return ScriptedNetwork(clock, agents)


def simulated(clock: ManualClock, folder: Path, agents: int | None) -> Network:
    return SimulatedNetwork(folder / "network.sqlite3", clock, agents or 2)


def test_on_sqlite_with_a_scripted_network(new_sqlite_file: Callable[[], str]) -> None:
    run_state_machine_as_test(
        partial(CallbacksMachine, new_sqlite_file, scripted),
        settings=settings(ALIKE, max_examples=120, stateful_step_count=40),
    )


def test_on_sqlite_with_the_simulator(new_sqlite_file: Callable[[], str]) -> None:
    run_state_machine_as_test(
        partial(CallbacksMachine, new_sqlite_file, simulated),
        settings=settings(ALIKE, max_examples=30, stateful_step_count=40),
    )


def test_on_postgresql(emptied_postgres: Callable[[], str]) -> None:
    run_state_machine_as_test(
        partial(CallbacksMachine, emptied_postgres, scripted),
        settings=settings(ALIKE, max_examples=40, stateful_step_count=40),
    )
