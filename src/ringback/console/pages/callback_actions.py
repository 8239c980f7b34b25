"""What can be done with one callback: cancel it, move it, have it called now, write a note.

Each form says how the callback stood when it was made. If that has changed, nothing is done, and the page shows how it
stands now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from http import HTTPStatus
from itertools import groupby

import ringback.configuration.service as configurations
from ringback.callbacks import handling
from ringback.callbacks.handling import CallbackChanged, Instruction, standing_of
from ringback.callbacks.lifecycle import State
from ringback.callbacks.model import Callback
from ringback.console.callback_words import refusal_words, state_of
from ringback.console.entries import get, post
from ringback.console.forms import problem_of
from ringback.console.page import Notice, Undo, page, see_other
from ringback.console.pages.callback import Known, Told, callback_page, known_of, reader_of
from ringback.console.pages.callbacks import HERE, Named
from ringback.console.telephone_numbers import number_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.dispatch.record import hurry
from ringback.dispatch.stop import stop
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import Instant, from_unix, to_datetime, to_unix
from ringback.kernel.errors import (
    AppointmentTimeFull,
    AppointmentTimeInThePast,
    AppointmentTimeInvalid,
    InvalidContact,
    InvalidParameters,
    RequestRefusedDueToOperationMode,
)
from ringback.kernel.ids import new_id
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallbackId, OrgId

_PARTS = ("Night", "Morning", "Afternoon", "Evening")
"""Of a day, six hours each."""

_NO_SUCH_SLOT = (AppointmentTimeFull, AppointmentTimeInThePast, AppointmentTimeInvalid)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to choose: what is sent, and what a clock of the call target shows then."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Timetable:
    """The days with free slots, and those of one of them by part of the day."""

    days: Sequence[date]
    day: date
    parts: Sequence[tuple[str, Sequence[Slot]]]


async def ask_cancel(visit: Visit) -> Answer:
    """What cancelling would mean."""
    return await _asked(visit, "callback_cancel.html", "Cancel this callback?")


async def cancel(visit: Visit) -> Answer:
    """Cancel it; stop its call, if it was ringing for whoever decided."""
    instruction, callback_id = _instruction(visit), CallbackId(visit.path["callback"])
    was_ringing = instruction.seen.startswith(State.DIALING)
    try:
        if was_ringing:
            line = await visit.desk.db.write(stop, visit.org, callback_id, instruction, now=visit.now)
            if line is not None:
                await visit.desk.db.write(hurry, {line}, now=visit.now)
        else:
            await visit.desk.db.write(handling.cancel, visit.org, callback_id, instruction, now=visit.now)
    except CallbackChanged as error:
        return await _not_done(visit, error.message)
    return _back(visit, "The call is being stopped, and the callback is cancelled." if was_ringing else "Cancelled.")


async def ask_call_now(visit: Visit) -> Answer:
    """What calling it now would mean."""
    return await _asked(visit, "callback_call_now.html", "Call now?")


async def call_now(visit: Visit) -> Answer:
    """Put it first in its line, due at once; and say so if it is not called all the same."""
    callback_id = CallbackId(visit.path["callback"])
    try:
        await visit.desk.db.write(handling.call_now, visit.org, callback_id, _instruction(visit), now=visit.now)
    except (CallbackChanged, InvalidContact) as error:
        return await _not_done(visit, error.message)
    known = await known_of(visit)
    if known.refusal is None:
        return _back(visit, "It is first in line and due now.")
    why = refusal_words(known.refusal, reader_of(known)).striptags()
    return _back(visit, f"It is first in line, but it is not called now. {why}")


async def choose(visit: Visit) -> Answer:
    """The times to move it to, day by day."""
    return await _move_page(visit)


async def move(visit: Visit) -> Answer:
    """Move it to a slot, or to as soon as possible."""
    callback_id, instruction = CallbackId(visit.path["callback"]), _instruction(visit)
    before = (await known_of(visit)).callback
    try:
        if visit.form.get("asap"):
            await visit.desk.db.write(handling.move_to_asap, visit.org, callback_id, instruction, now=visit.now)
        else:
            to = _read_time(visit.form.get("appointment_time", ""))
            await visit.desk.db.write(_move_to_slot, visit.org, callback_id, to, instruction, now=visit.now)
    except CallbackChanged as error:
        return await _not_done(visit, error.message)
    except (*_NO_SUCH_SLOT, RequestRefusedDueToOperationMode) as error:
        return await _move_page(visit, error.message)
    known = await known_of(visit)
    return _back(visit, Notice(_moved_words(known), _way_back(visit, before, known.callback)))


async def write_note(visit: Visit) -> Answer:
    """Write a note into the timeline."""
    callback_id, text = CallbackId(visit.path["callback"]), visit.form.get("note", "")
    try:
        await visit.desk.db.write(handling.add_note, visit.org, callback_id, text, _instruction(visit), now=visit.now)
    except CallbackChanged as error:
        return await callback_page(visit, Told(error.message, visit.form), status=HTTPStatus.CONFLICT)
    except InvalidParameters as error:
        told = Told(typed=visit.form, problems=problem_of(error))
        return await callback_page(visit, told, status=HTTPStatus.BAD_REQUEST)
    return see_other(visit, visit.at(f"{HERE}/{callback_id}#timeline"))


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself: the page they are on."""
    return see_other(visit, visit.at(f"{HERE}/{visit.path['callback']}"))


def _instruction(visit: Visit) -> Instruction:
    return Instruction(visit.by, visit.form.get("seen", ""), visit.form.get("once", ""))


async def _asked(visit: Visit, template: str, title: str) -> Answer:
    known = await known_of(visit)
    callback = known.callback
    return page(
        visit,
        template,
        title,
        here=HERE,
        known=known,
        callback=callback,
        own=f"{HERE}/{callback.id}",
        number=number_of(callback, whole=True),
        named=Named(known.configuration),
        state=state_of(callback),
        is_ringing=callback.state is State.DIALING,
        not_now=refusal_words(known.refusal, reader_of(known)) if known.refusal else None,
        reader=reader_of(known),
        seen=standing_of(callback),
        once=new_id(visit.now),
    )


async def _not_done(visit: Visit, why: str) -> Answer:
    return await callback_page(visit, Told(why), status=HTTPStatus.CONFLICT)


def _back(visit: Visit, notice: str | Notice) -> Answer:
    return see_other(visit, visit.at(f"{HERE}/{visit.path['callback']}"), notice=notice)


async def _move_page(visit: Visit, problem: str = "") -> Answer:
    known = await known_of(visit)
    callback = known.callback
    target = known.configuration.call_targets.get(callback.call_target_id)
    offer = (await visit.desk.availability.of_organization(visit.org)).offers.get(callback.widget_id)
    free = [start for start in offer.slots if start != callback.appointment_at] if offer else []
    zone_name = target.zone_name if target else known.configuration.settings.time_zone
    day = visit.query.get("day", "") or visit.form.get("day", "")
    return page(
        visit,
        "callback_move.html",
        "Move this callback",
        here=HERE,
        status=HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
        callback=callback,
        own=f"{HERE}/{callback.id}",
        number=number_of(callback, whole=True),
        named=Named(known.configuration),
        state=state_of(callback),
        timetable=_timetable(free, resolve_zone(zone_name), day),
        zone_name=zone_name.replace("_", " "),
        problem=problem,
        reader=reader_of(known),
        seen=standing_of(callback),
        once=new_id(visit.now),
    )


def _timetable(free: Sequence[Instant], zone: tzinfo, asked: str) -> Timetable | None:
    by_day = {day: list(starts) for day, starts in groupby(free, lambda start: to_datetime(start, zone).date())}
    if not by_day:
        return None
    day = next((each for each in by_day if each.isoformat() == asked), next(iter(by_day)))
    parts = groupby(by_day[day], lambda start: _PARTS[to_datetime(start, zone).hour // 6])
    slots = [(part, [_slot(start, zone) for start in starts]) for part, starts in parts]
    return Timetable([*by_day], day, slots)


def _slot(start: Instant, zone: tzinfo) -> Slot:
    return Slot(str(to_unix(start)), f"{to_datetime(start, zone):%H:%M}")


def _read_time(text: str) -> Instant:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise AppointmentTimeInvalid("Choose one of the times.")
    return from_unix(int(text))


def _move_to_slot(
    tx: Tx, org: OrgId, callback_id: CallbackId, to: Instant, instruction: Instruction, *, now: Instant
) -> None:
    configuration = configurations.load(tx, org)  # as it is now: what is booked is held against it
    handling.move_to_slot(tx, configuration, callback_id, to, instruction, now=now)


def _moved_words(known: Known) -> str:
    at = known.callback.appointment_at
    return (
        f"Moved to {reader_of(known).moment(at).striptags()}." if at is not None else "It is made as soon as possible."
    )


def _way_back(visit: Visit, before: Callback, after: Callback) -> Undo | None:
    """The form that moves it back, if it has moved."""
    if standing_of(before) == standing_of(after):
        return None
    to = {"asap": "yes"} if before.appointment_at is None else {"appointment_time": str(to_unix(before.appointment_at))}
    form = {**to, "seen": standing_of(after), "once": new_id(visit.now)}
    return Undo(visit.at(f"{HERE}/{after.id}/move"), form)


_ONE = "/{org}/callbacks/{callback}"
_HANDLE = Permission.HANDLE_CALLBACKS

ENTRIES = (
    get(f"{_ONE}/cancel", ask_cancel, _HANDLE),
    post(f"{_ONE}/cancel", cancel, _HANDLE),
    get(f"{_ONE}/call-now", ask_call_now, _HANDLE),
    post(f"{_ONE}/call-now", call_now, _HANDLE),
    get(f"{_ONE}/move", choose, _HANDLE),
    post(f"{_ONE}/move", move, _HANDLE),
    get(f"{_ONE}/note", back, _HANDLE),
    post(f"{_ONE}/note", write_note, _HANDLE),
)
