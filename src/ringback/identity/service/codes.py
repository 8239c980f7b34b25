"""One-time codes beside the password: switched on by showing one, and off with the password."""

from dataclasses import dataclass, field

from ringback.db.tx import Tx
from ringback.identity import one_time_codes
from ringback.identity.model import Session, SignInRefused, User, UserId
from ringback.identity.service import notes
from ringback.identity.service.signing_in import Proof, codes_purpose, proven
from ringback.identity.store import members, users
from ringback.kernel.clock import Instant
from ringback.kernel.errors import Forbidden, InvalidParameters, NotFound
from ringback.kernel.sealing import SealBroken, Sealer
from ringback.kernel.tenancy import OrgId


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new secret for somebody's authenticator app. It counts for nothing until a code of it was shown."""

    sealed: str = field(repr=False)
    """For the form that asks for the first code; nobody else can read it, and only for this person does it open."""
    secret: str = field(repr=False)
    """To be typed into the app, where no picture can be read."""
    uri: str = field(repr=False)
    """To be shown as a picture."""


def begin_codes(user: User, *, sealer: Sealer) -> Enrolment:
    """A secret for the person's app. Nothing is stored."""
    secret = one_time_codes.new_secret()
    sealed = sealer.seal(secret, codes_purpose(user.id))
    return Enrolment(sealed, secret, one_time_codes.provisioning_uri(secret, email=user.email))


def enable_codes(
    tx: Tx, session: Session, sealed: str, code: str, *, sealer: Sealer, origin: str, now: Instant
) -> tuple[str, ...]:
    """Ask for a code at every signing in from now on, since the app has the secret: ``code`` is its first.

    Returns the recovery codes, to be shown once. Raises ``InvalidParameters`` naming the field ``code``, and when codes
    are in use already.
    """
    user = _locked(tx, session.user.id)
    if user.uses_codes:
        raise InvalidParameters("One-time codes are in use already: switch them off first.")
    try:
        step = one_time_codes.step_of(code, sealer.open(sealed, codes_purpose(user.id)), after=None, now=now)
    except SealBroken:
        raise InvalidParameters("This page is out of date: begin again.") from None
    if step is None:
        raise InvalidParameters(
            "The code is wrong, or too old. Is the clock of the telephone right?",
            field="code",
        )
    recovery = one_time_codes.new_recovery_codes()
    users.set_codes(tx, user.id, sealed, step, recovery.hashes)
    _note(tx, user, after_uses=True, actor=user.email, origin=origin, now=now)
    return recovery.codes


def new_recovery_codes(tx: Tx, session: Session, proof: Proof, *, origin: str, now: Instant) -> tuple[str, ...]:
    """New recovery codes in place of the old ones, to be shown once.

    Raises ``SignInRefused`` for a proof that is void or of somebody else, ``InvalidParameters`` where none are in use.
    """
    user = _proven(tx, session, proof)
    if not user.uses_codes:
        raise InvalidParameters("One-time codes are not in use.")
    recovery = one_time_codes.new_recovery_codes()
    users.set_recovery_codes(tx, user.id, recovery.hashes)
    notes.note_everywhere(
        tx,
        user,
        before={"recovery_codes_left": user.recovery_codes_left},
        after={"recovery_codes_left": len(recovery.hashes)},
        actor=user.email,
        origin=origin,
        now=now,
    )
    return recovery.codes


def disable_codes(tx: Tx, session: Session, proof: Proof, *, origin: str, now: Instant) -> None:
    """Ask for the password alone again. Raises ``SignInRefused`` for a proof that is void or of somebody else."""
    user = _proven(tx, session, proof)
    _clear(tx, user, actor=user.email, origin=origin, now=now)


def reset_codes(tx: Tx, user_id: UserId, *, within: OrgId | None, actor: str, origin: str, now: Instant) -> None:
    """Switch off the codes of somebody who has lost telephone and recovery codes.

    ``within`` is the organization whose administrator does it; None is whoever runs the installation. Raises
    ``NotFound`` for somebody who is no member of it, and ``Forbidden`` for a member of others, too: an organization
    does not decide how well the door to another one is shut.
    """
    user = _locked(tx, user_id)
    homes = {membership.org for membership in members.of_user(tx, user_id)}
    if within is not None and within not in homes:
        raise NotFound("There is no such user.")
    if within is not None and len(homes) > 1:
        raise Forbidden("This person is at home in other organizations, too: ask whoever runs this installation.")
    _clear(tx, user, actor=actor, origin=origin, now=now)


def _proven(tx: Tx, session: Session, proof: Proof) -> User:
    if proof.user_id != session.user.id:
        raise SignInRefused("The password is not yours.")
    proven(tx, proof)
    return _locked(tx, proof.user_id)


def _locked(tx: Tx, user_id: UserId) -> User:
    user = users.lock(tx, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


def _clear(tx: Tx, user: User, *, actor: str, origin: str, now: Instant) -> None:
    if user.uses_codes:
        users.clear_codes(tx, user.id)
        _note(tx, user, after_uses=False, actor=actor, origin=origin, now=now)


def renew_codes(tx: Tx, sealer: Sealer) -> int:
    """Seal everybody's secret under the present key; how many were under one of before. Raises ``SealBroken``."""
    renewed = 0
    for user_id, sealed in users.all_sealed(tx):
        fresh = sealer.renewed(sealed, codes_purpose(user_id))
        if fresh != sealed:
            users.reseal(tx, user_id, fresh)
            renewed += 1
    return renewed


def _note(tx: Tx, user: User, *, after_uses: bool, actor: str, origin: str, now: Instant) -> None:
    notes.note_everywhere(
        tx,
        user,
        before={"uses_codes": user.uses_codes},
        after={"uses_codes": after_uses},
        actor=actor,
        origin=origin,
        now=now,
    )
