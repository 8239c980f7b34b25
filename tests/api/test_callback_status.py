"""POST callback_status and cancel_callback: where a number's callbacks stand, and how they are taken back."""

from typing import Any

import pytest
from tests.api.scheduler import Scheduler, entries, only, refusal
from tests.conftest import MONDAY_3_PM
from tests.running import Running, row_of

NUMBER = "+12015550000"
"""Answers the simulated telephone and talks."""
OTHER_NUMBER = "+12015550188"

CANDIDATE_FIELDS = {
    "callback_request_id",
    "type",
    "status",
    "created_at",
    "appointment_time",
    "call_target_id",
    "call_target_name",
    "cancelable",
}


class TestStatus:
    def test_as_soon_as_possible(self, acme: Scheduler) -> None:
        requested = acme.requested("billing", NUMBER, channel="sms")
        listed = {entry["id"]: entry for entry in entries(acme.widgets())}
        assert only(acme.status(NUMBER)) == {
            "contact_uri": f"tel:{NUMBER}",
            "callback_number": NUMBER,
            "call_request_id": requested["callback_request_id"],
            "type": "asap",
            "created_at": MONDAY_3_PM,
            "estimated_for": MONDAY_3_PM,
            "forecast_waitlist_position": 1,
            "estimated_wait_time": 0,
            "source": "sms",
            "call_target_id": listed["billing"]["call_target_id"],
            "call_target_name": "Billing",
            "widget_id": "billing",
            "appointment_time": None,
            "status": "pending",
            "cancelable": True,
        }

    def test_scheduled(self, acme: Scheduler) -> None:
        slot = only(acme.widget("sales"))["scheduled_timeslots"][1]
        acme.requested("sales", NUMBER, appointment_time=slot)
        status = only(acme.status(NUMBER))
        assert (status["type"], status["appointment_time"], status["estimated_for"]) == ("scheduled", slot, slot)
        assert status["estimated_wait_time"] == slot - MONDAY_3_PM
        assert status["source"] == "api"

    def test_the_place_in_line_and_the_wait(self, acme: Scheduler, server: Running) -> None:
        numbers = [f"+1201555012{digit}" for digit in range(5)]
        for number in numbers:
            acme.requested("billing", number)
            server.clock.advance(1)
        standing = [only(acme.status(number)) for number in numbers]
        assert [status["forecast_waitlist_position"] for status in standing] == [1, 2, 3, 4, 5]
        waits = [status["estimated_wait_time"] for status in standing]
        assert waits == sorted(waits)
        for status in standing:
            assert abs(status["estimated_for"] - MONDAY_3_PM - 5 - status["estimated_wait_time"]) <= 1
        acme.cancel(numbers[0])
        assert only(acme.status(numbers[4]))["forecast_waitlist_position"] == 4

    def test_all_as_strings(self, acme: Scheduler) -> None:
        acme.requested("billing", NUMBER)
        numbers, strings = only(acme.status(NUMBER)), only(acme.status(NUMBER, types="string"))
        assert list(strings) == list(numbers)
        for name, value in numbers.items():
            text = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            assert strings[name] == text
        assert refusal(acme.status(NUMBER, types="number")) == (400, "InvalidParameters")

    def test_several_oldest_first_and_none(self, acme: Scheduler, server: Running) -> None:
        ids = []
        for widget in ("express", "billing", "keeping"):
            ids.append(acme.requested(widget, NUMBER)["callback_request_id"])
            server.clock.advance(1)
        assert [entry["call_request_id"] for entry in entries(acme.status(NUMBER))] == ids
        assert acme.status(OTHER_NUMBER).json() == {"data": []}

    def test_through_all_its_states(self, acme: Scheduler, server: Running) -> None:
        acme.requested("billing", NUMBER)
        seen = []
        for _ in range(400):
            server.pass_time(2)
            standing = entries(acme.status(NUMBER))
            if not standing:
                break
            seen.append((standing[0]["status"], standing[0]["cancelable"], standing[0]["forecast_waitlist_position"]))
        states = list(dict.fromkeys(seen))
        assert states[0] == ("dialing", False, None)
        assert states[-1] == ("talking", False, None)
        assert {state for state, _, _ in states} <= {"dialing", "connecting", "talking"}
        assert acme.status(NUMBER).json() == {"data": []}

    def test_it_is_a_status_answer(self, acme: Scheduler) -> None:
        assert acme.status(NUMBER).headers["etag"].startswith('W/"')


class TestCancel:
    def test_canceled_and_gone(self, acme: Scheduler, server: Running) -> None:
        callback_id = acme.requested("billing", NUMBER)["callback_request_id"]
        answer = only(acme.cancel("(201) 555-0000"))
        assert answer.pop("message").endswith(".")
        assert answer == {"status": "Canceled", "cancel_callback_request_id": callback_id}
        assert acme.status(NUMBER).json() == {"data": []}
        assert row_of(server, callback_id)["outcome"] == "canceled"
        again = only(acme.cancel(NUMBER))
        assert (again["status"], set(again)) == ("InteractionNotFound", {"status", "message"})
        server.pass_time(3600)
        assert row_of(server, callback_id)["attempts"] == 0  # no phone ever rang

    def test_nothing_there(self, acme: Scheduler) -> None:
        assert only(acme.cancel(OTHER_NUMBER))["status"] == "InteractionNotFound"
        acme.requested("billing", NUMBER)
        for unknown in ("no-such-id", "☃", "x" * 64):
            assert only(acme.cancel(NUMBER, callback_request_id=unknown))["status"] == "InteractionNotFound"
        assert len(entries(acme.status(NUMBER))) == 1

    def test_one_of_several(self, acme: Scheduler) -> None:
        slot = only(acme.widget("sales"))["scheduled_timeslots"][0]
        asap = acme.requested("billing", NUMBER)["callback_request_id"]
        booked = acme.requested("sales", NUMBER, appointment_time=slot)["callback_request_id"]
        answer = only(acme.cancel(NUMBER))
        assert answer["status"] == "TooManyInteractions"
        assert set(answer) == {"status", "message", "candidates"}
        assert [set(candidate) for candidate in answer["candidates"]] == [CANDIDATE_FIELDS] * 2
        told = [(entry["callback_request_id"], entry["type"]) for entry in answer["candidates"]]
        assert sorted(told) == sorted([(asap, "asap"), (booked, "scheduled")])
        assert {entry["appointment_time"] for entry in answer["candidates"]} == {None, slot}
        assert len(entries(acme.status(NUMBER))) == 2

        assert only(acme.cancel(NUMBER, callback_request_id=booked))["cancel_callback_request_id"] == booked
        assert only(acme.status(NUMBER))["call_request_id"] == asap

    def test_somebody_elses_callback_cannot_be_named(self, acme: Scheduler) -> None:
        theirs = acme.requested("billing", OTHER_NUMBER)["callback_request_id"]
        assert only(acme.cancel(NUMBER, callback_request_id=theirs))["status"] == "InteractionNotFound"
        assert len(entries(acme.status(OTHER_NUMBER))) == 1

    def test_too_late(self, acme: Scheduler, server: Running) -> None:
        callback_id = acme.requested("billing", NUMBER)["callback_request_id"]
        server.pass_time(1)
        assert only(acme.status(NUMBER))["status"] == "dialing"
        for body in ({}, {"callback_request_id": callback_id}):
            answer = only(acme.cancel(NUMBER, **body))
            assert (answer["status"], set(answer)) == ("FAILED", {"status", "message"})
        assert only(acme.status(NUMBER))["status"] == "dialing"

    def test_by_a_form(self, acme: Scheduler) -> None:
        callback_id = acme.requested("billing", NUMBER)["callback_request_id"]
        form = {"contact_number": NUMBER, "callback_request_id": callback_id}
        answer = acme.server.post("/api/organization/acme/cancel_callback", data=form, headers=acme.authorization)
        assert only(answer)["status"] == "Canceled"


@pytest.mark.parametrize("action", ["callback_status", "cancel_callback"])
@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "ContactRequired"),
        ({"contact_number": None}, "ContactRequired"),
        ({"contact_number": "   "}, "ContactRequired"),
        ({"contact_number": 12015550123}, "InvalidParameters"),
        ({"contact_number": ["+12015550123"]}, "InvalidParameters"),
        ({"contact_number": "nonsense"}, "InvalidContact"),
        ({"contact_number": "+1 201\x00 555 0123"}, "InvalidContact"),
        ({"contact_number": "+"}, "InvalidContact"),
        ({"contact_number": "9" * 65}, "InvalidContact"),
    ],
)
def test_what_is_wrong_is_told(shared_acme: Scheduler, action: str, body: Any, word: str) -> None:
    path = f"/api/organization/acme/{action}"
    answer = shared_acme.server.post(path, json=body, headers=shared_acme.authorization)
    assert refusal(answer) == (400, word)


@pytest.mark.parametrize("callback_id", [5, ["id"], {}, True, "x" * 65, "a\x00b"])
def test_a_callback_to_cancel_that_cannot_be_named_so(shared_acme: Scheduler, callback_id: Any) -> None:
    answer = shared_acme.cancel(NUMBER, callback_request_id=callback_id)
    assert refusal(answer) == (400, "InvalidParameters")
