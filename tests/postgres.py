"""A private PostgreSQL for the tests, from the installed binaries: nothing of the machine's own server is touched."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

GUARDED_USER = "guarded"
"""A role that must show the password ``right``; all others are trusted."""

_START_SECONDS = 60


class Cluster:
    """A server in a directory of its own, reached by a Unix socket. It ends with the process that started it."""

    def __init__(self) -> None:
        self._binaries = _newest_binaries()
        self._directory = Path(tempfile.mkdtemp(prefix="ringback-postgres-"))
        self._data = self._directory / "data"
        self._numbers = count(1)
        if os.geteuid() == 0:
            shutil.chown(self._directory, "nobody", "nogroup")
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        hba = self._data / "pg_hba.conf"
        hba.write_text(f"local all {GUARDED_USER} scram-sha-256\n{hba.read_text()}")
        self._server: subprocess.Popen[bytes] | None = None
        self.start()
        self.run(f"CREATE ROLE {GUARDED_USER} LOGIN SUPERUSER PASSWORD 'right'")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self._directory / "log").open("ab") as log:
            # The kernel ends the server when this process ends, however that happens.
            start = ["setpriv", "--pdeathsig", "QUIT", *_as_nobody(), self._binaries / "postgres", "-D", self._data]
            options = ["-k", self._directory, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"]
            self._server = subprocess.Popen([*start, *options], stdout=log, stderr=log, cwd=self._directory)
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._server.poll() is not None:
                    raise RuntimeError(f"PostgreSQL does not start: {(self._directory / 'log').read_text()}") from None
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Stop the server at once; whoever is connected loses the connection."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(_START_SECONDS)
            self._server = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Be without a server for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def remove(self) -> None:
        """Stop and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._directory)

    def url(self, database: str, *, user: str = "postgres", password: str = "") -> str:
        """The address of a database in this cluster."""
        return f"postgresql://{user}:{password}@/{database}?host={self._directory}"

    def new_database(self, *, template: str = "template1") -> str:
        """Make a database, a copy of another, and return its address."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database made by :meth:`new_database`."""
        (name,) = re.findall(r"/(test_\d+)\?", url)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, sql: str) -> None:
        """Run a statement as superuser."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            ["setpriv", *_as_nobody(), self._binaries / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._directory,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")


def _newest_binaries() -> Path:
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if not versions:
        raise RuntimeError(
            "PostgreSQL's server programs are missing (/usr/lib/postgresql/*/bin/initdb). `bin/test` installs them; "
            "by hand: apt-get install postgresql."
        )
    return max(versions, key=lambda path: float(path.parent.name))


def _as_nobody() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
