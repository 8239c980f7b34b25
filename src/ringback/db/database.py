"""The door to the database: run a use case in a transaction, and hear of changes.

``open_database`` chooses the engine by the address; the rest of Ringback knows only :class:`Database`.
"""

import asyncio
import concurrent.futures
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from ringback.db.address import sqlite_file
from ringback.db.jobs import Job
from ringback.db.tx import Changes, Listener, Tx

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)


def open_database(url: str, *, readers: int = 2, connections: int = 16) -> "Database":
    """Open the database at an address: ``sqlite:///relative.db``, ``sqlite:////absolute/path.db``, ``postgresql://...``.

    ``readers`` is the number of reader threads on SQLite; ``connections`` the number of worker threads, each with a
    connection of its own, on PostgreSQL. Nothing is created: ``ringback migrate`` does that. Whether the schema fits is
    asked with :func:`ringback.db.version.check_schema`.

    Raises:
        ConfigurationInvalid: the address is none of those.
        DatabaseUnavailable: or one of its kinds, saying what is wrong and what to do.
    """
    # Imported here: a program on SQLite should not pay for the PostgreSQL driver, neither at its start nor in memory.
    path = sqlite_file(url)
    if path is None:
        from ringback.db.postgres import PostgresDatabase  # noqa: PLC0415

        return PostgresDatabase(url, connections=connections)
    from ringback.db.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqliteDatabase(path, readers=readers)


class Database(ABC):
    """An open database. All methods may be called from any thread.

    A use case is a function ``(tx, ...)`` that touches nothing but its transaction and its arguments, since it may be
    run a second time: after a deadlock, a lost connection, or the failure of another one committed together with it.
    It may not open a transaction itself, nor may a listener: both run in the database's own threads.
    """

    engine: Literal["sqlite", "postgresql"]

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._own_threads: set[int] = set()

    async def write(self, use_case: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kw: P.kwargs) -> T:
        """Run a use case in a transaction and return what it returns, once that is safely on disk.

        An exception of the use case rolls back and is raised here. When the caller is cancelled, its write may still be
        made or not; nobody else's is touched.
        """
        job, answer = _job_of_running_loop(use_case, args, kw)
        self._submit_write(job)
        value: T = await answer
        return value

    async def read(self, use_case: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kw: P.kwargs) -> T:
        """Run a use case that only reads, on one snapshot of the data. A write in it is a ``DatabaseReadOnly``."""
        job, answer = _job_of_running_loop(use_case, args, kw)
        self._submit_read(job)
        value: T = await answer
        return value

    def write_now(self, use_case: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kw: P.kwargs) -> T:
        """:meth:`write`, blocking this thread."""
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._refuse_nested()
        self._submit_write(Job(use_case, args, kw, answer))
        return answer.result()

    def read_now(self, use_case: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kw: P.kwargs) -> T:
        """:meth:`read`, blocking this thread. On SQLite it costs no hop to another thread."""
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._refuse_nested()
        self._read_here(Job(use_case, args, kw, answer))
        return answer.result()

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` after each commit what has changed, before the writer itself is answered.

        Changes of other processes are told within a second, as what changed or, when that is not known, as None. It is
        called in a thread of the database (on PostgreSQL in several at once), must be quick, and must not use the
        database.
        """
        self._listeners.append(listener)

    @abstractmethod
    def close(self) -> None:
        """Finish what waits, refuse anything more, end all threads. Blocks meanwhile; a second call does nothing."""

    @abstractmethod
    def _submit_write(self, job: Job) -> None: ...

    @abstractmethod
    def _submit_read(self, job: Job) -> None: ...

    def _read_here(self, job: Job) -> None:
        self._submit_read(job)

    def _tell(self, changes: Changes | None) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(changes)
            except Exception:
                logger.exception("a listener to database changes failed")

    def _work_in(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Start a thread of the database."""

        def run() -> None:
            self._own_threads.add(threading.get_ident())
            work()

        thread = threading.Thread(target=run, name=f"ringback-db-{name}", daemon=True)
        thread.start()
        return thread

    def _refuse_nested(self) -> None:
        if threading.get_ident() in self._own_threads:
            raise RuntimeError("a use case or a listener opened a transaction; a use case has one already: its tx")


def _job_of_running_loop(
    use_case: Callable[..., T], args: tuple[Any, ...], kw: dict[str, Any]
) -> tuple[Job, "asyncio.Future[T]"]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()
    return Job(use_case, args, kw, answer, loop), answer
