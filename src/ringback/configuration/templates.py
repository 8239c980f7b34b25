"""Changing templates from the console, one at a time."""

from dataclasses import dataclass

import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.audit.model import Action, Author
from ringback.configuration.editing import (
    ChangedMeanwhile,
    free_key,
    lock,
    note,
    organization_of,
    refuse_same_name,
    version_of,
)
from ringback.configuration.picture import facts_of_template
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound, RingbackError
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import OrgId, TemplateId
from ringback.widgets.model import Widget
from ringback.widgets.template import Template


class TemplateInUse(RingbackError):
    """A template that a widget uses cannot be removed."""

    code = "TemplateInUse"


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    """A template with all that is known of it."""

    id: TemplateId
    key: str
    settings: Template
    used_by: tuple[Widget, ...]
    """Widgets and conveys, in display order."""

    @property
    def version(self) -> str:
        """What tells two states of it apart, but for the logo, which is changed by itself."""
        return version_of(self.settings.model_copy(update={"logo": ""}))


def kept_templates(tx: Tx, org: OrgId) -> tuple[KeptTemplate, ...]:
    """The organization's templates by name."""
    language = organization_of(tx, org).settings.default_language
    displayed = widgets.all_of(tx, org, default_language=language)
    kept = [
        KeptTemplate(template_id, key, template, tuple(each for each in displayed if each.template_id == template_id))
        for template_id, (key, template) in widgets.templates(tx, org).items()
    ]
    return tuple(sorted(kept, key=lambda each: (each.settings.name.casefold(), each.key)))


def kept_template(tx: Tx, org: OrgId, template_id: TemplateId) -> KeptTemplate:
    """One of them. Raises ``NotFound``."""
    for kept in kept_templates(tx, org):
        if kept.id == template_id:
            return kept
    raise NotFound("There is no such template.")


def create_template(tx: Tx, org: OrgId, settings: Template, *, by: Author, now: Instant) -> TemplateId:
    """A new template. Raises ``InvalidParameters`` (``name``) when another one is called so."""
    lock(tx, org)
    others = kept_templates(tx, org)
    refuse_same_name(settings.name, (each.settings.name for each in others), what="template")
    template_id = TemplateId(new_id(now))
    key = free_key(settings.name, {each.key for each in others}, otherwise="template")
    widgets.save_template(tx, org, template_id, key, settings, now=now)
    note(tx, org, Action.CREATED, ("template", key), None, facts_of_template(settings), by, now)
    organizations.mark_changed(tx, org, now=now)
    return template_id


def copy_template(tx: Tx, org: OrgId, template_id: TemplateId, name: str, *, by: Author, now: Instant) -> TemplateId:
    """A copy under another name. Raises as :func:`create_template` does, and ``NotFound``."""
    settings = kept_template(tx, org, template_id).settings
    return create_template(tx, org, settings.model_copy(update={"name": name}), by=by, now=now)


def change_template(
    tx: Tx, org: OrgId, template_id: TemplateId, settings: Template, *, seen: str, by: Author, now: Instant
) -> None:
    """Replace it but for the logo, from the next page on. ``seen`` is the version that the new one was made from.

    Raises ``ChangedMeanwhile`` when that is not the present one, ``InvalidParameters`` (``name``) and ``NotFound``.
    """
    lock(tx, org)
    kept = kept_template(tx, org, template_id)
    settings = settings.model_copy(update={"logo": kept.settings.logo})
    if kept.version != seen:
        raise ChangedMeanwhile(
            "Somebody else has changed this template meanwhile.", now=facts_of_template(kept.settings)
        )
    others = (each.settings.name for each in kept_templates(tx, org) if each.id != template_id)
    refuse_same_name(settings.name, others, what="template")
    _save(tx, org, kept, settings, by, now)


def change_logo(tx: Tx, org: OrgId, template_id: TemplateId, logo: str, *, by: Author, now: Instant) -> None:
    """Give it a logo, in base64, or take it away with nothing. Raises ``NotFound``, pydantic's ``ValidationError``."""
    lock(tx, org)
    kept = kept_template(tx, org, template_id)
    _save(tx, org, kept, Template.model_validate({**kept.settings.model_dump(), "logo": logo}), by, now)


def remove_template(tx: Tx, org: OrgId, template_id: TemplateId, *, by: Author, now: Instant) -> None:
    """Delete it. Raises ``TemplateInUse`` while a widget uses it, and ``NotFound``."""
    lock(tx, org)
    kept = kept_template(tx, org, template_id)
    if kept.used_by:
        raise TemplateInUse("Widgets use this template: give them another one first.")
    widgets.remove_template(tx, org, template_id)
    note(tx, org, Action.REMOVED, ("template", kept.key), facts_of_template(kept.settings), None, by, now)
    organizations.mark_changed(tx, org, now=now)


def _save(tx: Tx, org: OrgId, kept: KeptTemplate, settings: Template, by: Author, now: Instant) -> None:
    if settings == kept.settings:
        return
    widgets.save_template(tx, org, kept.id, kept.key, settings, now=now)
    note(
        tx,
        org,
        Action.CHANGED,
        ("template", kept.key),
        facts_of_template(kept.settings),
        facts_of_template(settings),
        by,
        now,
    )
    organizations.mark_changed(tx, org, now=now)
