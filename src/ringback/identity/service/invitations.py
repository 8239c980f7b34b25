"""Invitations: a link by which somebody joins an organization, shown once to whoever sends it."""

from dataclasses import dataclass, field

from ringback.access.tokens import MAX_LENGTH, hash_token
from ringback.audit.model import Action, Facts
from ringback.db.tx import Tx
from ringback.identity.model import (
    INVITATION_LASTS,
    Invitation,
    InvitationId,
    Role,
    Session,
    TokenHash,
    User,
    canonical_email,
)
from ringback.identity.passwords import PasswordHash
from ringback.identity.service import notes
from ringback.identity.service.people import add_member, create_user
from ringback.identity.store import invitations, members, users
from ringback.kernel.clock import Instant
from ringback.kernel.errors import Forbidden, InvalidParameters, NotFound
from ringback.kernel.ids import new_id, new_token
from ringback.kernel.tenancy import OrgId


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation: the token for its link, to be shown once, and what is kept."""

    token: str = field(repr=False)
    invitation: Invitation


def open_invitations(tx: Tx, org: OrgId) -> list[Invitation]:
    """The organization's invitations that nobody has accepted yet, expired ones too, newest first."""
    return invitations.of_organization(tx, org)


def invite(tx: Tx, org: OrgId, email: str, role: Role, *, actor: str, origin: str, now: Instant) -> Invited:
    """Invite somebody, for seven days. An invitation to the same address that is still open is void from now on.

    Raises ``InvalidParameters``, naming the field ``email``, for what is no address and for a member; ``NotFound``.
    """
    canonical = canonical_email(email)
    user = users.find(tx, canonical)
    if user and any(membership.org == org for membership in members.of_user(tx, user.id)):
        raise InvalidParameters(f"{canonical} is a member of this organization already.", field="email")
    organization = next((each for each in members.organizations(tx) if each.org == org), None)
    if organization is None:
        raise NotFound("There is no such organization.")
    before = invitations.open_to(tx, org, canonical)
    token = new_token()
    invitation = Invitation(
        org=org,
        organization_name=organization.name,
        id=InvitationId(new_id(now)),
        email=canonical,
        role=role,
        invited_by=actor,
        created_at=now,
        expires_at=Instant(now + INVITATION_LASTS),
    )
    invitations.save(tx, org, invitation, TokenHash(hash_token(token)))
    notes.note_invitation(
        tx,
        org,
        Action.CHANGED if before else Action.CREATED,
        subject_key=canonical,
        before=_facts(before) if before else None,
        after=_facts(invitation),
        actor=actor,
        origin=origin,
        now=now,
    )
    return Invited(token, invitation)


def withdraw_invitation(
    tx: Tx, org: OrgId, invitation_id: InvitationId, *, actor: str, origin: str, now: Instant
) -> None:
    """Take an invitation back. Raises ``NotFound`` for one that is not there, or was accepted."""
    invitation = invitations.get(tx, org, invitation_id)
    if invitation is None:
        raise _void()
    invitations.delete(tx, org, invitation_id)
    notes.note_invitation(
        tx,
        org,
        Action.REMOVED,
        subject_key=invitation.email,
        before=_facts(invitation),
        after=None,
        actor=actor,
        origin=origin,
        now=now,
    )


def invitation_of(tx: Tx, token: str, *, now: Instant) -> Invitation:
    """The invitation that a link leads to. Raises ``NotFound`` when it cannot be accepted, or not any more."""
    found = None if len(token) > MAX_LENGTH else invitations.of_token(tx, TokenHash(hash_token(token)), now=now)
    if found is None:
        raise _void()
    return found


def accept_invitation(tx: Tx, token: str, *, name: str, password_hash: PasswordHash, origin: str, now: Instant) -> User:
    """Join as a new user. The password was hashed for the e-mail address of :func:`invitation_of`.

    Raises ``NotFound`` as that does; ``InvalidParameters`` for a name that is none, and when there is a user with this
    address already: they sign in and :func:`join`.
    """
    invitation = invitation_of(tx, token, now=now)
    user = create_user(tx, email=invitation.email, name=name, password_hash=password_hash, now=now)
    _accept(tx, invitation, user, origin=origin, now=now)
    return user


def join(tx: Tx, token: str, session: Session, *, origin: str, now: Instant) -> OrgId:
    """Join as somebody who is signed in. Raises ``NotFound``; ``Forbidden`` when somebody else is invited."""
    invitation = invitation_of(tx, token, now=now)
    if invitation.email != session.user.email:
        raise Forbidden(f"This invitation is for {invitation.email}: sign in as that user.")
    _accept(tx, invitation, session.user, origin=origin, now=now)
    return invitation.org


def _accept(tx: Tx, invitation: Invitation, user: User, *, origin: str, now: Instant) -> None:
    if not invitations.accept(tx, invitation.org, invitation.id, now=now):
        raise _void()
    notes.note_invitation(
        tx,
        invitation.org,
        Action.CHANGED,
        subject_key=invitation.email,
        before={"accepted": False},
        after={"accepted": True},
        actor=user.email,
        origin=origin,
        now=now,
    )
    add_member(tx, invitation.org, user, invitation.role, actor=user.email, origin=origin, now=now)


def _facts(invitation: Invitation) -> Facts:
    return {"role": invitation.role, "expires_at": notes.written(invitation.expires_at)}


def _void() -> NotFound:
    return NotFound("This invitation is not there any more, or has expired: ask for a new one.")
