"""Days of a text-book contact centre, written as a trace.

One queue, first come, first served. Those who come hold the line, and may lose their patience; or take a callback,
and wait in the same queue without ever giving up. As soon as an agent is free, the first in the queue is taken.
This generator shares nothing with the product's own simulator, so that the product is not measured against itself alone.

    python -m bench.quality.workload steps --agents 50 --seed 7 > trace.jsonl
"""

import argparse
import json
import math
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import pairwise
from random import Random

from bench.quality.trace import DAY, Event, without_staffing

HOUR = 3600.0

Steps = tuple[tuple[float, float], ...]
"""From this hour of the day on, this share of all agents is at work."""

ALWAYS: Steps = ((0, 1.0),)
SHIFTS: Steps = ((0, 0.7), (2, 1.0), (4.5, 0.75), (6, 1.0), (8.5, 0.6))

FLAT = (1.0,)
TWO_PEAKS = (0.7, 1.0, 1.25, 1.2, 1.0, 0.85, 1.0, 1.1, 0.9, 0.6)
"""How busy each part of the day is, against the others; as many parts of the same length as there are figures."""


@dataclass(frozen=True)
class Workload:
    """What a day is like. Durations in seconds, unless they say hours."""

    name: str = "poisson"
    agents: int = 10
    """All of them; ``steps`` says how many work when."""
    load: float = 1.0
    """Work that comes in a day, against the work that the staffed agents can do in it."""
    profile: tuple[float, ...] = TWO_PEAKS
    steps: Steps = ALWAYS
    burstiness: float = 0.0
    """0: a Poisson process. Otherwise its rate is modulated: bursts in which ``1 + burstiness`` times as many come,
    10 minutes long in the mean, and calm between them, 30 minutes in the mean, so that the mean rate is the same."""
    handle_time: float = 270.0
    handle_spread: float = 0.8
    """Standard deviation of the (log-normal) handle times against their mean."""
    patience: float = 900.0
    """Mean of the (exponential) time after which a holder gives up."""
    callback_share: float = 0.37
    ring: float = 0.0
    """Mean seconds for which a callback rings; it occupies its agent from the launch on. ``handle_time`` in the trace is
    without it."""
    outage: tuple[float, float, float] | None = None
    """From this hour to that one only this share of the staffed agents is there."""
    any_outage: bool = False
    """Every day has another outage: see ``_some_outage``."""
    hours: float = 10.0
    days: int = 1
    default_handle_time: int = 300
    default_agents: int | None = None
    """What the operator has configured; None: a third more than there are, so that who is not told has to learn."""

    def staffing(self, hour: float) -> int:
        """How many agents are at work at this hour of the day; one at least."""
        share = next(share for start, share in reversed(self.steps) if start <= hour)
        if self.outage and self.outage[0] <= hour < self.outage[1]:
            share *= self.outage[2]
        return max(1, round(self.agents * share))

    def staffing_changes(self) -> list[tuple[float, int]]:
        """The hours of a day at which the staffing changes, and to what."""
        hours = {start for start, _ in self.steps} | set(self.outage[:2] if self.outage else ())
        return [(hour, self.staffing(hour)) for hour in sorted(hours) if hour < self.hours]

    def calls_a_second(self, hour: float) -> float:
        """The mean rate at which people come at this hour of the day."""
        edges = [*self.staffing_changes(), (self.hours, 0)]
        capacity = sum((end - start) * agents for (start, agents), (end, _) in pairwise(edges)) / self.hours
        mean = sum(self.profile) / len(self.profile)
        now = self.profile[min(int(hour / self.hours * len(self.profile)), len(self.profile) - 1)]
        return self.load * capacity / self.handle_time * now / mean


BURST, CALM = 600.0, 1800.0
"""Mean seconds of a burst and of the calm between two."""

KINDS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload(name="poisson", load=1.1),
        Workload(name="bursty", load=1.05, burstiness=1.0),
        Workload(name="steps", load=1.1, steps=SHIFTS),
        Workload(name="overload", load=1.4, profile=FLAT),
        Workload(name="outage", load=0.9, outage=(4.0, 4.75, 0.3)),
        Workload(name="any outage", load=0.9, any_outage=True),
        Workload(name="ringing", load=1.1, ring=18.0),
        Workload(name="wrong defaults", load=1.1, steps=SHIFTS, default_handle_time=120, default_agents=10),
    )
}


def workload(kind: str, agents: int, *, days: int = 1) -> Workload:
    """One of the kinds, at that size."""
    return replace(KINDS[kind], agents=agents, days=days)


@dataclass
class _Caller:
    id: str
    kind: str
    handle_time: float
    ring: float
    patience: float
    waits: bool = True


@dataclass
class _Centre:
    """The queue and the agents, while a day passes."""

    staffed: int = 0
    busy: int = 0
    queue: deque[_Caller] = field(default_factory=deque)

    def next_served(self) -> _Caller | None:
        """Who is taken now, if an agent is free and somebody waits."""
        while self.queue and self.busy < self.staffed:
            caller = self.queue.popleft()
            if caller.waits:
                self.busy += 1
                caller.waits = False
                return caller
        return None


def trace(workload: Workload, seed: int) -> list[Event]:
    """The days of a workload, the same for the same seed. After closing, the agents stay until nobody waits."""
    agents = workload.default_agents or round(workload.agents * 4 / 3)
    settings = {"default_handle_time": workload.default_handle_time, "default_agents": agents}
    events: list[Event] = [{"t": 0.0, "event": "settings", **settings}]
    for day in range(workload.days):
        outage = _some_outage(Random(f"{seed}.{day} outage")) if workload.any_outage else workload.outage
        events += _day(replace(workload, outage=outage), f"{seed}.{day}", day)
    return events


def _some_outage(chance: Random) -> tuple[float, float, float]:
    """Of 10 minutes to 5 hours, as likely short as long by the logarithm; 10 to 80 % of the agents are left.

    A single outage that everybody knows would reward whoever has learnt how long that one lasts.
    """
    begin = chance.uniform(1.0, 8.0)
    return begin, begin + math.exp(chance.uniform(math.log(1 / 6), math.log(5))), chance.uniform(0.1, 0.8)


def _day(workload: Workload, seed: str, day: int) -> Iterator[Event]:
    opening = day * DAY
    agenda: list[tuple[float, int, str, _Caller | int]] = []
    for hour, agents in workload.staffing_changes():
        agenda.append((hour * HOUR, len(agenda), "staffing", agents))
    for moment, caller in _callers(workload, seed, day):
        agenda.append((moment, len(agenda), "arrived", caller))
    heapify(agenda)
    order = len(agenda)
    centre = _Centre()
    now = 0.0
    while agenda:
        now, _, what, whom = heappop(agenda)
        stamp = round(opening + now, 3)
        if isinstance(whom, int):
            centre.staffed = whom
            yield {"t": stamp, "event": "staffing", "agents": whom}
        elif what == "arrived":
            centre.queue.append(whom)
            yield {"t": stamp, "event": "arrived", "id": whom.id, "kind": whom.kind}
            if whom.kind == "hold":
                order += 1
                heappush(agenda, (now + whom.patience, order, "gives up", whom))
        elif what == "gives up" and whom.waits:
            whom.waits = False
            yield {"t": stamp, "event": "abandoned", "id": whom.id}
        elif what == "finished":
            centre.busy -= 1
            yield {"t": stamp, "event": "finished", "id": whom.id, "handle_time": round(whom.handle_time, 3)}
        while served := centre.next_served():
            order += 1
            heappush(agenda, (now + served.ring + served.handle_time, order, "finished", served))
            yield {"t": stamp, "event": "answered", "id": served.id}
    yield {"t": round(opening + max(now, workload.hours * HOUR), 3), "event": "staffing", "agents": 0}


def _callers(workload: Workload, seed: str, day: int) -> Iterator[tuple[float, _Caller]]:
    """Who comes when. Each property has a stream of chance of its own, so that changing one leaves the others alone."""
    handle, patience, kind, ring = (Random(f"{seed} {what}") for what in ("handle", "patience", "kind", "ring"))
    sigma = math.sqrt(math.log(1 + workload.handle_spread**2))
    mu = math.log(workload.handle_time) - sigma**2 / 2
    for number, moment in enumerate(_arrivals(workload, Random(f"{seed} arrivals"))):
        callback = kind.random() < workload.callback_share
        rings = ring.uniform(0.3, 1.7) * workload.ring
        yield (
            moment,
            _Caller(
                id=f"{day}-{number}",
                kind="callback" if callback else "hold",
                handle_time=handle.lognormvariate(mu, sigma),
                ring=rings if callback else 0.0,
                patience=patience.expovariate(1 / workload.patience),
            ),
        )


def _arrivals(workload: Workload, chance: Random) -> Iterator[float]:
    """Seconds after opening at which somebody comes: a Poisson process of the busiest rate, thinned to the present one."""
    parts = len(workload.profile)
    busiest = max(workload.calls_a_second((part + 0.5) * workload.hours / parts) for part in range(parts))
    calm = 1 - workload.burstiness * BURST / CALM
    burst = 1 + workload.burstiness
    fastest = busiest * burst
    in_burst, changes = False, chance.expovariate(1 / CALM)
    moment = chance.expovariate(fastest)
    while moment < workload.hours * HOUR:
        while changes < moment:
            in_burst = not in_burst
            changes += chance.expovariate(1 / (BURST if in_burst else CALM))
        rate = workload.calls_a_second(moment / HOUR) * (burst if in_burst else calm)
        if chance.random() < rate / fastest:
            yield moment
        moment += chance.expovariate(fastest)


def main() -> None:
    """Write a trace to standard output."""
    parser = argparse.ArgumentParser(description="Write the trace of a text-book contact centre.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--agents", type=int, default=10)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load", type=float)
    parser.add_argument("--burstiness", type=float)
    parser.add_argument("--untold", action="store_true", help="without the staffing")
    asked = parser.parse_args()
    wanted = workload(asked.kind, asked.agents, days=asked.days)
    given = {name: value for name in ("load", "burstiness") if (value := getattr(asked, name)) is not None}
    events = trace(replace(wanted, **given), asked.seed)
    for event in without_staffing(events) if asked.untold else events:
        sys.stdout.write(json.dumps(event) + "\n")


if __name__ == "__main__":
    main()
