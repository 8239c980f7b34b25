"""What a call target offers now and why not more, in words: the reasons are those of the offer decision."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

import ringback.forecast.service as forecast
from ringback.availability.snapshot import Situation
from ringback.call_targets.model import CallTarget
from ringback.forecast.wording import rounded_minutes
from ringback.kernel.clock import Instant
from ringback.offers.model import Offer, Reason

Moment = Callable[[Instant], Markup]
"""Tells a moment to the reader."""


class Tone(StrEnum):
    """How a word on the board looks: the classes of badges."""

    GOOD = "good"
    PLAIN = ""
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Badge:
    """A word or two, and how they look."""

    words: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call target stands: the first badge is its state, the others come on top; ``why`` explains them."""

    badges: tuple[Badge, ...]
    why: Markup

    @property
    def tone(self) -> Tone:
        """The most urgent of them."""
        return max((badge.tone for badge in self.badges), key=tuple(Tone).index)


_LIMITED = {
    Reason.REGISTERING_OFF: Badge("Not registering", Tone.BAD),
    Reason.MAX_REQUESTED: Badge("At its limit", Tone.WARN),
    Reason.MAX_ESTIMATE: Badge("Estimate too long", Tone.WARN),
}

_NO_BOOKING = {
    Reason.SCHEDULED_OFF: Markup("Booking is switched off."),
    Reason.NO_SLOTS: Markup("Every time that can be booked is taken."),
    Reason.CLOSED: Markup("While it is closed no times can be booked."),
}


def standing_of(target: CallTarget, situation: Situation, offer: Offer, now: Instant, moment: Moment) -> Standing:
    """How a call target stands. ``offer`` is what a widget on it offers that is switched on."""
    badges, sentences = [_state(target, offer, now)], list(_why(target, situation, offer, now, moment))
    if not target.settings.process_callbacks:
        badges.append(Badge("Not processing", Tone.BAD))
        sentences.append(Markup("Processing is switched off: nobody is called."))
    if target.calendar.is_open(now) and situation.estimate.facts.agents == 0:
        badges.append(Badge("Nobody at work", Tone.WARN))
        sentences.append(Markup("No agents are at work, by {}.").format(_who_tells(target, situation, now)))
    return Standing(tuple(badges), Markup(" ").join(sentences))


def minutes_words(seconds: int) -> str:
    """A wait as customers are told it, but short: "7 min", "1 h 40 min"."""
    minutes = rounded_minutes(seconds)
    if minutes <= 90:
        return f"{minutes} min" if minutes else "< 1 min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def range_words(low: int, high: int) -> str:
    """Both ends of a wait, short: "5–9 min"."""
    first, last = rounded_minutes(low), rounded_minutes(high)
    if first == last:
        return minutes_words(high)
    if last <= 90:
        return f"{first or '< 1'}–{last} min"
    return f"{minutes_words(low)} – {minutes_words(high)}"


def _state(target: CallTarget, offer: Offer, now: Instant) -> Badge:
    reason = offer.asap_refusal
    if reason in _LIMITED:
        return _LIMITED[reason]
    if not target.calendar.is_open(now):
        return Badge("Closed", Tone.PLAIN)
    if reason is Reason.ASAP_OFF:
        return Badge("Bookings only", Tone.GOOD) if offer.scheduled else Badge("Nothing offered", Tone.WARN)
    return Badge("Closing soon", Tone.WARN) if reason is Reason.CLOSING_SOON else Badge("Open", Tone.GOOD)


def _why(target: CallTarget, situation: Situation, offer: Offer, now: Instant, moment: Moment) -> Iterator[Markup]:
    if not target.calendar.is_open(now):
        opens_at = target.calendar.next_open(now)
        yield Markup("Closed until {}.").format(moment(opens_at)) if opens_at else Markup("No opening is planned.")
    yield from _why_not_now(target, situation, offer, now, moment)
    if offer.asap_refusal is Reason.REGISTERING_OFF:
        return
    if offer.scheduled:
        yield Markup("Times can be booked.")
    elif offer.scheduled_refusal in _NO_BOOKING:
        yield _NO_BOOKING[offer.scheduled_refusal]


def _why_not_now(
    target: CallTarget, situation: Situation, offer: Offer, now: Instant, moment: Moment
) -> Iterator[Markup]:
    settings = target.settings
    match offer.asap_refusal:
        case None if not target.calendar.is_open(now):
            yield Markup("Callbacks are taken for the next opening.")
        case None:
            yield Markup("Callbacks are offered as soon as possible.")
        case Reason.REGISTERING_OFF:
            yield Markup("Registering is switched off: no new callbacks are taken.")
        case Reason.MAX_REQUESTED:
            counted = Markup("{} callbacks wait; from {} on none is taken as soon as possible.")
            yield counted.format(situation.load.requested, settings.max_requested_callbacks)
        case Reason.MAX_ESTIMATE:
            compared = Markup("The wait is {}; from {} on none is taken as soon as possible.")
            longest = settings.max_estimate or 0
            yield compared.format(minutes_words(situation.estimate.promise), minutes_words(longest))
        case Reason.CLOSING_SOON:
            closes_at = target.calendar.closes_at(now)
            if closes_at is not None:
                yield Markup("It closes {}, before a callback asked for now could be made.").format(moment(closes_at))
        case Reason.ASAP_OFF:
            yield Markup("Callbacks as soon as possible are switched off.")


def _who_tells(target: CallTarget, situation: Situation, now: Instant) -> str:
    stats = forecast.fresh(target, situation.stats, now)
    is_told = stats is not None and stats.agents_staffed is not None
    return "the queue statistics" if is_told else "the planned shifts"
