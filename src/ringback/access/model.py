"""Access control policies: the settings that a person writes, and the prepared form that requests are held against."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator

from ringback.access.networks import AddressSet, Network
from ringback.kernel.clock import Instant
from ringback.kernel.document import Document, Name
from ringback.kernel.tenancy import PolicyId, TokenId


class Match(StrEnum):
    """What a policy with both networks and tokens asks for."""

    ALL = "all"
    """An address of the networks and a token."""
    ANY = "any"
    """One of the two is enough."""


class PolicySettings(Document):
    """Everything a person configures about an access control policy, but for its tokens."""

    name: Name
    description: str = Field("", max_length=500)
    networks: tuple[Network, ...] = Field((), max_length=1000)
    """Addresses (``192.0.2.7``) and networks (``2001:db8::/32``) that may call. None: the address does not matter."""
    match: Match = Match.ALL

    @field_validator("networks")
    @classmethod
    def _each_once(cls, networks: tuple[Network, ...]) -> tuple[Network, ...]:
        return tuple(dict.fromkeys(networks))


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is kept of an API access token. The secret itself is shown once and kept nowhere."""

    id: TokenId
    name: str
    hash: str = field(repr=False)
    """SHA-256 of the secret, 64 hexadecimal digits."""
    created_at: Instant
    expires_at: Instant | None = None
    revoked_at: Instant | None = None
    last_used_on: date | None = None
    """The UTC day of its last use; no finer, so that use is not a write."""

    def is_usable(self, now: Instant) -> bool:
        """Whether it opens anything at ``now``. A revoked one never does again, whatever a clock says."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, prepared for use.

    ``tokens`` holds every token that was ever issued on it, revoked and expired ones too: a policy whose last token was
    revoked still asks for a token.
    """

    id: PolicyId
    networks: AddressSet
    match: Match
    tokens: tuple[AccessToken, ...]

    @classmethod
    def of(cls, policy_id: PolicyId, settings: PolicySettings, tokens: tuple[AccessToken, ...]) -> Self:
        """The policy that ``settings`` and ``tokens`` make."""
        return cls(policy_id, AddressSet.of(settings.networks), settings.match, tokens)
