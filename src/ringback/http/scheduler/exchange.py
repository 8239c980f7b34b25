"""What one HTTP exchange gives a handler: where it comes from, what it says, and its body, within bounds."""

from dataclasses import dataclass
from enum import StrEnum

from ringback.access.decide import admit
from ringback.access.model import Policy
from ringback.access.tokens import presented_token
from ringback.configuration.model import Configuration
from ringback.http.address import TrustedProxies, caller_address, limit_key
from ringback.http.answer import Receive, Scope
from ringback.kernel.clock import Instant
from ringback.kernel.errors import InvalidRequest
from ringback.kernel.tenancy import TokenId
from ringback.limits.rate import RateLimiter

LARGEST_BODY = 64 * 1024
"""Bytes."""


class Meter(StrEnum):
    """On which of the limits per address a request counts."""

    STATUS = "status"
    """Polled: widget and callback status."""
    REQUEST = "request"
    """Requests and cancellations."""


class BodyTooLarge(InvalidRequest):
    """The body is over what is read, mostly 64 KiB: HTTP 413."""


class Disconnected(Exception):
    """The caller hung up before the request was complete."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request to the Scheduler API, received at ``now``."""

    scope: Scope
    receive: Receive
    now: Instant
    trusted_proxies: TrustedProxies
    limiter: RateLimiter

    def header(self, name: bytes) -> bytes | None:
        """The first header of that name (lower case)."""
        for key, value in self.scope["headers"]:
            if key == name:
                return bytes(value)
        return None

    def let_in(
        self, configuration: Configuration, policy: Policy | None, *, open_without_policy: bool, meter: "Meter"
    ) -> TokenId | None:
        """Hold the caller against the policy and, unless exempt, the limit per address; the token used, if any.

        Raises ``Unauthorized``, ``Forbidden``, ``TooManyRequests``.
        """
        headers = self.scope["headers"]
        address = caller_address(self.scope.get("client"), headers, self.trusted_proxies)
        admission = admit(
            policy,
            open_without_policy=open_without_policy,
            address=address,
            presented=presented_token(headers) if policy else None,
            now=self.now,
        )
        if not admission.exempt_from_address_limit:
            limits = configuration.settings.limits
            rate = limits.status_per_address if meter is Meter.STATUS else limits.per_address
            self.limiter.check((meter, configuration.org, limit_key(address)), rate, self.now)
        return admission.token_id

    async def body(self, largest: int = LARGEST_BODY) -> bytes:
        """The whole body, of at most so many bytes. Raises :class:`BodyTooLarge` and :class:`Disconnected`."""
        announced = self.header(b"content-length") or b"0"
        if announced.isdigit() and int(announced[:20]) > largest:
            raise BodyTooLarge(f"The request body is larger than {largest // 1024} KiB.")
        body = bytearray()
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            body += message.get("body", b"")
            if len(body) > largest:
                raise BodyTooLarge(f"The request body is larger than {largest // 1024} KiB.")
            if not message.get("more_body", False):
                return bytes(body)
