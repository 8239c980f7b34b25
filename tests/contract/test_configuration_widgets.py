"""Widgets and conveys changed one at a time, as the console does it, on both engines."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.fakes.organizations import Organization, customer

import ringback.audit.service as audit
from ringback.audit.model import Action, AuditEntry, Author
from ringback.configuration import store
from ringback.configuration.apply import apply_file
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.file import read_text
from ringback.configuration.kept_widgets import KeptWidget, WidgetDraft, kept_widget, kept_widgets
from ringback.configuration.widgets import (
    activate_widget,
    change_texts,
    change_widget,
    copy_widget,
    create_widget,
    deactivate_widget,
    live_callbacks,
    move_widget,
    remove_widget,
    restore_widget,
)
from ringback.db.database import Database
from ringback.kernel.clock import ManualClock
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.tenancy import WidgetId
from ringback.widgets.model import WidgetKind, WidgetSettings

ANN = Author("ann@acme.example", "console 192.0.2.7")


class Office(Organization):
    """An organization whose widgets are changed from the console."""

    def do(self, use_case: Any, *args: Any, **how: Any) -> Any:
        self.clock.advance(1)  # so that the log tells in which order things were done
        return self.db.write_now(use_case, self.org, *args, **how, by=ANN, now=self.now)

    def new(self, name: str = "billing", kind: WidgetKind = WidgetKind.WIDGET, **draft: Any) -> WidgetId:
        return self.do(create_widget, kind, self.draft(name, **draft))

    def draft(self, name: str = "billing", **draft: Any) -> WidgetDraft:
        settings = {"name": name, **draft.pop("settings", {})}
        return WidgetDraft.model_validate(
            {"settings": settings, "call_target_id": f"{self.org}-billing-target", **draft}
        )

    def kept(self, widget_id: str) -> KeptWidget:
        return self.db.read_now(kept_widget, self.org, WidgetId(widget_id))

    @property
    def order(self) -> list[str]:
        return [each.widget.key for each in self.db.read_now(kept_widgets, self.org)]

    @property
    def log(self) -> list[AuditEntry]:
        """Newest first."""
        return self.db.read_now(audit.newest, self.org)


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Office:
    acme = Office(database, clock)
    acme.call_target("billing")
    return acme


@pytest.fixture
def globex(database: Database, clock: ManualClock, acme: Office) -> Office:
    globex = Office(database, clock, "globex")
    globex.call_target("billing")
    return globex


def test_a_new_one_comes_last_with_a_key_of_its_name(acme: Office):
    first = acme.new("Front Desk")
    second = acme.new("Front Desk")
    convey = acme.new("Façade", WidgetKind.CONVEY)
    assert acme.order == ["front-desk", "front-desk-2", "facade"]
    assert len({first, second, convey}) == 3
    assert acme.kept(convey).widget.slug == "facade"
    assert acme.kept(first).widget.slug is None
    assert acme.kept(first).settings.active
    newest = acme.log[0]
    assert (newest.actor, newest.origin) == (ANN.actor, ANN.origin)
    assert (newest.action, newest.subject_kind, newest.subject_key) == (Action.CREATED, "convey", "facade")
    assert newest.before is None


def test_the_log_tells_of_it_as_apply_does(acme: Office, clock: ManualClock):
    """What the console made, a file with the same in it finds nothing to change in."""
    policy, data = acme.policy("partners"), acme.user_data_set("crm", {"keys": [{"key": "order"}]})
    made = acme.new("billing", WidgetKind.CONVEY, policy_id=policy, user_data_set_id=data, slug="pay")
    facts = acme.log[0].after
    text = """
        [organization]
        key = "acme"
        name = "Acme"
        numbers = { region = "US" }
        [policies.partners]
        name = "Partners"
        [user_data_sets.crm]
        name = "Crm"
        keys = [{ key = "order" }]
        [call_targets.billing]
        name = "Billing"
        [conveys.billing]
        name = "billing"
        call_target = "billing"
        policy = "partners"
        user_data_set = "crm"
        slug = "pay"
        """
    changed = text + 'default_language = "es"\n'

    def apply(file: str) -> Any:
        return acme.db.write_now(apply_file, read_text(file), actor="a", origin="b", secrets={}, now=clock.now())

    places = {change.place for change in apply(text).difference.changes}
    assert ("conveys", "billing") not in places
    apply(changed)
    (noted,) = [entry for entry in acme.log if entry.subject_kind == "convey" and entry.action is Action.CHANGED]
    assert noted.before == facts
    assert acme.kept(made).settings.default_language == "es"


def test_only_what_is_there_and_one_s_own_can_be_referred_to(acme: Office, globex: Office):
    theirs = {
        "call_target": {"call_target_id": "globex-billing-target"},
        "policy": {"policy_id": globex.policy("partners")},
        "user_data_set": {"user_data_set_id": globex.user_data_set("crm", {})},
    }
    made = acme.new()
    for field, draft in theirs.items():
        with pytest.raises(InvalidParameters) as refused:
            acme.new("other", **draft)
        assert refused.value.details["field"] == field
        with pytest.raises(InvalidParameters):
            acme.do(change_widget, made, acme.draft("other", **draft), seen=acme.kept(made).version)
    assert acme.order == ["billing"]


@pytest.mark.parametrize(
    ("use_case", "how"),
    [
        (change_texts, {"language": "en", "texts": {}, "seen": ""}),
        (activate_widget, {}),
        (deactivate_widget, {}),
        (move_widget, {"place": 0}),
        (copy_widget, {"name": "x", "slug": None}),
        (remove_widget, {}),
        (restore_widget, {}),
    ],
)
def test_a_neighbour_s_is_not_there(acme: Office, globex: Office, use_case: Any, how: Mapping[str, Any]):
    made = acme.new()
    with pytest.raises(NotFound):
        globex.do(use_case, made, **how)
    with pytest.raises(NotFound):
        globex.do(change_widget, made, globex.draft(), seen="")
    with pytest.raises(NotFound):
        globex.kept(made)
    acme.do(remove_widget, made)
    with pytest.raises(NotFound):
        globex.do(restore_widget, made)


class TestChanging:
    def test_texts_and_the_switch_are_left_alone(self, acme: Office):
        made = acme.new(settings={"messages": {"en": {"offer_callback": "Hello"}}})
        acme.do(deactivate_widget, made)
        acme.do(change_widget, made, acme.draft("other"), seen=acme.kept(made).version)
        settings = acme.kept(made).settings
        assert settings == WidgetSettings(name="other", active=False, messages={"en": {"offer_callback": "Hello"}})

    def test_who_saw_something_else_is_told(self, acme: Office):
        made = acme.new()
        seen = acme.kept(made).version
        acme.do(deactivate_widget, made)  # is no part of it
        acme.do(change_widget, made, acme.draft("second"), seen=seen)
        with pytest.raises(ChangedMeanwhile):
            acme.do(change_widget, made, acme.draft("third"), seen=seen)
        assert acme.kept(made).settings.name == "second"

    def test_what_changes_nothing_is_not_noted(self, acme: Office):
        made = acme.new()
        before = (acme.configuration.version, len(acme.log))
        acme.do(change_widget, made, acme.draft(), seen=acme.kept(made).version)
        acme.do(activate_widget, made)
        acme.do(move_widget, made, 0)
        acme.do(change_texts, made, "en", {}, seen=acme.kept(made).version_of_texts("en"))
        assert (acme.configuration.version, len(acme.log)) == before

    def test_a_language_that_nobody_speaks_is_refused_when_it_is_new(self, acme: Office):
        acme.configure(languages=["en", "de"])
        made = acme.new(settings={"default_language": "de-AT"})
        for language in ("fr", "no such language"):
            with pytest.raises(InvalidParameters) as refused:
                acme.do(
                    change_widget,
                    made,
                    acme.draft(settings={"default_language": language}),
                    seen=acme.kept(made).version,
                )
            assert refused.value.details["field"] == "default_language"
        acme.configure(languages=["en"])
        draft = acme.draft("still", settings={"default_language": "de-AT"})
        acme.do(change_widget, made, draft, seen=acme.kept(made).version)
        assert acme.kept(made).settings.name == "still"


class TestTexts:
    def test_each_language_is_replaced_by_itself(self, acme: Office):
        made = acme.new(settings={"messages": {"en": {"offer_callback": "Hello"}, "pt-BR": {"success_asap": "Olá"}}})
        acme.configure(languages=["en", "pt", "es"])
        kept = acme.kept(made)
        seen = {language: kept.version_of_texts(language) for language in ("en", "PT_br", "es")}
        acme.do(change_texts, made, "PT_br", {"success_asap": "Oi"}, seen=seen["PT_br"])
        acme.do(change_texts, made, "es", {"offer_callback": "Hola"}, seen=seen["es"])
        acme.do(change_texts, made, "en", {}, seen=seen["en"])
        assert acme.kept(made).settings.messages == {"pt-BR": {"success_asap": "Oi"}, "es": {"offer_callback": "Hola"}}
        with pytest.raises(ChangedMeanwhile):
            acme.do(change_texts, made, "pt-BR", {"success_asap": "Ei"}, seen=seen["PT_br"])

    def test_what_cannot_be_said_is_refused_as_by_the_model(self, acme: Office):
        made = acme.new()
        seen = acme.kept(made).version_of_texts("en")
        for texts in ({"offer_callback": "{{nothing}}"}, {"no_such_key": "Hello"}, {"offer_callback": "x" * 1001}):
            with pytest.raises(ValueError, match="messages"):
                acme.do(change_texts, made, "en", texts, seen=seen)
        with pytest.raises(InvalidParameters) as refused:
            acme.do(change_texts, made, "tlh", {"offer_callback": "nuqneH"}, seen=seen)
        assert refused.value.details["field"] == "language"
        assert acme.kept(made).settings.messages == {}


class TestOrder:
    def test_it_is_one_order_of_widgets_and_conveys(self, acme: Office):
        for key in "abcd":
            acme.new(key, WidgetKind.CONVEY if key == "c" else WidgetKind.WIDGET)
        ids = {each.widget.key: each.id for each in acme.db.read_now(kept_widgets, acme.org)}
        for key, place, order in (("c", 0, "cabd"), ("c", 99, "abdc"), ("a", 1, "badc"), ("d", -3, "dbac")):
            acme.do(move_widget, ids[key], place)
            assert "".join(acme.order) == order
        newest = acme.log[0]
        assert (newest.subject_kind, newest.action) == ("display_order", Action.CHANGED)
        assert (newest.before, newest.after) == ({"keys": list("badc")}, {"keys": list("dbac")})


class TestRemoving:
    def test_it_leaves_its_callbacks_and_keeps_its_key(self, acme: Office):
        made = acme.widget("billing")
        assert acme.db.read_now(live_callbacks, acme.org, made) == 0
        acme.request(customer())
        assert acme.db.read_now(live_callbacks, acme.org, made) == 1
        acme.do(remove_widget, made)
        assert acme.order == []
        assert acme.db.read_now(live_callbacks, acme.org, made) == 1
        with pytest.raises(NotFound):
            acme.do(remove_widget, made)
        assert acme.kept(acme.new()).widget.key == "billing-2"

    def test_it_comes_back_as_it_was(self, acme: Office):
        acme.new("first")
        policy, data = acme.policy("partners"), acme.user_data_set("crm", {"keys": [{"key": "order"}]})
        made = acme.new(
            kind=WidgetKind.CONVEY,
            policy_id=policy,
            user_data_set_id=data,
            settings={"messages": {"en": {"offer_callback": "Hello"}}},
        )
        acme.new("last")
        before = acme.kept(made)
        acme.do(remove_widget, made)
        acme.do(restore_widget, made)
        after = acme.kept(made)
        assert after.draft == before.draft
        assert after.settings == before.settings
        assert acme.order == ["first", "billing", "last"]
        assert acme.log[0].action is Action.RESTORED
        with pytest.raises(NotFound):
            acme.do(restore_widget, made)

    def test_it_does_not_come_back_open_to_everybody(self, acme: Office):
        """Its policy is gone: without it it would let in whom it was to keep out."""
        policy = acme.policy("partners")
        made = acme.new(policy_id=policy)
        acme.do(remove_widget, made)
        acme.db.write_now(lambda tx: tx.run("DELETE FROM policies WHERE id = :id", id=policy))
        with pytest.raises(InvalidParameters):
            acme.do(restore_widget, made)


class TestLinks:
    def test_a_link_is_nobody_else_s(self, acme: Office, globex: Office):
        acme.new("pay", WidgetKind.CONVEY)
        other = globex.new("other", WidgetKind.CONVEY)
        for slug in ("pay", None):
            with pytest.raises(InvalidParameters) as refused:
                globex.new("pay", WidgetKind.CONVEY, slug=slug)
            assert refused.value.details["field"] == "slug"
        with pytest.raises(InvalidParameters):
            globex.do(change_widget, other, globex.draft(slug="pay"), seen=globex.kept(other).version)
        acme.do(remove_widget, acme.kept(acme_widget(acme, "pay")).id)
        with pytest.raises(InvalidParameters):  # a link that was sent out does not lead to somebody else
            globex.new("pay", WidgetKind.CONVEY, slug="pay")

    def test_two_of_one_s_own_do_not_share_one(self, acme: Office):
        pay = acme.new("pay", WidgetKind.CONVEY)
        with pytest.raises(InvalidParameters) as refused:
            acme.new("other", WidgetKind.CONVEY, slug="pay")
        assert "pay" in refused.value.message
        acme.do(remove_widget, pay)
        other = acme.new("other", WidgetKind.CONVEY, slug="pay")
        assert acme.kept(other).widget.slug == "pay"
        acme.do(restore_widget, pay)
        assert acme.kept(pay).widget.slug == pay

    def test_who_takes_it_in_the_same_instant_is_second(
        self, acme: Office, globex: Office, monkeypatch: pytest.MonkeyPatch
    ):
        acme.new("pay", WidgetKind.CONVEY)
        monkeypatch.setattr(store, "holder_of_slug", lambda *_: None)  # as it was when the second looked
        with pytest.raises(InvalidParameters) as refused:
            globex.new("pay", WidgetKind.CONVEY)
        assert refused.value.details["field"] == "slug"
        assert globex.order == []

    def test_it_can_be_changed(self, acme: Office):
        pay = acme.new("pay", WidgetKind.CONVEY)
        acme.do(change_widget, pay, acme.draft("pay", slug="settle"), seen=acme.kept(pay).version)
        assert acme.kept(pay).widget.slug == "settle"
        acme.do(change_widget, pay, acme.draft("pay", slug=None), seen=acme.kept(pay).version)
        assert acme.kept(pay).widget.slug == "settle"


def test_a_copy_has_everything_but_its_name_and_waits_to_be_activated(acme: Office):
    policy = acme.policy("partners")
    made = acme.new(policy_id=policy, settings={"messages": {"en": {"offer_callback": "Hello"}}})
    copied = acme.kept(acme.do(copy_widget, made, "copy", slug=None))
    assert copied.settings == acme.kept(made).settings.model_copy(update={"name": "copy", "active": False})
    assert copied.widget.policy_id == policy
    assert acme.order == ["billing", "copy"]
    with pytest.raises(ValueError, match="name"):
        acme.do(copy_widget, made, "", slug=None)
    convey = acme.new("page", WidgetKind.CONVEY)
    with pytest.raises(ValueError, match="slug"):
        acme.do(copy_widget, convey, "page", slug="Not a Slug")
    assert acme.kept(acme.do(copy_widget, convey, "page", slug=None)).widget.slug == "page-2"


def acme_widget(office: Office, key: str) -> WidgetId:
    return next(each.id for each in office.db.read_now(kept_widgets, office.org) if each.widget.key == key)
