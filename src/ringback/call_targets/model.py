"""The settings of a call target (callbacks.md, "Settings of a call target").

Durations are in seconds unless the name says otherwise. Switches speak in the affirmative.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from ringback.call_targets.notifications import NotificationSettings
from ringback.call_targets.prompt_texts import LanguageTag, PromptTexts
from ringback.hours.calendar import Calendar
from ringback.hours.model import OpeningHours, Week
from ringback.kernel.clock import Instant
from ringback.kernel.document import Document, Name
from ringback.kernel.errors import InvalidTimeZone
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallTargetId


class DuplicateRule(StrEnum):
    """What a second live callback of the same number on the same call target gets."""

    REFUSE = "refuse"
    KEEP = "keep"
    REPLACE = "replace"
    ALLOW = "allow"


class FirstParty(StrEnum):
    """Who is dialled first."""

    CUSTOMER = "customer"
    AGENT = "agent"


def checked_zone(name: str) -> str:
    """``name``, if it is an IANA time zone; a ``ValueError`` otherwise."""
    try:
        resolve_zone(name)
    except InvalidTimeZone as error:
        raise ValueError(error.message) from error
    if name.lstrip("+-").isdigit():
        raise ValueError("a call target or organization needs an IANA time zone name such as 'America/New_York'")
    return name


ZoneName = Annotated[str, AfterValidator(checked_zone)]


class SlotSettings(Document):
    """Booked times: their length, how many callbacks each takes, and how far ahead they reach."""

    length_minutes: int = Field(15, ge=5, le=120)
    capacity: int = Field(4, ge=1, le=1000)
    days_ahead: int = Field(7, ge=1, le=30)
    lead_time: int = Field(900, ge=0, le=86_400 * 7)
    """Seconds between now and the first time that can be booked."""


class RetrySettings(Document):
    """How often, and how long after each other, a customer who was not reached is called."""

    max_attempts: int = Field(3, ge=1, le=10)
    delay: int = Field(300, ge=10, le=86_400)
    growth: float = Field(1.0, ge=1.0, le=10.0)
    """Each further delay is the one before times this."""
    after_hours: bool = False


class PacingSettings(Document):
    """How fast callbacks are released."""

    max_queue_depth: int = Field(5, ge=1, le=1000)
    """How many callbacks may be dialling or waiting for an agent at once."""
    calls_per_second: float = Field(5.0, gt=0, le=100)


class Shift(Document):
    """Agents who are at work at these times, every week. Shifts that overlap add up."""

    agents: int = Field(ge=1, le=10_000)
    """How many of them."""
    weekly: Week
    """When they are at work, like opening hours."""


class EstimateSettings(Document):
    """What the estimate assumes until it has seen enough calls, and what it is told of the agents."""

    default_handle_time: int = Field(300, ge=10, le=7200)
    default_agents: int = Field(5, ge=1, le=10_000)
    staffing: tuple[Shift, ...] = Field(default=(), max_length=200)
    """Who is at work when, as planned. Absent: nobody tells, and it is learned."""
    stats_stale_after: int = Field(120, ge=10, le=3600)
    """Seconds after which statistics of the agents' queue say nothing any more."""


class AgentDestination(Document):
    """Where the agent side is reached."""

    destination: str = Field("", max_length=200)
    """A number or SIP URI."""
    failover: str = Field("", max_length=200)
    caller_id: str = Field("", max_length=64)


class CallTargetSettings(Document):
    """Everything a person configures about a call target."""

    name: Name
    time_zone: ZoneName | None = None
    """Absent: the organization's."""
    hours: OpeningHours = OpeningHours(weekly="always")
    register_callbacks: bool = True
    """Take new callbacks."""
    process_callbacks: bool = True
    """Dial those that are due."""
    offer_asap: bool = True
    offer_scheduled: bool = True
    scheduled_after_hours: bool = True
    """Offer booking while closed."""
    max_requested_callbacks: int | None = Field(None, ge=0, le=1_000_000)
    """How many pending and waitlisted callbacks stop the ASAP offer."""
    max_estimate: int | None = Field(None, ge=60, le=86_400)
    """The ECBT in seconds above which ASAP is no longer offered."""
    minimum_delay: int = Field(0, ge=0, le=86_400)
    """Seconds an ASAP callback waits at least."""
    closing_margin: int = Field(0, ge=0, le=14_400)
    """Stop offering ASAP when the ECBT reaches to within this many seconds of closing."""
    next_business_day: bool = False
    """Take ASAP callbacks that can only be made at the next opening."""
    next_business_day_limit: int = Field(100, ge=1, le=10_000)
    slots: SlotSettings = SlotSettings()
    duplicate_rule: DuplicateRule = DuplicateRule.REFUSE
    first_party: FirstParty = FirstParty.CUSTOMER
    agent: AgentDestination = AgentDestination()
    customer_dial_timeout: int = Field(30, ge=5, le=120)
    retry: RetrySettings = RetrySettings()
    pacing: PacingSettings = PacingSettings()
    estimate: EstimateSettings = EstimateSettings()
    scheduled_window: int = Field(7200, ge=300, le=86_400)
    """A scheduled callback that could not be placed within this many seconds after its slot has expired."""
    languages: tuple[str, ...] = ()
    """Absent: the organization's."""
    prompts: Mapping[LanguageTag, PromptTexts] = {}
    """What is said on the telephone, by language; what is left out comes with Ringback."""
    notifications: NotificationSettings = NotificationSettings()
    """What customers are told by text without asking."""

    @model_validator(mode="after")
    def _offers_fit(self) -> Self:
        if self.next_business_day and not self.offer_asap:
            raise ValueError("next_business_day is a kind of ASAP offer: set offer_asap = true as well")
        return self


@dataclass(frozen=True, slots=True)
class Draft:
    """Settings of a call target that are being changed and not in force yet; one for all who work on them."""

    settings: CallTargetSettings
    made_from: CallTargetSettings
    """What was in force when it was saved."""
    saved_by: str
    """The last who did."""
    saved_at: Instant


@dataclass(frozen=True)
class CallTarget:
    """A call target as the rest of the program sees it: its settings with the zone resolved."""

    id: CallTargetId
    key: str
    settings: CallTargetSettings
    zone_name: str

    @cached_property
    def calendar(self) -> Calendar:
        """Its opening hours in its own zone."""
        return Calendar(self.settings.hours, resolve_zone(self.zone_name))

    @cached_property
    def shifts(self) -> tuple[tuple[int, Calendar], ...]:
        """The agents of each planned shift, and when they are at work."""
        zone = resolve_zone(self.zone_name)
        return tuple(
            (shift.agents, Calendar(OpeningHours(weekly=shift.weekly), zone))
            for shift in self.settings.estimate.staffing
        )
