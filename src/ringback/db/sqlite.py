"""SQLite: one writer thread that commits together whatever waits, and readers on snapshots.

What costs on SQLite is not the statement but the fsync of each commit. So the writer takes all the use cases that have
gathered while it was busy, runs each in a savepoint of its own, and commits them at once; nobody is answered before
that commit is on disk (WAL, ``synchronous=FULL``).
"""

import contextlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from ringback.db.database import Database
from ringback.db.jobs import Job, JobQueue, OpenTx, answer
from ringback.db.sqlite_errors import explained, refuse_nul
from ringback.db.text import for_sqlite
from ringback.db.tx import Change, Row
from ringback.kernel.errors import DatabaseMissing, DatabaseUnavailable
from ringback.kernel.tenancy import OrgId

T = TypeVar("T")

_TOGETHER = 64
"""Most use cases in one commit: beyond it the fsync is a small part of the cost already."""

_LISTEN_EVERY_SECONDS = 0.5
"""How often an idle writer looks whether another process has written."""

_CACHE_KIB = 16 * 1024


def connect(path: Path, mode: Literal["rw", "rwc", "ro"], *, busy_timeout_seconds: float = 5.0) -> sqlite3.Connection:
    """A connection with Ringback's settings, in autocommit: BEGIN and COMMIT are written out.

    Raises:
        DatabaseUnavailable: or one of its kinds.
    """
    if not path.parent.is_dir():
        raise DatabaseMissing(f"The directory {path.parent} of the database does not exist: create it first.")
    if mode != "rwc" and not path.exists():
        raise DatabaseMissing(f"There is no database at {path}: run `ringback migrate` to create it.")
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            timeout=busy_timeout_seconds,
            isolation_level=None,
            check_same_thread=False,  # each is used by one thread at a time, but not always by the same
            cached_statements=512,
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        if mode == "ro":
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except sqlite3.Error as error:
        raise explained(error, path) from error
    return connection


class SqliteDatabase(Database):
    """A database in a file. Several processes may use it, but each waits for the others' writes."""

    engine = "sqlite"

    def __init__(self, path: Path, *, readers: int = 2, busy_timeout_seconds: float = 5.0) -> None:
        super().__init__()
        self._path = path
        self._busy_timeout_seconds = busy_timeout_seconds
        self._writer = connect(path, "rw", busy_timeout_seconds=busy_timeout_seconds)
        try:
            self._writer.execute("BEGIN IMMEDIATE")  # whether it can be written is told now, not at the first request
            self._writer.execute("ROLLBACK")
            self._version_seen = self._data_version()
        except sqlite3.Error as error:
            self._writer.close()
            raise explained(error, path) from error
        self._idle_readers: list[sqlite3.Connection] = []
        self._writes = JobQueue()
        self._reads = JobQueue()
        self._writing = self._work_in("writer", self._write_until_closed)
        self._reading = [self._work_in(f"reader-{n}", self._read_until_closed) for n in range(readers)]

    def close(self) -> None:
        if not self._writes.close(takers=1):
            return
        self._reads.close(takers=len(self._reading))
        for thread in (self._writing, *self._reading):
            thread.join()
        while self._idle_readers:
            self._idle_readers.pop().close()
        self._writer.close()  # the last one: it moves the write-ahead log into the database file

    def _submit_write(self, job: Job) -> None:
        self._writes.put(job)

    def _submit_read(self, job: Job) -> None:
        self._reads.put(job)

    def _write_until_closed(self) -> None:
        taken: list[Job | None] = []
        while not taken or taken[-1] is not None:
            taken = self._writes.take_up_to(_TOGETHER, _LISTEN_EVERY_SECONDS)
            jobs = [job for job in taken if job is not None and not job.abandoned]
            if jobs:
                self._commit_together(jobs)
                answer(jobs)
            else:
                self._hear_others()

    def _commit_together(self, jobs: list[Job]) -> None:
        """Run the jobs in one transaction, and leave in each its own answer."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._fail(jobs, error)
            return
        try:
            changes = self._run_one(jobs[0]) if len(jobs) == 1 else self._run_in_savepoints(jobs)
        except sqlite3.Error:
            # For the sake of one (the disk is full, say) SQLite has dropped the whole transaction. None of it was
            # committed, so each is run again by itself and gets the answer that is its own.
            self._roll_back()
            for job in jobs:
                self._commit_together([job])
            return
        try:
            others_wrote = self._others_wrote()  # under the write lock: exactly what came before this transaction
            if self._writer.in_transaction:
                self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            self._fail(jobs, error)
            return
        if others_wrote:
            self._tell(None)
        elif changes:
            self._tell(frozenset(changes))

    def _run_one(self, job: Job) -> set[tuple[OrgId, Change]]:
        tx = SqliteTx(self._writer, self._path)
        job.run(tx)
        if job.error is None:
            return tx.changes
        self._roll_back()
        return set()

    def _run_in_savepoints(self, jobs: list[Job]) -> set[tuple[OrgId, Change]]:
        execute = self._writer.execute
        changes: set[tuple[OrgId, Change]] = set()
        for job in jobs:
            execute("SAVEPOINT job")
            tx = SqliteTx(self._writer, self._path)
            job.run(tx)
            if job.error is None:
                changes |= tx.changes
            else:
                execute("ROLLBACK TO job")  # an error when the whole transaction is gone
            execute("RELEASE job")
        return changes

    def _fail(self, jobs: list[Job], error: Exception) -> None:
        for job in jobs:
            job.error = job.error or explained(error, self._path)

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _hear_others(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # a file that cannot be read is told to whoever uses it next
            if self._others_wrote():
                self._tell(None)

    def _others_wrote(self) -> bool:
        before, self._version_seen = self._version_seen, self._data_version()
        return before != self._version_seen

    def _data_version(self) -> int:
        """A number that another connection's commit changes, and our own does not."""
        (version,) = self._writer.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _read_until_closed(self) -> None:
        while (job := self._reads.take()) is not None:
            if not job.abandoned:
                self._run_read(job)
                answer([job])

    def _read_here(self, job: Job) -> None:
        self._reads.refuse_when_closed()
        self._run_read(job)
        job.answer()

    def _run_read(self, job: Job) -> None:
        """Run the job on a snapshot of its own: a deferred transaction sees what was committed when it first reads."""
        try:
            reader = self._idle_reader()
        except DatabaseUnavailable as error:
            job.error = error
            return
        try:
            reader.execute("BEGIN")
            job.run(SqliteTx(reader, self._path))
            reader.execute("ROLLBACK")
        except sqlite3.Error as error:
            self._fail([job], error)
        finally:
            self._idle_readers.append(reader)

    def _idle_reader(self) -> sqlite3.Connection:
        try:
            return self._idle_readers.pop()
        except IndexError:  # all are at work
            return connect(self._path, "ro", busy_timeout_seconds=self._busy_timeout_seconds)


class SqliteTx(OpenTx):
    """An open transaction on one connection."""

    __slots__ = ("_connection", "_path")

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__()
        self._connection = connection
        self._path = path

    def one(self, sql: str, /, **params: Any) -> Row | None:
        row: Row | None = self._take(sqlite3.Cursor.fetchone, sql, params)
        return row

    def all(self, sql: str, /, **params: Any) -> list[Row]:
        return self._take(sqlite3.Cursor.fetchall, sql, params)

    def run(self, sql: str, /, **params: Any) -> int:
        return self._take(_changed_rows, sql, params)

    def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]], /) -> None:
        for row in rows:
            self._take(_changed_rows, sql, row)

    def _take(self, take: Callable[[sqlite3.Cursor], T], sql: str, params: Mapping[str, Any]) -> T:
        if self.failure is not None:
            raise self.failure
        try:
            refuse_nul(params)
            return take(self._connection.execute(for_sqlite(sql), params))
        except Exception as error:
            self.failure = explained(error, self._path)
            if self.failure is error:
                raise
            raise self.failure from error


def _changed_rows(cursor: sqlite3.Cursor) -> int:
    if cursor.rowcount >= 0:
        return cursor.rowcount
    # Python counts only for statements that begin with INSERT, UPDATE or DELETE; this one begins with WITH.
    (changed,) = cursor.connection.execute("SELECT changes()").fetchone()
    return int(changed)
