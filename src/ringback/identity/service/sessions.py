"""Sessions: signed-in browsers."""

from dataclasses import replace

from ringback.access.tokens import MAX_LENGTH, hash_token
from ringback.db.tx import Tx
from ringback.identity.model import (
    INVITATION_LASTS,
    SESSION_LASTS,
    Session,
    SignInRefused,
    TokenHash,
    UserId,
)
from ringback.identity.store import invitations, limits, members, sessions, users
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.ids import new_token
from ringback.kernel.tenancy import OrgId

_LONGEST_AGENT = 300


def begin(tx: Tx, user_id: UserId, *, address: str, agent: str, now: Instant) -> tuple[str, Session]:
    """A new session, with its token. Only for somebody who has just proved who they are."""
    user = users.get(tx, user_id)
    if user is None:
        raise SignInRefused("The e-mail address, the password or the code is wrong.")
    memberships = members.of_user(tx, user_id)
    token = new_token()
    session = Session(
        token_hash=TokenHash(hash_token(token)),
        user=user,
        memberships=memberships,
        chosen=memberships[0].org if memberships else None,
        csrf=new_token(),
        created_at=now,
        last_seen_at=now,
        expires_at=Instant(now + SESSION_LASTS),
        address=address,
        agent="".join(character for character in agent if character.isprintable())[:_LONGEST_AGENT],
    )
    sessions.insert(tx, session)
    return token, session


def session_of(tx: Tx, token: str | None, now: Instant) -> Session | None:
    """The session whose token a request carries; None when there is none, or it is over. Reads only."""
    if not token or len(token) > MAX_LENGTH:
        return None
    session = sessions.get(tx, TokenHash(hash_token(token)))
    return None if session is None or session.is_over(now) else session


def note_seen(tx: Tx, session: Session, *, now: Instant) -> None:
    """Write down that the session is in use. Called when ``session.is_to_be_noted(now)``."""
    sessions.note_seen(tx, session.token_hash, now=now)


def choose_organization(tx: Tx, session: Session, org: OrgId) -> Session:
    """Go on in another of the person's organizations. Raises ``NotFound`` for one that they are no member of."""
    if all(membership.org != org for membership in members.of_user(tx, session.user.id)):
        raise NotFound("There is no such organization.")
    sessions.choose(tx, session.token_hash, org)
    return replace(session, chosen=org)


def sign_out(tx: Tx, session: Session) -> None:
    """End the session."""
    sessions.delete(tx, session.token_hash)


def sign_out_everywhere(tx: Tx, user_id: UserId, *, but: Session | None = None) -> int:
    """End all of somebody's sessions, but for one; how many there were."""
    return sessions.delete_all(tx, user_id, but=but.token_hash if but else None)


def forget_expired(tx: Tx, *, now: Instant) -> bool:
    """Delete sessions, invitations and meters that mean nothing any more; whether there were any."""
    old = Instant(now - INVITATION_LASTS)
    return bool(sessions.forget(tx, now=now) + invitations.forget(tx, before=old) + limits.forget(tx, now=now))
