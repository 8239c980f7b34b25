"""The two use cases of the Scheduler page, by text message: what the customer types, what comes back."""

import pytest
from tests.api.scheduler import Scheduler, entries, only
from tests.fakes.telephone import Telephone, set_up_texts


@pytest.fixture
def phone(busy_acme: Scheduler) -> Telephone:
    set_up_texts(busy_acme.server, busy_acme.id)
    return Telephone(busy_acme.server, busy_acme.id)


def standing(acme: Scheduler, phone: Telephone) -> dict[str, object]:
    return only(acme.status(phone.number))


def test_call_me(phone: Telephone, busy_acme: Scheduler) -> None:
    assert phone.text("@callme") == ["Reply 1 for billing, 2 for service, 3 for sales."]
    assert phone.text("billing") == [
        "We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time."
    ]
    [confirmed] = phone.text("asap")
    thanks, _, link = confirmed.partition("\n")
    assert thanks == "Thank you. Billing will call you in approximately 7 minutes."
    callback = standing(busy_acme, phone)
    assert (callback["call_target_name"], callback["type"], callback["source"]) == ("Billing", "asap", "sms")
    page = busy_acme.server.get(link.removeprefix("To see or change it: "))
    assert page.status_code == 200


def test_cancel(phone: Telephone, busy_acme: Scheduler) -> None:
    for text in ("@callme", "billing", "asap"):
        phone.text(text)
    [asked] = phone.text("@cancel")
    assert asked == "You have a callback for billing at about 10:06 AM EST. Reply YES to cancel it."
    assert phone.text("Yes") == ["Your callback has been canceled. Text @callme to start again."]
    assert entries(busy_acme.status(phone.number)) == []


def test_a_time_is_chosen_and_moved(phone: Telephone, busy_acme: Scheduler) -> None:
    for text in ("@callme", "sales"):
        phone.text(text)
    [confirmed] = phone.text("tomorrow 3 pm")
    assert standing(busy_acme, phone)["type"] == "scheduled", confirmed
