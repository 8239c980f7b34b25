"""Templates: how the hosted pages of conveys look, and what stands on them beside the form."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from ringback.call_targets.prompt_texts import LanguageTag
from ringback.forecast.wording import normal_tag, primary_language
from ringback.kernel.document import Document, Name
from ringback.widgets.colour import TEXT_CONTRAST, Colour, contrast
from ringback.widgets.logo import LogoText

_LONGEST_ADDRESS = 500


class Font(StrEnum):
    """A choice among the fonts that devices have anyway: nothing is loaded from elsewhere."""

    SYSTEM = "system"
    """What the device itself writes in."""
    SERIF = "serif"
    """With feet, as in books."""
    ROUNDED = "rounded"
    """With round ends."""
    MONOSPACE = "monospace"
    """Every letter as wide as the others."""


class Palette(Document):
    """The colours of one scheme, light or dark; every other shade is made from these three."""

    background: Colour
    """Of the page: # and six hexadecimal digits."""
    text: Colour
    """At least 4.5 : 1 against the background (WCAG 2.2, 1.4.3)."""
    accent: Colour
    """Of the button and of links: at least 4.5 : 1 against the background. The button's text is white or black,
    whichever reads better."""

    @field_validator("text", "accent")
    @classmethod
    def _can_be_read(cls, colour: str, info: ValidationInfo) -> str:
        background = info.data.get("background")  # absent when that itself is wrong
        ratio = contrast(colour, background) if background else TEXT_CONTRAST
        if ratio < TEXT_CONTRAST:
            told = int(ratio * 10) / 10  # rounded down: 4.49 is not 4.5
            raise ValueError(f"{colour} on {background} has a contrast of {told:.1f}, and needs {TEXT_CONTRAST}")
        return colour


STANDARD_LIGHT = Palette(background="#ffffff", text="#16211e", accent="#0a6b5d")
STANDARD_DARK = Palette(background="#161d1a", text="#e9efec", accent="#6fd3bd")


class TemplateTexts(Document):
    """``[templates.<key>.texts.<language>]``: what stands at the top of the page, in one language."""

    heading: str = Field("", max_length=80)
    """Absent: the convey's own name stands there."""
    text: str = Field("", max_length=400)
    """A sentence or two below the heading."""


def _checked_address(address: str) -> str:
    """Links lead to pages of the web, and carry no password."""
    if not address:
        return address
    parts = urlsplit(address)
    strange = any(character.isspace() or not character.isprintable() for character in address)
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc or strange:
        raise ValueError("write the whole address of a page, such as https://www.example.com/privacy")
    return address


class Template(Document):
    """A look that conveys can be given."""

    name: Name
    """What people call it; customers do not see it."""
    light: Palette = STANDARD_LIGHT
    """The colours by day. Absent: Ringback's own."""
    dark: Palette = STANDARD_DARK
    """The colours for those whose device is set to dark. Absent: Ringback's own."""
    font: Font = Font.SYSTEM
    """The kind of letters."""
    corner_radius: int = Field(12, ge=0, le=28)
    """How round the corners of buttons and fields are, in CSS pixels."""
    logo: LogoText = ""
    """A picture at the top of the page in place of the organization's name: PNG, JPEG or WebP, at most 64 KiB, in
    base64."""
    texts: Mapping[LanguageTag, TemplateTexts] = {}
    """Heading and text by language. In others the page has those that come with Ringback."""
    privacy_notice: Annotated[str, Field(max_length=_LONGEST_ADDRESS), AfterValidator(_checked_address)] = ""
    """The address of your privacy notice, linked to at the foot of the page."""

    @model_validator(mode="after")
    def _languages_differ(self) -> Self:
        tags = [normal_tag(language) for language in self.texts]
        if twice := sorted({str(tag) for tag in tags if tags.count(tag) > 1}):
            raise ValueError(f"languages listed twice: {', '.join(twice)}")
        return self

    def texts_in(self, locale: str) -> TemplateTexts:
        """The texts in the language of ``locale``: those with its region first; empty where there are none."""
        wanted = normal_tag(locale) or ""
        by_tag = {normal_tag(language) or "": texts for language, texts in self.texts.items()}
        primary = primary_language(wanted)
        close = (texts for tag, texts in by_tag.items() if primary_language(tag) == primary)
        return by_tag.get(wanted) or by_tag.get(primary) or next(close, TemplateTexts())
