"""The parts of the reports page: what each says, draws and lists. Pure: a report in, texts and markup out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from babel.dates import format_skeleton
from markupsafe import Markup

from ringback.callbacks.lifecycle import Outcome
from ringback.callbacks.model import Kind
from ringback.charts import svg
from ringback.charts.svg import Layer, Mark
from ringback.console.spreadsheet import Cell
from ringback.reports.model import OUTCOMES, PUNCTUALITY, Bin, Report, Tally
from ringback.reports.wording import Wording

_MOST_MARKS = 12
_NO_LEGEND = Markup("")
_COLOURS = ("callbacks", "holders", "agents", "fourth", "rest")
_FOUR = len(_COLOURS) - 1

KINDS = {Kind.ASAP: "As soon as possible", Kind.SCHEDULED: "Booked"}

_OUTCOMES = {
    Outcome.SUCCESS: "Successful",
    Outcome.UNAVAILABLE: "Customer not reached",
    Outcome.ABANDONED: "Customer hung up while waiting",
    Outcome.CANCELED: "Cancelled",
    Outcome.RESCHEDULED_AWAY: "Replaced by a newer request",
    Outcome.NOT_COMPLETED: "No agent reached",
    Outcome.EXPIRED: "Not made in time",
    Outcome.FAILURE: "Failed for a fault",
}
_GROUPS = (
    ("Successful", "callbacks", (Outcome.SUCCESS,)),
    ("Not reached or hung up", "holders", (Outcome.UNAVAILABLE, Outcome.ABANDONED)),
    ("Cancelled or replaced", "rest", (Outcome.CANCELED, Outcome.RESCHEDULED_AWAY)),
    ("Failed on our side", "failed", (Outcome.NOT_COMPLETED, Outcome.EXPIRED, Outcome.FAILURE)),
)
_PUNCTUALITY = {
    "on_time": "On time",
    "late_2": "Up to 2 min late",
    "late_5": "Up to 5 min late",
    "late_15": "Up to 15 min late",
    "later": "Later",
    "never": "Never called",
}
_LATE = ("on time", "2 min", "5 min", "15 min", "later", "never")
"""The same, short enough to stand below a chart on a telephone."""


class Form(Enum):
    """What the cells of a column are."""

    WORDS = auto()
    NUMBER = auto()
    SHARE = auto()
    SECONDS = auto()


class Column(NamedTuple):
    """A column of a table."""

    title: str
    form: Form = Form.NUMBER


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a chart. The first column names the row."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its table."""

    title: str
    table: Table
    chart: Markup
    legend: Markup = _NO_LEGEND


@dataclass(frozen=True, slots=True)
class Section:
    """One report: what it found, its charts, and its numbers as a file."""

    key: str
    title: str
    finding: str
    figures: Sequence[Figure]
    file: Table
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Axis:
    """The bins of a report along a chart."""

    names: Sequence[str]
    marks: Sequence[Mark]
    unit: str
    """What a bin is: Hour, Day, Week."""


def sections(report: Report, wording: Wording) -> list[Section]:
    """All parts, in their order."""
    axis = _axis(report, wording)
    return [
        _volumes(report, wording, axis),
        _outcomes(report, wording, axis),
        _punctuality(report, wording),
        _spared(report, wording, axis),
        _retries(report, wording, axis),
    ]


def _volumes(report: Report, wording: Wording, axis: _Axis) -> Section:
    names = [wording.channel(channel) for channel in report.by_bin]
    figures = []
    if report.days.count > 1:
        figures.append(_stacked(f"Asked for, by {axis.unit.lower()}", names, [*report.by_bin.values()], axis))
    figures.append(_stacked("Asked for, by hour of the day", names, [*report.by_hour.values()], _hours()))
    return Section(
        "volumes",
        "Volumes",
        wording.volumes(report),
        figures,
        Table(
            "Volumes",
            (Column("day", Form.WORDS), Column("hour"), Column("channel", Form.WORDS), Column("requested")),
            [(day.isoformat(), hour, channel, number) for (day, hour, channel), number in sorted(report.asked.items())],
        ),
    )


def _outcomes(report: Report, wording: Wording, axis: _Axis) -> Section:
    layers = [
        Layer(name, colour, [sum(tally[each] for each in outcomes) for tally in report.binned])
        for name, colour, outcomes in _GROUPS
    ]
    title = f"How callbacks ended, by {axis.unit.lower()}"
    total, before = report.total, report.before
    rows: list[Sequence[Cell]] = [
        (
            words,
            total[outcome],
            _share(total[outcome], total.finished),
            *((before[outcome], _share(before[outcome], before.finished)) if before else ()),
        )
        for outcome, words in _OUTCOMES.items()
    ]
    earlier = (Column("Before"), Column("Share before", Form.SHARE)) if before else ()
    columns = (Column("Outcome", Form.WORDS), Column("Callbacks"), Column("Share", Form.SHARE), *earlier)
    chart = svg.stacked_chart(title, layers, axis.marks, names=axis.names)
    return Section(
        "outcomes",
        "Outcomes",
        wording.outcomes(report),
        [Figure(title, Table("Outcomes", columns, rows), chart, svg.legend(layers))],
        _file("Outcomes", report, ("requested", *OUTCOMES)),
    )


def _punctuality(report: Report, wording: Wording) -> Section:
    title = "How late the call came"
    tallies = {kind: report.of_kind(kind) for kind in Kind}
    layers = [
        Layer(KINDS[kind], colour, [100 * (_share(tally[name], tally.promised) or 0.0) for name in PUNCTUALITY])
        for (kind, tally), colour in zip(tallies.items(), ("callbacks", "agents"), strict=True)
        if tally.promised
    ]
    names = [_PUNCTUALITY[name] for name in PUNCTUALITY]
    marks = [Mark((place + 0.5) / len(names), words) for place, words in enumerate(_LATE)]
    rows: list[Sequence[Cell]] = [
        (_PUNCTUALITY[name], *_counts_and_shares(tallies.values(), name)) for name in PUNCTUALITY
    ]
    columns = [Column("Called", Form.WORDS)]
    for words in KINDS.values():
        columns += [Column(words), Column("Share", Form.SHARE)]
    chart = svg.column_chart(title, layers, marks, unit=" %", names=names, top=100)
    return Section(
        "punctuality",
        "Promised against actual",
        wording.punctuality(report),
        [Figure(title, Table("Punctuality", columns, rows), chart, svg.legend(layers))],
        _file("Punctuality", report, (*PUNCTUALITY, "promised_seconds", "waited_seconds", "late_seconds")),
        "On time is less than a minute after the time that the customer was told: people are told whole minutes. "
        "Who cancelled before the call is not counted.",
    )


def _spared(report: Report, wording: Wording, axis: _Axis) -> Section:
    title = f"Hours spared, by {axis.unit.lower()}"
    layer = Layer("hours", "callbacks", [max(0.0, tally.spared_seconds / 3600) for tally in report.binned])
    rows: list[Sequence[Cell]] = [
        (
            name,
            tally.spared,
            tally.spared_seconds if tally.spared else None,
            _mean(tally.spared_seconds, tally.spared),
            _mean(tally.held_seconds, tally.held),
        )
        for name, tally in zip(axis.names, report.binned, strict=True)
    ]
    columns = (
        Column(axis.unit, Form.WORDS),
        Column("Customers"),
        Column("Spared", Form.SECONDS),
        Column("Each", Form.SECONDS),
        Column("Wait on the phone", Form.SECONDS),
    )
    return Section(
        "spared",
        "Time customers were spared",
        wording.spared(report),
        [
            Figure(
                title,
                Table("Time spared", columns, rows),
                svg.stacked_chart(title, [layer], axis.marks, names=axis.names, unit=" h"),
            )
        ],
        _file("Time spared", report, ("spared", "spared_seconds", "held", "held_seconds")),
        "An estimate: for each successful callback as soon as possible, the time from asking to the call, an hour at "
        "most, less the time on the phone until an agent was there. Booked calls count nothing.",
    )


def _retries(report: Report, wording: Wording, axis: _Axis) -> Section:
    title = f"Reached with how many calls, by {axis.unit.lower()}"
    layers = [
        Layer("With the first call", "callbacks", [tally.at_first for tally in report.binned]),
        Layer("With a further call", "agents", [tally.after_retry for tally in report.binned]),
        Layer("Called again in vain", "rest", [max(0, tally.retried - tally.after_retry) for tally in report.binned]),
    ]
    rows: list[Sequence[Cell]] = [
        (
            name,
            tally.attempts,
            tally.at_first,
            tally.retried,
            tally.after_retry,
            _share(tally.after_retry, tally.retried),
        )
        for name, tally in zip(axis.names, report.binned, strict=True)
    ]
    columns = (
        Column(axis.unit, Form.WORDS),
        Column("Calls"),
        Column("Reached first"),
        Column("Called again"),
        Column("Then reached"),
        Column("Share", Form.SHARE),
    )
    chart = svg.stacked_chart(title, layers, axis.marks, names=axis.names)
    return Section(
        "retries",
        "Retries",
        wording.retries(report),
        [Figure(title, Table("Retries", columns, rows), chart, svg.legend(layers))],
        _file("Retries", report, ("attempts", "retried", "at_first", "success")),
    )


def _stacked(title: str, names: Sequence[str], numbers: Sequence[Sequence[int]], axis: _Axis) -> Figure:
    """Numbers by series: the four largest each in a colour of its own, the others together."""
    shown = list(zip(names, numbers, strict=True))
    if len(shown) > len(_COLOURS):
        rest = [sum(values) for values in zip(*(each for _, each in shown[_FOUR:]), strict=True)]
        shown = [*shown[:_FOUR], ("others", rest)]
    layers = [Layer(name, colour, values) for (name, values), colour in zip(shown, _COLOURS, strict=False)]
    columns = (Column(axis.unit, Form.WORDS), *(Column(name) for name, _ in shown), Column("All"))
    rows: list[Sequence[Cell]] = [
        (name, *values, sum(values)) for name, *values in zip(axis.names, *(values for _, values in shown), strict=True)
    ]
    chart = svg.stacked_chart(title, layers, axis.marks, names=axis.names)
    return Figure(title, Table(title, columns, rows), chart, svg.legend(layers))


def _file(title: str, report: Report, counts: Iterable[str]) -> Table:
    """The counts by day, and of a single day by hour, for each type."""
    listed = tuple(counts)
    columns = (Column("day", Form.WORDS), Column("hour"), Column("type", Form.WORDS), *map(Column, listed))
    rows: list[Sequence[Cell]] = [
        (day.isoformat(), hour if report.days.count == 1 else None, kind.value, *(tally[name] for name in listed))
        for (day, hour, kind), tally in sorted(report.counted.items(), key=lambda item: item[0])
    ]
    return Table(title, columns, rows)


def _axis(report: Report, wording: Wording) -> _Axis:
    if report.days.count == 1:
        return _hours()
    bins = report.days.bins()
    every = -(-len(bins) // _MOST_MARKS)
    marks = [
        Mark((place + 0.5) / len(bins), format_skeleton("MMMd", bins[place].first, locale=wording.locale), minor=odd)
        for odd, place in _alternating(range(0, len(bins), every))
    ]
    return _Axis([_name(each, wording) for each in bins], marks, "Day" if len(bins) == report.days.count else "Week")


def _hours() -> _Axis:
    marks = [Mark((hour + 0.5) / 24, f"{hour:02}:00", minor=odd) for odd, hour in _alternating(range(0, 24, 3))]
    return _Axis([f"{hour:02}:00" for hour in range(24)], marks, "Hour")


def _alternating(places: Iterable[int]) -> list[tuple[bool, int]]:
    return [(number % 2 == 1, place) for number, place in enumerate(places)]


def _name(each: Bin, wording: Wording) -> str:
    if each.first == each.last:
        return str(format_skeleton("MMMEd", each.first, locale=wording.locale))
    begin, end = (format_skeleton("MMMd", day, locale=wording.locale) for day in (each.first, each.last))
    return f"{begin} to {end}"


def _counts_and_shares(tallies: Iterable[Tally], name: str) -> Iterable[Cell]:
    for tally in tallies:
        yield tally[name]
        yield _share(tally[name], tally.promised)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(total: int, number: int) -> float | None:
    return total / number if number else None
