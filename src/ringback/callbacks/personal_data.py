"""What is known of a number: told to whoever asks for their data, and erased for whoever asks for that.

Both are for people with the right to handle personal data. What is erased is what retention would erase later, in the
same way; the block list stays, since forgetting there would mean calling somebody who asked never to be called again.
"""

from collections.abc import Mapping
from typing import Any

import ringback.audit.service as audit
import ringback.callbacks.service as callbacks
from ringback.audit.model import Action, Author, Facts
from ringback.callbacks.model import Callback
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant, to_datetime
from ringback.kernel.errors import RingbackError
from ringback.kernel.phone import mask
from ringback.kernel.tenancy import OrgId

MOST = 1000
"""Callbacks of one number that are looked at."""

_SUBJECT = "personal_data"


class StillLive(RingbackError):
    """The number has callbacks that have not ended, or calls that are just being hung up."""

    code = "StillLive"


def known_of_number(tx: Tx, org: OrgId, number: str) -> list[Callback]:
    """Every callback of a canonical number, oldest first; of those erased nobody knows any more whose they were."""
    return callbacks.of_number(tx, org, number, limit=MOST)


def callbacks_told(tx: Tx, org: OrgId, number: str) -> list[Mapping[str, Any]]:
    """All that the callbacks of a number say, oldest first, as JSON has it."""
    return [_told(tx, callback) for callback in known_of_number(tx, org, number)]


def erase_callbacks(tx: Tx, org: OrgId, number: str, *, now: Instant) -> int:
    """Erase number, name, user data, opt-ins and notes of all callbacks of a number; how many there were.

    Raises ``StillLive``.
    """
    if any(callback.outcome is None for callback in known_of_number(tx, org, number)):
        raise StillLive("A callback of this number has not ended: cancel it first.")
    erased = callbacks.erase_number(tx, org, number, now=now, limit=MOST)
    if known_of_number(tx, org, number):
        raise StillLive("Its last call is just being hung up: try again in a minute.")
    return erased


def note_export(tx: Tx, org: OrgId, number: str, facts: Facts, *, by: Author, now: Instant) -> None:
    """Write into the audit log that somebody took out what is known of a number, and how much that was."""
    _note(tx, org, Action.CHANGED, number, (None, facts), by, now)


def note_erasure(tx: Tx, org: OrgId, number: str, facts: Facts, *, by: Author, now: Instant) -> None:
    """Write into the audit log that somebody erased it, and how much that was."""
    _note(tx, org, Action.REMOVED, number, (facts, None), by, now)


def _told(tx: Tx, callback: Callback) -> Mapping[str, Any]:
    more = callbacks.particulars(tx, callback.org, callback.id)
    return {
        "id": callback.id,
        "name": callback.contact_name,
        "channel": callback.channel,
        "type": callback.kind.value,
        "state": callback.state.value,
        "outcome": callback.outcome.value if callback.outcome else None,
        "language": callback.locale,
        "time_zone": callback.time_zone,
        "asked_at": _time(callback.created_at),
        "promised_at": _time(callback.promised_at),
        "called_at": _time(callback.launched_at),
        "finished_at": _time(callback.finished_at),
        "attempts": callback.attempts,
        "user_data": dict(more.user_data),
        "opt_ins": [dict(each) for each in more.opt_ins],
        "timeline": [
            {"at": _time(at), "kind": kind, **_without_people(details)}
            for at, kind, details in callbacks.timeline(tx, callback.org, callback.id)
        ],
    }


def _without_people(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who of the organization did something is not the customer's data."""
    return {name: value for name, value in details.items() if name != "by"}


def _note(
    tx: Tx, org: OrgId, action: Action, number: str, facts: tuple[Facts | None, Facts | None], by: Author, now: Instant
) -> None:
    audit.record(
        tx,
        org,
        action,
        subject_kind=_SUBJECT,
        subject_key=mask(number),
        before=facts[0],
        after=facts[1],
        actor=by.actor,
        origin=by.origin,
        now=now,
    )


def _time(at: Instant | None) -> str | None:
    return None if at is None else to_datetime(at).isoformat()
