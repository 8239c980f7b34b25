"""What a flow must keep: every branch ends, every text is there and fits, and nothing is asked before it can be.

Problems are sentences for the person who edits. :func:`check` also tells what is no mistake but worth knowing: texts
that a language lacks, and how long each text is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ringback.messaging.flow.model import (
    END,
    FALLBACK_LANGUAGE,
    AutomationsDraft,
    Choose,
    FlowDraft,
    GeneralText,
    Listed,
    Menu,
    PickTime,
    Say,
    Use,
)
from ringback.messaging.flow.model import Step as AnyStep
from ringback.messaging.flow.paths import facts_before, never_ending, returning, unreachable
from ringback.messaging.flow.services import NEEDS, WORDS, Fact
from ringback.messaging.flow.template import placeholders_of, render
from ringback.messaging.words import carrier_word
from ringback.texts import MOST_SEGMENTS, Size, fits, size

LONG_FACTS: Mapping[str, str] = {
    "organization_name": "The Very Long Name of an Organization Ltd",
    "widget_name": "billing and payments of the north",
    "message": "Thank you for your patience. We can call you in approximately 1 hour 40 minutes from now on.",
    "choices": "1 for Tue, Nov 24, 2 for Wed, Nov 25, 3 for Thu, Nov 26, 4 for Fri, Nov 27, 5 for Sat, Nov 28",
    "more": "MORE",
    "day": "Wed, Nov 25",
    "zone": "UTC+5:30",
    "when": "on Wed, Nov 25, 10:15 AM EST",
    "callbacks": "billing and payments of the north at about 3:15 PM; service on Wed, Nov 25, 10:15 AM",
    "next_open": "Wed, Nov 25, 10:15 AM EST",
    "manage_url": "https://callback.example.com/m/0123456789abcdef.01h00000000000000000000000.abcdefghijklmnopqrstuvwx",
}
"""Longer values than usual: with these every text has to fit. What is longer still gives way when it is said."""

USUAL_FACTS: Mapping[str, str] = {
    "organization_name": "Acme",
    "widget_name": "billing",
    "message": "We can call you in approximately 7 minutes.",
    "choices": "1 for billing, 2 for service",
    "more": "MORE",
    "day": "Wed, Nov 25",
    "zone": "EST",
    "when": "at about 3:15 PM",
    "callbacks": "billing at about 3:15 PM; service on Wed, Nov 25, 9:00 AM",
    "next_open": "9:00 AM EST",
    "manage_url": "https://callback.example.com/m/0123456789abcdef.01h0000000.abcdef",
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing about a text that is no mistake."""

    flow: str
    language: str
    text: str
    note: str


def check(automations: AutomationsDraft) -> list[Note]:
    """What a language lacks, in automations that are valid."""
    notes = []
    for key, flow in automations.flows.items():
        needed = frozenset().union(*(texts_of(step) for step in flow.steps.values()))
        notes += [
            Note(key, language, text, "not there: it is told in English")
            for language, texts in flow.texts.items()
            for text in sorted(needed - texts.keys())
        ]
    return notes


def longest(text: str) -> Size:
    """What a text takes with long values: shown beside it while it is edited."""
    return size(render(text, LONG_FACTS))


def example(text: str) -> str:
    """A text as a customer would read it, with usual values: shown beside it while it is edited."""
    return render(text, USUAL_FACTS)


def problems_of_flow(flow: FlowDraft) -> list[str]:
    """Everything that is wrong with one flow."""
    return [
        *_targets(flow),
        *_services(flow),
        *_paths(flow),
        *_texts(flow),
    ]


def problems_between_flows(automations: AutomationsDraft) -> list[str]:
    """Everything that is wrong between flows, and with the texts of no flow."""
    keywords = Counter(
        keyword.removeprefix("@") for flow in automations.flows.values() for keyword in set(keywords_of(flow))
    )
    problems = [f"the keyword {keyword} starts more than one flow" for keyword, count in keywords.items() if count > 1]
    written = automations.texts.get(FALLBACK_LANGUAGE, {})
    problems += [f"the text {key} is missing in English" for key in GeneralText if key not in written]
    for language, texts in automations.texts.items():
        problems += [_too_long(language, key, text) for key, text in texts.items() if not _has_room(text)]
    return problems


def keywords_of(flow: FlowDraft) -> Iterator[str]:
    """All keywords of a flow."""
    yield from flow.keywords
    for keywords in flow.local_keywords.values():
        yield from keywords


def targets_of(step: AnyStep) -> frozenset[str]:
    """Where a step may lead."""
    match step:
        case Say():
            return frozenset({step.next})
        case Use():
            return frozenset(step.then.values())
        case Menu():
            answers = (*step.options, *step.also)
            return frozenset({step.silence, *(option.next for option in answers), step.otherwise or step.silence})
        case Choose():
            return frozenset({step.next, step.silence})
        case PickTime():
            return frozenset({step.next, step.none, step.silence, step.asap or step.silence})


def texts_of(step: AnyStep) -> frozenset[str]:
    """The keys of the texts that a step says."""
    match step:
        case Say() | Menu() | Choose():
            return frozenset({step.text})
        case PickTime():
            return frozenset({step.days, step.times, step.before or step.days})
        case Use():
            return frozenset()


def _targets(flow: FlowDraft) -> Iterator[str]:
    known = {*flow.steps, END}
    if flow.start not in flow.steps:
        yield f"the first step {flow.start} does not exist"
    for key, step in flow.steps.items():
        if key == END:
            yield f"no step may be called {END}"
        for target in sorted(targets_of(step) - known):
            yield f"the step {key} leads to {target}, which does not exist"


def _services(flow: FlowDraft) -> Iterator[str]:
    for key, step in flow.steps.items():
        if isinstance(step, Use):
            words = WORDS[step.service].keys()
            for word in sorted(words - step.then.keys()):
                yield f"the step {key} has no branch for the answer {word}"
            for word in sorted(step.then.keys() - words):
                yield f"the step {key} has a branch for {word}, which {step.service} never answers"
        if isinstance(step, Menu):
            for option in (*step.options, *step.also):
                if not option.means and not option.words:
                    yield f"an option of the step {key} has no words"
                for word in (word for words in option.words.values() for word in words):
                    if carrier_word(word):
                        yield f"an option of the step {key} uses {word!r}, which is reserved by the carriers"


def _paths(flow: FlowDraft) -> Iterator[str]:
    leads_to = {key: targets_of(step) for key, step in flow.steps.items()}
    if flow.start not in flow.steps or any(targets - {*flow.steps, END} for targets in leads_to.values()):
        return  # told already
    for key in unreachable(flow.start, leads_to):
        yield f"nothing leads to the step {key}"
    for key in never_ending(leads_to, END):
        yield f"from the step {key} no way leads to the end"
    for key in returning(_unanswered(flow)):
        yield f"the step {key} comes back to itself although nobody has answered"
    known = facts_before(flow)
    for key, step in flow.steps.items():
        for fact in sorted(_needed(step) - known.get(key, frozenset(Fact))):
            yield f"the step {key} needs a {fact}, and there is a way to it on which none is known"


def _unanswered(flow: FlowDraft) -> Mapping[str, frozenset[str]]:
    """Where each step may lead while the customer says nothing."""
    return {
        key: frozenset({step.silence}) if isinstance(step, Menu | Choose | PickTime) else targets_of(step)
        for key, step in flow.steps.items()
    }


def _needed(step: AnyStep) -> frozenset[Fact]:
    match step:
        case Use():
            return NEEDS[step.service]
        case Choose():
            return frozenset({Fact.WIDGETS if step.of is Listed.WIDGETS else Fact.CALLBACKS})
        case PickTime():
            return frozenset({Fact.WIDGET})
        case _:
            return frozenset()


def _texts(flow: FlowDraft) -> Iterator[str]:
    needed = frozenset[str]().union(*(texts_of(step) for step in flow.steps.values()))
    for key in sorted(needed - flow.texts.get(FALLBACK_LANGUAGE, {}).keys()):
        yield f"the text {key} is missing in English"
    for language, texts in flow.texts.items():
        for key, text in texts.items():
            if not _has_room(text):
                yield _too_long(language, key, text)
        for key in sorted(_lists(flow.steps.values()) & texts.keys()):
            if "choices" not in placeholders_of(texts[key]):
                yield f"the text {language}.{key} shows a list and has to hold {{{{choices}}}}"


def _lists(steps: Iterable[AnyStep]) -> set[str]:
    keys: set[str] = set()
    for step in steps:
        if isinstance(step, Choose):
            keys.add(step.text)
        elif isinstance(step, PickTime):
            keys |= {step.days, step.times}
    return keys


def _has_room(text: str) -> bool:
    return fits(render(text, LONG_FACTS))


def _too_long(language: str, key: str, text: str) -> str:
    taken = longest(text).segments
    return f"the text {language}.{key} takes {taken} segments with long values; {MOST_SEGMENTS} are allowed"
