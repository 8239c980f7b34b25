"""The worker's loop: take each step in turn, rest when none finds anything to do, carry on when one fails.

A step is a coroutine function that does one batch of work and says whether there was any.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple, Protocol

import structlog

from ringback.kernel.clock import Clock, Instant, SystemClock, after

logger = structlog.get_logger(__name__)

_IDLE_SECONDS = 0.2
_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 8.0

Work = Callable[[], Awaitable[bool]]
Pause = Callable[[asyncio.Event, float], Awaitable[None]]


class Step(NamedTuple):
    """A named piece of background work."""

    name: str
    work: Work


class FailureObserver(Protocol):
    """Is told of steps that fail, for metrics."""

    def step_failed(self, step: str) -> None:
        """A step has raised an error and will be tried again."""


class Loop:
    """Runs steps until stopped. ``nudge`` and ``stop`` may be called from any thread."""

    def __init__(
        self,
        steps: Iterable[Step],
        *,
        observer: FailureObserver | None = None,
        clock: Clock | None = None,
        idle_seconds: float = _IDLE_SECONDS,
        pause: Pause | None = None,
    ) -> None:
        """``pause(nudged, seconds)`` is how it rests: until the event is set, or for so many seconds at most."""
        self._turns = [_Turn(step) for step in steps]
        self._observer = observer
        self._clock = clock or SystemClock()
        self._idle_seconds = idle_seconds
        self._pause = pause or _until_nudged
        self._nudged = asyncio.Event()
        self._running_in: asyncio.AbstractEventLoop | None = None
        self._stopping = False

    def add(self, name: str, work: Work) -> None:
        """Take one more step in each round."""
        self._turns.append(_Turn(Step(name, work)))

    async def run(self) -> None:
        """Work until :meth:`stop`."""
        self._running_in = asyncio.get_running_loop()
        while not self._stopping:
            self._nudged.clear()  # before looking: what comes meanwhile is found now or at once after
            if await self.round() or self._stopping:
                # A step that never waits for anything would otherwise keep everybody else in this thread from working.
                await asyncio.sleep(0)
            else:
                await self._pause(self._nudged, self._idle_seconds)

    async def round(self) -> bool:
        """Take each step once, except those resting after a failure; whether any had something to do."""
        busy = False
        for turn in tuple(self._turns):
            if self._stopping:
                break
            if turn.rests_until <= self._clock.now():
                busy |= await self._take(turn)
        return busy

    def nudge(self) -> None:
        """Say that there may be something to do."""
        loop = self._running_in
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the event loop has ended: so has the work
                loop.call_soon_threadsafe(self._nudged.set)

    def stop(self) -> None:
        """End after the present step."""
        self._stopping = True
        self.nudge()

    async def _take(self, turn: "_Turn") -> bool:
        try:
            busy = await turn.step.work()
        except Exception:
            turn.failures += 1
            pause = min(_FIRST_BACKOFF_SECONDS * 2 ** (turn.failures - 1), _LONGEST_BACKOFF_SECONDS)
            turn.rests_until = after(self._clock.now(), pause)
            logger.exception("step failed", step=turn.step.name, in_a_row=turn.failures, again_in_seconds=pause)
            if self._observer is not None:
                self._observer.step_failed(turn.step.name)
            return False
        turn.failures = 0
        return busy


class _Turn:
    """A step with how often it has failed in a row, and until when it rests therefore."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.failures = 0
        self.rests_until = Instant(0)


async def _until_nudged(nudged: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await nudged.wait()
