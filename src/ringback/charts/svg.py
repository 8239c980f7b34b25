"""Charts as SVG: small pure functions from numbers to markup.

A chart takes the width that it is given, from a telephone to a large screen, without its texts growing or shrinking:
places across are in percent, places down in pixels, and only lines and areas lie in an inner drawing that is stretched.
Axis texts hang outside of the drawing; ``charts.css`` leaves room for them and has the colours, for light and dark.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup, escape

HEIGHT = 220
"""Pixels between the top and the axis below."""

_STRETCH = 1000
"""The inner drawing's own units, across and down."""

_DIVISIONS = (1, 2, 2.5, 5, 10)
_GAP_TOP = 1.05
"""So much more than the largest value fits in."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One series: its name in the legend, its colour (a class of the style sheet) and its values from left to right."""

    name: str
    colour: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A text below the axis. ``at`` from 0, at the left, to 1; a minor one is left out on narrow screens."""

    at: float
    text: str
    minor: bool = False


def load_chart(
    title: str, areas: Sequence[Layer], line: Layer | None, marks: Sequence[Mark], *, unit: str = ""
) -> Markup:
    """Areas on top of each other, each value holding for its whole stretch, and perhaps a line of steps over them."""
    stacked = _stacked(areas)
    tops = stacked[-1][2] if stacked else []
    scale = _scale(max([*tops, *(line.values if line else ())], default=0.0))
    drawn = [_area(layer, below, top, scale[-1]) for layer, below, top in stacked]
    if line:
        drawn.append(_path(_steps(line.values, scale[-1]), f"line {line.colour}"))
    return _chart(title, _grid(scale, unit), _stretched(drawn), _marks(marks))


def scatter_chart(title: str, points: Iterable[tuple[float, float]], *, across: str, down: str) -> Markup:
    """Points over a diagonal on which both values are the same; both axes have one scale and are named."""
    listed = list(points)
    scale = _scale(max((max(point) for point in listed), default=0.0))
    top = scale[-1]
    diagonal = Markup('<line class="diagonal" x1="0" y1="{0}" x2="100%" y2="0"/>').format(HEIGHT)
    dots = Markup("").join(
        Markup('<circle class="dot" cx="{}%" cy="{}" r="2.5"/>').format(_number(100 * x / top), _number(_down(y, top)))
        for x, y in listed
    )
    marks = [Mark(value / top, _label(value, "")) for value in scale]
    named = Markup('<text class="axis" x="100%" y="{}" dy="-8" text-anchor="end">{}</text>').format(HEIGHT, across)
    named += Markup('<text class="axis" x="8" y="4" dy=".8em">{}</text>').format(down)
    return _chart(title, _grid(scale, ""), diagonal, dots, named, _marks(marks))


def column_chart(
    title: str,
    layers: Sequence[Layer],
    marks: Sequence[Mark],
    *,
    unit: str,
    names: Sequence[str],
    top: float | None = None,
) -> Markup:
    """Columns side by side in each place; ``names`` are of the places, told when one points at a column.

    The scale ends at ``top`` where one is given.
    """
    largest = max((value for layer in layers for value in layer.values), default=0.0)
    scale = _scale(largest if top is None else top / _GAP_TOP)
    places = max((len(layer.values) for layer in layers), default=1)
    width = 100 / places / (len(layers) + 0.25)
    columns = [
        _column(
            layer,
            f"{name}: {layer.name} {_label(value, unit)}",
            _down(min(value, scale[-1]), scale[-1]),
            HEIGHT,
            left=100 * place / places + width * (number + 0.125),
            width=width,
        )
        for number, layer in enumerate(layers)
        for place, (value, name) in enumerate(zip(layer.values, names, strict=True))
        if value > 0
    ]
    return _chart(title, _grid(scale, unit), _drawn(columns), _marks(marks))


def stacked_chart(
    title: str, layers: Sequence[Layer], marks: Sequence[Mark], *, names: Sequence[str], unit: str = ""
) -> Markup:
    """One column in each place, the layers on top of each other; ``names`` are of the places, told when one points."""
    stacked = _stacked(layers)
    scale = _scale(max(stacked[-1][2], default=0.0) if stacked else 0.0)
    width = 100 / max(1, len(names))
    columns = [
        _column(
            layer,
            f"{names[place]}: {layer.name} {_label(value, unit)}",
            _down(top[place], scale[-1]),
            _down(below[place], scale[-1]),
            left=width * (place + 0.1),
            width=width * 0.8,
        )
        for layer, below, top in stacked
        for place, value in enumerate(layer.values)
        if value > 0
    ]
    return _chart(title, _grid(scale, unit), _drawn(columns), _marks(marks))


def legend(layers: Iterable[Layer]) -> Markup:
    """The names of series beside their colours."""
    entries = Markup("").join(
        Markup('<li><span class="swatch {}"></span>{}</li>').format(layer.colour, layer.name) for layer in layers
    )
    return Markup('<ul class="series">{}</ul>').format(entries)


def chart_style() -> Markup:
    """The style sheet of all charts."""
    return Markup(files(__package__).joinpath("charts.css").read_text("utf-8"))  # noqa: S704 - our own file


def _chart(title: str, *parts: Markup) -> Markup:
    return Markup('<svg class="chart" role="img" aria-label="{}" height="{}"><title>{}</title>{}</svg>').format(
        title, HEIGHT, title, Markup("").join(parts)
    )


def _stretched(drawn: Iterable[Markup]) -> Markup:
    return Markup('<svg width="100%" height="{0}" viewBox="0 0 {1} {1}" preserveAspectRatio="none">{2}</svg>').format(
        HEIGHT, _STRETCH, Markup("").join(drawn)
    )


def _grid(scale: Sequence[float], unit: str) -> Markup:
    rule = Markup('<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/><text class="tick" x="-8" y="{0}">{1}</text>')
    return Markup("").join(rule.format(_number(_down(value, scale[-1])), _label(value, unit)) for value in scale)


def _marks(marks: Iterable[Mark]) -> Markup:
    return Markup("").join(
        Markup('<text class="mark{}" x="{}%" y="{}">{}</text>').format(
            " minor" if mark.minor else "", _number(100 * mark.at), HEIGHT, mark.text
        )
        for mark in marks
    )


def _area(layer: Layer, below: Sequence[float], top: Sequence[float], largest: float) -> Markup:
    upper, lower = _corners(top, largest), _corners(below, largest)
    outline = " ".join(f"{_number(x)},{_number(y)}" for x, y in [*upper, *reversed(lower)])
    return Markup('<polygon class="area {}" points="{}"><title>{}</title></polygon>').format(
        layer.colour, outline, layer.name
    )


def _steps(values: Sequence[float], largest: float) -> str:
    return "M" + " L".join(f"{_number(x)},{_number(y)}" for x, y in _corners(values, largest))


def _path(course: str, colour: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(colour, course)


def _corners(values: Sequence[float], largest: float) -> list[tuple[float, float]]:
    """The corners of a flight of steps in the inner drawing, those inside of a level stretch left out."""
    step = _STRETCH / max(1, len(values))
    corners: list[tuple[float, float]] = []
    for place, value in enumerate(values):
        y = _STRETCH * (1 - value / largest)
        if corners and corners[-1][1] == y:
            corners[-1] = ((place + 1) * step, y)
        else:
            corners += [(place * step, y), ((place + 1) * step, y)]
    return corners


def _stacked(layers: Sequence[Layer]) -> list[tuple[Layer, list[float], list[float]]]:
    """Each layer with where it begins and ends in each place."""
    tops = [0.0] * max((len(layer.values) for layer in layers), default=0)
    stacked = []
    for layer in layers:
        below, tops = tops, [top + value for top, value in zip(tops, layer.values, strict=True)]
        stacked.append((layer, below, tops))
    return stacked


def _column(layer: Layer, words: str, top: float, bottom: float, *, left: float, width: float) -> str:
    # Put together by hand: there are hundreds of them on a page, and Markup.format takes several times as long.
    return (
        f'<rect class="column {escape(layer.colour)}" x="{_number(left)}%" width="{_number(width)}%" '
        f'y="{_number(top)}" height="{_number(bottom - top)}"><title>{escape(words)}</title></rect>'
    )


def _drawn(shapes: Iterable[str]) -> Markup:
    return Markup("".join(shapes))  # noqa: S704 - each has escaped what it was given


def _down(value: float, largest: float) -> float:
    return HEIGHT * (1 - value / largest)


def _scale(largest: float) -> list[float]:
    """Round values from 0 to just above the largest, three to six of them."""
    wanted = max(largest, 1e-9) * _GAP_TOP if largest > 0 else 1.0
    power = 10 ** math.floor(math.log10(wanted / 4))
    step = next(division * power for division in _DIVISIONS if division * power * 5 >= wanted)
    return [step * number for number in range(math.ceil(wanted / step - 1e-9) + 1)]


def _label(value: float, unit: str) -> str:
    return f"{value:,.4g}{unit}" if abs(value) < 1000 else f"{value:,.0f}{unit}"


def _number(value: float) -> str:
    """Short: two decimals are finer than any screen."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
