"""Reading an organization's configuration as one value.

This feature stands above organizations, access, call targets and widgets, and alone may use their stores.
"""

import ringback.access.store as access
import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.configuration.model import Configuration
from ringback.db.tx import Tx
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import OrgId, WidgetId
from ringback.organizations.model import OrganizationSettings


def load(tx: Tx, org: OrgId) -> Configuration:
    """The organization's configuration. Raises ``NotFound``."""
    organization = organizations.get(tx, org)
    if organization is None:
        raise NotFound("There is no such organization.")
    targets = call_targets.all_of(tx, org, default_zone=organization.settings.time_zone)
    listed = widgets.all_of(tx, org, default_language=organization.settings.default_language)
    policies = {policy_id: policy for policy_id, (_, _, policy) in access.all_of(tx, org).items()}
    return Configuration(
        org=org,
        key=organization.key,
        version=organization.version,
        settings=organization.settings,
        policy=policies[organization.policy_id] if organization.policy_id else None,
        public=organization.public,
        call_targets={target.id: target for target in targets},
        widgets={widget.id: widget for widget in listed},
        policies=policies,
        user_data_sets={set_id: data_set for set_id, (_, data_set) in widgets.user_data_sets(tx, org).items()},
        templates={template_id: template for template_id, (_, template) in widgets.templates(tx, org).items()},
    )


def list_ids(tx: Tx) -> list[OrgId]:
    """All organizations, oldest first."""
    return organizations.list_ids(tx)


def settings_of_all(tx: Tx) -> dict[OrgId, OrganizationSettings]:
    """The own settings of every organization, oldest organization first."""
    return organizations.settings_of_all(tx)


def settings_of(tx: Tx, org: OrgId) -> OrganizationSettings:
    """The organization's own settings. Raises ``NotFound``."""
    organization = organizations.get(tx, org)
    if organization is None:
        raise NotFound("There is no such organization.")
    return organization.settings


def version(tx: Tx, org: OrgId) -> int | None:
    """The present version of the organization's configuration; None when it is gone."""
    return organizations.version(tx, org)


def organization_of_widget(tx: Tx, widget_id: WidgetId) -> OrgId:
    """Whose widget this is. Raises ``NotFound``."""
    org = widgets.organization_of(tx, widget_id)
    if org is None:
        raise NotFound("There is no such widget.")
    return org


def organization_of_convey(tx: Tx, slug: str) -> tuple[OrgId, WidgetId]:
    """Whose convey has this short link. Raises ``NotFound``."""
    found = widgets.organization_of_slug(tx, slug)
    if found is None:
        raise NotFound("There is no such page.")
    return found
