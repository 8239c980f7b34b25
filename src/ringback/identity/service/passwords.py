"""Changing a password: one's own, or that of somebody who has forgotten it."""

from ringback.db.tx import Tx
from ringback.identity.model import Session, SignInRefused, User, UserId
from ringback.identity.passwords import PasswordHash
from ringback.identity.service import notes
from ringback.identity.service.signing_in import Proof, forgive_tries, proven
from ringback.identity.store import sessions, users
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound


def change_password(
    tx: Tx, session: Session, proof: Proof, password_hash: PasswordHash, *, origin: str, now: Instant
) -> None:
    """Change one's own password; ``proof`` is of the old one. Signs out everywhere else.

    Raises ``SignInRefused`` when the old one is not what it was any more, or is somebody else's.
    """
    if proof.user_id != session.user.id:
        raise SignInRefused("The password is not yours.")
    proven(tx, proof)
    _change(tx, session.user, password_hash, actor=session.user.email, origin=origin, now=now)
    sessions.delete_all(tx, session.user.id, but=session.token_hash)


def set_password(
    tx: Tx, user_id: UserId, password_hash: PasswordHash, *, actor: str, origin: str, now: Instant
) -> None:
    """Give somebody a new password, without the old one. Signs out everywhere. Raises ``NotFound``."""
    user = users.lock(tx, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    _change(tx, user, password_hash, actor=actor, origin=origin, now=now)
    sessions.delete_all(tx, user_id)


def _change(tx: Tx, user: User, password_hash: PasswordHash, *, actor: str, origin: str, now: Instant) -> None:
    users.change_password(tx, user.id, password_hash, now=now)
    forgive_tries(tx, user.email)
    notes.note_everywhere(
        tx,
        user,
        before={"password_changed_at": notes.written(user.password_changed_at)},
        after={"password_changed_at": notes.written(now)},
        actor=actor,
        origin=origin,
        now=now,
    )
