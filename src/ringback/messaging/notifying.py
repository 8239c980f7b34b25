"""The step of the worker that tells customers by text what has become of their callbacks."""

from collections.abc import Callable

import ringback.callbacks.service as callbacks
from ringback.call_targets.model import CallTargetSettings
from ringback.call_targets.notifications import Notification
from ringback.callbacks.model import Callback
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.db.tx import Change, Tx
from ringback.dispatch.configurations import Configurations
from ringback.kernel.clock import SECOND, Clock, Instant
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.phone import read_number
from ringback.kernel.tenancy import OrgId
from ringback.messaging.default_notifications import text_of
from ringback.messaging.delivery import STALE_AFTER
from ringback.messaging.engine import PendingCallback
from ringback.messaging.engine.phrases import when
from ringback.messaging.model import MessagingSettings, TextKind, Thread
from ringback.messaging.notifications import Customer, Notice, owed, zone_name_of
from ringback.messaging.scheduler import CHANNEL, ManageLink
from ringback.messaging.store import accounts, conversations, opt_outs, outbox
from ringback.texts import size

_BATCH = 50


class Notifying:
    """Looks at callbacks that have changed, a batch at a time."""

    def __init__(self, db: Database, clock: Clock, configurations: Configurations, *, manage_link: ManageLink) -> None:
        self._db = db
        self._clock = clock
        self._configurations = configurations
        self._manage_link = manage_link

    async def __call__(self) -> bool:
        """Look at a batch; whether there was one."""
        return await self._db.write(
            notify, self._configurations.of, manage_link=self._manage_link, now=self._clock.now()
        )


def notify(
    tx: Tx, configuration_of: Callable[[Tx, OrgId], Configuration], *, manage_link: ManageLink, now: Instant
) -> bool:
    """Write down the texts that customers are owed by now; whether any callback had changed."""
    changed = callbacks.to_tell(tx, limit=_BATCH)
    for callback in changed:
        account = accounts.get(tx, callback.org)
        if account is not None and account.settings.active and account.settings.numbers:
            _tell(tx, configuration_of(tx, callback.org), account.settings, callback, manage_link, now)
        callbacks.nothing_to_tell(tx, callback)
    return bool(changed)


def _tell(
    tx: Tx,
    configuration: Configuration,
    settings: MessagingSettings,
    callback: Callback,
    manage_link: ManageLink,
    now: Instant,
) -> None:
    target = _target_settings(configuration, callback)
    number = read_number(callback.contact_number, "US")  # it names its country itself
    customer = Customer(
        number.kind,
        has_extension=number.extension is not None,
        refused_texts=_has_refused(tx, callback),
        first_party=target.first_party,
        told_in_conversation=_told_in_conversation(tx, callback),
    )
    notices = owed(callback, customer, now)
    known = outbox.occasions(tx, callback.org, callback.id) if notices else set()
    wanted = [
        notice
        for notice in notices
        if target.notifications.tells(Notification(notice.kind)) and (notice.kind, notice.occasion) not in known
    ]
    if not wanted or opt_outs.has_opted_out(tx, callback.org, number.e164):
        return
    thread = _thread(tx, settings, callback, number.e164)
    for notice in wanted:
        body = _words(tx, configuration, callback, notice, manage_link, now)
        outbox.put(
            tx,
            thread,
            body,
            notice.kind,
            segments=size(body).segments,
            due_at=notice.due_at,
            stale_at=Instant(notice.due_at + STALE_AFTER[notice.kind]),
            callback_id=callback.id,
            occasion=notice.occasion,
            now=now,
        )
    tx.changed(callback.org, Change.TEXTS)


def _words(
    tx: Tx, configuration: Configuration, callback: Callback, notice: Notice, manage_link: ManageLink, now: Instant
) -> str:
    widget = configuration.widgets.get(callback.widget_id)
    target = _target_settings(configuration, callback)
    name = widget.settings.name if widget else target.name
    zone = resolve_zone(zone_name_of(callback, configuration.settings.time_zone))
    at = callback.due_at
    if notice.kind is TextKind.CONFIRMATION:
        at = callbacks.standing(tx, configuration, callback, now=now).estimated_for
    pending = PendingCallback(callback.id, name, callback.widget_id, at, callback.appointment_at)
    if notice.kind is TextKind.MISSED:
        pending = PendingCallback(callback.id, name, callback.widget_id, at)
    facts = {
        "organization_name": configuration.settings.name,
        "widget_name": name,
        "when": when(pending, zone, callback.locale, now, names_zone=True),
        "manage_url": manage_link(callback.org, callback.id),
        "number": target.agent.caller_id,
    }
    what = Notification(notice.kind)
    return text_of(what, target.notifications.own_texts(what), callback.locale, facts)


def _thread(tx: Tx, settings: MessagingSettings, callback: Callback, number: str) -> Thread:
    """The conversation that the customer knows us from; else a new one with our first number."""
    latest = conversations.latest_of(tx, callback.org, number)
    if latest is not None and latest.our_number in settings.numbers:
        return latest
    return Thread(callback.org, settings.numbers[0], number)


def _has_refused(tx: Tx, callback: Callback) -> bool:
    """Whether they were asked for consent to texts and gave none: an opt-in without a time says so."""
    opt_ins = callbacks.particulars(tx, callback.org, callback.id).opt_ins
    return any(each.get("channel") == CHANNEL and each.get("timestamp") is None for each in opt_ins)


def _target_settings(configuration: Configuration, callback: Callback) -> CallTargetSettings:
    """Those in force; the usual ones, under the organization's name, where the call target is gone."""
    target = configuration.call_targets.get(callback.call_target_id)
    return target.settings if target else CallTargetSettings(name=configuration.settings.name)


def _told_in_conversation(tx: Tx, callback: Callback) -> frozenset[tuple[TextKind, str]]:
    told: set[tuple[TextKind, str]] = set()
    for _, kind, details in callbacks.timeline(tx, callback.org, callback.id):
        if details.get("by") != CHANNEL:
            continue
        if kind == "canceled":
            told.add((TextKind.CANCELED, "end"))
        elif kind == "moved":
            told.add((TextKind.CONFIRMATION, str(details["appointment_time"] * SECOND)))
    if callback.channel == CHANNEL:
        first = "asap" if callback.appointment_at is None else str(callback.appointment_at)
        told.add((TextKind.CONFIRMATION, first))
    return frozenset(told)
