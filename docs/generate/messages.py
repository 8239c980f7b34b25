"""``messages.md``: placeholders and the shipped texts."""

import inspect

from babel import Locale
from docs.generate.markdown import code, document, table

from ringback.kernel.clock import from_unix
from ringback.kernel.localtime import resolve_zone
from ringback.widgets.default_messages import DEFAULT_MESSAGES
from ringback.widgets.messages import LONGEST_MESSAGE, PLACEHOLDERS, MessageKey, MessageValues

PLACEHOLDER_WORDS = {
    "ewt": "The wait that is promised, rounded for people.",
    "ewt_minutes": "The same as a bare number of minutes, at least 1.",
    "ewt_range": "The 80 % range of the wait.",
    "projected_answer_time": "The time of day when that wait will be over.",
    "appointment_time": "The booked time.",
    "next_open": "When the call target opens next; known only while it is closed.",
    "widget_name": "The widget's `name`.",
    "call_target_name": "The call target's `name`.",
    "organization_name": "The organization's `name`.",
    "manage_url": "The customer's own link to this callback; known only on success.",
}

KEY_WORDS = {
    MessageKey.OFFER_CALLBACK: "ASAP and booked times are on offer.",
    MessageKey.OFFER_ASAP_CALLBACK: "Only ASAP is on offer.",
    MessageKey.OFFER_SCHEDULED_CALLBACK: "Only booked times are on offer.",
    MessageKey.DISPLAY_EWT_ONLY: "Open, but nothing is on offer.",
    MessageKey.PLATFORM_UNAVAILABLE: "Nothing is on offer.",
    MessageKey.SUCCESS_ASAP: "An ASAP callback was registered.",
    MessageKey.SUCCESS_SCHEDULED: "A time was booked.",
}

_INTRODUCTION = f"""\
An API Message is the text that a widget answers with: one for each state, one for each kind of success, in several
languages. A widget's own texts stand in the [configuration file](configuration-file.md); what it has none of comes with
Ringback. A text has at most {LONGEST_MESSAGE:,} characters.

Two rules keep messages natural whatever is known:

- A sentence that needs a fact which is not known is left out.
- A word of approximation before a bound is left out: "in approximately {{{{ewt}}}}" becomes "in less than a minute".

A reader gets, in this order: the widget's text in the language asked for, the shipped text in it, the widget's text in
its default language, the shipped one in that, the shipped English one."""

_PLACEHOLDERS = """\
## Placeholders

In double braces, from this closed list. Any other is refused when the file is applied. Dates, times and durations are
written as the reader's language and region do; times are in the zone that the request names, else in UTC."""

_ASKED_AT = from_unix(1_772_463_600)
_EXAMPLE = MessageValues(
    widget_name="billing",
    call_target_name="Billing",
    organization_name="Acme",
    ewt=390,
    ewt_low=240,
    ewt_high=540,
    appointment_at=from_unix(1_772_467_200),
    next_open=from_unix(1_772_550_000),
    manage_url="https://callbacks.example.com/m/…",
)


def page() -> str:
    """The page."""
    return document(
        "API Messages",
        _INTRODUCTION,
        "## Messages",
        table(("name", "when"), [(code(key), KEY_WORDS[key]) for key in MessageKey]),
        _PLACEHOLDERS,
        table(
            ("placeholder", "meaning", "for example"),
            [(code(f"{{{{{name}}}}}"), PLACEHOLDER_WORDS[name], _example(name)) for name in PLACEHOLDERS],
        ),
        "## Shipped texts",
        "Where there are two, the second is said when a fact that the first needs is not known.",
        *(part for language in DEFAULT_MESSAGES for part in _shipped(language)),
    )


def _example(name: str) -> str:
    said = PLACEHOLDERS[name](_EXAMPLE, "en-US", resolve_zone("America/New_York"), _ASKED_AT)
    return inspect.cleandoc(said or "")


def _shipped(language: str) -> tuple[str, str]:
    texts = DEFAULT_MESSAGES[language]
    name = Locale.parse(language).get_display_name("en")
    return (
        f"### {name} (`{language}`)",
        table(("name", "text"), [(code(key), "\n".join(texts[key])) for key in MessageKey]),
    )
