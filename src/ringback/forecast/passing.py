"""How long a line takes to pass: the arithmetic of the estimate, without any of its judgement. Durations in seconds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MOST_HOLDERS = 0.999
"""The share of those ahead who may give up is taken to be no more, so that nothing is divided by zero."""

_LARGE = 500.0
"""Beyond this exponent, 1 is nothing against the power of e."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` on, until the next stretch, so many leave the line for an agent in a second; more than none."""

    start: float
    rate: float


def time_to_pass(
    stay: float, may_leave: float, stretches: Sequence[Stretch], abandonment: float
) -> tuple[float, float]:
    """Seconds until ``stay + may_leave`` people have passed, and the rate then; ``stretches`` begin at 0.

    Of those who may leave the line each does so at the rate ``abandonment``, and they stand evenly among the others. In
    the fluid limit the place that is served moves back by ``dx = rate dt / (1 - p + p e^(-abandonment t))``, where p is
    their share: only so many of those who stood there are still there. Integrated, within each stretch. (A line of the
    many-server queue with abandonment of Ibrahim & Whitt 2009, "Real-time delay estimation in overloaded multiserver
    queues with abandonments", where only some abandon and the number of servers varies.)
    """
    left = stay + may_leave
    if left <= 0:
        return 0.0, stretches[0].rate
    line = _Line(min(may_leave / left, _MOST_HOLDERS), abandonment)
    now = 0.0
    for number, stretch in enumerate(stretches):
        end = stretches[number + 1].start if number + 1 < len(stretches) else math.inf
        now = line.time_when(left / stretch.rate, since=stretch.start)
        if now <= end:
            return now, stretch.rate
        left -= stretch.rate * line.passed(stretch.start, end)
    return now, stretches[-1].rate


@dataclass(frozen=True, slots=True)
class _Line:
    """A line in which the share ``leaving`` of all may give up."""

    leaving: float
    abandonment: float

    def passed(self, since: float, until: float) -> float:
        """The integral of ``dt / (1 - p + p e^(-abandonment t))``: as many would have to be served at the rate of 1."""
        if self.leaving <= 0 or self.abandonment <= 0:
            return until - since
        stay, exponent = 1 - self.leaving, self.abandonment * (until - since)
        there = stay + self.leaving * math.exp(-self.abandonment * since)
        if exponent > _LARGE:
            logarithm = exponent + math.log(stay / there)
        else:
            logarithm = math.log1p(stay * math.expm1(exponent) / there)
        return logarithm / (self.abandonment * stay)

    def time_when(self, passed: float, *, since: float) -> float:
        """The inverse: until when that integral from ``since`` on comes to ``passed``."""
        if self.leaving <= 0 or self.abandonment <= 0:
            return since + passed
        stay, exponent = 1 - self.leaving, self.abandonment * (1 - self.leaving) * passed
        there = stay + self.leaving * math.exp(-self.abandonment * since)
        if exponent > _LARGE:
            return since + (exponent + math.log(there / stay)) / self.abandonment
        return since + math.log1p(there * math.expm1(exponent) / stay) / self.abandonment


def gamma_quantile(mean: float, deviation: float, z: float) -> float:
    """Of a gamma distribution, at the standard normal quantile ``z``, by Wilson & Hilferty's approximation (1931)."""
    if mean <= 0:
        return 0.0
    ninth = (deviation / mean) ** 2 / 9
    return mean * max(0.0, 1 - ninth + z * math.sqrt(ninth)) ** 3
