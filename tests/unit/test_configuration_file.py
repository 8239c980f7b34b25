"""Reading a configuration file: what it means, and how everything wrong with it is told."""

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.call_targets.model import CallTargetSettings
from ringback.configuration.file import (
    LARGEST_FILE,
    BlockedNumbersTable,
    ConveyTable,
    OrganizationDocument,
    OrganizationTable,
    PolicyTable,
    TokenTable,
    read_file,
    read_tables,
    read_text,
)
from ringback.hours.model import Opening, OpeningHours, Override
from ringback.kernel.errors import ConfigurationInvalid
from ringback.widgets.model import UserDataKey, UserDataSet

MINIMAL = """\
[organization]
key = "acme"
name = "Acme"
numbers = { region = "us" }
public = true

[call_targets.billing]
name = "Billing"

[widgets.billing]
name = "billing"
call_target = "billing"
"""


def problems_of(text):
    with pytest.raises(ConfigurationInvalid) as caught:
        read_text(text)
    return caught.value.problems


def only_problem(text):
    problems = problems_of(text)
    assert len(problems) == 1, problems
    return problems[0]


def test_a_small_file_has_defaults_for_the_rest():
    document = read_text(MINIMAL).document
    assert document.organization.numbers.region == "US"
    assert document.call_targets["billing"].slots.capacity == 4
    assert document.widgets["billing"].call_target == "billing"
    assert document.conveys == {}


def test_the_tables_of_a_file_are_the_settings_of_the_features():
    text = MINIMAL.replace(
        'name = "Billing"',
        'name = "Billing"\nhours.weekly.mon = ["09:00-12:30"]\nhours.holidays = [{ date = 2026-12-25 }]\n'
        'duplicate_rule = "keep"\nretry = { growth = 2 }',
    )
    target = read_text(text).document.call_targets["billing"]
    assert target.hours.weekly.mon == (Opening(540, 750),)
    assert target.hours.holidays[0].date == dt.date(2026, 12, 25)
    assert target.duplicate_rule == "keep"
    assert target.retry.growth == 2.0


def test_display_order_is_that_of_the_file_after_those_with_a_position():
    text = MINIMAL + "".join(
        f'[{kind}.{key}]\nname = "{key}"\ncall_target = "billing"\n{more}\n'
        for kind, key, more in [
            ("conveys", "page", ""),
            ("widgets", "z", ""),
            ("widgets", "late", "position = 2"),
            ("conveys", "first", "position = 1"),
        ]
    )
    assert list(read_text(text).document.in_display_order()) == ["first", "late", "billing", "z", "page"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-01-31", "2027-01-31T00:00:00"),
        ('"2027-01-31"', "2027-01-31T00:00:00"),
        ("2027-01-31T18:00:00", "2027-01-31T18:00:00"),
        ("2027-01-31T18:00:00Z", "2027-01-31T18:00:00+00:00"),
    ],
)
def test_a_token_expires_at_a_time_or_on_a_day(written, meant):
    text = f'{MINIMAL}[policies.p]\nname = "P"\n[policies.p.tokens.t]\nexpires = {written}\n'
    assert read_text(text).document.policies["p"].tokens["t"].expires.isoformat() == meant


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path):
    file = tmp_path / "acme.toml"
    file.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert read_file(file).document == read_text(MINIMAL).document


# Each of these is added to the minimal file, where the line that follows it is line 14 (a table of its own).
WRONG = {
    "unknown section": ("[call_target.x]", "line 14: call_target: there is no such key; did you mean 'call_targets'?"),
    "unknown key": (
        '[call_targets.b]\nname = "B"\nslots = { capcity = 3 }',
        "line 16: call_targets.b.slots.capcity: there is no such key; did you mean 'capacity'?",
    ),
    "unknown key in a list": (
        '[call_targets.b]\nname = "B"\nhours = { weekly = "always", holidays = [{ date = 2026-12-25, nam = "x" }] }',
        "line 16: call_targets.b.hours.holidays[0].nam: there is no such key; did you mean 'name'?",
    ),
    "missing key": ("[call_targets.b]", "line 14: call_targets.b.name: is required and is not there"),
    "bad opening": (
        '[call_targets.b]\nname = "B"\n[call_targets.b.hours.weekly]\nmon = ["09:00-12:00",\n"9-12"]',
        "line 18: call_targets.b.hours.weekly.mon[1]: '9-12' is not an opening; write it like 09:00-17:30, with ",
    ),
    "text for a number": (
        '[call_targets.b]\nname = "B"\nslots.capacity = "4"',
        'line 16: call_targets.b.slots.capacity: should be a valid integer, not "4"',
    ),
    "number for a switch": (
        '[call_targets.b]\nname = "B"\noffer_asap = 1',
        "line 16: call_targets.b.offer_asap: should be a valid boolean, not 1",
    ),
    "switch for a number": (
        '[call_targets.b]\nname = "B"\nminimum_delay = true',
        "line 16: call_targets.b.minimum_delay: should be a valid integer, not true",
    ),
    "out of range": (
        '[call_targets.b]\nname = "B"\nslots.capacity = 0',
        "line 16: call_targets.b.slots.capacity: should be greater than or equal to 1, not 0",
    ),
    "no such choice": (
        '[call_targets.b]\nname = "B"\nduplicate_rule = "refuze"',
        "line 16: call_targets.b.duplicate_rule: should be 'refuse', 'keep', 'replace' or 'allow', not \"refuze\"",
    ),
    "value for a table": ("[call_targets]\nb = 5", None),
    "unknown call target": (
        '[widgets.w]\nname = "W"\ncall_target = "biling"',
        "line 16: widgets.w.call_target: there is no [call_targets.biling]; did you mean 'billing'?",
    ),
    "unknown policy": (
        '[conveys.w]\nname = "W"\ncall_target = "billing"\npolicy = "p"',
        "line 17: conveys.w.policy: there is no [policies.p]",
    ),
    "unknown user data set": (
        '[widgets.w]\nname = "W"\ncall_target = "billing"\nuser_data_set = "p"',
        "line 17: widgets.w.user_data_set: there is no [user_data_sets.p]",
    ),
    "key of a widget and a convey": (
        '[conveys.billing]\nname = "W"\ncall_target = "billing"\nslug = "x"',
        "line 14: conveys.billing: the key 'billing' is also that of widgets.billing",
    ),
    "the same slug": (
        '[conveys.a]\nname = "A"\ncall_target = "billing"\n[conveys.b]\nname = "B"\ncall_target = "billing"\nslug = "a"',
        "line 20: conveys.b.slug: the slug 'a' is also that of conveys.a",
    ),
    "the same id": (
        '[widgets.a]\nname = "A"\ncall_target = "billing"\nid = "X"\n[conveys.b]\nname = "B"\ncall_target = "billing"\nid = "X"',
        "line 21: conveys.b.id: the id 'X' is also that of widgets.a",
    ),
    "unknown placeholder": (
        '[widgets.w]\nname = "W"\ncall_target = "billing"\nmessages.en.offer_callback = "In {{et}}."',
        "line 17: widgets.w.messages.en.offer_callback: the placeholder {{et}} is unknown; the known ones are ",
    ),
    "unknown message": (
        '[widgets.w]\nname = "W"\ncall_target = "billing"\nmessages.en.offer = "x"',
        "line 17: widgets.w.messages.en.offer: there is no such message; there are offer_callback, ",
    ),
    "language not offered": (
        '[widgets.w]\nname = "W"\ncall_target = "billing"\nmessages.it.offer_callback = "x"',
        "line 17: widgets.w.messages.it: 'it' is not among the organization's languages (en, es, fr, de): add it there",
    ),
    "no language": (
        '[widgets.w]\nname = "W"\ncall_target = "billing"\nmessages."e!".offer_callback = "x"',
        "line 17: widgets.w.messages.\"e!\": 'e!' is no language tag such as en or pt-BR",
    ),
    "default language not offered": (
        '[widgets.w]\nname = "W"\ncall_target = "billing"\ndefault_language = "it"',
        "line 17: widgets.w.default_language: 'it' is not among the organization's languages",
    ),
    "call target's language not offered": (
        '[call_targets.b]\nname = "B"\nlanguages = ["en", "it"]',
        "line 16: call_targets.b.languages[1]: 'it' is not among the organization's languages",
    ),
    "bad key": (
        '[call_targets."Not a key"]\nname = "B"',
        'line 14: call_targets."Not a key": a key is 1 to 63 lower-case',
    ),
    "bad network": (
        '[policies.p]\nname = "P"\nnetworks = ["10.0.0.0/8", "10.1.2.3/8"]',
        "line 16: policies.p.networks[1]: '10.1.2.3/8' names an address and a network",
    ),
    "secret itself": (
        '[policies.p]\nname = "P"\ntokens.t.secret_env = "kJ8sd7-sdf"',
        "line 16: policies.p.tokens.t.secret_env: should be the name of an environment variable",
    ),
    "no date": (
        '[policies.p]\nname = "P"\ntokens.t.expires = "soon"',
        "line 16: policies.p.tokens.t.expires: 'soon' is not a date or time",
    ),
    "a date out of this world": (
        '[policies.p]\nname = "P"\ntokens.t.expires = 9999-12-31',
        "line 16: policies.p.tokens.t.expires: the year of '9999-12-31' must lie between 2000 and 2999",
    ),
    "a date for a text": (
        "[call_targets.b]\nname = 2026-01-01",
        "line 15: call_targets.b.name: a date or time does not belong here; if it is meant as text, put it in quotes",
    ),
    "control character": (
        '[call_targets.b]\nname = "a\\u0000b"',
        "line 15: call_targets.b.name: has a control character in it",
    ),
    "control character in a key": ('[call_targets."a\\u0000"]\nname = "b"', None),
    "no number at all": (
        '[user_data_sets.u]\nname = "U"\nkeys = [{ key = "k", default = nan }]',
        "line 16: user_data_sets.u.keys[0].default: is not a finite number",
    ),
    "huge number": (
        '[user_data_sets.u]\nname = "U"\nkeys = [{ key = "k", default = 0x1ffffffffffffffff }]',
        "line 16: user_data_sets.u.keys[0].default: is too large a number",
    ),
    "list for a scalar": (
        '[user_data_sets.u]\nname = "U"\nkeys = [{ key = "k", default = [1] }]',
        "line 16: user_data_sets.u.keys[0].default: should be a valid string or a valid integer or",
    ),
    "local blocked number": (
        '[blocked_numbers]\nnumbers = ["+1 212 555 0123", "212 555 0124"]',
        "line 15: blocked_numbers.numbers[1]: write a blocked number with + and its country code",
    ),
    "blocked extension": (
        '[blocked_numbers]\nnumbers = ["+12125550123;ext=5"]',
        "line 15: blocked_numbers.numbers[0]: a whole",
    ),
    "bad prefix": (
        '[blocked_numbers]\nprefixes = ["900"]',
        "line 15: blocked_numbers.prefixes[0]: write a prefix with +",
    ),
}


@pytest.mark.parametrize(("added", "told"), WRONG.values(), ids=WRONG)
def test_each_mistake_is_told_with_its_place(added, told):
    if told is None:
        assert problems_of(f"{MINIMAL}\n{added}\n")
    else:
        assert only_problem(f"{MINIMAL}\n{added}\n").startswith(told)


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file():
    problems = problems_of("""\
[organization]
key = "acme"
time_zone = "Mars/Olympus"
policy = "nobody"
public = true
numbers = {}
[call_targets.billing]
name = "Billing"
slots = { capacity = "many", length_minutes = 1 }
[widgets.billing]
call_target = "sales"
name = "billing"
""")
    assert [problem.split(": ")[:2] for problem in problems] == [
        ["line 1", "organization.name"],
        ["line 3", "organization.time_zone"],
        ["line 4", "organization.policy"],
        ["line 5", "organization.public"],
        ["line 9", "call_targets.billing.slots.capacity"],
        ["line 9", "call_targets.billing.slots.length_minutes"],
        ["line 11", "widgets.billing.call_target"],
    ]


def test_a_secret_written_where_it_does_not_belong_is_not_repeated():
    secret = "s3cr3t-" * 6
    for written in (f'secret = "{secret}"', f'secret_env = "{secret}"'):
        text = f'{MINIMAL}[policies.p]\nname = "P"\n[policies.p.tokens.t]\n{written}\n'
        assert secret not in "".join(problems_of(text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[organization]\nkey = "acme\n', "line 2, column "),
        ("[organization]\nkey = \n", "line 2, column 7: "),
        ('[organization]\nkey = "a"\nkey = "b"\n', "line 3, column 10: this key or table is there already"),
        ("[a]\n[a]\n", "line 2, column 3: this key or table is there already"),
        ("[organization]\nkey = '''a\n", "at the end of the file: "),
        (f"key = {'9' * 5000}\n", "a number in it is too large"),
    ],
)
def test_a_text_that_is_not_toml_is_told_with_line_and_column(text, told):
    assert only_problem(text).startswith(told)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a = " + "{b = " * 5000 + "1" + "}" * 5000])
def test_deep_nesting_is_refused(text):
    with pytest.raises(ConfigurationInvalid, match="nested too deeply"):
        read_text(text)


def test_deep_dotted_keys_are_refused():
    assert any("is nested too deeply" in problem for problem in problems_of(".".join("a" * 3000) + " = 1"))


def unreadable(tmp_path):
    (tmp_path / "binary").write_bytes(b"\x00\xff\xfe" * 10)
    (tmp_path / "latin").write_bytes("a = 1\nname = 'Café'".encode("latin-1"))
    (tmp_path / "large").write_bytes(b"#" * (LARGEST_FILE + 1))
    return {
        "missing": f"There is no file {tmp_path}/missing.",
        "": f"{tmp_path} is a directory",
        "binary": f"{tmp_path}/binary is not text in UTF-8 (line 1)",
        "latin": f"{tmp_path}/latin is not text in UTF-8 (line 2)",
        "large": f"{tmp_path}/large is larger than 1024 KiB",
        "latin/below": f"{tmp_path}/latin/below cannot be read: Not a directory",
        "a\0b": f"{tmp_path}/a\0b cannot be read: ",
    }


def test_a_file_that_cannot_be_read_is_told_why(tmp_path):
    for name, told in unreadable(tmp_path).items():
        with pytest.raises(ConfigurationInvalid) as caught:
            read_file(tmp_path / name)
        assert caught.value.message.startswith(told)


KEYS = sorted(
    {
        *OrganizationDocument.model_fields,
        *OrganizationTable.model_fields,
        *PolicyTable.model_fields,
        *TokenTable.model_fields,
        *CallTargetSettings.model_fields,
        *OpeningHours.model_fields,
        *Override.model_fields,
        *ConveyTable.model_fields,
        *UserDataSet.model_fields,
        *UserDataKey.model_fields,
        *BlockedNumbersTable.model_fields,
        *("billing", "t", "mon", "en", "offer_callback", "capacity", "region", "requests", "seconds", "destination"),
    }
)
scalars = (
    st.none().filter(bool)
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["billing", "always", "acme", "US", "en", "+12125550123", "{{ewt}}", "09:00-17:00", "all", "2027-01-01"]
    )
    | st.dates()
    | st.datetimes()
    | st.times()
)
keys = st.sampled_from(KEYS) | st.text(max_size=5)
tables = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6), max_leaves=25
)


def is_accepted_or_refused_with_reasons(content):
    try:
        read_tables(content, {})
    except ConfigurationInvalid as error:
        return error.problems != ()
    return True


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(keys, tables, max_size=6))
def test_whatever_a_file_holds_it_is_read_or_refused(content):
    assert is_accepted_or_refused_with_reasons(content)


VALID = {
    "organization": {"key": "acme", "name": "Acme", "numbers": {"region": "US"}, "limits": {}, "policy": "p"},
    "policies": {"p": {"name": "P", "networks": ["10.0.0.0/8"], "tokens": {"t": {"expires": dt.date(2027, 1, 1)}}}},
    "user_data_sets": {"u": {"name": "U", "keys": [{"key": "k", "default": 1}]}},
    "call_targets": {
        "billing": {"name": "B", "hours": {"weekly": {"mon": ["09:00-17:00"]}, "overrides": []}, "slots": {}}
    },
    "widgets": {"w": {"name": "W", "call_target": "billing", "messages": {"en": {"offer_callback": "x"}}}},
    "conveys": {"c": {"name": "C", "call_target": "billing", "slug": "c", "position": 1}},
    "blocked_numbers": {"numbers": ["+12125550123"], "prefixes": ["+1900"]},
}


def spots(value, path=()):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from spots(inner, (*path, key))


def with_change(value, path, new):
    if not path:
        return new
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[path[0]] = with_change(value[path[0]], path[1:], new)
    return copy


def test_the_file_that_is_spoilt_below_is_right():
    assert read_tables(VALID, {}).conveys


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(spots(VALID))), tables)
def test_a_right_file_with_one_spot_spoilt_is_read_or_refused(path, new):
    assert is_accepted_or_refused_with_reasons(with_change(VALID, path, new))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(MINIMAL.splitlines()), max_size=12).map("\n".join))
def test_whatever_a_text_says_it_is_read_or_refused(text):
    with suppress(ConfigurationInvalid):
        read_text(text)
