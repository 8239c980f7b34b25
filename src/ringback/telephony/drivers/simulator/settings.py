"""What a person may set about the simulated contact centre. Durations are in simulated seconds.

Times of day are those of the clock, whatever ``speed`` is.
"""

from typing import Annotated, Self

from pydantic import Field, PlainSerializer, PlainValidator, model_validator

from ringback.hours.model import Opening
from ringback.kernel.document import Document
from ringback.kernel.errors import InvalidTimeZone
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallTargetId

_Hours = Annotated[
    Opening,
    PlainValidator(lambda value: value if isinstance(value, Opening) else Opening.parse(value)),
    PlainSerializer(str, return_type=str),
]
CallsPerHour = Annotated[float, Field(ge=0, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1)]


class Shift(Document):
    """Agents who are at work every day at the same hours."""

    hours: _Hours
    """``"08:00-12:00"``; past midnight as well: ``"22:00-06:00"``."""
    agents: int = Field(ge=1, le=10_000)
    """How many of them."""


class SimulatedTeam(Document):
    """The agents of a call target, how long they talk, and who calls in."""

    agents: int | None = Field(None, ge=0, le=10_000)
    """Absent: as ``shifts`` say, and three where these are absent too."""
    shifts: tuple[Shift, ...] = ()
    """In place of ``agents``. Those that overlap add up; outside of all of them nobody works."""
    time_zone: str = "UTC"
    """Whose clock the shifts and the hourly profile of inbound calls follow."""
    handle_time: int = Field(300, ge=1, le=7200)
    """Mean seconds of a conversation."""
    handle_time_spread: float = Field(0.5, ge=0, le=5)
    """Standard deviation of a conversation's length over its mean."""
    think_seconds: tuple[float, float] = (0.0, 2.0)
    """The shortest and the longest time that an agent takes to accept a call."""
    wrap_up: int = Field(0, ge=0, le=3600)
    """Seconds that an agent is not free after a call."""
    ignoring_share: Share = 0.0
    """Calls that an agent takes, but never accepts."""
    leaving_share: Share = 0.0
    """Calls on which an agent hangs up in place of accepting."""
    inbound_per_hour: CallsPerHour | Annotated[tuple[CallsPerHour, ...], Field(min_length=24, max_length=24)] = 0.0
    """How many call in by themselves in an hour: a number, or one for each hour of the day from midnight on."""
    inbound_patience: int = Field(180, ge=1, le=86_400)
    """Mean seconds that somebody who calls in holds before hanging up; exponentially distributed."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.agents is not None and self.shifts:
            raise ValueError("a team has either agents, the same number always, or shifts")
        if self.ignoring_share + self.leaving_share > 1:
            raise ValueError("ignoring_share and leaving_share are parts of one whole: at most 1 together")
        shortest, longest = self.think_seconds
        if not 0 <= shortest <= longest:
            raise ValueError("think_seconds are the shortest and the longest time: [0, 2]")
        try:
            resolve_zone(self.time_zone)
        except InvalidTimeZone as error:
            raise ValueError(error.message) from error
        return self


class SimulatorSettings(Document):
    """How the simulated customers and agents behave.

    Customers who are not among the shares answer, and press 1. Numbers with a scripted ending (``fate.py``) follow no
    share.
    """

    seed: int = 0
    """Another seed, other fates."""
    speed: float = Field(1.0, gt=0, le=10_000)
    """Simulated seconds that pass in a second of the clock."""
    busy_share: Share = 0.0
    """Of the customers: they are busy."""
    no_answer_share: Share = 0.0
    """Of the customers: they do not answer."""
    machine_share: Share = 0.0
    """Of the customers: a machine answers."""
    late_key_share: Share = 0.0
    """Of those who answer: they press a key only when they are asked for the second time."""
    no_key_share: Share = 0.0
    """Of those who answer: they press no key at all."""
    ring_seconds: tuple[int, int] = (2, 8)
    """The shortest and the longest time until a customer answers."""
    key_seconds: tuple[float, float] = (1.0, 4.0)
    """The shortest and the longest time until a customer presses a key, from the beginning of the prompt."""
    patience: int = Field(900, ge=1, le=86_400)
    """How long a customer holds for an agent; likewise how long an agent bears being told nothing."""
    team: SimulatedTeam = SimulatedTeam()
    """The agents of every call target that is not named in ``teams``."""
    teams: dict[CallTargetId, SimulatedTeam] = Field(default_factory=dict)
    """The agents of single call targets, by their ids."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.busy_share + self.no_answer_share + self.machine_share > 1:
            raise ValueError("busy_share, no_answer_share and machine_share are parts of one whole: at most 1 together")
        if self.late_key_share + self.no_key_share > 1:
            raise ValueError("late_key_share and no_key_share are parts of one whole: at most 1 together")
        for name, (shortest, longest) in {"ring_seconds": self.ring_seconds, "key_seconds": self.key_seconds}.items():
            if not 0 < shortest <= longest:
                raise ValueError(f"{name} are the shortest and the longest time, both above 0: [2, 8]")
        return self

    def team_of(self, call_target_id: CallTargetId) -> SimulatedTeam:
        """The team that answers for a call target."""
        return self.teams.get(call_target_id, self.team)
