"""The gateway port: all that Ringback asks of a service that carries texts, and all that it is told by one.

A gateway sends one text at a time, and tells by webhooks what came in and what became of what was sent. Webhooks come
at least once, late, and in any order: whoever reads them keys on the ids and merges states with :func:`later`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NewType, Protocol

from ringback.kernel.clock import Instant
from ringback.kernel.errors import RingbackError

TextId = NewType("TextId", str)
"""Our id of a text to be sent: the same at every try."""

ProviderId = NewType("ProviderId", str)
"""The gateway's id of a text, in or out."""


class Gateway(Protocol):
    """A service that carries texts.

    ``send`` may raise a :class:`GatewayError`, and the readers of webhooks :class:`WebhookRefused`; anything else that
    they raise is a defect of the gateway.
    """

    @property
    def name(self) -> str:
        """What logs and metrics call it."""
        ...

    @property
    def capabilities(self) -> frozenset["Capability"]:
        """What it can do beyond the methods here."""
        ...

    async def send(self, text: "Text") -> "Sent":
        """Hand a text over to be carried."""
        ...

    async def find(self, text: "Text", *, since: Instant) -> "Sent | None":
        """The text, if it was handed over since then by a try of which no answer came; None when it was not.

        For whoever got :class:`Unreachable` from :meth:`send`: it is asked before the text is sent again.
        """
        ...

    async def check(self) -> None:
        """Raises the :class:`GatewayError` that the next text would meet because of how the gateway is set up."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class WebhookReader(Protocol):
    """Reads what a gateway tells. Pure: it knows the secret, and no network."""

    def inbound(self, webhook: "Webhook") -> "Inbound":
        """A text that came in. Raises :class:`WebhookRefused`."""
        ...

    def delivery(self, webhook: "Webhook") -> "Delivery":
        """What became of a text of ours. Raises :class:`WebhookRefused`."""
        ...


class Capability(StrEnum):
    """What a gateway can do that not every gateway can."""

    TELLS_DELIVERY = "tells_delivery"
    """It tells whether a text has reached the telephone; without it a text that was sent is all that is known."""
    ANSWERS_OPT_OUT = "answers_opt_out"
    """It answers STOP and its like by itself, and says so with the text (``Inbound.answered``)."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be sent."""

    id: TextId
    sender: str
    """The organization's number in E.164, a short code, or the name of a pool of numbers."""
    to: str
    """E.164."""
    body: str
    status_url: str
    """Where the gateway is to tell what becomes of it; empty where there is no address to be reached at."""


class DeliveryState(StrEnum):
    """How far a text has come. The last four are ends: of two that are told, the one that counts is :func:`later`."""

    QUEUED = "queued"
    """The gateway has it."""
    SENT = "sent"
    """The mobile network has it."""
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    """It has left the gateway, and did not reach the telephone."""
    FAILED = "failed"
    """It never left the gateway."""


_RANK = {
    DeliveryState.QUEUED: 0,
    DeliveryState.SENT: 1,
    DeliveryState.FAILED: 2,
    DeliveryState.UNDELIVERED: 2,
    DeliveryState.DELIVERED: 3,
    DeliveryState.READ: 4,
}


def later(one: DeliveryState, other: DeliveryState) -> DeliveryState:
    """The state that two reports of the same text amount to, in whichever order they came.

    A text that was once told to be on the telephone is there, whatever a late report says of the way.
    """
    return one if _RANK[one] >= _RANK[other] else other


@dataclass(frozen=True, slots=True)
class Sent:
    """What a gateway says when it has taken a text over."""

    provider_id: ProviderId
    state: DeliveryState
    segments: int | None = None
    """Into how many the gateway has split it; None when it does not tell."""


class Reason(StrEnum):
    """Why a text could not be sent or delivered, in words that every gateway's own are mapped to."""

    OPTED_OUT = "opted_out"
    """The person has told the carrier or the gateway to stop."""
    BAD_NUMBER = "bad_number"
    """No such number, or one that takes no texts."""
    NOT_ALLOWED = "not_allowed"
    """The account, the sender or the country does not permit it."""
    TEXT_REFUSED = "text_refused"
    """The text itself: filtered by a carrier, or too long."""
    UNREACHABLE_PHONE = "unreachable_phone"
    """The telephone is off, or out of reach for too long."""
    CREDENTIALS = "credentials"
    """The gateway does not know us: set it up again."""
    BUSY = "busy"
    """Too many texts at once."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a gateway tells of a text of ours."""

    provider_id: ProviderId
    state: DeliveryState
    reason: Reason | None = None
    """Only where it was not delivered."""
    code: str = ""
    """The gateway's own word for the reason."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text that came in."""

    provider_id: ProviderId
    sender: str
    """As the gateway wrote it: E.164, a short code, or a name."""
    to: str
    """Which of the organization's numbers it was sent to."""
    body: str
    attachments: int = 0
    """Pictures and the like, which are not looked at."""
    answered: str = ""
    """``stop``, ``start`` or ``help`` where the gateway took it for such a word and has answered it already."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request in which a gateway tells something."""

    url: str
    """The whole address that was called, as the gateway knows it: the public one."""
    headers: Mapping[str, str]
    """By lower-case name."""
    fields: tuple[tuple[str, str], ...]
    """The form that was sent, in its order."""

    def field(self, name: str) -> str:
        """The first field of that name; empty when there is none."""
        return next((value for each, value in self.fields if each == name), "")


class WebhookRefused(RingbackError):
    """The request was not made by the gateway: its signature is missing or wrong."""

    code = "WebhookRefused"


class WebhookUnreadable(RingbackError):
    """The gateway made it, and yet it lacks what it should tell."""

    code = "WebhookUnreadable"


class GatewayError(RingbackError):
    """Base of what a gateway raises when it cannot do as it was told."""

    code: ClassVar[str] = "GatewayError"

    def __init__(self, message: str, reason: Reason, provider_code: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.provider_code = provider_code


class PermanentError(GatewayError):
    """This text cannot be sent, now or later. It was not sent."""

    code = "GatewayPermanent"


class RetryAfter(GatewayError):
    """Not now: it was not sent, and may be tried again in ``seconds``."""

    code = "GatewayBusy"

    def __init__(self, message: str, reason: Reason, seconds: float, provider_code: str = "") -> None:
        super().__init__(message, reason, provider_code)
        self.seconds = seconds


class Unreachable(GatewayError):
    """No answer came. Where ``may_be_sent``, ask :meth:`Gateway.find` before the text is sent again."""

    code = "GatewayUnreachable"

    def __init__(self, message: str, *, may_be_sent: bool) -> None:
        super().__init__(message, Reason.UNKNOWN)
        self.may_be_sent = may_be_sent
