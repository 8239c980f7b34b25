"""What the forecast has learned of one call target's queue: small, quick to update, stored as JSON.

Nearly everything is a mean that starts from a default and moves away from it as more is seen (shrinkage), so that there
is no threshold at which the estimate jumps; and that weighs what was seen of late more, so that it follows changes.

The memory is changed in place. Whoever has it, has it alone: a transaction that records, or a simulation. Durations are
in seconds, and instants never go back; where they do, nothing is learned.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import orjson

from ringback.forecast.absence import disturbance
from ringback.forecast.errors import Ends, Errors
from ringback.forecast.model import Basis, Pace
from ringback.kernel.clock import SECOND, Instant

_CALLS_REMEMBERED = 4000
"""Handle times change little: some days of a small team, half a day of a large one."""
_DEFAULT_CALLS = 5
"""As many calls as this outweigh a configured handle time: chance makes the mean of five as wrong as a guess is."""
_USUAL_SPREAD = 0.8
"""Standard deviation over mean of handle times; of published call centres 0.7 to 1.3."""
_SPREAD_CALLS = 30

_USUAL_ABANDONMENT = 1 / 450
_DEFAULT_ABANDONMENTS = 2
_ABANDONMENTS_REMEMBERED = 300

_STAFF_SETTLES = 20.0
"""Seconds after which two thirds of a change in the number of busy agents are believed."""
_YIELD_SETTLES = 600.0
_USUAL_FOR = 4 * 3600.0
"""How long the usual number of agents reaches back; and what lasts longer than that is no disturbance any more."""

_ANSWERS_REMEMBERED = 1000
_DEFAULT_PASSED = 20
_MOST_PASSED, _LEAST_PASSED = 0.9, -0.5

_LAUNCHES_REMEMBERED = 100
_DEFAULT_LAUNCHES = 5
_USUAL_REACH = 0.85
_USUAL_LEAD_TIME = 15.0

_CAUTION = 30.0
"""Where every call is seen there is little left to correct, and most of the error is chance."""
_CAUTION_IN_THE_DARK = 4.0
"""Where those on hold are not seen to pass."""
_LONGEST_MISS = 5.0
"""What is so many times longer than the range had other reasons than the queue, and counts as no more."""
_A_NIGHT = 4 * 3600.0
"""Waits longer than that teach nothing about the queue."""


@dataclass(slots=True)
class Average:
    """A mean and a variance of values, each weighing a little less with every one that follows."""

    weight: float = 0.0
    mean: float = 0.0
    variance: float = 0.0

    def add(self, value: float, most: int) -> None:
        """One more; it weighs 1 / ``most`` once as many have been seen."""
        self.weight = min(self.weight + 1, most)
        difference = value - self.mean
        self.mean += difference / self.weight
        self.variance += (difference * (value - self.mean) - self.variance) / self.weight

    def shrunk(self, default: float, weight: float) -> float:
        """The mean, as if ``weight`` values more had been ``default``."""
        return (default * weight + self.mean * self.weight) / (weight + self.weight)

    @property
    def spread(self) -> float:
        """Standard deviation over mean."""
        return math.sqrt(max(0.0, self.variance)) / self.mean if self.mean > 0 else 0.0


@dataclass(slots=True)
class Memory:
    """What is learned of a queue."""

    handled: Average = field(default_factory=Average)
    """How long calls occupied their agents."""
    served: Average = field(default_factory=Average)
    """How long calls were in service, from the end of the wait on, with the ringing of callbacks; where it is seen."""
    held: float = 0.0
    """Seconds that callers were on hold, and how many of them gave up in that time."""
    gave_up: float = 0.0

    seen_at: int = 0
    """Since when the queue stands as it was last seen: ..."""
    busy: int = 0
    """... so many calls in service,"""
    waiting: bool = False
    """... and somebody waits,"""
    told: int | None = None
    """... and so many agents are said to be at work."""
    agents: float = 0.0
    """How many calls were in service when somebody had to wait, of late."""
    yielded: float = 0.0
    """The same over the number of agents told, and the weight of that: they begin with 0 together. Few agents teach
    little of it: those who leave finish their calls, which are many for those who stay."""
    yielded_weight: float = 0.0

    passed_by: float = 0.0
    """Places that callbacks lost as others were answered, and how many could have been lost."""
    could_pass: float = 0.0

    staffed_at: int = 0
    staffed_agents: int = 0
    """The number of agents last told, and since when."""
    usual_agents: float = 0.0
    """The mean of the last hours without disturbances, and the seconds behind it."""
    usual_seconds: float = 0.0
    disturbed_since: int | None = None
    """Since when so few of the usual agents work that it may be a disturbance; None: they do not."""
    disturbed_at: int | None = None
    """When that was last seen to be so."""

    launches: float = 0.0
    """Launches of callbacks; how many of them found the customer, and after how long."""
    reached: float = 0.0
    lead_time: float = 0.0

    errors: Errors = field(default_factory=Errors)
    ends: Ends = field(default_factory=Ends)

    # What is learned

    def finished(self, handle_time: float, in_service: float | None = None) -> None:
        """A call that occupied an agent for so long is over, or that reached none: 0.

        ``in_service`` is the time since its wait ended, where that is seen.
        """
        if handle_time > 0:
            self.handled.add(handle_time, _CALLS_REMEMBERED)
        if in_service is not None:
            self.served.add(in_service, _CALLS_REMEMBERED)

    def held_on(self, seconds: float) -> None:
        """Callers were on hold for so long, all of them together."""
        self.held += max(0.0, seconds)

    def lost(self) -> None:
        """A caller on hold gave up."""
        self.gave_up += 1
        if self.gave_up > _ABANDONMENTS_REMEMBERED:
            kept = _ABANDONMENTS_REMEMBERED / self.gave_up
            self.gave_up *= kept
            self.held *= kept

    def passed(self, places: int, waiting: int) -> None:
        """Somebody was answered, while so many callbacks waited: by it these lost so many places, all of them together.

        A callback loses a place when somebody is answered who came after it, and gains those that it passes itself.
        """
        kept = 1 - 1 / _ANSWERS_REMEMBERED
        self.passed_by = self.passed_by * kept + places
        self.could_pass = self.could_pass * kept + waiting

    def saw(self, now: Instant, *, busy: int, waiting: bool, told: int | None = None) -> None:
        """From now on so many calls are in service, somebody waits or not, and so many agents are said to be at work.

        While somebody waits, as many calls are in service as there are agents: it was seen of how many until now.
        """
        seconds = (now - self.seen_at) / SECOND
        if seconds > 0:
            self._saw_until(now, seconds)
        self.seen_at = max(now, self.seen_at)
        self.busy, self.waiting, self.told = busy, waiting, told
        if busy > self.agents > 0:
            self.agents = float(busy)
        if self.staffed_at or self.agents:
            self._compare(self.staffed_agents if self.staffed_at else self.agents, now)

    def staffed(self, agents: int, now: Instant) -> None:
        """So many agents are told to be at work from now on."""
        seconds = (now - self.staffed_at) / SECOND
        if self.staffed_agents and seconds > 0:
            self._work(self.staffed_agents, seconds, now)
        self.staffed_at, self.staffed_agents = max(now, self.staffed_at), agents
        self._compare(agents, now)

    def found(self, seconds: float) -> None:
        """A launch found its customer after so long."""
        self._launched()
        self.reached += 1
        self.lead_time += (seconds - self.lead_time) / self.reached

    def missed(self) -> None:
        """A launch did not find its customer."""
        self._launched()

    def scored(self, basis: Basis, waited: float) -> None:
        """A wait that was estimated on this basis has ended after so long.

        What a disturbance has lengthened says nothing of the waits after it: by that nothing is corrected.
        """
        if basis.expected <= 0:
            self.ends.certain()
            return
        disturbed = self.disturbed_at is not None and self.seen_at - waited * SECOND < self.disturbed_at
        if not disturbed and max(basis.expected, waited) < _A_NIGHT:
            self.errors.add(basis.expected, min(waited, _LONGEST_MISS * (basis.high + 60)), basis.ahead)
        self.ends.scored(basis.ahead, below=waited < basis.low, above=waited > basis.high)

    # What is known

    def handle_time(self, default: float) -> float:
        """How long a call occupies an agent, in the mean."""
        return self.handled.shrunk(default, _DEFAULT_CALLS)

    def service_time(self, default: float) -> float:
        """How long a call is in service, in the mean; where that is not seen, how long it occupies an agent."""
        return self.served.shrunk(default, _DEFAULT_CALLS) if self.served.weight else self.handle_time(default)

    def handle_spread(self) -> float:
        """Standard deviation of the handle times over their mean."""
        seen = self.served if self.served.weight else self.handled
        return (_USUAL_SPREAD * _SPREAD_CALLS + min(seen.spread, 3.0) * seen.weight) / (_SPREAD_CALLS + seen.weight)

    def abandonment(self) -> float:
        """The share of those on hold who give up in a second."""
        return (self.gave_up + _DEFAULT_ABANDONMENTS) / (self.held + _DEFAULT_ABANDONMENTS / _USUAL_ABANDONMENT)

    def passing(self) -> float:
        """The share of answers that goes to people behind a callback; below 0 where callbacks pass others."""
        return min(_MOST_PASSED, max(_LEAST_PASSED, self.passed_by / (self.could_pass + _DEFAULT_PASSED)))

    def correction(self) -> float:
        """The factor by which waits are longer than the queue alone lets expect."""
        return self.errors.factor(_CAUTION if self.could_pass else _CAUTION_IN_THE_DARK)

    # In and out

    def to_document(self) -> str:
        """As JSON."""
        return orjson.dumps(self).decode()

    @classmethod
    def from_document(cls, document: str) -> "Memory":
        """What ``to_document`` wrote, in another version too: what is not known is left out, what is missing is new."""
        kept = _known(cls, orjson.loads(document))
        for name, part in _PARTS.items():
            if name in kept:
                kept[name] = part(**_known(part, kept[name]))
        return cls(**kept)

    def _saw_until(self, now: Instant, seconds: float) -> None:
        if self.waiting:
            self._saw_all_busy(seconds)
        if self.told is not None or self.staffed_at:
            return
        if self.agents:
            self._work(self.agents, seconds, now)
        else:  # all that is known is that they are no fewer than were ever seen in service
            self.usual_agents = max(self.usual_agents, self.busy)
            self.usual_seconds = min(self.usual_seconds + seconds, _USUAL_FOR)

    def _saw_all_busy(self, seconds: float) -> None:
        believed = -math.expm1(-seconds / _STAFF_SETTLES) if self.agents else 1.0
        self.agents += (self.busy - self.agents) * believed
        if self.told and self.busy:
            weight = -math.expm1(-seconds / _YIELD_SETTLES) * min(1.0, self.told / (self.usual_agents or self.told))
            self.yielded += (self.busy / self.told - self.yielded) * weight
            self.yielded_weight += (1 - self.yielded_weight) * weight

    def _work(self, agents: float, seconds: float, now: Instant) -> None:
        if self.disturbed_since is not None:
            seconds = min(seconds, (now - self.disturbed_since) / SECOND - _USUAL_FOR)
        if seconds > 0:
            self.usual_seconds = min(self.usual_seconds + seconds, _USUAL_FOR)
            self.usual_agents += (agents - self.usual_agents) * min(1.0, seconds / self.usual_seconds)

    def _compare(self, agents: float, now: Instant) -> None:
        if self.disturbed_since is not None:
            self.disturbed_at = now
        if not disturbance(agents, self.usual_agents):
            self.disturbed_since = None
        elif self.disturbed_since is None:
            self.disturbed_since = self.disturbed_at = now

    def _launched(self) -> None:
        if self.launches >= _LAUNCHES_REMEMBERED:
            kept = 1 - 1 / _LAUNCHES_REMEMBERED
            self.launches *= kept
            self.reached *= kept
        self.launches += 1


def pace_of(memory: Memory, *, default_handle_time: float) -> Pace:
    """What the release of callbacks goes by."""
    found = memory.reached + _DEFAULT_LAUNCHES
    return Pace(
        handle_time=memory.handle_time(default_handle_time),
        lead_time=(memory.lead_time * memory.reached + _USUAL_LEAD_TIME * _DEFAULT_LAUNCHES) / found,
        reach=(memory.reached + _DEFAULT_LAUNCHES * _USUAL_REACH) / (memory.launches + _DEFAULT_LAUNCHES),
    )


_PARTS: dict[str, Any] = {"handled": Average, "served": Average, "errors": Errors, "ends": Ends}


def _known(kind: Any, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in kind.__dataclass_fields__}
