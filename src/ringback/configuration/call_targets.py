"""Call targets from the console: what is known of each, a new one, a copy, and taking one out of use.

What is in force is changed through a draft: see ``drafts.py``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.audit.model import Action, Author, Facts
from ringback.call_targets.model import CallTarget, CallTargetSettings, Draft
from ringback.configuration import store
from ringback.configuration.editing import free_key, lock, note, organization_of
from ringback.configuration.merge import merged
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import InvalidParameters, NotFound, RingbackError
from ringback.kernel.ids import new_public_id
from ringback.kernel.tenancy import CallTargetId, OrgId
from ringback.widgets.model import Widget

MOST_CALL_TARGETS = 500


class CallTargetInUse(RingbackError):
    """A call target that widgets use, or whose callbacks have not all ended, cannot be removed."""

    code = "CallTargetInUse"


@dataclass(frozen=True, slots=True)
class KeptCallTarget:
    """A call target with all that a person who configures it needs to see."""

    target: CallTarget
    """As it is in force."""
    used_by: tuple[Widget, ...]
    """Widgets and conveys, in display order."""
    draft: Draft | None
    default_zone: str
    """The organization's, for a call target without one of its own."""
    languages: tuple[str, ...]
    """The organization's."""

    @property
    def id(self) -> CallTargetId:
        """Its id."""
        return self.target.id

    @property
    def key(self) -> str:
        """By which a configuration file refers to it."""
        return self.target.key

    @property
    def settings(self) -> CallTargetSettings:
        """What is in force."""
        return self.target.settings

    @property
    def latest(self) -> CallTargetSettings:
        """What would be in force if the draft were published now; without a draft, what is."""
        return merged(self.draft, self.settings) if self.draft else self.settings

    def with_settings(self, settings: CallTargetSettings) -> CallTarget:
        """The call target as it would be with other settings."""
        return replace(self.target, settings=settings, zone_name=settings.time_zone or self.default_zone)


def kept_call_targets(tx: Tx, org: OrgId) -> tuple[KeptCallTarget, ...]:
    """The organization's call targets by name."""
    organization = organization_of(tx, org)
    settings = organization.settings
    displayed = widgets.all_of(tx, org, default_language=settings.default_language)
    drafts = call_targets.drafts(tx, org)
    kept = [
        KeptCallTarget(
            target=target,
            used_by=tuple(widget for widget in displayed if widget.call_target_id == target.id),
            draft=drafts.get(target.id),
            default_zone=settings.time_zone,
            languages=settings.languages,
        )
        for target in call_targets.all_of(tx, org, default_zone=settings.time_zone)
    ]
    return tuple(sorted(kept, key=lambda each: (each.settings.name.casefold(), each.key)))


def kept_call_target(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> KeptCallTarget:
    """One of them. Raises ``NotFound``."""
    for kept in kept_call_targets(tx, org):
        if kept.id == call_target_id:
            return kept
    raise NotFound("There is no such call target.")


def live_callbacks(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> int:
    """How many of its callbacks have not ended."""
    return store.count_live_callbacks(tx, org, call_target_id)


def create_call_target(
    tx: Tx, org: OrgId, name: str, *, like: CallTargetId | None, by: Author, now: Instant
) -> CallTargetId:
    """A new call target: a copy of another as that is in force, or one with the settings that come with Ringback.

    Nobody can ask for a callback on it until a widget uses it. Raises ``InvalidParameters`` (``name``), ``NotFound``
    for an unknown one to copy, and pydantic's ``ValidationError`` for what cannot be a name.
    """
    lock(tx, org)
    others = kept_call_targets(tx, org)
    if len(others) >= MOST_CALL_TARGETS:
        raise InvalidParameters(f"An organization has at most {MOST_CALL_TARGETS} call targets.", field="name")
    original = kept_call_target(tx, org, like).settings.model_dump() if like else {}
    settings = CallTargetSettings.model_validate({**original, "name": name})
    refuse_same_name(settings.name, others)
    call_target_id = CallTargetId(new_public_id())
    key = free_key(settings.name, call_targets.ids_by_key(tx, org), otherwise="call-target")
    call_targets.save(tx, org, call_target_id, key, settings, now=now)
    note(tx, org, Action.CREATED, ("call_target", key), None, facts_of(settings), by, now)
    organizations.mark_changed(tx, org, now=now)
    return call_target_id


def remove_call_target(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, by: Author, now: Instant) -> None:
    """Take a call target out of use, with its draft; its callbacks and its reports stay.

    As when a configuration file leaves it out: raises ``CallTargetInUse`` while widgets use it or callbacks have not
    ended. Raises ``NotFound``.
    """
    lock(tx, org)
    kept = kept_call_target(tx, org, call_target_id)
    if kept.used_by:
        raise CallTargetInUse("Widgets use the call target: remove them, or have them use another one, first.")
    if live := live_callbacks(tx, org, call_target_id):
        waiting = "1 callback has" if live == 1 else f"{live} callbacks have"
        raise CallTargetInUse(f"{waiting} not ended yet: take no new ones until they have.")
    call_targets.remove(tx, org, call_target_id, now=now)
    note(tx, org, Action.REMOVED, ("call_target", kept.key), facts_of(kept.settings), None, by, now)
    organizations.mark_changed(tx, org, now=now)


def refuse_same_name(name: str, others: Iterable[KeptCallTarget]) -> None:
    """Raises ``InvalidParameters`` (``name``) when another call target is called so."""
    if any(each.settings.name.casefold() == name.casefold() for each in others):
        raise InvalidParameters("Another call target is called so.", field="name")


def facts_of(settings: CallTargetSettings) -> Facts:
    """The settings as the audit log keeps them."""
    return settings.model_dump(mode="json")
