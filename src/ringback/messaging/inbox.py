"""Taking down what comes in: once each, before anybody is told that it has arrived. It is answered afterwards."""

from dataclasses import replace
from enum import StrEnum

from ringback.db.tx import Change, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import ContactRequired, InvalidContact
from ringback.kernel.phone import NumberKind, read_number
from ringback.kernel.tenancy import OrgId
from ringback.messaging.gateways.port import Inbound
from ringback.messaging.model import MessagingSettings, Thread
from ringback.messaging.store import conversations

_LONGEST = 1600
"""Characters: what carriers put together at most; of anything longer the beginning is kept."""


class Receipt(StrEnum):
    """What was done with a text that came in."""

    TAKEN = "taken"
    TAKEN_BEFORE = "taken_before"
    """The gateway has told of it again."""
    NOT_OURS = "not_ours"
    """It was sent to a number that is none of the organization's."""
    NO_TELEPHONE = "no_telephone"
    """It came from a short code or a name, which cannot be answered or called."""


def receive(tx: Tx, org: OrgId, settings: MessagingSettings, inbound: Inbound, *, region: str, now: Instant) -> Receipt:
    """Take a text down, to be answered. ``region`` is how a number without a country code is read."""
    if inbound.to not in settings.numbers:
        return Receipt.NOT_OURS
    try:
        sender = read_number(inbound.sender, region)
    except (ContactRequired, InvalidContact):
        return Receipt.NO_TELEPHONE
    if sender.kind is NumberKind.UNKNOWN:
        return Receipt.NO_TELEPHONE
    body = inbound.body.replace("\0", "")[:_LONGEST]  # PostgreSQL takes no NUL
    taken = conversations.receive(tx, Thread(org, inbound.to, sender.e164), replace(inbound, body=body), now=now)
    if taken:
        tx.changed(org, Change.TEXTS)
    return Receipt.TAKEN if taken else Receipt.TAKEN_BEFORE
