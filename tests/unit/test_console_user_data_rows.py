"""The form of a user data set: what is typed becomes keys with defaults of each type, and back."""

import json

import pytest

from ringback.console.user_data_rows import MOST_ROWS, Draft, Row, kept_of
from ringback.widgets.model import UserDataSet

EVERY_TYPE = UserDataSet.model_validate(
    {
        "name": "All",
        "keys": [
            {"key": "account", "label": "Account"},
            {"key": "language", "default": "en"},
            {"key": "vip", "default": False},
            {"key": "known", "default": True, "always_replace": True},
            {"key": "visits", "default": 3},
            {"key": "score", "default": 0.5},
            {"key": "empty", "default": ""},
        ],
    }
)


def typed(*rows: dict[str, str], name: str = "Set") -> dict[str, str]:
    fields = {f"{field}-{number}": value for number, row in enumerate(rows) for field, value in row.items()}
    return {"name": name, "rows": str(len(rows)), **fields}


def test_every_type_of_default_comes_back_as_it_was():
    settings, problems = Draft.of(EVERY_TYPE).document()
    assert problems == {}
    assert settings == EVERY_TYPE
    assert [type(key.default) for key in settings.keys] == [type(key.default) for key in EVERY_TYPE.keys]


def test_rows_left_blank_are_no_keys_and_problems_keep_their_row():
    form = typed({}, {"key": "a"}, {}, {"key": "Bad Key", "label": "x" * 121})
    settings, problems = Draft.read(form).document()
    assert settings is None
    assert problems.keys() == {"key-3", "label-3"}
    settings, problems = Draft.read({**form, "key-3": "b", "label-3": "B"}).document()
    assert problems == {}
    assert [key.key for key in settings.keys] == ["a", "b"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"key": "a", "kind": "number", "value": "many"}, "value-0"),
        ({"key": "a", "kind": "number", "value": "nan"}, "value-0"),
        ({"key": "a", "kind": "number", "value": str(2**63)}, "value-0"),
        ({"key": "a", "kind": "number", "value": "9" * 5000}, "value-0"),
        ({"key": "a", "kind": "none", "value": "x"}, "kind-0"),
        ({"key": "a", "kind": "date"}, "kind-0"),
        ({"key": "a", "kind": "none", "replace": "yes"}, "kind-0"),
        ({"label": "Account"}, "key-0"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(row, field):
    settings, problems = Draft.read(typed(row)).document()
    assert settings is None
    assert problems.keys() == {field}


def test_a_key_listed_twice_and_no_name():
    settings, problems = Draft.read(typed({"key": "a"}, {"key": "a"}, name="")).document()
    assert settings is None
    assert problems == {"name": "This is needed.", "keys": "Keys listed twice: a."}


def test_rows_come_and_go():
    draft = Draft.read(typed({"key": "a"}, {"key": "b"}))
    assert [row.key for row in draft.with_row().rows] == ["a", "b", ""]
    assert [row.key for row in draft.without_row("0").rows] == ["b"]
    assert draft.without_row("7") == draft
    assert len(Draft("x", (Row(),) * MOST_ROWS).with_row().rows) == MOST_ROWS


@pytest.mark.parametrize("rows", ["", "-1", "99999", "x", "²"])
def test_whatever_number_of_rows_is_sent(rows):
    assert Draft.read({"name": "x", "rows": rows}).rows == ()


def test_what_is_kept_is_what_the_widget_would_keep():
    sent = {"account": "4711", "known": False, "unknown": 1, "language": None}
    kept = kept_of(Draft.of(EVERY_TYPE), json.dumps(sent))
    assert json.loads(kept.text) == EVERY_TYPE.keep(sent)
    assert kept_of(Draft("", Draft.of(EVERY_TYPE).rows), "{}").problem == ""  # a name is not needed for that


@pytest.mark.parametrize("sent", ["", "{", "[]", "1", '{"a": {}}', '{"a": [1]}', "[" * 100_000])
def test_what_cannot_be_sent(sent):
    kept = kept_of(Draft.of(EVERY_TYPE), sent)
    assert kept.problem
    assert not kept.text
