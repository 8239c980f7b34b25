from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ringback.widgets.model import NO_USER_DATA, UserDataSet, WidgetSettings

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


def _set(*keys: dict[str, Any]) -> UserDataSet:
    return UserDataSet.model_validate({"name": "crm", "keys": keys})


def test_only_the_keys_of_the_set_are_kept():
    assert _set({"key": "order"}).keep({"order": "A-1", "password": "x"}) == {"order": "A-1"}


def test_a_default_fills_what_was_not_sent():
    data_set = _set({"key": "order", "default": "none"}, {"key": "vip", "default": False})

    assert data_set.keep({}) == {"order": "none", "vip": False}
    assert data_set.keep({"order": "A-1", "vip": True}) == {"order": "A-1", "vip": True}


def test_an_always_replaced_key_is_what_was_configured_whatever_was_sent():
    data_set = _set({"key": "source", "default": "web", "always_replace": True})

    assert data_set.keep({"source": "forged"}) == {"source": "web"}
    assert data_set.keep({}) == {"source": "web"}


def test_without_a_set_nothing_is_passed_on():
    assert NO_USER_DATA.keep({"anything": 1}) == {}


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), scalars))
def test_what_is_kept_was_sent_or_configured(sent: dict[str, Any]):
    data_set = _set({"key": "a"}, {"key": "b", "default": 1}, {"key": "c", "default": 2, "always_replace": True})

    kept = data_set.keep(sent)

    assert set(kept) <= {"a", "b", "c"}
    assert kept["c"] == 2
    for key, value in kept.items():
        assert value is not None
        assert value in (sent.get(key), {"b": 1, "c": 2}.get(key))


@pytest.mark.parametrize(
    "keys",
    [
        [{"key": "a", "always_replace": True}],
        [{"key": "a"}, {"key": "a"}],
        [{"key": "A b"}],
        [{"key": ""}],
        [{"key": "a", "default": [1]}],
        [{"key": "a", "unknown": 1}],
    ],
)
def test_a_set_that_makes_no_sense_is_refused(keys: list[dict[str, Any]]):
    with pytest.raises(ValidationError):
        _set(*keys)


@pytest.mark.parametrize("value", [True, 1, 1.5, "1", "", 0, False])
def test_a_default_keeps_its_type_in_the_database(value: Any):
    data_set = _set({"key": "a", "default": value})

    read = UserDataSet.from_json(data_set.to_json())

    assert read == data_set
    assert type(read.keep({})["a"]) is type(value)


def test_settings_come_back_from_the_database_as_they_were():
    settings = WidgetSettings(
        name="billing",
        active=False,
        default_language="de",
        messages={"en": {"offer_callback": "Call you in {{ewt}}?"}},
        numbers={"region": "DE", "countries": ["DE", "AT"]},
    )

    assert WidgetSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    "messages",
    [
        {"en": {"offer_callback": "{{unknown}}"}},
        {"en": {"no_such_state": "x"}},
        {"en": {"offer_callback": ""}},
        {"not a language": {"offer_callback": "x"}},
    ],
)
def test_a_message_that_cannot_be_rendered_is_refused_when_saved(messages: dict[str, Any]):
    with pytest.raises(ValidationError):
        WidgetSettings(name="billing", messages=messages)


def test_all_that_is_wrong_with_the_messages_is_told_at_once():
    with pytest.raises(ValidationError) as caught:
        WidgetSettings(name="b", messages={"en": {"offer_callback": "{{x}}"}, "de": {"nonsense": "x"}})

    assert "en.offer_callback" in str(caught.value)
    assert "de.nonsense" in str(caught.value)
