"""A template's look as a stylesheet: all shades that a page needs, made of the few colours that a person chose.

The stylesheet has an address that says all that is in it, so it is the same for ever, needs no look-up and may be kept
by browsers for as long as they like: ``12-system-ffffff-16211e-0a6b5d-161d1a-e9efec-6fd3bd`` is a corner radius, a font
and two palettes (background, text, accent; light, then dark).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Self

from ringback.widgets.colour import (
    BLACK,
    CONTROL_CONTRAST,
    TEXT_CONTRAST,
    WHITE,
    contrast,
    legible_on,
    luminance,
    mix,
    nearest,
)
from ringback.widgets.template import Font, Palette, Template

# After https://modernfontstacks.com: fonts that are on most devices, by kind.
_FONTS: Mapping[Font, str] = {
    Font.SYSTEM: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
    Font.SERIF: '"Iowan Old Style", "Palatino Linotype", "URW Palladio L", P052, Georgia, "Noto Serif", serif',
    Font.ROUNDED: 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, Manjari, "Arial Rounded MT Bold", '
    "Calibri, sans-serif",
    Font.MONOSPACE: 'ui-monospace, "Cascadia Code", "Source Code Pro", Menlo, Consolas, "DejaVu Sans Mono", monospace',
}
_RED = "#c3271d"
_COLOURS = "-".join(["([0-9a-f]{6})"] * 3)
_NAME = re.compile(rf"([0-9]|[12][0-9])-({'|'.join(Font)})-{_COLOURS}-{_COLOURS}")


@dataclass(frozen=True, slots=True)
class Look:
    """What of a template goes into its stylesheet. The colours may be such as a template refuses: to be looked at."""

    corner_radius: int
    """CSS pixels."""
    font: Font
    light: Palette
    dark: Palette

    @classmethod
    def of(cls, template: Template) -> Self:
        """The look of a template."""
        return cls(template.corner_radius, template.font, template.light, template.dark)

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The look that a name says; None when it is no such name."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        colours = [f"#{colour}" for colour in found.groups()[2:]]
        return cls(int(found[1]), Font(found[2]), _palette(*colours[:3]), _palette(*colours[3:]))

    @property
    def name(self) -> str:
        """The look in a word that can stand in an address."""
        colours = (
            colour[1:]
            for palette in (self.light, self.dark)
            for colour in (palette.background, palette.text, palette.accent)
        )
        return "-".join((str(self.corner_radius), self.font.value, *colours))


@lru_cache(maxsize=256)
def address_of(template_look: str) -> str:
    """Where the stylesheet of the look of that name is, below the installation's root.

    The digest changes when this module makes something else of the same look.
    """
    look = Look.named(template_look)
    digest = sha256(stylesheet(look).encode()).hexdigest()[:12] if look else ""
    return f"look/{template_look}.css?v={digest}"


def stylesheet(look: Look) -> str:
    """The custom properties of a page, for whichever scheme the visitor's device is set to."""
    light, dark = _rule(":root", {**_shape(look), **_colours(look.light)}), _rule(":root", _colours(look.dark))
    return f"{light}@media (prefers-color-scheme: dark) {{ {dark}}}\n"


def samples(look: Look) -> str:
    """The same for two samples on one page, ``.look.light`` and ``.look.dark``, whatever the device is set to."""
    return (
        _rule(".look", _shape(look))
        + _rule(".look.light", _colours(look.light))
        + _rule(".look.dark", _colours(look.dark))
    )


def shades(palette: Palette) -> dict[str, str]:
    """Every colour of a page by name. What is text reads on whatever it stands on, if the palette's own colours do."""
    sheet, ink, accent = palette.background, palette.text, palette.accent
    tint = nearest(
        mix(accent, sheet, 0.12), sheet, lambda colour: _reads(ink, colour) and _reads(accent, colour)
    )  # behind what is chosen
    danger = nearest(_RED, legible_on(sheet), lambda colour: _reads(colour, sheet))
    on_accent = legible_on(accent)
    return {
        "ground": mix(ink, sheet, 0.05) if _is_light(palette) else mix(BLACK, sheet, 0.35),
        "sheet": sheet,
        "ink": ink,
        "soft": nearest(mix(ink, sheet, 0.68), ink, lambda colour: _reads(colour, sheet) and _reads(colour, tint)),
        "line": mix(ink, sheet, 0.14),
        "rim": mix(ink, sheet, 0.3),
        "edge": nearest(mix(ink, sheet, 0.5), ink, lambda colour: contrast(colour, sheet) >= CONTROL_CONTRAST),
        "accent": accent,
        "accent-deep": mix(accent, BLACK if on_accent == WHITE else WHITE, 0.85),
        "on-accent": on_accent,
        "tint": tint,
        "danger": danger,
        "danger-tint": nearest(mix(danger, sheet, 0.1), sheet, lambda colour: _reads(ink, colour)),
        "on-danger": legible_on(danger),
    }


def _reads(text: str, on: str) -> bool:
    return contrast(text, on) >= TEXT_CONTRAST


def _is_light(palette: Palette) -> bool:
    return luminance(palette.background) > luminance(palette.text)


def _colours(palette: Palette) -> dict[str, str]:
    shadow = (
        "0 1px 2px rgb(0 0 0 / .06), 0 12px 32px -12px rgb(0 0 0 / .18)"
        if _is_light(palette)
        else f"0 0 0 1px {mix(palette.text, palette.background, 0.12)}"
    )
    return {**shades(palette), "shadow": shadow}


def _shape(look: Look) -> dict[str, str]:
    return {
        "round": f"{look.corner_radius}px",
        "round-sheet": f"{round(look.corner_radius * 5 / 3)}px",
        "font": _FONTS[look.font],
    }


def _rule(selector: str, values: Mapping[str, str]) -> str:
    return f"{selector} {{ {' '.join(f'--{name}: {value};' for name, value in values.items())} }}\n"


def _palette(background: str, text: str, accent: str) -> Palette:
    """A palette of colours that are perhaps hard to read."""
    return Palette.model_construct(background=background, text=text, accent=accent)
