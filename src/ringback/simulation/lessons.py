"""What the forecast learns from simulated calls: the same lessons, in the same moments, as from real ones.

The counterpart of ``dispatch/lessons.py``, with the memory at hand instead of in a row.
"""

import ringback.forecast.service as forecast
from ringback.call_targets.model import CallTarget
from ringback.forecast.memory import Memory
from ringback.forecast.model import Estimate, Load, Pace, QueueStats
from ringback.kernel.clock import Instant


class Lessons:
    """The memory of one call target."""

    def __init__(self, target: CallTarget) -> None:
        self._target = target
        self._memory = Memory()
        self._pace: Pace | None = None

    @property
    def pace(self) -> Pace:
        """What the release of callbacks goes by."""
        if self._pace is None:
            self._pace = forecast.pace(self._target, self._memory)
        return self._pace

    def estimate(self, load: Load, stats: QueueStats | None, now: Instant) -> Estimate:
        """What somebody who asks now is promised."""
        if stats is not None and stats.agents_staffed is not None:
            self._memory.staffed(stats.agents_staffed, now)
        return forecast.estimate_new(self._target, load, stats, self._memory, now)

    def launched(self, promise: Estimate, waited: float, *, load: Load, others: bool, now: Instant) -> None:
        """A callback is called for the first time after so many seconds; ``load`` counts it, ``others`` still wait."""
        self._memory.saw(now, busy=load.talking, waiting=others)
        if promise.undisturbed:
            self._memory.scored(promise.basis, waited)

    def found(self, seconds: float) -> None:
        """A call found its customer, so many seconds after its launch."""
        self._memory.found(seconds)
        self._pace = None

    def missed(self) -> None:
        """A call did not find its customer."""
        self._memory.missed()
        self._pace = None

    def finished(self, seconds: float) -> None:
        """The two have talked for so long."""
        self._memory.finished(seconds)
        self._pace = None
