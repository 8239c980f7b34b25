"""Use cases waiting for their transaction, and how their callers get the answer."""

import asyncio
import concurrent.futures
import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

from ringback.db.tx import Change
from ringback.kernel.errors import DatabaseUnavailable
from ringback.kernel.tenancy import OrgId


class OpenTx:
    """What both engines' transactions remember: what was changed, and the first statement's error."""

    __slots__ = ("changes", "failure")

    def __init__(self) -> None:
        self.changes: set[tuple[OrgId, Change]] = set()
        self.failure: BaseException | None = None

    def changed(self, org: OrgId, what: Change, /) -> None:
        self.changes.add((org, what))


class Job:
    """One call of a use case: it waits, is run in a transaction, and then holds the answer."""

    __slots__ = ("_args", "_future", "_kw", "_use_case", "error", "loop", "reads", "value")

    def __init__(
        self,
        use_case: Callable[..., Any],
        args: tuple[Any, ...],
        kw: dict[str, Any],
        future: asyncio.Future[Any] | concurrent.futures.Future[Any],
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._use_case = use_case
        self._args = args
        self._kw = kw
        self._future = future
        self.loop = loop
        self.reads = False
        self.value: Any = None
        self.error: BaseException | None = None

    @property
    def abandoned(self) -> bool:
        """Whether the caller has gone away before its turn came."""
        return self._future.cancelled()

    def run(self, tx: OpenTx) -> None:
        """Call the use case. A failed statement fails it, even when the use case swallows the error."""
        try:
            self.value = self._use_case(tx, *self._args, **self._kw)
            self.error = tx.failure
        except BaseException as error:  # noqa: BLE001  whatever it is, it belongs to the caller and not to this thread
            self.error = error

    def answer(self) -> None:
        """Hand the answer to the caller; in the caller's event loop, when it has one."""
        if self._future.done():
            return  # cancelled meanwhile
        if self.error is None:
            self._future.set_result(self.value)
        elif isinstance(self.error, StopIteration):  # the one exception that a future refuses
            self._future.set_exception(RuntimeError(f"the use case raised {self.error!r}"))
        else:
            self._future.set_exception(self.error)


def answer(jobs: Iterable[Job]) -> None:
    """Hand the answers to the callers, waking each event loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        if job.loop is None:
            job.answer()
        else:
            by_loop.setdefault(job.loop, []).append(job)
    for loop, waiting in by_loop.items():
        with contextlib.suppress(RuntimeError):  # that loop has been closed: nobody waits there any more
            loop.call_soon_threadsafe(_answer_in_loop, waiting)


def _answer_in_loop(jobs: list[Job]) -> None:
    for job in jobs:
        job.answer()


class JobQueue:
    """Jobs in the order in which they came, for one or several threads that take them until it is closed."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = False

    def put(self, job: Job) -> None:
        """Add a job; after :meth:`close` a ``DatabaseUnavailable``."""
        with self._door:  # so that no job slips in behind the end and waits for ever
            self.refuse_when_closed()
            self._jobs.put(job)

    def refuse_when_closed(self) -> None:
        """After :meth:`close` a ``DatabaseUnavailable``."""
        if self._closed:
            raise DatabaseUnavailable("The database has been closed; this process is shutting down.")

    def close(self, takers: int) -> bool:
        """Let nothing more in, and tell each taker of the end after all that waits. False if it was closed before."""
        with self._door:
            if self._closed:
                return False
            self._closed = True
            for _ in range(takers):
                self._jobs.put(None)
            return True

    def take(self) -> Job | None:
        """The next job, or None at the end."""
        return self._jobs.get()

    def take_up_to(self, most: int, wait_seconds: float) -> list[Job | None]:
        """All that waits, at most so many; nothing if nothing comes within the wait. A None at its end is the end."""
        taken: list[Job | None] = []
        with contextlib.suppress(queue.Empty):
            taken.append(self._jobs.get(timeout=wait_seconds))
            while len(taken) < most and taken[-1] is not None:
                taken.append(self._jobs.get_nowait())
        return taken
