"""An organization's configuration, read as one value."""

import threading
from ipaddress import ip_address

import pytest
from tests.fakes.organizations import Organization

import ringback.access.store as access
import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.access.decide import admit
from ringback.access.tokens import issue
from ringback.configuration import service as configurations
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.db.tx import Change, Changes, ConstraintViolated, Tx
from ringback.kernel.clock import ManualClock, after, to_datetime
from ringback.kernel.errors import NotFound, Unauthorized
from ringback.kernel.tenancy import CallTargetId, OrgId, PolicyId, UserDataSetId, WidgetId
from ringback.widgets.model import NO_USER_DATA, WidgetKind


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    return Organization(database, clock)


def test_everything_configured_comes_back(acme: Organization):
    policy_id = acme.policy("partners", networks=["192.0.2.0/24"])
    acme.guard(policy_id)
    set_id = acme.user_data_set("crm", {"keys": [{"key": "order"}]})
    acme.call_target("billing", time_zone="America/New_York", minimum_delay=60)
    acme.call_target("sales")
    acme.widget("web", call_target="sales", position=1, policy_id=policy_id, user_data_set_id=set_id)
    acme.widget("texting", kind=WidgetKind.CONVEY, position=0, numbers={"region": "DE"})

    configuration = acme.configuration

    assert (configuration.org, configuration.key) == ("acme", "acme")
    assert configuration.settings.name == "Acme"
    assert [*configuration.widgets] == ["acme-texting", "acme-web"]
    billing, sales = configuration.call_targets.values()
    assert (billing.key, billing.zone_name, billing.settings.minimum_delay) == ("billing", "America/New_York", 60)
    assert (sales.key, sales.zone_name) == ("sales", "UTC")
    web, texting = configuration.widgets[WidgetId("acme-web")], configuration.widgets[WidgetId("acme-texting")]
    assert configuration.call_target_of(web) is sales
    assert configuration.policy is configuration.policy_of(web) is configuration.policies[policy_id]
    assert configuration.policy_of(texting) is None
    assert configuration.user_data_set_of(web).keep({"order": 1}) == {"order": 1}
    assert configuration.user_data_set_of(texting) is NO_USER_DATA
    assert configuration.number_rules_of(web).region == "US"
    assert configuration.number_rules_of(texting).region == "DE"
    assert (texting.kind, texting.slug) == (WidgetKind.CONVEY, "texting")


def test_a_call_target_without_a_zone_follows_the_organization(acme: Organization):
    acme.call_target()
    acme.configure(time_zone="Asia/Tokyo")

    (target,) = acme.configuration.call_targets.values()

    assert target.zone_name == "Asia/Tokyo"
    assert str(target.calendar.zone) == "Asia/Tokyo"


def test_a_widget_without_a_language_speaks_the_organizations(acme: Organization):
    acme.configure(default_language="fr")
    acme.call_target()
    acme.widget("plain")
    acme.widget("own", default_language="de")

    widgets_by_key = {widget.key: widget for widget in acme.configuration.widgets.values()}

    assert widgets_by_key["plain"].messages.pick("offer_callback", None).locale == "fr"
    assert widgets_by_key["own"].messages.pick("offer_callback", None).locale == "de"


def test_an_organization_is_closed_until_somebody_opens_it(acme: Organization):
    assert (acme.configuration.policy, acme.configuration.public) == (None, False)

    acme.guard(None, public=True)

    assert (acme.configuration.policy, acme.configuration.public) == (None, True)


def test_what_was_removed_is_not_loaded_and_keeps_its_ids_for_its_return(acme: Organization):
    target_id, widget_id = acme.call_target(), acme.widget()
    acme.remove_widget("billing")
    acme.db.write_now(call_targets.remove, acme.org, target_id, now=acme.now)

    assert not acme.configuration.widgets
    assert not acme.configuration.call_targets
    assert acme.db.read_now(call_targets.ids_by_key, acme.org) == {"billing": target_id}
    assert acme.db.read_now(widgets.ids_by_key, acme.org) == {"billing": widget_id}

    acme.call_target()
    acme.widget()
    assert [*acme.configuration.widgets] == [widget_id]


def test_a_removed_widget_holds_no_policy_and_no_data_set(acme: Organization):
    policy_id, set_id = acme.policy(), acme.user_data_set("crm", {})
    acme.call_target()
    acme.widget(policy_id=policy_id, user_data_set_id=set_id)
    with pytest.raises(ConstraintViolated):
        acme.db.write_now(access.remove_policy, acme.org, policy_id)

    acme.remove_widget("billing")
    acme.db.write_now(access.remove_policy, acme.org, policy_id)
    acme.db.write_now(widgets.remove_user_data_set, acme.org, set_id)

    assert not acme.configuration.policies
    assert not acme.configuration.user_data_sets


def test_every_change_has_a_version_of_its_own_and_is_told(acme: Organization):
    told: list[Changes | None] = []
    acme.db.listen(told.append)
    seen = {acme.configuration.version}

    acme.call_target()
    seen.add(acme.configuration.version)
    acme.widget()
    seen.add(acme.configuration.version)

    assert len(seen) == 3
    assert told == [frozenset({(acme.org, Change.CONFIGURATION)})] * 2
    assert acme.db.read_now(configurations.version, acme.org) == max(seen)


def test_a_configuration_is_read_at_one_moment(acme: Organization, database: Database):
    """A change that is committed while it is read is in all of it or in none."""
    acme.call_target()
    acme.widget()

    def read_while_it_changes(tx: Tx) -> Configuration:
        assert configurations.version(tx, acme.org) == before
        return configurations.load(tx, acme.org)

    before = acme.configuration.version
    real_all_of = call_targets.all_of

    def change_first(tx: Tx, org: OrgId, **kw: str) -> list:  # type: ignore[type-arg]
        changing = threading.Thread(target=acme.call_target, args=("sales",))
        changing.start()
        changing.join()
        return real_all_of(tx, org, **kw)

    call_targets.all_of = change_first  # type: ignore[assignment]
    try:
        configuration = database.read_now(read_while_it_changes)
    finally:
        call_targets.all_of = real_all_of  # type: ignore[assignment]

    assert configuration.version == before
    assert len(configuration.call_targets) == 1
    assert len(acme.configuration.call_targets) == 2


def test_what_is_not_there_is_not_found(acme: Organization):
    with pytest.raises(NotFound):
        acme.db.read_now(configurations.load, OrgId("nobody"))
    assert acme.db.read_now(configurations.version, OrgId("nobody")) is None
    with pytest.raises(NotFound):
        acme.db.read_now(configurations.organization_of_widget, WidgetId("nothing"))
    with pytest.raises(NotFound):
        acme.db.read_now(configurations.organization_of_convey, "nothing")


def test_a_widget_and_a_convey_lead_to_their_organization_until_they_are_removed(acme: Organization):
    acme.call_target()
    acme.widget("text", kind=WidgetKind.CONVEY)
    assert acme.db.read_now(configurations.organization_of_widget, WidgetId("acme-text")) == acme.org
    assert acme.db.read_now(configurations.organization_of_convey, "text") == (acme.org, "acme-text")

    acme.remove_widget("text")

    with pytest.raises(NotFound):
        acme.db.read_now(configurations.organization_of_widget, WidgetId("acme-text"))
    with pytest.raises(NotFound):
        acme.db.read_now(configurations.organization_of_convey, "text")


def test_organizations_know_nothing_of_each_other(acme: Organization):
    other = Organization(acme.db, acme.clock, "other", name="Other")
    for organization in (acme, other):
        organization.call_target()
        organization.widget()
        organization.policy()
        organization.user_data_set("crm", {})

    configuration = other.configuration

    assert configuration.settings.name == "Other"
    for mapping in (
        configuration.call_targets, configuration.widgets, configuration.policies, configuration.user_data_sets
    ):  # fmt: skip
        assert all(key.startswith("other-") for key in mapping)
        assert mapping
    assert acme.db.read_now(configurations.list_ids) == ["acme", "other"]


@pytest.mark.parametrize(
    "reference",
    [
        {"call_target": "sales"},
        {"policy_id": PolicyId("other-partners-policy")},
        {"user_data_set_id": UserDataSetId("other-crm-data")},
    ],
)
def test_a_widget_cannot_refer_to_what_is_another_organizations(acme: Organization, reference: dict[str, str]):
    other = Organization(acme.db, acme.clock, "other")
    other.call_target("sales")
    other.policy()
    other.user_data_set("crm", {})
    acme.call_target()

    with pytest.raises(ConstraintViolated):
        acme.widget(**reference)  # type: ignore[arg-type]


def test_an_id_of_another_organizations_widget_cannot_be_taken(acme: Organization):
    other = Organization(acme.db, acme.clock, "other")
    acme.call_target()
    other.call_target()
    acme.widget()

    def steal(tx: Tx) -> None:
        tx.run(
            "INSERT INTO widgets (org_id, id, key, kind, call_target_id, position, document, updated_at)"
            " VALUES ('other', 'acme-billing', 'x', 'widget', 'other-billing-target', 0, '{}', 0)"
        )

    with pytest.raises(ConstraintViolated):
        acme.db.write_now(steal)


# Tokens


def test_tokens_come_with_their_policy_also_those_of_no_use_any_more(acme: Organization):
    policy_id = acme.policy()
    good, old, revoked = (issue(name, acme.now) for name in ("good", "old", "revoked"))
    for issued in (good, old, revoked):
        acme.db.write_now(access.add_token, acme.org, policy_id, issued.token)
    acme.db.write_now(access.expire_token, acme.org, old.token.id, after(acme.now, 60))
    acme.db.write_now(access.revoke_token, acme.org, revoked.token.id, now=acme.now)
    acme.db.write_now(access.revoke_token, acme.org, revoked.token.id, now=after(acme.now, 99))

    policy = acme.configuration.policies[policy_id]
    assert {token.name: (token.expires_at, token.revoked_at) for token in policy.tokens} == {
        "good": (None, None),
        "old": (after(acme.now, 60), None),
        "revoked": (None, acme.now),
    }
    for secret, admitted in ((good.secret, True), (old.secret, True), (revoked.secret, False), ("x", False)):
        if admitted:
            admit(policy, open_without_policy=False, address=ip_address("192.0.2.1"), presented=secret, now=acme.now)
            continue
        with pytest.raises(Unauthorized):
            admit(policy, open_without_policy=False, address=ip_address("192.0.2.1"), presented=secret, now=acme.now)
    with pytest.raises(Unauthorized):
        admit(
            policy,
            open_without_policy=False,
            address=ip_address("192.0.2.1"),
            presented=old.secret,
            now=after(acme.now, 60),
        )


def test_the_last_use_is_noted_to_the_day_and_never_goes_back(acme: Organization):
    policy_id, issued = acme.policy(), issue("token", acme.now)
    acme.db.write_now(access.add_token, acme.org, policy_id, issued.token)
    today = to_datetime(acme.now).date()

    for day in (today, today.replace(day=1)):
        acme.db.write_now(access.note_use, acme.org, issued.token.id, day)

    (token,) = acme.configuration.policies[policy_id].tokens
    assert token.last_used_on == today


def test_a_policy_that_guards_the_organization_cannot_be_removed(acme: Organization):
    policy_id = acme.policy()
    acme.guard(policy_id)
    with pytest.raises(ConstraintViolated):
        acme.db.write_now(access.remove_policy, acme.org, policy_id)

    acme.guard(None)
    acme.db.write_now(access.remove_policy, acme.org, policy_id)


def test_a_stored_default_is_not_stored(acme: Organization):
    """So that a better default reaches everybody."""
    acme.call_target(minimum_delay=0, offer_asap=True)

    row = acme.db.read_now(lambda tx: tx.one("SELECT document FROM call_targets"))

    assert row is not None
    assert row["document"] == '{"name":"Billing"}'
    assert acme.db.read_now(organizations.find, "acme") == "acme"
    assert acme.db.read_now(organizations.find, "nobody") is None
    assert CallTargetId("acme-billing-target") in acme.configuration.call_targets
