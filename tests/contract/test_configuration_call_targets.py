"""Call targets changed one at a time, through drafts, on both databases."""

import pytest
from tests.fakes.organizations import Organization, customer

import ringback.audit.service as audit
from ringback.audit.model import Action, Author
from ringback.call_targets.model import CallTargetSettings
from ringback.configuration.call_targets import (
    CallTargetInUse,
    KeptCallTarget,
    create_call_target,
    kept_call_target,
    kept_call_targets,
    remove_call_target,
)
from ringback.configuration.drafts import (
    changes_of,
    discard_draft,
    edit_draft,
    entry_of,
    publish_draft,
    version_to_publish,
)
from ringback.configuration.editing import ChangedMeanwhile
from ringback.db.database import Database
from ringback.db.tx import Change, Changes
from ringback.kernel.clock import ManualClock
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.tenancy import CallTargetId, OrgId

ANN = Author("ann@acme.example", "console 192.0.2.7")
BEN = Author("ben@acme.example", "console 192.0.2.8")
BILLING = CallTargetId("acme-billing-target")


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    organization = Organization(database, clock)
    organization.call_target("billing", slots={"capacity": 2})
    organization.widget("billing")
    return organization


def kept(acme: Organization, call_target_id: CallTargetId = BILLING) -> KeptCallTarget:
    return acme.db.read_now(kept_call_target, acme.org, call_target_id)


def edit(acme: Organization, by: Author = ANN, **changed: object) -> None:
    def change(settings: CallTargetSettings) -> CallTargetSettings:
        return CallTargetSettings.model_validate({**settings.model_dump(), **changed})

    acme.clock.advance(1)
    acme.db.write_now(edit_draft, acme.org, BILLING, change, by=by, now=acme.now)


def publish(acme: Organization, seen: str | None = None) -> None:
    acme.clock.advance(1)
    version = version_to_publish(kept(acme)) if seen is None else seen
    acme.db.write_now(publish_draft, acme.org, BILLING, seen=version, by=ANN, now=acme.now)


def noted(acme: Organization) -> list[tuple[Action, str, str]]:
    entries = acme.db.read_now(lambda tx: audit.newest(tx, acme.org))
    return [(each.action, each.subject_kind, each.actor) for each in reversed(entries)]


def test_a_draft_waits_and_nothing_in_force_changes(acme: Organization) -> None:
    before = kept(acme).settings
    heard: list[Changes | None] = []
    acme.db.listen(heard.append)
    edit(acme, name="Bills")
    edit(acme, BEN, minimum_delay=30)
    now = kept(acme)
    assert now.settings == before
    assert (now.latest.name, now.latest.minimum_delay) == ("Bills", 30)
    assert now.draft is not None
    assert (now.draft.saved_by, now.draft.saved_at) == (BEN.actor, acme.now)
    assert acme.configuration.call_targets[BILLING].settings == before
    assert {each for changes in heard for each in changes or ()} == {(acme.org, Change.CONFIGURATION)}
    assert noted(acme) == [
        (Action.CREATED, "call_target_draft", ANN.actor),
        (Action.CHANGED, "call_target_draft", BEN.actor),
    ]


def test_publishing_puts_it_in_force_and_into_the_history(acme: Organization) -> None:
    version = acme.configuration.version
    edit(acme, name="Bills")
    publish(acme)
    assert acme.configuration.version == version + 1
    assert acme.configuration.call_targets[BILLING].settings.name == "Bills"
    assert kept(acme).draft is None
    (entry,) = acme.db.read_now(changes_of, acme.org, kept(acme))
    assert (entry.action, entry.actor, entry.origin) == (Action.CHANGED, ANN.actor, ANN.origin)
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["name"], entry.after["name"]) == ("Billing", "Bills")
    with pytest.raises(NotFound):
        publish(acme)


def test_what_was_changed_meanwhile_is_not_undone(acme: Organization) -> None:
    edit(acme, name="Bills")
    acme.call_target("billing", slots={"capacity": 9}, register_callbacks=False)
    publish(acme)
    settings = kept(acme).settings
    assert (settings.name, settings.slots.capacity, settings.register_callbacks) == ("Bills", 9, False)


@pytest.mark.parametrize("changed", [{"slots": {"capacity": 9}}, {"process_callbacks": False}])
def test_who_publishes_has_seen_what_it_means(acme: Organization, changed: dict[str, object]) -> None:
    edit(acme, name="Bills")
    seen = version_to_publish(kept(acme))
    acme.call_target("billing", **{"slots": {"capacity": 2}, **changed})
    with pytest.raises(ChangedMeanwhile):
        publish(acme, seen)
    assert kept(acme).draft is not None
    publish(acme)


def test_a_colleague_s_edit_makes_it_another_draft(acme: Organization) -> None:
    edit(acme, name="Bills")
    seen = version_to_publish(kept(acme))
    edit(acme, BEN, minimum_delay=30)
    with pytest.raises(ChangedMeanwhile):
        publish(acme, seen)


def test_a_draft_that_says_what_is_in_force_is_none(acme: Organization) -> None:
    edit(acme, name="Bills")
    edit(acme, name="Billing")
    assert kept(acme).draft is None
    edit(acme, register_callbacks=False)
    assert kept(acme).draft is None, "the switches are in no draft"
    assert len(noted(acme)) == 2


def test_what_was_discarded_can_be_found_again(acme: Organization) -> None:
    edit(acme, name="Bills")
    acme.clock.advance(1)
    entry_id = acme.db.write_now(discard_draft, acme.org, BILLING, by=ANN, now=acme.now)
    assert kept(acme).draft is None
    entry = acme.db.read_now(entry_of, acme.org, kept(acme), entry_id)
    assert entry.before is not None
    assert entry.before["name"] == "Bills"
    assert acme.db.write_now(discard_draft, acme.org, BILLING, by=ANN, now=acme.now) is None


def test_the_entry_of_another_thing_is_not_found(acme: Organization) -> None:
    other = acme.db.write_now(create_call_target, acme.org, "Billing 2", like=None, by=ANN, now=acme.now)
    edit(acme, name="Bills")
    entries = acme.db.read_now(lambda tx: audit.newest(tx, acme.org))
    for entry in entries:
        holder, stranger = (BILLING, other) if entry.subject_key == "billing" else (other, BILLING)
        assert acme.db.read_now(entry_of, acme.org, kept(acme, holder), entry.id) == entry
        with pytest.raises(NotFound):
            acme.db.read_now(entry_of, acme.org, kept(acme, stranger), entry.id)
    assert acme.db.read_now(changes_of, acme.org, kept(acme)) == []


def test_a_copy_has_the_settings_in_force_and_a_key_of_its_own(acme: Organization) -> None:
    edit(acme, minimum_delay=30)
    copy = acme.db.write_now(create_call_target, acme.org, "Büro", like=BILLING, by=ANN, now=acme.now)
    made = kept(acme, copy)
    assert made.settings == kept(acme).settings.model_copy(update={"name": "Büro"})
    assert (made.key, made.used_by, made.draft) == ("buro", (), None)
    assert [each.settings.name for each in acme.db.read_now(kept_call_targets, acme.org)] == ["Billing", "Büro"]
    with pytest.raises(InvalidParameters):
        acme.db.write_now(create_call_target, acme.org, "BILLING", like=None, by=ANN, now=acme.now)
    with pytest.raises(InvalidParameters):
        edit(acme, name="büro")
    with pytest.raises(NotFound):
        acme.db.write_now(create_call_target, acme.org, "New", like=CallTargetId("x"), by=ANN, now=acme.now)


def test_one_that_is_used_is_not_removed(acme: Organization) -> None:
    with pytest.raises(CallTargetInUse, match="Widgets use"):
        acme.db.write_now(remove_call_target, acme.org, BILLING, by=ANN, now=acme.now)
    acme.request(customer(1))
    acme.remove_widget("billing")
    with pytest.raises(CallTargetInUse, match="1 callback has not ended"):
        acme.db.write_now(remove_call_target, acme.org, BILLING, by=ANN, now=acme.now)


def test_one_that_nobody_uses_goes_with_its_draft(acme: Organization) -> None:
    acme.remove_widget("billing")
    edit(acme, name="Bills")
    acme.clock.advance(1)
    acme.db.write_now(remove_call_target, acme.org, BILLING, by=ANN, now=acme.now)
    assert acme.db.read_now(kept_call_targets, acme.org) == ()
    assert acme.db.read_now(lambda tx: tx.one("SELECT COUNT(*) AS n FROM call_target_drafts"))["n"] == 0
    assert noted(acme)[-1] == (Action.REMOVED, "call_target", ANN.actor)
    with pytest.raises(NotFound):
        kept(acme)
    again = acme.db.write_now(create_call_target, acme.org, "Billing", like=None, by=ANN, now=acme.now)
    assert kept(acme, again).key == "billing-2", "the old key belongs to the old callbacks"


def test_another_organization_s_call_target_is_not_there(acme: Organization, clock: ManualClock) -> None:
    other = Organization(acme.db, clock, "globex")
    other.call_target("billing")
    stranger = CallTargetId("globex-billing-target")
    for use in (remove_call_target, discard_draft):
        with pytest.raises(NotFound):
            acme.db.write_now(use, acme.org, stranger, by=ANN, now=acme.now)
    with pytest.raises(NotFound):
        acme.db.write_now(edit_draft, acme.org, stranger, lambda each: each, by=ANN, now=acme.now)
    with pytest.raises(NotFound):
        acme.db.write_now(publish_draft, OrgId("acme"), stranger, seen="", by=ANN, now=acme.now)
