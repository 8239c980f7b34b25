"""Writing what a file changes: the rows of each part, in an order in which every reference finds its row."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import ringback.access.store as access
import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.access.model import AccessToken, PolicySettings
from ringback.access.tokens import hash_token, issue
from ringback.audit.model import Action
from ringback.configuration import store
from ringback.configuration.conflicts import Secrets
from ringback.configuration.difference import Difference
from ringback.configuration.file import ConveyTable, OrganizationDocument, TokenTable, WidgetTable, settings_of
from ringback.configuration.picture import blocked_by_file, blocked_now, expiry_of, slug_of
from ringback.configuration.stored import Stored
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.ids import new_id, new_public_id
from ringback.kernel.tenancy import CallTargetId, OrgId, PolicyId, TemplateId, TokenId, UserDataSetId, WidgetId
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.messages import MessageSet
from ringback.widgets.model import Widget, WidgetKind, WidgetSettings


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token whose secret was made here and can be shown this once."""

    policy: str
    name: str
    secret: str = field(repr=False)


def write(
    tx: Tx,
    document: OrganizationDocument,
    before: Stored | None,
    difference: Difference,
    *,
    secrets: Secrets,
    now: Instant,
) -> tuple[OrgId, tuple[IssuedToken, ...]]:
    """Write what differs; the organization's id, and the tokens whose secrets were made meanwhile."""
    ids = _Ids.of(document, before, now)
    if difference.written("organization"):
        settings = settings_of(document.organization, OrganizationSettings)
        organizations.save(tx, ids.org, document.organization.key, settings, now=now)
    for key in difference.written("policies"):
        settings_of_policy = settings_of(document.policies[key], PolicySettings)
        access.save_policy(tx, ids.org, ids.policies[key], key, settings_of_policy, now=now)
    issued = tuple(_write_tokens(tx, ids, document, before, difference, secrets, now))
    for key in difference.written("user_data_sets"):
        data_set = document.user_data_sets[key]
        widgets.save_user_data_set(tx, ids.org, ids.user_data_sets[key], key, data_set, now=now)
    for key in difference.written("templates"):
        widgets.save_template(tx, ids.org, ids.templates[key], key, document.templates[key], now=now)
    guard = document.organization.policy
    access_policy = ids.policies[guard] if guard else None
    organizations.save_access(tx, ids.org, policy_id=access_policy, public=document.organization.public)
    for key in difference.written("call_targets"):
        call_targets.save(tx, ids.org, ids.call_targets[key], key, document.call_targets[key], now=now)
    _write_widgets(tx, ids, document, before, difference, now)
    if before is not None:
        _remove(tx, document, before, now)
    _write_block_list(tx, ids.org, document, before, now)
    return ids.org, issued


@dataclass(frozen=True, slots=True)
class _Ids:
    """The id of each thing in the file, by key: the one it has, or a new one."""

    org: OrgId
    policies: Mapping[str, PolicyId]
    user_data_sets: Mapping[str, UserDataSetId]
    templates: Mapping[str, TemplateId]
    call_targets: Mapping[str, CallTargetId]
    widgets: Mapping[str, WidgetId]

    @classmethod
    def of(cls, document: OrganizationDocument, before: Stored | None, now: Instant) -> "_Ids":
        policies = {key: policy.id for key, policy in before.policies.items()} if before else {}
        data_sets = {key: set_id for key, (set_id, _) in before.user_data_sets.items()} if before else {}
        templates = {key: template_id for key, (template_id, _) in before.templates.items()} if before else {}
        targets = before.call_target_ids if before else {}
        known_widgets = before.widget_ids if before else {}
        return cls(
            org=before.organization.id if before else OrgId(document.organization.id or new_public_id()),
            policies={key: policies.get(key) or PolicyId(new_id(now)) for key in document.policies},
            user_data_sets={key: data_sets.get(key) or UserDataSetId(new_id(now)) for key in document.user_data_sets},
            templates={key: templates.get(key) or TemplateId(new_id(now)) for key in document.templates},
            call_targets={key: targets.get(key) or CallTargetId(new_public_id()) for key in document.call_targets},
            widgets={
                key: known_widgets.get(key) or WidgetId(table.id or new_public_id())
                for key, table in document.in_display_order().items()
            },
        )


def _write_tokens(
    tx: Tx,
    ids: _Ids,
    document: OrganizationDocument,
    before: Stored | None,
    difference: Difference,
    secrets: Secrets,
    now: Instant,
) -> Iterator[IssuedToken]:
    for policy, name, action in difference.of_tokens():
        if policy not in document.policies:
            continue  # its tokens go with it
        if action is Action.CREATED:
            table = document.policies[policy].tokens[name]
            token, secret = _new_token(name, table, expiry_of(table, document), secrets, now)
            access.add_token(tx, ids.org, ids.policies[policy], token)
            if table.revoked:
                access.revoke_token(tx, ids.org, token.id, now=now)
            elif secret:
                yield IssuedToken(policy, name, secret)
        elif before is not None:
            _change_token(tx, ids.org, before.policies[policy].tokens[name], document, policy, now)


def _new_token(
    name: str, table: TokenTable, expires_at: Instant | None, secrets: Secrets, now: Instant
) -> tuple[AccessToken, str]:
    """The token, and its secret when that was made here.

    One that is revoked from the start is stored too, under a secret that nobody knows: a policy that ever had a token
    asks for one, and must do so on a new installation as on the old.
    """
    if table.secret_env and not table.revoked:
        given = hash_token(secrets[table.secret_env])
        return AccessToken(TokenId(new_id(now)), name, given, now, expires_at), ""
    issued = issue(name, now, expires_at=expires_at)
    return issued.token, issued.secret


def _change_token(
    tx: Tx, org: OrgId, token: AccessToken, document: OrganizationDocument, policy: str, now: Instant
) -> None:
    table = document.policies[policy].tokens.get(token.name)
    if table is None or table.revoked:
        access.revoke_token(tx, org, token.id, now=now)
    if table is not None:
        access.expire_token(tx, org, token.id, expiry_of(table, document))


def _write_widgets(
    tx: Tx,
    ids: _Ids,
    document: OrganizationDocument,
    before: Stored | None,
    difference: Difference,
    now: Instant,
) -> None:
    changed = {*difference.written("widgets"), *difference.written("conveys")}
    places = {key: widget.position for key, widget in before.widgets.items()} if before else {}
    for position, (key, table) in enumerate(document.in_display_order().items()):
        if key in changed or places.get(key) != position:
            widget = _widget(ids, key, table, position)
            _make_slug_free(tx, ids.org, widget)
            widgets.save(tx, ids.org, widget, now=now)


def _widget(ids: _Ids, key: str, table: WidgetTable, position: int) -> Widget:
    settings = settings_of(table, WidgetSettings)
    return Widget(
        id=ids.widgets[key],
        key=key,
        kind=WidgetKind.CONVEY if isinstance(table, ConveyTable) else WidgetKind.WIDGET,
        slug=slug_of(key, table),
        position=position,
        call_target_id=ids.call_targets[table.call_target],
        policy_id=ids.policies[table.policy] if table.policy else None,
        user_data_set_id=ids.user_data_sets[table.user_data_set] if table.user_data_set else None,
        settings=settings,
        messages=MessageSet(settings.messages),
        template_id=ids.templates[table.template] if table.template else None,
    )


def _make_slug_free(tx: Tx, org: OrgId, widget: Widget) -> None:
    """Take the slug from another convey of the organization: a removed one, or one that is about to get another."""
    holder = store.holder_of_slug(tx, widget.slug) if widget.slug else None
    if holder is not None and holder.org == org and holder.id != widget.id:
        store.release_slug(tx, org, holder.id)


def _remove(tx: Tx, document: OrganizationDocument, before: Stored, now: Instant) -> None:
    """Remove what the file does not have: first what refers to others."""
    org = before.organization.id
    for key in _gone(before.widgets, document.in_display_order()):
        widgets.remove(tx, org, before.widgets[key].id, now=now)
    for key in _gone(before.call_targets, document.call_targets):
        call_targets.remove(tx, org, before.call_targets[key].id, now=now)
    for key in _gone(before.user_data_sets, document.user_data_sets):
        widgets.remove_user_data_set(tx, org, before.user_data_sets[key][0])
    for key in _gone(before.templates, document.templates):
        widgets.remove_template(tx, org, before.templates[key][0])
    for key in _gone(before.policies, document.policies):
        access.remove_policy(tx, org, before.policies[key].id)


def _gone(before: Iterable[str], after: Mapping[str, object]) -> list[str]:
    return [key for key in before if key not in after]


def _write_block_list(tx: Tx, org: OrgId, document: OrganizationDocument, before: Stored | None, now: Instant) -> None:
    wanted, present = blocked_by_file(before, document), blocked_now(before)
    for entry in wanted - present:
        store.block(tx, org, entry, reason=store.FROM_FILE, now=now)
    for entry in present - wanted:
        store.unblock(tx, org, entry, reason=store.FROM_FILE)
