"""PostgreSQL: a pool of threads, each with a connection of its own (psycopg 3, synchronous).

A write is READ COMMITTED, a read is READ ONLY on one snapshot (REPEATABLE READ). What PostgreSQL asks to be tried again
is tried again here, at the edge of the use case, and so is what a lost connection has certainly undone.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import errors

from ringback.db.announcements import Announcements
from ringback.db.database import Database
from ringback.db.jobs import Job, JobQueue, OpenTx, answer
from ringback.db.postgres_connection import Connection, NamedRow, connect, explained
from ringback.db.text import for_postgresql
from ringback.db.tx import Row
from ringback.kernel.errors import DatabaseUnavailable

_BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.01
"""Longest pause before the second attempt; it doubles with each, and is drawn at random so that rivals part."""

Cursor = psycopg.Cursor[NamedRow]

_COLLISIONS = (errors.SerializationFailure, errors.DeadlockDetected)


class PostgresDatabase(Database):
    """A PostgreSQL database, shared by any number of processes."""

    engine = "postgresql"

    def __init__(self, url: str, *, connections: int = 16) -> None:
        super().__init__()
        self._url = url
        # Connects at once, so that a wrong address is told now and not at the first request.
        self._announcements = Announcements(lambda: connect(url), hear=self._tell, start=self._work_in)
        self._jobs = JobQueue()
        self._working = [self._work_in(f"worker-{n}", self._work_until_closed) for n in range(connections)]

    def close(self) -> None:
        if not self._jobs.close(takers=len(self._working)):
            return
        for thread in self._working:
            thread.join()
        self._announcements.close()

    def _submit_write(self, job: Job) -> None:
        self._jobs.put(job)

    def _submit_read(self, job: Job) -> None:
        job.reads = True
        self._jobs.put(job)

    def _work_until_closed(self) -> None:
        worker = _Worker(self._url)
        while (job := self._jobs.take()) is not None:
            if job.abandoned:
                continue
            tx = worker.perform(job)
            if job.error is None and tx.changes:
                changes = frozenset(tx.changes)
                self._tell(changes)
                self._announcements.announce(changes)
            answer([job])
        worker.leave()


class _Worker:
    """A thread's connection, opened when it is first needed and again after it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    def perform(self, job: Job) -> "PostgresTx":
        """Run the job in a transaction, again where that is safe and of use, and leave its answer in it."""
        tx = PostgresTx()
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0, _FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311  not a secret
            tx = PostgresTx()
            try:
                again = self._attempt(job, tx)
            except DatabaseUnavailable as error:
                job.error = error
                return tx
            if not again:
                return tx
        return tx

    def leave(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _attempt(self, job: Job, tx: "PostgresTx") -> bool:
        """Try once; whether to try again. Before COMMIT is sent, whatever fails has changed nothing."""
        connection = self._connected()
        tx.cursor = connection.cursor()
        try:
            tx.cursor.execute(_BEGIN_READ if job.reads else _BEGIN_WRITE, prepare=False)
        except psycopg.Error as error:
            job.error = explained(error)
            return connection.closed
        job.run(tx)
        if job.error is not None:
            self._roll_back(tx.cursor)
            return tx.collided or connection.closed
        return self._commit(job, tx.cursor)

    def _commit(self, job: Job, cursor: Cursor) -> bool:
        try:
            cursor.execute("COMMIT", prepare=False)
        except psycopg.Error as error:
            if cursor.connection.closed and not job.reads:
                job.error = DatabaseUnavailable(
                    "The connection to the database was lost during a commit; whether the change was saved is unknown."
                )
                return False
            job.error = explained(error)
            return job.reads or isinstance(error, _COLLISIONS)
        return False

    def _roll_back(self, cursor: Cursor) -> None:
        try:
            cursor.execute("ROLLBACK", prepare=False)
        except psycopg.Error:
            self.leave()  # which rolls back as well

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url)
        return self._connection


class PostgresTx(OpenTx):
    """An open transaction on one connection."""

    __slots__ = ("collided", "cursor")

    cursor: Cursor

    def __init__(self) -> None:
        super().__init__()
        self.collided = False

    def one(self, sql: str, /, **params: Any) -> Row | None:
        return self._execute(sql, params).fetchone()

    def all(self, sql: str, /, **params: Any) -> list[Row]:
        return list(self._execute(sql, params).fetchall())

    def run(self, sql: str, /, **params: Any) -> int:
        return self._execute(sql, params).rowcount

    def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]], /) -> None:
        self._run(self.cursor.executemany, sql, rows)

    def _execute(self, sql: str, params: Mapping[str, Any]) -> Cursor:
        self._run(self.cursor.execute, sql, params)
        return self.cursor

    def _run(self, execute: Callable[..., object], sql: str, params: object) -> None:
        if self.failure is not None:
            raise self.failure
        try:
            execute(for_postgresql(sql), params)
        except Exception as error:
            self.collided = isinstance(error, _COLLISIONS)
            self.failure = explained(error)
            if self.failure is error:
                raise
            raise self.failure from error
