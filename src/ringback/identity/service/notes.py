"""What the audit log is told of people. It is kept by organization; a person's own affairs stand in each of theirs."""

from functools import partial

import ringback.audit.service as audit
from ringback.audit.model import Action, Facts
from ringback.db.tx import Tx
from ringback.identity.model import User
from ringback.identity.store import members
from ringback.kernel.clock import Instant, to_datetime

note_user = partial(audit.record, subject_kind="user")
note_invitation = partial(audit.record, subject_kind="invitation")


def note_everywhere(tx: Tx, user: User, *, before: Facts, after: Facts, actor: str, origin: str, now: Instant) -> None:
    """Note a change of somebody in every organization where they are at home."""
    for membership in members.of_user(tx, user.id):
        note_user(
            tx,
            membership.org,
            Action.CHANGED,
            subject_key=user.email,
            before=before,
            after=after,
            actor=actor,
            origin=origin,
            now=now,
        )


def written(instant: Instant) -> str:
    """An instant as the log shows it: to the second, UTC."""
    return to_datetime(instant).isoformat(timespec="seconds")
