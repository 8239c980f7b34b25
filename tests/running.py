"""A real Ringback on a real port, in a thread of this process: its clock is turned by hand, its workers too."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2 as httpx
import uvicorn

from ringback.bootstrap import App, build
from ringback.cli.run import listen, web_server
from ringback.configuration.apply import apply_file
from ringback.configuration.file import read_file, read_text
from ringback.db.database import open_database
from ringback.kernel.clock import ManualClock
from ringback.settings import Settings
from ringback.telephony.drivers.simulator import SimulatorSettings

T = TypeVar("T")

SECRET_KEY = "a key for tests, long enough to sign with"
_PATIENCE_SECONDS = 30


class Running:
    """The server, as whoever calls it sees it (`url`, `get`, `post`), and its inside (`app`, `clock`, `work`)."""

    app: App
    url: str

    def __init__(self, settings: Settings, clock: ManualClock, simulator: SimulatorSettings | None = None) -> None:
        self.clock = clock
        self._settings = settings
        self._simulator = simulator
        self._server: uvicorn.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ringback under test")
        self._thread.start()
        if not self._begun.wait(_PATIENCE_SECONDS):
            raise TimeoutError("Ringback does not start")
        if self._server is None:
            raise RuntimeError("Ringback did not start")
        self._client = httpx.Client(base_url=self.url, timeout=_PATIENCE_SECONDS)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self._client.get(path, **how)

    def post(self, path: str, **how: Any) -> httpx.Response:
        return self._client.post(path, **how)

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        return self._client.request(method, path, **how)

    def work(self) -> None:
        """Let the workers take turns until there is nothing to do at this instant of the clock."""
        while self._inside(self._round()):
            pass

    def pass_time(self, seconds: float) -> None:
        """Turn the clock on and let the workers do what is due then."""
        self.clock.advance(seconds)
        self.work()

    def stop(self) -> None:
        self._client.close()
        if self._server:
            self._server.should_exit = True
        self._thread.join(_PATIENCE_SECONDS)

    async def _round(self) -> bool:
        called = await self.app.loop.round()
        return await self.app.texting.round() or called

    def _inside(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._begun.set()
            self._loop.close()

    async def _serve(self) -> None:
        listening, self.url = listen(self._settings)
        self.app = build(self._settings, public_url=self.url, clock=self.clock, simulator=self._simulator)
        try:
            self._server = web_server(self.app)
            # It is listening already: whoever connects before the server has started waits for it.
            self._loop.call_soon(self._begun.set)
            await self._server.serve(sockets=[listening])
        finally:
            await self.app.close()


@contextmanager
def running(
    database_url: str, data: Path, clock: ManualClock, *, simulator: SimulatorSettings | None = None, **settings: Any
) -> Iterator[Running]:
    """Run Ringback on a configured database for a while."""
    given = {"database": database_url, "data": data, "port": 0, "secret_key": SECRET_KEY, **settings}
    server = Running(Settings.model_validate(given), clock, simulator)
    try:
        yield server
    finally:
        server.stop()


def configure(database_url: str, clock: ManualClock, secrets: Mapping[str, str], *files: Path) -> None:
    """Apply configuration files to a migrated database, as ``ringback apply`` does."""
    db = open_database(database_url)
    try:
        for file in files:
            db.write_now(apply_file, read_file(file), actor="test", origin="test", secrets=secrets, now=clock.now())
    finally:
        db.close()


def reconfigure(server: Running, file: Path, *changes: tuple[str, str]) -> None:
    """Apply a configuration file once more with some of its text replaced, while the server runs."""
    text = file.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    server.app.db.write_now(
        apply_file, read_text(text), actor="test", origin="test", secrets={}, now=server.clock.now()
    )


def row_of(server: Running, callback_id: str) -> Mapping[str, Any]:
    """A callback as the database keeps it."""
    row = server.app.db.read_now(lambda tx: tx.one("SELECT * FROM callbacks WHERE id = :id", id=callback_id))
    assert row is not None
    return row
