"""Where a callback stands, in the words of its customer."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ringback.call_targets.model import CallTarget, FirstParty
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback, Kind
from ringback.callbacks.service import Standing
from ringback.http.customer.numbers import hidden
from ringback.http.customer.reader import Reader
from ringback.kernel.clock import MINUTE, Instant, after
from ringback.kernel.localtime import local_date

_SOON = MINUTE
_FAR = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says of a callback. ``step`` counts the ``steps`` done or under way; 0 when it has ended."""

    headline: Markup
    sentence: Markup
    step: int = 0
    steps: Sequence[Markup] = ()
    position: int | None = None


def tell(standing: Standing, target: CallTarget | None, reader: Reader) -> Told:
    """The present state or the outcome."""
    callback = standing.callback
    if callback.outcome is not None:
        return tell_outcome(callback.outcome, reader)
    number = hidden(callback.contact_number, reader)
    if callback.cancelable:
        return _in_line(standing, number, reader)
    agent_first = target is not None and target.settings.first_party is FirstParty.AGENT
    key, step = _CALLING[callback.state, agent_first]
    return Told(
        reader.say(f"status.{key}"),
        reader.say(f"status.{key}_sentence", number=number),
        step=step,
        steps=_steps(callback, reader),
    )


def tell_outcome(outcome: Outcome, reader: Reader) -> Told:
    """How it ended, and nothing else."""
    return Told(reader.say(f"outcome.{outcome.value}"), reader.say(f"outcome.{outcome.value}_sentence"))


def about(moment: Instant, now: Instant) -> Instant:
    """A moment that is only estimated, rounded up: to minutes when it is near, to five when it is further off."""
    step = MINUTE if moment - now < _FAR else 5 * MINUTE
    return Instant(-(-moment // step) * step)


def promised(callback: Callback) -> Instant | None:
    """When it was promised for: the booked time, or the estimate at the time of asking."""
    if callback.appointment_at is not None:
        return callback.appointment_at
    if callback.promised_seconds is None:
        return None
    return about(after(callback.created_at, callback.promised_seconds), callback.created_at)


_CALLING = {
    (State.DIALING, False): ("dialing", 2),
    (State.CONNECTING, False): ("holding", 2),
    (State.TALKING, False): ("talking", 3),
    (State.DIALING, True): ("agent_first", 1),
    (State.CONNECTING, True): ("ringing", 2),
    (State.TALKING, True): ("talking", 3),
}
"""By state and whether the agent is dialled first."""


def _in_line(standing: Standing, number: Markup, reader: Reader) -> Told:
    callback = standing.callback
    soon = standing.estimated_for - reader.now < _SOON
    moment = reader.moment(about(standing.estimated_for, reader.now))
    steps = _steps(callback, reader)
    if callback.attempts > 0:
        sentence = reader.say("status.retry_soon" if soon else "status.retry_moment", number=number, moment=moment)
        return Told(reader.say("status.retry"), sentence, 1, steps)
    if callback.appointment_at is not None:
        today = local_date(callback.appointment_at, reader.zone) == local_date(reader.now, reader.zone)
        key = "booked_soon" if callback.appointment_at <= reader.now else "booked_today" if today else "booked_moment"
        sentence = reader.say(f"status.{key}", number=number, moment=reader.moment(callback.appointment_at))
        return Told(reader.say("status.booked"), sentence, 1, steps)
    first = standing.position == 1
    return Told(
        reader.say("status.next") if first else reader.say("status.place", position=standing.position),
        reader.say("status.asap_soon" if soon else "status.asap_moment", number=number, moment=moment),
        1,
        steps,
        standing.position,
    )


def _steps(callback: Callback, reader: Reader) -> Sequence[Markup]:
    first = "step_booked" if callback.kind is Kind.SCHEDULED else "step_line"
    return [reader.say(f"manage.{key}") for key in (first, "step_call", "step_talk")]
