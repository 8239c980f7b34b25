"""Users, their roles, sessions and invitations."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from hmac import compare_digest
from types import MappingProxyType
from typing import NewType

from ringback.kernel.clock import DAY, HOUR, MINUTE, Instant
from ringback.kernel.errors import Forbidden, InvalidParameters, RingbackError
from ringback.kernel.tenancy import OrgId

UserId = NewType("UserId", str)
InvitationId = NewType("InvitationId", str)
TokenHash = NewType("TokenHash", str)
"""SHA-256 of a session's or an invitation's token, 64 hexadecimal digits."""

SESSION_LASTS = 30 * DAY
"""From signing in to having to do so again, whatever happens between."""
SESSION_IDLE = 12 * HOUR
"""A session that is not used for so long is over."""
SEEN_EVERY = 5 * MINUTE
"""How often the use of a session is written down, at most."""
INVITATION_LASTS = 7 * DAY

_LONGEST_EMAIL = 254  # RFC 5321, section 4.5.3.1.3, as corrected by erratum 1690
_LONGEST_NAME = 120
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_][\w-]{0,61}[^\W_]")


class SignInRefused(RingbackError):
    """Unknown e-mail address, wrong password or wrong code: which of them is not told."""

    code = "SignInRefused"


class CodeRequired(RingbackError):
    """The password is right; a one-time code or a recovery code is needed, too."""

    code = "CodeRequired"


class LastAdministrator(RingbackError):
    """An organization would be left without anybody who can administer it."""

    code = "LastAdministrator"


class Role(StrEnum):
    """What somebody is in an organization, from least to most. Each may do all that those before it may."""

    VIEWER = "viewer"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"

    @property
    def rank(self) -> int:
        """Its place in the order, 0 for the least. (Roles are texts: ``<`` would compare the letters.)"""
        return tuple(Role).index(self)

    def allows(self, permission: "Permission") -> bool:
        """Whether somebody with this role may do that."""
        return self.rank >= LEAST_ROLE[permission].rank


class Permission(Enum):
    """What may be done in an organization."""

    SEE = auto()
    """Look at the board, callbacks, configuration and reports."""
    HANDLE_CALLBACKS = auto()
    """Cancel, move and call now, write notes, put numbers on the block list."""
    SWITCH = auto()
    """Switch registering and processing of a call target on and off."""
    CONFIGURE = auto()
    """Edit call targets, widgets, conveys, templates, user data sets and automations."""
    READ_AUDIT_LOG = auto()
    MANAGE_ACCESS = auto()
    """Edit access control policies and their tokens, and choose what they guard."""
    MANAGE_USERS = auto()
    """Invite and remove people, give roles, switch off one-time codes of those who have lost them."""
    CHANGE_ORGANIZATION = auto()
    """Change the organization's own settings, retention among them."""
    HANDLE_PERSONAL_DATA = auto()
    """Export and erase what is known of a number."""


LEAST_ROLE: Mapping[Permission, Role] = MappingProxyType(
    {
        Permission.SEE: Role.VIEWER,
        Permission.HANDLE_CALLBACKS: Role.SUPERVISOR,
        Permission.SWITCH: Role.SUPERVISOR,
        Permission.CONFIGURE: Role.MANAGER,
        Permission.READ_AUDIT_LOG: Role.MANAGER,
        Permission.MANAGE_ACCESS: Role.ADMINISTRATOR,
        Permission.MANAGE_USERS: Role.ADMINISTRATOR,
        Permission.CHANGE_ORGANIZATION: Role.ADMINISTRATOR,
        Permission.HANDLE_PERSONAL_DATA: Role.ADMINISTRATOR,
    }
)
"""The least role that each permission needs."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in. Secrets are not part of it."""

    id: UserId
    email: str
    """Canonical, and what the person signs in with."""
    name: str
    created_at: Instant
    password_changed_at: Instant
    disabled_at: Instant | None = None
    """Since then signing in is refused."""
    uses_codes: bool = False
    """Whether a one-time code is asked for beside the password."""
    recovery_codes_left: int = 0


@dataclass(frozen=True, slots=True)
class OrganizationName:
    """An organization, as its people know it."""

    org: OrgId
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Membership:
    """That somebody has a role in an organization."""

    org: OrgId
    organization_key: str
    organization_name: str
    role: Role
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody, as one of an organization's people."""

    user: User
    role: Role
    since: Instant


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser, with whom it belongs to."""

    token_hash: TokenHash = field(repr=False)
    user: User
    memberships: tuple[Membership, ...]
    """Oldest first."""
    chosen: OrgId | None
    """The organization last chosen; the person may have been removed from it since. See :attr:`membership`."""
    csrf: str = field(repr=False)
    """What every form of this session must carry, so that no other site's form can pass for one of ours."""
    created_at: Instant
    last_seen_at: Instant
    """To within :data:`SEEN_EVERY`."""
    expires_at: Instant
    address: str
    """Where it was begun from."""
    agent: str
    """The browser, as it called itself then."""

    @property
    def membership(self) -> Membership | None:
        """In the organization chosen, or else the oldest one; None for somebody who is a member of none."""
        return next((each for each in self.memberships if each.org == self.chosen), next(iter(self.memberships), None))

    def is_over(self, now: Instant) -> bool:
        """Whether it has ended by ``now``: too old, unused for too long, or its user disabled."""
        return now >= self.expires_at or now >= self.last_seen_at + SESSION_IDLE or self.user.disabled_at is not None

    def is_to_be_noted(self, now: Instant) -> bool:
        """Whether it is time to write down that it is in use."""
        return now >= self.last_seen_at + SEEN_EVERY

    def allows(self, permission: Permission) -> bool:
        """Whether this person may do that, in the organization of :attr:`membership`."""
        return self.membership is not None and self.membership.role.allows(permission)

    def demand(self, permission: Permission) -> OrgId:
        """The organization of :attr:`membership`, in which this person may do that. Raises ``Forbidden``."""
        if self.membership is None or not self.membership.role.allows(permission):
            raise Forbidden("Your role does not allow this: ask an administrator of the organization.")
        return self.membership.org

    def carries(self, csrf: str | None) -> bool:
        """Whether a form that came with ``csrf`` is one of this session's."""
        return bool(csrf) and compare_digest(self.csrf.encode(), (csrf or "").encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Invitation:
    """That somebody may join an organization. The token in its link was shown once and is kept nowhere."""

    org: OrgId
    organization_name: str
    id: InvitationId
    email: str
    role: Role
    invited_by: str
    created_at: Instant
    expires_at: Instant


def canonical_email(text: str) -> str:
    """The e-mail address as it is stored and compared: trimmed, lower case, NFC.

    Its shape is looked at, no more: whether it reaches somebody only a letter to it would tell.
    Raises ``InvalidParameters``, naming the field ``email``.
    """
    email = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).lower())
    local = email.partition("@")[0]
    if (
        len(email) > _LONGEST_EMAIL
        or not email.isprintable()
        or not _EMAIL.fullmatch(email)
        or ".." in local
        or local != local.strip(".")
    ):
        raise InvalidParameters("An e-mail address is needed, such as name@example.com.", field="email")
    return email


def readable_name(text: str) -> str:
    """A person's name, trimmed. Raises ``InvalidParameters``, naming the field ``name``."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidParameters(f"A name is needed, of at most {_LONGEST_NAME} characters.", field="name")
    return name


def read_role(text: str) -> Role:
    """The role of that name. Raises ``InvalidParameters``, naming the field ``role``."""
    try:
        return Role(text)
    except ValueError:
        raise InvalidParameters(f"A role is one of: {', '.join(Role)}.", field="role") from None
