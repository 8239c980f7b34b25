"""The steps that every worker takes."""

from typing import Protocol

import ringback.callbacks.service as callbacks
import ringback.identity.service as identity
import ringback.messaging.service as messaging
import ringback.reports.service as reports
from ringback.availability.memory import Availability
from ringback.board.sampling import Sampling
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.dispatch.service import Dispatcher
from ringback.kernel.clock import HOUR, MINUTE, Clock, Instant
from ringback.messaging.conversing import Conversing
from ringback.messaging.notifying import Notifying
from ringback.messaging.sending import Sending
from ringback.workers.loop import Step


def dispatch_steps(dispatcher: Dispatcher) -> list[Step]:
    """The dispatcher's steps. What has happened is recorded first: it makes room for those who wait."""
    return [
        Step("follow", dispatcher.follow),
        Step("wake", dispatcher.wake),
        Step("reconcile", dispatcher.reconcile),
        Step("queue stats", dispatcher.watch_queues),
        Step("release", dispatcher.release),
    ]


def board_steps(db: Database, clock: Clock, availability: Availability) -> list[Step]:
    """What the live board draws."""
    return [Step("estimate history", Sampling(db, clock, availability))]


def text_steps(conversing: Conversing, notifying: Notifying, sending: Sending) -> list[Step]:
    """What answers texts, what tells of callbacks, and what sends the texts that come of both."""
    return [Step("converse", conversing), Step("notify", notifying), Step("send texts", sending)]


def maintenance_steps(db: Database, clock: Clock) -> list[Step]:
    """Tidying up, now and then."""
    return [
        Step("forget answers", Tidying(db, clock, callbacks.forget_answers, every=MINUTE)),
        Step("retention", Tidying(db, clock, callbacks.erase_expired, every=HOUR)),
        Step("count", Tidying(db, clock, reports.count_finished, every=MINUTE)),
        Step("forget texts", Tidying(db, clock, messaging.forget_old, every=HOUR)),
        Step("forget sessions", Tidying(db, clock, identity.forget_expired, every=HOUR)),
    ]


class Batch(Protocol):
    """A use case that tidies up a batch, and says whether there was one."""

    def __call__(self, tx: Tx, *, now: Instant) -> bool:
        """Tidy up what is over by ``now``."""


class Tidying:
    """Batch by batch while there is anything to tidy up, then not for ``every`` microseconds."""

    def __init__(self, db: Database, clock: Clock, batch: Batch, *, every: int) -> None:
        self._db = db
        self._clock = clock
        self._batch = batch
        self._every = every
        self._next_at = Instant(0)

    async def __call__(self) -> bool:
        """Tidy up a batch, if it is time; whether there was one."""
        now = self._clock.now()
        if now < self._next_at:
            return False
        tidied = await self._db.write(self._batch, now=now)
        if not tidied:
            self._next_at = Instant(now + self._every)
        return tidied
