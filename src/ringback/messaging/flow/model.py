"""Flows as documents: keywords, steps with their branches, and the texts in each language.

A draft is what a person edits: its parts are right each by itself. ``automations.py`` has what is right as a whole.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ringback.call_targets.prompt_texts import LanguageTag
from ringback.kernel.document import Document, Key
from ringback.messaging.flow.services import Service
from ringback.messaging.flow.template import checked_template
from ringback.messaging.words import Meaning, carrier_word, fold

END = "end"
"""Where a conversation is over."""

FALLBACK_LANGUAGE = "en"
"""In which every text is there, for those who read none of the other languages."""


def _checked_keyword(keyword: str) -> str:
    word = keyword.removeprefix("@")
    if not word or fold(word) != word.lower() or " " in word:
        raise ValueError("a keyword is one word of letters and digits without accents, such as @callme")
    if not keyword.startswith("@") and carrier_word(keyword):
        raise ValueError(f"{keyword!r} is reserved by the carriers; put an @ before it")
    return keyword.lower()


Keyword = Annotated[str, Field(min_length=2, max_length=30), AfterValidator(_checked_keyword)]
"""What starts a flow: ``@callme``. Without the ``@`` it does so only where no other answer is waited for."""

Target = Annotated[str, Field(min_length=1, max_length=63)]
"""The key of a step, or ``end``."""

TemplateText = Annotated[str, Field(max_length=600), AfterValidator(checked_template)]


class Say(Document):
    """Tell the customer something, and go on."""

    kind: Literal["say"]
    text: Key
    next: Target = END


class Use(Document):
    """Ask a service, and go on by the word of its answer."""

    kind: Literal["use"]
    service: Service
    then: Mapping[str, Target]


class Option(Document):
    """One answer to a question. Its number is its place among the options."""

    means: tuple[Meaning, ...] = ()
    """What the customer's words for it mean, in every language."""
    words: Mapping[LanguageTag, tuple[str, ...]] = {}
    """Further words for it."""
    next: Target


class Menu(Document):
    """Ask a question with few fixed answers."""

    kind: Literal["menu"]
    text: Key
    options: tuple[Option, ...] = Field(min_length=1, max_length=9)
    also: tuple[Option, ...] = Field((), max_length=9)
    """Answers that have no number."""
    otherwise: Target | None = None
    """Where any other answer leads. Absent: asked again, and not for ever."""
    silence: Target = END
    """Where no answer leads, in the flow's patience."""


class Listed(StrEnum):
    """What a customer can choose from."""

    WIDGETS = "widgets"
    CALLBACKS = "callbacks"


class Choose(Document):
    """Have the customer choose from a numbered list, by number or name."""

    kind: Literal["choose"]
    of: Listed
    text: Key
    """Has to hold ``{{choices}}``."""
    next: Target
    silence: Target = END


class PickTime(Document):
    """Have the customer pick a free time of the chosen widget, or of the chosen callback's: a day, then a time."""

    kind: Literal["pick_time"]
    before: Key | None = None
    """A text to open with."""
    days: Key
    """To choose a day; has to hold ``{{choices}}``, as the next."""
    times: Key
    next: Target
    none: Target
    """Where nothing is free."""
    asap: Target | None = None
    """Where "as soon as possible" leads, if that may be answered here."""
    silence: Target = END


Step = Annotated[Say | Use | Menu | Choose | PickTime, Field(discriminator="kind")]


class GeneralText(StrEnum):
    """What is said outside of any flow."""

    UNKNOWN = "unknown"
    """To what is no keyword: the short help line."""
    UNREADABLE = "unreadable"
    """To a picture without text."""
    AGAIN = "again"
    """Before a question is asked once more: the answer was not understood."""
    NOT_OFFERED = "not_offered"
    """Before the list of times is shown again: what was asked for is not free."""
    LOST = "lost"
    """After several answers that were not understood."""
    FAILED = "failed"
    """When something went wrong on our side."""
    OPTED_OUT = "opted_out"
    """The one confirmation of STOP."""
    OPTED_IN = "opted_in"
    HELP = "help"
    """To HELP, at any point; it names the organization."""


class FlowDraft(Document):
    """One conversation: what starts it, its steps, its texts."""

    active: bool = True
    """Whether its keywords start it. One that goes on is finished."""
    keywords: tuple[Keyword, ...] = Field(min_length=1, max_length=20)
    """Those that leave the language as it is."""
    local_keywords: Mapping[LanguageTag, tuple[Keyword, ...]] = {}
    """Those that also choose a language."""
    patience: int = Field(600, ge=60, le=3600)
    """Seconds to wait for an answer."""
    start: Target
    steps: Mapping[Key, Step] = Field(min_length=1, max_length=60)
    texts: Mapping[LanguageTag, Mapping[Key, TemplateText]]
    """By language. A text that a language lacks is told in English."""


class AutomationsDraft(Document):
    """All conversations of an organization."""

    flows: Mapping[Key, FlowDraft] = Field(max_length=50)
    texts: Mapping[LanguageTag, Mapping[GeneralText, TemplateText]]
