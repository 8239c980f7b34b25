"""Users and their memberships: who is at home where, and as what."""

from ringback.audit.model import Action
from ringback.db.tx import Tx
from ringback.identity.model import (
    LastAdministrator,
    Member,
    Membership,
    OrganizationName,
    Role,
    User,
    UserId,
    canonical_email,
    readable_name,
)
from ringback.identity.passwords import PasswordHash
from ringback.identity.service import notes
from ringback.identity.store import members, sessions, users
from ringback.kernel.clock import Instant
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import OrgId


def find_organization(tx: Tx, key: str) -> OrganizationName | None:
    """The organization with that key."""
    return members.organization(tx, key)


def every_organization(tx: Tx) -> list[OrganizationName]:
    """All organizations, by key."""
    return members.organizations(tx)


def find_user(tx: Tx, email: str) -> User | None:
    """The user with that e-mail address, however it is written. Raises ``InvalidParameters`` for what is none."""
    return users.find(tx, canonical_email(email))


def every_user(tx: Tx) -> list[tuple[User, tuple[Membership, ...]]]:
    """All users with their memberships, by e-mail address."""
    return [(user, members.of_user(tx, user.id)) for user in users.every(tx)]


def members_of(tx: Tx, org: OrgId) -> list[Member]:
    """The organization's people, by e-mail address."""
    return members.of_organization(tx, org)


def memberships_of(tx: Tx, user_id: UserId) -> tuple[Membership, ...]:
    """Where somebody is at home, oldest first."""
    return members.of_user(tx, user_id)


def create_user(tx: Tx, *, email: str, name: str, password_hash: PasswordHash, now: Instant) -> User:
    """A new user, at home nowhere yet. Raises ``InvalidParameters``, naming the field."""
    canonical, readable = canonical_email(email), readable_name(name)
    user_id = UserId(new_id(now))
    if not users.insert(tx, user_id, canonical, readable, password_hash, now=now):
        raise InvalidParameters(f"There is a user {canonical} already.", field="email")
    return User(user_id, canonical, readable, created_at=now, password_changed_at=now)


def add_member(tx: Tx, org: OrgId, user: User, role: Role, *, actor: str, origin: str, now: Instant) -> None:
    """Make somebody a member. Raises ``InvalidParameters``, naming the field ``email``, for one who is already."""
    if not members.insert(tx, org, user.id, role, now=now):
        raise InvalidParameters(f"{user.email} is a member of this organization already.", field="email")
    notes.note_user(
        tx,
        org,
        Action.CREATED,
        subject_key=user.email,
        before=None,
        after={"name": user.name, "role": role},
        actor=actor,
        origin=origin,
        now=now,
    )


def set_role(tx: Tx, org: OrgId, user_id: UserId, role: Role, *, actor: str, origin: str, now: Instant) -> None:
    """Give a member another role. Raises ``NotFound`` and ``LastAdministrator``."""
    user, membership, is_last_administrator = _locked_member(tx, org, user_id)
    if membership.role is role:
        return
    if is_last_administrator:
        raise _last_administrator(membership)
    members.set_role(tx, org, user_id, role)
    notes.note_user(
        tx,
        org,
        Action.CHANGED,
        subject_key=user.email,
        before={"role": membership.role},
        after={"role": role},
        actor=actor,
        origin=origin,
        now=now,
    )


def remove_member(tx: Tx, org: OrgId, user_id: UserId, *, actor: str, origin: str, now: Instant) -> None:
    """End a membership. Somebody who is at home nowhere else is forgotten altogether.

    Raises ``NotFound`` and ``LastAdministrator``.
    """
    user, membership, is_last_administrator = _locked_member(tx, org, user_id)
    if is_last_administrator:
        raise _last_administrator(membership)
    members.delete(tx, org, user_id)
    notes.note_user(
        tx,
        org,
        Action.REMOVED,
        subject_key=user.email,
        before={"name": user.name, "role": membership.role},
        after=None,
        actor=actor,
        origin=origin,
        now=now,
    )
    if not members.of_user(tx, user_id):
        users.delete(tx, user_id)


def remove_user(tx: Tx, user_id: UserId, *, actor: str, origin: str, now: Instant) -> None:
    """Forget somebody altogether, in every organization. Raises ``NotFound`` and ``LastAdministrator``."""
    if users.get(tx, user_id) is None:
        raise _unknown()
    for membership in members.of_user(tx, user_id):
        remove_member(tx, membership.org, user_id, actor=actor, origin=origin, now=now)
    users.delete(tx, user_id)


def disable_user(tx: Tx, user_id: UserId, *, actor: str, origin: str, now: Instant) -> None:
    """Sign somebody out everywhere and let them in no more; memberships stay. Raises as :func:`remove_user` does."""
    for membership in members.of_user(tx, user_id):
        if members.lock_administrators(tx, membership.org) == {user_id}:
            raise _last_administrator(membership)
    user = _locked(tx, user_id)
    if user.disabled_at is not None:
        return
    users.set_disabled(tx, user_id, now)
    sessions.delete_all(tx, user_id)
    notes.note_everywhere(
        tx, user, before={"disabled": False}, after={"disabled": True}, actor=actor, origin=origin, now=now
    )


def enable_user(tx: Tx, user_id: UserId, *, actor: str, origin: str, now: Instant) -> None:
    """Let somebody in again. Raises ``NotFound``."""
    user = _locked(tx, user_id)
    if user.disabled_at is None:
        return
    users.set_disabled(tx, user_id, None)
    notes.note_everywhere(
        tx, user, before={"disabled": True}, after={"disabled": False}, actor=actor, origin=origin, now=now
    )


def rename(tx: Tx, user_id: UserId, name: str, *, actor: str, origin: str, now: Instant) -> None:
    """Give somebody another name. Raises ``NotFound``, and ``InvalidParameters`` naming the field ``name``."""
    readable, user = readable_name(name), _locked(tx, user_id)
    if readable == user.name:
        return
    users.rename(tx, user_id, readable)
    notes.note_everywhere(
        tx, user, before={"name": user.name}, after={"name": readable}, actor=actor, origin=origin, now=now
    )


def _locked_member(tx: Tx, org: OrgId, user_id: UserId) -> tuple[User, Membership, bool]:
    """A member, and whether they alone can administer the organization.

    Its administrators are locked before the member, by everybody who does this, so that two who would be rid of each
    other wait in line.
    """
    administrators = members.lock_administrators(tx, org)
    user = _locked(tx, user_id)
    for membership in members.of_user(tx, user_id):
        if membership.org == org:
            return user, membership, administrators == {user_id}
    raise _unknown()


def _locked(tx: Tx, user_id: UserId) -> User:
    user = users.lock(tx, user_id)
    if user is None:
        raise _unknown()
    return user


def _last_administrator(membership: Membership) -> LastAdministrator:
    return LastAdministrator(
        f"This is the last administrator of {membership.organization_name}: make somebody else one first."
    )


def _unknown() -> NotFound:
    return NotFound("There is no such user.")
