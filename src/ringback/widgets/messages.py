"""API Messages: the text that a widget answers with, one per state and one per success, in several languages.

A message is written by a person, with placeholders such as ``{{ewt}}`` from a closed list. It is read once, when it is
saved or loaded (:func:`parse`), and spoken many times (:func:`render`). Two rules keep it natural whatever is known:

- A sentence that needs a fact which is not known is left out: "We are closed. Please try again after {{next_open}}."
  becomes "We are closed." when nobody can say when it opens.
- A word of approximation before a bound is left out: "in approximately {{ewt}}" becomes "in less than a minute".
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from typing import NamedTuple

from ringback.forecast.wording import (
    duration_words,
    moment_words,
    nearest_locale,
    normal_tag,
    primary_language,
    range_words,
    resolve_locale,
    rounded_minutes,
)
from ringback.kernel.clock import MINUTE, Instant
from ringback.widgets.default_messages import DEFAULT_MESSAGES

LONGEST_MESSAGE = 1000
"""Characters that a message may have before its placeholders are filled in."""

DEFAULT_LANGUAGE = "en"

_SHOWN = 40  # characters of a wrong name that an error repeats


class MessageKey(StrEnum):
    """What a message is for: the states of a widget, and the two ways to succeed."""

    OFFER_CALLBACK = "offer_callback"
    OFFER_ASAP_CALLBACK = "offer_asap_callback"
    OFFER_SCHEDULED_CALLBACK = "offer_scheduled_callback"
    DISPLAY_EWT_ONLY = "display_ewt_only"
    PLATFORM_UNAVAILABLE = "platform_unavailable"
    SUCCESS_ASAP = "success_asap"
    SUCCESS_SCHEDULED = "success_scheduled"


class MessageError(ValueError):
    """A message that cannot be saved, with the reason. A ``ValueError``, so that pydantic collects it."""


@dataclass(frozen=True, slots=True)
class MessageValues:
    """The facts that a message may tell; None is "not known". Waits are seconds."""

    widget_name: str
    call_target_name: str
    organization_name: str
    ewt: float | None = None
    ewt_low: float | None = None
    ewt_high: float | None = None
    appointment_at: Instant | None = None
    next_open: Instant | None = None
    manage_url: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder, and the word of approximation ("approximately ") written before it, if there is one."""

    name: str
    hedge: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A message that has been read: its sentences as literal text and slots, and the names of its placeholders."""

    text: str
    sentences: tuple[tuple[str | Slot, ...], ...]
    placeholders: frozenset[str]


class Pick(NamedTuple):
    """The text chosen for a reader, and the locale in which to write its times and durations.

    There are few such locales, whatever is asked for, so a cache of finished messages may be keyed by this one.
    """

    template: Template
    locale: str


class Said(NamedTuple):
    """A finished message. The same facts give the same text until ``valid_until``; None is "always"."""

    text: str
    valid_until: Instant | None


class MessageSet:
    """The messages of a widget: its own texts where it has them, those that ship with the product elsewhere.

    A reader who asks for a language gets, in this order: the widget's own text in that language (or in a regional
    variant of it), the shipped text in that language, the widget's own text in its default language, the shipped text
    in that, the shipped English one. So a shipped text never displaces one that a person wrote in the same language.
    """

    def __init__(
        self,
        texts: Mapping[str, Mapping[str, str]] | None = None,
        default_language: str = DEFAULT_LANGUAGE,
    ) -> None:
        """``texts`` is language, then :class:`MessageKey`, then text.

        Raises :class:`MessageError`, naming the place of everything that is not right.
        """
        own = _read(texts or {})
        self._texts = {key: _by_language(key, own) for key in MessageKey}
        self._default_language = default_language

    def pick(self, key: str, locale: str | None) -> Pick:
        """The first choice of text for ``key`` and a reader of ``locale`` (None: the widget's default language)."""
        return self._picks(key, locale)[0]

    def say(self, key: str, values: MessageValues, locale: str | None, zone: tzinfo, now: Instant) -> Said:
        """The finished message; never an empty one.

        Where a text comes to nothing because its facts are not known, the shipped ones are tried, the last of which
        needs no facts.
        """
        for template, chosen in self._picks(key, locale):
            text = render(template, values, chosen, zone, now)
            if text:
                return Said(text, valid_until(template, now))
        raise AssertionError(f"every shipped text of {key} needs facts")

    def _picks(self, key: str, locale: str | None) -> list[Pick]:
        """The texts to try in turn. Each is written in its own language, in the reader's variant of it if there is one:
        English for "en-GB" has a 24-hour clock.
        """
        available = self._texts[MessageKey(key)]
        wanted = locale or self._default_language
        language = resolve_locale(wanted, available, "")
        if not language:
            wanted = self._default_language
            language = resolve_locale(wanted, available, resolve_locale(DEFAULT_LANGUAGE, available, ""))
        nearest = nearest_locale(wanted)
        return [
            Pick(template, nearest if primary_language(nearest) == primary_language(written) else written)
            for template, written in available[language]
        ]


def parse(text: str) -> Template:
    """Read a message; raises :class:`MessageError` with a sentence that says what is wrong with it.

    Spaces inside the braces are allowed, and a single brace is just a character.
    """
    text = text.replace("\r\n", "\n").strip()
    _check_characters(text)
    pieces = tuple(_pieces(text))
    return Template(
        text=text,
        sentences=tuple(_sentences(pieces)),
        placeholders=frozenset(piece.name for piece in pieces if isinstance(piece, Slot)),
    )


def render(template: Template, values: MessageValues, locale: str, zone: tzinfo, now: Instant) -> str:
    """The message with its placeholders filled in; empty when each of its sentences needs something not known.

    Only the facts used are put into words. ``locale`` is the one that :meth:`MessageSet.pick` chose.
    """
    said = (_spoken(sentence, values, locale, zone, now) for sentence in template.sentences)
    return "".join(sentence for sentence in said if sentence is not None).strip()


def depends_on_clock(template: Template) -> bool:
    """Whether the same facts read differently as time passes: a time of day that moves, or a day that becomes today."""
    return not template.placeholders.isdisjoint(_CLOCK_PLACEHOLDERS)


def valid_until(template: Template, now: Instant) -> Instant | None:
    """Until when a text rendered at ``now`` holds for the same facts: the end of the minute, or None for always.

    A minute, since no zone's day begins inside one.
    """
    return Instant((now // MINUTE + 1) * MINUTE) if depends_on_clock(template) else None


def _read(texts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[MessageKey, Template]]:
    """A widget's own texts; all that is wrong with them is told at once, each with its place."""
    problems: list[str] = []
    own: dict[str, dict[MessageKey, Template]] = {}
    for language, messages in texts.items():
        tag = normal_tag(language)
        if tag is None:
            problems.append(f"{language[:_SHOWN]!r} is no language tag such as en or pt-BR")
            continue
        if tag in own:
            problems.append(f"the language {tag} is there twice")
        own[tag] = {}
        for key, text in messages.items():
            try:
                own[tag][_message_key(key)] = parse(text)
            except MessageError as problem:
                problems.append(f"{language}.{key[:_SHOWN]}: {problem}")
    if problems:
        raise MessageError("; ".join(problems))
    return own


def _message_key(key: str) -> MessageKey:
    try:
        return MessageKey(key)
    except ValueError:
        raise MessageError(f"there is no such message; there are {', '.join(MessageKey)}") from None


def _by_language(
    key: MessageKey, own: Mapping[str, Mapping[MessageKey, Template]]
) -> dict[str, list[tuple[Template, str]]]:
    """Per language the texts to try in turn, each with the language it is written in: own before shipped."""
    written = {tag: messages[key] for tag, messages in own.items() if key in messages}
    covered = {primary_language(tag) for tag in written}
    available = {language: _shipped(language, key) for language in _SHIPPED if language not in covered}
    for tag, template in written.items():
        language = primary_language(tag)
        available[tag] = [(template, tag), *_shipped(language if language in _SHIPPED else DEFAULT_LANGUAGE, key)]
    return available


def _shipped(language: str, key: MessageKey) -> list[tuple[Template, str]]:
    return [(template, language) for template in _SHIPPED[language][key]]


def _check_characters(text: str) -> None:
    if not text:
        raise MessageError("a message needs some text")
    if len(text) > LONGEST_MESSAGE:
        raise MessageError(f"a message has at most {LONGEST_MESSAGE} characters; this one has {len(text)}")
    for character in text:
        if character != "\n" and unicodedata.category(character) in {"Cc", "Cs"}:
            raise MessageError(f"a message may not contain the control character U+{ord(character):04X}")


_BRACES = re.compile(r"\{\{(?P<inside>.*?)\}\}|\{\{|\}\}", re.DOTALL)
_NAME = re.compile(r"\w+")
_HEDGE = re.compile(
    r"(?<!\w)(?:approximately|approx\.|about|around|roughly"
    r"|aproximadamente|aprox\.|alrededor de|cerca de|unos"
    r"|environ|env\.|à peu près"
    r"|etwa|ungefähr|circa|ca\.|rund)\s+$",
    re.IGNORECASE,
)
_HEDGED = frozenset({"ewt", "ewt_range"})
_SENTENCE_END = re.compile(r"[.!?…]+[\"')»”]*\s+|[。！？]|\n+")


def _pieces(text: str) -> Iterator[str | Slot]:
    start = 0
    for braces in _BRACES.finditer(text):
        name = _placeholder_name(braces)
        literal = text[start : braces.start()]
        hedge = _HEDGE.search(literal) if name in _HEDGED else None
        yield literal[: hedge.start()] if hedge else literal
        yield Slot(name, hedge.group() if hedge else "")
        start = braces.end()
    yield text[start:]


def _placeholder_name(braces: re.Match[str]) -> str:
    inside = braces.group("inside")
    known = ", ".join(f"{{{{{name}}}}}" for name in PLACEHOLDERS)
    if inside is None or not _NAME.fullmatch(inside.strip()):
        raise MessageError(
            f"the braces at character {braces.start() + 1} hold no placeholder; the known ones are {known}"
        )
    name = inside.strip()
    if name not in PLACEHOLDERS:
        raise MessageError(f"the placeholder {{{{{name[:_SHOWN]}}}}} is unknown; the known ones are {known}")
    return name


def _sentences(pieces: Iterable[str | Slot]) -> Iterator[tuple[str | Slot, ...]]:
    """The pieces, grouped into sentences; the space between two belongs to the first."""
    sentence: list[str | Slot] = []
    for piece in pieces:
        if isinstance(piece, Slot):
            sentence.append(piece)
            continue
        *ended, rest = _cut(piece)
        for part in ended:
            yield (*sentence, part)
            sentence = []
        if rest:
            sentence.append(rest)
    if sentence:
        yield tuple(sentence)


def _cut(literal: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(literal):
        following = literal[end.end() : end.end() + 1]
        if following.islower() or following.isdigit():  # "e.g. this" and "No. 7" go on
            continue
        yield literal[start : end.end()]
        start = end.end()
    yield literal[start:]


def _spoken(
    sentence: tuple[str | Slot, ...], values: MessageValues, locale: str, zone: tzinfo, now: Instant
) -> str | None:
    """The sentence in words, or None when it needs a fact that is not known."""
    words: list[str] = []
    for piece in sentence:
        if isinstance(piece, str):
            words.append(piece)
            continue
        value = PLACEHOLDERS[piece.name](values, locale, zone, now)
        if value is None:
            return None
        words.append(_hedged(piece, value, values) if piece.hedge else value)
    return "".join(words)


def _hedged(slot: Slot, value: str, values: MessageValues) -> str:
    """The value with its word of approximation; without it where the value says "less than" already."""
    shortest = values.ewt if slot.name == "ewt" else values.ewt_low
    if shortest is None or rounded_minutes(shortest) > 0:
        return slot.hedge + value
    return value[:1].upper() + value[1:] if slot.hedge[0].isupper() else value


def _ewt(values: MessageValues, locale: str, _zone: tzinfo, _now: Instant) -> str | None:
    return None if values.ewt is None else duration_words(values.ewt, locale)


def _ewt_minutes(values: MessageValues, _locale: str, _zone: tzinfo, _now: Instant) -> str | None:
    """A bare number, at least 1: "0 minutes" would promise too much."""
    return None if values.ewt is None else str(max(1, rounded_minutes(values.ewt)))


def _ewt_range(values: MessageValues, locale: str, _zone: tzinfo, _now: Instant) -> str | None:
    if values.ewt_low is None or values.ewt_high is None:
        return None
    return range_words(values.ewt_low, values.ewt_high, locale)


def _projected_answer_time(values: MessageValues, locale: str, zone: tzinfo, now: Instant) -> str | None:
    """When the wait as told by ``{{ewt}}`` will have passed, counted from the end of the present minute."""
    if values.ewt is None:
        return None
    minutes = now // MINUTE + 1 + rounded_minutes(values.ewt)
    return moment_words(Instant(minutes * MINUTE), zone, locale, now)


def _appointment_time(values: MessageValues, locale: str, zone: tzinfo, now: Instant) -> str | None:
    return None if values.appointment_at is None else moment_words(values.appointment_at, zone, locale, now)


def _next_open(values: MessageValues, locale: str, zone: tzinfo, now: Instant) -> str | None:
    return None if values.next_open is None else moment_words(values.next_open, zone, locale, now)


PLACEHOLDERS: Mapping[str, Callable[[MessageValues, str, tzinfo, Instant], str | None]] = {
    "ewt": _ewt,
    "ewt_minutes": _ewt_minutes,
    "ewt_range": _ewt_range,
    "projected_answer_time": _projected_answer_time,
    "appointment_time": _appointment_time,
    "next_open": _next_open,
    "widget_name": lambda values, *_: values.widget_name,
    "call_target_name": lambda values, *_: values.call_target_name,
    "organization_name": lambda values, *_: values.organization_name,
    "manage_url": lambda values, *_: values.manage_url,
}
"""The closed list of placeholders, and how each is put into words (None: not known)."""

_CLOCK_PLACEHOLDERS = frozenset({"projected_answer_time", "appointment_time", "next_open"})

_SHIPPED = {
    language: {key: tuple(parse(text) for text in texts) for key, texts in messages.items()}
    for language, messages in DEFAULT_MESSAGES.items()
}
