"""The report of simulated days: one HTML file that needs nothing else and asks nobody for anything."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringback import __version__
from ringback.charts import svg
from ringback.charts.svg import Layer, Mark
from ringback.kernel.clock import HOUR, MINUTE, Instant
from ringback.simulation import levels, wording
from ringback.simulation.arrivals import midnight
from ringback.simulation.levels import Change
from ringback.simulation.records import Days
from ringback.simulation.summary import Summary, holder_waits, occupations, same_day, staff_changes

_FINE = 5 * MINUTE
_COARSE = 30 * MINUTE

_MOST_POINTS = 3000
"""More dots than this only make a file large."""

_MOST_HOURS = 13
"""As many texts as fit below a chart."""

_WAIT_COLUMNS = 12
_NICE_MINUTES = (0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120)

_NO_LEGEND = Markup("")

Stretches = Iterable[tuple[Instant | None, Instant | None]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what is said about it."""

    title: str
    words: str
    chart: Markup
    legend: Markup = _NO_LEGEND
    wide: bool = False
    averaged: bool = True
    """Over the days, where there are several."""


def page(days: Days, summary: Summary, written: str) -> str:
    """The report as HTML; ``written`` is the text of the scenario."""
    return (
        _templates()
        .get_template("report.html")
        .render(
            scenario=days.scenario,
            sentence=wording.in_a_sentence(summary),
            about=wording.about(days.scenario),
            sections=wording.sections(summary),
            tiles=_tiles(summary),
            figures=_figures(days),
            written=written.strip(),
            version=__version__,
            style=Markup(_asset("report.css")) + svg.chart_style(),  # noqa: S704 - our own files
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("ringback.simulation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


def _tiles(summary: Summary) -> list[wording.Row]:
    """What one looks for first."""
    tiles = [wording.Row("Agents occupied", wording.percent(summary.agent_use), "of the time at work")]
    if summary.callback_waits.count:
        waits = summary.callback_waits
        tiles.append(
            wording.Row("Callback takers waited", wording.duration(waits.p50), f"90 %: {wording.duration(waits.p90)}")
        )
    held = summary.holder_waits
    tiles.append(wording.Row("Holders waited", wording.duration(held.p50), f"90 %: {wording.duration(held.p90)}"))
    if summary.promises.missed is not None:
        kept = 1 - summary.promises.missed
        tiles.append(
            wording.Row(
                "Promises kept", wording.percent(kept), "to within 2 minutes", good=summary.promises.missed <= 0.05
            )
        )
    return tiles


def _figures(days: Days) -> list[Figure]:
    window = _Window(days)
    figures = [_staff_figure(days, window), _waiting_figure(days, window)]
    if same_day(days):
        figures.append(_promise_figure(days))
    return [*figures, _waits_figure(days), _use_figure(days, window)]


def _staff_figure(days: Days, window: "_Window") -> Figure:
    title = "Load against staff"
    called = [(each.agent_from, each.agent_until) for callback in days.callbacks for each in callback.attempts]
    areas = [
        Layer("busy with callbacks", "callbacks", window.levels_of(called)),
        Layer("busy with people who held the line", "holders", window.levels_of(_held(days))),
    ]
    staff = Layer("agents at work", "staff", window.averages(staff_changes(days), _FINE))
    chart = svg.load_chart(title, areas, staff, window.marks())
    words = "How many agents were occupied, and how many were at work."
    return Figure(title, words, chart, svg.legend([*areas, staff]), wide=True)


def _waiting_figure(days: Days, window: "_Window") -> Figure:
    title = "Who waited"
    waiting = [(callback.asked_at, callback.launched_at or callback.finished_at) for callback in days.callbacks]
    on_hold = [(holder.arrived_at, holder.answered_at or holder.abandoned_at) for holder in days.holders]
    areas = [
        Layer("for their callback", "callbacks", window.levels_of(waiting)),
        Layer("on hold", "holders", window.levels_of(on_hold)),
    ]
    chart = svg.load_chart(title, areas, None, window.marks())
    return Figure(title, "People in line, on the telephone or away from it.", chart, svg.legend(areas), wide=True)


def _promise_figure(days: Days) -> Figure:
    title = "Promised against actual"
    scored = [callback for callback in same_day(days) if not callback.told_later]
    shown = scored[:: -(-len(scored) // _MOST_POINTS)]
    points = [(callback.promised / 60, (callback.wait or 0) / 60) for callback in shown]
    chart = svg.scatter_chart(title, points, across="minutes told", down="minutes waited")
    words = "One dot is one callback: below the line called earlier than told, above it later."
    return Figure(title, words, chart, averaged=False)


def _waits_figure(days: Days) -> Figure:
    title = "How long people waited"
    groups = [
        ("callback takers, until called", "callbacks", [(each.wait or 0) / 60 for each in same_day(days)]),
        ("holders, until answered or gone", "holders", [wait / 60 for wait in holder_waits(days.holders)]),
    ]
    step = _bucket_minutes([wait for _, _, waits in groups for wait in waits])
    longest = max((wait for _, _, waits in groups for wait in waits), default=0)
    columns = min(_WAIT_COLUMNS, int(longest / step) + 1)
    layers = [Layer(name, colour, _shares(waits, step, columns)) for name, colour, waits in groups if waits]
    names = [f"{place * step:g} to {(place + 1) * step:g} min" for place in range(columns)]
    names[-1] = f"{(columns - 1) * step:g} min and more"
    marks = [Mark(place / columns, f"{place * step:g}", minor=place % 2 == 1) for place in range(columns)]
    chart = svg.column_chart(title, layers, marks, unit=" %", names=names)
    words = "Share of each group by minutes waited; who waited longer still is in the last columns."
    return Figure(title, words, chart, svg.legend(layers), averaged=False)


def _use_figure(days: Days, window: "_Window") -> Figure:
    title = "Agent use"
    busy = window.averages(levels.of_stretches(occupations(days)), _COARSE)
    staff = window.averages(staff_changes(days), _COARSE)
    used = [min(100.0, 100 * one / other) if other else 0.0 for one, other in zip(busy, staff, strict=True)]
    layer = Layer("occupied", "agents", used)
    names = [window.time_of(place * _COARSE) for place in range(len(used))]
    chart = svg.column_chart(title, [layer], window.marks(), unit=" %", names=names, top=100)
    return Figure(title, "Occupied agents over those at work, by half hours.", chart, wide=True)


def _held(days: Days) -> Stretches:
    return [(holder.answered_at, holder.finished_at) for holder in days.holders]


class _Window:
    """The part of the day that charts show, from the first opening to the last closing; several days are averaged."""

    def __init__(self, days: Days) -> None:
        midnights = [midnight(days.scenario, day) for day in range(1, days.scenario.days + 2)]
        starts, ends = [], []
        for begin, end in pairwise(midnights):
            for opens, closes in days.open_hours:
                if begin <= opens < end:
                    past_midnight = closes > end
                    starts.append(0 if past_midnight else (opens - begin) // HOUR * HOUR)
                    ends.append(24 * HOUR if past_midnight else -(-(closes - begin) // HOUR) * HOUR)
        self._midnights = midnights[:-1]
        self._start, self._end = (min(starts), max(ends)) if starts else (0, 24 * HOUR)

    def levels_of(self, stretches: Stretches) -> list[float]:
        """How many of these were under way, on average over the days."""
        whole = ((start, end) for start, end in stretches if start is not None and end is not None)
        return self.averages(levels.of_stretches(whole), _FINE)

    def averages(self, changes: Sequence[Change], width: int) -> list[float]:
        """The level in buckets of ``width``, on average over the days."""
        of_days = [
            levels.averages(changes, Instant(begin + self._start), Instant(begin + self._end), width)
            for begin in self._midnights
        ]
        return [statistics.fmean(bucket) for bucket in zip(*of_days, strict=True)]

    def marks(self) -> list[Mark]:
        """The hours of the clock; every second one may be left out."""
        hours = range(self._start // HOUR, self._end // HOUR + 1)
        every = 1 if len(hours) <= _MOST_HOURS else 2
        return [
            Mark((hour * HOUR - self._start) / (self._end - self._start), f"{hour % 24:02}:00", minor=place % 2 != 0)
            for place, hour in enumerate(hours[::every])
        ]

    def time_of(self, offset: int) -> str:
        """The time of day so many microseconds after the window begins."""
        minutes = (self._start + offset) // MINUTE
        return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _bucket_minutes(waits: Sequence[float]) -> float:
    """A round width of columns into which nearly all of these fit."""
    if not waits:
        return 1
    nearly_all = sorted(waits)[int(len(waits) * 0.98)]
    return next((step for step in _NICE_MINUTES if step * _WAIT_COLUMNS >= nearly_all), _NICE_MINUTES[-1])


def _shares(waits: Sequence[float], step: float, columns: int) -> list[float]:
    counts = [0] * columns
    for wait in waits:
        counts[min(columns - 1, int(wait / step))] += 1
    return [100 * count / len(waits) for count in counts]
