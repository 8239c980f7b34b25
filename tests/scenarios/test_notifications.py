"""What customers are told unasked, from the request to the end."""

import re
from pathlib import Path

import pytest
from tests.api.scheduler import Scheduler, entries, only
from tests.fakes.telephone import Telephone, set_up_texts
from tests.running import reconfigure

from ringback import demo
from ringback.kernel.errors import ConfigurationInvalid

REACHED, NEVER_REACHED = "+12015550000", "+12015550001"
"""What the simulated network makes of calls to them."""

DEMO = Path(demo.__file__).with_name("organization.toml")

CONFIRMED = "Acme: we will call you for service any moment now. To see or change it: LINK"
CALLING = "Acme: we are calling you now."


@pytest.fixture
def texting(acme: Scheduler) -> Scheduler:
    set_up_texts(acme.server, acme.id)
    return acme


@pytest.fixture
def busy(busy_acme: Scheduler) -> Scheduler:
    """Somebody who asks for *billing* here waits for some minutes."""
    set_up_texts(busy_acme.server, busy_acme.id)
    return busy_acme


def widget(acme: Scheduler, name: str) -> str:
    return next(str(entry["id"]) for entry in entries(acme.widgets(timeslots="5")) if entry["name"] == name)


def ask(acme: Scheduler, number: str = REACHED, name: str = "service", **wish: object) -> Telephone:
    acme.requested(widget(acme, name), number, **wish)
    acme.server.work()
    return Telephone(acme.server, acme.id, number)


def set_service(acme: Scheduler, what: str) -> None:
    """Apply the demo's file with something else said of the notifications of *service*."""
    table = "[call_targets.service]\n"
    reconfigure(acme.server, DEMO, (table, f"{table}notifications.{what}\n"))


def pass_time(acme: Scheduler, minutes: int) -> None:
    for _ in range(minutes * 2):
        acme.server.pass_time(30)


def told(phone: Telephone) -> list[str]:
    return [re.sub(r"http\S+", "LINK", text) for text in phone.received]


def test_somebody_who_is_reached(texting: Scheduler) -> None:
    phone = ask(texting)
    assert told(phone) == [CONFIRMED]
    pass_time(texting, 30)
    assert told(phone) == [CONFIRMED, CALLING]


def test_somebody_who_is_not(texting: Scheduler) -> None:
    phone = ask(texting, NEVER_REACHED)
    pass_time(texting, 30)
    again = "Acme: we could not reach you. We will try again at about TIME AM EST. To change it: LINK"
    heard = [re.sub(r"about \d+:\d\d", "about TIME", text) for text in told(phone)]
    assert heard == [
        CONFIRMED,
        *(CALLING, again),
        *(CALLING, again),
        *(CALLING, "Acme: we could not reach you and will not call again. Text @callme to ask for another call."),
    ]


def test_a_booked_time_is_confirmed_and_reminded_of(texting: Scheduler) -> None:
    times = entries(texting.widgets(timeslots="12"))[1]["scheduled_timeslots"]
    phone = ask(texting, appointment_time=times[-1])
    [confirmed] = told(phone)
    assert confirmed.startswith("Acme: we will call you for service at ")
    now = texting.server.clock.now() // 10**6
    texting.server.clock.advance(times[-1] - now - 16 * 60)
    texting.server.work()
    assert told(phone) == [confirmed]
    texting.server.pass_time(61)
    assert told(phone)[1].startswith("Acme: we will call you for service at ")


def test_moved_to_another_time(texting: Scheduler) -> None:
    times = entries(texting.widgets(timeslots="12"))[1]["scheduled_timeslots"]
    phone = ask(texting, appointment_time=times[-1])
    assert phone.text("@time")
    phone.text("2")
    phone.text("1")
    assert len(only(texting.status(phone.number))["status"])
    moved = told(phone)
    texting.server.clock.advance(times[-1] - texting.server.clock.now() // 10**6)
    texting.server.work()
    assert told(phone) == moved  # neither reminded of the old time, nor told twice of the new one


def test_cancelled_by_the_contact_centre(busy: Scheduler) -> None:
    phone = ask(busy, name="billing")
    busy.cancel(phone.number)
    busy.server.work()
    assert told(phone)[-1] == "Acme: your callback for billing has been canceled. Text @callme to ask for another."


def test_cancelled_by_text_is_told_once(busy: Scheduler) -> None:
    phone = ask(busy, name="billing")
    phone.text("@cancel")
    assert phone.text("yes") == ["Your callback has been canceled. Text @callme to start again."]


def test_who_was_asked_and_did_not_agree_is_not_texted(texting: Scheduler) -> None:
    phone = ask(texting, opt_ins=[{"use_case": "service", "channel": "sms", "timestamp": None}])
    assert told(phone) == []


def test_who_has_opted_out_is_not_texted(texting: Scheduler) -> None:
    phone = Telephone(texting.server, texting.id, REACHED)
    phone.text("STOP")
    before = told(phone)
    ask(texting)
    pass_time(texting, 30)
    assert told(phone) == before


@pytest.mark.parametrize("number", ["+18005550100", "+12015550000;ext=12"])
def test_a_telephone_that_takes_no_texts(texting: Scheduler, number: str) -> None:
    phone = ask(texting, number)
    pass_time(texting, 5)
    assert told(phone) == []


def test_switched_off_for_one_call_target_and_not_for_the_other(busy: Scheduler) -> None:
    set_service(busy, "confirmation = false")
    phone = ask(busy)
    pass_time(busy, 5)
    assert told(phone) == [CALLING]
    other = ask(busy, "+12015550002", name="billing")
    assert told(other)[0].startswith("Acme: we will call you for billing ")


def test_in_words_of_its_own(texting: Scheduler) -> None:
    text = "Hallo von {{organization_name}}! Wir rufen {{when}} an. Sie sehen: {{number}}."
    set_service(texting, f'texts.de.confirmation = "{text}"')
    phone = ask(texting, locale="de-AT", time_zone="Europe/Vienna")
    assert told(phone) == ["Hallo von Acme! Wir rufen jeden Moment an."]  # no caller id is set
    assert told(ask(texting, "+12015550002", locale="fr"))[0].startswith("Acme : nous vous rappelons")
    assert told(ask(texting, "+12015550003"))[0] == CONFIRMED


def test_an_own_text_of_which_nothing_is_known_gives_way_to_the_shipped_one(texting: Scheduler) -> None:
    set_service(texting, 'texts.en.calling = "It rings: {{number}}"')
    phone = ask(texting)
    pass_time(texting, 5)
    assert told(phone) == [CONFIRMED, CALLING]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("We could not reach you. " * 20, "with long values it takes 4 segments; 3 are allowed"),
        ("Good bye {{customer}}", "is no placeholder of a notification"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_with_words(texting: Scheduler, text: str, problem: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        set_service(texting, f'texts.en.final = "{text}"')
    [found] = refused.value.problems
    assert problem in str(found)


def test_without_a_gateway_nothing_is_kept_for_later(acme: Scheduler) -> None:
    phone = ask(acme)
    set_up_texts(acme.server, acme.id)
    acme.server.work()
    assert told(phone) == []


def test_in_the_language_of_the_request(texting: Scheduler) -> None:
    phone = ask(texting, locale="de", time_zone="Europe/Berlin")
    assert told(phone)[0].startswith("Acme: Wir rufen Sie zu service jeden Moment an.")
