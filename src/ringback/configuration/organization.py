"""Changing the organization's own settings from the console."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ringback.access.store as access
import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.audit.model import Action, Author, Facts
from ringback.call_targets.model import CallTarget
from ringback.configuration import references, store
from ringback.configuration.editing import ChangedMeanwhile, lock, note, organization_of, version_of
from ringback.configuration.lines import Path
from ringback.configuration.picture import facts_of_organization
from ringback.db.tx import Tx
from ringback.kernel.clock import DAY, Instant
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.tenancy import OrgId
from ringback.organizations.model import OrganizationSettings
from ringback.organizations.store import StoredOrganization
from ringback.widgets.model import WidgetKind

_SUBJECT = ("organization", "organization")


@dataclass(frozen=True, slots=True)
class KeptOrganization:
    """The organization with what its settings bear on."""

    id: OrgId
    key: str
    settings: OrganizationSettings
    created_at: Instant
    call_targets: tuple[CallTarget, ...]
    """By name."""

    @property
    def version(self) -> str:
        """What tells two states of the settings apart."""
        return version_of(self.settings)

    @property
    def following(self) -> list[CallTarget]:
        """The call targets without a time zone of their own."""
        return [target for target in self.call_targets if not target.settings.time_zone]

    @property
    def apart(self) -> list[CallTarget]:
        """Those with one."""
        return [target for target in self.call_targets if target.settings.time_zone]


def kept_organization(tx: Tx, org: OrgId) -> KeptOrganization:
    """The organization. Raises ``NotFound``."""
    organization = organization_of(tx, org)
    targets = call_targets.all_of(tx, org, default_zone=organization.settings.time_zone)
    return KeptOrganization(
        id=organization.id,
        key=organization.key,
        settings=organization.settings,
        created_at=organizations.created_at(tx, org) or Instant(0),
        call_targets=tuple(sorted(targets, key=lambda target: target.settings.name.casefold())),
    )


def forgotten_at_once(tx: Tx, org: OrgId, retention_days: int, *, now: Instant) -> int:
    """How many finished callbacks would lose number, name and user data at once if no more days were kept."""
    return store.count_kept_people(tx, org, Instant(now - retention_days * DAY))


def change_organization(
    tx: Tx, org: OrgId, settings: OrganizationSettings, *, seen: str, by: Author, now: Instant
) -> None:
    """Replace the organization's own settings. ``seen`` is the version that they were made from.

    Raises ``ChangedMeanwhile`` when that is not the present one, ``InvalidParameters`` (``languages``,
    ``default_language``) when a language is none, or is left out though something speaks it, and ``NotFound``.
    """
    organization = lock(tx, org)
    present = organization.settings
    if version_of(present) != seen:
        raise ChangedMeanwhile("Somebody else has changed these settings meanwhile.", now=present.model_dump())
    if settings == present:
        return
    _refuse_languages(tx, org, settings)
    organizations.save(tx, org, organization.key, settings, now=now)
    before, after = _facts(tx, organization, present), _facts(tx, organization, settings)
    note(tx, org, Action.CHANGED, _SUBJECT, before, after, by, now)
    organizations.mark_changed(tx, org, now=now)


def _facts(tx: Tx, organization: StoredOrganization, settings: OrganizationSettings) -> Facts:
    guard = access.all_of(tx, organization.id)[organization.policy_id][0] if organization.policy_id else None
    return facts_of_organization(settings, guard, public=organization.public)


def _refuse_languages(tx: Tx, org: OrgId, settings: OrganizationSettings) -> None:
    """By the same rule as in a file: what is said in a language that is not offered would never be read."""
    problems = list(references.languages_are_offered(_tables(tx, org, settings)))
    own = [problem for problem in problems if problem.path[0] == "organization"]
    if own:
        field = str(own[0].path[1])
        words = own[0].text if field == "languages" else "This is not among the languages below."
        raise InvalidParameters(f"{words[:1].upper()}{words[1:].rstrip('.')}.", field=field)
    if problems:
        users = ", ".join(dict.fromkeys(_told(problem.path) for problem in problems))
        raise InvalidParameters(f"What is left out is still spoken by {users}.", field="languages")


def _told(path: Path) -> str:
    """What speaks a language: ``widget billing (de)``."""
    section, key, *below = path
    kind = {"call_targets": "call target", "templates": "template", "conveys": "convey"}.get(str(section), "widget")
    language = f" ({below[1]})" if below[0] in {"messages", "texts"} else ""
    return f"{kind} {key}{language}"


def _tables(tx: Tx, org: OrgId, settings: OrganizationSettings) -> Mapping[str, Any]:
    """All that speaks a language, as the tables of a file."""

    def entries(kind: WidgetKind) -> Iterator[tuple[str, Any]]:
        for widget in widgets.all_of(tx, org, default_language=settings.default_language):
            if widget.kind is kind:
                yield widget.key, widget.settings.model_dump(mode="json")

    targets = call_targets.all_of(tx, org, default_zone=settings.time_zone)
    return {
        "organization": settings.model_dump(mode="json"),
        "call_targets": {target.key: target.settings.model_dump(mode="json") for target in targets},
        "templates": {key: template.model_dump(mode="json") for key, template in widgets.templates(tx, org).values()},
        "widgets": dict(entries(WidgetKind.WIDGET)),
        "conveys": dict(entries(WidgetKind.CONVEY)),
    }
