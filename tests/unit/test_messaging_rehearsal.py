"""Trying a conversation out."""

from dataclasses import replace

from tests.fakes.texting import BILLING, NOW, SERVICE, at, setting

from ringback.messaging.rehearsal import Scene, rehearse
from ringback.texts import size

OPEN = Scene((replace(BILLING, message="We can call you in approximately 7 minutes."), SERVICE))


def held(*said, scene=OPEN, where=None):
    """What is answered to the last of it."""
    exchanges = rehearse(where or setting(), scene, said, NOW)
    assert [exchange.said for exchange in exchanges] == list(said)
    for exchange in exchanges:
        assert all(told.size == size(told.text) for told in exchange.answers)
    return [told.text for told in exchanges[-1].answers]


def test_the_two_use_cases():
    assert held("@callme") == ["Reply 1 for billing, 2 for service."]
    assert held("@callme", "billing") == [
        "We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time."
    ]
    (confirmed,) = held("@callme", "billing", "asap")
    assert confirmed.startswith("Your callback is confirmed. We will call you in approximately 7 minutes.\n")
    said = ("@callme", "billing", "asap", "@cancel")
    assert held(*said) == ["You have a callback for billing at about 3:15 PM. Reply YES to cancel it."]
    assert held(*said, "Yes") == ["Your callback has been canceled. Text @callme to start again."]
    assert held(*said, "Yes", "@status") == ["You have no callback waiting. Text @callme to ask for one."]
    assert held(*said, None) == ["Your callback stays."]
    assert held(*said, None, None) == []


def test_a_time_is_booked_and_moved():
    said = ("@callme", "service", "wed 9:15 am")
    assert held(*said)[0].startswith("Your callback is booked for Wed, Nov 25, 9:15 AM EST.")
    assert held(*said, "@time fri noon") == [
        "Your callback for service is now on Fri, Nov 27, 12:00 PM. Text @time to move it again."
    ]
    (already,) = held(*said, "@callme", "2", "1")
    assert already.startswith("You already have a callback for service on Wed, Nov 25, 9:15 AM.")


def test_in_another_language():
    (confirmed,) = held("@rappel", "1", "1", where=setting(("fr",)))
    assert confirmed.startswith("Votre rappel est confirmé.")


def test_nothing_on_offer():
    assert held("@callme", scene=Scene(next_open=at(1, 9))) == [
        "We cannot take callback requests right now. Please try again after Tue, Nov 24, 9:00 AM EST."
    ]


def test_it_is_the_same_every_time():
    said = ("@callme", "billing", "2", "more", "tomorrow", "3", "@cancel", None, "stop", "start")
    assert rehearse(setting(), OPEN, said, NOW) == rehearse(setting(), OPEN, said, NOW)
