"""What a claim says of the promise that was made to its customer."""

from dataclasses import replace

import pytest

from ringback.callbacks.lifecycle import State
from ringback.callbacks.model import Callback, Kind
from ringback.db.claims import Lease
from ringback.dispatch.call import Act
from ringback.dispatch.model import Claim, RangeOutcome
from ringback.kernel.clock import after, from_unix
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId, WidgetId

ASKED_AT = from_unix(1_772_463_600)

CALLBACK = Callback(
    org=OrgId("acme"),
    id=CallbackId("callback"),
    call_target_id=CallTargetId("billing"),
    widget_id=WidgetId("widget"),
    contact_number="+12015550123",
    contact_name=None,
    kind=Kind.ASAP,
    state=State.PENDING,
    outcome=None,
    channel="api",
    locale="en",
    time_zone="UTC",
    order_at=ASKED_AT,
    appointment_at=None,
    due_at=ASKED_AT,
    promised_seconds=300,
    attempts=0,
    created_at=ASKED_AT,
    finished_at=None,
    promised_range=(200, 420),
)


def claim(wait, **changes):
    claimed_at = after(ASKED_AT, wait)
    act = Act(AttemptId("attempt"), (), Lease("worker", claimed_at), begins=True)
    return Claim(replace(CALLBACK, **changes), act, claimed_at)


@pytest.mark.parametrize(
    ("wait", "outcome"),
    [
        (0, RangeOutcome.EARLY),
        (199.9, RangeOutcome.EARLY),
        (200, RangeOutcome.HELD),
        (420, RangeOutcome.HELD),
        (420.1, RangeOutcome.LATE),
        (3600, RangeOutcome.LATE),
    ],
)
def test_where_the_wait_came_to_lie(wait, outcome):
    assert claim(wait).against_range is outcome
    assert claim(wait).missed_promise_by == wait - 300


def test_less_than_a_minute_is_one_word():
    at_once = {"promised_seconds": 0, "promised_range": (0, 0)}
    assert claim(59, **at_once).against_range is RangeOutcome.HELD
    assert claim(61, **at_once).against_range is RangeOutcome.LATE


@pytest.mark.parametrize(
    "changes",
    [
        {"promised_seconds": None, "promised_range": None},
        {"kind": Kind.SCHEDULED, "appointment_at": ASKED_AT},
        {"attempts": 1},
    ],
)
def test_where_nothing_was_promised_or_it_is_not_the_first_call(changes):
    assert claim(300, **changes).against_range is None
    assert claim(300, **changes).missed_promise_by is None
