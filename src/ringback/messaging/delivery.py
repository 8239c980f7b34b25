"""What becomes of a text that is to be sent: whether it is still worth sending, and when to try again. Pure."""

from dataclasses import dataclass

from ringback.kernel.clock import HOUR, MINUTE, SECOND, Instant
from ringback.messaging.gateways.port import GatewayError, PermanentError, RetryAfter, Unreachable
from ringback.messaging.model import StoredText, TextKind

_FIRST_WAIT = 5 * SECOND
_LONGEST_WAIT = 5 * MINUTE
_LOOKED_FOR_AFTER = 5 * SECOND
"""How long a gateway is given to list a text that it took over without an answer."""

STALE_AFTER = {
    TextKind.REPLY: 10 * MINUTE,  # as long as a conversation waits: a later answer answers nothing
    TextKind.OPT_OUT: HOUR,
    TextKind.CONFIRMATION: HOUR,
    TextKind.REMINDER: 15 * MINUTE,
    TextKind.CALLING: MINUTE,
    TextKind.MISSED: 30 * MINUTE,
    TextKind.FINAL: 6 * HOUR,
    TextKind.CANCELED: 6 * HOUR,
}
"""How long after it was due a text still says something, in microseconds."""


@dataclass(frozen=True, slots=True)
class Send:
    """Hand it over."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Do not send it, now or later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again then. ``is_unsure``: the gateway may have it, so it is asked before the text is sent."""

    until: Instant
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Fail:
    """It cannot be sent."""

    reason: str
    opted_out: bool = False
    """The gateway knows that the person wants none."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the person when a text is about to be sent."""

    opted_out: bool = False
    still_true: bool = True
    """What the text tells still holds: its callback is where the text says."""
    quiet_until: Instant | None = None
    """When the quiet hours of the person's day end, if it is in them."""


def before_sending(text: StoredText, facts: Facts, now: Instant) -> Send | Drop | Wait:
    """Whether a text that is due is sent, at whatever try."""
    if facts.opted_out and text.kind is not TextKind.OPT_OUT:
        return Drop("opted_out")
    if text.stale_at is not None and now >= text.stale_at:
        return Drop("stale")
    if not facts.still_true:
        return Drop("no_longer_true")
    if facts.quiet_until is not None and text.kind not in {TextKind.REPLY, TextKind.OPT_OUT}:
        if text.stale_at is not None and facts.quiet_until >= text.stale_at:
            return Drop("quiet_hours")
        return Wait(facts.quiet_until)
    return Send()


def after_failure(error: GatewayError, text: StoredText, now: Instant) -> Wait | Fail:
    """What becomes of a text that a gateway did not take over, after ``text.tries`` tries, this one among them.

    The waits double (exponential backoff), and are never shorter than the gateway asks for. Tries end when the text is
    stale, which :func:`before_sending` sees.
    """
    if isinstance(error, PermanentError):
        return Fail(str(error.reason), opted_out=error.reason == "opted_out")
    wait = min(_FIRST_WAIT * 2 ** min(max(text.tries - 1, 0), 16), _LONGEST_WAIT)
    if isinstance(error, RetryAfter):
        return Wait(Instant(now + max(wait, round(error.seconds * SECOND))))
    is_unsure = isinstance(error, Unreachable) and error.may_be_sent
    return Wait(Instant(now + max(wait, _LOOKED_FOR_AFTER)), is_unsure=is_unsure)
