"""What differs between two configurations, and how it is told."""

from hypothesis import given
from hypothesis import strategies as st

from ringback.audit.model import Action
from ringback.configuration.difference import compare

BILLING = ("call_targets", "billing")
TOKEN = ("policies", "crm", "tokens", "main")


def lines(before, after, known=()):
    return [f"{line.sign} {line.text}" for line in compare(before, after, known).lines()]


def test_a_setting_that_changed_is_told_by_its_path_in_the_file():
    before = {BILLING: {"name": "Billing", "slots": {"capacity": 4, "length_minutes": 15}}}
    after = {BILLING: {"name": "Billing", "slots": {"capacity": 6, "length_minutes": 15}}}
    assert lines(before, after) == ["~ call_targets.billing.slots.capacity: 4 → 6"]


def test_things_come_go_and_come_back():
    sales = ("call_targets", "sales")
    assert lines({}, {BILLING: {"name": "Billing"}}) == ["+ call_targets.billing (Billing)"]
    assert lines({BILLING: {"name": "Billing"}}, {}) == ["- call_targets.billing: not in the file, so it is removed"]
    assert lines({}, {sales: {"name": "Sales"}}, {sales}) == ["+ call_targets.sales (Sales): is back, under its old id"]


def test_a_token_that_is_gone_is_revoked():
    difference = compare({TOKEN: {"expires": None, "revoked": False}}, {})
    assert [line.text for line in difference.lines()] == ["policies.crm.tokens.main: not in the file, so it is revoked"]
    assert (difference.changes[0].kind, difference.changes[0].key) == ("token", "crm/main")
    assert difference.of_tokens() == [("crm", "main", Action.REMOVED)]
    assert difference.written("policies") == []


def test_of_a_list_only_what_came_and_went_is_told():
    before = {("policies", "crm"): {"networks": ["10.0.0.0/8", "192.0.2.0/24"]}}
    after = {("policies", "crm"): {"networks": ["192.0.2.0/24", "198.51.100.0/24"]}}
    assert lines(before, after) == ['~ policies.crm.networks: +"198.51.100.0/24" -"10.0.0.0/8"']


def test_a_list_in_another_order_is_told_whole():
    assert lines({BILLING: {"languages": ["en", "es"]}}, {BILLING: {"languages": ["es", "en"]}}) == [
        '~ call_targets.billing.languages: ["en", "es"] → ["es", "en"]'
    ]


def test_what_is_not_set_and_what_is_long_is_told_shortly():
    assert lines({BILLING: {"max_estimate": None}}, {BILLING: {"max_estimate": 600}}) == [
        "~ call_targets.billing.max_estimate: not set → 600"
    ]
    [line] = lines({BILLING: {"name": "x"}}, {BILLING: {"name": "y" * 500}})
    assert len(line) < 100


def test_removals_come_last():
    before = {BILLING: {"name": "Billing"}}
    after = {("widgets", "billing"): {"name": "billing"}}
    assert [change.action for change in compare(before, after).changes] == [Action.CREATED, Action.REMOVED]


scalars = st.integers(0, 3) | st.lists(st.integers(0, 2), max_size=2)
settings = st.recursive(scalars, lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=2), max_leaves=4)
facts = st.fixed_dictionaries({key: st.none() | settings for key in "abc"})  # a thing has all its settings
pictures = st.dictionaries(st.tuples(st.just("call_targets"), st.sampled_from(["b", "s", "t"])), facts, max_size=3)


@given(pictures, pictures)
def test_following_the_changes_leads_from_the_one_to_the_other(before, after):
    picture = dict(before)
    for change in compare(before, after).changes:
        assert picture.get(change.place) == change.before
        assert change.before != change.after
        if change.after is None:
            del picture[change.place]
        else:
            picture[change.place] = change.after
    assert picture == after


@given(pictures)
def test_nothing_differs_from_itself(picture):
    assert not compare(picture, picture)
    assert compare(picture, picture).lines() == []


@given(pictures, pictures)
def test_there_is_a_line_for_every_change(before, after):
    difference = compare(before, after)
    told = " ".join(line.text for line in difference.lines())
    assert all(".".join(change.place) in told for change in difference.changes)
