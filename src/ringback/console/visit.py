"""One request to the console: who makes it, in which organization, and what was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import quote, urlsplit

from ringback.access.networks import Address
from ringback.audit.model import Author
from ringback.console.desk import Desk
from ringback.console.forms import Typed
from ringback.http.address import caller_address
from ringback.http.scheduler.exchange import Exchange
from ringback.identity.model import Membership, Permission, Session
from ringback.kernel.clock import Instant
from ringback.kernel.errors import Forbidden, NotFound
from ringback.kernel.sealing import SealBroken
from ringback.kernel.tenancy import OrgId

_SESSION = "ringback_session"
_GUEST = "ringback_guest"
NOTICE = "ringback_notice"


class SignInNeeded(Exception):
    """Nobody is signed in, or not any more."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request. ``session`` and ``membership`` are None for those who are not signed in, or are in no organization."""

    desk: Desk
    exchange: Exchange
    path: Mapping[str, str]
    """The variable parts of the address."""
    query: Mapping[str, str]
    cookies: Mapping[str, str]
    session: Session | None = None
    membership: Membership | None = None
    """In the organization that the address names; on pages of no organization in the one last chosen."""
    form: Typed = field(default_factory=dict)
    """What was sent with POST."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The files among it."""
    guest: str = field(default_factory=lambda: token_urlsafe(24))
    """Ties the sign-in form to the browser it was shown in, as long as there is no session."""

    @property
    def now(self) -> Instant:
        """When the request came."""
        return self.exchange.now

    @property
    def signed_in(self) -> Session:
        """The session. Raises ``SignInNeeded``."""
        if self.session is None:
            raise SignInNeeded
        return self.session

    @property
    def org(self) -> OrgId:
        """The organization that the address names. Raises ``NotFound``."""
        return self.member.org

    @property
    def member(self) -> Membership:
        """What the person is in it. Raises ``NotFound``."""
        if self.membership is None:
            raise NotFound("There is no such organization.")
        return self.membership

    @property
    def address(self) -> Address:
        """Where the request comes from."""
        scope = self.exchange.scope
        return caller_address(scope.get("client"), scope["headers"], self.desk.trusted_proxies)

    @property
    def agent(self) -> str:
        """The browser, as it calls itself."""
        return (self.exchange.header(b"user-agent") or b"").decode("latin-1")

    @property
    def by(self) -> Author:
        """Whom the audit log names."""
        return Author(self.signed_in.user.email, f"console {self.address}")

    @property
    def csrf(self) -> str:
        """What every form carries."""
        return self.session.csrf if self.session else self.desk.sealer.seal(self.guest, _GUEST)

    def may(self, permission: Permission) -> bool:
        """Whether the person may do that in this organization."""
        return self.membership is not None and self.membership.role.allows(permission)

    def demand(self, permission: Permission) -> None:
        """Raises ``Forbidden`` when they may not."""
        if not self.member.role.allows(permission):
            raise Forbidden("Your role does not allow this.")

    def at(self, path: str = "") -> str:
        """The address of a page of this organization."""
        return self.desk.console(f"{self.org}/{path}".rstrip("/"))

    def console(self, path: str = "") -> str:
        """The address of a page of the console."""
        return self.desk.console(path)

    def is_ours(self, csrf: str | None) -> bool:
        """Whether a form that was sent was made for this visitor, by a page of this site."""
        carried = self.session.carries(csrf) if self.session else self._is_for_guest(csrf or "")
        return carried and self._is_same_origin()

    def asked_for(self) -> str:
        """The page to come back to after signing in: this one, or the one that the form was on."""
        scope = self.exchange.scope
        if scope["method"] in {"GET", "HEAD"}:
            query = scope["query_string"].decode("latin-1")
            return quote(scope["path"]) + (f"?{query}" if query else "")
        referer = urlsplit((self.exchange.header(b"referer") or b"").decode("latin-1"))
        return referer.path if referer.netloc == self._host() else ""

    def _is_same_origin(self) -> bool:
        """Whether the browser says so; one that says nothing has only the form's own token."""
        origin = (self.exchange.header(b"origin") or b"").decode("latin-1")
        if not origin:
            return True
        return origin == _origin(self.desk.base_url) or urlsplit(origin).netloc == self._host()

    def _host(self) -> str:
        return (self.exchange.header(b"host") or b"").decode("latin-1")

    def _is_for_guest(self, csrf: str) -> bool:
        try:
            return self.desk.sealer.open(csrf, _GUEST) == self.guest
        except SealBroken:
            return False


def session_cookie(desk: Desk) -> str:
    """The name of the session's cookie. With ``__Host-`` no other host can set it (RFC 6265bis, section 4.1.3.2)."""
    return f"__Host-{_SESSION}" if desk.is_https else _SESSION


def guest_cookie(desk: Desk) -> str:
    """The name of the cookie of those who are not signed in."""
    return f"__Host-{_GUEST}" if desk.is_https else _GUEST


def read_cookies(header: bytes | None) -> dict[str, str]:
    """The cookies of a request; the first of each name."""
    cookies: dict[str, str] = {}
    for pair in (header or b"").decode("latin-1").split(";"):
        name, separator, value = pair.strip().partition("=")
        if separator:
            cookies.setdefault(name, value.strip('"'))
    return cookies


def cookie(desk: Desk, name: str, value: str, *, seconds: int) -> tuple[bytes, bytes]:
    """The header that sets a cookie for so many seconds, or removes it with 0."""
    secure = "; Secure" if desk.is_https else ""
    return (b"set-cookie", f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}".encode())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
