"""Sealing: secrets that must be read again, kept in the database so that the database alone does not tell them.

Fernet (AES-128-CBC and HMAC-SHA256) under keys derived from the process's secret key, one for each purpose (HKDF, RFC
5869): what was sealed for one purpose does not open under another, so a row's secret put into another row is useless.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ringback.kernel.errors import RingbackError

_KEY_BYTES = 32
_NO_TIME = 0  # a Fernet token tells when it was made; ours need not, and the clock is not read here


class SealBroken(RingbackError):
    """A stored secret cannot be opened: it was sealed under another secret key, or it was changed."""

    code = "SealBroken"


class Sealer:
    """Seals and opens texts. What was sealed under a ``previous`` key still opens; nothing new is sealed under one."""

    def __init__(self, key: bytes, previous: Sequence[bytes] = ()) -> None:
        self._keys = (key, *previous)

    def seal(self, text: str, purpose: str) -> str:
        """``text``, sealed under the present key."""
        return self._newest(purpose).encrypt_at_time(text.encode(), _NO_TIME).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """The text that was sealed for ``purpose``. Raises ``SealBroken``."""
        fernets = MultiFernet([_fernet(key, purpose) for key in self._keys])
        try:
            return fernets.decrypt(sealed.encode("utf-8", "surrogatepass")).decode()
        except InvalidToken as error:
            raise SealBroken(
                "A stored secret cannot be opened. If RINGBACK_SECRET_KEY was changed, name the key of before in "
                "RINGBACK_PREVIOUS_SECRET_KEYS."
            ) from error

    def renewed(self, sealed: str, purpose: str) -> str:
        """The same secret under the present key; ``sealed`` itself when it is that already. Raises ``SealBroken``."""
        try:
            self._newest(purpose).decrypt(sealed.encode("utf-8", "surrogatepass"))
        except InvalidToken:
            return self.seal(self.open(sealed, purpose), purpose)
        return sealed

    def _newest(self, purpose: str) -> Fernet:
        return _fernet(self._keys[0], purpose)


@lru_cache(64)
def _fernet(key: bytes, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"ringback {purpose}".encode()).derive(key)
    return Fernet(urlsafe_b64encode(derived))
