"""The one place that reads the clock.

Time is an argument everywhere else: decisions take ``now``, and tests turn a :class:`ManualClock` by hand.
Instants are integers, microseconds since the Unix epoch, UTC: they sort, subtract and store without conversion.
"""

import time
from datetime import UTC, datetime, tzinfo
from typing import NewType, Protocol

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

SECOND = 1_000_000
"""Microseconds in a second."""
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """What tells the time: the system's clock, or one turned by hand."""

    def now(self) -> Instant: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """The present instant."""
        return Instant(time.time_ns() // 1000)


class ManualClock:
    """A clock that stands still until it is turned: for tests and for simulated days."""

    def __init__(self, start: Instant) -> None:
        self._now = start

    def now(self) -> Instant:
        """The instant it was last turned to."""
        return self._now

    def turn_to(self, instant: Instant) -> None:
        """Set the clock; going back is allowed, since real clocks do that too."""
        self._now = instant

    def advance(self, seconds: float) -> Instant:
        """Turn the clock forward by ``seconds`` and return the new instant."""
        self._now = after(self._now, seconds)
        return self._now


def after(instant: Instant, seconds: float) -> Instant:
    """The instant ``seconds`` later (earlier when negative)."""
    return Instant(instant + round(seconds * SECOND))


def from_unix(seconds: float) -> Instant:
    """The instant of a Unix timestamp in seconds."""
    return Instant(round(seconds * SECOND))


def to_unix(instant: Instant) -> int:
    """Whole Unix seconds, rounded down, as the Scheduler API sends them."""
    return instant // SECOND


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime; a naive one is a ``ValueError``."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a zone names no instant")
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return Instant((delta.days * 86400 + delta.seconds) * SECOND + delta.microseconds)


def to_datetime(instant: Instant, zone: tzinfo = UTC) -> datetime:
    """The instant as an aware datetime in ``zone``."""
    whole, rest = divmod(instant, SECOND)
    return datetime.fromtimestamp(whole, zone).replace(microsecond=rest)
