"""Twilio's words and ours: states of a text, and error codes (Twilio, "Error and Warning Dictionary")."""

from collections.abc import Mapping
from types import MappingProxyType

from ringback.messaging.gateways.port import DeliveryState, Reason

STATES: Mapping[str, DeliveryState] = MappingProxyType(
    {
        "accepted": DeliveryState.QUEUED,
        "scheduled": DeliveryState.QUEUED,
        "queued": DeliveryState.QUEUED,
        "sending": DeliveryState.QUEUED,
        "sent": DeliveryState.SENT,
        "delivered": DeliveryState.DELIVERED,
        "partially_delivered": DeliveryState.DELIVERED,
        "read": DeliveryState.READ,
        "undelivered": DeliveryState.UNDELIVERED,
        "failed": DeliveryState.FAILED,
        "canceled": DeliveryState.FAILED,
    }
)

REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "20003": Reason.CREDENTIALS,
        "20404": Reason.CREDENTIALS,  # no such account at that address
        "20429": Reason.BUSY,
        "14107": Reason.BUSY,  # too many texts a second from one sender
        "30001": Reason.BUSY,  # the sender's queue is full
        "63038": Reason.BUSY,  # the account's texts of the day are used up
        "21211": Reason.BAD_NUMBER,
        "21217": Reason.BAD_NUMBER,
        "21265": Reason.BAD_NUMBER,  # a short code
        "21614": Reason.BAD_NUMBER,  # no mobile
        "21635": Reason.BAD_NUMBER,  # a landline
        "30005": Reason.BAD_NUMBER,
        "30006": Reason.BAD_NUMBER,
        "21610": Reason.OPTED_OUT,
        "21408": Reason.NOT_ALLOWED,  # the country is not switched on
        "21606": Reason.NOT_ALLOWED,  # the sender is none of the account's
        "21612": Reason.NOT_ALLOWED,  # no route from this sender to this number
        "21659": Reason.NOT_ALLOWED,
        "21660": Reason.NOT_ALLOWED,
        "21661": Reason.NOT_ALLOWED,
        "21703": Reason.NOT_ALLOWED,  # the pool has no number
        "30002": Reason.NOT_ALLOWED,  # the account is suspended
        "30034": Reason.NOT_ALLOWED,  # the sender is not registered with the carriers
        "30004": Reason.TEXT_REFUSED,
        "30007": Reason.TEXT_REFUSED,  # filtered
        "21602": Reason.TEXT_REFUSED,
        "21617": Reason.TEXT_REFUSED,
        "21619": Reason.TEXT_REFUSED,
        "30003": Reason.UNREACHABLE_PHONE,
        "30008": Reason.UNKNOWN,
    }
)

WORTH_WAITING: Mapping[Reason, float] = MappingProxyType({Reason.BUSY: 5.0, Reason.CREDENTIALS: 60.0})
"""Reasons that pass, and the seconds to wait where the answer does not say: wrong credentials are mended by a person,
and the texts go out then."""


def reason_of(code: str) -> Reason:
    """Why, by Twilio's number."""
    return REASONS.get(code, Reason.UNKNOWN)
