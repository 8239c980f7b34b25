"""How good estimates were, once the waits are known."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from ringback.forecast.wording import rounded_minutes

LATE = 120.0
"""Seconds past what was quoted from which a promise counts as missed."""


@dataclass(frozen=True)
class Told:
    """What somebody was told, in seconds. Those who give no range have none."""

    point: float
    quoted: float
    """What the message says, rounded for people."""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Score:
    """Of all requests that count: shares of 1, and errors as multiples of the mean wait."""

    requests: int
    mean_wait: float
    rmse: float
    """Of several days, the median day's."""
    overall: float
    """The same of all requests of all days together: a median says nothing of the worst days."""
    worst: float
    """The same of the worst day."""
    bias: float
    """Mean of estimate - wait; above 0: told too much."""
    missed: float
    """Share of those who were called more than two minutes after what was quoted."""
    quoted: float
    """Mean of what was quoted: whoever quotes an hour to everybody misses no promise."""
    coverage: float | None
    """Share of the waits that lay within the range."""


def told(point: float) -> Told:
    """What somebody is told who gets a single figure."""
    return Told(point, quoted(point))


def quoted(seconds: float) -> float:
    """Rounded as the product rounds; "less than a minute" quotes a minute."""
    return max(1, rounded_minutes(seconds)) * 60.0


def score(waits: Mapping[str, float], answers: Mapping[str, Told]) -> Score:
    """Hold what was told against the waits; each wait needs an answer. Raises ``ValueError`` when nobody waited."""
    if not sum(waits.values()):
        raise ValueError("there is nobody whose wait could be scored")
    pairs = [(wait, answers[caller]) for caller, wait in waits.items()]
    mean = fmean(waits.values())
    ranges = [
        (wait, given.low, given.high) for wait, given in pairs if given.low is not None and given.high is not None
    ]
    error = math.sqrt(fmean((given.point - wait) ** 2 for wait, given in pairs)) / mean
    return Score(
        requests=len(pairs),
        mean_wait=mean,
        rmse=error,
        overall=error,
        worst=error,
        bias=fmean(given.point - wait for wait, given in pairs) / mean,
        missed=fmean(wait > given.quoted + LATE for wait, given in pairs),
        quoted=fmean(given.quoted for _, given in pairs) / mean,
        coverage=fmean(low <= wait <= high for wait, low, high in ranges) if ranges else None,
    )


def typical(scores: Sequence[Score]) -> Score:
    """Several days as one: the median and the worst day's error; all else over all requests of all days.

    A median would flatter the rest: most days of a small centre miss no promise at all.
    """
    requests = sum(score.requests for score in scores)
    waited = sum(score.mean_wait * score.requests for score in scores)
    covered = [(score.coverage, score.requests) for score in scores if score.coverage is not None]
    squares = sum((score.overall * score.mean_wait) ** 2 * score.requests for score in scores)
    return Score(
        requests=requests,
        mean_wait=waited / requests,
        overall=math.sqrt(squares / requests) / (waited / requests),
        rmse=median(score.rmse for score in scores),
        worst=max(score.worst for score in scores),
        bias=sum(score.bias * score.mean_wait * score.requests for score in scores) / waited,
        missed=sum(score.missed * score.requests for score in scores) / requests,
        quoted=sum(score.quoted * score.mean_wait * score.requests for score in scores) / waited,
        coverage=sum(share * count for share, count in covered) / requests if covered else None,
    )
