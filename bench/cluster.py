"""A private PostgreSQL server that keeps its promises: every commit is on disk before it is answered."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from tests.postgres import Cluster, _as_nobody

_SETTINGS = (
    "listen_addresses=",
    "max_connections=200",
    "fsync=on",
    "synchronous_commit=on",
    # As for a database with a machine of its own; the same for everybody who is measured on it.
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
)
_START_SECONDS = 60


class DurableCluster(Cluster):
    """The tests' cluster, but with fsync."""

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [word for setting in _SETTINGS for word in ("-c", setting)]
        with (self._directory / "log").open("ab") as log:
            # The kernel ends the server when this process ends, however that happens.
            start: list[str | Path] = [
                "setpriv",
                "--pdeathsig",
                "QUIT",
                *_as_nobody(),
                self._binaries / "postgres",
                "-D",
                self._data,
            ]
            self._server = subprocess.Popen(
                [*start, "-k", self._directory, *options], stdout=log, stderr=log, cwd=self._directory
            )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                with psycopg.connect(self.url("postgres")) as connection:
                    assert connection.execute("SHOW fsync").fetchone() == ("on",)
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._server.poll() is not None:
                    raise RuntimeError(f"PostgreSQL does not start: {(self._directory / 'log').read_text()}") from None
                time.sleep(0.02)
            else:
                return

    @property
    def pgbench(self) -> Path:
        """PostgreSQL's own benchmark program, of the same version."""
        return self._binaries / "pgbench"

    @contextmanager
    def database_like(self, template: str) -> Iterator[str]:
        """A copy of the database at that address, for as long as the block lasts; its address."""
        url = self.new_database(template=template.partition("?")[0].rpartition("/")[2])
        try:
            yield url
        finally:
            self.drop_database(url)


@contextmanager
def running() -> Iterator[DurableCluster]:
    """A cluster for as long as the block lasts."""
    cluster = DurableCluster()
    try:
        yield cluster
    finally:
        cluster.remove()
