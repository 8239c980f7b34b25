"""What people will do on a line: decided when it begins, a pure function of seed and leg.

So that every outcome can be tried by hand, customers' numbers that end like this do always the same (an extension does
not count):

====  =======================================================================================
0000  answers, presses 1 and talks
0001  busy
0002  rings, nobody answers
0003  an answering machine answers
0004  rejects the call
0005  no such number
0006  the network has no free line
0007  answers, presses 1, and hangs up while waiting for the agent; if there is one, just then
0008  the network fails
0009  answers and presses 9
0010  answers and presses 2, then 3
0011  answers and presses nothing
0012  answers and presses 1, but only when asked for the second time
0013  answers and presses 7
0014  answers and hangs up during the first prompt
====  =======================================================================================

And of the agents' destinations: 0002, nobody takes the call; 0004, an agent takes it and hangs up in place of
accepting; 0011, an agent takes it and never accepts.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from ringback.kernel.clock import SECOND
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.settings import SimulatedTeam, SimulatorSettings
from ringback.telephony.port import Cause, LegId, Originate, Party

NOT_REACHED = {
    "0001": Cause.BUSY,
    "0002": Cause.NO_ANSWER,
    "0003": Cause.MACHINE,
    "0004": Cause.REJECTED,
    "0005": Cause.INVALID_NUMBER,
    "0006": Cause.CONGESTION,
    "0008": Cause.FAILED,
}
"""What customers' telephones come to."""

_MACHINE_SECONDS = 60
"""How long an answering machine records."""

_WILLING = ("1",)
_LATE = ("", "1")
_NONE = ("",)

KEYS = {
    "0000": _WILLING,
    "0007": _WILLING,
    "0009": ("9",),
    "0010": ("2", "3"),
    "0011": _NONE,
    "0012": _LATE,
    "0013": ("7",),
    "0014": _NONE,
}
"""What those who answer press, prompt by prompt."""


class Manner(StrEnum):
    """How somebody who has answered takes part."""

    WILLING = "willing"
    LEAVES_GREETING = "leaves greeting"
    """Hangs up on hearing a prompt."""
    LEAVES_WAITING = "leaves waiting"
    """Hangs up soon after being put on hold, or when an agent comes."""
    IGNORES = "ignores"
    """An agent who never accepts."""
    LEAVES = "leaves"
    """An agent who hangs up in place of accepting."""


CUSTOMERS = {"0007": Manner.LEAVES_WAITING, "0014": Manner.LEAVES_GREETING}
AGENTS = {"0004": Manner.LEAVES, "0011": Manner.IGNORES}
NOBODY_TAKES_IT = "0002"


@dataclass(frozen=True, slots=True)
class Fate:
    """What is going to happen on a line. Durations in microseconds of the clock."""

    verdict: Cause
    """What ringing comes to: ``ANSWERED``, ``MACHINE``, or why nobody is reached."""
    ring: int
    """How long it rings until that shows; in the agents' queue, how long it waits there at most."""
    patience: int
    """How long the customer holds. Whoever leaves early hangs up so long after what annoys them."""
    attention: int
    """How long silence is borne."""
    talk: int
    hangs_up: Party
    """Who ends the conversation."""
    keys: tuple[str, ...] = _WILLING
    """The key for each time that one is asked for, the last of them ever after; empty: none."""
    key_after: int = 0
    """From the beginning of the prompt on."""
    think: int = 0
    """What an agent needs to accept."""
    manner: Manner = Manner.WILLING
    wrap_up: int = 0
    """How long the agent is not free afterwards."""


def ending_of(destination: str) -> str:
    """The last four characters of a number, its extension left out."""
    return destination.partition(";")[0][-4:]


def customers_fate(order: Originate, settings: SimulatorSettings) -> Fate:
    """The fate of a customer's leg; the same for the same seed and leg."""
    draws = _draws(settings, order.leg)
    # All are drawn always, in this order: no outcome moves the draws of another.
    ending = ending_of(order.destination)
    verdict = _verdict(ending, settings, draws.random())
    rung = draws.uniform(*settings.ring_seconds)
    annoyed = draws.uniform(2, 8)
    talked = _talk_seconds(settings.team_of(order.call_target_id), draws)
    hangs_up = draws.choice((Party.CUSTOMER, Party.AGENT))
    keys = _keys(ending, settings, draws.random())
    key_after = draws.uniform(*settings.key_seconds)

    if rung > order.timeout and verdict in {Cause.ANSWERED, Cause.MACHINE}:
        verdict = Cause.NO_ANSWER
    manner = CUSTOMERS.get(ending, Manner.WILLING)
    microseconds = SECOND / settings.speed
    return Fate(
        verdict=verdict,
        ring=round(microseconds * (order.timeout if verdict is Cause.NO_ANSWER else rung)),
        patience=round(microseconds * (settings.patience if manner is Manner.WILLING else annoyed)),
        attention=round(microseconds * (_MACHINE_SECONDS if verdict is Cause.MACHINE else settings.patience)),
        talk=round(microseconds * talked),
        hangs_up=hangs_up,
        keys=keys,
        key_after=round(microseconds * key_after),
        manner=manner,
    )


def agents_fate(order: Originate, settings: SimulatorSettings) -> Fate:
    """The fate of a leg to the agents."""
    draws = _draws(settings, order.leg)
    team = settings.team_of(order.call_target_id)
    microseconds = SECOND / settings.speed
    ending = ending_of(order.destination)
    think = round(microseconds * draws.uniform(*team.think_seconds))
    return Fate(
        verdict=Cause.NO_ANSWER if ending == NOBODY_TAKES_IT else Cause.ANSWERED,
        ring=round(microseconds * order.timeout),
        patience=round(microseconds * settings.patience),
        attention=round(microseconds * settings.patience),
        talk=round(microseconds * _talk_seconds(team, draws)),
        hangs_up=Party.AGENT,
        key_after=think,
        think=think,
        manner=AGENTS.get(ending) or _manner(team, draws.random()),
        wrap_up=round(microseconds * team.wrap_up),
    )


def callers_fate(call_target: CallTargetId, settings: SimulatorSettings, *, patience: int, talk: int) -> Fate:
    """The fate of somebody who calls in, as it was told."""
    wrap_up = round(SECOND / settings.speed * settings.team_of(call_target).wrap_up)
    return Fate(Cause.ANSWERED, patience, patience, patience, talk, Party.CUSTOMER, wrap_up=wrap_up)


def drawn_caller(call_target: CallTargetId, number: int, settings: SimulatorSettings) -> tuple[float, Fate]:
    """Who calls in as the so-many-th: a draw from 0 to 1 that decides whether they do, and their fate if so."""
    draws = _draws(settings, f"{call_target}/inbound/{number}")
    team = settings.team_of(call_target)
    microseconds = SECOND / settings.speed
    decides = draws.random()
    patience = round(microseconds * draws.expovariate(1 / team.inbound_patience))
    talk = round(microseconds * _talk_seconds(team, draws))
    return decides, callers_fate(call_target, settings, patience=patience, talk=talk)


def drawn_gap(call_target: CallTargetId, number: int, settings: SimulatorSettings, per_hour: float) -> int:
    """The time between two who call in, the second being the so-many-th, of a Poisson process of that rate."""
    draws = _draws(settings, f"{call_target}/gap/{number}")
    return round(draws.expovariate(per_hour / 3600) * SECOND / settings.speed)


def _draws(settings: SimulatorSettings, name: LegId | str) -> Random:
    return Random(f"{settings.seed}/{name}")  # noqa: S311 - to be reproduced, not to be secret


def _verdict(ending: str, settings: SimulatorSettings, drawn: float) -> Cause:
    if ending in NOT_REACHED:
        return NOT_REACHED[ending]
    if ending in KEYS:
        return Cause.ANSWERED
    for cause, share in (
        (Cause.BUSY, settings.busy_share),
        (Cause.NO_ANSWER, settings.no_answer_share),
        (Cause.MACHINE, settings.machine_share),
    ):
        if drawn < share:
            return cause
        drawn -= share
    return Cause.ANSWERED


def _keys(ending: str, settings: SimulatorSettings, drawn: float) -> tuple[str, ...]:
    if ending in KEYS:
        return KEYS[ending]
    if drawn < settings.late_key_share:
        return _LATE
    return _NONE if drawn - settings.late_key_share < settings.no_key_share else _WILLING


def _manner(team: SimulatedTeam, drawn: float) -> Manner:
    if drawn < team.ignoring_share:
        return Manner.IGNORES
    return Manner.LEAVES if drawn - team.ignoring_share < team.leaving_share else Manner.WILLING


def _talk_seconds(team: SimulatedTeam, draws: Random) -> float:
    """Log-normal, as handle times are, with the team's mean m and spread c.

    sigma² = ln(1 + c²) and mu = ln m - sigma² / 2: the moments of the distribution solved for its parameters.
    """
    variance = math.log1p(team.handle_time_spread**2)
    return draws.lognormvariate(math.log(team.handle_time) - variance / 2, math.sqrt(variance))
