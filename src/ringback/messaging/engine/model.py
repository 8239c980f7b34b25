"""What a conversation is in, what goes into it, what comes out of it."""

from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum

from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, WidgetId
from ringback.messaging.flow import Automations, Service
from ringback.messaging.words import CarrierWord


@dataclass(frozen=True, slots=True)
class Setting:
    """What a conversation takes place in. ``languages`` are the organization's, the first its default."""

    automations: Automations = field(repr=False)  # long
    organization_name: str
    languages: tuple[str, ...]
    zone: tzinfo
    """In which times are told: the customer's where it is known, else the organization's."""
    zone_is_understood: bool = False
    """Whether the customer is at home in that zone, so that only lists of times name it."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message of the customer. ``media`` counts pictures and the like."""

    text: str
    media: int = 0
    handled: CarrierWord | None = None
    """What the gateway has recognized and answered itself: it is recorded here, and not answered again."""


# What a service answers. Waits and lists are already in the words of the reader where they are texts.


@dataclass(frozen=True, slots=True)
class Offered:
    """A widget or convey that accepts callbacks now. ``slots`` ascend; ``message`` is its API Message."""

    id: WidgetId
    name: str
    message: str = ""
    asap: bool = False
    scheduled: bool = False
    slots: tuple[Instant, ...] = ()


@dataclass(frozen=True, slots=True)
class PendingCallback:
    """A callback of the customer that has not ended."""

    id: CallbackId
    name: str
    """Of the queue, as a customer would call it."""
    widget_id: WidgetId
    estimated_for: Instant
    appointment_at: Instant | None = None
    cancelable: bool = True


@dataclass(frozen=True, slots=True)
class OffersAnswer:
    """Widget Status of the organization: those that accept callbacks, in display order; their slots may be left out."""

    widgets: tuple[Offered, ...]
    next_open: Instant | None = None


@dataclass(frozen=True, slots=True)
class OfferAnswer:
    """Widget Status of one widget, with all its slots; None where it is gone."""

    widget: Offered | None
    next_open: Instant | None = None


class Request(StrEnum):
    """What becomes of a request. The words of ``flow/services.py``."""

    REQUESTED = "requested"
    DUPLICATE = "duplicate"
    SLOT_GONE = "slot_gone"
    REFUSED = "refused"
    TOO_MANY = "too_many"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """Request Callback: ``message`` is the success API Message."""

    word: Request
    message: str = ""
    manage_url: str = ""
    appointment_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class PendingAnswer:
    """Callback Status: the pending callbacks, oldest first."""

    callbacks: tuple[PendingCallback, ...]


class Cancel(StrEnum):
    """What becomes of a cancellation."""

    CANCELED = "canceled"
    NOT_FOUND = "not_found"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """Cancel Callback Request."""

    word: Cancel


class Move(StrEnum):
    """What becomes of a move."""

    MOVED = "moved"
    SLOT_GONE = "slot_gone"
    TOO_LATE = "too_late"
    NOT_FOUND = "not_found"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class MoveAnswer:
    """Moving a callback to another time."""

    word: Move


@dataclass(frozen=True, slots=True)
class Failed:
    """The service could not be asked."""


Answer = OffersAnswer | OfferAnswer | RequestAnswer | PendingAnswer | CancelAnswer | MoveAnswer | Failed


# What is to be done.


@dataclass(frozen=True, slots=True)
class Send:
    """A text to the customer, of at most three segments. ``last``: the one that may follow an opt-out."""

    text: str
    last: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to a service. Its ``number`` comes back with the answer; asked again it is the same question.

    ``locale`` is the language of API Messages; times in them are told in the setting's zone.
    """

    number: int
    service: Service
    locale: str
    widget_id: WidgetId | None = None
    callback_id: CallbackId | None = None
    time: Instant | None = None
    """REQUEST: the time picked, or None for as soon as possible. MOVE: the new time."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """The number wants no more texts."""


@dataclass(frozen=True, slots=True)
class OptIn:
    """It wants texts again."""


Effect = Send | Ask | OptOut | OptIn


# Where it stands.


@dataclass(frozen=True, slots=True)
class Named:
    """A widget to choose, as little of it as has to be kept."""

    id: WidgetId
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list has shown so far: numbers count from 1 through all of its pages."""

    count: int = 0
    """Of widgets or callbacks."""
    days: tuple[str, ...] = ()
    """ISO dates."""
    day: str | None = None
    """The day whose times are listed; None while days are."""
    times: tuple[Instant, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Where a conversation stands: between one organization's number and one customer's. Idle where ``flow`` is None.

    It is all that is kept between two turns, and it is kept as a document (``document.py``).
    """

    language: str = ""
    """Chosen by a keyword; empty: the organization's default."""
    opted_out: bool = False
    helped_at: Instant | None = None
    """When the short help line was last sent."""
    asked: int = 0
    """How many questions to services there have been."""
    flow: str | None = None
    step: str | None = None
    wake_at: Instant | None = None
    """When :func:`on_time` has to be called; never None while a flow goes on."""
    asking: Ask | None = None
    """The question that has not been answered."""
    reply: str | None = None
    """What the customer wrote, to be read once the times on offer are known."""
    replies: int = 0
    """How many answers the flow has had."""
    misread: int = 0
    """How many answers in a row were not understood."""
    widgets: tuple[Named, ...] = ()
    widget: Named | None = None
    callbacks: tuple[PendingCallback, ...] = ()
    callback: PendingCallback | None = None
    time: Instant | None = None
    message: str = ""
    manage_url: str = ""
    next_open: Instant | None = None
    shown: Shown = field(default=Shown())

    @property
    def idle(self) -> bool:
        """Whether no flow goes on."""
        return self.flow is None


@dataclass(frozen=True, slots=True)
class Turned:
    """What a turn has come to: ``effects`` in this order, after ``state`` has been stored."""

    state: State
    effects: tuple[Effect, ...] = ()
