"""Where the keys of a TOML text stand."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.configuration.lines import line_of, lines_of

TEXT = '''\
# a comment = "with # signs"
title = "x"   # one more

[call_targets.billing]
hours.weekly = { mon = ["09:00-12:00",
  # between
  "13:00-17:00"], tue = [] }
note = """
[not.a.table]
key = "no"
\\""" still """
slots = {capacity = 4}

[call_targets."a b"] # quoted
'single' = 'it''
[[list]]
name = 1
[list.inner]
deep = [[1, 2],
  [3]]
[[list]]
name = 2
'''.replace("'it''", "'it'")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("call_targets", "billing"), 4),
        (("call_targets", "billing", "hours"), 5),
        (("call_targets", "billing", "hours", "weekly", "mon", 0), 5),
        (("call_targets", "billing", "hours", "weekly", "mon", 1), 7),
        (("call_targets", "billing", "hours", "weekly", "tue"), 7),
        (("call_targets", "billing", "note"), 8),
        (("call_targets", "billing", "slots", "capacity"), 12),
        (("call_targets", "a b"), 14),
        (("call_targets", "a b", "single"), 15),
        (("list", 0, "name"), 17),
        (("list", 0, "inner", "deep", 1, 0), 20),
        (("list", 1, "name"), 22),
    ],
)
def test_each_key_has_its_line(path, line):
    assert lines_of(TEXT)[path] == line


def test_what_is_not_in_the_text_has_the_line_of_what_is_around_it():
    lines = lines_of(TEXT)
    assert line_of(lines, ("call_targets", "billing", "slots", "capacty", "deeper")) == 12
    assert line_of(lines, ("call_targets", "billing", "retry")) == 4
    assert line_of(lines, ("organization",)) is None
    assert line_of({}, ("organization",)) is None


def inline(value):
    """A TOML value; JSON's strings, numbers and arrays are TOML's too."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",\n ".join(map(inline, value)) + "]"
    return json.dumps(value)


words = st.text("ab .#=[]{}\"'\\,\n", max_size=6)
values = st.recursive(
    st.booleans() | st.integers(-999, 999) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


def paths_of(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from paths_of(below, (*path, key))


@given(st.dictionaries(words, st.dictionaries(words, values, max_size=3), max_size=3))
def test_every_path_is_found_whatever_the_text(tables):
    text = ""
    for name, table in tables.items():
        text += f"[{json.dumps(name)}]\n" + "".join(f"{json.dumps(key)} = {inline(table[key])}\n" for key in table)
    assert tomllib.loads(text) == tables
    found = lines_of(text)
    assert set(found) == set(paths_of(tables))
    for name in tables:
        assert text.splitlines()[found[name,] - 1].startswith("[") or "\n" in name
