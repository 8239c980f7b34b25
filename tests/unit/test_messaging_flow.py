"""Flows as documents: what makes one right, and what its texts come to."""

import copy
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ringback.messaging.default_flows import FLOWS, LANGUAGES, default_automations
from ringback.messaging.flow import (
    PLACEHOLDERS,
    Automations,
    AutomationsDraft,
    Flow,
    FlowDraft,
    GeneralText,
    Note,
    Service,
    check,
    example,
    languages_of,
    longest,
    problems_between_flows,
    problems_of_flow,
)
from ringback.messaging.flow.checks import LONG_FACTS, keywords_of
from ringback.messaging.flow.services import NEEDS, WORDS
from ringback.messaging.flow.template import checked_template, placeholders_of, render, render_fitting
from ringback.messaging.flow.wording import template_for
from ringback.messaging.words import carrier_word
from ringback.texts import Encoding, encoding_of, size


def document(**changes):
    """A small flow that is right: it tells where the callback stands, and cancels it."""
    flow = {
        "keywords": ["@gone"],
        "start": "look",
        "steps": {
            "look": {"kind": "use", "service": "callbacks", "then": {"none": "none", "one": "sure", "several": "which"}},
            "which": {"kind": "choose", "of": "callbacks", "text": "which", "next": "sure"},
            "sure": {
                "kind": "menu", "text": "sure", "otherwise": "end",
                "options": [{"means": ["yes"], "next": "cancel"}],
            },
            "cancel": {
                "kind": "use", "service": "cancel",
                "then": {"canceled": "done", "not_found": "none", "too_late": "end"},
            },
            "none": {"kind": "say", "text": "none"},
            "done": {"kind": "say", "text": "done"},
        },
        "texts": {"en": {"which": "Reply {{choices}}.", "sure": "Sure?", "none": "None.", "done": "Gone."}},
    }  # fmt: skip
    return {**flow, **changes}


def problems(change):
    """What is wrong with the flow after a change."""
    flow = copy.deepcopy(document())
    change(flow)
    draft = FlowDraft.model_validate(flow)
    found = problems_of_flow(draft)
    if found:
        with pytest.raises(ValidationError):
            Flow.model_validate(flow)
    else:
        Flow.model_validate(flow)
    return found


def test_the_small_flow_is_right():
    assert problems(lambda flow: None) == []


def test_a_branch_that_is_missing_or_unknown():
    def change(flow):
        flow["steps"]["cancel"]["then"] = {"canceled": "done", "not_found": "none", "lost": "none"}

    assert problems(change) == [
        "the step cancel has no branch for the answer too_late",
        "the step cancel has a branch for lost, which cancel never answers",
    ]


def test_a_step_that_leads_nowhere_or_is_led_to_by_nothing():
    def nowhere(flow):
        flow["steps"]["none"]["next"] = "nowhere"

    def alone(flow):
        flow["steps"]["alone"] = {"kind": "say", "text": "none"}

    assert problems(nowhere) == ["the step none leads to nowhere, which does not exist"]
    assert problems(alone) == ["nothing leads to the step alone"]
    assert problems(lambda flow: flow.update(start="begin")) == ["the first step begin does not exist"]


def test_no_step_is_called_end():
    def change(flow):
        flow["steps"]["end"] = {"kind": "say", "text": "none"}

    assert "no step may be called end" in problems(change)


def test_a_text_is_shown_with_usual_values():
    assert example("{{message}} Reply {{choices}}.") == (
        "We can call you in approximately 7 minutes. Reply 1 for billing, 2 for service."
    )


def test_a_way_round_without_anybodys_answer():
    def chatter(flow):
        flow["steps"]["none"]["next"] = "look"

    def waits_for_ever(flow):
        flow["steps"]["sure"]["silence"] = "sure"

    assert "the step look comes back to itself although nobody has answered" in problems(chatter)
    assert problems(waits_for_ever) == ["the step sure comes back to itself although nobody has answered"]


def test_a_way_that_never_ends():
    def change(flow):
        flow["steps"]["sure"] |= {
            "otherwise": "sure",
            "options": [{"means": ["yes"], "next": "sure"}],
            "silence": "sure",
        }
        del flow["steps"]["cancel"], flow["steps"]["done"]

    assert "from the step sure no way leads to the end" in problems(change)


def test_a_service_that_is_asked_before_it_can_be():
    def change(flow):
        flow["steps"]["look"]["then"]["none"] = "cancel"

    assert "the step cancel needs a callback, and there is a way to it on which none is known" in problems(change)


def test_texts_that_are_missing_too_long_or_without_their_list():
    def missing(flow):
        del flow["texts"]["en"]["done"]

    def too_long(flow):
        flow["texts"]["en"]["done"] = "word " * 90 + "{{widget_name}}"

    def no_list(flow):
        flow["texts"]["en"]["which"] = "Which?"

    assert problems(missing) == ["the text done is missing in English"]
    assert problems(too_long) == ["the text en.done takes 4 segments with long values; 3 are allowed"]
    assert problems(no_list) == ["the text en.which shows a list and has to hold {{choices}}"]


def test_an_answer_without_words_or_with_a_reserved_one():
    def wordless(flow):
        flow["steps"]["sure"]["options"].append({"next": "done"})

    def reserved(flow):
        flow["steps"]["sure"]["also"] = [{"words": {"en": ["Cancel"]}, "next": "cancel"}]

    assert problems(wordless) == ["an option of the step sure has no words"]
    assert problems(reserved) == ["an option of the step sure uses 'Cancel', which is reserved by the carriers"]


def test_another_language_may_lack_texts_and_is_told_so():
    flow = document()
    flow["texts"]["fr"] = {"sure": "Sûr ?", "none": "Rien."}
    draft = AutomationsDraft.model_validate({"flows": {"gone": flow}, "texts": {}})
    assert check(draft) == [
        Note("gone", "fr", "done", "not there: it is told in English"),
        Note("gone", "fr", "which", "not there: it is told in English"),
    ]
    gone = draft.flows["gone"]
    assert template_for(gone, "sure", "fr-CA") == ("Sûr ?", "fr-CA")
    assert template_for(gone, "done", "fr") == ("Gone.", "en")
    assert template_for(gone, "done", "en-GB") == ("Gone.", "en-GB")
    assert template_for(gone, "done", "ja") == ("Gone.", "en")


@pytest.mark.parametrize("keyword", ["stop", "CANCEL", "@", "@call me", "@rückruf", "x", "help", "@a" * 20])
def test_keywords_that_cannot_be(keyword):
    with pytest.raises(ValidationError):
        FlowDraft.model_validate(document(keywords=[keyword]))


@pytest.mark.parametrize("keyword", ["@cancel", "callme", "@1", "@CallMe"])
def test_keywords_that_can_be(keyword):
    assert FlowDraft.model_validate(document(keywords=[keyword])).keywords == (keyword.lower(),)


def test_two_flows_of_one_keyword():
    texts = {"en": dict.fromkeys(GeneralText, "text")}
    draft = AutomationsDraft.model_validate(
        {
            "flows": {"one": document(), "two": document(local_keywords={"es": ["gone"]}, keywords=["@adios"])},
            "texts": texts,
        }
    )
    assert problems_between_flows(draft) == ["the keyword gone starts more than one flow"]


def test_general_texts_are_all_there():
    draft = AutomationsDraft.model_validate({"flows": {"one": document()}, "texts": {"en": {"help": "Help!"}}})
    assert len(problems_between_flows(draft)) == len(GeneralText) - 1
    with pytest.raises(ValidationError):
        Automations.model_validate({"flows": {"one": document()}, "texts": {}})


@pytest.mark.parametrize(
    "change",
    [{"patience": 5}, {"patience": 99999}, {"steps": {}}, {"keywords": []}, {"unknown": 1}, {"texts": {"english!": {}}}, {"start": 7}],
)  # fmt: skip
def test_documents_of_the_wrong_shape(change):
    with pytest.raises(ValidationError):
        Flow.model_validate(document(**change))


# Texts


def test_a_sentence_that_needs_what_is_not_known_is_left_out():
    text = "We are closed. Please try again after {{next_open}}. Bye.\nReply {{more}}.\nThanks."
    assert render(text, {"next_open": "9:00 AM"}) == "We are closed. Please try again after 9:00 AM. Bye.\nThanks."
    assert render(text, {"next_open": None}) == "We are closed. Bye.\nThanks."
    assert render("{{message}}", {}) == ""


def test_an_abbreviation_ends_a_sentence_once_and_a_day_begins_it_in_upper_case():
    assert render("{{day}}: reply {{choices}}. Thanks.", {"day": "morgen", "choices": "1 for 27. Nov."}) == (
        "Morgen: reply 1 for 27. Nov. Thanks."
    )
    assert render("Wait ...", {}) == "Wait ..."


def test_long_facts_give_way_to_the_words_around_them():
    facts = {"message": "We can call you soon. " * 60, "organization_name": "Acme"}
    text = render_fitting("{{message}} Reply 1 for as soon as possible, 2 to choose a time.", facts)
    assert text.endswith("... Reply 1 for as soon as possible, 2 to choose a time.")
    assert size(text).segments == 3


def test_a_text_is_told_without_what_it_lacks_rather_than_not_at_all():
    assert render_fitting("{{message}} Reply 1.", {"message": ""}) == "Reply 1."
    assert render_fitting("Hello {{widget_name}} there.", {}) == "Hello there."
    assert render_fitting("{{message}}", {}) == ""


def test_a_link_is_never_cut():
    facts = {"message": "Спасибо за ожидание. " * 40, "manage_url": "https://callback.example.com/m/" + "x" * 60}
    text = render_fitting("{{message}}\nTo see or change it: {{manage_url}}", facts)
    assert text.endswith(facts["manage_url"])
    assert size(text).segments <= 3


@pytest.mark.parametrize(
    "text", ["", "   ", "{{unknown}}", "{{ewt", "a }} b", "bell \x07", "{{}}", "{{ widget name }}"]
)
def test_texts_that_cannot_be_said(text):
    with pytest.raises(ValueError, match=r"text|placeholder"):
        checked_template(text)


def test_texts_are_kept_in_plain_typography():
    assert checked_template("“Hello” – {{ widget_name }}…") == '"Hello" - {{ widget_name }}...'
    assert placeholders_of("{{ widget_name }} {{when}}") == {"widget_name", "when"}


@given(st.text(max_size=600), st.dictionaries(st.sampled_from(sorted(PLACEHOLDERS)), st.text(max_size=1200)))
def test_whatever_is_written_and_known_fits(text, facts):
    try:
        template = checked_template(text + " {{message}} {{widget_name}}")
    except ValueError:
        return
    assert size(render_fitting(template, facts)).segments <= 3


# The shipped flows


def test_every_shipped_flow_is_complete_in_every_language():
    shipped = default_automations()
    assert set(shipped.flows) == set(FLOWS)
    assert languages_of(shipped) == tuple(sorted(LANGUAGES))
    assert check(shipped) == []
    for flow in shipped.flows.values():
        assert {frozenset(texts) for texts in flow.texts.values()} == {frozenset(flow.texts["en"])}
    assert {frozenset(texts) for texts in shipped.texts.values()} == {frozenset(GeneralText)}


def shipped_texts():
    shipped = default_automations()
    for name, flow in shipped.flows.items():
        for language, texts in flow.texts.items():
            yield from ((f"{name}.{language}.{key}", text) for key, text in texts.items())
    for language, texts in shipped.texts.items():
        yield from ((f"general.{language}.{key}", text) for key, text in texts.items())


@pytest.mark.parametrize(("place", "text"), list(shipped_texts()))
def test_shipped_texts_are_gsm_7_and_short(place, text):
    assert encoding_of(text) is Encoding.GSM_7
    assert longest(text).segments <= 2, place
    # An organization whose name is in another alphabet is understood as well.
    foreign = {**LONG_FACTS, "organization_name": "Рога и копыта"}
    whole = render(text, foreign)
    assert size(whole).segments <= 3 or size(render_fitting(text, foreign)).segments == 3


def test_shipped_texts_say_the_same_in_every_language():
    """The same facts in each; and each names the keywords of its own language."""
    shipped = default_automations()
    for flow in shipped.flows.values():
        for key, text in flow.texts["en"].items():
            for language in LANGUAGES:
                assert placeholders_of(flow.texts[language][key]) == placeholders_of(text), (language, key)
    known = {keyword for flow in shipped.flows.values() for keyword in keywords_of(flow)}
    for place, text in shipped_texts():
        mentioned = {word.strip(".,:;") for word in text.split() if word.startswith("@")}
        assert mentioned <= known, place


def test_shipped_keywords():
    shipped = default_automations()
    assert {name: flow.keywords[0] for name, flow in shipped.flows.items()} == {name: f"@{name}" for name in FLOWS}
    assert all(carrier_word(keyword) is None for flow in shipped.flows.values() for keyword in keywords_of(flow))


def test_shipped_flows_survive_being_stored():
    shipped = default_automations()
    assert Automations.from_json(shipped.to_json()) == shipped


def test_shipped_files_are_flows_by_themselves():
    for name in FLOWS:
        text = files("ringback.messaging.default_flows").joinpath(f"{name}.toml").read_text("utf-8")
        assert Flow.model_validate(tomllib.loads(text)) == default_automations().flows[name]


def test_every_service_says_what_it_needs_and_answers():
    assert set(WORDS) == set(NEEDS) == set(Service)
