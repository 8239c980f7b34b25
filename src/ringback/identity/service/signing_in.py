"""Signing in: who is it, is the password right, is the code right, and how often was it tried."""

from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

import orjson

from ringback.db.tx import Tx
from ringback.identity import one_time_codes
from ringback.identity.model import CodeRequired, Session, SignInRefused, UserId, canonical_email
from ringback.identity.passwords import NOBODYS, PasswordHash, is_right, renewed
from ringback.identity.service import notes
from ringback.identity.service.sessions import begin
from ringback.identity.store import limits, users
from ringback.identity.store.users import Credentials
from ringback.kernel.clock import MINUTE, Instant
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.sealing import SealBroken, Sealer
from ringback.limits.model import Rate
from ringback.limits.rate import drained, fill, refusal

PER_EMAIL = Rate(requests=10, seconds=3600)
"""Tries to sign in as one person: ten at once, then one in six minutes. A code of six digits holds for years."""
PER_ADDRESS = Rate(requests=100, seconds=3600)
"""Tries from one address (IPv6: one /64). Those that succeed do not count, so that an office may share one."""

_HELD_FOR = 5 * MINUTE
_HELD = "a proof that waits for its code"


@dataclass(frozen=True, slots=True)
class Challenge:
    """Somebody who has yet to show that they know the password; perhaps nobody at all."""

    email: str
    user_id: UserId | None
    password_hash: PasswordHash = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody has just typed the right password."""

    user_id: UserId
    email: str
    password_digest: str = field(repr=False)
    """Of the stored hash that the password was held against: the proof is void once that has changed."""
    renewed_hash: PasswordHash | None = field(default=None, repr=False)
    """What to keep of the password from now on, where that is not what is kept."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, with the token for the browser's cookie: it is kept nowhere else."""

    token: str = field(repr=False)
    session: Session


def begin_sign_in(tx: Tx, email: str, *, counted_on: str, now: Instant) -> Challenge:
    """Count a try to sign in, and say what the password is to be held against.

    ``counted_on`` is what a limit per address is counted on. Raises ``TooManyRequests``; never tells whether there is
    such a user.
    """
    typed = _canonical(email)
    _count(tx, typed, counted_on, now)
    user_id, password_hash = users.password_of(tx, typed) or (None, NOBODYS)
    return Challenge(typed, user_id, password_hash)


def prove(challenge: Challenge, password: str) -> Proof:
    """Hold the password against the challenge. Slow on purpose, and so called outside of any transaction.

    Raises ``SignInRefused``.
    """
    right = is_right(password, challenge.password_hash)
    if not right or challenge.user_id is None:
        raise _refused()
    return Proof(
        user_id=challenge.user_id,
        email=challenge.email,
        password_digest=_digest(challenge.password_hash),
        renewed_hash=renewed(password, challenge.password_hash),
    )


def hold(proof: Proof, *, sealer: Sealer, now: Instant) -> str:
    """The proof as a text that only we can read, for the form that asks for the code. Good for five minutes."""
    held = [proof.user_id, proof.email, proof.password_digest, proof.renewed_hash, now + _HELD_FOR]
    return sealer.seal(orjson.dumps(held).decode(), _HELD)


def begin_code(tx: Tx, held: str, *, sealer: Sealer, counted_on: str, now: Instant) -> Proof:
    """Count a try to sign in with a code, and return the proof that was held for it.

    Raises ``SignInRefused`` when it was held for too long, and ``TooManyRequests``.
    """
    try:
        user_id, email, digest, renewed_hash, until = orjson.loads(sealer.open(held, _HELD))
    except SealBroken:
        raise _refused() from None
    if now >= until:
        raise SignInRefused("That took too long: please sign in again.")
    _count(tx, email, counted_on, now)
    return Proof(UserId(user_id), email, digest, PasswordHash(renewed_hash) if renewed_hash else None)


def sign_in(
    tx: Tx, proof: Proof, *, code: str | None, counted_on: str, sealer: Sealer, address: str, agent: str, now: Instant
) -> SignedIn:
    """Begin a session, once a one-time code or a recovery code is right, too, where one is needed.

    Raises ``CodeRequired`` where one is needed and ``code`` is None or blank: the proof may be held meanwhile. Raises
    ``SignInRefused`` for a wrong one, and when the password was changed since.
    """
    credentials = proven(tx, proof)
    if credentials.totp_sealed is not None:
        if code is None or not code.strip():
            raise CodeRequired("A code is needed, too: from the authenticator app, or a recovery code.")
        _use_code(tx, proof, credentials, code, sealer=sealer, address=address, now=now)
    if proof.renewed_hash is not None:
        users.renew_hash(tx, proof.user_id, proof.renewed_hash)
    _forgive(tx, proof.email, counted_on, now)
    token, session = begin(tx, proof.user_id, address=address, agent=agent, now=now)
    return SignedIn(token, session)


def proven(tx: Tx, proof: Proof) -> Credentials:
    """What is kept of whoever the proof is of, locked. Raises ``SignInRefused`` when the proof is void by now."""
    credentials = users.lock_credentials(tx, proof.user_id)
    if credentials is None or not compare_digest(_digest(credentials.password_hash), proof.password_digest):
        raise _refused()
    return credentials


def forgive_tries(tx: Tx, email: str) -> None:
    """Count the tries to sign in as that person from none again."""
    limits.clear(tx, _email_key(email))


def codes_purpose(user_id: UserId) -> str:
    """What the secret of somebody's one-time codes is sealed for: put into another's row it does not open."""
    return f"one-time codes of {user_id}"


def _use_code(
    tx: Tx, proof: Proof, credentials: Credentials, code: str, *, sealer: Sealer, address: str, now: Instant
) -> None:
    sealed, purpose = credentials.totp_sealed or "", codes_purpose(proof.user_id)
    if one_time_codes.looks_like_code(code):
        secret = sealer.open(sealed, purpose)
        step = one_time_codes.step_of(code, secret, after=credentials.totp_last_step, now=now)
        if step is None:
            raise _refused()
        users.note_step(tx, proof.user_id, sealer.renewed(sealed, purpose), step)
        return
    left = one_time_codes.without(code, credentials.recovery_hashes)
    if left is None:
        raise _refused()
    users.set_recovery_codes(tx, proof.user_id, left)
    user = users.get(tx, proof.user_id)
    if user is not None:
        notes.note_everywhere(
            tx,
            user,
            before={"recovery_codes_left": len(credentials.recovery_hashes)},
            after={"recovery_codes_left": len(left)},
            actor=user.email,
            origin=f"sign-in from {address}",
            now=now,
        )


def _count(tx: Tx, email: str, counted_on: str, now: Instant) -> None:
    rates = {_email_key(email): PER_EMAIL, _address_key(counted_on): PER_ADDRESS}
    filled = {key: fill(empty_at, rates[key], now) for key, empty_at in limits.lock(tx, tuple(rates)).items()}
    if excess := max(too_much for _, too_much in filled.values()):
        raise refusal(excess)
    limits.write(tx, {key: empty_at for key, (empty_at, _) in filled.items()})


def _forgive(tx: Tx, email: str, counted_on: str, now: Instant) -> None:
    """A person who has signed in starts from none again; of the address only this one try is taken back."""
    of_email, of_address = _email_key(email), _address_key(counted_on)
    meters = limits.lock(tx, (of_email, of_address))
    limits.clear(tx, of_email)
    left = drained(meters[of_address], PER_ADDRESS)
    if left > now:
        limits.write(tx, {of_address: left})
    else:
        limits.clear(tx, of_address)


def _email_key(email: str) -> str:
    return _digest(f"email {email}")


def _address_key(counted_on: str) -> str:
    return _digest(f"address {counted_on}")


def _canonical(email: str) -> str:
    """The address as it is stored; what cannot be one stays as it was typed, and is nobody's."""
    try:
        return canonical_email(email)
    except InvalidParameters:
        return "nobody " + _digest(email.strip().lower())


def _digest(text: str) -> str:
    """Meters keep no text that was typed: people type passwords into the wrong field."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _refused() -> SignInRefused:
    return SignInRefused("The e-mail address, the password or the code is wrong.")
