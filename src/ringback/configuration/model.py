"""An organization with everything configured in it, at one version."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ringback.access.model import Policy
from ringback.call_targets.model import CallTarget
from ringback.forecast.wording import resolve_locale
from ringback.kernel.phone import NumberRules
from ringback.kernel.tenancy import CallTargetId, OrgId, PolicyId, TemplateId, UserDataSetId, WidgetId
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.model import NO_USER_DATA, UserDataSet, Widget
from ringback.widgets.template import Template


@dataclass(frozen=True, slots=True)
class Configuration:
    """The whole configuration of an organization. ``widgets`` are in display order."""

    org: OrgId
    key: str
    version: int
    settings: OrganizationSettings
    policy: Policy | None
    """Guards the organization's endpoints."""
    public: bool
    """Whether those endpoints are open to everybody while no policy guards them."""
    call_targets: Mapping[CallTargetId, CallTarget]
    widgets: Mapping[WidgetId, Widget]
    policies: Mapping[PolicyId, Policy]
    user_data_sets: Mapping[UserDataSetId, UserDataSet]
    templates: Mapping[TemplateId, Template] = field(default_factory=dict)

    def call_target_of(self, widget: Widget) -> CallTarget:
        """Where the widget's callbacks connect."""
        return self.call_targets[widget.call_target_id]

    def policy_of(self, widget: Widget) -> Policy | None:
        """What guards the widget; None when it is open to everybody."""
        return self.policies[widget.policy_id] if widget.policy_id else None

    def number_rules_of(self, widget: Widget) -> NumberRules:
        """Which numbers may be called through the widget."""
        return widget.settings.numbers or self.settings.numbers

    def locale_for(self, widget: Widget, asked: str | None) -> str | None:
        """The locale asked for, if the call target or else the organization speaks its language; None otherwise."""
        spoken = self.call_target_of(widget).settings.languages or self.settings.languages
        return asked if resolve_locale(asked, spoken, "") else None

    def user_data_set_of(self, widget: Widget) -> UserDataSet:
        """The keys that the widget may pass on."""
        return self.user_data_sets[widget.user_data_set_id] if widget.user_data_set_id else NO_USER_DATA

    def template_of(self, widget: Widget) -> Template | None:
        """How the widget's page looks; None for Ringback's own look."""
        return self.templates[widget.template_id] if widget.template_id else None
