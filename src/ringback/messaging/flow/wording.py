"""Which text a reader gets: their language where it has the text, English otherwise."""

from collections.abc import Mapping
from typing import NamedTuple

from ringback.forecast.wording import primary_language, resolve_locale
from ringback.messaging.flow.model import FALLBACK_LANGUAGE, AutomationsDraft, FlowDraft, GeneralText


class Wording(NamedTuple):
    """A text, and the language it is written in."""

    text: str
    language: str


def template_for(flow: FlowDraft, key: str, language: str) -> Wording:
    """The flow's text for a reader of ``language``."""
    return _pick({tag: texts[key] for tag, texts in flow.texts.items() if key in texts}, language)


def general_template_for(automations: AutomationsDraft, key: GeneralText, language: str) -> Wording:
    """A text of no flow for a reader of ``language``."""
    return _pick({tag: texts[key] for tag, texts in automations.texts.items() if key in texts}, language)


def languages_of(automations: AutomationsDraft) -> tuple[str, ...]:
    """The languages in which every text is there."""
    flows = automations.flows.values()
    written = [set(automations.texts), *(set(flow.texts) for flow in flows)]
    return tuple(sorted(set.intersection(*written))) if written else ()


def _pick(written: Mapping[str, str], language: str) -> Wording:
    found = resolve_locale(language, written, "")
    if not found:
        return Wording(written[FALLBACK_LANGUAGE], FALLBACK_LANGUAGE)
    # English for a reader of en-GB is told with a 24-hour clock.
    return Wording(written[found], language if primary_language(language) == primary_language(found) else found)
