"""What is on offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ringback.forecast.model import Estimate
from ringback.kernel.clock import Instant


class WidgetState(StrEnum):
    """The field ``widget_state`` of the contract."""

    OFFER_CALLBACK = "offer_callback"
    OFFER_ASAP = "offer_asap_callback"
    OFFER_SCHEDULED = "offer_scheduled_callback"
    DISPLAY_EWT_ONLY = "display_ewt_only"
    PLATFORM_UNAVAILABLE = "platform_unavailable"


class Reason(StrEnum):
    """Why something is not offered."""

    INACTIVE = "inactive"
    """The widget is switched off."""
    REGISTERING_OFF = "registering_off"
    """The call target takes no new callbacks."""
    ASAP_OFF = "asap_off"
    CLOSED = "closed"
    MAX_REQUESTED = "max_requested"
    MAX_ESTIMATE = "max_ecbt"
    CLOSING_SOON = "closing_soon"
    """An ASAP callback could not be made before closing."""
    SCHEDULED_OFF = "scheduled_off"
    NO_SLOTS = "no_slots"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a widget offers at one moment. ``slots`` are bookable starts, ascending."""

    state: WidgetState
    estimate: Estimate | None
    slots: Sequence[Instant]
    asap_refusal: Reason | None
    scheduled_refusal: Reason | None
    next_open: Instant | None

    @property
    def asap(self) -> bool:
        """Whether a callback as soon as possible can be asked for."""
        return self.asap_refusal is None

    @property
    def scheduled(self) -> bool:
        """Whether a time can be booked."""
        return self.scheduled_refusal is None

    @property
    def reason(self) -> Reason | None:
        """The one word that explains a missing offer; None when all is offered."""
        return self.asap_refusal or self.scheduled_refusal
