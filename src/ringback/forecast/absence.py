"""Agents who are missing: how likely it is a disturbance, and when they come back. Durations in seconds."""

import math

_FEWER = 0.35
"""When more than this share of the usual agents is missing, it may be a disturbance; less is a change of shift."""

_AWAY = 900.0
"""How much longer those who are missing stay away, in the mean, however long they have been away already."""

_EQUALLY_LIKELY = 8


def disturbance(agents: float, usual: float) -> float:
    """How likely it is that so few of the ``usual`` agents work because of a disturbance: an outage, a meeting.

    Else they stay so few, since a shift is over. The more are missing, the less likely is that.
    """
    if usual <= 0:
        return 0.0
    return math.sqrt(max(0.0, 1 - agents / usual - _FEWER) / (1 - _FEWER))


def _midpoints(mean: float, parts: int) -> tuple[float, ...]:
    """Of an exponential distribution, the quantiles in the middle of so many equally likely parts, ascending."""
    return tuple(-mean * math.log(1 - (part + 0.5) / parts) for part in range(parts))


RETURNS = _midpoints(_AWAY, _EQUALLY_LIKELY)
"""Equally likely durations until those who are missing by a disturbance come back, all together.

They are taken to be exponential: of all distributions with a given mean the one that claims least (Jaynes 1957), and
memoryless, so that it need not be known when the disturbance began. An expectation over it is one of the midpoints.
"""
