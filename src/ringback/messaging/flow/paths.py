"""The ways through a flow: what can be reached, what comes to an end, what is known where."""

from collections.abc import Collection, Iterator, Mapping

from ringback.messaging.flow.model import Choose, FlowDraft, Listed, Menu, PickTime, Say, Use
from ringback.messaging.flow.model import Step as AnyStep
from ringback.messaging.flow.services import WORDS, Fact

LeadsTo = Mapping[str, frozenset[str]]
"""From each step, where it may lead."""


def unreachable(start: str, leads_to: LeadsTo) -> list[str]:
    """The steps to which nothing leads."""
    return sorted(leads_to.keys() - _reached_from({start}, leads_to))


def never_ending(leads_to: LeadsTo, end: str) -> list[str]:
    """The steps from which no way leads to the end."""
    comes_from: dict[str, set[str]] = {}
    for key, targets in leads_to.items():
        for target in targets:
            comes_from.setdefault(target, set()).add(key)
    return sorted(leads_to.keys() - _reached_from({end}, comes_from))


def returning(leads_to: LeadsTo) -> list[str]:
    """The steps that may come back to themselves."""
    return sorted(key for key, targets in leads_to.items() if key in _reached_from(targets, leads_to))


def facts_before(flow: FlowDraft) -> Mapping[str, frozenset[Fact]]:
    """By step, what is known there whichever way a conversation has come."""
    known: dict[str, frozenset[Fact]] = {flow.start: frozenset()}
    waiting = [flow.start]
    while waiting:
        key = waiting.pop()
        if key not in flow.steps:
            continue
        for target, gained in _gains(flow.steps[key]):
            there = known[key] | gained
            if (met := known.get(target, there) & there) != known.get(target):
                known[target] = met
                waiting.append(target)
    return known


def _gains(step: AnyStep) -> Iterator[tuple[str, frozenset[Fact]]]:
    """Where a step may lead, and what is known then that was not before."""
    nothing: frozenset[Fact] = frozenset()
    match step:
        case Say():
            yield step.next, nothing
        case Use():
            for word, target in step.then.items():
                yield target, _and_its_widget(WORDS[step.service].get(word, nothing))
        case Menu():
            yield step.silence, nothing
            yield step.otherwise or step.silence, nothing
            for option in (*step.options, *step.also):
                yield option.next, nothing
        case Choose():
            yield step.silence, nothing
            chosen = Fact.WIDGET if step.of is Listed.WIDGETS else Fact.CALLBACK
            yield step.next, _and_its_widget(frozenset({chosen}))
        case PickTime():
            yield step.silence, nothing
            yield step.none, nothing
            yield step.asap or step.silence, nothing
            yield step.next, frozenset({Fact.TIME})


def _and_its_widget(facts: frozenset[Fact]) -> frozenset[Fact]:
    """Who knows the callback knows the widget it was asked for on."""
    return facts | {Fact.WIDGET} if Fact.CALLBACK in facts else facts


def _reached_from(starts: Collection[str], leads_to: Mapping[str, Collection[str]]) -> set[str]:
    reached, waiting = set[str](), list(starts)
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += leads_to.get(key, ())
    return reached
