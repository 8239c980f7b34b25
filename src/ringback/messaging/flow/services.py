"""What a flow can ask of the Scheduler services, the words they answer with, and what is known afterwards.

The services are those of the Scheduler API (organization widget status, widget status, request, callback status,
cancel) and moving a callback. Every word has to have a branch, so that no answer leaves a customer without one.
"""

from collections.abc import Mapping
from enum import StrEnum


class Service(StrEnum):
    """A service of the Scheduler."""

    OFFERS = "offers"
    """Widget Status of the organization: which widgets and conveys accept callbacks now."""
    OFFER = "offer"
    """Widget Status of the widget that was chosen: what it offers now."""
    REQUEST = "request"
    """Request a callback on that widget: at the time that was picked, else as soon as possible."""
    CALLBACKS = "callbacks"
    """Callback Status: the pending callbacks of the customer's number."""
    CANCEL = "cancel"
    """Cancel the callback that was chosen."""
    MOVE = "move"
    """Move that callback to the time that was picked."""


class Fact(StrEnum):
    """What a conversation comes to know on its way."""

    WIDGETS = "widgets"
    """Those to choose from."""
    WIDGET = "widget"
    """The one chosen."""
    CALLBACKS = "callbacks"
    CALLBACK = "callback"
    TIME = "time"
    """The time picked."""


WORDS: Mapping[Service, Mapping[str, frozenset[Fact]]] = {
    Service.OFFERS: {
        "none": frozenset(),
        "one": frozenset({Fact.WIDGET}),
        "several": frozenset({Fact.WIDGETS}),
    },
    Service.OFFER: {
        "both": frozenset({Fact.WIDGET}),
        "asap": frozenset({Fact.WIDGET}),
        "scheduled": frozenset({Fact.WIDGET}),
        "nothing": frozenset(),
    },
    Service.REQUEST: {
        "requested": frozenset(),
        "duplicate": frozenset(),  # the number has a callback on this queue already
        "slot_gone": frozenset(),
        "refused": frozenset(),  # not offered any more
        "too_many": frozenset(),  # the limit of the number
        "invalid": frozenset(),  # not a number that is called
    },
    Service.CALLBACKS: {
        "none": frozenset(),
        "one": frozenset({Fact.CALLBACK}),
        "several": frozenset({Fact.CALLBACKS}),
    },
    Service.CANCEL: {
        "canceled": frozenset(),
        "not_found": frozenset(),
        "too_late": frozenset(),
    },
    Service.MOVE: {
        "moved": frozenset(),
        "slot_gone": frozenset(),
        "too_late": frozenset(),
        "not_found": frozenset(),
        "refused": frozenset(),
    },
}
"""By service the words it answers with, and what is known after each."""

NEEDS: Mapping[Service, frozenset[Fact]] = {
    Service.OFFERS: frozenset(),
    Service.OFFER: frozenset({Fact.WIDGET}),
    Service.REQUEST: frozenset({Fact.WIDGET}),
    Service.CALLBACKS: frozenset(),
    Service.CANCEL: frozenset({Fact.CALLBACK}),
    Service.MOVE: frozenset({Fact.CALLBACK, Fact.TIME}),
}
"""What must be known before a service can be asked."""
