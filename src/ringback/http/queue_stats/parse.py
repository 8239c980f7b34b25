"""What a contact centre reports, read into a value of known shape. Pure; raises the contract's errors and nothing else.

The schemas in ``contract.py`` say the same for the reader of the API: change both together.
"""

from collections.abc import Mapping
from typing import Any

from ringback.forecast.model import QueueStats
from ringback.http.scheduler.parse import read_body, read_time, whole_number
from ringback.kernel.clock import Instant, after
from ringback.kernel.errors import InvalidParameters

MOST = 100_000
"""Callers or agents."""
SHORTEST_CALL = 1
LONGEST = 86_400
"""Seconds that a call may take, or its caller have waited."""

_FIGURES = ("calls_waiting", "agents_staffed", "agents_available", "handle_time", "oldest_wait")
_CLOCK_SKEW = 60
"""Seconds by which the reporter's clock may be ahead of ours."""


def report(body: bytes, content_type: bytes | None, *, stale_after: int, now: Instant) -> QueueStats:
    """The body of a report. ``stale_after`` is how many seconds a report counts.

    Raises ``InvalidRequest``, ``InvalidParameters``.
    """
    sent = read_body(body, content_type, numbers=(*_FIGURES, "at"))
    stats = QueueStats(
        at=_moment(sent.get("at"), stale_after, now),
        calls_waiting=_count(sent, "calls_waiting"),
        oldest_wait=_seconds(sent, "oldest_wait", at_least=0),
        agents_staffed=_count(sent, "agents_staffed"),
        agents_available=_count(sent, "agents_available"),
        handle_time=_seconds(sent, "handle_time", at_least=SHORTEST_CALL),
    )
    if all(getattr(stats, figure) is None for figure in _FIGURES):
        raise InvalidParameters(f"At least one of {', '.join(_FIGURES)} is required.")
    if (stats.agents_available or 0) > (MOST if stats.agents_staffed is None else stats.agents_staffed):
        raise InvalidParameters("agents_available must not be more than agents_staffed.")
    return stats


def _moment(sent: object, stale_after: int, now: Instant) -> Instant:
    """When the figures were true: ``now`` where that is not said, or said by a clock that is a little ahead."""
    at = read_time("at", sent)
    if at is None:
        return now
    if at > after(now, _CLOCK_SKEW):
        raise InvalidParameters("at is more than a minute in the future.")
    if at <= after(now, -stale_after):
        raise InvalidParameters(f"at is too long ago: a report counts for {stale_after} seconds.")
    return min(at, now)


def _count(sent: Mapping[str, Any], name: str) -> int | None:
    if (value := sent.get(name)) is None:
        return None
    count = whole_number(name, value)
    if not 0 <= count <= MOST:
        raise InvalidParameters(f"{name} must be from 0 to {MOST}.")
    return count


def _seconds(sent: Mapping[str, Any], name: str, *, at_least: int) -> float | None:
    value = sent.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidParameters(f"{name} must be a number.")
    if not at_least <= value <= LONGEST:  # also refuses what is not a number
        raise InvalidParameters(f"{name} must be from {at_least} to {LONGEST} seconds.")
    return value
