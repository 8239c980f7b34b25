"""People for tests: a database with organizations in it, and whoever is to be at home there."""

from functools import cache
from typing import Any

import pyotp
from argon2 import PasswordHasher

import ringback.audit.service as audit
import ringback.identity.service as identity
import ringback.organizations.store as organizations
from ringback.audit.model import AuditEntry
from ringback.db.database import Database
from ringback.identity.model import Role, Session, User
from ringback.identity.passwords import PasswordHash
from ringback.kernel.clock import ManualClock, to_unix
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import OrgId
from ringback.organizations.model import OrganizationSettings

ACME, GLOBEX = OrgId("acme"), OrgId("globex")
PASSWORD = "four words nobody joins"
NEW_PASSWORD = "five other words nobody joins"
ADDRESS = "192.0.2.7"

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Costs nothing: tests are not about the parameters."""


@cache
def kept(password: str) -> PasswordHash:
    """What is kept of a password."""
    return PasswordHash(QUICK.hash(password))


class People:
    """Two organizations, and people in them."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        self.db, self.clock = db, clock
        self.sealer = Sealer(b"a key for tests, long enough to seal with")
        for org in (ACME, GLOBEX):
            settings = OrganizationSettings.model_validate({"name": org.title(), "numbers": {"region": "US"}})
            db.write_now(organizations.save, org, org, settings, now=clock.now())

    def add(self, email: str, *roles: tuple[OrgId, Role]) -> User:
        """A user with these roles, whose password is :data:`PASSWORD`."""
        user = self.write(identity.create_user, email=email, name=email.partition("@")[0], password_hash=kept(PASSWORD))
        for org, role in roles:
            self.write(identity.add_member, org, user, role, **self.by())
        return user

    def sign_in(self, email: str, password: str = PASSWORD, code: str | None = None) -> identity.SignedIn:
        return self.write(
            identity.sign_in, self.prove(email, password), code=code, sealer=self.sealer, **self.browser()
        )

    def prove(self, email: str, password: str = PASSWORD) -> identity.Proof:
        return identity.prove(self.write(identity.begin_sign_in, email, counted_on=ADDRESS), password)

    def session(self, token: str) -> Session | None:
        return self.db.read_now(identity.session_of, token, self.clock.now())

    def use_codes(self, email: str) -> tuple[str, tuple[str, ...]]:
        """Switch one-time codes on; the secret in the person's app, and the recovery codes."""
        session = self.sign_in(email).session
        enrolment = identity.begin_codes(session.user, sealer=self.sealer)
        codes = self.write(
            identity.enable_codes,
            session,
            enrolment.sealed,
            self.code(enrolment.secret),
            sealer=self.sealer,
            origin="test",
        )
        self.clock.advance(30)  # that code is used
        return enrolment.secret, codes

    def code(self, secret: str, away: int = 0) -> str:
        return pyotp.TOTP(secret).generate_otp(to_unix(self.clock.now()) // 30 + away)

    def write(self, use_case: Any, *args: Any, **kw: Any) -> Any:
        """Run a use case now; the next one is a thousandth of a second later, so that the log has an order."""
        self.clock.advance(0.001)
        return self.db.write_now(use_case, *args, now=self.clock.now(), **kw)

    def log(self, org: OrgId = ACME) -> list[AuditEntry]:
        """What was noted, newest first."""
        return self.db.read_now(audit.newest, org)

    @staticmethod
    def by(actor: str = "root") -> dict[str, str]:
        return {"actor": actor, "origin": "test"}

    @staticmethod
    def browser() -> dict[str, str]:
        return {"counted_on": ADDRESS, "address": ADDRESS, "agent": "a browser"}
