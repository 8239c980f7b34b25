"""How many of the first in line may be launched now: neither a burst nor much later than their place comes up.

Where the agents are known, a launch leads the agent whom it will need: it reckons with who is going to be free when
the customer is ready, and with those who need an agent before. Where they are not known, it is a closed loop: as one
callback finds its agent or ends, the next one may be launched.

Nobody on hold is overtaken: no callback is launched for an agent who is going to be needed by those who came before it.
But while people are on hold behind it no agent is ever seen free, since they take each. So a callback becomes the more
urgent the further they get ahead of it; its customer then waits for the next agent on the telephone: for handle time
over agents seconds on average, which no other moment would shorten. Agent first, it is the agent who waits.
"""

import math
from collections.abc import Sequence

from ringback.call_targets.model import FirstParty, PacingSettings
from ringback.forecast.model import Load, Pace, QueueStats
from ringback.kernel.clock import SECOND, Instant, after

REST_SECONDS = 5
"""How long a line that is held back rests, if nothing makes room in it before."""

_REST_SECONDS_WITH_STATS = 1
"""How long where the agents are known: that one has become free is not told to the line."""

_PATIENCE_SECONDS = 8
"""How long a customer who is ready may wait for an agent."""

_PRUDENCE = 0.9
"""The share of customers for whom an agent is to be free within that time."""

_LATE_SECONDS = 90
"""How far those on hold may get ahead of a callback before it is launched although its customer may have to wait."""

_LATE_SECONDS_ALONE = 900
"""The same where nobody is on hold: then agents are seen when they are free, unless others keep them busy."""

_MOST_URGENT = 1.2
"""What is even later is not more urgent: after an outage all are late, and waiting on the telephone helps nobody."""

_WAITING_SHARE = 1 / 5
"""The part of the queue's depth that may be customers waiting for an agent, where agents are not known."""

_REACTION_SECONDS = 2
"""How far to look ahead where no customer is rung first: so long it may take until the line is looked at again."""

_NORMAL_FROM = 30
"""The mean from which a Poisson distribution is taken for a normal one."""

_Z90 = 1.2816
"""The standard normal quantile of nine tenths."""


def releasable(
    places: Sequence[Instant],
    *,
    pacing: PacingSettings,
    load: Load,
    stats: QueueStats | None,
    seen: Pace,
    recent: Sequence[Instant],
    now: Instant,
    first_party: FirstParty = FirstParty.CUSTOMER,
) -> int:
    """How many of the first in line may be launched now.

    ``places`` are theirs, ascending: original request times, or appointments. ``recent`` are the instants of the last
    launches, ascending, at least since :func:`recent_since`. ``stats`` are None where they are not known or stale. That
    processing is on, and the call target open, is the caller's business.
    """
    in_queue = load.dialing + load.connecting
    rate = _burst(pacing) - len(_counted(pacing, recent, now))
    most = max(0, min(len(places), pacing.max_queue_depth - in_queue, rate))
    if stats is None or (stats.agents_staffed is None and stats.agents_available is None):
        return most if _flows(pacing, load, first_party) else 0
    if stats.agents_staffed == 0 and not stats.agents_available:
        return 0
    agents = _Agents(stats, load, seen, recent, first_party)
    return next((launched for launched in range(most) if not agents.suffice(places[launched], launched)), most)


def look_again_at(
    *, pacing: PacingSettings, stats: QueueStats | None, recent: Sequence[Instant], now: Instant
) -> Instant:
    """When to look again at a line that is held back: when the rate allows a call, or after a rest."""
    rest = after(now, REST_SECONDS if stats is None else _REST_SECONDS_WITH_STATS)
    counted = _counted(pacing, recent, now)
    if len(counted) < _burst(pacing):
        return rest
    return min(rest, Instant(counted[-_burst(pacing)] + rate_window(pacing)))


def recent_since(*, pacing: PacingSettings, stats: QueueStats | None, now: Instant) -> Instant:
    """Since when launches must be known: as far back as they count against the rate, and since the figures' time."""
    by_rate = Instant(now - rate_window(pacing))
    return by_rate if stats is None else min(by_rate, stats.at)


def rate_window(pacing: PacingSettings) -> int:
    """Over how many microseconds calls are counted against the rate.

    ``r`` calls a second are ``ceil(r)`` in ``ceil(r) / r`` seconds: a second for whole rates, ten for one of 0.1.
    """
    return round(_burst(pacing) / pacing.calls_per_second * SECOND)


class _Agents:
    """Who is going to be free, and for whom, when somebody who is launched now is ready for an agent."""

    def __init__(
        self, stats: QueueStats, load: Load, seen: Pace, recent: Sequence[Instant], first_party: FirstParty
    ) -> None:
        self._stats = stats
        self._customer_first = first_party is FirstParty.CUSTOMER
        self._reach = seen.reach if self._customer_first else 1.0
        # Agent first, those connecting have their agent.
        self._needed = load.dialing * self._reach + (load.connecting if self._customer_first else 0)
        told_free = stats.agents_available or 0
        busy = max(0, stats.agents_staffed - told_free) if stats.agents_staffed is not None else 0
        handle_time = max(1.0, stats.handle_time or seen.handle_time)
        # Launched since the figures were taken and no longer in the queue: those have taken agents told to be free.
        launched = sum(at > stats.at for at in recent)
        self._free = max(0.0, told_free - self._reach * max(0, launched - load.dialing - load.connecting))
        lead = seen.lead_time if self._customer_first else _REACTION_SECONDS
        self._becoming_free = busy * _ended_within(lead, handle_time)
        self._surely_free = self._free + _at_least(busy * _ended_within(lead + _PATIENCE_SECONDS, handle_time))

    def suffice(self, place: Instant, launched: int) -> bool:
        """Whether there will be one for a callback in this place, after ``launched`` that are launched just now."""
        before = self._on_hold_before(place)
        needed = self._needed + launched * self._reach + before + 1
        if not self._customer_first:
            return needed <= max(1.0, self._free + self._becoming_free)
        if needed <= self._surely_free:
            return True
        if (self._stats.calls_waiting or 0) > before:
            return needed <= self._free + (1 + self._becoming_free) * self._urgency(place)
        return needed <= 1 and self._late_by(place) >= _LATE_SECONDS_ALONE

    def _on_hold_before(self, place: Instant) -> float:
        """How many of those on hold came before ``place``, if they came evenly since the oldest did."""
        holding, since_oldest = self._stats.calls_waiting or 0, -self._late_by(place)
        if holding == 0 or since_oldest <= 0:
            return 0.0
        oldest = self._stats.oldest_wait or 0.0
        return 1 + (holding - 1) * (min(1.0, since_oldest / oldest) if oldest else 1.0)

    def _urgency(self, place: Instant) -> float:
        """0 where nobody is ahead of it who came later, 1 where they are far ahead."""
        return max(0.0, min(_MOST_URGENT, self._late_by(place) / _LATE_SECONDS))

    def _late_by(self, place: Instant) -> float:
        """How many seconds after ``place`` the one came who is on hold longest; where nobody is, who comes now."""
        return (self._stats.at - place) / SECOND - (self._stats.oldest_wait or 0.0)


def _flows(pacing: PacingSettings, load: Load, first_party: FirstParty) -> bool:
    """Whether customers find their agents, as far as can be seen where the agents are not known.

    Customers who wait for one in numbers say that there are none to be had; more of them would only wait longer.
    """
    return first_party is FirstParty.AGENT or load.connecting < max(1.0, pacing.max_queue_depth * _WAITING_SHARE)


def _ended_within(seconds: float, handle_time: float) -> float:
    """The share of calls under way that end in that time, if how long they have lasted says nothing: exponential."""
    return -math.expm1(-seconds / handle_time)


def _at_least(mean: float) -> int:
    """The number that a Poisson variable of that mean reaches with a probability of :data:`_PRUDENCE`."""
    if mean > _NORMAL_FROM:
        return math.floor(mean - _Z90 * math.sqrt(mean))
    number, term = 0, math.exp(-mean)
    below = term
    while 1 - below >= _PRUDENCE:
        number += 1
        term *= mean / number
        below += term
    return number


def _burst(pacing: PacingSettings) -> int:
    return math.ceil(pacing.calls_per_second)


def _counted(pacing: PacingSettings, recent: Sequence[Instant], now: Instant) -> list[Instant]:
    since = now - rate_window(pacing)
    return [at for at in recent if at > since]
