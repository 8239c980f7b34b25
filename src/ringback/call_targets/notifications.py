"""What the customers of a call target are told by text without asking: which notifications, and in which words.

A text of the call target's own replaces the shipped one of its language. It may hold placeholders from a closed list; a
sentence that needs a fact which is not known is left out.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from ringback.call_targets.prompt_texts import PLACEHOLDER, LanguageTag, checked_words
from ringback.kernel.document import Document
from ringback.texts import MOST_SEGMENTS, Size, normalise, size

LONGEST_TEXT = 600
"""Characters that a text may have before its placeholders are filled in; what it may take is measured besides."""

LONG_VALUES: Mapping[str, str] = {
    "organization_name": "The Very Long Name of an Organization Ltd",
    "widget_name": "billing and payments of the north",
    "when": "on Wed, Nov 25, 10:15 AM EST",
    "manage_url": "https://callback.example.com/m/0123456789abcdef.01h00000000000000000000000.abcdefghijklmnopqrstuvwx",
    "number": "+491511234567890",
}
"""The closed list of placeholders, each with a longer value than usual: with these every text has to fit.

A name that is longer still gives way when the text is sent.
"""


class Notification(StrEnum):
    """What customers can be told without asking; each can be switched off."""

    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    CALLING = "calling"
    MISSED = "missed"
    FINAL = "final"
    CANCELED = "canceled"


def longest(text: str) -> Size:
    """What a text takes with long values."""
    return size(PLACEHOLDER.sub(lambda found: LONG_VALUES[found[1]], text))


def checked_text(text: str) -> str:
    """``text`` with plain typography, if it can be sent; a ``ValueError`` that says what is wrong with it otherwise."""
    text = normalise(checked_words(text, LONG_VALUES, "a notification"))
    taken = longest(text).segments
    if taken > MOST_SEGMENTS:
        raise ValueError(f"with long values it takes {taken} segments; {MOST_SEGMENTS} are allowed")
    return text


NotificationText = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(checked_text)]
"""A text message; empty: the shipped one."""


class NotificationTexts(Document):
    """The call target's own texts in one language; what is left out comes with Ringback.

    Placeholders: ``{{organization_name}}``, ``{{widget_name}}``, ``{{when}}``, ``{{manage_url}}``, ``{{number}}``. A
    sentence that needs a fact which is not known is left out. A text takes at most three segments, also with long
    values.
    """

    confirmation: NotificationText = ""
    """That the callback is asked for, or moved, and when it comes."""
    reminder: NotificationText = ""
    """15 minutes before a booked time."""
    calling: NotificationText = ""
    """That the telephone rings now, and from which ``{{number}}``."""
    missed: NotificationText = ""
    """That nobody answered, and when the next call comes."""
    final: NotificationText = ""
    """That nobody answered, and no further call comes."""
    canceled: NotificationText = ""
    """That the callback was cancelled by somebody else."""


class NotificationSettings(Document):
    """What customers are told by text without asking, where the organization has a text gateway."""

    confirmation: bool = True
    """Tell that a callback is asked for, or moved, and when it comes."""
    reminder: bool = True
    """Remind of a booked time, 15 minutes before."""
    calling: bool = True
    """Tell that the telephone rings now. Never where the agent is called first: nobody knows when it will."""
    missed: bool = True
    """Tell that nobody answered, and when the next call comes."""
    final: bool = True
    """Tell that nobody answered, and no further call comes."""
    canceled: bool = True
    """Tell that the callback was cancelled by somebody else."""
    texts: Mapping[LanguageTag, NotificationTexts] = {}
    """The call target's own words, by language; what is left out comes with Ringback."""

    def tells(self, what: Notification) -> bool:
        """Whether that is told."""
        return bool(getattr(self, what.value))

    def own_texts(self, what: Notification) -> dict[str, str]:
        """The call target's own texts for it, by language."""
        return {language: text for language, texts in self.texts.items() if (text := getattr(texts, what.value))}
