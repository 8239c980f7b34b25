"""What people are told on the telephone, in a call target's own words: the texts that replace shipped ones.

A text may hold placeholders from a closed list. A sentence that needs a fact which is not known is left out.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator, Field

from ringback.kernel.document import Document

LONGEST_PROMPT = 1000
"""Characters that a text may have before its placeholders are filled in: more than a minute of speech."""

PLACEHOLDERS = (
    "organization_name",
    "call_target_name",
    "customer_name",
    "customer_number",
    "user_data",
    "minutes",
)
"""The closed list: what may stand in double braces."""

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
"""A placeholder; its group is the name."""

_BRACES = re.compile(r"\{\{.*?\}\}|\{\{|\}\}", re.DOTALL)
_SHOWN = 40  # characters of a wrong name that an error repeats


def checked_prompt(text: str) -> str:
    """``text``, if it can be said; a ``ValueError`` that says what is wrong with it otherwise."""
    return checked_words(text, PLACEHOLDERS, "a prompt")


def checked_words(text: str, placeholders: Collection[str], what: str) -> str:
    """``text``, if it has none but these placeholders. ``what`` it is is said in the ``ValueError``."""
    for character in text:
        if character != "\n" and unicodedata.category(character) in {"Cc", "Cs"}:
            raise ValueError(f"{what} may not contain the control character U+{ord(character):04X}")
    for braces in _BRACES.finditer(text):
        placeholder = PLACEHOLDER.fullmatch(braces.group())
        if placeholder is None or placeholder[1] not in placeholders:
            known = ", ".join(f"{{{{{name}}}}}" for name in placeholders)
            raise ValueError(f"{braces.group()[:_SHOWN]!r} is no placeholder of {what}; the known ones are {known}")
    return text


PromptText = Annotated[str, Field(max_length=LONGEST_PROMPT), AfterValidator(checked_prompt)]
"""A text to be spoken; empty: the shipped one."""

LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
"""A BCP 47 language tag such as ``en`` or ``pt-BR``."""


class PromptTexts(Document):
    """The call target's own prompts in one language; what is left out comes with Ringback.

    Placeholders: ``{{organization_name}}``, ``{{call_target_name}}``, ``{{customer_name}}``, ``{{customer_number}}``,
    ``{{user_data}}``, ``{{minutes}}``. A sentence that needs a fact which is not known is left out.
    """

    greeting: PromptText = ""
    """To the customer who answers: who calls, and that 1 connects, 2 is for later, 9 cancels, 7 is for never again."""
    ask_minutes: PromptText = ""
    """To the customer who pressed 2: keys 1 to 9 stand for 10 to 90 minutes."""
    later_confirmed: PromptText = ""
    """To the customer, once it is clear in how many ``{{minutes}}`` the next call comes."""
    cancel_confirmed: PromptText = ""
    """To the customer who pressed 9."""
    never_call_confirmed: PromptText = ""
    """To the customer who pressed 7."""
    nobody_free: PromptText = ""
    """To the customer on hold whom no agent has taken."""
    whisper: PromptText = ""
    """To the agent who answers, before the two are connected: who it is, and that 1 accepts."""
    calling_customer: PromptText = ""
    """To the agent who has accepted before the customer is rung."""
    customer_not_reached: PromptText = ""
    """To the agent who has accepted, when the customer was not reached."""
