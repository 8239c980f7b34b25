"""Texts that nobody asked for: which a customer is owed, and when they are not sent after all. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from ringback.call_targets.model import FirstParty
from ringback.callbacks.lifecycle import IN_LINE, Outcome, State
from ringback.callbacks.model import Callback
from ringback.kernel.clock import MINUTE, Instant, from_datetime, to_datetime
from ringback.kernel.phone import NumberKind
from ringback.messaging.model import QuietHours, TextKind

REMINDED_BEFORE = 15 * MINUTE
"""A booked callback is reminded of so long before, where it was booked earlier than that."""

_TAKE_TEXTS = {NumberKind.MOBILE, NumberKind.FIXED_LINE_OR_MOBILE, NumberKind.VOIP, NumberKind.PERSONAL_NUMBER}


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that a customer is owed. ``occasion``: the appointment or the attempt that it tells of, each once."""

    kind: TextKind
    occasion: str
    due_at: Instant


@dataclass(frozen=True, slots=True)
class Customer:
    """What is known of a callback's customer."""

    number_kind: NumberKind
    has_extension: bool
    refused_texts: bool
    """They were asked whether they want texts, and did not agree."""
    first_party: FirstParty
    told_in_conversation: AbstractSet[tuple[TextKind, str]] = frozenset()
    """What they have done themselves by text, and have had the answer to."""

    @property
    def takes_texts(self) -> bool:
        """Whether a text to that number can arrive, and may be sent."""
        return self.number_kind in _TAKE_TEXTS and not self.has_extension and not self.refused_texts


def owed(callback: Callback, customer: Customer, now: Instant) -> list[Notice]:
    """What is to be told of a callback as it stands now, whether it was told before or not."""
    if not customer.takes_texts:
        return []
    notices = [Notice(kind, occasion_of(kind, callback), now) for kind in _present(callback, customer)]
    at = callback.appointment_at
    if at is not None and callback.state in IN_LINE and callback.attempts == 0 and at - now > REMINDED_BEFORE:
        reminder = TextKind.REMINDER
        notices.append(Notice(reminder, occasion_of(reminder, callback), Instant(at - REMINDED_BEFORE)))
    return [notice for notice in notices if (notice.kind, notice.occasion) not in customer.told_in_conversation]


def occasion_of(kind: TextKind, callback: Callback) -> str:
    """What of a callback a notification is about: it is told once."""
    if kind in {TextKind.CONFIRMATION, TextKind.REMINDER}:
        return "asap" if callback.appointment_at is None else str(callback.appointment_at)
    if kind in {TextKind.CALLING, TextKind.MISSED}:
        return str(callback.attempts)
    return "end"


def holds(kind: TextKind, occasion: str | None, callback: Callback) -> bool:
    """Whether a notification is still true, looked at when it is about to be sent."""
    return occasion == occasion_of(kind, callback) and _is_so(kind, callback)


def _is_so(kind: TextKind, callback: Callback) -> bool:
    match kind:
        case TextKind.CONFIRMATION | TextKind.REMINDER:
            return callback.state in IN_LINE and callback.attempts == 0
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


_UNASKED = (TextKind.CONFIRMATION, TextKind.CALLING, TextKind.MISSED, TextKind.FINAL, TextKind.CANCELED)


def _present(callback: Callback, customer: Customer) -> list[TextKind]:
    """What holds of it now. Where the agent is called first, nobody can say when the customer's telephone rings."""
    agent_first = customer.first_party is FirstParty.AGENT
    return [kind for kind in _UNASKED if _is_so(kind, callback) and not (kind is TextKind.CALLING and agent_first)]


def zone_name_of(callback: Callback, organization: str) -> str:
    """The zone that a customer's times are told in: their own, or the organization's where UTC says that none is known.

    UTC is what a request gets that names no zone (scheduler-api.md); customers live in other ones.
    """
    return organization if callback.time_zone in {"", "UTC"} else callback.time_zone


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
