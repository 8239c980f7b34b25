"""How many agents are going to be at work, by the shifts that are planned for a call target."""

from ringback.call_targets.model import CallTarget
from ringback.forecast.model import Staffing
from ringback.kernel.clock import DAY, SECOND, Instant

_MOST_STEPS = 24


def outlook(target: CallTarget, now: Instant) -> tuple[int | None, tuple[Staffing, ...]]:
    """How many are planned to be at work, and how that changes within a day of open time; None: nothing is planned.

    The steps come after so many seconds in which the call target is open. While it is closed, it begins with those of
    the next opening.
    """
    if not target.shifts:
        return None, ()
    moment = target.calendar.next_open(now) or now
    first = agents = _planned(target, moment)
    steps: list[Staffing] = []
    end, open_time = Instant(moment + DAY), 0
    while moment < end and len(steps) < _MOST_STEPS:
        following = min(next_change(target, moment) or end, target.calendar.next_change(moment) or end)
        if target.calendar.is_open(moment):
            open_time += following - moment
        moment = following
        if target.calendar.is_open(moment) and (then := _planned(target, moment)) != agents:
            agents = then
            steps.append(Staffing(open_time / SECOND, agents))
    return first, tuple(steps)


def next_change(target: CallTarget, now: Instant) -> Instant | None:
    """When a shift next begins or ends; None if none ever does."""
    changes = [calendar.next_change(now) for _, calendar in target.shifts]
    return min((change for change in changes if change is not None), default=None)


def _planned(target: CallTarget, at: Instant) -> int:
    return sum(agents for agents, calendar in target.shifts if calendar.is_open(at))
