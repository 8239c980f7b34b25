"""What people hear on the telephone, per language.

A call target's own text comes before the shipped one in the same language; what neither has is said in English. Each
prompt says which language it is in, so that a driver speaks it with the right voice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ringback.call_targets.prompt_texts import PLACEHOLDER, PromptTexts
from ringback.forecast.wording import primary_language, resolve_locale
from ringback.telephony.default_prompts import DEFAULT_PROMPTS
from ringback.telephony.port import Prompt

_ENGLISH = "en"

_MINUTES = "{{minutes}}"
"""Left standing when prompts are rendered: only the customer's key says how many."""

_LONGEST_FACT = 300
"""Characters of a name or of user data that are spoken: nobody listens to more, and a customer may write anything."""

_EXTENSION = {"en": "extension", "es": "extensión", "fr": "poste", "de": "Durchwahl"}

_SENTENCE_ENDS = re.compile(r"(?<=[.!?…])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of one call, rendered for its customer and its agents. See ``PromptTexts`` for what each is for."""

    greeting: Prompt
    """To the customer: who calls, 1 = connect me, 2 = later, 9 = cancel, 7 = never call this number again."""
    ask_minutes: Prompt
    """To the customer: 1 to 9 for 10 to 90 minutes."""
    later_confirmed: Prompt
    """To the customer; a template until :func:`with_minutes` has filled it in."""
    cancel_confirmed: Prompt
    never_call_confirmed: Prompt
    nobody_free: Prompt
    """To the customer on hold, when no agent could be reached."""
    whisper: Prompt
    """To the agent: name, number and user data of the customer; 1 = connect me."""
    calling_customer: Prompt
    customer_not_reached: Prompt
    """To the agent."""


_FOR_AGENTS = frozenset({"whisper", "calling_customer", "customer_not_reached"})


def prompts_for(
    language: str,
    *,
    organization_name: str,
    call_target_name: str,
    customer_number: str,
    customer_name: str | None = None,
    user_data: Mapping[str, Any] | None = None,
    agent_language: str | None = None,
    texts: Mapping[str, PromptTexts] | None = None,
) -> Prompts:
    """The prompts for a customer of ``language`` (BCP 47) and agents of ``agent_language`` (None: the same).

    ``customer_number`` is canonical E.164, perhaps with ``;ext=``; it is spoken digit by digit. ``texts`` are the call
    target's own, by language.
    """
    own = texts or {}
    facts: dict[str, str | None] = {
        "organization_name": _speakable(organization_name),
        "call_target_name": _speakable(call_target_name),
        "customer_name": _speakable(customer_name),
        "user_data": _user_data_words(user_data or {}),
    }
    prompts = {}
    for name in _NAMES:
        wanted = (agent_language or language) if name in _FOR_AGENTS else language
        prompts[name] = _prompt(name, wanted, own, facts, customer_number)
    return Prompts(**prompts)


def with_minutes(prompt: Prompt, minutes: int) -> Prompt:
    """The prompt, saying how many minutes."""
    return Prompt(prompt.name, prompt.text.replace(_MINUTES, str(minutes)), prompt.language)


_NAMES = tuple(field.name for field in fields(Prompts))


def _prompt(
    name: str, wanted: str, own: Mapping[str, PromptTexts], facts: Mapping[str, str | None], number: str
) -> Prompt:
    """The first of the candidates that comes to something; the shipped ones always do."""
    for text, language in _candidates(name, wanted, own):
        minutes = _MINUTES if name == "later_confirmed" else None
        known = {**facts, "customer_number": _number_words(number, language), "minutes": minutes}
        said = _said(text, known)
        if said:
            return Prompt(name, said, language)
    raise AssertionError(f"every shipped text of {name} can be said")


def _candidates(name: str, wanted: str, own: Mapping[str, PromptTexts]) -> list[tuple[str, str]]:
    """The texts to try in turn, each with its language."""
    written = {language: text for language, texts in own.items() if (text := getattr(texts, name))}
    candidates = []
    nearest = resolve_locale(wanted, written, "")
    if nearest:
        candidates.append((written[nearest], nearest))
    language = primary_language(wanted)
    shipped = language if language in DEFAULT_PROMPTS else _ENGLISH
    candidates.append((DEFAULT_PROMPTS[shipped][name], shipped))
    return candidates


def _said(text: str, facts: Mapping[str, str | None]) -> str:
    """The text with its facts, without the sentences whose facts are not known."""
    return " ".join(
        PLACEHOLDER.sub(lambda placeholder: facts[placeholder[1]] or "", sentence)
        for sentence in _SENTENCE_ENDS.split(text)
        if all(facts[name] is not None for name in PLACEHOLDER.findall(sentence))
    ).strip()


def _number_words(number: str, language: str) -> str:
    """The digits apart from each other, as they are to be read: "1 4 1 5 …, extension 4 2"."""
    digits, _, extension = number.partition(";ext=")
    words = " ".join(digits.lstrip("+"))
    if extension:
        words += f", {_EXTENSION.get(primary_language(language), _EXTENSION[_ENGLISH])} {' '.join(extension)}"
    return words


def _user_data_words(user_data: Mapping[str, Any]) -> str | None:
    told = (
        f"{key.replace('_', ' ')}: {value}" for key, value in user_data.items() if value is not None and value != ""
    )
    return _speakable(", ".join(told))


def _speakable(words: str | None) -> str | None:
    """Words of others, fit to be spoken: on one line, without control characters, not too long; None for nothing."""
    printable = "".join(character if character.isprintable() else " " for character in words or "")
    return " ".join(printable.split())[:_LONGEST_FACT].rstrip(" .") or None
