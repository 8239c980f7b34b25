"""Drafts of call targets: an edit goes into the call target's one draft, and into force when that is published.

Colleagues share the draft. It holds changes, not a state: see ``merge.py``, and ADR 0024.
"""

from collections.abc import Callable

import ringback.audit.service as audit
import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
from ringback.audit.model import Action, AuditEntry, Author, Search
from ringback.call_targets.model import CallTargetSettings, Draft
from ringback.configuration.call_targets import (
    KeptCallTarget,
    facts_of,
    kept_call_target,
    kept_call_targets,
    refuse_same_name,
)
from ringback.configuration.editing import ChangedMeanwhile, lock, note, version_of
from ringback.configuration.merge import with_switches_of
from ringback.db.tx import Change, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import CallTargetId, OrgId

KIND, DRAFT_KIND = "call_target", "call_target_draft"
"""What the audit log calls them."""

Edit = Callable[[CallTargetSettings], CallTargetSettings]
"""Makes new settings of the latest ones; may raise what tells why not."""


def version_to_publish(kept: KeptCallTarget) -> str:
    """What tells apart two moments at which publishing would mean something else."""
    return version_of(kept.settings, kept.latest)


def edit_draft(tx: Tx, org: OrgId, call_target_id: CallTargetId, edit: Edit, *, by: Author, now: Instant) -> None:
    """Change the draft, which begins as what is in force. One that does not differ from that is no draft any more.

    Raises what ``edit`` raises, ``InvalidParameters`` (``name``) and ``NotFound``.
    """
    lock(tx, org)
    kept = kept_call_target(tx, org, call_target_id)
    settings = with_switches_of(kept.settings, edit(kept.latest))
    if settings.name != kept.latest.name:
        refuse_same_name(settings.name, (each for each in kept_call_targets(tx, org) if each.id != call_target_id))
    _keep(tx, org, kept, settings, by, now)


def discard_draft(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, by: Author, now: Instant) -> str | None:
    """Forget the draft; the id of the audit entry that keeps it, None when there was none. Raises ``NotFound``."""
    lock(tx, org)
    kept = kept_call_target(tx, org, call_target_id)
    if kept.draft is None:
        return None
    _keep(tx, org, kept, kept.settings, by, now)
    discarded = Search(subject_kind=DRAFT_KIND, subject_key=kept.key, action=Action.REMOVED)
    entries = audit.search(tx, org, discarded)
    return next(entry.id for entry in entries if entry.subject_key == kept.key)


def publish_draft(
    tx: Tx, org: OrgId, call_target_id: CallTargetId, *, seen: str, by: Author, now: Instant
) -> CallTargetSettings:
    """Put the draft in force; what is in force from now on. ``seen`` is the :func:`version_to_publish` that was shown.

    Raises ``ChangedMeanwhile`` when that is another one by now, and ``NotFound``, also when there is no draft.
    """
    lock(tx, org)
    kept = kept_call_target(tx, org, call_target_id)
    if kept.draft is None:
        raise NotFound("There is no draft: somebody has published or discarded it.")
    if version_to_publish(kept) != seen:
        now_facts = facts_of(kept.settings)
        raise ChangedMeanwhile("The call target or its draft has been changed meanwhile.", now=now_facts)
    settings = kept.latest
    call_targets.remove_draft(tx, org, call_target_id)
    if settings != kept.settings:
        call_targets.save(tx, org, call_target_id, kept.key, settings, now=now)
        before, after = facts_of(kept.settings), facts_of(settings)
        note(tx, org, Action.CHANGED, (KIND, kept.key), before, after, by, now)
    organizations.mark_changed(tx, org, now=now)
    return settings


def changes_of(
    tx: Tx, org: OrgId, kept: KeptCallTarget, *, older_than: str | None = None, limit: int = 50
) -> list[AuditEntry]:
    """What has been changed in force, newest first."""
    found: list[AuditEntry] = []
    wanted = Search(subject_kind=KIND, subject_key=kept.key)  # finds keys that contain this one, too
    while len(found) < limit:
        entries = audit.search(tx, org, wanted, older_than=older_than, limit=200)
        found += [entry for entry in entries if entry.subject_key == kept.key]
        if len(entries) < 200:
            break
        older_than = entries[-1].id
    return found[:limit]


def entry_of(tx: Tx, org: OrgId, kept: KeptCallTarget, entry_id: str) -> AuditEntry:
    """The change of the call target, or of its draft, with that id. Raises ``NotFound``."""
    entry = audit.get(tx, org, entry_id)
    if entry.subject_key == kept.key and entry.subject_kind in {KIND, DRAFT_KIND}:
        return entry
    raise NotFound("There is no such change.")


def _keep(tx: Tx, org: OrgId, kept: KeptCallTarget, settings: CallTargetSettings, by: Author, now: Instant) -> None:
    """Keep the settings as the draft, or forget it when they are what is in force."""
    before = facts_of(kept.latest) if kept.draft else None
    after = None if settings == kept.settings else facts_of(settings)
    if before == after:
        return
    if after is None:
        call_targets.remove_draft(tx, org, kept.id)
    else:
        call_targets.save_draft(tx, org, kept.id, Draft(settings, kept.settings, by.actor, now))
    action = Action.REMOVED if after is None else Action.CREATED if before is None else Action.CHANGED
    note(tx, org, action, (DRAFT_KIND, kept.key), before, after, by, now)
    tx.changed(org, Change.CONFIGURATION)  # open pages show that it waits; what is in force is what it was
