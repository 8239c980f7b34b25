"""The simulator: no network at all. Telephones are a page of the console, which shows what is stored anyway.

The last four digits of a number say what becomes of a text to it, for tests and for trying things out:

=====  ===========================================================
0021   refused: the person has opted out at the carrier
0022   refused: no such number
0023   busy: try again in 5 seconds, always
0024   sent, and never delivered: the telephone is off
0025   no answer, and it was not sent
=====  ===========================================================
"""

from ringback.kernel.clock import Instant
from ringback.messaging.gateways.port import (
    Capability,
    DeliveryState,
    PermanentError,
    ProviderId,
    Reason,
    RetryAfter,
    Sent,
    Text,
    Unreachable,
)


class SimulatedGateway:
    """Every text is delivered at once, but to the numbers above."""

    name = "simulator"
    capabilities: frozenset[Capability] = frozenset({Capability.TELLS_DELIVERY})

    async def send(self, text: Text) -> Sent:
        """Take a text over. Raises ``GatewayError`` by the number."""
        match text.to[-4:]:
            case "0021":
                raise PermanentError("The person has opted out.", Reason.OPTED_OUT)
            case "0022":
                raise PermanentError("There is no such number.", Reason.BAD_NUMBER)
            case "0023":
                raise RetryAfter("Too many texts at once.", Reason.BUSY, 5.0)
            case "0024":
                return Sent(_provider_id(text), DeliveryState.UNDELIVERED)
            case "0025":
                raise Unreachable("The simulated gateway does not answer.", may_be_sent=False)
        return Sent(_provider_id(text), DeliveryState.DELIVERED)

    async def find(self, text: Text, *, since: Instant) -> Sent | None:  # noqa: ARG002
        """None: what was sent was always answered."""
        return None

    async def check(self) -> None:
        """It is always set up."""

    async def close(self) -> None:
        """There is nothing to close."""


def _provider_id(text: Text) -> ProviderId:
    return ProviderId(f"simulated-{text.id}")
