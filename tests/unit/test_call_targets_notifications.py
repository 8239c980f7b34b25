"""A call target's own notifications: what may be written, and whose words are told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ringback.call_targets.notifications import (
    LONG_VALUES,
    Notification,
    NotificationSettings,
    NotificationTexts,
    longest,
)
from ringback.messaging.default_notifications import shipped_text, text_of
from ringback.messaging.flow.template import render_fitting
from ringback.messaging.model import TextKind
from ringback.texts import MOST_SEGMENTS, size

FACTS = {"organization_name": "Acme", "when": "at 3:15 PM"}


def test_there_is_a_switch_and_a_text_for_each_and_a_kind_to_send_it_as() -> None:
    kinds = {each.value for each in Notification}
    assert set(NotificationTexts.model_fields) == kinds
    assert set(NotificationSettings.model_fields) == {*kinds, "texts"}
    assert all(TextKind(kind) for kind in kinds)
    assert all(NotificationSettings().tells(each) for each in Notification)
    assert [each for each in Notification if not NotificationSettings(missed=False).tells(each)] == ["missed"]


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
def test_the_shipped_texts_could_be_ones_own(language: str) -> None:
    texts = {each.value: shipped_text(each, language) for each in Notification}
    assert NotificationTexts.model_validate(texts).model_dump() == {name: each.strip() for name, each in texts.items()}


PIECES = ["a", "ä", "€", "á", " ", "\n", ". ", "👋", "{{when}}", "{{manage_url}}", "{{ number }}", "word " * 12]


@given(st.lists(st.sampled_from(PIECES), max_size=80).map("".join))
def test_what_is_taken_is_told_whole_in_three_segments(text: str) -> None:
    try:
        settings = NotificationSettings.model_validate({"texts": {"en": {"final": text}}})
    except ValidationError:
        return
    for own in settings.own_texts(Notification.FINAL).values():
        assert longest(own).segments <= MOST_SEGMENTS
        assert size(render_fitting(own, LONG_VALUES)).segments <= MOST_SEGMENTS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Hello {{customer_name}}", "is no placeholder of a notification; the known ones are {{organization_name}}"),
        ("Hello {{when", "is no placeholder"),
        ("Hello \x07", "a notification may not contain the control character U+0007"),
        ("ñandú " * 40, "with long values it takes 4 segments; 3 are allowed"),
        ("{{manage_url}} " * 5, "with long values it takes 4 segments; 3 are allowed"),
        ("x" * 601, "at most 600 characters"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_words(text: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(problem)):
        NotificationTexts(reminder=text)


def test_plain_typography_is_kept() -> None:
    assert NotificationTexts(final="“We’ll not call again” …").final == '"We\'ll not call again" ...'


@pytest.mark.parametrize(
    ("own", "language", "told"),
    [
        ({}, "en", "Acme: we could not reach you. We will try again at 3:15 PM."),
        ({"en": "Again {{when}}."}, "en-GB", "Again at 3:15 PM."),
        ({"pt-BR": "Outra vez {{when}}."}, "pt", "Outra vez at 3:15 PM."),
        ({"de": "Wieder {{when}}."}, "en", "Acme: we could not reach you. We will try again at 3:15 PM."),
        ({"de": "Wieder {{when}}."}, "it", "Acme: we could not reach you. We will try again at 3:15 PM."),
        ({"en": "From {{number}}."}, "en", "Acme: we could not reach you. We will try again at 3:15 PM."),
        ({"en": "From {{number}}. Again {{when}}."}, "en", "Again at 3:15 PM."),
    ],
)
def test_the_nearest_words_are_told(own: dict[str, str], language: str, told: str) -> None:
    assert text_of(Notification.MISSED, own, language, FACTS) == told
