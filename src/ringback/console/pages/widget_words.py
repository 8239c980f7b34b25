"""Widgets in words: what one offers now, who may use it, what each API Message is for, what its placeholders give."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta

from markupsafe import Markup

from ringback.configuration.kept_widgets import KeptWidget
from ringback.configuration.policies import KeptPolicy
from ringback.console.page import Reader
from ringback.console.pages.api import policy_words
from ringback.forecast.wording import duration_words
from ringback.kernel.clock import Instant
from ringback.kernel.localtime import local_date, local_to_instant
from ringback.offers.model import Offer, Reason
from ringback.widgets.messages import MessageKey, MessageValues
from ringback.widgets.model import WidgetKind

WIDGETS, CONVEYS = "scheduler/widgets", "scheduler/conveys"


@dataclass(frozen=True, slots=True)
class OfferWords:
    """What is offered now: a word, how it looks, and the rest of it."""

    badge: str
    tone: str
    """A class of badges: ``good``, ``warn`` or none."""
    words: Markup


@dataclass(frozen=True, slots=True)
class Sample:
    """A situation in which a message is said."""

    title: str
    values: MessageValues


@dataclass(frozen=True, slots=True)
class MessageWords:
    """An API Message's name, and when it is said."""

    name: str
    when: str


MESSAGES: Mapping[MessageKey, MessageWords] = {
    MessageKey.OFFER_CALLBACK: MessageWords(
        "As soon as possible, or at a time", "A callback can be asked for at once, and times can be booked."
    ),
    MessageKey.OFFER_ASAP_CALLBACK: MessageWords(
        "As soon as possible only", "A callback can be asked for at once; there are no times to book."
    ),
    MessageKey.OFFER_SCHEDULED_CALLBACK: MessageWords(
        "At a booked time only", "It is closed, or too many are waiting; times can be booked."
    ),
    MessageKey.DISPLAY_EWT_ONLY: MessageWords(
        "Nothing on offer, but the wait is known", "It is open, and neither a callback nor a time can be had."
    ),
    MessageKey.PLATFORM_UNAVAILABLE: MessageWords(
        "Nothing on offer", "It is closed with nothing to book, or switched off."
    ),
    MessageKey.SUCCESS_ASAP: MessageWords(
        "Confirmed: as soon as possible", "The answer to a request for a callback as soon as possible."
    ),
    MessageKey.SUCCESS_SCHEDULED: MessageWords("Confirmed: at a time", "The answer to a request for a booked time."),
}
"""Every API Message, in the order in which they are shown."""

PLACEHOLDER_WORDS: Mapping[str, str] = {
    "ewt": "The wait, in words.",
    "ewt_minutes": "The wait in minutes, a bare number.",
    "ewt_range": "The wait from its likely shortest to its likely longest.",
    "projected_answer_time": "The time of day at which the wait will be over.",
    "appointment_time": "The time that was booked.",
    "next_open": "When the call target opens next.",
    "widget_name": "The name of this widget.",
    "call_target_name": "The name of its call target.",
    "organization_name": "The name of the organization.",
    "manage_url": "The link where the customer sees, moves or cancels the callback.",
}
"""What each placeholder gives."""

_NOT_AT_ONCE: Mapping[Reason | None, Markup] = {
    Reason.INACTIVE: Markup("It is switched off."),
    Reason.REGISTERING_OFF: Markup("Its call target takes no new callbacks."),
    Reason.ASAP_OFF: Markup("“As soon as possible” is switched off."),
    Reason.MAX_REQUESTED: Markup("Its limit of waiting callbacks is reached."),
    Reason.MAX_ESTIMATE: Markup("The wait is longer than may be promised."),
    Reason.CLOSING_SOON: Markup("It closes before a callback could be made."),
}
_NOT_AT_A_TIME: Mapping[Reason | None, Markup] = {
    Reason.SCHEDULED_OFF: Markup("No times are offered."),
    Reason.NO_SLOTS: Markup("Every time is taken."),
    Reason.CLOSED: Markup("No times are offered while it is closed."),
}


def list_of(kind: WidgetKind) -> str:
    """The list in which things of that kind stand, which is their entry in the navigation, too."""
    return CONVEYS if kind is WidgetKind.CONVEY else WIDGETS


def page_of(kept: KeptWidget) -> str:
    """The page of one of them: conveys are found among the widgets as well, as in the API."""
    return f"{WIDGETS}/{kept.id}"


def offer_words(kept: KeptWidget, offer: Offer | None, reader: Reader, now: Instant) -> OfferWords:
    """What a widget offers now, and why not more. None is for one that came into being this very moment."""
    if not kept.settings.active:
        return OfferWords("not active", "", Markup("It offers nothing."))
    if offer is None:
        return OfferWords("new", "", Markup("It is being taken up."))
    if offer.asap and offer.estimate is not None:
        wait = duration_words(offer.estimate.promise, "en")
        about = wait if wait.startswith("less") else f"about {wait}"
        return OfferWords(
            "accepting", "good", Markup("{}{}").format(about, ", or at a time" if offer.scheduled else "")
        )
    why = _why_not_at_once(offer, reader, now)
    if offer.scheduled:
        first = Markup("Times from {}.").format(reader.near(offer.slots[0], now))
        return OfferWords("times only", "good", Markup(" ").join((why, first)))
    no_times = _NOT_AT_A_TIME.get(offer.scheduled_refusal, Markup(""))
    return OfferWords("not accepting", "warn", Markup(" ").join((why, no_times)))


def guard_words(policy: KeptPolicy | None, now: Instant) -> str:
    """Who may use a widget, in a sentence."""
    return policy_words(policy, now) if policy else "Open to everybody, within the rate limits."


def asks_for_token(kept: KeptWidget) -> bool:
    """Whether its callers need a token: browsers of customers have none."""
    return kept.policy is not None and bool(kept.policy.tokens)


def samples(
    kept: KeptWidget, organization: str, base_url: str, offer: Offer | None, now: Instant
) -> dict[MessageKey, list[Sample]]:
    """For each message the situations to show it in: as it is now, where it is said now, and made-up ones."""
    known = everything_known(kept, organization, base_url, now)
    nothing = MessageValues(known.widget_name, known.call_target_name, known.organization_name)
    usual = replace(nothing, ewt=known.ewt, ewt_low=known.ewt_low, ewt_high=known.ewt_high)
    short = replace(nothing, ewt=40, ewt_low=10, ewt_high=70)
    long = replace(nothing, ewt=2900, ewt_low=1900, ewt_high=3500)
    closed = replace(nothing, next_open=known.next_open)
    at_once = [Sample("A wait of some minutes", usual), Sample("Hardly any wait", short), Sample("A long wait", long)]
    shown = {
        MessageKey.OFFER_CALLBACK: at_once,
        MessageKey.OFFER_ASAP_CALLBACK: at_once,
        MessageKey.OFFER_SCHEDULED_CALLBACK: [Sample("Closed", closed), Sample("Too many are waiting", long)],
        MessageKey.DISPLAY_EWT_ONLY: [Sample("Too many are waiting, and every time is taken", long)],
        MessageKey.PLATFORM_UNAVAILABLE: [
            Sample("Closed, with nothing to book", closed),
            Sample("Switched off", nothing),
        ],
        MessageKey.SUCCESS_ASAP: [
            Sample("A wait of some minutes", replace(usual, manage_url=known.manage_url)),
            Sample("Hardly any wait", replace(short, manage_url=known.manage_url)),
        ],
        MessageKey.SUCCESS_SCHEDULED: [
            Sample(
                "Booked for tomorrow",
                replace(nothing, appointment_at=known.appointment_at, manage_url=known.manage_url),
            )
        ],
    }
    if offer is not None:
        key = MessageKey(offer.state.value)
        shown[key] = [Sample("Now", _said_now(nothing, offer)), *shown[key]]
    return shown


def everything_known(kept: KeptWidget, organization: str, base_url: str, now: Instant) -> MessageValues:
    """Facts for each placeholder, to show what it gives: a wait of seven minutes, and times of tomorrow."""
    target = kept.call_target
    tomorrow = local_date(now, target.calendar.zone) + timedelta(days=1)
    at_nine = local_to_instant(tomorrow, time(9), target.calendar.zone)
    closed_from = target.calendar.closes_at(now) if target.calendar.is_open(now) else now
    opens_at = target.calendar.next_open(closed_from) if closed_from is not None else None
    return MessageValues(
        kept.settings.name,
        target.settings.name,
        organization,
        ewt=390,
        ewt_low=240,
        ewt_high=540,
        appointment_at=local_to_instant(tomorrow, time(10, 30), target.calendar.zone),
        next_open=opens_at or at_nine,
        manage_url=f"{base_url}/m/…",
    )


def _said_now(nothing: MessageValues, offer: Offer) -> MessageValues:
    wait = offer.estimate
    return replace(
        nothing,
        ewt=wait.promise if wait else None,
        ewt_low=wait.low if wait else None,
        ewt_high=wait.high if wait else None,
        next_open=offer.next_open,
    )


def _why_not_at_once(offer: Offer, reader: Reader, now: Instant) -> Markup:
    if offer.asap_refusal is Reason.CLOSED:
        if offer.next_open is None:
            return Markup("It is closed.")
        return Markup("Closed until {}.").format(reader.near(offer.next_open, now))
    return _NOT_AT_ONCE.get(offer.asap_refusal, Markup(""))
