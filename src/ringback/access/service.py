"""What others may ask of access control beyond its decision."""

from ringback.access import store
from ringback.access.tokens import MAX_LENGTH, hash_token
from ringback.db.tx import Tx
from ringback.kernel.tenancy import OrgId

note_use = store.note_use


def organization_of_token(tx: Tx, presented: str) -> OrgId | None:
    """Whose token was presented, usable or not; None when it is nobody's. What it opens a policy decides."""
    return None if len(presented) > MAX_LENGTH else store.organization_of_token(tx, hash_token(presented))
