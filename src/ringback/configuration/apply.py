"""Making an organization what a file says: the use cases behind ``ringback apply``.

What is not in the file goes: call targets, widgets and conveys out of use (they keep their ids, in case they return),
policies and user data sets for good, tokens revoked. Applying a file twice changes nothing the second time.
"""

from dataclasses import dataclass

import ringback.audit.service as audit
import ringback.organizations.store as organizations
from ringback.configuration import problems, store
from ringback.configuration.conflicts import Secrets, conflicts
from ringback.configuration.difference import Change, Difference
from ringback.configuration.file import ConfigurationFile, OrganizationDocument
from ringback.configuration.picture import difference_between
from ringback.configuration.stored import Stored, stored
from ringback.configuration.write import IssuedToken, write
from ringback.db.tx import ConstraintViolated, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import ConfigurationInvalid
from ringback.kernel.tenancy import OrgId


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a file has done, or would do."""

    org: OrgId | None
    """None only for a preview of an organization that does not exist yet."""
    difference: Difference
    issued: tuple[IssuedToken, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is allowed, but perhaps not meant."""


def preview(tx: Tx, file: ConfigurationFile, *, secrets: Secrets) -> Applied:
    """What :func:`apply_file` would do. Reads only, and raises what that would raise."""
    now, difference = _compared(tx, file, secrets)
    return Applied(now.organization.id if now else None, difference, warnings=_warnings(file.document))


def apply_file(tx: Tx, file: ConfigurationFile, *, actor: str, origin: str, secrets: Secrets, now: Instant) -> Applied:
    """Make the organization what the file says.

    ``actor`` and ``origin`` go into the audit log; ``secrets`` are the environment variables that ``secret_env`` names.
    Raises ``ConfigurationInvalid`` with everything that keeps the file from being applied.
    """
    document = file.document
    store.lock(tx, document.organization.key)
    before, difference = _compared(tx, file, secrets)
    warnings = _warnings(document)
    if before is not None and not difference:
        return Applied(before.organization.id, difference, warnings=warnings)
    try:
        org, issued = write(tx, document, before, difference, secrets=secrets, now=now)
    except ConstraintViolated as violated:
        raise ConfigurationInvalid(
            "Somebody else has just taken a key, id, short link or token of this file: apply it again."
        ) from violated
    for change in difference.changes:
        _note(tx, org, change, actor=actor, origin=origin, now=now)
    organizations.mark_changed(tx, org, now=now)
    return Applied(org, difference, issued, warnings)


def _compared(tx: Tx, file: ConfigurationFile, secrets: Secrets) -> tuple[Stored | None, Difference]:
    document = file.document
    now = stored(tx, document.organization.key)
    found = list(conflicts(tx, now, document, secrets))
    if found:
        raise problems.invalid("The configuration cannot be applied.", found, file.lines)
    return now, difference_between(now, document)


def _warnings(document: OrganizationDocument) -> tuple[str, ...]:
    warnings = [
        f"policies.{key}: with neither networks nor a token in use it lets nobody in"
        for key, policy in document.policies.items()
        if not policy.networks and all(token.revoked for token in policy.tokens.values())
    ]
    if not document.organization.policy and not document.organization.public:
        warnings.append("organization: its endpoints are closed to everybody; give it a policy, or public = true")
    return tuple(warnings)


def _note(tx: Tx, org: OrgId, change: Change, *, actor: str, origin: str, now: Instant) -> None:
    audit.record(
        tx,
        org,
        change.action,
        subject_kind=change.kind,
        subject_key=change.key,
        before=change.before,
        after=change.after,
        actor=actor,
        origin=origin,
        now=now,
    )
