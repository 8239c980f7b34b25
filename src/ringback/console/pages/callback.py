"""One callback: where it stands, what was promised, and everything that happened to it. Its actions are elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import ringback.callbacks.service as callbacks
import ringback.messaging.service as messaging
from ringback.callbacks.handling import LONGEST_NOTE, standing_of
from ringback.callbacks.lifecycle import State
from ringback.callbacks.model import Callback, Kind, Particulars
from ringback.callbacks.service import Standing
from ringback.configuration.blocked_numbers import BlockedEntry, blockers_of
from ringback.configuration.model import Configuration
from ringback.console.callback_words import (
    Line,
    cause_words,
    duration,
    kept_promise,
    plain,
    refusal_words,
    state_of,
    stopwatch,
    tell,
)
from ringback.console.entries import get
from ringback.console.forms import Problems, Typed
from ringback.console.page import Reader, page
from ringback.console.pages.callbacks import HERE, Named
from ringback.console.pages.conversations import address_of
from ringback.console.telephone_numbers import number_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.dispatch.model import Attempt
from ringback.dispatch.outlook import attempts_of, outlook
from ringback.dispatch.plan import Refusal
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import SECOND, Instant, to_datetime
from ringback.kernel.errors import InvalidTimeZone
from ringback.kernel.ids import new_id
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallbackId
from ringback.widgets.model import NO_USER_DATA

_UNSAID_ZONE = "UTC"
"""What a callback is stored with when nobody named a zone."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a callback, read at one moment."""

    configuration: Configuration
    standing: Standing
    particulars: Particulars
    attempts: Sequence[Attempt]
    lines: Sequence[Line]
    refusal: Refusal | None
    """Why it would not be called now; only of one that waits in line."""
    blockers: Sequence[BlockedEntry]
    conversation: str
    """Where what was texted with its number last is read, below the organization; empty where nothing was."""

    @property
    def callback(self) -> Callback:
        """The callback itself."""
        return self.standing.callback

    def is_wanted_now(self, now: Instant) -> bool:
        """Whether it would be called now if nothing kept it: one that is booked for later would not."""
        return self.callback.kind is Kind.ASAP or self.callback.due_at <= now

    @property
    def connected_at(self) -> Instant | None:
        """When customer and agent were connected first."""
        return next((each.connected_at for each in self.attempts if each.connected_at is not None), None)


@dataclass(frozen=True, slots=True)
class Told:
    """What the page tells besides: that something was not done, and what was typed into the note."""

    warning: str = ""
    typed: Typed = field(default_factory=dict)
    problems: Problems = field(default_factory=dict)


async def show(visit: Visit) -> Answer:
    """The callback."""
    return await callback_page(visit)


async def callback_page(visit: Visit, told: Told | None = None, *, status: int = HTTPStatus.OK) -> Answer:
    """The page as it is now. After something that was not done, with what was wrong."""
    known = await known_of(visit)
    callback, reader = known.callback, reader_of(known)
    whole = visit.may(Permission.HANDLE_CALLBACKS)
    return page(
        visit,
        "callback.html",
        "Callback" if callback.erased_at is not None else f"Callback {callback.contact_number[-4:]}",
        here=HERE,
        status=status,
        known=known,
        callback=callback,
        own=f"{HERE}/{callback.id}",
        whole=whole,
        number=number_of(callback, whole=whole),
        named=Named(known.configuration),
        state=state_of(callback),
        kept=kept_promise(callback, visit.now),
        is_ringing=callback.state is State.DIALING,
        not_now=refusal_words(known.refusal, reader) if known.refusal and known.is_wanted_now(visit.now) else None,
        user_data=_user_data(known) if whole else [],
        customers_time=_customers_time(callback, visit.now),
        seconds_between=lambda earlier, later: duration((later - earlier) / SECOND),
        clock_between=lambda earlier, later: stopwatch((later - earlier) / SECOND),
        cause_words=cause_words,
        plain=plain,
        duration=duration,
        reader=reader,
        now=visit.now,
        told=told or Told(),
        seen=standing_of(callback),
        once=new_id(visit.now),
        longest_note=LONGEST_NOTE,
        may_edit=whole,
    )


async def known_of(visit: Visit) -> Known:
    """The callback that the address names. Raises ``NotFound``."""
    configuration = await visit.desk.availability.configuration_of(visit.org)
    return await visit.desk.db.read(_read, configuration, CallbackId(visit.path["callback"]), visit.now)


def reader_of(known: Known) -> Reader:
    """Tells times in the organization's zone."""
    return Reader(resolve_zone(known.configuration.settings.time_zone))


def _read(tx: Tx, configuration: Configuration, callback_id: CallbackId, now: Instant) -> Known:
    org = configuration.org
    callback = callbacks.get(tx, org, callback_id)
    asked = Line(callback.created_at, f"Asked for ({callback.channel})")
    lines = [tell(*event) for event in callbacks.timeline(tx, org, callback_id)]
    return Known(
        configuration,
        standing=callbacks.standing(tx, configuration, callback, now=now),
        particulars=callbacks.particulars(tx, org, callback_id),
        attempts=attempts_of(tx, org, callback_id),
        lines=[asked, *lines],
        refusal=outlook(tx, configuration, callback, now=now) if callback.cancelable else None,
        blockers=blockers_of(tx, org, callback.contact_number) if callback.erased_at is None else (),
        conversation=_conversation(tx, callback) if callback.erased_at is None else "",
    )


def _conversation(tx: Tx, callback: Callback) -> str:
    number, _, _ = callback.contact_number.partition(";")
    newest = messaging.list_conversations(tx, callback.org, number=number, limit=1)
    return address_of(newest[0].thread) if newest else ""


def _user_data(known: Known) -> list[tuple[str, str]]:
    """What the customer gave along, with the labels of the set if it is still there."""
    widget = known.configuration.widgets.get(known.callback.widget_id)
    data_set = known.configuration.user_data_set_of(widget) if widget else NO_USER_DATA
    labels: Mapping[str, str] = {each.key: each.label or each.key for each in data_set.keys}
    return [(labels.get(key, key), _said(value)) for key, value in known.particulars.user_data.items()]


def _said(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _customers_time(callback: Callback, now: Instant) -> str | None:
    """What a clock shows where the customer is, if they have said where that is."""
    if callback.time_zone == _UNSAID_ZONE:
        return None
    try:
        return f"{to_datetime(now, resolve_zone(callback.time_zone)):%H:%M}"
    except InvalidTimeZone:  # the zone database has dropped the name since
        return None


ENTRIES = (get("/{org}/callbacks/{callback}", show),)
