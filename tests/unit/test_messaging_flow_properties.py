"""Flows that people might write: whatever passes the checks can be run, and comes to an end."""

from contextlib import suppress

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.fakes.texting import BILLING, NEW_YORK, SERVICE, Phone, Scheduler, at

from ringback.messaging.default_flows import default_automations
from ringback.messaging.engine import Setting
from ringback.messaging.flow import Automations, Flow, FlowDraft, problems_of_flow
from ringback.messaging.flow.services import WORDS
from ringback.messaging.words import Meaning

KEYS = ("a", "b", "c", "d", "e", "f")
TARGETS = st.sampled_from((*KEYS, "end", "end"))
TEXT = {"text": st.just("text")}

SAY = st.fixed_dictionaries({"kind": st.just("say"), **TEXT, "next": TARGETS})
USE = st.sampled_from(sorted(WORDS)).flatmap(
    lambda service: st.fixed_dictionaries(
        {
            "kind": st.just("use"),
            "service": st.just(service.value),
            "then": st.fixed_dictionaries(dict.fromkeys(sorted(WORDS[service]), TARGETS)),
        }
    )
)
OPTION = st.fixed_dictionaries({"means": st.lists(st.sampled_from(Meaning), min_size=1, max_size=2), "next": TARGETS})
MENU = st.fixed_dictionaries(
    {
        "kind": st.just("menu"),
        **TEXT,
        "options": st.lists(OPTION, min_size=1, max_size=3),
        "otherwise": st.one_of(st.none(), TARGETS),
        "silence": TARGETS,
    }
)
CHOOSE = st.fixed_dictionaries(
    {
        "kind": st.just("choose"),
        "of": st.sampled_from(["widgets", "callbacks"]),
        "text": st.just("list"),
        "next": TARGETS,
        "silence": TARGETS,
    }
)
PICK = st.fixed_dictionaries(
    {
        "kind": st.just("pick_time"),
        "before": st.sampled_from([None, "text"]),
        "days": st.just("list"),
        "times": st.just("list"),
        "next": TARGETS,
        "none": TARGETS,
        "asap": st.one_of(st.none(), TARGETS),
        "silence": TARGETS,
    }
)
STEPS = st.fixed_dictionaries({"a": USE}, optional=dict.fromkeys(KEYS[1:], st.one_of(SAY, USE, MENU, CHOOSE, PICK)))
SAID = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "1",
                "2",
                "yes",
                "no",
                "asap",
                "a time",
                "more",
                "back",
                "billing",
                "tomorrow 3pm",
                "?",
                "help",
                "stop",
                "@x",
            ]
        ),
        st.integers(1, 700),
    ),
    max_size=15,
)


def document(steps):
    """The flow of these steps, with targets that do not exist led to the end and steps nobody reaches left out."""

    def mended(value):
        if isinstance(value, dict):
            return {key: _target(key, each) if isinstance(each, str) else mended(each) for key, each in value.items()}
        return [mended(each) for each in value] if isinstance(value, list) else value

    def _target(key, each):
        leads = key not in {"kind", "service", "text", "of", "days", "times", "before", "means"}
        return "end" if leads and each not in steps else each

    whole = {key: mended(step) for key, step in steps.items()}
    reached, waiting = set(), ["a"]
    while waiting:
        key = waiting.pop()
        if key in whole and key not in reached:
            reached.add(key)
            waiting += [word for word in _strings(whole[key]) if word in whole]
    texts = {"text": "Hello {{widget_name}}. {{message}} {{when}}!", "list": "Reply {{choices}}."}
    kept = {key: step for key, step in whole.items() if key in reached}
    return {"keywords": ["@x"], "start": "a", "steps": kept, "texts": {"en": texts}}


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


@settings(max_examples=80, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(STEPS, SAID)
def test_what_passes_the_checks_can_be_run_and_ends(steps, said):
    """One in eight of these flows is right."""
    flow = document(steps)
    draft = FlowDraft.model_validate(flow)
    assume(not problems_of_flow(draft))
    shipped = default_automations().model_dump(mode="json")
    own = Automations.model_validate({"flows": {"x": flow}, "texts": shipped["texts"]})
    scheduler = Scheduler([BILLING, SERVICE])
    scheduler.book("billing", at(0, 15, 30))
    phone = Phone(scheduler, Setting(own, "Acme", ("en",), NEW_YORK))
    phone.text("@x")
    for each in said:
        if isinstance(each, int):
            phone.wait(each)
        else:
            phone.text(each)
    phone.wait(len(KEYS) * 600 + 60)
    assert phone.state.idle


@given(STEPS)
def test_what_does_not_pass_is_refused_with_words(steps):
    flow = document(steps)
    problems = problems_of_flow(FlowDraft.model_validate(flow))
    try:
        Flow.model_validate(flow)
    except ValidationError as error:
        assert all(problem in str(error) for problem in problems)  # noqa: PT017 - either way is right
        assert problems
    else:
        assert problems == []


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["keywords", "start", "steps", "texts", "patience", "local_keywords"]), JSON))
def test_documents_of_any_shape_are_refused_politely(changes):
    shipped = default_automations().flows["cancel"].model_dump(mode="json")
    with suppress(ValidationError):
        Flow.model_validate({**shipped, **changes})
