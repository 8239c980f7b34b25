"""Passwords: which are good enough, and how they are kept.

Kept as argon2id with the low-memory parameters of RFC 9106, section 4: 64 MiB and some tenths of a second for each. So
neither of these functions is called inside a transaction, which would hold everybody else up for as long.

What is asked of a password follows NIST SP 800-63B-4, section 3.1.1: length and not being a common one, no rules about
kinds of characters, no changing it now and then.
"""

import unicodedata
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from ringback.kernel.errors import InvalidParameters
from ringback.kernel.ids import new_public_id

PasswordHash = NewType("PasswordHash", str)
"""What is kept of a password: algorithm, parameters, salt and hash in one text."""

SHORTEST = 12
"""Characters."""
LONGEST = 256
"""Characters. More would be safe, but there must be an end to what anybody may have hashed."""

NOBODYS = PasswordHash(
    "$argon2id$v=19$m=65536,t=3,p=4$0RTt7yNbs7Uu3+opcSHJMg$6/7jl2aM90NQ/jwkzbnqKvD25D1ON3HlWeAnbZJ4ljA"
)
"""The hash of a random value that was thrown away. What is typed for an unknown user is held against it, so that the
time taken does not tell who is one."""

_FEWEST_DIFFERENT = 5
_LISTED = """
012345678910 0123456789ab 0987654321098 098765432123 1234567890-= 123456789000 123456789012 1234567890123
12345678901234 123456789012345 1234567890123456 1234567890abc 1234567890qwe 1234567891011 123456789101112
123456789123 1234567891234 12345678987654321 123456789abc 123456789qwe 1q2w3e4r5t6y 1q2w3e4r5t6y7u
1q2w3e4r5t6y7u8i 1qaz2wsx3edc 1qaz2wsx3edc4rfv 9876543210123 987654321098 abc123456789 abcdefgh1234
abcdefghijkl abcdefghijklm admin1234567 admin12345678 adminadmin12 administrator administrator1
administrator123 administrator1234 adminpassword asdfasdfasdfg asdfghjkl123 asdfghjklzxcvbnm callback1234
callcenter123 callcentre123 changeme1234 changemenow1 contactcenter contactcentre correcthorsebatterystaple
iloveyou1234 iloveyou12345 letmein12345 letmein123456 letmeinplease mypassword123 mypassword1234
p@ssw0rd1234 p@ssword1234 passw0rd1234 password0000 password1111 password1234 password12345 password123456
password1234567 password12345678 password123456789 passwordpassword passwordpassword1 q1w2e3r4t5y6
q1w2e3r4t5y6u7 q1w2e3r4t5y6u7i8 qazwsxedcrfv qwerty123456 qwerty1234567 qwerty123456789 qwertyuiop12
qwertyuiop123 qwertyuiop1234 qwertyuiop[] qwertyuiopasdf qwertyuiopasdfgh ringback1234 ringbackringback
rootroot1234 secret123456 supervisor123 supervisor1234 thisisapassword trustno1trustno1 welcome12345
welcome123456 zaq12wsxcde3 zxcvbnmasdfghjkl
"""
COMMONEST = frozenset(_LISTED.split())
"""Long enough, and yet among the first that are tried."""

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def hash_password(password: str, *, email: str) -> PasswordHash:
    """What to keep of a new password of the person with that e-mail address. Slow on purpose.

    Raises ``InvalidParameters`` for one that is not good enough, naming the field ``password`` and saying what is.
    """
    normal = _normal(password)
    if weakness := _weakness(normal, email):
        raise InvalidParameters(weakness, field="password")
    return PasswordHash(_hasher.hash(normal))


def is_right(password: str, kept: PasswordHash) -> bool:
    """Whether ``password`` is the one kept. Slow on purpose."""
    normal = _normal(password)
    if len(normal) > LONGEST:
        return False
    try:
        return _hasher.verify(kept, normal)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def renewed(password: str, kept: PasswordHash) -> PasswordHash | None:
    """What to keep of the right password from now on, where it was kept with other parameters than those of today."""
    return PasswordHash(_hasher.hash(_normal(password))) if _hasher.check_needs_rehash(kept) else None


def generated_password() -> str:
    """A password to begin with: four groups of four letters and digits, 80 random bits."""
    characters = new_public_id()
    return "-".join(characters[place : place + 4] for place in range(0, len(characters), 4))


def _weakness(password: str, email: str) -> str | None:
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters. Some words that nobody else would put together do well."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    if any("\ud800" <= character <= "\udfff" for character in password):
        return "The password holds characters that are not valid Unicode."
    if password.strip().casefold() == email.casefold():
        return "The password must not be the e-mail address."
    if password.casefold() in COMMONEST or len(set(password.casefold())) < _FEWEST_DIFFERENT:
        return "This password is among the first that anybody would try."
    return None


def _normal(password: str) -> str:
    """One text for one password, however the keyboard puts its letters together (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
