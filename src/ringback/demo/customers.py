"""The demo's other customers: they keep the busy queue busy, so that its estimate is a true one.

Whenever fewer of them wait or talk than make up the queue, another asks, by the same use case as everybody else. Their
numbers are those set aside for fiction: 555-0100 to 555-0199 in any area code.
"""

import itertools
from collections.abc import Iterator, Sequence
from math import pi, sin

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.availability.snapshot import Snapshot
from ringback.callbacks.model import Requested, Wish
from ringback.db.database import Database
from ringback.kernel import errors
from ringback.kernel.clock import MINUTE, Clock, Instant
from ringback.kernel.errors import DuplicateRequest
from ringback.kernel.phone import parse_number
from ringback.kernel.tenancy import OrgId
from ringback.widgets.model import Widget

BUSY_QUEUE = "billing"
QUEUE_LENGTH = 8
"""Callbacks waiting or talking: one for each of the three agents, and five more."""

AREA_CODES = (307, 308, 319, 406, 505, 515, 563, 575, 605, 606, 620, 641, 701, 712, 719, 775, 785, 802, 806, 828)
"""Out of the way of those that a person trying the demo would make up."""

_REFUSALS = (
    errors.RequestRefusedDueToOperationMode,
    errors.InvalidContact,
    errors.TooManyRequests,
    errors.AppointmentTimeFull,
    errors.AppointmentTimeInvalid,
    errors.AppointmentTimeInThePast,
)
"""What may come of changes in the console, or of somebody else being quicker."""

_STEADY = 5 * MINUTE
_TIDE = 30 * MINUTE


def numbers(area_codes: Sequence[int] = AREA_CODES) -> Iterator[str]:
    """The customers' numbers in these areas, over and over."""
    return itertools.cycle(f"+1{area}55501{line * 37 % 100:02}" for area in area_codes for line in range(100))


class DemoCustomers:
    """A step of the worker loop."""

    def __init__(self, db: Database, availability: Availability, clock: Clock, org: OrgId, *, swell: int = 0) -> None:
        """By ``swell`` callbacks the queue grows and shrinks with the hours, after the first minutes."""
        self._db = db
        self._availability = availability
        self._clock = clock
        self._org = org
        self._numbers = numbers()
        self._swell = swell
        self._begun = clock.now()

    async def __call__(self) -> bool:
        """Let one more customer ask if the queue has room; whether one did."""
        snapshot = await self._availability.of_organization(self._org)
        widget = widget_of(snapshot, BUSY_QUEUE)
        if widget is None or not snapshot.offers[widget.id].asap:
            return False  # somebody has changed it in the console
        load = await self._db.read(callbacks.load_of, self._org, widget.call_target_id)
        if load.ahead + load.talking >= QUEUE_LENGTH + self._tide():
            return False
        return await ask(self._db, snapshot, widget, next(self._numbers), channel="demo", now=self._clock.now())

    def _tide(self) -> int:
        passed = self._clock.now() - self._begun - _STEADY
        return round(self._swell * sin(2 * pi * passed / _TIDE)) if passed > 0 else 0


def widget_of(snapshot: Snapshot, key: str) -> Widget | None:
    """The widget with that key, if it is there still."""
    return next((widget for widget in snapshot.configuration.widgets.values() if widget.key == key), None)


async def ask(
    db: Database,
    snapshot: Snapshot,
    widget: Widget,
    number: str,
    *,
    channel: str,
    appointment_at: Instant | None = None,
    now: Instant,
) -> bool:
    """Ask for a callback. False when it was refused, and another number would not do either."""
    try:
        wish = Wish(
            number=parse_number(number, snapshot.configuration.number_rules_of(widget)),
            appointment_at=appointment_at,
            channel=channel,
        )
        await db.write(callbacks.request_callback, snapshot.configuration, widget.id, wish, render=_no_answer, now=now)
    except (DuplicateRequest, callbacks.StaleConfiguration):
        return True
    except _REFUSALS:
        return False
    return True


def _no_answer(_: Requested) -> str:
    return ""
