"""A scenario: what is to be simulated, as a person writes it down in TOML. ``scenarios/`` holds examples.

Times of day are those of the call target's clock, written ``"09:30"``. Durations are in seconds.
"""

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from ringback.call_targets.model import CallTarget, CallTargetSettings, Shift
from ringback.configuration import problems, tables
from ringback.hours.model import DAY_MINUTES, WEEKDAYS, Opening, Week
from ringback.kernel.document import Document, Name
from ringback.kernel.errors import ConfigurationInvalid
from ringback.kernel.tenancy import CallTargetId

SUFFIX = ".toml"

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_YEARS = range(2000, 3000)


def _minutes(value: Any) -> Any:
    """Minutes since midnight."""
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is not a time of day; write it like "09:30"')  # noqa: TRY004 - pydantic reports ValueError
    if not _TIME.fullmatch(value):
        raise ValueError(f"{value!r} is not a time of day; write it like 09:30, from 00:00 to 24:00")
    return int(value[:2]) * 60 + int(value[3:])


def _words(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _date(value: Any) -> dt.date:
    try:
        date = value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a date; write it like 2027-03-01") from None
    if date.year not in _YEARS:
        raise ValueError(f"{date} is not a date between {_YEARS[0]} and {_YEARS[-1]}")
    return date


TimeOfDay = Annotated[int, BeforeValidator(_minutes, json_schema_input_type=str), PlainSerializer(_words)]
"""Minutes since midnight by the local clock; ``"09:30"`` in a file."""

Share = Annotated[float, Field(ge=0, le=1)]


class Break(Document):
    """So many agents fewer for a while, every day."""

    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")
    agents: int = Field(ge=1, le=10_000)

    @model_validator(mode="after")
    def _forward(self) -> Self:
        _check_forward(self)
        return self


class Staffing(Document):
    """Who is at work in the course of a day."""

    agents: Mapping[TimeOfDay, Annotated[int, Field(ge=0, le=10_000)]] = Field(min_length=1, max_length=96)
    """How many from that time of day on; nobody before the first."""
    breaks: tuple[Break, ...] = Field((), max_length=96)

    def at(self, minutes: float) -> int:
        """How many agents are at work at a time of day."""
        away = sum(each.agents for each in self.breaks if each.start <= minutes < each.end)
        return max(0, int(_step(self.agents, minutes)) - away)

    @property
    def changes(self) -> list[int]:
        """The times of day at which their number may change, ascending."""
        times = {*self.agents, *(each.start for each in self.breaks), *(each.end for each in self.breaks)}
        return sorted(times)

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """The same as a call target is told it. Outages are not among it: nobody plans them."""
        stretches = [(start, end, self.at(start)) for start, end in pairwise([*self.changes, DAY_MINUTES])]
        return tuple(
            Shift(agents=agents, weekly=Week(**dict.fromkeys(WEEKDAYS, (Opening(start, end),))))
            for start, end, agents in stretches
            if agents and end > start
        )


class Pattern(StrEnum):
    """How calls arrive within an hour."""

    POISSON = "poisson"
    """Independently of each other."""
    BURSTY = "bursty"
    """Calm and bursts in turn, each Poisson: a Markov-modulated Poisson process of two states."""


class Arrivals(Document):
    """How many people call."""

    per_hour: Mapping[TimeOfDay, Annotated[float, Field(ge=0, le=100_000)]] = Field(min_length=1, max_length=96)
    """The mean from that time of day on; none before the first. Nobody calls a call target that is closed."""
    pattern: Pattern = Pattern.POISSON
    burst_factor: float = Field(4.0, ge=1, le=100)
    """In a burst so many times as many people call as in the calm. The mean stays that of ``per_hour``."""
    burst_minutes: float = Field(5.0, gt=0, le=600)
    """How long a burst lasts on average."""
    calm_minutes: float = Field(20.0, gt=0, le=600)
    """How long it is calm on average."""

    def at(self, minutes: float) -> float:
        """Callers an hour, on average, at a time of day."""
        return _step(self.per_hour, minutes)


class HandleTime(Document):
    """How long a conversation takes: log-normal."""

    mean: int = Field(300, ge=1, le=7200)
    spread: float = Field(0.8, ge=0, le=5)
    """Standard deviation over mean."""


class Callers(Document):
    """Those who call in."""

    patience: int = Field(240, ge=1, le=86_400)
    """How long they stay on hold on average before they hang up: exponential."""
    callback_share: Share = 0.37
    """How many of those who are offered a callback take it."""
    offer_above: int = Field(30, ge=0, le=86_400)
    """Callbacks are offered to those for whom the estimate is longer than this. Where Ringback is not told who is at
    work, it is the telephone system that knows: then they are offered to those who find no agent free."""


class Customers(Document):
    """How those who asked for a callback behave when they are called. Who is in no share answers and wants the call."""

    no_answer_share: Share = 0.06
    busy_share: Share = 0.02
    machine_share: Share = 0.04
    late_key_share: Share = 0.03
    """Of those who answer: they press the key only when they are asked for the second time."""
    no_key_share: Share = 0.01
    """Of those who answer: they press no key at all."""
    ring_seconds: tuple[int, int] = (3, 15)
    """The shortest and the longest time until somebody answers."""
    key_seconds: tuple[float, float] = (1.0, 4.0)
    """The shortest and the longest time until somebody presses the key."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.no_answer_share + self.busy_share + self.machine_share > 1:
            raise ValueError("no_answer_share, busy_share and machine_share are parts of one whole: at most 1 together")
        if self.late_key_share + self.no_key_share > 1:
            raise ValueError("late_key_share and no_key_share are parts of one whole: at most 1 together")
        for name, (shortest, longest) in {"ring_seconds": self.ring_seconds, "key_seconds": self.key_seconds}.items():
            if not 0 < shortest <= longest:
                raise ValueError(f"{name} are the shortest and the longest time, both above 0: [3, 15]")
        return self


class Trouble(StrEnum):
    """What may go wrong."""

    NO_AGENTS = "no_agents"
    """Nobody can take calls: agents finish the one that they are on, and take no other."""
    NO_NETWORK = "no_network"
    """Every call that is dialled fails at once."""


class Outage(Document):
    """Trouble for a while."""

    kind: Trouble
    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")
    day: int | None = Field(None, ge=1, le=366)
    """On which day, counted from 1; absent: every day."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        _check_forward(self)
        return self


class Scenario(Document):
    """Some days of a call target."""

    name: Name
    description: str = Field("", max_length=2000)
    seed: int = Field(1, ge=0)
    """Another seed, other people; the same seed, the same days."""
    days: int = Field(1, ge=1, le=366)
    date: Annotated[dt.date, BeforeValidator(_date)] = dt.date(2026, 3, 2)
    """The first day."""
    staffing_told: bool = True
    """Whether Ringback is told who is planned to work, and how many agents are busy or free; else it has to learn."""
    staffing: Staffing
    arrivals: Arrivals
    handle_time: HandleTime = HandleTime()
    callers: Callers = Callers()
    customers: Customers = Customers()
    outages: tuple[Outage, ...] = Field((), max_length=100)
    call_target: CallTargetSettings
    """The settings of the call target, those of a configuration file. Its zone is UTC if it names none; its planned
    staffing is that of the scenario if it names none."""

    @property
    def zone_name(self) -> str:
        """Whose clock all times of day are of."""
        return self.call_target.time_zone or "UTC"

    @property
    def target(self) -> CallTarget:
        """The call target as the rest of the program knows it, told who is planned to work if anybody tells."""
        settings = self.call_target
        if self.staffing_told and not settings.estimate.staffing:
            estimate = settings.estimate.model_copy(update={"staffing": self.staffing.shifts})
            settings = settings.model_copy(update={"estimate": estimate})
        return CallTarget(CallTargetId("simulated"), "simulated", settings, self.zone_name)

    def agents_at(self, day: int, minutes: float) -> int:
        """How many agents take calls at a time of a day; days count from 1."""
        return 0 if self._troubled(Trouble.NO_AGENTS, day, minutes) else self.staffing.at(minutes)

    def network_works(self, day: int, minutes: float) -> bool:
        """Whether calls can be made then."""
        return not self._troubled(Trouble.NO_NETWORK, day, minutes)

    @property
    def times_of_trouble(self) -> set[int]:
        """The times of day at which some trouble begins or ends."""
        return {time for outage in self.outages for time in (outage.start, outage.end)}

    def _troubled(self, kind: Trouble, day: int, minutes: float) -> bool:
        return any(
            outage.kind is kind and outage.day in {None, day} and outage.start <= minutes < outage.end
            for outage in self.outages
        )


class Written(NamedTuple):
    """A scenario and the text that it was read from."""

    scenario: Scenario
    text: str


def shipped() -> dict[str, Written]:
    """The scenarios that come with Ringback, by name."""
    folder = files(__package__).joinpath("scenarios")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(SUFFIX))
    return {name.removesuffix(SUFFIX): read_text(folder.joinpath(name).read_text("utf-8"), name=name) for name in names}


def find(name: str) -> Written:
    """The scenario of a file or, where ``name`` is no file, the shipped one of that name.

    Raises ``ConfigurationInvalid`` with everything that is wrong with it.
    """
    path = Path(name)
    if path.suffix or len(path.parts) != 1 or path.is_file():
        return read_text(tables.text_of(path), name=name)
    known = shipped()
    if name not in known:
        raise ConfigurationInvalid(
            f"There is no scenario {name}, neither a file nor one of those that are shipped"
            f"{problems.suggestion(name, known)}."
        )
    return known[name]


def read_text(text: str, *, name: str = "The scenario") -> Written:
    """A scenario from its text. Raises ``ConfigurationInvalid`` with all that is wrong, each by line and key."""
    content, lines = tables.parse(text, name=name)
    scenario, found, _ = tables.validate(content, Scenario)
    if scenario is None:
        raise problems.invalid(f"{name} is not valid.", found, lines)
    return Written(scenario, text)


def _step(steps: Mapping[int, float], minutes: float) -> float:
    """The value of the last step at or before a time of day; 0 before the first."""
    begun = [time for time in steps if time <= minutes]
    return steps[max(begun)] if begun else 0


def _check_forward(span: "Break | Outage") -> None:
    if span.end <= span.start:
        raise ValueError("should end after it begins, on the same day")
