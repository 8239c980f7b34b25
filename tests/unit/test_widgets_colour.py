"""Colours: luminance and contrast by WCAG 2.2, and what can be said for every colour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.widgets.colour import (
    BLACK,
    TEXT_CONTRAST,
    WHITE,
    checked_colour,
    contrast,
    legible_on,
    luminance,
    mix,
    nearest,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("#000000", 0),
        ("#ffffff", 1),
        ("#ff0000", 0.2126),
        ("#00ff00", 0.7152),
        ("#0000ff", 0.0722),
        ("#808080", 0.2159),
    ],
)
def test_luminance(colour, expected):
    assert luminance(colour) == pytest.approx(expected, abs=0.0001)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (BLACK, WHITE, 21),
        ("#777777", WHITE, 4.48),  # the well-known pair around the limit
        ("#767676", WHITE, 4.54),
        ("#0a0a0a", "#0a0a0a", 1),
        ("#ff0000", WHITE, 4.00),
    ],
)
def test_contrast(one, other, expected):
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)
    assert contrast(one, other) == contrast(other, one)


@given(COLOURS)
def test_white_or_black_can_be_read_on_everything(colour):
    assert contrast(legible_on(colour), colour) >= TEXT_CONTRAST


@given(COLOURS, COLOURS)
def test_mixing_ends_at_the_colours_themselves(one, other):
    assert mix(one, other, 1) == one
    assert mix(one, other, 0) == other
    assert checked_colour(mix(one, other, 0.5))


def test_the_nearest_is_as_near_as_it_can_be():
    found = nearest(WHITE, BLACK, lambda colour: contrast(colour, WHITE) >= TEXT_CONTRAST)
    assert TEXT_CONTRAST <= contrast(found, WHITE) < 5
    assert nearest(WHITE, BLACK, lambda _: True) == WHITE
    assert nearest(WHITE, BLACK, lambda _: False) == BLACK


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "#1234567", "123456", "#123456;}", "#１２３４５６"])
def test_what_is_no_colour(text):
    with pytest.raises(ValueError, match="six hexadecimal digits"):
        checked_colour(text)


def test_letters_are_small():
    assert checked_colour("#AbCdEf") == "#abcdef"
