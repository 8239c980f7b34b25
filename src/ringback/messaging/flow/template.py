"""Texts with placeholders, and how they are filled in.

A sentence that needs a fact which is not known is left out, as in API Messages: "We are closed. Please try again after
{{next_open}}." becomes "We are closed." when nobody can say when it opens.
"""

import re
import unicodedata
from collections.abc import Mapping

from ringback.texts import MOST_SEGMENTS, fit, fits, normalise, shorten

PLACEHOLDERS: Mapping[str, str] = {
    "organization_name": "the organization's name",
    "widget_name": "the chosen queue: billing",
    "message": "the API Message of the chosen widget, or of an accepted request",
    "choices": "the numbered list: 1 for billing, 2 for service",
    "more": "MORE, where the list goes on",
    "day": "the day whose times are listed",
    "zone": "the time zone of listed times: EST",
    "when": "when the chosen callback comes: at about 3:15 PM",
    "callbacks": "all pending callbacks: billing at about 3:15 PM; service on Tue, Nov 24, 9:00 AM",
    "next_open": "when callbacks are accepted again",
    "manage_url": "the link to the callback; left out where the message has it already",
}
"""The closed list, and what each stands for."""

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BRACES = re.compile(r"\{\{.*?\}\}|\{\{|\}\}", re.DOTALL)
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")
"""An abbreviation ("Nov.") at the end of a sentence."""
_OPENS_WITH_A_DAY = "{{day}}"
_SHOWN = 40

Facts = Mapping[str, str | None]
"""What is known for each placeholder."""

_GIVES_WAY = ("message", "callbacks", "organization_name", "widget_name")
"""Facts that may be shortened, where a text would be too long: a list, a time and a link may not."""

_AT_LEAST = 12
"""Characters that are left of a fact that gives way."""


def checked_template(text: str) -> str:
    """``text`` with plain typography, if it can be said; a ``ValueError`` that says what is wrong with it otherwise."""
    for character in text:
        if character != "\n" and unicodedata.category(character) in {"Cc", "Cs"}:
            raise ValueError(f"a text may not contain the control character U+{ord(character):04X}")
    for braces in _BRACES.finditer(text):
        found = PLACEHOLDER.fullmatch(braces.group())
        if found is None or found[1] not in PLACEHOLDERS:
            known = ", ".join(f"{{{{{name}}}}}" for name in PLACEHOLDERS)
            raise ValueError(f"{braces.group()[:_SHOWN]!r} is no placeholder of a text; the known ones are {known}")
    if not (text := normalise(text)):
        raise ValueError("a text needs some words")
    return text


def placeholders_of(text: str) -> frozenset[str]:
    """The names of the placeholders in a text."""
    return frozenset(PLACEHOLDER.findall(text))


def render(text: str, facts: Facts) -> str:
    """The text with its facts, without the sentences and lines whose facts are not known; perhaps empty."""
    lines = (_render_line(line, facts) for line in text.splitlines())
    rendered = _TWO_STOPS.sub(".", "\n".join(line for line in lines if line))
    # "tomorrow" opens a sentence like any word; a name is written as its owner writes it.
    return rendered[:1].upper() + rendered[1:] if text.startswith(_OPENS_WITH_A_DAY) else rendered


def render_fitting(text: str, facts: Facts, segments: int = MOST_SEGMENTS) -> str:
    """The same in at most so many segments: long facts give way to the words around them; at last it is cut.

    A text of which nothing would be left, because it is one sentence, is told without the facts that it lacks: somebody
    waits for an answer.
    """
    rendered = render(text, facts)
    if not rendered:
        return fit(" ".join(PLACEHOLDER.sub(lambda found: facts.get(found[1]) or "", text).split()), segments)
    for name in _GIVES_WAY:
        known = facts.get(name)
        if fits(rendered, segments) or not known or f"{{{{{name}}}}}" not in text.replace(" ", ""):
            continue
        length = len(known)
        while not fits(rendered, segments) and length > _AT_LEAST:
            length = max(_AT_LEAST, length - max(8, length // 8))
            rendered = render(text, {**facts, name: shorten(known, length)})
    return fit(rendered, segments)


def _render_line(line: str, facts: Facts) -> str:
    sentences = (
        PLACEHOLDER.sub(lambda found: normalise(facts[found[1]] or ""), sentence)
        for sentence in _SENTENCE_ENDS.split(line)
        if all(facts.get(name) for name in PLACEHOLDER.findall(sentence))
    )
    return " ".join(sentences).strip()
