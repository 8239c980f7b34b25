"""One-time codes (TOTP, RFC 6238) and the recovery codes for those who have lost their telephone.

A code is good for its step of 30 seconds and for one step before and after it, and it is good once: the step of the
last code used is remembered, and only later ones are accepted (RFC 6238, section 5.2).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

import pyotp

from ringback.kernel.clock import Instant, to_unix
from ringback.kernel.ids import new_public_id

STEP_SECONDS = 30
RECOVERY_CODES = 10

_ISSUER = "Ringback"
_AWAY = (-1, 0, 1)
"""How many steps the clock of a telephone may be away from ours."""
_CODE = re.compile(r"[0-9]{6}")
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1"})  # letters that recovery codes do not have


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """New recovery codes: the codes, to be shown once, and what to keep of them."""

    codes: tuple[str, ...] = field(repr=False)
    hashes: tuple[str, ...] = field(repr=False)


def new_secret() -> str:
    """A new secret for an authenticator app: 160 random bits in base 32."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, *, email: str, installation: str = _ISSUER) -> str:
    """The ``otpauth://`` address to show as a picture: the app that reads it has the secret."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=installation)


def looks_like_code(typed: str) -> bool:
    """Whether somebody typed a one-time code, rather than a recovery code."""
    return _CODE.fullmatch(_squeezed(typed)) is not None


def step_of(typed: str, secret: str, *, after: int | None, now: Instant) -> int | None:
    """The step that the code ``typed`` is of, if it is good at ``now``; None when it is not.

    ``after`` is the step of the last code that was used.
    """
    code = _squeezed(typed).encode("utf-8", "surrogatepass")
    app = pyotp.TOTP(secret, interval=STEP_SECONDS)
    this = to_unix(now) // STEP_SECONDS
    good = [step for step in (this + away for away in _AWAY) if compare_digest(app.generate_otp(step).encode(), code)]
    return max((step for step in good if after is None or step > after), default=None)


def new_recovery_codes() -> RecoveryCodes:
    """Ten codes of 80 random bits each; with so much chance in them a plain hash is enough to keep."""
    whole = [new_public_id() for _ in range(RECOVERY_CODES)]
    shown = tuple("-".join(code[place : place + 4] for place in range(0, len(code), 4)) for code in whole)
    return RecoveryCodes(shown, tuple(_hash(code) for code in whole))


def without(typed: str, hashes: Sequence[str]) -> tuple[str, ...] | None:
    """The hashes that are left once the recovery code ``typed`` is used; None when it is none of them."""
    used = _hash(re.sub(r"[\s-]", "", typed.lower()).translate(_MISREAD))
    left = tuple(kept for kept in hashes if not compare_digest(kept, used))
    return left if len(left) < len(hashes) else None


def _squeezed(typed: str) -> str:
    return re.sub(r"\s", "", typed)


def _hash(code: str) -> str:
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
