"""Rows read into values."""

from ringback.db.tx import Row
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.messaging.gateways.port import ProviderId, TextId
from ringback.messaging.model import StoredText, TextKind, TextState, Thread


def thread_of(row: Row) -> Thread:
    """Which conversation a row belongs to."""
    return Thread(OrgId(row["org_id"]), row["our_number"], row["customer_number"])


def text_of(row: Row) -> StoredText:
    """A row of ``texts``."""
    return StoredText(
        thread=thread_of(row),
        place=row["place"],
        id=TextId(row["id"]),
        kind=TextKind(row["kind"]),
        state=TextState(row["state"]),
        body=row["body"],
        created_at=Instant(row["created_at"]),
        provider_id=None if row["provider_id"] is None else ProviderId(row["provider_id"]),
        callback_id=None if row["callback_id"] is None else CallbackId(row["callback_id"]),
        occasion=row["occasion"],
        reason=row["reason"],
        segments=row["segments"],
        attachments=row["attachments"],
        tries=row["tries"],
        due_at=_instant(row["due_at"]),
        stale_at=_instant(row["stale_at"]),
        tried_at=_instant(row["tried_at"]),
    )


def _instant(value: int | None) -> Instant | None:
    return None if value is None else Instant(value)
