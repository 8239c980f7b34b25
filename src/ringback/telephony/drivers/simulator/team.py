"""The agents of a call target as they stand, by their shifts, and who calls in on them: values in, values out."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from ringback.kernel.clock import HOUR, Instant, to_datetime
from ringback.kernel.localtime import local_date, local_to_instant, resolve_zone
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.fate import Fate, drawn_caller, drawn_gap
from ringback.telephony.drivers.simulator.settings import SimulatedTeam, SimulatorSettings

AGENTS_WHEN_UNTOLD = 3
_CALLS_REMEMBERED = 50
_CAUGHT_UP = HOUR
"""After a pause longer than this, those who would have called in before never did."""


@dataclass(frozen=True, slots=True)
class Team:
    """What is written down of a call target's agents. Instants in microseconds UTC."""

    call_target: CallTargetId
    agents: int
    """At work, busy or free. Fewer may be than are on calls: those finish."""
    changes_at: Instant | None = None
    """When a shift begins or ends next."""
    arrives_at: Instant | None = None
    """When somebody may call in next."""
    drawn: int = 0
    """How many of those have been drawn."""
    calls: int = 0
    """How many calls stand behind ``handle_time``, at most those that are remembered."""
    handle_time: float = 0.0
    """Mean seconds of the clock that a call occupied an agent."""

    @property
    def next_at(self) -> Instant | None:
        """When something happens to it next."""
        if self.changes_at is None or self.arrives_at is None:
            return self.arrives_at if self.changes_at is None else self.changes_at
        return min(self.changes_at, self.arrives_at)


def met(known: Team | None, call_target: CallTargetId, settings: SimulatorSettings, at: Instant) -> Team:
    """The team as set, and where nothing is set as it was known."""
    wanted = settings.team_of(call_target)
    agents = agents_at(wanted, at)
    if agents is None:
        agents = AGENTS_WHEN_UNTOLD if known is None else known.agents
    team = replace(known or Team(call_target, agents), agents=agents, changes_at=next_change(wanted, at))
    busiest = _busiest(wanted)
    if not busiest:
        return replace(team, arrives_at=None)
    if team.arrives_at is None:
        return replace(team, arrives_at=Instant(at + drawn_gap(call_target, team.drawn, settings, busiest)))
    return team


def changed(team: Team, settings: SimulatorSettings) -> Team:
    """The team after a shift has begun or ended, at ``changes_at``."""
    assert team.changes_at is not None, "this team works no shifts"
    wanted = settings.team_of(team.call_target)
    agents = agents_at(wanted, team.changes_at)
    return replace(
        team, agents=team.agents if agents is None else agents, changes_at=next_change(wanted, team.changes_at)
    )


def called(team: Team, settings: SimulatorSettings, now: Instant) -> tuple[Team, Fate | None]:
    """The team after the time of a possible inbound call, at ``arrives_at``, and the caller's fate if one called.

    Callers come as a Poisson process at the busiest hour's rate, thinned to the rate of the hour.
    """
    at = team.arrives_at
    assert at is not None, "nobody calls this team"
    wanted = settings.team_of(team.call_target)
    busiest = _busiest(wanted)
    number = team.drawn + 1
    if not busiest:
        return replace(team, arrives_at=None), None
    gap = drawn_gap(team.call_target, number, settings, busiest)
    if at < now - _CAUGHT_UP:
        return replace(team, drawn=number, arrives_at=Instant(now - _CAUGHT_UP + gap)), None
    decides, fate = drawn_caller(team.call_target, number, settings)
    calls = decides * busiest < _rate_at(wanted, at)
    return replace(team, drawn=number, arrives_at=Instant(at + gap)), fate if calls else None


def handled(team: Team, seconds: float) -> Team:
    """The team after a call that occupied an agent for so long."""
    calls = min(team.calls + 1, _CALLS_REMEMBERED)
    return replace(team, calls=calls, handle_time=team.handle_time + (seconds - team.handle_time) / calls)


def agents_at(wanted: SimulatedTeam, at: Instant) -> int | None:
    """How many agents are set to work at ``at``; ``None`` where nothing is set."""
    if not wanted.shifts:
        return wanted.agents
    return sum(agents for begins, ends, agents in _shifts_around(wanted, at) if begins <= at < ends)


def next_change(wanted: SimulatedTeam, at: Instant) -> Instant | None:
    """When a shift begins or ends next after ``at``; ``None`` without shifts."""
    if not wanted.shifts:
        return None
    return min(change for begins, ends, _ in _shifts_around(wanted, at) for change in (begins, ends) if change > at)


def _shifts_around(wanted: SimulatedTeam, at: Instant) -> list[tuple[Instant, Instant, int]]:
    """Beginning, end and agents of the shifts of three days: one may have begun yesterday, the next be tomorrow's."""
    zone = resolve_zone(wanted.time_zone)
    today: date = local_date(at, zone)
    return [
        (
            local_to_instant(day, shift.hours.start, zone),
            local_to_instant(day, shift.hours.end, zone),
            shift.agents,
        )
        for day in (today + timedelta(days=offset) for offset in (-1, 0, 1))
        for shift in wanted.shifts
    ]


def _busiest(wanted: SimulatedTeam) -> float:
    rate = wanted.inbound_per_hour
    return max(rate) if isinstance(rate, tuple) else rate


def _rate_at(wanted: SimulatedTeam, at: Instant) -> float:
    rate = wanted.inbound_per_hour
    return rate[to_datetime(at, resolve_zone(wanted.time_zone)).hour] if isinstance(rate, tuple) else rate
