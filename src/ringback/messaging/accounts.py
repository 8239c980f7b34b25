"""The gateway of each organization, made from its account and kept while that stays as it is."""

import json
from dataclasses import dataclass

from pydantic import SecretStr, ValidationError

from ringback.kernel.clock import Instant
from ringback.kernel.errors import RingbackError
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import OrgId
from ringback.messaging.gateways.port import Gateway, WebhookReader
from ringback.messaging.gateways.simulator import SimulatedGateway
from ringback.messaging.gateways.twilio import TwilioGateway, TwilioSettings, TwilioWebhooks
from ringback.messaging.store.accounts import StoredAccount

PURPOSE = "text gateway"
"""What secrets of accounts are sealed for."""


class AccountIncomplete(RingbackError):
    """The account lacks something, or has something that the gateway does not take."""

    code = "AccountIncomplete"


@dataclass(frozen=True, slots=True)
class _Kept:
    updated_at: Instant
    gateway: Gateway


class Gateways:
    """The gateways of this process. Belongs to one event loop."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._simulator = SimulatedGateway()
        self._kept: dict[OrgId, _Kept] = {}

    async def of(self, org: OrgId, account: StoredAccount) -> Gateway:
        """The organization's gateway. Raises ``SealBroken`` and ``AccountIncomplete``."""
        if account.settings.gateway == "simulator":
            return self._simulator
        kept = self._kept.get(org)
        if kept is not None and kept.updated_at == account.updated_at:
            return kept.gateway
        gateway = TwilioGateway(twilio_settings(account, self._sealer))
        self._kept[org] = _Kept(account.updated_at, gateway)
        if kept is not None:
            await kept.gateway.close()
        return gateway

    async def close(self) -> None:
        """Let go of all connections."""
        for kept in self._kept.values():
            await kept.gateway.close()
        self._kept.clear()


def reader_of(account: StoredAccount, sealer: Sealer) -> WebhookReader | None:
    """Who reads the account's webhooks; None where there is nobody to make any.

    Raises ``SealBroken`` and ``AccountIncomplete``.
    """
    if account.settings.gateway == "simulator":
        return None
    return TwilioWebhooks(twilio_settings(account, sealer).auth_token.get_secret_value())


def twilio_settings(account: StoredAccount, sealer: Sealer) -> TwilioSettings:
    """The account with its secrets. Raises ``SealBroken`` and ``AccountIncomplete``."""
    secrets = open_secrets(sealer, account.secrets_sealed)
    try:
        return TwilioSettings(
            **account.settings.twilio.model_dump(),
            **{name: SecretStr(secret) for name, secret in secrets.items()},
        )
    except ValidationError as error:
        wrong = ", ".join(str(each["loc"][0]) for each in error.errors(include_input=False) if each["loc"])
        raise AccountIncomplete(f"The account at Twilio is not complete: {wrong}.") from None


def seal_secrets(sealer: Sealer, *, auth_token: str, api_key_secret: str = "") -> str:
    """An account's secrets as they are stored."""
    return sealer.seal(json.dumps({"auth_token": auth_token, "api_key_secret": api_key_secret}), PURPOSE)


def open_secrets(sealer: Sealer, sealed: str | None) -> dict[str, str]:
    """An account's secrets by name, empty where there is none. Raises ``SealBroken``."""
    kept = json.loads(sealer.open(sealed, PURPOSE)) if sealed else {}
    return {name: str(kept.get(name, "")) for name in ("auth_token", "api_key_secret")}
