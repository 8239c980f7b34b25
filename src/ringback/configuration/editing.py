"""What the use cases share that change one thing of a configuration at a time.

Each locks the organization's configuration, compares the version that was opened with the one there is, writes, notes
the change in the audit log, and marks the configuration as changed, so that every process reads it anew.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from hashlib import sha256

import ringback.audit.service as audit
import ringback.organizations.store as organizations
from ringback.audit.model import Action, Author, Facts
from ringback.configuration import store
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.document import Document
from ringback.kernel.errors import InvalidParameters, NotFound, RingbackError
from ringback.kernel.tenancy import OrgId
from ringback.organizations.store import StoredOrganization

_LONGEST_KEY = 48


class ChangedMeanwhile(RingbackError):
    """What was to be saved has been changed since it was opened. ``details["now"]`` holds its facts as they are."""

    code = "ChangedMeanwhile"


def organization_of(tx: Tx, org: OrgId) -> StoredOrganization:
    """The organization as it is stored. Raises ``NotFound``."""
    organization = organizations.get(tx, org)
    if organization is None:
        raise NotFound("There is no such organization.")
    return organization


def lock(tx: Tx, org: OrgId) -> StoredOrganization:
    """The organization, whose configuration nobody else can change until this transaction ends. Raises ``NotFound``."""
    store.lock(tx, organization_of(tx, org).key)
    return organization_of(tx, org)


def version_of(*documents: Document) -> str:
    """What tells two states of settings apart: a form carries it, and is refused when it is another one by then."""
    return sha256("\n".join(each.to_json() for each in documents).encode()).hexdigest()[:16]


def free_key(name: str, taken: Collection[str], *, otherwise: str) -> str:
    """A key made of a name, by which a configuration file can refer to the thing; none of those that are taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_KEY].rstrip("-") or otherwise
    number = 2
    free = key
    while free in taken:
        free = f"{key}-{number}"
        number += 1
    return free


def refuse_same_name(name: str, others: Iterable[str], *, what: str) -> None:
    """Raises ``InvalidParameters`` (``name``) when another one is called so, whatever the case of its letters."""
    if name.casefold() in {each.casefold() for each in others}:
        raise InvalidParameters(f"Another {what} is called so.", field="name")


def note(
    tx: Tx,
    org: OrgId,
    action: Action,
    subject: tuple[str, str],
    before: Facts | None,
    after: Facts | None,
    by: Author,
    now: Instant,
) -> None:
    """Write a change into the audit log. ``subject`` is what was changed: its kind, and its key."""
    audit.record(
        tx,
        org,
        action,
        subject_kind=subject[0],
        subject_key=subject[1],
        before=before,
        after=after,
        actor=by.actor,
        origin=by.origin,
        now=now,
    )
