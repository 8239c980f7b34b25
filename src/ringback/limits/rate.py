"""Counting requests: the generic cell rate algorithm, and meters kept in memory.

GCRA (ITU-T I.371, annex A; the "leaky bucket as a meter") keeps one instant for each key, the theoretical arrival time:
when the bucket will have run empty. A request fills it by ``seconds / requests``; one that would fill it beyond
``seconds`` is refused. So ``requests`` of them pass at once, and afterwards one for each ``seconds / requests``.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence

from ringback.kernel.clock import SECOND, Instant
from ringback.kernel.errors import TooManyRequests
from ringback.limits.model import Rate

_SWEPT_PER_REQUEST = 2


def fill(empty_at: int, rate: Rate, now: Instant) -> tuple[Instant, int]:
    """Count one request on a meter that is empty at ``empty_at``, 0 for a new one.

    Returns when it is empty then, and by how many microseconds that is too late: 0 when the request passes.
    """
    interval = _interval(rate)
    full = interval * rate.requests
    # A meter can read more than full after the clock was put back or its rate changed.
    level = min(max(empty_at - now, 0), full) + interval
    return Instant(now + level), max(level - full, 0)


def drained(empty_at: int, rate: Rate) -> Instant:
    """When a meter is empty once one request is taken back."""
    return Instant(empty_at - _interval(rate))


def refusal(excess: int) -> TooManyRequests:
    """What is told to a request that would fill a meter too far, by ``excess`` microseconds."""
    return TooManyRequests("Too many requests; please try again later.", retry_after=-(-excess // SECOND))


class RateLimiter:
    """Meters by key, in the memory of one process and for one thread, the event loop's.

    Empty meters are dropped a few at a time as requests come in. ``capacity`` is the most meters kept; beyond it one of
    the oldest is forgotten for each new one, so that a flood of keys costs bounded memory.
    """

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._empty_at: OrderedDict[Hashable, int] = OrderedDict()

    def __len__(self) -> int:
        """How many meters are kept."""
        return len(self._empty_at)

    def check(self, key: Hashable, rate: Rate, now: Instant) -> None:
        """Count one request on ``key``, or raise ``TooManyRequests`` and count nothing.

        ``retry_after`` in its details is in whole seconds, at least 1.
        """
        self.check_all([(key, rate)], now)

    def check_all(self, meters: Sequence[tuple[Hashable, Rate]], now: Instant) -> None:
        """Count one request on every key, or, when any of them refuses, on none.

        A key is named once and says which limit it is for: ``("address", "192.0.2.1")``. ``retry_after`` is the
        longest one's.
        """
        filled = []
        excess = 0
        for key, rate in meters:
            empty_at, too_much = fill(self._empty_at.get(key, 0), rate, now)
            excess = max(excess, too_much)
            filled.append((key, empty_at))
        if excess:
            raise refusal(excess)
        for key, empty_at in filled:
            self._empty_at[key] = empty_at
            self._empty_at.move_to_end(key)
            self._sweep(now)

    def _sweep(self, now: Instant) -> None:
        # What is still in use goes to the back, so that a long-lived meter does not hide the empty ones behind it.
        for _ in range(min(_SWEPT_PER_REQUEST, len(self._empty_at))):
            key, empty_at = self._empty_at.popitem(last=False)
            if empty_at > now:
                self._empty_at[key] = empty_at
        while len(self._empty_at) > self._capacity:
            self._empty_at.popitem(last=False)


def _interval(rate: Rate) -> int:
    return -(-rate.seconds * SECOND // rate.requests)  # rounded up: never faster than was configured
