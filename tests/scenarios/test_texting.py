"""The two use cases of the Scheduler page, by text message: what the customer types, what comes back."""

import pytest
from tests.api.scheduler import Scheduler, entries, only
from tests.fakes.telephone import Telephone, set_up_texts

from ringback.db.tx import Tx
from ringback.kernel.tenancy import OrgId


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
    assert asked == "You have a callback for billing at about 10:06 AM. Reply YES to cancel it."
    assert phone.text("Yes") == ["Your callback has been canceled. Text @callme to start again."]
    assert entries(busy_acme.status(phone.number)) == []


def test_a_time_is_chosen_and_moved(phone: Telephone, busy_acme: Scheduler) -> None:
    phone.text("@callme")
    assert phone.text("billing")[0].endswith("Reply 1 for as soon as possible, 2 to choose a time.")
    assert "Or text a day and a time" in phone.text("2")[0]
    [confirmed] = phone.text("tomorrow 3 pm")
    assert confirmed.startswith("Thank you. Billing will call you: Tue, Mar 3, 3:00 PM EST.")
    callback = standing(busy_acme, phone)
    assert callback["type"] == "scheduled"
    [moved] = phone.text("@time wed noon")
    assert "Wed, Mar 4, 12:00 PM" in moved
    assert standing(busy_acme, phone)["call_request_id"] == callback["call_request_id"]


def test_what_is_taken_meanwhile_is_told(phone: Telephone, busy_acme: Scheduler) -> None:
    for text in ("@callme", "billing", "2", "tomorrow"):
        phone.text(text)
    billing = entries(busy_acme.widgets(timeslots="500"))[0]
    midnight = 1772514000  # of Tuesday, March 3, in New York
    three = midnight + 15 * 3600
    assert three in billing["scheduled_timeslots"]
    others = 0
    while busy_acme.request(billing["id"], f"+120155590{others:02}", appointment_time=three).status_code == 200:
        others += 1
        busy_acme.server.clock.advance(60)
    [again] = phone.text("3 pm")
    assert "not free" in again
    phone.text("1")
    assert standing(busy_acme, phone)["appointment_time"] > midnight


def test_already_has_one(phone: Telephone) -> None:
    for text in ("@callme", "billing", "asap", "@callme", "billing"):
        phone.text(text)
    [told] = phone.text("1")
    assert told == (
        "You already have a callback for billing at about 10:06 AM. Text @cancel to cancel it, @time to move it."
    )


def test_several_are_told_apart(phone: Telephone, busy_acme: Scheduler) -> None:
    for text in ("@callme", "billing", "asap"):
        phone.text(text)
    busy_acme.server.clock.advance(1)
    for text in ("@callme", "sales", "1", "1"):
        phone.text(text)
    assert len(entries(busy_acme.status(phone.number))) == 2
    [asked] = phone.text("@cancel")
    assert "1 for billing" in asked
    assert "2 for sales" in asked
    phone.text("2")
    phone.text("yes")
    assert standing(busy_acme, phone)["call_target_name"] == "Billing"


def test_silence_keeps_the_callback(phone: Telephone, busy_acme: Scheduler) -> None:
    for text in ("@callme", "billing", "2", "tomorrow 3 pm", "@cancel"):
        phone.text(text)
    known = len(phone.received)
    busy_acme.server.pass_time(601)
    assert phone.received[known:] == ["Your callback stays."]
    assert phone.text("yes") != ["Your callback has been canceled. Text @callme to start again."]
    assert standing(busy_acme, phone)["status"] == "pending"


def test_anything_but_yes_keeps_it(phone: Telephone, busy_acme: Scheduler) -> None:
    for text in ("@callme", "billing", "2", "tomorrow 3 pm", "@cancel"):
        phone.text(text)
    assert phone.text("no") == ["Your callback stays."]
    assert standing(busy_acme, phone)["status"] == "pending"


def test_a_restart_in_the_middle(phone: Telephone, busy_acme: Scheduler) -> None:
    phone.text("@callme")
    before = phone.server.app.db.read_now(lambda tx: tx.one("SELECT flow FROM conversations"))
    assert before is not None
    assert "choose" in before["flow"]  # all that is kept of it
    phone.send("billing")
    phone.send("asap")
    busy_acme.server.work()
    assert standing(busy_acme, phone)["call_target_name"] == "Billing"


def test_the_same_text_told_twice_is_answered_once(phone: Telephone, busy_acme: Scheduler) -> None:
    phone.send("@help", sid="SM1")
    phone.send("@help", sid="SM1")
    busy_acme.server.work()
    assert len(phone.received) == 1


@pytest.mark.parametrize("text", ["", " ", "😀", "مرحبا", "x" * 1600, "\u202e@callme", "@callme\n"])
def test_whatever_is_texted_gets_a_sensible_answer(phone: Telephone, text: str) -> None:
    [answer] = phone.text(text)
    assert answer


def test_a_picture(phone: Telephone) -> None:
    [answer] = phone.text("", attachments=1)
    assert answer.startswith("We can only read text.")


def test_stop_at_any_point(phone: Telephone, busy_acme: Scheduler) -> None:
    for text in ("@callme", "billing"):
        phone.text(text)
    assert phone.text("STOP") == ["Acme: you will get no more texts from us. Text START to get them again."]
    for text in ("1", "@callme", "HELP", "stop"):
        assert phone.text(text) == []
    assert entries(busy_acme.status(phone.number)) == []
    [welcome] = phone.text("START")
    assert welcome.startswith("Acme: you will get our texts again.")
    assert phone.text("@callme") != []


def test_in_other_languages(phone: Telephone, busy_acme: Scheduler) -> None:
    assert phone.text("@rueckruf")[0].startswith("Antworten Sie 1 für billing")
    [message] = phone.text("billing")
    assert message.startswith("Wir können Sie in etwa 7 Minuten anrufen.")
    phone.text("so bald wie möglich")
    assert standing(busy_acme, phone)["call_target_name"] == "Billing"


def test_nothing_on_offer(phone: Telephone, busy_acme: Scheduler) -> None:
    def close(tx: Tx) -> None:
        tx.run("UPDATE widgets SET removed_at = 1")

    busy_acme.server.app.db.write_now(close)
    busy_acme.server.app.availability.forget(OrgId(busy_acme.id))
    assert phone.text("@callme")[0].startswith("We cannot take callback requests right now.")


def test_too_many_from_one_number(phone: Telephone) -> None:
    said = []
    for _ in range(4):
        for text in ("@callme", "billing", "2", "tomorrow 3 pm", "@cancel", "yes"):
            said += phone.text(text)
    assert "You have asked for several callbacks in a short time. Please try again later." in said
