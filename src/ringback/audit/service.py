"""The use cases of the audit log: note a change, in the transaction that makes it, and read what was noted."""

from ringback.audit import store
from ringback.audit.model import Action, AuditEntry, Facts
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
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
