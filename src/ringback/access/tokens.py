"""API access tokens: 256 random bits, shown once, kept as SHA-256.

A plain hash is enough for a secret with that much chance in it: there is no list of likely ones to try, which is what
slow password hashes are for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from ringback.access.model import AccessToken
from ringback.kernel.clock import Instant
from ringback.kernel.ids import new_id, new_token
from ringback.kernel.tenancy import TokenId

MAX_LENGTH = 256
"""Characters; what is longer is no token of ours and is not even hashed."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token: the secret, to be shown once, and the record to keep."""

    secret: str = field(repr=False)
    token: AccessToken


def issue(name: str, now: Instant, *, expires_at: Instant | None = None) -> Issued:
    """A new token called ``name``."""
    secret = new_token()
    return Issued(secret, AccessToken(TokenId(new_id(now)), name, hash_token(secret), now, expires_at))


def hash_token(secret: str) -> str:
    """SHA-256 of ``secret``, 64 hexadecimal digits."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def find(tokens: Iterable[AccessToken], presented: str | None, now: Instant) -> AccessToken | None:
    """The token whose secret is ``presented``, if it is usable at ``now``.

    Hashes are compared in constant time and all of them always, so that the time taken tells nothing about a near miss.
    """
    if not presented or len(presented) > MAX_LENGTH:
        return None
    presented_hash = hash_token(presented)
    found = None
    for token in tokens:
        if compare_digest(token.hash, presented_hash) and token.is_usable(now):
            found = token
    return found


def presented_token(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token that a request carries, from ``Authorization: Bearer`` or else ``X-Api-Token``.

    ``headers`` are ASGI's: raw pairs, names in lower case. Of several the first counts.
    """
    named = None
    for name, value in headers:
        if name == b"authorization":
            scheme, _, credentials = value.strip().partition(b" ")
            if scheme.lower() == b"bearer" and (bearer := credentials.strip()):
                return bearer.decode("latin-1")
        elif name == b"x-api-token" and named is None:
            named = value.strip().decode("latin-1") or None
    return named
