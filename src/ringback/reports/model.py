"""What is counted of callbacks, and the stretches of time that it is counted for.

That a callback was asked for counts when it was (``requested``); everything else counts when it has ended, since only
then it is certain. Neither changes afterwards, so that a stretch that is over is counted once and for all; erasing the
person from a callback leaves times and outcome as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cached_property
from operator import attrgetter

from ringback.callbacks.model import Kind
from ringback.kernel.clock import HOUR, MINUTE, Instant
from ringback.kernel.tenancy import CallTargetId

QUARTER = 15 * MINUTE
"""All zones' clocks differ from UTC by a multiple of it."""

ON_TIME_SECONDS = 60
"""People are told whole minutes: a call that comes less than one after the time told is on time."""

MOST_DAY_BINS = 92
"""More days than this are shown as weeks, which begin on Monday."""

LONGEST_HOLD_SECONDS = 3600
"""Nobody is taken to have been spared more of holding the line than an hour."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of each, for some callbacks. Sums are of whole seconds, each callback's rounded down."""

    requested: int = 0
    """Asked for, of the type that was asked for: one that is moved to a booked time later stays ASAP here."""

    success: int = 0
    canceled: int = 0
    unavailable: int = 0
    not_completed: int = 0
    abandoned: int = 0
    rescheduled_away: int = 0
    expired: int = 0
    failure: int = 0

    attempts: int = 0
    """Calls that were begun for those that ended."""
    retried: int = 0
    """Ended with more than one attempt."""
    at_first: int = 0
    """Successful with the first attempt."""

    on_time: int = 0
    """Launched less than a minute after the time that was told: the promise, or the booked time. Early is on time."""
    late_2: int = 0
    """Launched up to 2 minutes late, and so on."""
    late_5: int = 0
    late_15: int = 0
    later: int = 0
    never: int = 0
    """Told a time and never launched, though nobody cancelled or replaced them."""
    promised_seconds: int = 0
    """From asking to the time told, of all that were launched."""
    waited_seconds: int = 0
    """From asking to the launch, of the same."""
    late_seconds: int = 0
    """From the time told to the launch, of those launched after it."""

    spared: int = 0
    """Callbacks whose customers were spared holding the line: asked for as ASAP, and successful."""
    spared_seconds: int = 0
    """Time that those customers were spared on hold.

    For each: min(launch - asking, one hour) - waiting on the phone. The estimate behind it is that somebody who had
    held the line instead would have waited as long, since a callback keeps the place that its customer would have had.
    Its limits: who holds the line may give up, which nobody knows of a callback; a minimum delay and nights count as
    waiting, which is why an hour is the most; a booked time spares something as well, but how much is unknown, so those
    count nothing. A call that came at once, with a wait on the phone, counts against it.
    """
    held: int = 0
    """Connected calls in which the customer was called first, and so waited on the phone for an agent."""
    held_seconds: int = 0
    """From the customer's answer to the agent's, of those."""

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(*(self[name] + other[name] for name in COUNTS))

    def __sub__(self, other: "Tally") -> "Tally":
        """This without the other."""
        return Tally(*(self[name] - other[name] for name in COUNTS))

    def __getitem__(self, name: str) -> int:
        """The count of that name."""
        number: int = getattr(self, name)
        return number

    @property
    def finished(self) -> int:
        """All that ended."""
        return sum(self[name] for name in OUTCOMES)

    @property
    def launched(self) -> int:
        """Told a time, and launched."""
        return self.on_time + self.late_2 + self.late_5 + self.late_15 + self.later

    @property
    def promised(self) -> int:
        """Told a time that was to be kept."""
        return self.launched + self.never

    @property
    def after_retry(self) -> int:
        """Successful, but not with the first attempt."""
        return self.success - self.at_first


COUNTS = tuple(field.name for field in fields(Tally))
"""The names of all counts, in the order of the columns."""
_numbers = attrgetter(*COUNTS)
OUTCOMES = COUNTS[1:9]
PUNCTUALITY = ("on_time", "late_2", "late_5", "late_15", "later", "never")


def together(tallies: Iterable[Tally]) -> Tally:
    """All of them added up."""
    rows = [_numbers(tally) for tally in tallies]
    return Tally(*map(sum, zip(*rows, strict=True))) if rows else Tally()


_NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Counted:
    """What the callbacks of one call target, channel and type came to in one stretch of time."""

    starts_at: Instant
    call_target_id: CallTargetId
    channel: str
    kind: Kind
    tally: Tally


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which callbacks a report is about; None for all."""

    call_target_id: CallTargetId | None = None
    channel: str | None = None

    def includes(self, counted: Counted) -> bool:
        """Whether these are among them."""
        wanted = self.call_target_id in {None, counted.call_target_id}
        return wanted and self.channel in {None, counted.channel}


@dataclass(frozen=True, slots=True)
class Days:
    """Days from the first to the last, in some zone."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def listed(self) -> list[date]:
        """Each of them."""
        return [self.first + timedelta(days=number) for number in range(self.count)]

    def before(self) -> "Days":
        """As many days, just before these."""
        return Days(self.first - timedelta(days=self.count), self.first - timedelta(days=1))

    def bins(self) -> list["Bin"]:
        """The places on a chart's axis: the hours of a single day, up to a quarter of a year days, else weeks."""
        if self.count == 1:
            return [Bin(self.first, self.first, hour) for hour in range(24)]
        if self.count <= MOST_DAY_BINS:
            return [Bin(day, day) for day in self.listed()]
        begins = [self.first, *(day for day in self.listed()[1:] if day.weekday() == 0)]
        ends = [*(day - timedelta(days=1) for day in begins[1:]), self.last]
        return [Bin(begin, end) for begin, end in zip(begins, ends, strict=True)]

    def bin_of(self, day: date, hour: int) -> int:
        """The number of the bin that holds an hour of a day."""
        if self.count == 1:
            return hour
        if self.count <= MOST_DAY_BINS:
            return (day - self.first).days
        return (day - self.first + timedelta(days=self.first.weekday())).days // 7


@dataclass(frozen=True, slots=True)
class Bin:
    """One place on a chart's axis: an hour of a day, a day, or a week."""

    first: date
    last: date
    hour: int | None = None


@dataclass(frozen=True)
class Report:
    """What callbacks came to on some days."""

    days: Days
    asked: Mapping[tuple[date, int, str], int]
    """How many were asked for: by day, hour of the day and channel."""
    counted: Mapping[tuple[date, int, Kind], Tally]
    """Everything: by day, hour of a report of one day (else 0), and type."""
    before: Tally | None = None
    """The same of as much time just before; None when there were no callbacks yet when it began."""
    running: Tally = _NOTHING
    """What of it happened in the running hour, for which there is nothing in ``before``."""

    @cached_property
    def so_far(self) -> Tally:
        """What is to be held against ``before``."""
        return self.total - self.running

    @cached_property
    def total(self) -> Tally:
        """Everything."""
        return together(self.counted.values())

    def of_kind(self, kind: Kind) -> Tally:
        """All of one type."""
        return together(tally for (_, _, each), tally in self.counted.items() if each is kind)

    @cached_property
    def binned(self) -> list[Tally]:
        """Everything, by bins of the days."""
        gathered: list[list[Tally]] = [[] for _ in self.days.bins()]
        for (day, hour, _), tally in self.counted.items():
            gathered[self.days.bin_of(day, hour)].append(tally)
        return [together(tallies) for tallies in gathered]

    @cached_property
    def by_bin(self) -> Mapping[str, list[int]]:
        """How many were asked for, by bins of the days, for each channel; the channel most used first."""
        length = len(self.days.bins())
        numbers: dict[str, list[int]] = defaultdict(lambda: [0] * length)
        for (day, hour, channel), number in self.asked.items():
            numbers[channel][self.days.bin_of(day, hour)] += number
        return {channel: numbers[channel] for channel in sorted(numbers, key=lambda each: (-sum(numbers[each]), each))}

    @cached_property
    def by_hour(self) -> Mapping[str, list[int]]:
        """How many were asked for in each hour of the day, for each channel, in the same order."""
        numbers: dict[str, list[int]] = {channel: [0] * 24 for channel in self.by_bin}
        for (_, hour, channel), number in self.asked.items():
            numbers[channel][hour] += number
        return numbers


def width_at(offset: int) -> int:
    """How long the stretches are in which a zone's callbacks are counted, where its clocks are ``offset`` from UTC.

    Hours, if its days begin with one; else quarters, as in India (5:30) and Nepal (5:45).
    """
    return HOUR if offset % HOUR == 0 else QUARTER
