"""The form of a template: read from what was typed, and shown again with samples of how pages would look."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ringback.console.forms import Problems, Typed, problems_by_path
from ringback.widgets.colour import TEXT_CONTRAST, contrast, legible_on
from ringback.widgets.look import Look
from ringback.widgets.template import STANDARD_DARK, STANDARD_LIGHT, Font, Palette, Template

SCHEMES = ("light", "dark")
COLOURS = ("background", "text", "accent")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Contrast:
    """How well something can be read."""

    what: str
    on: str
    ratios: tuple[float, ...]
    """In light colours, then in dark ones."""

    def is_enough(self, ratio: float) -> bool:
        """Whether that is enough for text."""
        return ratio >= TEXT_CONTRAST


def typed_of(settings: Template, seen: str = "") -> dict[str, str]:
    """A template as the form holds it."""
    typed = {
        "seen": seen,
        "name": settings.name,
        "font": settings.font.value,
        "corner_radius": str(settings.corner_radius),
        "privacy_notice": settings.privacy_notice,
    }
    for scheme in SCHEMES:
        typed |= {f"{scheme}.{colour}": getattr(getattr(settings, scheme), colour) for colour in COLOURS}
    for language, texts in settings.texts.items():
        typed |= {f"heading.{language}": texts.heading, f"text.{language}": texts.text}
    return typed


def template_of(form: Typed, languages: Iterable[str]) -> tuple[Template | None, Problems]:
    """The template that was typed, or what is wrong by the fields of the form."""
    document: dict[str, Any] = {
        name: form.get(name, "").strip() for name in ("name", "font", "corner_radius", "privacy_notice")
    }
    for scheme in SCHEMES:
        document[scheme] = {colour: form.get(f"{scheme}.{colour}", "").strip() for colour in COLOURS}
    texts = {tag: {part: form.get(f"{part}.{tag}", "").strip() for part in ("heading", "text")} for tag in languages}
    document["texts"] = {tag: each for tag, each in texts.items() if any(each.values())}
    try:
        return Template.model_validate(document), {}
    except ValidationError as error:
        return None, {_field_of(path): words for path, words in problems_by_path(error).items()}


def look_of(form: Typed) -> Look:
    """The look that was typed, also of colours that are hard to read; what is no colour is Ringback's own."""
    radius = form.get("corner_radius", "").strip()
    font = form.get("font", "")
    return Look(
        corner_radius=min(int(radius), 28) if radius.isascii() and radius.isdigit() and len(radius) < 4 else 12,
        font=Font(font) if font in set(Font) else Font.SYSTEM,
        light=_palette(form, "light", STANDARD_LIGHT),
        dark=_palette(form, "dark", STANDARD_DARK),
    )


def contrasts(look: Look) -> tuple[Contrast, ...]:
    """How well the texts of a page can be read."""
    palettes = (look.light, look.dark)
    return (
        Contrast("Text", "background", tuple(contrast(each.text, each.background) for each in palettes)),
        Contrast("Links and accents", "background", tuple(contrast(each.accent, each.background) for each in palettes)),
        Contrast("Text", "button", tuple(contrast(legible_on(each.accent), each.accent) for each in palettes)),
    )


def _palette(form: Typed, scheme: str, standard: Palette) -> Palette:
    typed = {colour: form.get(f"{scheme}.{colour}", "").strip() for colour in COLOURS}
    read = {colour: text.lower() for colour, text in typed.items() if _COLOUR.fullmatch(text)}
    return standard.model_copy(update=read)


def _field_of(path: str) -> str:
    """The field of a setting: ``texts.en.heading`` stands in ``heading.en``."""
    first, *below = path.split(".")
    return f"{below[1]}.{below[0]}" if first == "texts" and len(below) > 1 else path
