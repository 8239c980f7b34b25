"""Identifiers: sortable by time for rows that pile up, random for those that are public, secret for tokens."""

import os
import secrets

from ringback.kernel.clock import Instant

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
_RANDOM_BITS = 80


def new_id(now: Instant) -> str:
    """A new row's id: 26 characters, 48 bits of time in milliseconds and 80 random ones (the ULID layout).

    Ids made later sort later, so that indexes grow at their end.
    """
    return _encode((now // 1000) << _RANDOM_BITS | int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big"), 26)


def new_public_id() -> str:
    """A new public id: 16 characters, 80 random bits, nothing to guess or to count from."""
    return _encode(int.from_bytes(os.urandom(10), "big"), 16)


def new_token() -> str:
    """A new secret of 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def _encode(number: int, length: int) -> str:
    characters = [""] * length
    for place in range(length - 1, -1, -1):
        number, digit = divmod(number, 32)
        characters[place] = _ALPHABET[digit]
    return "".join(characters)
