"""The two pictures that are compared: of the configuration that is stored, and of the one that a file asks for."""

from collections.abc import Mapping
from typing import Any

from ringback.access.model import PolicySettings
from ringback.audit.model import Action, Facts
from ringback.configuration import store
from ringback.configuration.difference import Change, Difference, Picture, Place, compare
from ringback.configuration.file import ConveyTable, OrganizationDocument, TokenTable, WidgetTable, settings_of
from ringback.configuration.store import Blocked
from ringback.configuration.stored import Stored
from ringback.kernel.clock import Instant, from_datetime, to_datetime
from ringback.kernel.document import Document
from ringback.kernel.localtime import local_to_instant, resolve_zone
from ringback.kernel.phone import mask
from ringback.kernel.tenancy import CallTargetId, PolicyId, TemplateId, UserDataSetId
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.logo import told
from ringback.widgets.model import Widget, WidgetKind, WidgetSettings
from ringback.widgets.template import Template


def difference_between(now: Stored | None, document: OrganizationDocument) -> Difference:
    """What a file would change."""
    if now is None:
        changes = compare({}, _picture_of_file(document)).changes
    else:
        before = _picture_of_stored(now, document)
        changes = (*compare(before, _picture_of_file(document), _removed_once(now)).changes, *_reordered(now, document))
    return Difference((*changes, *_blocked_otherwise(now, document)))


def slug_of(key: str, table: WidgetTable) -> str | None:
    """The slug of a convey; None for a widget."""
    return (table.slug or key) if isinstance(table, ConveyTable) else None


def facts_of_organization(settings: OrganizationSettings, policy_key: str | None, *, public: bool) -> Facts:
    """What the audit log tells of the organization itself: its settings, and who may use its endpoints."""
    return _facts(settings, policy=policy_key, public=public)


def facts_of_template(template: Template) -> Facts:
    """What the audit log tells of a template: of a logo what it is, in place of the picture itself."""
    return {**_facts(template), "logo": told(template.logo)}


def facts_of_widget(
    widget: Widget,
    target_keys: Mapping[CallTargetId, str],
    policy_keys: Mapping[PolicyId, str],
    set_keys: Mapping[UserDataSetId, str],
    template_keys: Mapping[TemplateId, str],
) -> Facts:
    """What the audit log tells of a widget or convey: its settings, and the keys of what it refers to."""
    return _facts(
        widget.settings,
        call_target=target_keys[widget.call_target_id],
        policy=policy_keys[widget.policy_id] if widget.policy_id else None,
        user_data_set=set_keys[widget.user_data_set_id] if widget.user_data_set_id else None,
        template=template_keys[widget.template_id] if widget.template_id else None,
        slug=widget.slug,
    )


def expiry_of(token: TokenTable, document: OrganizationDocument) -> Instant | None:
    """When the token ends; a time without an offset is the organization's local time."""
    moment = token.expires
    if moment is None:
        return None
    if moment.tzinfo is not None:
        return from_datetime(moment)
    return local_to_instant(moment.date(), moment.time(), resolve_zone(document.organization.time_zone))


def blocked_by_file(now: Stored | None, document: OrganizationDocument) -> set[Blocked]:
    """The entries of the block list that are the file's business: those there for another reason are not."""
    wanted = {Blocked("number", number) for number in document.blocked_numbers.numbers}
    wanted |= {Blocked("prefix", prefix) for prefix in document.blocked_numbers.prefixes}
    return {entry for entry in wanted if now is None or now.blocked.get(entry, store.FROM_FILE) == store.FROM_FILE}


def blocked_now(now: Stored | None) -> set[Blocked]:
    """The entries of the block list that came from a file."""
    return {entry for entry, reason in now.blocked.items() if reason == store.FROM_FILE} if now else set()


def _picture_of_stored(now: Stored, document: OrganizationDocument) -> Picture:
    """What is stored, without the revoked tokens that the file does not name: it would have them gone, and they are."""
    policy_keys = {policy.id: key for key, policy in now.policies.items()}
    set_keys = {set_id: key for key, (set_id, _) in now.user_data_sets.items()}
    template_keys = {template_id: key for key, (template_id, _) in now.templates.items()}
    target_keys = {target_id: key for key, target_id in now.call_target_ids.items()}
    organization = now.organization
    guard = policy_keys[organization.policy_id] if organization.policy_id else None
    picture: dict[Place, Facts] = {
        ("organization",): facts_of_organization(organization.settings, guard, public=organization.public)
    }
    for key, policy in now.policies.items():
        picture["policies", key] = _facts(policy.settings)
        named = document.policies[key].tokens if key in document.policies else ()
        for name, token in policy.tokens.items():
            if token.revoked_at is None or name in named:
                facts = _token_facts(token.expires_at, revoked=token.revoked_at is not None)
                picture["policies", key, "tokens", name] = facts
    picture |= {("user_data_sets", key): _facts(data_set) for key, (_, data_set) in now.user_data_sets.items()}
    picture |= {("templates", key): facts_of_template(template) for key, (_, template) in now.templates.items()}
    picture |= {("call_targets", key): _facts(target.settings) for key, target in now.call_targets.items()}
    for key, widget in now.widgets.items():
        picture["conveys" if widget.kind is WidgetKind.CONVEY else "widgets", key] = facts_of_widget(
            widget, target_keys, policy_keys, set_keys, template_keys
        )
    return picture


def _picture_of_file(document: OrganizationDocument) -> Picture:
    organization = document.organization
    settings = settings_of(organization, OrganizationSettings)
    picture: dict[Place, Facts] = {
        ("organization",): facts_of_organization(settings, organization.policy, public=organization.public)
    }
    for key, policy in document.policies.items():
        picture["policies", key] = _facts(settings_of(policy, PolicySettings))
        for name, token in policy.tokens.items():
            facts = _token_facts(expiry_of(token, document), revoked=token.revoked)
            picture["policies", key, "tokens", name] = facts
    picture |= {("user_data_sets", key): _facts(data_set) for key, data_set in document.user_data_sets.items()}
    picture |= {("templates", key): facts_of_template(template) for key, template in document.templates.items()}
    picture |= {("call_targets", key): _facts(settings) for key, settings in document.call_targets.items()}
    for section, tables in (("widgets", document.widgets), ("conveys", document.conveys)):
        for key, table in tables.items():
            picture[section, key] = _facts(
                settings_of(table, WidgetSettings),
                call_target=table.call_target,
                policy=table.policy,
                user_data_set=table.user_data_set,
                template=table.template,
                slug=slug_of(key, table),
            )
    return picture


def _facts(settings: Document, **beside: Any) -> Facts:
    return {**settings.model_dump(mode="json"), **beside}


def _token_facts(expires_at: Instant | None, *, revoked: bool) -> Facts:
    return {"expires": None if expires_at is None else to_datetime(expires_at).isoformat(), "revoked": revoked}


def _removed_once(now: Stored) -> set[Place]:
    removed_targets = now.call_target_ids.keys() - now.call_targets.keys()
    return {
        *(("call_targets", key) for key in removed_targets),
        *((section, key) for section in ("widgets", "conveys") for key in now.widget_ids),
    }


def _reordered(now: Stored, document: OrganizationDocument) -> list[Change]:
    """A change of order among those that were there and stay; a newcomer does not reorder the rest."""
    wanted = document.in_display_order()
    before = [key for key in now.widgets if key in wanted]
    after = [key for key in wanted if key in now.widgets]
    place = ("display_order",)
    return [] if before == after else [Change(Action.CHANGED, place, {"keys": before}, {"keys": after})]


def _blocked_otherwise(now: Stored | None, document: OrganizationDocument) -> list[Change]:
    """The change of the block list, with the numbers masked, since it goes into the audit log."""
    before, after = blocked_now(now), blocked_by_file(now, document)
    if before == after:
        return []
    place = ("blocked_numbers",)
    facts_before = {"count": len(before), "entries": _masked(before - after)}
    facts_after = {"count": len(after), "entries": _masked(after - before)}
    return [Change(Action.CHANGED, place, facts_before, facts_after)]


def _masked(entries: set[Blocked]) -> list[str]:
    return sorted(entry.pattern if entry.scope == "prefix" else mask(entry.pattern) for entry in entries)
