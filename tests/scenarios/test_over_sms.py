"""Use cases 1 and 2 of the Scheduler API: a customer's text messages, as an SMS automation turns them into requests."""

import re

from tests.api.scheduler import Scheduler, entries, only, refusal
from tests.running import row_of

CUSTOMER = "+12015550123"


def test_where_is_my_callback_and_cancel_it(acme: Scheduler) -> None:
    """Use case 1: the customer asks where the callback stands, confirms that it is to be cancelled, and it is gone."""
    (billing,) = [entry for entry in entries(acme.widgets()) if entry["name"] == "billing"]
    requested = acme.requested(billing["id"], CUSTOMER)

    standing = only(acme.status(CUSTOMER))
    assert standing["call_request_id"] == requested["callback_request_id"]
    assert standing["call_target_name"] == "Billing"
    assert standing["cancelable"] is True

    canceled = only(acme.cancel(CUSTOMER))
    assert canceled["status"] == "Canceled"
    assert canceled["cancel_callback_request_id"] == requested["callback_request_id"]

    assert entries(acme.status(CUSTOMER)) == []
    assert only(acme.cancel(CUSTOMER))["status"] == "InteractionNotFound"
    acme.server.pass_time(3600)
    assert row_of(acme.server, requested["callback_request_id"])["attempts"] == 0


def test_call_me(busy_acme: Scheduler) -> None:
    """Use case 2: one request to offer the choice of queues, one to ask, and the message goes to the customer."""
    listed = entries(busy_acme.widgets(timeslots="3"))
    assert [entry["name"] for entry in listed] == ["billing", "service", "sales", "billing page"]
    by_name = {entry["name"]: entry for entry in listed}
    assert [by_name[name]["widget_state"] for name in ("billing", "service", "sales")] == [
        "offer_callback",
        "offer_callback",
        "offer_scheduled_callback",
    ]
    assert by_name["billing"]["message"] == "We can call you in approximately 7 minutes."
    assert len(by_name["sales"]["scheduled_timeslots"]) == 3

    answer = busy_acme.requested(by_name["billing"]["id"], CUSTOMER, channel="sms")
    assert answer["status"] == "Requested"
    assert answer["message"] == "Thank you. Billing will call you in approximately 7 minutes."
    assert only(busy_acme.status(CUSTOMER))["source"] == "sms"
    assert refusal(busy_acme.request(by_name["billing"]["id"], CUSTOMER)) == (400, "DuplicateRequest")


def test_call_me_in_my_language(busy_acme: Scheduler) -> None:
    billing = entries(busy_acme.widgets(locale="es-US"))[0]
    assert billing["message"] == "Podemos llamarle en aproximadamente 7 minutos."
    answer = busy_acme.requested(billing["id"], CUSTOMER, locale="es-US")
    assert answer["message"] == "Gracias. Le llamaremos en aproximadamente 7 minutos."


def test_the_promise_is_kept(busy_acme: Scheduler) -> None:
    """Told seven minutes, a customer whose turn comes is called after something like it."""
    billing = entries(busy_acme.widgets())[0]
    answer = busy_acme.requested(billing["id"], "+12015550000")
    waited = 0
    while only(busy_acme.status("+12015550000"))["cancelable"]:
        busy_acme.server.pass_time(10)
        waited += 10
        assert waited < 3600
    low, high = billing["ewt_range"]
    assert low <= answer["ewt"] <= high
    assert low / 2 <= waited <= high * 2


def test_the_link_of_the_answer_shows_the_callback(acme: Scheduler) -> None:
    answer = acme.requested(entries(acme.widgets())[0]["id"], CUSTOMER)
    page = acme.server.get(answer["manage_url"])
    assert page.status_code == 200
    assert re.search("[Cc]ancel", page.text)
    forged = answer["manage_url"][:-1] + ("A" if answer["manage_url"][-1] != "A" else "B")
    assert acme.server.get(forged).status_code == 404
