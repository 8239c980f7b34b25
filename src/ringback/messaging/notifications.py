"""Texts that nobody asked for: whether what they tell still holds, and the hours in which nobody is texted. Pure."""

from datetime import datetime, timedelta, tzinfo

from ringback.callbacks.lifecycle import IN_LINE, Outcome, State
from ringback.callbacks.model import Callback
from ringback.kernel.clock import Instant, from_datetime, to_datetime
from ringback.messaging.model import QuietHours, TextKind


def holds(kind: TextKind, callback: Callback) -> bool:
    """Whether a notification about a callback is still true, looked at when it is about to be sent."""
    match kind:
        case TextKind.CONFIRMATION | TextKind.REMINDER:
            return callback.state in IN_LINE
        case TextKind.CALLING:
            return callback.state is State.DIALING
        case TextKind.MISSED:
            return callback.state in IN_LINE and callback.attempts > 0
        case TextKind.FINAL:
            return callback.outcome is Outcome.UNAVAILABLE
        case TextKind.CANCELED:
            return callback.outcome is Outcome.CANCELED
        case _:
            return True


def quiet_until(hours: QuietHours | None, zone: tzinfo, now: Instant) -> Instant | None:
    """When the quiet hours end that ``now`` lies in, by the customer's clock; None when it lies in none."""
    if hours is None or hours.start == hours.end:
        return None
    local = to_datetime(now, zone)
    wall = local.time().replace(tzinfo=None)
    over_night = hours.start > hours.end
    is_quiet = (wall >= hours.start or wall < hours.end) if over_night else hours.start <= wall < hours.end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1) if over_night and wall >= hours.start else local.date()
    return max(from_datetime(datetime.combine(day, hours.end, tzinfo=zone)), now)
