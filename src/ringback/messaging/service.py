"""What administrators and supervisors do with text messages: the gateway, opt-outs, and the simulated telephone."""

from dataclasses import dataclass

import ringback.configuration.service as configurations
from ringback.audit.model import Action, Author, Facts
from ringback.configuration.editing import ChangedMeanwhile, lock, note, version_of
from ringback.db.database import Database
from ringback.db.tx import Change, Tx
from ringback.kernel.clock import DAY, Instant
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.ids import new_id
from ringback.kernel.phone import mask, read_number
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import OrgId
from ringback.messaging import inbox
from ringback.messaging.accounts import PURPOSE, Gateways, open_secrets, seal_secrets
from ringback.messaging.default_flows import default_automations
from ringback.messaging.flow import Automations
from ringback.messaging.gateways.port import Inbound, ProviderId
from ringback.messaging.inbox import Receipt
from ringback.messaging.model import MessagingSettings
from ringback.messaging.store import accounts, automations, opt_outs, reading
from ringback.messaging.store.reading import list_conversations, list_opt_outs, list_texts

__all__ = [
    "NO_ACCOUNT",
    "KeptAccount",
    "KeptAutomations",
    "NewSecrets",
    "change_account",
    "change_automations",
    "check_gateway",
    "forget_old",
    "kept_account",
    "kept_automations",
    "list_conversations",
    "list_opt_outs",
    "list_texts",
    "opt_in",
    "opt_out",
    "renew_secrets",
    "sends_texts",
    "stored_account",
    "text_by_simulator",
]

stored_account = accounts.get
_FORGOTTEN_AT_ONCE = 500

_SUBJECT = ("text_gateway", "text_gateway")


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """How the organization's texts are carried; which secrets are set, and not what they are."""

    settings: MessagingSettings
    has_auth_token: bool = False
    has_api_key_secret: bool = False
    exists: bool = False

    @property
    def version(self) -> str:
        """What tells two states of the settings apart."""
        return version_of(self.settings)


@dataclass(frozen=True, slots=True)
class NewSecrets:
    """Secrets that were typed; an empty one leaves the one there is."""

    auth_token: str = ""
    api_key_secret: str = ""


NO_ACCOUNT = KeptAccount(MessagingSettings(active=False))


def kept_account(tx: Tx, org: OrgId, sealer: Sealer) -> KeptAccount:
    """How the organization's texts are carried; inactive where nobody has said. Raises ``SealBroken``."""
    account = accounts.get(tx, org)
    if account is None:
        return NO_ACCOUNT
    secrets = open_secrets(sealer, account.secrets_sealed)
    return KeptAccount(account.settings, bool(secrets["auth_token"]), bool(secrets["api_key_secret"]), exists=True)


def sends_texts(tx: Tx, org: OrgId) -> bool:
    """Whether the organization takes and sends texts."""
    account = accounts.get(tx, org)
    return account is not None and account.settings.active


def change_account(
    tx: Tx,
    org: OrgId,
    settings: MessagingSettings,
    secrets: NewSecrets,
    *,
    sealer: Sealer,
    seen: str,
    by: Author,
    now: Instant,
) -> None:
    """Carry the organization's texts like this from now on. ``seen`` is the version that the settings were made from.

    Raises ``ChangedMeanwhile`` when that is not the present one, and ``InvalidParameters`` (``auth_token``) when the
    gateway needs a secret that is not there.
    """
    lock(tx, org)
    account = accounts.get(tx, org)
    present = account.settings if account else NO_ACCOUNT.settings
    if version_of(present) != seen:
        raise ChangedMeanwhile("Somebody else has changed this meanwhile.", now=_facts(present))
    kept = open_secrets(sealer, account.secrets_sealed if account else None)
    merged = {
        "auth_token": secrets.auth_token or kept["auth_token"],
        "api_key_secret": secrets.api_key_secret or kept["api_key_secret"],
    }
    if settings.gateway == "twilio" and settings.active and not merged["auth_token"]:
        raise InvalidParameters(
            "Twilio signs with this: without it no text that comes in can be believed.", field="auth_token"
        )
    sealed = seal_secrets(sealer, **merged) if any(merged.values()) else None
    accounts.save(tx, org, settings, sealed, now=now)
    before = {**_facts(present), "secrets_changed": False} if account else None
    changed_secrets = merged != kept
    if before is None or _facts(settings) != _facts(present) or changed_secrets:
        action = Action.CREATED if before is None else Action.CHANGED
        note(tx, org, action, _SUBJECT, before, {**_facts(settings), "secrets_changed": changed_secrets}, by, now)
    tx.changed(org, Change.TEXTS)


@dataclass(frozen=True, slots=True)
class KeptAutomations:
    """The organization's conversations."""

    automations: Automations

    @property
    def version(self) -> str:
        """What tells two states of them apart."""
        return version_of(self.automations)


def kept_automations(tx: Tx, org: OrgId) -> KeptAutomations:
    """The conversations that the organization has."""
    return KeptAutomations(automations.of(tx, org))


def change_automations(
    tx: Tx, org: OrgId, wanted: Automations, changed: str, *, seen: str, by: Author, now: Instant
) -> None:
    """Have these conversations from the next text on. ``changed`` names the one that differs, for the audit log.

    Raises ``ChangedMeanwhile`` when the present ones are no longer those of version ``seen``.
    """
    lock(tx, org)
    kept = kept_automations(tx, org)
    before, after = _parts(kept.automations, changed), _parts(wanted, changed)
    if kept.version != seen:
        raise ChangedMeanwhile("Somebody else has changed this meanwhile.", now=before)
    if wanted == kept.automations:
        return
    if wanted == default_automations():
        automations.remove(tx, org)
    else:
        automations.save(tx, org, wanted, now=now)
    note(tx, org, Action.CHANGED, ("automation", changed), before, after, by, now)
    tx.changed(org, Change.TEXTS)


def _parts(all_of_them: Automations, changed: str) -> Facts:
    flow = all_of_them.flows.get(changed)
    return flow.model_dump(mode="json") if flow else {"texts": all_of_them.model_dump(mode="json")["texts"]}


async def check_gateway(db: Database, org: OrgId, sealer: Sealer) -> None:
    """Ask the organization's gateway whether it knows us.

    Raises the ``GatewayError`` that the next text would meet, ``AccountIncomplete``, ``SealBroken``, and ``NotFound``
    when there is no gateway.
    """
    account = await db.read(accounts.get, org)
    if account is None:
        raise NotFound("There is no text gateway yet.")
    gateways = Gateways(sealer)
    try:
        await (await gateways.of(org, account)).check()
    finally:
        await gateways.close()


def renew_secrets(tx: Tx, sealer: Sealer) -> int:
    """Seal every gateway's secrets under the present secret key; how many were under one of before."""
    renewed = 0
    for org, sealed in accounts.sealed(tx):
        fresh = sealer.renewed(sealed, PURPOSE)
        if fresh != sealed:
            accounts.reseal(tx, org, fresh)
            renewed += 1
    return renewed


def forget_old(tx: Tx, *, now: Instant) -> bool:
    """Delete texts, and conversations that have none left, when their organization's ``retention_days`` are over.

    A batch at a time, shared by all organizations; False when nothing was left to delete.
    """
    left = _FORGOTTEN_AT_ONCE
    for org, settings in configurations.settings_of_all(tx).items():
        left -= reading.forget_before(tx, org, Instant(now - settings.retention_days * DAY), limit=left)
        if left <= 0:
            return True
    return left < _FORGOTTEN_AT_ONCE


def opt_out(tx: Tx, org: OrgId, typed: str, *, by: Author, now: Instant) -> bool:
    """Send nothing more to a number; whether that is new. Raises ``ContactRequired`` and ``InvalidContact``."""
    number = _number(tx, org, typed)
    if not opt_outs.opt_out(tx, org, number, "console", now=now):
        return False
    note(tx, org, Action.CREATED, ("text_opt_out", mask(number)), None, {"source": "console"}, by, now)
    tx.changed(org, Change.TEXTS)
    return True


def opt_in(tx: Tx, org: OrgId, typed: str, *, by: Author, now: Instant) -> bool:
    """Send texts to a number again; whether it had opted out. Raises ``ContactRequired`` and ``InvalidContact``."""
    number = _number(tx, org, typed)
    if not opt_outs.opt_in(tx, org, number):
        return False
    note(tx, org, Action.REMOVED, ("text_opt_out", mask(number)), {}, None, by, now)
    tx.changed(org, Change.TEXTS)
    return True


def text_by_simulator(tx: Tx, org: OrgId, *, sender: str, to: str, body: str, now: Instant) -> Receipt:
    """Text the organization from a simulated telephone.

    Raises ``InvalidParameters`` when its gateway is not the simulator, and what reading the number raises.
    """
    account = accounts.get(tx, org)
    if account is None or account.settings.gateway != "simulator" or not account.settings.active:
        raise InvalidParameters("The organization's texts are not carried by the simulator.", field="body")
    inbound = Inbound(ProviderId(f"simulated-{new_id(now)}"), _number(tx, org, sender), to, body)
    region = configurations.settings_of(tx, org).numbers.region
    return inbox.receive(tx, org, account.settings, inbound, region=region, now=now)


def _number(tx: Tx, org: OrgId, typed: str) -> str:
    return read_number(typed, configurations.settings_of(tx, org).numbers.region).e164


def _facts(settings: MessagingSettings) -> Facts:
    return settings.model_dump(mode="json")
