"""From asking to talking: callbacks that the simulated contact centre dials, connects, retries and gives up."""

import itertools
import json

import pytest
from tests.api.scheduler import Scheduler, entries, only, refusal
from tests.running import row_of

from ringback.callbacks import service as callbacks
from ringback.kernel.clock import HOUR, SECOND, from_unix, to_unix
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.telephony.drivers.simulator import LEDGER_NAME, Line, read_legs
from ringback.telephony.port import Party, attempt_of

ANSWERS = "+12015550000"
NEVER_ANSWERS = "+12015550002"
OUT_OF_SERVICE = "+12015550005"
HANGS_UP = "+12015550007"


def widget_of(acme: Scheduler, name: str) -> str:
    """The id of the widget that a customer would pick."""
    return next(entry["id"] for entry in entries(acme.widgets(include="all")) if entry["name"] == name)


def stages(acme: Scheduler, number: str) -> list[str]:
    """The statuses that a number's callback goes through until it is over, told by Callback Status."""
    seen: list[str] = []
    end = acme.server.clock.now() + HOUR
    while standing := entries(acme.status(number)):
        seen.append(standing[0]["status"])
        assert acme.server.clock.now() < end, seen[-5:]
        acme.server.pass_time(20 if seen[-1] == "talking" else 2)
    return [status for place, status in enumerate(seen) if place == 0 or status != seen[place - 1]]


def calls(acme: Scheduler) -> list[Line]:
    """Every call to a customer that the simulated telephone network made, in order."""
    legs = read_legs(acme.server.app.settings.data / LEDGER_NAME)
    return [leg for leg in legs if leg.side.value == Party.CUSTOMER]


def callback_of(acme: Scheduler, call: Line) -> str:
    """Whose call it is."""
    row = acme.server.app.db.read_now(
        lambda tx: tx.one("SELECT callback_id FROM attempts WHERE id = :id", id=attempt_of(call.leg))
    )
    assert row is not None
    return row["callback_id"]


def test_asked_dialled_connected(acme: Scheduler) -> None:
    callback_id = acme.requested(widget_of(acme, "billing"), ANSWERS)["callback_request_id"]
    # Agents are free: whoever answers is connected in the same instant.
    assert stages(acme, ANSWERS) in (["pending", "dialing", "talking"], ["pending", "dialing", "connecting", "talking"])
    row = row_of(acme.server, callback_id)
    assert (row["outcome"], row["attempts"]) == ("success", 1)
    (call,) = calls(acme)
    assert (ANSWERS.endswith(call.ending), call.cause) == (True, "answered")
    told = acme.server.app.db.read_now(callbacks.timeline, OrgId(acme.id), CallbackId(callback_id))
    assert "dialing" in [kind for _, kind, _ in told]
    assert ANSWERS not in json.dumps([details for _, _, details in told])


def test_the_quick_queue_leaves_time_to_change_ones_mind(acme: Scheduler) -> None:
    answer = acme.requested(widget_of(acme, "service"), ANSWERS)
    assert answer["ewt"] == 45
    acme.server.pass_time(44)
    assert only(acme.status(ANSWERS))["cancelable"] is True
    acme.server.pass_time(2)
    assert only(acme.status(ANSWERS))["status"] == "dialing"
    assert only(acme.cancel(ANSWERS))["status"] == "FAILED"


def test_those_who_asked_first_are_called_first(busy_acme: Scheduler) -> None:
    billing = widget_of(busy_acme, "billing")
    ids = []
    for digit in range(5):
        ids.append(busy_acme.requested(billing, f"+1201555012{digit}")["callback_request_id"])
        busy_acme.server.pass_time(3)
    while any(entries(busy_acme.status(f"+1201555012{digit}")) for digit in range(5)):
        busy_acme.server.pass_time(30)
    made = dict.fromkeys(callback_of(busy_acme, call) for call in calls(busy_acme))
    assert [callback_id for callback_id in made if callback_id in ids] == ids


def test_a_booked_time(acme: Scheduler) -> None:
    sales = widget_of(acme, "sales")
    assert refusal(acme.request(sales, ANSWERS)) == (400, "RequestRefusedDueToOperationMode")  # closed now
    slot = only(acme.widget(sales))["scheduled_timeslots"][0]
    answer = acme.requested(sales, ANSWERS, appointment_time=slot, time_zone="America/New_York")
    assert answer["appointment_time"] == slot
    assert "ewt" not in answer

    acme.server.clock.turn_to(from_unix(slot - 1))
    acme.server.work()
    assert only(acme.status(ANSWERS))["status"] == "pending"
    acme.server.pass_time(1)
    assert only(acme.status(ANSWERS))["status"] == "dialing"
    assert to_unix(calls(acme)[0].ringing_at) == slot
    assert stages(acme, ANSWERS)[-1] == "talking"
    assert row_of(acme.server, answer["callback_request_id"])["outcome"] == "success"


def test_a_full_slot(acme: Scheduler) -> None:
    sales = widget_of(acme, "sales")
    slot = only(acme.widget(sales))["scheduled_timeslots"][0]
    for digit in range(4):
        acme.requested(sales, f"+1201555012{digit}", appointment_time=slot)
    assert slot not in only(acme.widget(sales))["scheduled_timeslots"]
    assert refusal(acme.request(sales, ANSWERS, appointment_time=slot)) == (400, "AppointmentTimeFull")
    assert only(acme.cancel("+12015550122"))["status"] == "Canceled"
    assert slot in only(acme.widget(sales))["scheduled_timeslots"]
    acme.requested(sales, ANSWERS, appointment_time=slot)


@pytest.mark.parametrize(
    ("number", "outcome", "attempts"),
    [(NEVER_ANSWERS, "unavailable", 3), (OUT_OF_SERVICE, "unavailable", 1)],
)
def test_customers_who_are_not_reached(acme: Scheduler, number: str, outcome: str, attempts: int) -> None:
    callback_id = acme.requested(widget_of(acme, "billing"), number)["callback_request_id"]
    stages(acme, number)
    row = row_of(acme.server, callback_id)
    assert (row["outcome"], row["attempts"]) == (outcome, attempts)
    made = calls(acme)
    assert len(made) == attempts
    for before, after in itertools.pairwise(made):
        assert before.ended_at is not None
        assert after.ringing_at - before.ended_at >= 60 * SECOND  # the retry delay of the demo


def test_a_customer_who_hangs_up_while_waiting_for_an_agent(acme: Scheduler) -> None:
    callback_id = acme.requested(widget_of(acme, "billing"), HANGS_UP)["callback_request_id"]
    assert "talking" not in stages(acme, HANGS_UP)
    assert row_of(acme.server, callback_id)["outcome"] == "abandoned"
    assert only(acme.cancel(HANGS_UP))["status"] == "InteractionNotFound"


def test_after_it_is_over_one_may_ask_again(acme: Scheduler) -> None:
    billing = widget_of(acme, "billing")
    first = acme.requested(billing, ANSWERS)["callback_request_id"]
    assert refusal(acme.request(billing, ANSWERS)) == (400, "DuplicateRequest")
    stages(acme, ANSWERS)
    assert acme.requested(billing, ANSWERS)["callback_request_id"] != first
