"""The call flow: how two people get connected, as a state machine without IO.

Events in, commands out, and progress for the callback's record; no awaits, no clock. Whoever runs it stores the new
:class:`Flow` before the commands are carried out, and may carry them out again after a crash: they are idempotent.
"""

from ringback.telephony.flow.document import FlowUnreadable, from_document, to_document
from ringback.telephony.flow.machine import begin, give_up, on_event, on_refusal, on_time
from ringback.telephony.flow.model import (
    Flow,
    Leg,
    LegState,
    Order,
    Progress,
    ProgressKind,
    Step,
    Wish,
    WishKind,
)
from ringback.telephony.flow.stages import MOVES, Stage

__all__ = [
    "MOVES",
    "Flow",
    "FlowUnreadable",
    "Leg",
    "LegState",
    "Order",
    "Progress",
    "ProgressKind",
    "Stage",
    "Step",
    "Wish",
    "WishKind",
    "begin",
    "from_document",
    "give_up",
    "on_event",
    "on_refusal",
    "on_time",
    "to_document",
]
