"""Links that only their owner has: a customer's page for one callback.

The link carries the callback's id and a keyed digest of it, so nothing needs to be stored and nobody can make one up.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import CallbackId, OrgId

_DIGEST_BYTES = 18


class Links:
    """Makes and reads links. ``base`` is how the outside reaches this server, without a slash at its end."""

    def __init__(self, base: str, key: bytes) -> None:
        self.base = base
        self._key = key

    def manage(self, org: OrgId, callback_id: CallbackId) -> str:
        """The page where a customer sees, moves or cancels this callback."""
        return f"{self.base}/m/{org}.{callback_id}.{self._digest(org, callback_id)}"

    def managed(self, token: str) -> tuple[OrgId, CallbackId]:
        """Whose callback the link names. Raises ``NotFound`` for one that we did not make."""
        org, _, rest = token.partition(".")
        callback_id, _, digest = rest.partition(".")
        if not digest.isascii() or not hmac.compare_digest(digest, self._digest(org, callback_id)):
            raise NotFound("There is no such callback.")
        return OrgId(org), CallbackId(callback_id)

    def _digest(self, org: str, callback_id: str) -> str:
        message = f"{org}\n{callback_id}".encode("utf-8", "surrogatepass")
        return urlsafe_b64encode(hmac.digest(self._key, message, sha256)[:_DIGEST_BYTES]).decode()
