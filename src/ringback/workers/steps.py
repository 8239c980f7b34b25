"""The steps that every worker takes."""

import ringback.callbacks.service as callbacks
from ringback.db.database import Database
from ringback.dispatch.service import Dispatcher
from ringback.kernel.clock import MINUTE, Clock, Instant
from ringback.workers.loop import Step

_TIDY_EVERY = MINUTE


def dispatch_steps(dispatcher: Dispatcher) -> list[Step]:
    """The dispatcher's steps. What has happened is recorded first: it makes room for those who wait."""
    return [
        Step("follow", dispatcher.follow),
        Step("reconcile", dispatcher.reconcile),
        Step("release", dispatcher.release),
    ]


def maintenance_steps(db: Database, clock: Clock) -> list[Step]:
    """Tidying up, now and then."""
    return [Step("forget answers", ForgetAnswers(db, clock))]


class ForgetAnswers:
    """Drops answers kept for idempotency keys that are past their window: batch by batch, then not for a minute."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._next_at = Instant(0)

    async def __call__(self) -> bool:
        """Drop a batch, if it is time; whether there was one."""
        now = self._clock.now()
        if now < self._next_at:
            return False
        dropped = await self._db.write(callbacks.forget_answers, now=now)
        if not dropped:
            self._next_at = Instant(now + _TIDY_EVERY)
        return dropped
