"""A conversation's questions, answered by the same services that the Scheduler API has, in the turn's transaction.

What the contract refuses is raised here as there, which undoes what was begun; :func:`refusal` says what it means to
the conversation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import ringback.callbacks.service as callbacks
from ringback.availability.snapshot import Snapshot
from ringback.callbacks.limits import count_request
from ringback.callbacks.model import CancelStatus, Requested, Wish
from ringback.callbacks.service import Standing
from ringback.configuration.spoken import message_values
from ringback.db.tx import Tx
from ringback.kernel import errors
from ringback.kernel.clock import Instant
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.phone import parse_number, read_number
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.limits.rate import RateLimiter
from ringback.messaging.engine import (
    Answer,
    Ask,
    Cancel,
    CancelAnswer,
    Failed,
    Move,
    MoveAnswer,
    OfferAnswer,
    Offered,
    OffersAnswer,
    PendingAnswer,
    PendingCallback,
    Request,
    RequestAnswer,
)
from ringback.messaging.flow import Service
from ringback.messaging.times import CustomerZone, customer_zone
from ringback.offers.model import Offer
from ringback.widgets.messages import MessageKey
from ringback.widgets.model import Widget

CHANNEL = "sms"

ManageLink = Callable[[OrgId, CallbackId], str]
"""Makes the address of a customer's page for one callback."""


@dataclass(frozen=True)
class Scheduler:
    """The services for one customer, at one moment."""

    snapshot: Snapshot
    """What is on offer now."""
    manage_link: ManageLink
    limiter: RateLimiter
    number: str
    """The customer's, canonical."""
    now: Instant

    @cached_property
    def zone(self) -> CustomerZone:
        """In which the customer is told times."""
        organization = resolve_zone(self.snapshot.configuration.settings.time_zone)
        return customer_zone(self.number, organization, self.now)

    @property
    def zone_name(self) -> str:
        """The name of that zone."""
        return str(self.zone.zone)

    def answer(self, tx: Tx, ask: Ask) -> Answer:
        """Answer a question. Raises the errors of the contract, and ``StaleConfiguration``."""
        match ask.service:
            case Service.OFFERS:
                return self._offers()
            case Service.OFFER:
                return self._offer(ask)
            case Service.REQUEST:
                return self._request(tx, ask)
            case Service.CALLBACKS:
                return self._callbacks(tx)
            case Service.CANCEL:
                return self._cancel(tx, ask)
            case Service.MOVE:
                return self._move(tx, ask)

    def _offers(self) -> OffersAnswer:
        """Those that accept callbacks, in display order; else when the first of the others will."""
        offers = self.snapshot.offers
        accepting = tuple(
            Offered(widget.id, widget.settings.name, asap=offers[widget.id].asap, scheduled=offers[widget.id].scheduled)
            for widget in self.snapshot.configuration.widgets.values()
            if widget.settings.by_text and _accepts(offers[widget.id])
        )
        opening = [offer.next_open for offer in offers.values() if offer.next_open is not None]
        return OffersAnswer(accepting, min(opening, default=None))

    def _offer(self, ask: Ask) -> OfferAnswer:
        widget = self._widget(ask)
        if widget is None:
            return OfferAnswer(None)
        configuration = self.snapshot.configuration
        offer = self.snapshot.offers[widget.id]
        if not _accepts(offer):
            return OfferAnswer(None, offer.next_open)
        said = widget.messages.say(
            offer.state.value,
            message_values(configuration, widget, offer.estimate, next_open=offer.next_open),
            configuration.locale_for(widget, ask.locale),
            self.zone.zone,
            self.now,
        )
        slots = tuple(offer.slots) if offer.scheduled else ()
        offered = Offered(widget.id, widget.settings.name, said.text, offer.asap, offer.scheduled, slots)
        return OfferAnswer(offered, offer.next_open)

    def _request(self, tx: Tx, ask: Ask) -> RequestAnswer:
        widget = self._widget(ask)
        if widget is None:
            return RequestAnswer(Request.REFUSED)
        configuration = self.snapshot.configuration
        number = parse_number(self.number, configuration.number_rules_of(widget))
        count_request(self.limiter, configuration, number, self.now)
        spoken = configuration.locale_for(widget, ask.locale)
        locale = widget.messages.pick(MessageKey.SUCCESS_ASAP, spoken).locale
        wish = Wish(number=number, appointment_at=ask.time, channel=CHANNEL, locale=locale, time_zone=self.zone_name)
        accepted: list[Requested] = []

        def render(requested: Requested) -> str:
            accepted.append(requested)
            return requested.callback_id

        callbacks.request_callback(tx, configuration, widget.id, wish, render=render, now=self.now)
        requested = accepted[0]
        link = self.manage_link(configuration.org, requested.callback_id)
        at = requested.appointment_at
        said = widget.messages.say(
            MessageKey.SUCCESS_ASAP if at is None else MessageKey.SUCCESS_SCHEDULED,
            message_values(configuration, widget, requested.estimate, appointment_at=at, manage_url=link),
            locale,
            self.zone.zone,
            requested.requested_at,
        )
        return RequestAnswer(Request.REQUESTED, said.text, link, at)

    def _callbacks(self, tx: Tx) -> PendingAnswer:
        standings = callbacks.standings_of_number(tx, self.snapshot.configuration, self._key, now=self.now)
        return PendingAnswer(tuple(self._pending(standing) for standing in standings))

    def _cancel(self, tx: Tx, ask: Ask) -> CancelAnswer:
        org = self.snapshot.configuration.org
        cancellation = callbacks.cancel_by_number(
            tx, org, self._key, callback_id=ask.callback_id, by=CHANNEL, now=self.now
        )
        return CancelAnswer(_CANCELLATIONS[cancellation.status])

    def _move(self, tx: Tx, ask: Ask) -> MoveAnswer:
        configuration = self.snapshot.configuration
        mine = callbacks.live_of_number(tx, configuration, self._key)
        callback = next((each for each in mine if each.id == ask.callback_id), None)
        if callback is None or ask.time is None:
            return MoveAnswer(Move.NOT_FOUND)
        if not callback.cancelable:
            return MoveAnswer(Move.TOO_LATE)
        callbacks.move_to(tx, configuration, callback, ask.time, by=CHANNEL, now=self.now)
        return MoveAnswer(Move.MOVED)

    def _pending(self, standing: Standing) -> PendingCallback:
        callback, configuration = standing.callback, self.snapshot.configuration
        widget = configuration.widgets.get(callback.widget_id)
        target = configuration.call_targets.get(callback.call_target_id)
        name = widget.settings.name if widget else target.settings.name if target else ""
        return PendingCallback(
            callback.id,
            name,
            callback.widget_id,
            standing.estimated_for,
            callback.appointment_at,
            cancelable=callback.cancelable,
        )

    def _widget(self, ask: Ask) -> Widget | None:
        return self.snapshot.configuration.widgets.get(ask.widget_id) if ask.widget_id else None

    @property
    def _key(self) -> str:
        return read_number(self.number, self.snapshot.configuration.settings.numbers.region).key


_CANCELLATIONS = {
    CancelStatus.CANCELED: Cancel.CANCELED,
    CancelStatus.NOT_FOUND: Cancel.NOT_FOUND,
    CancelStatus.TOO_MANY: Cancel.NOT_FOUND,
    CancelStatus.FAILED: Cancel.TOO_LATE,
}

_SLOT_GONE = (errors.AppointmentTimeFull, errors.AppointmentTimeInThePast, errors.AppointmentTimeInvalid)

_REQUEST_REFUSALS: dict[type[errors.RingbackError], Request] = {
    errors.DuplicateRequest: Request.DUPLICATE,
    errors.TooManyRequests: Request.TOO_MANY,
    errors.InvalidContact: Request.INVALID,
}


def refusal(ask: Ask, error: errors.RingbackError) -> Answer:
    """What an error of a service means to the conversation that asked."""
    match ask.service:
        case Service.REQUEST if isinstance(error, _SLOT_GONE):
            return RequestAnswer(Request.SLOT_GONE)
        case Service.REQUEST:
            return RequestAnswer(_REQUEST_REFUSALS.get(type(error), Request.REFUSED))
        case Service.MOVE if isinstance(error, _SLOT_GONE):
            return MoveAnswer(Move.SLOT_GONE)
        case Service.MOVE:
            return MoveAnswer(Move.REFUSED)
        case _:
            return Failed()


def _accepts(offer: Offer) -> bool:
    return offer.asap or offer.scheduled
