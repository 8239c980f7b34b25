"""The estimated callback time (ECBT) of an ASAP callback asked for now.

A first estimate, with the seam of the one to come: facts in, a point and a range out, and the inputs kept beside
the promise so that it can be explained and scored afterwards.
"""

import math

from ringback.forecast.model import Estimate, QueueFacts

_Z80 = 1.2816
"""The standard normal quantile that leaves a tenth on either side."""

_PRIOR_WEIGHT = 10
"""How many observed calls outweigh the configured default handle time."""


def estimate(facts: QueueFacts) -> Estimate:
    """The estimate for a callback asked for now.

    Agents end calls at the rate agents / handle time. The callback is launched when as many calls have ended as stand
    before it, less the agents that are idle: ``W = (ahead + talking + 1 - agents) * handle / agents`` (the wait in
    M/M/s given the queue length; Ibrahim & Whitt 2009, "Real-time delay estimation based on delay history", QL).
    The range is that of a sum of as many exponential times (Erlang), by Wilson & Hilferty's approximation (1931).
    """
    pace = _handle_time(facts) / facts.agents
    endings = max(0, facts.ahead + facts.talking + 1 - facts.agents)
    low, high = _erlang_range(endings, pace)
    floor = facts.minimum_delay
    return Estimate(
        seconds=max(floor, round(endings * pace)), low=max(floor, round(low)), high=max(floor, round(high)), facts=facts
    )


def _handle_time(facts: QueueFacts) -> float:
    """The observed mean, shrunk toward the configured default while few calls have been seen."""
    gathered = facts.default_handle_time * _PRIOR_WEIGHT + facts.observed_handle_time * facts.observed_calls
    return gathered / (_PRIOR_WEIGHT + facts.observed_calls)


def _erlang_range(stages: int, mean_stage: float) -> tuple[float, float]:
    if stages == 0:
        return 0.0, mean_stage
    spread = 1 / (9 * stages)
    low, high = (stages * mean_stage * max(0.0, 1 - spread + z * math.sqrt(spread)) ** 3 for z in (-_Z80, _Z80))
    return low, high
