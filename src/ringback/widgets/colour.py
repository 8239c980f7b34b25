"""Colours as people write them for the web, and how well one can be read on another.

Luminance and contrast ratio are those of WCAG 2.2 (https://www.w3.org/TR/WCAG22/, "relative luminance" and "contrast
ratio" in its glossary). Success criterion 1.4.3 (level AA) asks for a ratio of 4.5 between text and what it stands on,
1.4.11 for 3 between a control and what is around it.
"""

import re
from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import AfterValidator

TEXT_CONTRAST = 4.5
"""The least contrast ratio of text."""
CONTROL_CONTRAST = 3.0
"""The least contrast ratio of what shows where a control is."""

WHITE, BLACK = "#ffffff", "#000000"

_STEPS = 40


def checked_colour(text: str) -> str:
    """``text`` in lower case, if it is a colour of six hexadecimal digits; a ``ValueError`` otherwise."""
    colour = text.lower()
    if not re.fullmatch(r"#[0-9a-f]{6}", colour):
        raise ValueError("a colour is # and six hexadecimal digits, such as #0a6b5d")
    return colour


Colour = Annotated[str, AfterValidator(checked_colour)]
"""An sRGB colour: ``#rrggbb``."""


def luminance(colour: str) -> float:
    """The relative luminance, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, whichever is the lighter: from 1 (the same) to 21 (black and white)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """``share`` of ``colour`` (0 to 1) and the rest of ``other``, channel by channel."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one * share + two * (1 - share)):02x}" for one, two in pairs)


def legible_on(colour: str) -> str:
    """White or black, whichever reads better on it.

    One of the two always has a ratio of 4.58 or more: their ratios multiply to 21, whose root that is.
    """
    return max((WHITE, BLACK), key=lambda text: contrast(text, colour))


def nearest(start: str, end: str, holds: Callable[[str], bool]) -> str:
    """The first colour on the way from ``start`` to ``end`` for which it holds; ``end`` when it does for none."""
    return next((colour for colour in _way(start, end) if holds(colour)), end)


def _way(start: str, end: str) -> Iterable[str]:
    return (mix(end, start, step / _STEPS) for step in range(_STEPS + 1))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
