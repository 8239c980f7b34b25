"""A gentle trickle of customers on the demo's other queues: they ask, book a time, and some think better of it."""

from random import Random

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.availability.snapshot import Snapshot
from ringback.db.database import Database
from ringback.demo.customers import AREA_CODES, ask, numbers, widget_of
from ringback.kernel.clock import SECOND, Clock, Instant
from ringback.kernel.phone import parse_number
from ringback.kernel.tenancy import OrgId

QUICK_QUEUE = "service"
CLOSED_QUEUE = "sales"

_MEAN_GAP = 45 * SECOND
_ASK, _BOOK = 0.7, 0.85
"""Shares, one after the other: who asks the quick queue, who books a time at the closed one. The rest cancel."""
_MOST_BOOKED = 12
_CHANNELS = ("web", "sms", "ivr", "chatbot")
_FIRST_SLOTS = 8


class PassersBy:
    """A step of the worker loop. The same ``seed``, the same customers."""

    def __init__(self, db: Database, availability: Availability, clock: Clock, org: OrgId, *, seed: int = 0) -> None:
        self._db = db
        self._availability = availability
        self._clock = clock
        self._org = org
        self._chance = Random(seed)  # noqa: S311 - to be reproduced, not to be secret
        self._numbers = numbers(AREA_CODES[::-1])  # none of those in the busy queue, for a long while
        self._last = ""
        self._next_at: Instant | None = None

    async def __call__(self) -> bool:
        """Let the next one act when the time has come; whether one did."""
        now = self._clock.now()
        is_time = self._next_at is not None and now >= self._next_at
        if is_time or self._next_at is None:
            self._next_at = Instant(now + round(self._chance.expovariate(1 / _MEAN_GAP)))
        if not is_time:
            return False
        snapshot = await self._availability.of_organization(self._org)
        drawn = self._chance.random()
        if drawn < _ASK:
            await self._ask(snapshot, now)
        elif drawn < _BOOK:
            await self._book(snapshot, now)
        else:
            await self._think_better_of_it(snapshot, now)
        return True

    async def _ask(self, snapshot: Snapshot, now: Instant) -> None:
        widget, channel = widget_of(snapshot, QUICK_QUEUE), self._chance.choice(_CHANNELS)
        if widget is not None:
            self._last = next(self._numbers)
            await ask(self._db, snapshot, widget, self._last, channel=channel, now=now)

    async def _book(self, snapshot: Snapshot, now: Instant) -> None:
        widget = widget_of(snapshot, CLOSED_QUEUE)
        slots = snapshot.offers[widget.id].slots[:_FIRST_SLOTS] if widget else ()
        if widget is None or not slots:
            return
        booked = snapshot.situations[widget.call_target_id].load.pending_scheduled
        if booked < _MOST_BOOKED:
            slot, number = self._chance.choice(slots), next(self._numbers)
            await ask(self._db, snapshot, widget, number, channel="web", appointment_at=slot, now=now)

    async def _think_better_of_it(self, snapshot: Snapshot, now: Instant) -> None:
        """Who asked last cancels, unless their telephone rings already."""
        widget = widget_of(snapshot, QUICK_QUEUE)
        if widget is not None and self._last:
            number = parse_number(self._last, snapshot.configuration.number_rules_of(widget)).key
            await self._db.write(callbacks.cancel_by_number, self._org, number, by="customer", now=now)
            self._last = ""
