"""The estimate of the last hours as a line in a word's size, with its range behind it, and the same in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ringback.board.model import Told
from ringback.console.now.standing import minutes_words
from ringback.kernel.clock import MINUTE, Instant

_WIDTH, _HEIGHT = 240, 40
_LEAST_TOP = 300
"""Seconds: a short wait does not look like a mountain."""


@dataclass(frozen=True, slots=True)
class Course:
    """What was told of a queue from ``since`` until now, in stretches of ``every`` microseconds."""

    told: Sequence[Told]
    since: Instant
    until: Instant
    every: int


def sparkline(course: Course) -> Markup:
    """The course as an SVG that says the same to those who do not see it; nothing where there is too little to draw."""
    if len(course.told) < 2:
        return Markup()
    top = max(_LEAST_TOP, *(told.high for told in course.told))
    pieces = list(_pieces(course))
    bands = Markup("").join(_polygon(_band(piece, course, top)) for piece in pieces)
    lines = Markup("").join(_polyline(_line(piece, course, top)) for piece in pieces)
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>'
    ).format(_WIDTH, _HEIGHT, course_words(course), bands, lines)


def course_words(course: Course) -> str:
    """First, now, and highest."""
    first, last = course.told[0].promise, course.told[-1].promise
    highest = max(told.promise for told in course.told)
    minutes = round((course.until - course.since) / MINUTE)
    past = f"{round(minutes / 60)} hours" if minutes > 90 else f"{minutes} minutes"
    return (
        f"Estimate over the last {past}: at first {minutes_words(first)}, now {minutes_words(last)}, "
        f"highest {minutes_words(highest)}."
    )


def _pieces(course: Course) -> Iterator[list[Told]]:
    """Without a line across the time in which nothing was told."""
    piece: list[Told] = []
    for told in course.told:
        if piece and told.at - piece[-1].at > 2 * course.every:
            yield piece
            piece = []
        piece.append(told)
    yield piece


def _line(piece: Sequence[Told], course: Course, top: int) -> list[str]:
    return [_point(told.at, told.promise, course, top) for told in piece]


def _band(piece: Sequence[Told], course: Course, top: int) -> list[str]:
    above = [_point(told.at, told.high, course, top) for told in piece]
    return above + [_point(told.at, told.low, course, top) for told in reversed(piece)]


def _point(at: Instant, seconds: int, course: Course, top: int) -> str:
    across = max(0.0, (at - course.since) / (course.until - course.since)) * _WIDTH
    down = 1 + (1 - seconds / top) * (_HEIGHT - 2)
    return f"{across:.4g},{down:.3g}"


def _polyline(points: Sequence[str]) -> Markup:
    return Markup('<polyline points="{}"/>').format(" ".join(points))


def _polygon(points: Sequence[str]) -> Markup:
    return Markup('<polygon points="{}"/>').format(" ".join(points))
