"""The form of a widget: whatever its settings are, they survive the way into the fields and back."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.configuration.kept_widgets import WidgetDraft
from ringback.console.forms import read_fields
from ringback.console.pages.widget_form import (
    KINDS_OF_NUMBER,
    countries,
    language_words,
    read_draft,
    rules_words,
    typed_of,
)
from ringback.console.pages.widget_messages import read_texts
from ringback.console.pages.widget_words import MESSAGES, PLACEHOLDER_WORDS
from ringback.kernel.phone import NumberKind, NumberRules
from ringback.widgets.messages import PLACEHOLDERS, MessageKey
from ringback.widgets.model import WidgetKind, WidgetSettings

USUAL = NumberRules()
REGIONS = st.sampled_from(["US", "CA", "DE", "FR", "JP"])
WORDS = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" \u00a0\u202f"), min_size=1, max_size=60
)
RULES = st.builds(
    NumberRules,
    region=REGIONS,
    countries=st.lists(REGIONS, max_size=4).map(tuple),
    types=st.lists(st.sampled_from(list(KINDS_OF_NUMBER)), min_size=1, unique=True).map(tuple),
)
IDS = st.none() | st.text("0123456789abcdef", min_size=1, max_size=16)
DRAFTS = st.builds(
    WidgetDraft,
    settings=st.builds(
        WidgetSettings,
        name=WORDS.filter(str.strip),
        by_text=st.booleans(),
        default_language=st.sampled_from(["", "en", "pt-BR", "de"]),
        numbers=st.none() | RULES,
    ),
    call_target_id=st.text("0123456789abcdef", min_size=1, max_size=16),
    policy_id=IDS,
    user_data_set_id=IDS,
    template_id=IDS,
    slug=st.none() | st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True),
)
TEXTS = st.dictionaries(
    st.sampled_from([key.value for key in MessageKey]),
    st.text(
        st.characters(exclude_categories=["C", "Z"], include_characters=" \n\u00a0\u202f\u200d"), max_size=200
    ).filter(str.strip),
)


def through_a_browser(fields: dict[str, str]) -> dict[str, str]:
    """As a browser sends a form, and as it is read."""
    return read_fields(urlencode({name: value.replace("\n", "\r\n") for name, value in fields.items()}))


@given(DRAFTS)
def test_any_draft_survives_the_form(draft: WidgetDraft) -> None:
    sent = through_a_browser(typed_of(draft, USUAL))
    read, problems = read_draft(sent, WidgetKind.CONVEY, draft)
    assert problems == {}
    assert read == draft
    assert typed_of(read, USUAL) == typed_of(draft, USUAL)


@given(TEXTS)
def test_any_texts_survive_the_form(texts: dict[str, str]) -> None:
    fields = {f"text-{key}": text for key, text in texts.items()}
    read = read_texts(through_a_browser(fields))
    assert read == {key: text.strip() for key, text in texts.items()}
    assert read_texts({f"text-{key}": text for key, text in read.items()}) == read


@given(
    st.dictionaries(
        st.sampled_from(
            list(
                typed_of(
                    WidgetDraft.model_validate({"settings": {"name": "x"}, "call_target_id": "x", "slug": "x"}), USUAL
                )
            )
        ),
        st.text(max_size=200),
    )
)
def test_whatever_is_typed_becomes_a_draft_or_a_problem(form: dict[str, str]) -> None:
    for kind in WidgetKind:
        draft, problems = read_draft(form, kind)
        assert (draft is None) == bool(problems)
        assert all(words.endswith(".") for words in problems.values())


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"slug": "Not a slug"}, "slug"),
        ({"numbers": "own", "region": "XX"}, "region"),
        ({"numbers": "own", "countries": "US, XX"}, "countries"),
        ({"numbers": "own", "type-mobile": ""}, "types"),
        ({"default_language": "x" * 36}, "default_language"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(typed: dict[str, str], field: str) -> None:
    right = {"name": "billing", "region": "US", "type-mobile": "yes", "slug": "pay"}
    assert read_draft(right, WidgetKind.CONVEY)[1] == {}
    draft, problems = read_draft(right | typed, WidgetKind.CONVEY)
    assert draft is None
    assert list(problems) == [field]


def test_the_organization_s_rules_leave_what_is_typed_beside_them_alone() -> None:
    draft, problems = read_draft({"name": "x", "numbers": "organization", "region": "XX"}, WidgetKind.WIDGET)
    assert problems == {}
    assert draft is not None
    assert draft.settings.numbers is None


def test_a_widget_has_no_link() -> None:
    draft, _ = read_draft({"name": "x", "slug": "pay"}, WidgetKind.WIDGET)
    assert draft is not None
    assert draft.slug is None


def test_everything_that_can_be_chosen_or_written_has_its_words() -> None:
    assert set(PLACEHOLDER_WORDS) == set(PLACEHOLDERS)
    assert set(MESSAGES) == set(MessageKey)
    never = {NumberKind.PREMIUM_RATE, NumberKind.SHARED_COST, NumberKind.UNKNOWN}
    assert set(KINDS_OF_NUMBER) == set(NumberKind) - never
    assert ("DE", "Germany") in countries()


def test_rules_and_languages_in_words() -> None:
    assert rules_words(NumberRules(region="DE", types=(NumberKind.MOBILE,))) == "Numbers of Germany: mobile."
    rules = NumberRules(countries=("CA", "US"))
    assert rules_words(rules) == "Numbers of Canada, United States: fixed line, mobile, internet telephone, toll-free."
    assert language_words("pt-BR") == "Portuguese, Brazil (pt-BR)"
    assert language_words("xx") == "xx"
