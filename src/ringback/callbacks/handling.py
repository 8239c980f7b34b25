"""What people who handle callbacks do to one: cancel it, move it, have it called now, write a note.

Each is one transaction, notes in the timeline and in the audit log who did it, and is done once however often the same
form is sent. Whoever looked at a callback that has changed meanwhile is told so, and nothing is done.
"""

import re
from dataclasses import dataclass

import ringback.audit.service as audit
import ringback.callbacks.service as callbacks
from ringback.audit.model import Action, Author, Facts
from ringback.callbacks.lifecycle import IN_LINE, Outcome, State
from ringback.callbacks.model import Callback, Kind
from ringback.configuration.model import Configuration
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant, to_unix
from ringback.kernel.errors import InvalidContact, InvalidParameters, NotFound, RingbackError
from ringback.kernel.phone import mask
from ringback.kernel.tenancy import CallbackId, OrgId

LONGEST_NOTE = 2000

_ID = re.compile(r"[0-9a-z]{26}")


class CallbackChanged(RingbackError):
    """The callback does not stand where it stood when somebody decided what to do with it."""

    code = "CallbackChanged"


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a form says besides what is to be done."""

    by: Author
    seen: str
    """How the callback stood (:func:`standing_of`) for whoever decided."""
    once: str
    """An id made with the form (:func:`ringback.kernel.ids.new_id`): the line in the timeline that this becomes."""


def standing_of(callback: Callback) -> str:
    """What tells two states of a callback apart for those who decide about it.

    Being held back in line is the same as waiting in it: both change by themselves, and nothing depends on it.
    """
    state = "in_line" if callback.state in IN_LINE else callback.state.value
    return f"{state}.{callback.attempts}.{callback.appointment_at or callback.kind.value}"


def cancel(tx: Tx, org: OrgId, callback_id: CallbackId, instruction: Instruction, *, now: Instant) -> None:
    """Cancel a callback that waits in line; no telephone rings. Raises ``NotFound`` and ``CallbackChanged``."""
    callback = begin(tx, org, callback_id, instruction, "canceled")
    if callback is None:
        return
    if not callback.cancelable or not callbacks.finish(tx, callback, Outcome.CANCELED, now=now):
        raise _changed()
    write_down(tx, callback, "canceled", instruction, {"outcome": Outcome.CANCELED.value}, now=now)


def move_to_slot(
    tx: Tx,
    configuration: Configuration,
    callback_id: CallbackId,
    appointment_at: Instant,
    instruction: Instruction,
    *,
    now: Instant,
) -> None:
    """Move a callback to a timeslot of its call target, by the same rules as for the customer.

    Raises ``NotFound``, ``CallbackChanged``, and what :func:`ringback.callbacks.service.rebook` raises.
    """
    told = {"appointment_time": to_unix(appointment_at)}
    callback = begin(tx, configuration.org, callback_id, instruction, "moved", told)
    if callback is None or callback.appointment_at == appointment_at:
        return
    if not callback.cancelable:
        raise _changed()
    callbacks.rebook(tx, configuration, callback, appointment_at, now=now)
    write_down(tx, callback, "moved", instruction, {"type": Kind.SCHEDULED.value, **told}, told, now=now)


def move_to_asap(tx: Tx, org: OrgId, callback_id: CallbackId, instruction: Instruction, *, now: Instant) -> None:
    """Have a booked callback made as soon as possible: it takes the place in line of when it was asked for.

    Raises ``NotFound`` and ``CallbackChanged``.
    """
    callback = begin(tx, org, callback_id, instruction, "moved")
    if callback is None or callback.kind is Kind.ASAP:
        return
    _put_into_line(tx, callback, callback.created_at, now)
    write_down(tx, callback, "moved", instruction, {"type": Kind.ASAP.value}, now=now)


def call_now(tx: Tx, org: OrgId, callback_id: CallbackId, instruction: Instruction, *, now: Instant) -> None:
    """Put a callback before everybody else in its line, due at once. What was booked for it is free again.

    Hours, the switches of the call target and the rules of pacing hold for it as for others. Raises ``NotFound``,
    ``CallbackChanged``, and ``InvalidContact`` for a number that has come onto the block list.
    """
    callback = begin(tx, org, callback_id, instruction, "called_now")
    if callback is None:
        return
    if callbacks.is_blocked(tx, callback):
        raise InvalidContact("This number is on the block list, so it is not called.")
    first = callbacks.front_of_line(tx, callback.org, callback.call_target_id)
    place = callback.order_at
    if first is not None and first.id != callback.id:
        place = Instant(first.order_at - 1)
    _put_into_line(tx, callback, Instant(min(place, now)), now)
    write_down(tx, callback, "called_now", instruction, {"place": "first"}, now=now)


def add_note(tx: Tx, org: OrgId, callback_id: CallbackId, text: str, instruction: Instruction, *, now: Instant) -> None:
    """Write a note into the timeline. Raises ``NotFound`` and ``InvalidParameters``.

    The audit log tells that there is one and not what it says, since it is kept for longer.
    """
    said = text.strip()
    if not said:
        raise InvalidParameters("Write something first.", field="note")
    if len(said) > LONGEST_NOTE:
        raise InvalidParameters(
            f"A note has at most {LONGEST_NOTE:,} characters; this has {len(said):,}.", field="note"
        )
    callback = _locked_once(tx, org, callback_id, instruction, "note", {"text": said})
    if callback is None:
        return
    if callback.erased_at is not None:
        raise InvalidParameters("What was known of this customer has been erased: no notes are kept.", field="note")
    write_down(tx, callback, "note", instruction, {"note": f"{len(said)} characters"}, {"text": said}, now=now)


def begin(
    tx: Tx, org: OrgId, callback_id: CallbackId, instruction: Instruction, kind: str, told: Facts | None = None
) -> Callback | None:
    """The callback, locked, as it was for whoever decided; None when the very same has been done by the same form.

    ``kind`` and ``told`` are what :func:`write_down` is going to note. Raises ``NotFound`` and ``CallbackChanged``.
    """
    callback = _locked_once(tx, org, callback_id, instruction, kind, told or {})
    if callback is not None and standing_of(callback) != instruction.seen:
        raise _changed()
    return callback


def write_down(
    tx: Tx,
    callback: Callback,
    kind: str,
    instruction: Instruction,
    after: Facts,
    told: Facts | None = None,
    *,
    now: Instant,
) -> None:
    """Note what was done in the timeline, with what is ``told`` there, and in the audit log."""
    by = instruction.by
    callbacks.note_once(tx, callback.org, callback.id, instruction.once, kind, now=now, by=by.actor, **(told or {}))
    audit.record(
        tx,
        callback.org,
        Action.CHANGED,
        subject_kind="callback",
        subject_key=callback.id,
        before={"number": mask(callback.contact_number), **_facts(callback)},
        after={"number": mask(callback.contact_number), "done": kind, **after},
        actor=by.actor,
        origin=by.origin,
        now=now,
    )


def _locked_once(
    tx: Tx, org: OrgId, callback_id: CallbackId, instruction: Instruction, kind: str, told: Facts
) -> Callback | None:
    if not _ID.fullmatch(instruction.once):
        raise CallbackChanged("This form is out of date. Nothing was done: look once more.")
    callback = callbacks.lock(tx, callbacks.get(tx, org, callback_id))
    if callback is None:
        raise NotFound("There is no such callback.")
    earlier = callbacks.noted(tx, org, callback_id, instruction.once)
    if earlier is None:
        return callback
    if earlier != (kind, {"by": instruction.by.actor, **told}):
        # Somebody went back to the form and asks for something else: that must not be taken for done.
        raise CallbackChanged("This form was sent before. Nothing more was done: look once more.")
    return None


def _put_into_line(tx: Tx, callback: Callback, place: Instant, now: Instant) -> None:
    if not callback.cancelable:
        raise _changed()
    if callback.appointment_at is not None:
        callbacks.release_slot(tx, callback.org, callback.call_target_id, callback.appointment_at)
    moved = callbacks.move(
        tx,
        callback,
        State.PENDING,
        now=now,
        type=Kind.ASAP.value,
        appointment_at=None,
        order_at=place,
        due_at=now,
    )
    if not moved:
        raise _changed()


def _facts(callback: Callback) -> Facts:
    booked = {} if callback.appointment_at is None else {"appointment_time": to_unix(callback.appointment_at)}
    return {"state": callback.state.value, "type": callback.kind.value, **booked}


def _changed() -> CallbackChanged:
    return CallbackChanged("This callback has changed meanwhile. Nothing was done.")
