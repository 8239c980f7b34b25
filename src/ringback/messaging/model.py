"""Texts and conversations as they are stored, and how an organization's texts are carried."""

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ringback.kernel.clock import Instant
from ringback.kernel.document import Document
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.messaging.gateways.port import ProviderId, TextId


class TextKind(StrEnum):
    """What a text is for."""

    INBOUND = "inbound"
    REPLY = "reply"
    """The answer to a text that came in."""
    OPT_OUT = "opt_out"
    """The one confirmation that nothing more will come: the only text that somebody who has opted out gets."""
    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    CALLING = "calling"
    """We are calling you now."""
    MISSED = "missed"
    """We could not reach you, and will try again."""
    FINAL = "final"
    """We could not reach you, and will not try again."""
    CANCELED = "canceled"


class TextState(StrEnum):
    """How far a text has come."""

    RECEIVED = "received"
    """It came in, and waits to be answered."""
    HANDLED = "handled"
    """It came in, and is answered."""
    PENDING = "pending"
    SENDING = "sending"
    """A worker hands it over."""
    UNSURE = "unsure"
    """It was handed over, and no answer came: perhaps the gateway has it."""
    QUEUED = "queued"
    """The gateway has it. From here on these are the port's own words."""
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    DROPPED = "dropped"
    """It was not sent, since it said nothing any more, or the person wants none."""


class Direction(StrEnum):
    """Which way a text goes."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, order=True)
class Thread:
    """A conversation's name: between which number of the organization and which customer."""

    org: OrgId
    our_number: str
    customer_number: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a conversation stands."""

    thread: Thread
    flow: str
    """The state of its flow, in the engine's own words; empty before the first turn."""
    wake_at: Instant | None
    updated_at: Instant


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text, in or out. What it says is personal: it is not shown when the value is."""

    thread: Thread
    place: int
    """Its number within the conversation."""
    id: TextId
    kind: TextKind
    state: TextState
    body: str = field(repr=False)
    created_at: Instant
    provider_id: ProviderId | None = None
    callback_id: CallbackId | None = None
    occasion: str | None = None
    """What of its callback a notification is about."""
    reason: str | None = None
    segments: int = 0
    attachments: int = 0
    """Pictures and the like that came with it, and were not looked at."""
    tries: int = 0
    due_at: Instant | None = None
    stale_at: Instant | None = None
    """From then on it says nothing any more."""
    tried_at: Instant | None = None


class QuietHours(Document):
    """The hours of the customer's day in which nobody is texted unasked. From may be later than until: over night."""

    start: time = time(21)
    end: time = time(8)


class TwilioAccount(Document):
    """What is not secret of an account at Twilio, or at a service that speaks its dialect."""

    account_sid: str = Field("", max_length=64)
    api_key_sid: str = Field("", max_length=64)
    messaging_service_sid: str = Field("", max_length=64)
    base_url: str = Field("https://api.twilio.com", max_length=200)


class MessagingSettings(Document):
    """How an organization's texts are carried."""

    active: bool = True
    gateway: Literal["simulator", "twilio"] = "simulator"
    numbers: tuple[str, ...] = ()
    """The organization's own, in E.164; the first one sends what is not an answer."""
    twilio: TwilioAccount = TwilioAccount()
    quiet_hours: QuietHours | None = QuietHours()
    """Nobody is texted unasked then. Answers are given at any hour."""

    @field_validator("numbers")
    @classmethod
    def _are_numbers(cls, numbers: tuple[str, ...]) -> tuple[str, ...]:
        for number in numbers:
            if not (number.startswith("+") and number[1:].isascii() and number[1:].isdigit() and len(number) <= 16):
                raise ValueError(f"{number} is not in the international format, such as +12125550199")
        if len(set(numbers)) < len(numbers):
            raise ValueError("a number is listed twice")
        return numbers

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.gateway == "twilio" and not self.twilio.account_sid:
            raise ValueError("an account at Twilio needs its account SID")
        return self
