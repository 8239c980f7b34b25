"""The use cases of the audit log: note a change, in the transaction that makes it, and read what was noted."""

from ringback.audit import store
from ringback.audit.model import Action, AuditEntry, Facts, Search
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import OrgId


def record(
    tx: Tx,
    org: OrgId,
    action: Action,
    *,
    subject_kind: str,
    subject_key: str,
    before: Facts | None,
    after: Facts | None,
    actor: str,
    origin: str,
    now: Instant,
) -> None:
    """Note a change. The facts hold neither secrets nor whole phone numbers: the caller sees to that."""
    entry = AuditEntry(new_id(now), now, actor, origin, action, subject_kind, subject_key, before, after)
    store.add(tx, org, entry)


def newest(tx: Tx, org: OrgId, *, limit: int = 100) -> list[AuditEntry]:
    """The organization's newest entries, newest first."""
    return store.newest(tx, org, limit=limit)


def search(tx: Tx, org: OrgId, wanted: Search, *, older_than: str | None = None, limit: int = 50) -> list[AuditEntry]:
    """Entries that fit, newest first; of several pages the next begins below the last id of this one."""
    return store.search(tx, org, wanted, older_than=older_than, limit=limit)


def get(tx: Tx, org: OrgId, entry_id: str) -> AuditEntry:
    """One entry. Raises ``NotFound``."""
    entry = store.get(tx, org, entry_id)
    if entry is None:
        raise NotFound("There is no such change.")
    return entry


def subject_kinds(tx: Tx, org: OrgId) -> list[str]:
    """The kinds of things that the organization's log tells of, in the order of the alphabet."""
    return store.subject_kinds(tx, org)
