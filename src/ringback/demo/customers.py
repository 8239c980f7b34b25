"""The demo's other customers: they keep the busy queue busy, so that its estimate is a true one.

Whenever fewer of them wait or talk than make up the queue, another asks, by the same use case as everybody else. Their
numbers are those set aside for fiction: 555-0100 to 555-0199 in any area code.
"""

import contextlib
import itertools

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.callbacks.model import Requested, Wish
from ringback.db.database import Database
from ringback.kernel.clock import Clock
from ringback.kernel.errors import DuplicateRequest
from ringback.kernel.phone import parse_number
from ringback.kernel.tenancy import OrgId

BUSY_QUEUE = "billing"
QUEUE_LENGTH = 8
"""Callbacks waiting or talking: one for each of the three agents, and five more."""

_AREA_CODES = (307, 308, 319, 406, 505, 515, 563, 575, 605, 606, 620, 641, 701, 712, 719, 775, 785, 802, 806, 828)
"""Out of the way of those that a person trying the demo would make up."""
_NUMBERS = [f"+1{area}55501{line:02}" for line in range(100) for area in _AREA_CODES]


class DemoCustomers:
    """A step of the worker loop."""

    def __init__(self, db: Database, availability: Availability, clock: Clock, org: OrgId) -> None:
        self._db = db
        self._availability = availability
        self._clock = clock
        self._org = org
        self._numbers = itertools.cycle(_NUMBERS)

    async def __call__(self) -> bool:
        """Let one more customer ask if the queue has room; whether one did."""
        snapshot = await self._availability.of_organization(self._org)
        configuration = snapshot.configuration
        widget = next((widget for widget in configuration.widgets.values() if widget.key == BUSY_QUEUE), None)
        if widget is None:
            return False
        load = await self._db.read(callbacks.load_of, self._org, widget.call_target_id)
        if load.ahead + load.talking >= QUEUE_LENGTH:
            return False
        number = parse_number(next(self._numbers), configuration.number_rules_of(widget))
        with contextlib.suppress(DuplicateRequest, callbacks.StaleConfiguration):
            await self._db.write(
                callbacks.request_callback,
                configuration,
                widget.id,
                Wish(number=number, channel="demo"),
                render=_no_answer,
                now=self._clock.now(),
            )
        return True


def _no_answer(_: Requested) -> str:
    return ""
