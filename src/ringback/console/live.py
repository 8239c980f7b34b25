"""Telling open pages that something has changed, by server-sent events.

A page is told *what* changed and fetches those parts of itself again, so that there is one way in which a part is made
and one place where it is decided who may see it.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ringback.db.database import Database
from ringback.db.tx import Change, Changes
from ringback.http.answer import NO_STORE, Receive, Send
from ringback.kernel.tenancy import OrgId

_SILENCE_SECONDS = 25
"""After so long without a change a comment is sent, so that nothing in between takes the connection for dead."""
_LASTS_SECONDS = 300
"""Then the page asks again, and with it whether the person is still signed in."""
_AT_MOST_EVERY_SECONDS = 0.5


class _Watch:
    """One open page: what has changed since it was last told."""

    def __init__(self, org: OrgId) -> None:
        self.org = org
        self.topics: set[Change] = set()
        self.rung = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def tell(self, topics: frozenset[Change]) -> None:
        """From any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and the page with it
            self._loop.call_soon_threadsafe(self._note, topics)

    def _note(self, topics: frozenset[Change]) -> None:
        self.topics |= topics
        self.rung.set()

    def taken(self) -> set[Change]:
        topics, self.topics = self.topics, set()
        self.rung.clear()
        return topics


class LiveChanges:
    """Who is looking, and telling them."""

    def __init__(self, db: Database) -> None:
        self._watches: set[_Watch] = set()
        self.is_over = False
        db.listen(self._changed)

    def end(self) -> None:
        """Let all pages go, since the server stops; they ask again. Called in the event loop."""
        self.is_over = True
        for watch in self._watches:
            watch.rung.set()

    @contextlib.contextmanager
    def watching(self, org: OrgId) -> Iterator[_Watch]:
        """An organization's changes from now on."""
        watch = _Watch(org)
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def _changed(self, changes: Changes | None) -> None:
        for watch in tuple(self._watches):
            topics = frozenset(Change) if changes is None else {what for org, what in changes if org == watch.org}
            if topics:
                watch.tell(frozenset(topics))


@dataclass(frozen=True, slots=True)
class EventStream:
    """An answer that does not end: ``text/event-stream`` (HTML, section 9.2)."""

    live: LiveChanges
    org: OrgId
    status: int = field(default=200, init=False)

    async def send(self, receive: Receive, send: Send) -> None:
        """Tell of changes until the page is left, or for some minutes."""
        headers = [
            (b"content-type", b"text/event-stream"),
            NO_STORE,
            (b"x-accel-buffering", b"no"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send(_piece("retry: 3000\n\n"))
        telling, leaving = asyncio.create_task(self._tell(send)), asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (telling, leaving):
                task.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)

    async def _tell(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + _LASTS_SECONDS
        with self.live.watching(self.org) as watch:
            while loop.time() < ends and not self.live.is_over:
                try:
                    await asyncio.wait_for(watch.rung.wait(), _SILENCE_SECONDS)
                except TimeoutError:
                    await send(_piece(": \n\n"))
                    continue
                if topics := " ".join(sorted(watch.taken())):
                    await send(_piece(f"event: changed\ndata: {topics}\n\n"))
                    await asyncio.sleep(_AT_MOST_EVERY_SECONDS)
        await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    """Returns when the page is left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _piece(text: str) -> dict[str, object]:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}
