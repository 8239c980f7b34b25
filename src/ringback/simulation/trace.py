"""The trace: what could be observed of simulated days, as ``ringback forecast replay`` reads it.

One JSON object a line, in the order of time.
``t`` is in seconds from the beginning of the first day and never goes back. Each caller has one id, and one more for
each further call to a customer who was not reached: to the queue that is somebody who waits again and holds no promise.
"""

import json
from typing import IO, Any

from ringback.kernel.clock import SECOND, Instant


class Trace:
    """Writes lines while the simulation runs."""

    def __init__(self, out: IO[str], begin: Instant) -> None:
        self._out = out
        self._begin = begin

    def settings(self, at: Instant, *, handle_time: int, agents: int) -> None:
        """What is assumed before anything has been seen."""
        self._line(at, "settings", default_handle_time=handle_time, default_agents=agents)

    def staffing(self, at: Instant, agents: int) -> None:
        """So many agents take calls from now on."""
        self._line(at, "staffing", agents=agents)

    def arrived(self, at: Instant, call: int | str, kind: str) -> None:
        """Somebody holds (``hold``), or has asked to be called back (``callback``)."""
        self._line(at, "arrived", id=str(call), kind=kind)

    def abandoned(self, at: Instant, call: int | str) -> None:
        """Somebody on hold has hung up."""
        self._line(at, "abandoned", id=str(call))

    def answered(self, at: Instant, call: int | str) -> None:
        """A wait has ended: of a holder by an agent, of a callback by being launched."""
        self._line(at, "answered", id=str(call))

    def finished(self, at: Instant, call: int | str, handle_time: float) -> None:
        """A call is over that had occupied an agent for so many seconds; 0 where a callback found no agent."""
        self._line(at, "finished", id=str(call), handle_time=round(handle_time, 3))

    def _line(self, at: Instant, event: str, **details: Any) -> None:
        line = {"t": round((at - self._begin) / SECOND, 3), "event": event, **details}
        self._out.write(json.dumps(line, separators=(",", ":")) + "\n")


class NoTrace(Trace):
    """Where nobody asked for one."""

    def __init__(self) -> None:
        pass

    def _line(self, at: Instant, event: str, **details: Any) -> None:
        pass
