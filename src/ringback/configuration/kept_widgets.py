"""Widgets and conveys as the console reads them: each with what it refers to, and all that it could refer to."""

from collections.abc import Mapping
from dataclasses import dataclass

import ringback.call_targets.store as call_targets
import ringback.widgets.store as widgets
from ringback.audit.model import Facts
from ringback.call_targets.model import CallTarget
from ringback.configuration.editing import organization_of, version_of
from ringback.configuration.picture import facts_of_widget
from ringback.configuration.policies import KeptPolicy, policies_guarding
from ringback.db.tx import Tx
from ringback.forecast.wording import normal_tag, primary_language
from ringback.kernel.document import Document, Key
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import CallTargetId, OrgId, PolicyId, TemplateId, UserDataSetId, WidgetId
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.model import UserDataSet, Widget, WidgetKind, WidgetSettings
from ringback.widgets.template import Template


class WidgetDraft(Document):
    """What is decided together about a widget or convey: its settings, and what it refers to."""

    settings: WidgetSettings
    call_target_id: CallTargetId
    policy_id: PolicyId | None = None
    user_data_set_id: UserDataSetId | None = None
    template_id: TemplateId | None = None
    slug: Key | None = None
    """The end of a convey's short link. Absent: its key."""


@dataclass(frozen=True, slots=True)
class KeptWidget:
    """A widget or convey with what it refers to."""

    widget: Widget
    call_target: CallTarget
    policy: KeptPolicy | None
    user_data_set: UserDataSet | None
    template: Template | None

    @property
    def id(self) -> WidgetId:
        """Its public id."""
        return self.widget.id

    @property
    def settings(self) -> WidgetSettings:
        """Its settings."""
        return self.widget.settings

    @property
    def is_convey(self) -> bool:
        """Whether it is a convey."""
        return self.widget.kind is WidgetKind.CONVEY

    @property
    def draft(self) -> WidgetDraft:
        """What a form of it holds: all but the texts and whether it is active, which are changed by themselves."""
        widget = self.widget
        return WidgetDraft(
            settings=widget.settings.model_copy(update={"active": True, "messages": {}}),
            call_target_id=widget.call_target_id,
            policy_id=widget.policy_id,
            user_data_set_id=widget.user_data_set_id,
            template_id=widget.template_id,
            slug=widget.slug,
        )

    @property
    def version(self) -> str:
        """What tells two states of its draft apart."""
        return version_of(self.draft)

    def language(self, language: str) -> str:
        """The language as its texts name it: ``pt-BR`` may be asked for as ``PT_br``."""
        tag = normal_tag(language)
        return next((each for each in self.settings.messages if normal_tag(each) == tag), language)

    def texts(self, language: str) -> Mapping[str, str]:
        """Its own texts in a language, by key."""
        return self.settings.messages.get(self.language(language), {})

    def version_of_texts(self, language: str) -> str:
        """What tells two states of its texts in a language apart."""
        return version_of(WidgetSettings(name="texts", messages={"en": self.texts(language)}))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """An organization's widgets and conveys in display order, and what they can refer to."""

    settings: OrganizationSettings
    call_targets: tuple[CallTarget, ...]
    policies: tuple[KeptPolicy, ...]
    user_data_sets: Mapping[UserDataSetId, tuple[str, UserDataSet]]
    templates: Mapping[TemplateId, tuple[str, Template]]
    widgets: tuple[KeptWidget, ...]

    def one(self, widget_id: WidgetId) -> KeptWidget:
        """One of the widgets and conveys. Raises ``NotFound``."""
        for kept in self.widgets:
            if kept.id == widget_id:
                return kept
        raise NotFound("There is no such widget.")

    def policy(self, policy_id: PolicyId | None) -> KeptPolicy | None:
        """One of the policies."""
        return next((each for each in self.policies if each.id == policy_id), None)

    def offers(self, language: str) -> bool:
        """Whether the organization speaks that language, in whatever variant: other texts would never be read."""
        return primary_language(language) in {primary_language(each) for each in self.settings.languages}

    def facts(self, widget: Widget) -> Facts:
        """What the audit log tells of a widget."""
        return facts_of_widget(
            widget,
            {target.id: target.key for target in self.call_targets},
            {policy.id: policy.key for policy in self.policies},
            {set_id: key for set_id, (key, _) in self.user_data_sets.items()},
            {template_id: key for template_id, (key, _) in self.templates.items()},
        )


def surroundings(tx: Tx, org: OrgId) -> Surroundings:
    """Everything about an organization's widgets and conveys. Raises ``NotFound``."""
    organization = organization_of(tx, org)
    settings = organization.settings
    targets = {target.id: target for target in call_targets.all_of(tx, org, default_zone=settings.time_zone)}
    data_sets = widgets.user_data_sets(tx, org)
    templates = widgets.templates(tx, org)
    displayed = widgets.all_of(tx, org, default_language=settings.default_language)
    policies = policies_guarding(tx, organization, displayed)
    by_id = {policy.id: policy for policy in policies}
    kept = (
        KeptWidget(
            widget,
            targets[widget.call_target_id],
            by_id[widget.policy_id] if widget.policy_id else None,
            data_sets[widget.user_data_set_id][1] if widget.user_data_set_id else None,
            templates[widget.template_id][1] if widget.template_id else None,
        )
        for widget in displayed
    )
    return Surroundings(settings, tuple(targets.values()), policies, data_sets, templates, tuple(kept))


def kept_widgets(tx: Tx, org: OrgId) -> tuple[KeptWidget, ...]:
    """The organization's widgets and conveys in display order."""
    return surroundings(tx, org).widgets


def kept_widget(tx: Tx, org: OrgId, widget_id: WidgetId) -> KeptWidget:
    """One of them. Raises ``NotFound``."""
    return surroundings(tx, org).one(widget_id)
