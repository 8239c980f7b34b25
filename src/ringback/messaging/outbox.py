"""What happens to texts that are to be sent, transaction by transaction: claimed, handed over, told of.

A worker claims a batch and commits, hands each text to its gateway, and writes down what the gateway says. Killed
before the gateway is asked, or after it has answered, the text is in doubt once its lease is over: then the gateway is
asked whether it has it, before it is sent again.
"""

from dataclasses import dataclass, replace

import ringback.callbacks.service as callbacks
import ringback.configuration.service as configurations
from ringback.db.claims import Lease
from ringback.db.tx import Change, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import OrgId
from ringback.messaging import notifications
from ringback.messaging.delivery import Drop, Facts, Fail, Send, Wait, after_failure, before_sending
from ringback.messaging.gateways.port import Delivery, GatewayError, Sent, TextId
from ringback.messaging.model import MessagingSettings, StoredText, TextState
from ringback.messaging.store import accounts, opt_outs, outbox
from ringback.messaging.store.accounts import StoredAccount

BATCH = 50


@dataclass(frozen=True, slots=True)
class Handout:
    """A text that a worker is to hand to its organization's gateway."""

    text: StoredText
    account: StoredAccount
    is_unsure: bool
    """The gateway may have it from a try before."""


def claim(tx: Tx, lease: Lease, *, now: Instant) -> tuple[list[Handout], bool]:
    """Texts to hand over now, and whether anything was done at all: some are dropped, some wait."""
    lost = outbox.take_over_lost(tx, now=now)
    due = outbox.due(tx, now=now, limit=BATCH)
    found = {org: accounts.get(tx, org) for org in {text.thread.org for text in due}}
    handouts = []
    for text in due:
        account = found[text.thread.org]
        decided = _decided(tx, text, account, now)
        if isinstance(decided, Drop):
            outbox.end(tx, text, lease.owner, TextState.DROPPED, decided.reason, now=now)
            tx.changed(text.thread.org, Change.TEXTS)
        elif isinstance(decided, Wait):
            is_unsure = text.state is TextState.UNSURE
            outbox.put_off(tx, text, lease.owner, until=decided.until, is_unsure=is_unsure, now=now)
        elif account is not None:
            outbox.begin(tx, text, lease, now=now)
            handouts.append(Handout(replace(text, tries=text.tries + 1), account, text.state is TextState.UNSURE))
    return handouts, bool(lost or due)


def taken_over(tx: Tx, text: StoredText, sent: Sent, *, now: Instant) -> None:
    """The gateway has it."""
    told(tx, text.thread.org, text.id, Delivery(sent.provider_id, sent.state), now=now)


def told(tx: Tx, org: OrgId, text_id: TextId, delivery: Delivery, *, now: Instant) -> None:
    """What the gateway tells of a text, at once or later."""
    if outbox.told(tx, org, text_id, delivery, now=now):
        tx.changed(org, Change.TEXTS)


def refused(tx: Tx, text: StoredText, owner: str, error: GatewayError, *, now: Instant) -> None:
    """The gateway did not take it over."""
    after = after_failure(error, text, now)
    if isinstance(after, Wait):
        outbox.put_off(tx, text, owner, until=after.until, is_unsure=after.is_unsure, now=now)
        return
    _fail(tx, text, owner, after, now)


def _fail(tx: Tx, text: StoredText, owner: str, fail: Fail, now: Instant) -> None:
    outbox.end(tx, text, owner, TextState.FAILED, fail.reason, now=now)
    if fail.opted_out:
        opt_outs.opt_out(tx, text.thread.org, text.thread.customer_number, "gateway", now=now)
    tx.changed(text.thread.org, Change.TEXTS)


def _decided(tx: Tx, text: StoredText, account: StoredAccount | None, now: Instant) -> Send | Drop | Wait:
    if account is None or not account.settings.active:
        return Drop("no_gateway")
    return before_sending(text, _facts(tx, text, account.settings, now), now)


def _facts(tx: Tx, text: StoredText, settings: MessagingSettings, now: Instant) -> Facts:
    org, number = text.thread.org, text.thread.customer_number
    opted_out = opt_outs.has_opted_out(tx, org, number)
    if text.callback_id is None:
        return Facts(opted_out=opted_out)
    try:
        callback = callbacks.get(tx, org, text.callback_id)
    except NotFound:
        return Facts(opted_out=opted_out, still_true=False)
    zone = resolve_zone(notifications.zone_name_of(callback, configurations.settings_of(tx, org).time_zone))
    return Facts(
        opted_out=opted_out,
        still_true=notifications.holds(text.kind, text.occasion, callback),
        quiet_until=notifications.quiet_until(settings.quiet_hours, zone, now),
    )
