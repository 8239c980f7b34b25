"""The estimated callback time (ECBT) of an ASAP callback asked for now: facts and what was learned in, a range out.

Agents end calls at the rate agents / service time while somebody waits. The callback is launched when as many have
ended as stand before it, less those who give up, and one for itself.
"""

import math

from ringback.forecast.absence import RETURNS, disturbance
from ringback.forecast.memory import Memory
from ringback.forecast.model import Basis, Estimate, QueueFacts
from ringback.forecast.passing import Stretch, gamma_quantile, time_to_pass

TOLERANCE = 120
"""Seconds by which a promise may be missed."""

_FEWEST_AGENTS = 0.05
"""Where nobody works: the wait is long, but not endless."""

_UNEXPLAINED = 0.1
"""Spread of the wait, against its mean, that has other reasons than chance in the handle times."""


def estimate(facts: QueueFacts, memory: Memory) -> Estimate:
    """The estimate for a callback asked for now."""
    basis = _basis(facts, memory)
    floor = facts.minimum_delay
    point = max(floor, round(basis.expected * basis.correction))
    low = min(point, max(floor, round(basis.low)))
    high = max(point, round(basis.high))
    return Estimate(
        seconds=point,
        low=low,
        high=high,
        promise=max(point, high - TOLERANCE),
        facts=facts,
        basis=basis,
        undisturbed=basis.low >= floor,
    )


def _basis(facts: QueueFacts, memory: Memory) -> Basis:
    agents, service_time = _capacity(facts, memory)
    ahead = facts.ahead + facts.holding
    abandonment, correction = memory.abandonment(), memory.correction()
    free = max(0.0, agents - facts.talking) if facts.available is None else facts.available
    if free >= ahead + 1 or (ahead == 0 and free >= 0.5):
        return Basis(0.0, 0.0, 0.0, agents, service_time, abandonment, correction, ahead)
    dispersion = _dispersion(memory.handle_spread(), ahead / max(agents, 1.0))
    own = (1 + dispersion) / 2
    delay = _until_agents_have_left(facts, agents, service_time) - facts.lead_time
    mean = square = 0.0
    longest = 0.0, 0.0
    # Those behind who are served before take their share of the agents.
    for likely, stretches in _futures(facts, memory, agents, service_time / (1 - memory.passing())):
        passed, rate = time_to_pass(facts.ahead + own - free, facts.holding, stretches, abandonment)
        pace = max(rate, stretches[0].rate)  # what is waited for at night adds no doubt
        wait = max(0.0, passed + delay)
        unexplained = _UNEXPLAINED * min(wait, (ahead + own) / pace)
        variance = dispersion * (ahead + own) / pace**2 + unexplained**2
        mean += likely * wait
        square += likely * (wait**2 + variance)
        longest = max(longest, (wait, math.sqrt(variance)))
    deviation = math.sqrt(max(0.0, square - mean**2))
    return Basis(
        expected=mean,
        low=gamma_quantile(mean * correction, deviation, memory.ends.low),
        high=min(  # nobody waits for longer than if nobody came back
            gamma_quantile(mean * correction, deviation, memory.ends.high),
            gamma_quantile(longest[0] * correction, longest[1], memory.ends.high),
        ),
        agents=agents,
        service_time=service_time,
        abandonment=abandonment,
        correction=correction,
        ahead=ahead,
    )


def _capacity(facts: QueueFacts, memory: Memory) -> tuple[float, float]:
    """How many calls are in service while somebody waits, and for how many seconds each.

    Not told, the agents are as many as calls were in service when somebody had to wait. Told, that is checked: calls in
    service may be more (callbacks that ring already) or fewer (work after the call), as far as that was seen.
    """
    service_time = memory.service_time(facts.default_handle_time)
    if facts.agents is None:
        return max(memory.agents or facts.default_agents, facts.talking), service_time
    handle_time = facts.handle_time or memory.handle_time(facts.default_handle_time)
    unseen = 1 - memory.yielded_weight
    in_service = unseen + memory.yielded
    pace = unseen / handle_time + memory.yielded / service_time
    return facts.agents * in_service, in_service / pace


def _futures(
    facts: QueueFacts, memory: Memory, agents: float, service_time: float
) -> list[tuple[float, list[Stretch]]]:
    """How fast the line may move, and how likely that is. What is planned is known; else the agents stay as they are.

    But where far fewer work than usual it may be a disturbance, and then the others come back.
    """
    now = Stretch(0.0, max(agents, _FEWEST_AGENTS) / service_time)
    if facts.staffing:
        scale = agents / facts.agents if facts.agents else 1.0
        planned = ((step.after, step.agents * scale) for step in facts.staffing)
        return [(1.0, [now, *(Stretch(at, max(some, _FEWEST_AGENTS) / service_time) for at, some in planned)])]
    usual = memory.usual_agents or agents or facts.default_agents
    disturbed = disturbance(agents, usual)
    if not disturbed:
        return [(1.0, [now])]
    back = [[now, Stretch(after, usual / service_time)] for after in RETURNS]
    return [(1 - disturbed, [now]), *((disturbed / len(RETURNS), stretches) for stretches in back)]


def _dispersion(spread: float, rounds: float) -> float:
    """The index of dispersion of the calls that end: their variance over their mean.

    Of agents who have been busy for long it is 1 at first, as of a Poisson process, and the squared spread of handle
    times once each agent has ended several (Cox & Lewis 1966); in between, a fit. ``rounds`` is how many each ends.
    """
    return spread**2 + (1 - spread**2) * math.exp(-1.6 * rounds)


def _until_agents_have_left(facts: QueueFacts, agents: float, service_time: float) -> float:
    """Where more calls are in service than agents are told, some end without another being taken."""
    if not facts.agents or facts.talking <= agents:
        return 0.0
    return service_time * math.log(facts.talking / agents)
