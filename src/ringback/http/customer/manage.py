"""A customer's own callback: where it stands, cancelling it, moving it. The unguessable link is the authority."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ringback.callbacks.service as callbacks
import ringback.configuration.service as configurations
from ringback.availability.memory import Availability
from ringback.availability.snapshot import Snapshot
from ringback.callbacks.model import Callback, Cancellation, CancelStatus
from ringback.callbacks.service import Standing
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.http.customer.convey import read_time, time_required
from ringback.http.customer.look import dressed
from ringback.http.customer.numbers import hidden
from ringback.http.customer.page import page, see_other
from ringback.http.customer.reader import Reader, read_as
from ringback.http.customer.standing import promised, tell, tell_outcome
from ringback.http.customer.timetable import timetable
from ringback.http.customer.visit import Problem, Visit, problem_of
from ringback.http.links import Links
from ringback.http.scheduler.exchange import Meter
from ringback.kernel.clock import DAY, Instant
from ringback.kernel.errors import RequestRefusedDueToOperationMode, RingbackError
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.widgets.model import WidgetKind

_BY = "customer"
_UNSAID_ZONE = "UTC"
"""What a callback is stored with when nobody named a zone."""


@dataclass(frozen=True, slots=True)
class Own:
    """The callback that a link names, what its organization offers now, and its reader."""

    token: str
    snapshot: Snapshot
    standing: Standing
    reader: Reader

    @property
    def callback(self) -> Callback:
        """The callback itself."""
        return self.standing.callback

    @property
    def configuration(self) -> Configuration:
        """The organization's configuration."""
        return self.snapshot.configuration

    @property
    def slots(self) -> list[Instant]:
        """The times to which it can be moved now."""
        offer = self.snapshot.offers.get(self.callback.widget_id)
        if offer is None or not self.callback.cancelable:
            return []
        return [start for start in offer.slots if start != self.callback.appointment_at]

    @property
    def forgotten(self) -> bool:
        """Whether its time of keeping is over: then only the outcome is told."""
        kept = self.configuration.settings.retention_days * DAY
        return self.callback.finished_at is not None and self.callback.finished_at + kept <= self.reader.now


class Manage:
    """The handlers of ``/m/<token>`` and what lies below it."""

    def __init__(self, db: Database, availability: Availability, links: Links) -> None:
        self._db = db
        self._availability = availability
        self._links = links

    async def show(self, visit: Visit) -> Answer:
        """``GET``: where the callback stands."""
        return _own_page(await self._own(visit))

    async def confirm(self, visit: Visit) -> Answer:
        """``GET .../cancel``: ask whether it is meant."""
        own = await self._own(visit)
        if not own.callback.cancelable:
            return _back(own)
        return page("cancel.html", own.reader, own=own, **_names(own, up="../../"))

    async def cancel(self, visit: Visit) -> Answer:
        """``POST .../cancel``."""
        own = await self._own(visit, meter=Meter.REQUEST)
        cancellation = await self._db.write(_cancel, own.configuration.org, own.callback.id, now=visit.exchange.now)
        if cancellation.status is CancelStatus.FAILED:
            own = await self._own(visit)
            return _own_page(own, Problem("", own.reader.say("error.too_late"), 409))
        return _back(own)

    async def choose(self, visit: Visit) -> Answer:
        """``GET .../move``: the times to choose from."""
        own = await self._own(visit)
        return _move_page(own, visit.query.get("day", "")) if own.slots else _back(own)

    async def move(self, visit: Visit) -> Answer:
        """``POST .../move``: move it, or look at another day's times."""
        own = await self._own(visit, meter=Meter.REQUEST)
        form = await visit.form()
        time = form.get("appointment_time", "")
        if "day" in form:
            return _move_page(own, form["day"], time) if own.slots else _back(own)
        problem = None if time else time_required(own.reader)
        if problem is None:
            try:
                await self._moved(own, read_time(time), visit.exchange.now)
            except RequestRefusedDueToOperationMode:
                own = await self._own(visit)
                key = "RequestRefusedDueToOperationMode" if own.callback.cancelable else "too_late"
                return _own_page(own, Problem("", own.reader.say(f"error.{key}"), 409))
            except RingbackError as error:
                problem = problem_of(error, own.reader)
            else:
                return _back(own)
        own = await self._own(visit)
        return _move_page(own, form.get("shown_day", ""), time, problem) if own.slots else _own_page(own, problem)

    async def _own(self, visit: Visit, *, meter: Meter = Meter.STATUS) -> Own:
        token = visit.path["token"]
        org, callback_id = self._links.managed(token)
        snapshot = await self._availability.of_organization(org)
        configuration, now = snapshot.configuration, visit.exchange.now
        visit.exchange.let_in(configuration, None, open_without_policy=True, meter=meter)
        standing = await self._db.read(_look, configuration, callback_id, now=now)
        return Own(token, snapshot, standing, _reader(visit, configuration, standing.callback))

    async def _moved(self, own: Own, to: Instant, now: Instant) -> None:
        configuration = own.configuration
        while True:
            try:
                return await self._db.write(_move, configuration, own.callback.id, to, now=now)
            except callbacks.StaleConfiguration:
                self._availability.forget(configuration.org)
                configuration = (await self._availability.of_organization(configuration.org)).configuration


def _look(tx: Tx, configuration: Configuration, callback_id: CallbackId, *, now: Instant) -> Standing:
    return callbacks.standing(tx, configuration, callbacks.get(tx, configuration.org, callback_id), now=now)


def _cancel(tx: Tx, org: OrgId, callback_id: CallbackId, *, now: Instant) -> Cancellation:
    return callbacks.cancel(tx, callbacks.get(tx, org, callback_id), by=_BY, now=now)


def _move(tx: Tx, configuration: Configuration, callback_id: CallbackId, to: Instant, *, now: Instant) -> None:
    org = configuration.org
    if configurations.version(tx, org) != configuration.version:
        raise callbacks.StaleConfiguration
    callbacks.move_to(tx, configuration, callbacks.get(tx, org, callback_id), to, by=_BY, now=now)


def _reader(visit: Visit, configuration: Configuration, callback: Callback) -> Reader:
    """The language and zone in which the callback was asked for, unless the address says otherwise."""
    target = configuration.call_targets.get(callback.call_target_id)
    own_zone = target.zone_name if target else configuration.settings.time_zone
    return read_as(
        visit.query,
        None,
        configuration,
        locale=callback.locale,
        zone=own_zone if callback.time_zone == _UNSAID_ZONE else callback.time_zone,
        now=visit.exchange.now,
    )


def _own_page(own: Own, problem: Problem | None = None) -> Answer:
    reader, callback = own.reader, own.callback
    status, headers = (problem.status, problem.headers) if problem else (200, ())
    if own.forgotten and callback.outcome is not None:
        told = tell_outcome(callback.outcome, reader)
        return page("outcome.html", reader, status=status, headers=headers, told=told, **_names(own))
    target = own.configuration.call_targets.get(callback.call_target_id)
    return page(
        "manage.html",
        reader,
        status=status,
        headers=headers,
        own=own,
        told=tell(own.standing, target, reader),
        facts=_facts(own),
        ask_again=_ask_again(own),
        problem=problem,
        **_names(own),
    )


def _move_page(own: Own, day: str, time: str = "", problem: Problem | None = None) -> Answer:
    reader, at = own.reader, own.callback.appointment_at
    present = reader.say("move.present", moment=reader.moment(at)) if at else reader.say("move.present_asap")
    return page(
        "move.html",
        reader,
        status=problem.status if problem else 200,
        headers=problem.headers if problem else (),
        own=own,
        present=present,
        timetable=timetable(own.slots, reader, day=day, time=time),
        problem=problem,
        **_names(own, up="../../"),
    )


def _back(own: Own) -> Answer:
    return see_other(f"../{own.token}{own.reader.query}")


def _names(own: Own, *, up: str = "../") -> dict[str, Any]:
    """Whose page it is, and how it looks."""
    widget = own.configuration.widgets.get(own.callback.widget_id)
    return {
        "organization": own.configuration.settings.name,
        "queue": widget.settings.name if widget else "",
        **dressed(own.configuration, widget, own.reader, up=up),
    }


def _facts(own: Own) -> Sequence[tuple[str, str]]:
    """What is worth knowing besides, as names and values."""
    reader, callback = own.reader, own.callback
    facts: list[tuple[str, str]] = [
        (reader.say("manage.number"), hidden(callback.contact_number, reader)),
        (reader.say("manage.asked"), reader.moment(callback.created_at)),
    ]
    moment = promised(callback)
    if moment is not None:
        key = "manage.promised" if callback.appointment_at is None else "manage.booked"
        facts.append((reader.say(key), reader.moment(moment)))
    return facts


def _ask_again(own: Own) -> str | None:
    """The way back to the convey from which it came, once it has ended."""
    widget = own.configuration.widgets.get(own.callback.widget_id)
    if widget is None or widget.kind is not WidgetKind.CONVEY or own.callback.finished_at is None:
        return None
    return f"../c/{widget.slug}{own.reader.query}"
