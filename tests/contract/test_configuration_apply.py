"""Applying a configuration file: what is stored, what is kept, what is refused, on both databases."""

import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest

import ringback.audit.service as audit
import ringback.callbacks.service as callbacks
import ringback.configuration.service as configurations
from ringback.access.tokens import hash_token
from ringback.callbacks.model import Wish
from ringback.configuration import store
from ringback.configuration.apply import apply_file, preview
from ringback.configuration.file import read_text
from ringback.configuration.store import Blocked
from ringback.db.tx import Change
from ringback.kernel.clock import to_datetime
from ringback.kernel.errors import ConfigurationInvalid, NotFound
from ringback.kernel.phone import NumberRules, parse_number

ACME = """\
[organization]
key = "acme"
name = "Acme"
time_zone = "America/New_York"
numbers = { region = "US" }
policy = "crm"

[policies.crm]
name = "CRM"
networks = ["192.0.2.0/24"]
[policies.crm.tokens.main]
[policies.crm.tokens.spare]
secret_env = "ACME_TOKEN"
expires = 2027-01-01

[user_data_sets.customer]
name = "Customer"
keys = [{ key = "account", label = "Account" }, { key = "vip", default = false }]

[call_targets.billing]
name = "Billing"
hours.weekly = { mon = ["09:00-17:00"], fri = ["22:00-06:00"] }
hours.overrides = [{ date = 2026-12-24, open = ["09:00-12:00"] }]
retry = { growth = 1.5 }
[call_targets.sales]
name = "Sales"

[widgets.billing]
name = "billing"
call_target = "billing"
user_data_set = "customer"
messages.en.offer_callback = "In {{ewt}}."
[widgets.sales]
name = "sales"
call_target = "sales"
policy = "crm"
[conveys.page]
name = "page"
call_target = "billing"
slug = "acme-page"

[blocked_numbers]
numbers = ["+1 212 555 0123"]
prefixes = ["+1 900"]
"""

GLOBEX = """\
[organization]
key = "globex"
name = "Globex"
numbers = { region = "DE" }
public = true
[policies.crm]
name = "Ours"
[call_targets.billing]
name = "Rechnungen"
[widgets.billing]
name = "rechnungen"
call_target = "billing"
[conveys.page]
name = "seite"
call_target = "billing"
slug = "globex-page"
"""

SOMEBODY_ELSE = "Somebody else has just taken a key, id, short link or token of this file: apply it again."

SECRETS = {"ACME_TOKEN": "a-secret-of-more-than-thirty-two-characters"}


def without(text, *headers):
    """The text without the tables whose headers are given."""
    kept, dropping = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("["):
            dropping = line.strip() in headers
        if not dropping:
            kept.append(line)
    tomllib.loads("".join(kept))
    return "".join(kept)


class Operator:
    """Somebody at the command line."""

    def __init__(self, database, clock):
        self.database, self.clock = database, clock

    def apply(self, text, secrets=SECRETS):
        return self.database.write_now(
            apply_file, read_text(text), actor="ann", origin="test", secrets=secrets, now=self.clock.now()
        )

    def preview(self, text, secrets=SECRETS):
        return self.database.read_now(preview, read_text(text), secrets=secrets)

    def refused(self, text, secrets=SECRETS):
        """The problems; previewing finds the same, and nothing is changed."""
        before = self.everything()
        with pytest.raises(ConfigurationInvalid) as caught:
            self.apply(text, secrets)
        with pytest.raises(ConfigurationInvalid) as previewed:
            self.preview(text, secrets)
        assert previewed.value.problems == caught.value.problems
        assert self.everything() == before
        return caught.value.problems

    def load(self, org):
        return self.database.read_now(configurations.load, org)

    def entries(self, org):
        return self.database.read_now(audit.newest, org)

    def everything(self):
        return self.database.read_now(all_rows)


TABLES = [
    "access_tokens",
    "audit_log",
    "blocked_numbers",
    "call_targets",
    "organization_access",
    "organizations",
    "policies",
    "user_data_sets",
    "widgets",
]


def all_rows(tx):
    return {table: sorted(map(repr, (dict(row) for row in tx.all(f"SELECT * FROM {table}")))) for table in TABLES}


@pytest.fixture
def operator(database, clock):
    return Operator(database, clock)


def by_key(things):
    return {thing.key: thing for thing in things.values()}


def told(applied):
    return [f"{line.sign} {line.text}" for line in applied.difference.lines()]


def request_callback(operator, org, widget_key, number="+12125550188"):
    configuration = operator.load(org)
    widget = by_key(configuration.widgets)[widget_key]
    operator.database.write_now(
        callbacks.request_callback,
        configuration,
        widget.id,
        Wish(number=parse_number(number, NumberRules())),
        render=str,
        now=operator.clock.now(),
    )


def test_everything_in_the_file_is_stored(operator):
    applied = operator.apply(ACME)
    configuration = operator.load(applied.org)
    document = read_text(ACME).document
    assert (configuration.key, configuration.version) == ("acme", 1)
    assert configuration.settings.time_zone == "America/New_York"
    assert [widget.key for widget in configuration.widgets.values()] == ["billing", "sales", "page"]
    targets, widgets = by_key(configuration.call_targets), by_key(configuration.widgets)
    assert {key: target.settings for key, target in targets.items()} == dict(document.call_targets)
    assert widgets["page"].slug == "acme-page"
    assert configuration.call_target_of(widgets["page"]) == targets["billing"]
    assert configuration.user_data_set_of(widgets["billing"]) == document.user_data_sets["customer"]
    assert widgets["billing"].settings.messages == {"en": {"offer_callback": "In {{ewt}}."}}
    assert configuration.policy_of(widgets["billing"]) is None
    assert configuration.policy_of(widgets["sales"]) == configuration.policy
    assert configuration.policy.networks
    assert operator.database.read_now(store.blocked, applied.org) == {
        Blocked("number", "+12125550123"): "file",
        Blocked("prefix", "+1900"): "file",
    }


def test_listeners_hear_of_it(operator):
    heard = []
    operator.database.listen(heard.append)
    org = operator.apply(ACME).org
    assert heard == [{(org, Change.CONFIGURATION)}]


def test_the_ids_of_a_file_are_taken(operator):
    text = ACME.replace('key = "acme"', 'key = "acme"\nid = "org-1"').replace(
        "[widgets.billing]", '[widgets.billing]\nid = "old-1"'
    )
    applied = operator.apply(text)
    assert applied.org == "org-1"
    assert by_key(operator.load(applied.org).widgets)["billing"].id == "old-1"
    assert not operator.apply(text).difference
    assert not operator.apply(ACME).difference  # leaving them out later changes nothing


def test_applying_a_file_again_changes_nothing(operator):
    operator.apply(ACME)
    before = operator.everything()
    heard = []
    operator.database.listen(heard.append)
    operator.clock.advance(60)
    again = operator.apply(ACME, secrets={})
    assert not again.difference
    assert again.issued == ()
    assert operator.everything() == before
    assert heard == []


def test_a_preview_tells_what_applying_would_do_and_does_nothing(operator):
    previewed = operator.preview(ACME)
    assert previewed.org is None
    assert not any(operator.everything().values())
    applied = operator.apply(ACME)
    assert previewed.difference == applied.difference

    changed = ACME.replace('name = "Sales"', 'name = "Sales"\nslots.capacity = 6')
    before = operator.everything()
    assert told(operator.preview(changed)) == ["~ call_targets.sales.slots.capacity: 4 → 6"]
    assert operator.everything() == before


def test_a_change_is_stored_and_audited_with_before_and_after(operator):
    org = operator.apply(ACME).org
    created = operator.entries(org)
    operator.clock.advance(60)
    applied = operator.apply(ACME.replace('name = "Sales"', 'name = "Sales"\nslots.capacity = 6'))
    assert told(applied) == ["~ call_targets.sales.slots.capacity: 4 → 6"]
    assert operator.load(org).version == 2
    [entry] = [entry for entry in operator.entries(org) if entry not in created]
    assert (entry.actor, entry.origin, entry.at) == ("ann", "test", operator.clock.now())
    assert (entry.action, entry.subject_kind, entry.subject_key) == ("changed", "call_target", "sales")
    assert (entry.before["slots"]["capacity"], entry.after["slots"]["capacity"]) == (4, 6)


def test_each_created_thing_has_its_audit_entry_and_no_secret_is_in_any(operator):
    applied = operator.apply(ACME)
    entries = operator.entries(applied.org)
    assert {(entry.subject_kind, entry.subject_key) for entry in entries} == {
        ("organization", "organization"),
        ("policy", "crm"),
        ("token", "crm/main"),
        ("token", "crm/spare"),
        ("user_data_set", "customer"),
        ("call_target", "billing"),
        ("call_target", "sales"),
        ("widget", "billing"),
        ("widget", "sales"),
        ("convey", "page"),
        ("blocked_numbers", "blocked_numbers"),
    }
    written = "".join(operator.everything()["audit_log"])
    for secret in (applied.issued[0].secret, SECRETS["ACME_TOKEN"]):
        assert secret not in written
        assert hash_token(secret) not in written
    assert "2125550123" not in written
    assert applied.issued[0].secret not in repr(applied)


# --- Tokens


def tokens(operator, org):
    return {token.name: token for token in operator.load(org).policy.tokens}


def test_a_token_is_issued_once_and_a_given_secret_is_taken(operator):
    applied = operator.apply(ACME)
    [issued] = applied.issued
    assert (issued.policy, issued.name) == ("crm", "main")
    stored = tokens(operator, applied.org)
    assert stored["main"].hash == hash_token(issued.secret)
    assert stored["spare"].hash == hash_token(SECRETS["ACME_TOKEN"])
    assert to_datetime(stored["spare"].expires_at).isoformat() == "2027-01-01T05:00:00+00:00"  # midnight in New York
    assert operator.apply(ACME).issued == ()


def test_a_token_that_vanishes_or_says_so_is_revoked_for_good(operator):
    org = operator.apply(ACME).org
    gone = without(ACME, "[policies.crm.tokens.main]").replace("secret_env =", "revoked = true\nsecret_env =")
    assert told(operator.apply(gone)) == [
        "~ policies.crm.tokens.spare.revoked: false → true",
        "- policies.crm.tokens.main: not in the file, so it is revoked",
    ]
    assert not any(token.is_usable(operator.clock.now()) for token in tokens(operator, org).values())
    assert not operator.apply(gone).difference
    assert [problem.split(": ", 1)[1] for problem in operator.refused(ACME)] == [
        "policies.crm.tokens.main: was revoked, and stays so: give the new token a name of its own",
        "policies.crm.tokens.spare: was revoked, and stays so: give the new token a name of its own",
    ]


def test_a_token_revoked_from_the_start_still_makes_the_policy_ask_for_one(operator):
    text = ACME.replace("secret_env =", "revoked = true\nsecret_env =")
    org = operator.apply(without(text, "[policies.crm.tokens.main]"), secrets={}).org
    [token] = operator.load(org).policy.tokens
    assert not token.is_usable(operator.clock.now())


def test_the_end_of_a_token_can_be_moved(operator):
    org = operator.apply(ACME).org
    moved = ACME.replace("2027-01-01", "2026-06-01T12:00:00Z")
    assert told(operator.apply(moved)) == [
        '~ policies.crm.tokens.spare.expires: "2027-01-01T05:00:00+00:00" → "2026-06-01T12:00:00+00:00"'
    ]
    assert to_datetime(tokens(operator, org)["spare"].expires_at).isoformat() == "2026-06-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("secrets", "told"),
    [
        ({}, "the environment variable ACME_TOKEN is not set"),
        ({"ACME_TOKEN": ""}, "the environment variable ACME_TOKEN is not set"),
        ({"ACME_TOKEN": "x" * 31}, "the secret in ACME_TOKEN should have 32 to 256 printable ASCII characters"),
        ({"ACME_TOKEN": "x" * 257}, "the secret in ACME_TOKEN should have 32 to 256 printable ASCII characters"),
        ({"ACME_TOKEN": "x y" * 20}, "the secret in ACME_TOKEN should have 32 to 256 printable ASCII characters"),
        ({"ACME_TOKEN": "é" * 40}, "the secret in ACME_TOKEN should have 32 to 256 printable ASCII characters"),
    ],
)
def test_a_given_secret_must_be_there_and_be_one(operator, secrets, told):
    [problem] = operator.refused(ACME, secrets)
    assert problem.startswith(f"line 13: policies.crm.tokens.spare.secret_env: {told}")


def test_a_secret_serves_one_token_only_and_cannot_be_changed(operator):
    operator.apply(ACME)
    [problem] = operator.refused(ACME, {"ACME_TOKEN": "another-secret-of-more-than-thirty-two-characters"})
    assert "is not the secret of this token" in problem
    theirs = GLOBEX + '[policies.crm.tokens.t]\nsecret_env = "ACME_TOKEN"\n'
    [problem] = operator.refused(theirs)
    assert "is that of another token" in problem
    assert SECRETS["ACME_TOKEN"] not in problem
    twice = ACME.replace(
        "[user_data_sets.customer]",
        '[policies.crm.tokens.a]\nsecret_env = "X"\n[policies.crm.tokens.b]\nsecret_env = "X"\n[user_data_sets.customer]',
    )
    [problem] = operator.refused(twice, SECRETS | {"X": "x" * 40})
    assert problem.startswith("line 19: policies.crm.tokens.b.secret_env: the secret in X is that of another token")


# --- Removal and return


def test_what_is_not_in_the_file_is_removed_and_returns_under_its_old_id(operator):
    org = operator.apply(ACME).org
    before = operator.load(org)
    small = without(
        ACME,
        "[call_targets.sales]",
        "[widgets.sales]",
        "[conveys.page]",
        "[user_data_sets.customer]",
        "[blocked_numbers]",
    ).replace('user_data_set = "customer"\n', "")
    assert told(operator.apply(small)) == [
        '~ widgets.billing.user_data_set: "customer" → not set',
        "- user_data_sets.customer: not in the file, so it is removed",
        "- call_targets.sales: not in the file, so it is removed",
        "- widgets.sales: not in the file, so it is removed",
        "- conveys.page: not in the file, so it is removed",
        "~ blocked_numbers.count: 2 → 0",
        '~ blocked_numbers.entries: -"+1212*****23" -"+1900"',
    ]
    assert not operator.apply(small).difference
    after = operator.load(org)
    assert list(by_key(after.call_targets)) == ["billing"]
    assert list(by_key(after.widgets)) == ["billing"]
    assert after.user_data_sets == {}
    with pytest.raises(NotFound):
        operator.database.read_now(configurations.organization_of_convey, "acme-page")

    returned = operator.apply(ACME)
    assert "+ call_targets.sales (Sales): is back, under its old id" in told(returned)
    now = operator.load(org)
    assert now.call_targets == before.call_targets
    assert {widget.key: widget.id for widget in now.widgets.values()} == {
        widget.key: widget.id for widget in before.widgets.values()
    }
    assert {entry.subject_key for entry in operator.entries(org) if entry.action == "restored"} == {
        "sales",
        "page",
    }


def test_a_policy_goes_with_its_tokens_once_nothing_needs_it(operator):
    org = operator.apply(ACME).org
    text = without(ACME, "[policies.crm]", "[policies.crm.tokens.main]", "[policies.crm.tokens.spare]")
    operator.apply(text.replace('policy = "crm"\n', ""))
    configuration = operator.load(org)
    assert configuration.policy is None
    assert configuration.policies == {}
    assert not configuration.public
    [issued] = operator.apply(ACME).issued  # a new policy, whose tokens are new ones
    assert issued.name == "main"


def test_a_call_target_with_live_callbacks_stays(operator):
    org = operator.apply(ACME).org
    small = without(ACME, "[call_targets.sales]", "[widgets.sales]")
    request_callback(operator, org, "sales")
    request_callback(operator, org, "sales", "+12125550189")
    [problem] = operator.refused(small)
    assert problem.startswith(
        "call_targets.sales: is not in the file but cannot be removed: 2 callbacks have not ended"
    )
    assert operator.apply(without(ACME, "[widgets.sales]")).difference  # its widget may go


def test_a_widget_can_become_a_convey_and_keeps_its_id(operator):
    org = operator.apply(ACME).org
    before = by_key(operator.load(org).widgets)["sales"].id
    operator.apply(ACME.replace("[widgets.sales]", "[conveys.sales]"))
    sales = by_key(operator.load(org).widgets)["sales"]
    assert (sales.id, sales.kind, sales.slug) == (before, "convey", "sales")
    operator.apply(ACME)
    sales = by_key(operator.load(org).widgets)["sales"]
    assert (sales.id, sales.kind, sales.slug) == (before, "widget", None)


def test_conveys_can_exchange_their_links_and_inherit_those_of_removed_ones(operator):
    second = '[conveys.second]\nname = "second"\ncall_target = "sales"\nslug = "acme-second"\n'
    org = operator.apply(ACME + second).org
    exchanged = (
        (ACME + second).replace("acme-page", "x").replace("acme-second", "acme-page").replace('"x"', '"acme-second"')
    )
    operator.apply(exchanged)
    slugs = {key: widget.slug for key, widget in by_key(operator.load(org).widgets).items() if widget.slug}
    assert slugs == {"page": "acme-second", "second": "acme-page"}
    operator.apply(ACME)  # page takes its link back, from one that is removed
    assert by_key(operator.load(org).widgets)["page"].slug == "acme-page"
    assert not operator.apply(ACME).difference


def test_the_order_of_the_file_is_kept(operator):
    org = operator.apply(ACME).org
    applied = operator.apply(ACME.replace("[widgets.sales]\n", "[widgets.sales]\nposition = 1\n"))
    assert told(applied) == ['~ display_order.keys: ["billing", "sales", "page"] → ["sales", "billing", "page"]']
    assert list(by_key(operator.load(org).widgets)) == ["sales", "billing", "page"]
    newcomer = ACME.replace(
        "[widgets.billing]", '[widgets.first]\nname = "first"\ncall_target = "sales"\n[widgets.billing]'
    )
    operator.apply(ACME)
    assert told(operator.apply(newcomer)) == ["+ widgets.first (first)"]
    assert list(by_key(operator.load(org).widgets)) == ["first", "billing", "sales", "page"]


# --- The block list


def test_numbers_blocked_for_other_reasons_are_left_alone(operator):
    org = operator.apply(without(ACME, "[blocked_numbers]")).org

    def stop(tx):
        tx.run(
            "INSERT INTO blocked_numbers (org_id, pattern, scope, reason, created_at)"
            " VALUES (:org, '+12125550123', 'number', 'stop', 0)",
            org=org,
        )

    operator.database.write_now(stop)
    operator.apply(ACME)
    assert not operator.apply(ACME).difference
    operator.apply(without(ACME, "[blocked_numbers]"))
    assert operator.database.read_now(store.blocked, org) == {Blocked("number", "+12125550123"): "stop"}


# --- Other organizations


def rows_of(operator, org):
    return {table: [row for row in rows if f"'{org}'" in row] for table, rows in operator.everything().items()}


def test_one_organization_does_not_touch_another(operator):
    acme = operator.apply(ACME).org
    before = rows_of(operator, acme)
    globex = operator.apply(GLOBEX).org
    assert globex != acme
    operator.apply(without(GLOBEX, "[widgets.billing]", "[policies.crm]"))
    assert rows_of(operator, acme) == before
    assert operator.load(globex).public


def test_ids_and_links_of_others_cannot_be_taken_not_even_removed_ones(operator):
    acme = operator.apply(ACME).org
    widgets = by_key(operator.load(acme).widgets)
    operator.apply(without(ACME, "[conveys.page]"))
    theft = (
        GLOBEX.replace("globex-page", "acme-page")
        .replace("[conveys.page]", f'[conveys.page]\nid = "{widgets["page"].id}"')
        .replace("[widgets.billing]", f'[widgets.billing]\nid = "{widgets["billing"].id}"')
        .replace('key = "globex"', f'key = "globex"\nid = "{acme}"')
    )
    problems = [problem.split(": ", 1)[1] for problem in operator.refused(theft)]
    assert problems == [
        f"organization.id: '{acme}' is the id of another organization",
        f"widgets.billing.id: '{widgets['billing'].id}' is taken",
        f"conveys.page.id: '{widgets['page'].id}' is taken",
        "conveys.page.slug: the short link 'acme-page' is taken: choose another slug",
    ]


def test_an_id_once_given_cannot_change(operator):
    org = operator.apply(ACME).org
    sales = by_key(operator.load(org).widgets)["sales"].id
    text = (
        ACME.replace('key = "acme"', 'key = "acme"\nid = "other"')
        .replace("[widgets.billing]", '[widgets.billing]\nid = "mine"')
        .replace("[conveys.page]", f'[widgets.new]\nname = "n"\ncall_target = "sales"\nid = "{sales}"\n[conveys.page]')
    )
    problems = [problem.split(": ", 1)[1] for problem in operator.refused(text)]
    assert problems[0] == f"organization.id: it is '{org}' and cannot change: write that, or leave it out"
    assert problems[1].startswith("widgets.billing.id: it is '")
    assert problems[2] == f"widgets.new.id: '{sales}' is taken by 'sales'"


# --- What is perhaps not meant


def test_what_is_closed_to_everybody_is_noted(operator):
    text = without(ACME, "[policies.crm.tokens.main]", "[policies.crm.tokens.spare]")
    text = text.replace('policy = "crm"\n\n', "\n").replace('networks = ["192.0.2.0/24"]\n', "")
    assert operator.apply(text).warnings == (
        "policies.crm: with neither networks nor a token in use it lets nobody in",
        "organization: its endpoints are closed to everybody; give it a policy, or public = true",
    )
    assert operator.apply(ACME).warnings == ()


def test_simultaneous_applications_of_a_new_file_make_one_organization(operator):
    file = read_text(ACME)
    together = threading.Barrier(4)

    def apply(name):
        together.wait()
        try:
            return operator.database.write_now(
                apply_file, file, actor=name, origin="test", secrets=SECRETS, now=operator.clock.now()
            )
        except ConfigurationInvalid as error:
            return error.message

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(apply, ["ann", "ben", "cat", "dan"]))
    [first] = [answer for answer in answers if not isinstance(answer, str) and answer.difference]
    assert {answer.org for answer in answers if not isinstance(answer, str)} == {first.org}
    assert all(
        answer in {"The configuration cannot be applied.", SOMEBODY_ELSE}
        for answer in answers
        if isinstance(answer, str)
    )
    assert operator.load(first.org).version == 1
    assert not operator.apply(ACME).difference


def test_simultaneous_changes_of_one_organization_are_made_one_after_the_other(operator):
    org = operator.apply(ACME).org
    together = threading.Barrier(4)

    def apply(capacity):
        file = read_text(ACME.replace('name = "Sales"', f'name = "Sales"\nslots.capacity = {capacity}'))
        together.wait()
        return operator.database.write_now(
            apply_file, file, actor="ann", origin="test", secrets=SECRETS, now=operator.clock.now()
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(apply, [10, 20, 30, 40]))
    assert operator.load(org).version == 5
    steps = {
        (entry.before["slots"]["capacity"], entry.after["slots"]["capacity"])
        for entry in operator.entries(org)
        if entry.action == "changed" and entry.subject_kind == "call_target"
    }
    befores, afters = {before for before, _ in steps}, {after for _, after in steps}
    assert afters == {10, 20, 30, 40}
    assert 4 in befores
    assert len(befores & afters) == 3  # each began where another had ended
