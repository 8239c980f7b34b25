"""What was texted with a number: told to whoever asks for their data, and deleted for whoever asks for that.

That they want no texts is kept: forgotten, it would be texted again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ringback.callbacks.personal_data import StillLive
from ringback.db.tx import Change, Tx
from ringback.kernel.clock import to_datetime
from ringback.kernel.tenancy import OrgId
from ringback.messaging.store import personal_data as store
from ringback.messaging.store.opt_outs import has_opted_out

MOST = 10_000
"""Texts of one number that are told."""

wants_no_texts = has_opted_out


def texts_told(tx: Tx, org: OrgId, number: str) -> Sequence[Mapping[str, Any]]:
    """Every text from and to a canonical number, oldest first, as JSON has it."""
    return [
        {
            "at": to_datetime(text.created_at).isoformat(),
            "from_customer": text.kind == "inbound",
            "kind": text.kind.value,
            "text": text.body,
        }
        for text in store.texts_of_number(tx, org, number, limit=MOST)
    ]


def erase_texts(tx: Tx, org: OrgId, number: str) -> int:
    """Delete the conversations with a number; how many texts there were. Raises ``StillLive``."""
    if store.is_sending(tx, org, number):
        raise StillLive("A text to this number is just being sent: try again in a minute.")
    texts = store.delete_conversations(tx, org, number)
    if texts:
        tx.changed(org, Change.TEXTS)
    return texts
