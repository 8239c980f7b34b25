"""The configuration of an organization as it is stored, by the keys that a file knows things by."""

from collections.abc import Mapping
from dataclasses import dataclass

import ringback.access.store as access
import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.access.model import AccessToken, PolicySettings
from ringback.call_targets.model import CallTarget
from ringback.configuration import store
from ringback.configuration.store import Blocked
from ringback.db.tx import Tx
from ringback.kernel.tenancy import CallTargetId, PolicyId, TemplateId, UserDataSetId, WidgetId
from ringback.organizations.store import StoredOrganization
from ringback.widgets.model import UserDataSet, Widget
from ringback.widgets.template import Template


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy as it is stored; ``tokens`` by name, revoked ones too."""

    id: PolicyId
    settings: PolicySettings
    tokens: Mapping[str, AccessToken]


@dataclass(frozen=True, slots=True)
class Stored:
    """An organization with all its parts by key; ``widgets`` are in display order.

    ``call_target_ids`` and ``widget_ids`` hold removed things too, which keep their ids for their return.
    """

    organization: StoredOrganization
    policies: Mapping[str, StoredPolicy]
    user_data_sets: Mapping[str, tuple[UserDataSetId, UserDataSet]]
    templates: Mapping[str, tuple[TemplateId, Template]]
    call_targets: Mapping[str, CallTarget]
    call_target_ids: Mapping[str, CallTargetId]
    widgets: Mapping[str, Widget]
    widget_ids: Mapping[str, WidgetId]
    blocked: Mapping[Blocked, str]


def stored(tx: Tx, key: str) -> Stored | None:
    """The organization with that key; None when there is none."""
    org = organizations.find(tx, key)
    organization = organizations.get(tx, org) if org else None
    if organization is None:
        return None
    org = organization.id
    targets = call_targets.all_of(tx, org, default_zone=organization.settings.time_zone)
    displayed = widgets.all_of(tx, org, default_language=organization.settings.default_language)
    return Stored(
        organization=organization,
        policies=_policies(tx, organization),
        user_data_sets={key: (set_id, data_set) for set_id, (key, data_set) in widgets.user_data_sets(tx, org).items()},
        templates={key: (template_id, template) for template_id, (key, template) in widgets.templates(tx, org).items()},
        call_targets={target.key: target for target in targets},
        call_target_ids=call_targets.ids_by_key(tx, org),
        widgets={widget.key: widget for widget in displayed},
        widget_ids=widgets.ids_by_key(tx, org),
        blocked=store.blocked(tx, org),
    )


def _policies(tx: Tx, organization: StoredOrganization) -> dict[str, StoredPolicy]:
    return {
        key: StoredPolicy(policy_id, settings, {token.name: token for token in policy.tokens})
        for policy_id, (key, settings, policy) in access.all_of(tx, organization.id).items()
    }
