"""The stylesheet of a template: whatever colours are chosen, everything on the page can be read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.widgets.colour import CONTROL_CONTRAST, TEXT_CONTRAST, contrast, legible_on, nearest
from ringback.widgets.look import Look, address_of, samples, shades, stylesheet
from ringback.widgets.template import STANDARD_DARK, STANDARD_LIGHT, Font, Palette, Template

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
ANY_PALETTE = st.builds(Palette.model_construct, background=COLOURS, text=COLOURS, accent=COLOURS)
ANY_LOOK = st.builds(Look, st.integers(0, 28), st.sampled_from(Font), ANY_PALETTE, ANY_PALETTE)

TEXTS = (
    ("ink", "sheet"),
    ("ink", "tint"),
    ("ink", "danger-tint"),
    ("soft", "sheet"),
    ("soft", "tint"),
    ("accent", "sheet"),
    ("accent", "tint"),
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    ("danger", "sheet"),
    ("on-danger", "danger"),
)
"""What is text on a customer's page, and what it stands on (http/customer/static/page.css)."""


@given(COLOURS, COLOURS, COLOURS)
def test_all_texts_can_be_read(background, text, accent):
    def readable(colour: str) -> str:
        """The colour, or as much of black or white in it as it takes."""
        return nearest(colour, legible_on(background), lambda each: contrast(each, background) >= TEXT_CONTRAST)

    colours = shades(Palette(background=background, text=readable(text), accent=readable(accent)))
    ratios = {f"{text} on {on}": contrast(colours[text], colours[on]) for text, on in TEXTS}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < TEXT_CONTRAST} == {}
    assert contrast(colours["edge"], colours["sheet"]) >= CONTROL_CONTRAST


@given(ANY_LOOK)
def test_its_name_says_all_of_it(look):
    assert Look.named(look.name) == look
    assert re.fullmatch(r"[a-z0-9-]+", look.name)


@given(ANY_LOOK)
def test_a_stylesheet_holds_nothing_but_custom_properties(look):
    for text in (stylesheet(look), samples(look)):
        bare = re.sub(r"@media \(prefers-color-scheme: dark\) \{ (.*?)\n\}", r"\1", text)
        for line in bare.splitlines():
            assert re.fullmatch(r'(:root|\.look(\.light|\.dark)?) \{ (--[a-z-]+: [\w#%., ()/"-]+; )+\}', line), line


@pytest.mark.parametrize(
    "name", ["", "12", "30-system-" + "-".join(["000000"] * 6), "12-comic-" + "-".join(["000000"] * 6)]
)
def test_what_is_no_name(name):
    assert Look.named(name) is None
    assert Look.named(f"12-system-{'-'.join(['00000g'] * 6)}") is None


def test_by_night_the_dark_colours_hold():
    text = stylesheet(Look.of(Template(name="x")))
    light, _, dark = text.partition("@media (prefers-color-scheme: dark)")
    assert f"--sheet: {STANDARD_LIGHT.background};" in light
    assert f"--sheet: {STANDARD_DARK.background};" in dark
    assert "--round: 12px;" in light
    assert "--round" not in dark


def test_the_address_has_a_digest_of_what_is_there():
    addresses = [address_of(Look.of(Template(name="x", corner_radius=radius)).name) for radius in (0, 28)]
    digests = [re.fullmatch(r"look/[a-z0-9-]+\.css\?v=([0-9a-f]{12})", address)[1] for address in addresses]
    assert len(set(digests)) == 2
