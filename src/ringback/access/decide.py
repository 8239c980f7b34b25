"""Who is let in: a pure decision of the policy, the caller's address, the token presented and the time."""

from dataclasses import dataclass

from ringback.access.model import Match, Policy
from ringback.access.networks import Address
from ringback.access.tokens import find
from ringback.kernel.clock import Instant
from ringback.kernel.errors import Forbidden, Unauthorized
from ringback.kernel.tenancy import TokenId


@dataclass(frozen=True, slots=True)
class Admission:
    """A caller who was let in."""

    exempt_from_address_limit: bool
    """Allow-listed addresses and valid tokens are; callers of what is open to everybody are not."""
    token_id: TokenId | None
    """The token that was used, for its day of last use."""


_OPEN_TO_ALL = Admission(exempt_from_address_limit=False, token_id=None)
_BY_ADDRESS = Admission(exempt_from_address_limit=True, token_id=None)


def admit(
    policy: Policy | None, *, open_without_policy: bool, address: Address, presented: str | None, now: Instant
) -> Admission:
    """Let the caller in, or say why not.

    Raises ``Forbidden`` where no token would help: no policy on something closed, a policy that lets nobody in, a wrong
    address; ``Unauthorized`` where a valid token is what is missing. Where both halves must hold the address is looked
    at first, so that a stranger's network learns nothing about tokens.
    """
    if policy is None:
        if open_without_policy:
            return _OPEN_TO_ALL
        raise _forbidden()
    listed = address in policy.networks
    if not listed and (not policy.tokens or (policy.networks and policy.match is Match.ALL)):
        raise _forbidden()
    token = find(policy.tokens, presented, now)
    if token is not None:
        return Admission(exempt_from_address_limit=True, token_id=token.id)
    if listed and (not policy.tokens or policy.match is Match.ANY):
        return _BY_ADDRESS
    raise Unauthorized("A valid API access token is required.")


def _forbidden() -> Forbidden:
    return Forbidden("Access from here is not allowed.")
