"""How processes on one PostgreSQL tell each other of changes: NOTIFY after the commit, LISTEN meanwhile.

Not NOTIFY inside the transaction: PostgreSQL takes a lock over the whole server for the commit of every transaction
that notifies, so that all commits would queue. What is announced after the commit can be lost with the process; those
who keep something in memory therefore renew it now and then as well.
"""

import contextlib
import json
import selectors
import socket
import threading
from collections.abc import Callable

import psycopg

from ringback.db.postgres_connection import Connection
from ringback.db.tx import Change, Changes, Listener
from ringback.kernel.errors import DatabaseUnavailable
from ringback.kernel.tenancy import OrgId

_CHANNEL = "ringback_changes"
_AT_MOST_EVERY_SECONDS = 0.05
_LONGEST_PAYLOAD = 7000
"""Bytes; PostgreSQL refuses 8000."""

_RECONNECT_SECONDS = 0.5


class Announcements:
    """One thread with one connection, which tells other processes and tells ``hear`` what they say."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        hear: Listener,
        start: Callable[[str, Callable[[], None]], threading.Thread],
    ) -> None:
        self._connect = connect
        self._hear = hear
        self._untold: set[tuple[OrgId, Change]] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._connection = self._listening()
        self._button, self._bell = socket.socketpair()
        self._bell.setblocking(False)
        self._thread = start("announcements", self._run)

    def announce(self, changes: Changes) -> None:
        """Tell the others soon; what is announced within a moment goes in one message."""
        with self._lock:
            asleep = not self._untold
            self._untold |= changes
        if asleep:
            self._button.send(b".")

    def close(self) -> None:
        """Send the rest and end."""
        self._closing.set()
        self._button.send(b".")
        self._thread.join()
        self._button.close()
        self._bell.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._work()
            except (psycopg.Error, OSError):
                self._reconnect()
        with contextlib.suppress(psycopg.Error, OSError):
            self._send()
        self._connection.close()

    def _work(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._bell, selectors.EVENT_READ)
            selector.register(self._connection, selectors.EVENT_READ)
            while not self._closing.is_set():
                selector.select()
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(4096)
                self._send()
                self._receive()
                self._closing.wait(_AT_MOST_EVERY_SECONDS)  # whatever comes meanwhile makes one message

    def _send(self) -> None:
        with self._lock:
            changes, self._untold = self._untold, set()
        if not changes:
            return
        try:
            self._connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, _written(changes)))
        except psycopg.Error:
            with self._lock:
                self._untold |= changes
            raise

    def _receive(self) -> None:
        own = self._connection.info.backend_pid
        for message in self._connection.notifies(timeout=0):
            if message.pid != own:
                self._hear(_read(message.payload))

    def _listening(self) -> Connection:
        connection = self._connect()
        connection.execute(f"LISTEN {_CHANNEL}")
        return connection

    def _reconnect(self) -> None:
        self._connection.close()
        while not self._closing.wait(_RECONNECT_SECONDS):
            with contextlib.suppress(DatabaseUnavailable, psycopg.Error):
                self._connection = self._listening()
                self._button.send(b".")  # what could not be told before is told now
                self._hear(None)  # what was said meanwhile was not heard
                return


def _written(changes: set[tuple[OrgId, Change]]) -> str:
    """The message: a list of pairs, or null for "anything" when that would be too long."""
    payload = json.dumps(sorted(changes), separators=(",", ":"))
    return payload if len(payload) <= _LONGEST_PAYLOAD else "null"


def _read(payload: str) -> Changes | None:
    try:
        return frozenset((OrgId(org), Change(what)) for org, what in json.loads(payload))
    except (TypeError, ValueError):  # null, or another version's word
        return None
