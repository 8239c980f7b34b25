"""Who calls, and when: drawn from a scenario, the same for the same seed whatever is then done with the callers.

Two runs that differ in what is offered, or in how many agents work, are met by the same people.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from random import Random

from ringback.hours.calendar import Calendar
from ringback.kernel.clock import HOUR, MINUTE, SECOND, Instant
from ringback.kernel.localtime import resolve_zone, start_of_day
from ringback.simulation.scenario import Arrivals, HandleTime, Pattern, Scenario


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls in. Durations in microseconds of the clock."""

    number: int
    """Counted from 1 over all days."""
    at: Instant
    inclination: float
    """From 0 to 1; takes a callback that is offered when it is below the scenario's share."""
    patience: int
    """How long they stay on hold."""
    talk: int
    """How long an agent will be busy with them."""


def midnight(scenario: Scenario, day: int) -> Instant:
    """When a day begins, counted from 1, at the call target; ``days + 1`` is the end of the last."""
    return start_of_day(scenario.date + timedelta(days=day - 1), resolve_zone(scenario.zone_name))


def callers(scenario: Scenario, calendar: Calendar) -> Iterator[Caller]:
    """Everybody who calls during the scenario, in the order of time; while it is closed, nobody."""
    number = 0
    for day in range(1, scenario.days + 1):
        begin, end = midnight(scenario, day), midnight(scenario, day + 1)
        draws = Random(f"{scenario.seed}/{day}/callers")  # noqa: S311 - to be reproduced, not to be secret
        for at in _moments(scenario.arrivals, begin, end, Random(f"{scenario.seed}/{day}/arrivals")):  # noqa: S311
            # Drawn also for those who are not let in, so that other hours change nobody else.
            caller = _caller(number + 1, at, scenario, draws)
            if calendar.is_open(at):
                number += 1
                yield caller


def handle_time(setting: HandleTime, draws: Random) -> float:
    """Seconds, log-normal with mean m and spread c: sigma² = ln(1 + c²), mu = ln m - sigma² / 2."""
    variance = math.log1p(setting.spread**2)
    return draws.lognormvariate(math.log(setting.mean) - variance / 2, math.sqrt(variance))


def _caller(number: int, at: Instant, scenario: Scenario, draws: Random) -> Caller:
    return Caller(
        number=number,
        at=at,
        inclination=draws.random(),
        patience=round(draws.expovariate(1 / scenario.callers.patience) * SECOND),
        talk=round(handle_time(scenario.handle_time, draws) * SECOND),
    )


def _moments(arrivals: Arrivals, begin: Instant, end: Instant, draws: Random) -> Iterator[Instant]:
    """A Poisson process whose rate is constant from each change to the next; there is no memory to carry over."""
    for start, stop, rate in _stretches(arrivals, begin, end, draws):
        if rate == 0:
            continue
        at = start + draws.expovariate(rate)
        while at < stop:
            yield Instant(int(at))
            at += draws.expovariate(rate)


def _stretches(arrivals: Arrivals, begin: Instant, end: Instant, draws: Random) -> Iterator[tuple[float, float, float]]:
    """When the rate begins, when it ends, and callers a microsecond meanwhile."""
    marks = [begin + time * MINUTE for time in sorted(arrivals.per_hour)]
    for start, stop in pairwise([*(mark for mark in marks if mark < end), end]):
        rate = arrivals.at((start - begin) / MINUTE) / HOUR
        if arrivals.pattern is Pattern.POISSON:
            yield start, stop, rate
        else:
            yield from _modulated(arrivals, start, stop, rate, draws)


def _modulated(
    arrivals: Arrivals, start: float, stop: float, rate: float, draws: Random
) -> Iterator[tuple[float, float, float]]:
    """Calm and bursts in turn, begun as they stand in the long run, with the same mean as without."""
    bursting = arrivals.burst_minutes / (arrivals.burst_minutes + arrivals.calm_minutes)
    calm_rate = rate / (1 - bursting + bursting * arrivals.burst_factor)
    in_burst = draws.random() < bursting
    while start < stop:
        minutes = arrivals.burst_minutes if in_burst else arrivals.calm_minutes
        until = min(stop, start + draws.expovariate(1 / (minutes * MINUTE)))
        yield start, until, calm_rate * (arrivals.burst_factor if in_burst else 1)
        start, in_burst = until, not in_burst
