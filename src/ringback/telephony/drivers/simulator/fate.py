"""What the simulated customer will do with a call: decided when it is made, a pure function of seed and attempt.

So that every outcome can be tried by hand, numbers that end like this do always the same (an extension does not count):

====  =======================================================================================
0000  answers and talks
0001  busy
0002  rings, nobody answers
0003  an answering machine answers
0004  rejects the call
0005  no such number
0006  the network has no free line
0007  answers, and hangs up while waiting for the agent (agent first: hangs up on answering)
0008  the network fails
====  =======================================================================================
"""

import math
from dataclasses import dataclass
from random import Random

from ringback.kernel.clock import SECOND
from ringback.telephony.drivers.simulator.settings import SimulatedTeam, SimulatorSettings
from ringback.telephony.port import Call, Cause, Party

SCRIPTED = {
    "0000": Cause.ANSWERED,
    "0001": Cause.BUSY,
    "0002": Cause.NO_ANSWER,
    "0003": Cause.MACHINE,
    "0004": Cause.REJECTED,
    "0005": Cause.INVALID_NUMBER,
    "0006": Cause.CONGESTION,
    "0007": Cause.CANCELED,
    "0008": Cause.FAILED,
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What is going to happen on a call. Durations in microseconds of the clock."""

    verdict: Cause
    """``ANSWERED``: the customer answers. ``CANCELED``: answers, but will not wait. Else why they are not reached."""
    ring: int
    """How long the customer's telephone rings until that shows."""
    patience: int
    """How long the first party, or the agents' line, waits for an agent."""
    talk: int
    hangs_up: Party
    """Who ends the conversation."""


def fate_of(call: Call, settings: SimulatorSettings) -> Fate:
    """The fate of a call; the same for the same seed and attempt id."""
    draws = Random(f"{settings.seed}/{call.attempt_id}")  # noqa: S311 - to be reproduced, not to be secret
    verdict = _verdict(call.customer_number, settings, draws)
    # All are drawn always, in this order: no outcome moves the draws of another.
    rung = draws.uniform(*settings.ring_seconds)
    short_patience = draws.uniform(2, 8)
    talked = _talk_seconds(settings.team_of(call.call_target_id), draws)
    hangs_up = draws.choice((Party.CUSTOMER, Party.AGENT))

    if rung > call.customer_dial_timeout and verdict in {Cause.ANSWERED, Cause.CANCELED, Cause.MACHINE}:
        verdict = Cause.NO_ANSWER
    leaves = verdict is Cause.CANCELED and call.first_party is Party.CUSTOMER
    microseconds = SECOND / settings.speed
    return Fate(
        verdict=verdict,
        ring=round(microseconds * (call.customer_dial_timeout if verdict is Cause.NO_ANSWER else rung)),
        patience=round(microseconds * (short_patience if leaves else settings.patience)),
        talk=round(microseconds * talked),
        hangs_up=hangs_up,
    )


def _verdict(number: str, settings: SimulatorSettings, draws: Random) -> Cause:
    drawn = draws.random()
    scripted = SCRIPTED.get(number.partition(";")[0][-4:])
    if scripted is not None:
        return scripted
    for cause, share in (
        (Cause.BUSY, settings.busy_share),
        (Cause.NO_ANSWER, settings.no_answer_share),
        (Cause.MACHINE, settings.machine_share),
    ):
        if drawn < share:
            return cause
        drawn -= share
    return Cause.ANSWERED


def _talk_seconds(team: SimulatedTeam, draws: Random) -> float:
    """Log-normal, as handle times are, with the team's mean m and spread c.

    sigma² = ln(1 + c²) and mu = ln m - sigma² / 2: the moments of the distribution solved for its parameters.
    """
    variance = math.log1p(team.handle_time_spread**2)
    return draws.lognormvariate(math.log(team.handle_time) - variance / 2, math.sqrt(variance))
