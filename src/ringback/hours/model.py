"""Opening hours as a person configures them. The time zone is the call target's and is not repeated here.

In a configuration file::

    [call_target.hours]
    weekly = { mon = ["09:00-12:30", "13:30-17:30"], fri = ["22:00-06:00"], sat = ["06:00-24:00"] }   # or "always"
    overrides = [
        { date = 2026-12-24, open = ["09:00-12:00"], name = "Christmas Eve" },
        { date = 2026-12-28, closed = true, name = "Stocktaking" },
    ]
    holidays = [{ date = 2026-12-25, name = "Christmas Day" }]

What a date says decides about the openings that *start* on it: an override replaces them all, a holiday removes
them, and an override on a holiday wins. An opening of the evening before that runs past midnight is not cut short; to
do that, override the evening before.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ringback.kernel.document import Document

DAY_MINUTES = 1440
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOUR_AND_MINUTE = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_OPENING = re.compile(rf"{_HOUR_AND_MINUTE} ?- ?(?:{_HOUR_AND_MINUTE}|(24):00)")
_YEARS = range(2000, 3000)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """One opening of a day, in minutes of the local clock since that day's midnight, half-open.

    ``0 <= start < 1440`` and ``start < end <= start + 1440``; an end beyond 1440 lies on the next day.
    """

    start: int
    end: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read "09:00-17:30". An end of 24:00 is midnight; one at or before the start is on the next day."""
        match = _OPENING.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(
                f"{text!r} is not an opening; write it like 09:00-17:30, with 24:00 for midnight at its end "
                "(an end at or before the start is on the next day)"
            )
        start_hour, start_minute, end_hour, end_minute, midnight = match.groups()
        start = int(start_hour) * 60 + int(start_minute)
        end = DAY_MINUTES if midnight else int(end_hour) * 60 + int(end_minute)
        return cls(start, end if end > start else end + DAY_MINUTES)

    def __str__(self) -> str:
        end = self.end if self.end <= DAY_MINUTES else self.end - DAY_MINUTES
        return f"{self.start // 60:02}:{self.start % 60:02}-{end // 60:02}:{end % 60:02}"


ALL_DAY = Opening(0, DAY_MINUTES)


def _opening(value: object) -> Opening:
    return value if isinstance(value, Opening) else Opening.parse(value)


def _plain_date(value: object) -> dt.date:
    """A date as TOML has it or as ISO text; pydantic alone would also take a number for a timestamp."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        value = dt.date.fromisoformat(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        if value.year not in _YEARS:  # calendar arithmetic needs room on both sides
            raise ValueError(f"{value} is not a date between {_YEARS[0]} and {_YEARS[-1]}")
        return value
    raise ValueError(f"{value!r} is not a date; write it like 2026-12-25")


_OpeningField = Annotated[
    Opening,
    PlainValidator(_opening),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_OPENING.pattern}$", "examples": ["09:00-17:30"]}),
]
_DayOpenings = Annotated[tuple[_OpeningField, ...], Field(max_length=48)]
_Date = Annotated[dt.date, BeforeValidator(_plain_date)]
_Name = Annotated[str, Field(max_length=200)]


class Week(Document):
    """The openings that start on each weekday; a day left out is closed. ``"always"`` stands for all day, every day."""

    mon: _DayOpenings = ()
    tue: _DayOpenings = ()
    wed: _DayOpenings = ()
    thu: _DayOpenings = ()
    fri: _DayOpenings = ()
    sat: _DayOpenings = ()
    sun: _DayOpenings = ()

    @property
    def days(self) -> tuple[tuple[Opening, ...], ...]:
        """Monday's openings first, in the order of ``date.weekday()``."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)

    @model_validator(mode="before")
    @classmethod
    def _read_short_form(cls, value: Any) -> Any:
        if value == "always":
            return dict.fromkeys(WEEKDAYS, (ALL_DAY,))
        if isinstance(value, str):
            raise ValueError(f'{value!r} is not a week; write "always", or a table of the days mon to sun')  # noqa: TRY004 - pydantic reports ValueError
        return value

    @model_validator(mode="after")
    def _refuse_overlaps(self) -> Self:
        openings = sorted(
            (Opening(day * DAY_MINUTES + opening.start, day * DAY_MINUTES + opening.end), f"{WEEKDAYS[day]} {opening}")
            for day, of_day in enumerate(self.days)
            for opening in of_day
        )
        if len(openings) > 1:  # Sunday night runs into Monday
            first, name = openings[0]
            openings.append((Opening(first.start + 7 * DAY_MINUTES, first.end + 7 * DAY_MINUTES), name))
        _refuse_overlaps(openings)
        return self

    @model_serializer(mode="wrap")
    def _write_short_form(self, write: SerializerFunctionWrapHandler) -> dict[str, Any] | str:
        if all(openings == (ALL_DAY,) for openings in self.days):
            return "always"
        written: dict[str, Any] = write(self)
        return written

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"const": "always", "type": "string"}, handler(schema)]}


class Override(Document):
    """The openings that start on one date, in place of what the week or a holiday says: ``closed``, or ``open``."""

    date: _Date
    closed: bool = False
    open: _DayOpenings = ()
    name: _Name = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.closed == bool(self.open):
            raise ValueError(f"the override of {self.date} must say either closed = true or when it is open")
        _refuse_overlaps(sorted((opening, f"{self.date} {opening}") for opening in self.open))
        return self


class Holiday(Document):
    """A date on which nothing opens, confirmed by a person."""

    date: _Date
    name: _Name = ""


class OpeningHours(Document):
    """All that decides when a call target is open."""

    weekly: Week
    overrides: tuple[Override, ...] = Field(default=(), max_length=2000)
    holidays: tuple[Holiday, ...] = Field(default=(), max_length=2000)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _refuse_repeated("overrides", (override.date for override in self.overrides))
        _refuse_repeated("holidays", (holiday.date for holiday in self.holidays))
        return self


def _refuse_overlaps(openings: Sequence[tuple[Opening, str]]) -> None:
    """``openings`` ascend, each with the name to report it by."""
    for (one, one_name), (other, other_name) in pairwise(openings):
        if other.start < one.end:
            raise ValueError(f"{one_name} and {other_name} overlap")


def _refuse_repeated(what: str, dates: Iterable[dt.date]) -> None:
    repeated = sorted(date for date, count in Counter(dates).items() if count > 1)
    if repeated:
        raise ValueError(f"{what} name a date more than once: {', '.join(map(str, repeated))}")
