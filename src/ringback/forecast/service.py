"""What the rest of the program asks the forecast: the estimate for a call target now."""

from dataclasses import replace

from ringback.call_targets.model import CallTarget
from ringback.forecast import store
from ringback.forecast.estimate import estimate
from ringback.forecast.model import Estimate, HandleTime, Load, QueueFacts
from ringback.kernel.clock import SECOND, Instant

_MAX_OPENINGS = 50
"""How many openings ahead an estimate looks."""

handle_times = store.handle_times
handle_time_of = store.handle_time_of
observe_handle_time = store.observe_handle_time


def estimate_new(target: CallTarget, load: Load, seen: HandleTime, now: Instant) -> Estimate:
    """The estimate for a callback asked for now."""
    return _in_opening_hours(target, estimate(_facts(target, load, seen, target.settings.minimum_delay)), now)


def estimate_in_line(target: CallTarget, load: Load, seen: HandleTime, now: Instant) -> Estimate:
    """The estimate for a callback that waits already; ``load`` counts those before it only."""
    return _in_opening_hours(target, estimate(_facts(target, load, seen, minimum_delay=0)), now)


def _facts(target: CallTarget, load: Load, seen: HandleTime, minimum_delay: int) -> QueueFacts:
    return QueueFacts(
        ahead=load.ahead,
        talking=load.talking,
        agents=target.settings.estimate.default_agents,
        default_handle_time=target.settings.estimate.default_handle_time,
        observed_handle_time=seen.mean,
        observed_calls=seen.calls,
        minimum_delay=minimum_delay,
    )


def _in_opening_hours(target: CallTarget, raw: Estimate, now: Instant) -> Estimate:
    """The queue moves only while the call target is open: turn seconds of open time into seconds from now."""
    closes_at = target.calendar.closes_at(now)
    if closes_at is None and target.calendar.is_open(now):
        return raw
    point, low, high = (_seconds_until(target, now, open_time) for open_time in (raw.seconds, raw.low, raw.high))
    return replace(raw, seconds=point, low=low, high=high)


def _seconds_until(target: CallTarget, now: Instant, open_time: int) -> int:
    """Where no further opening is known, the rest is counted as if it were open: so that longer waits stay longer."""
    moment, remaining = now, open_time * SECOND
    for _ in range(_MAX_OPENINGS):
        opens_at = target.calendar.next_open(moment)
        if opens_at is None:
            break
        closes_at = target.calendar.closes_at(opens_at)
        if closes_at is None or opens_at + remaining < closes_at:
            return (opens_at + remaining - now) // SECOND
        moment, remaining = closes_at, remaining - (closes_at - opens_at)
    return (moment + remaining - now) // SECOND
