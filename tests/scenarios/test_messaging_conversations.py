"""Conversations, word by word: what they text and what we answer.

A line that begins with ``>`` is the customer's. A number in brackets lets so many minutes pass. Everything else is a
text of ours, whole, though without its line breaks. It is Monday, 3:08 PM in New York, where customers are too.
"""

import re
from dataclasses import replace

import pytest
from tests.fakes.texting import BILLING, SERVICE, Phone, Scheduler, at, quarter_hours, setting, widget

from ringback.messaging.engine import Move, Request


def talk(conversation: str, scheduler: Scheduler | None = None, language: str = "en", **given) -> Phone:
    """Hold a conversation, and hold what comes against what is written."""
    others = tuple(each for each in ("en", "es", "fr", "de") if each != language)
    phone = Phone(scheduler or Scheduler(), setting((language, *others), **given))
    came: list[str] = []
    for line in filter(None, map(str.strip, conversation.splitlines())):
        if line.startswith(">"):
            assert came == [], f"before {line!r} there came also {came}"
            came = phone.text(line[1:].strip())
        elif minutes := re.fullmatch(r"\[(\d+)\]", line):
            assert came == [], f"before {line!r} there came also {came}"
            came = phone.wait(int(minutes[1]) * 60)
        else:
            assert came, f"nothing came where {line!r} should"
            assert came.pop(0) == line
    assert came == []
    return phone


CALL_ME = """
> @callme
Reply 1 for billing, 2 for service.
> billing
We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
"""

DAYS = (
    "Reply 1 for today; 2 for tomorrow; 3 for Wed, Nov 25; 4 for Thu, Nov 26; 5 for Fri, Nov 27."
    " Reply MORE for more days. Or text a day and a time, such as tomorrow 3 PM."
)
TUESDAY = (
    "Tomorrow, EST: reply 1 for 9:00 AM, 2 for 9:15 AM, 3 for 9:30 AM, 4 for 9:45 AM, 5 for 10:00 AM."
    " Reply MORE for more times."
)
HELP_LINE = "Text @callme for a callback, @status to see yours, @help for help."


# The two use cases


@pytest.mark.parametrize("asap", ["1", "asap", "ASAP!", "one", "as soon as possible please", "Now", "1️⃣"])
def test_call_me(asap):
    phone = talk(f"""{CALL_ME}
    > {asap}
    Your callback is confirmed. We will call you in approximately 7 minutes. To see or change it: https://acme.example/m/1
    """)
    assert [each.name for each in phone.scheduler.pending] == ["billing"]
    assert phone.state.idle


@pytest.mark.parametrize(
    "yes",
    [
        "Yes",
        "YES",
        "y",
        "ok",
        "1",
        "sí",
        "Oui",
        "ja",
        "👍",
        "yes please",
        "Yes, cancel it.",
        "please cancel",
        "cancelar",
    ],
)
def test_cancel(yes):
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    phone = talk(
        f"""
        > @cancel
        You have a callback for billing at about 3:15 PM. Reply YES to cancel it.
        > {yes}
        Your callback has been canceled. Text @callme to start again.
        > @cancel
        You have no callback waiting. Text @callme to ask for one.
        """,
        scheduler,
    )
    assert phone.scheduler.pending == []


# @callme


def test_one_queue_is_not_asked_for():
    talk(
        """
        > @callme
        We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
        > 1
        Your callback is confirmed. We will call you in approximately 7 minutes. To see or change it: https://acme.example/m/1
        """,
        Scheduler([BILLING]),
    )


def test_nothing_on_offer():
    closed = [widget("billing", asap=False, slots=())]
    talk(
        """
        > @callme
        We cannot take callback requests right now. Please try again after Tue, Nov 24, 9:00 AM EST.
        """,
        Scheduler(closed, next_open=at(1, 9)),
    )
    talk(
        """
        > @callme
        We cannot take callback requests right now.
        """,
        Scheduler(closed),
    )


def test_only_as_soon_as_possible():
    talk(
        """
        > @callme
        We can call you in approximately 7 minutes. Reply 1 for as soon as possible.
        > yes
        Your callback is confirmed. We will call you in approximately 7 minutes. To see or change it: https://acme.example/m/1
        """,
        Scheduler([widget("billing", slots=())]),
    )


def test_only_at_a_time():
    talk(
        f"""
        > @callme
        We can call you back at a time that you choose. {DAYS}
        > 2
        {TUESDAY}
        > 4
        Your callback is booked. To see or change it: https://acme.example/m/1
        """,
        Scheduler([widget("sales", asap=False)]),
    )


def test_a_time_by_numbers():
    phone = talk(f"""{CALL_ME}
    > 2
    {DAYS}
    > more
    Reply 6 for Sat, Nov 28; 7 for Sun, Nov 29. Or text a day and a time, such as tomorrow 3 PM.
    > 2
    {TUESDAY}
    > MORE
    Tomorrow, EST: reply 6 for 10:15 AM, 7 for 10:30 AM, 8 for 10:45 AM, 9 for 11:00 AM, 10 for 11:15 AM. Reply MORE for more times.
    > 9
    Your callback is booked. To see or change it: https://acme.example/m/1
    """)
    assert phone.scheduler.pending[0].appointment_at == at(1, 11)


@pytest.mark.parametrize(
    ("answer", "day", "hour", "minute"),
    [
        ("tomorrow 3pm", 1, 15, 0),
        ("Tomorrow at 3", 1, 15, 0),
        ("Fri 15:30", 4, 15, 30),
        ("tomorrow noon", 1, 12, 0),
        ("demain 15h", 1, 15, 0),
        ("mañana a las 3", 1, 15, 0),
        ("morgen um 15 Uhr", 1, 15, 0),
        ("Wed, Nov 25, 9:15 AM", 2, 9, 15),
    ],
)
def test_a_time_in_words(answer, day, hour, minute):
    """Where a choice is asked for, and where days are listed."""
    booked = "Your callback is booked. To see or change it: https://acme.example/m/1"
    for conversation in (f"> {answer}\n{booked}", f"> 2\n{DAYS}\n> {answer}\n{booked}"):
        phone = talk(CALL_ME + conversation)
        assert phone.scheduler.pending[0].appointment_at == at(day, hour, minute)


def test_times_that_are_not_clear_or_not_free():
    phone = talk(f"""{CALL_ME}
    > 2
    {DAYS}
    > 3pm
    Sorry, I did not understand that. {DAYS}
    > tomorrow
    {TUESDAY}
    > 8 pm
    Sorry, that time is not free. {TUESDAY}
    > 14:20
    Sorry, that time is not free. Tomorrow, EST: reply 1 for 2:30 PM, 2 for 2:45 PM, 3 for 3:00 PM, 4 for 3:15 PM, 5 for 3:30 PM. Reply MORE for more times.
    > back
    {DAYS}
    > friday afternoon
    Fri, Nov 27, EST: reply 1 for 12:00 PM, 2 for 12:15 PM, 3 for 12:30 PM, 4 for 12:45 PM, 5 for 1:00 PM. Reply MORE for more times.
    > 3
    Your callback is booked. To see or change it: https://acme.example/m/1
    """)
    assert phone.scheduler.pending[0].appointment_at == at(4, 12, 30)


def test_a_day_with_its_only_time_is_asked_for_at_once():
    talk(
        """
        > @callme
        We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
        > 2
        Today, EST: reply 1 for 4:00 PM.
        > 4pm
        Your callback is booked. To see or change it: https://acme.example/m/1
        """,
        Scheduler([widget("billing", slots=(at(0, 16),))]),
    )


def test_as_soon_as_possible_after_all():
    talk(f"""{CALL_ME}
    > a time
    {DAYS}
    > asap
    Your callback is confirmed. We will call you in approximately 7 minutes. To see or change it: https://acme.example/m/1
    """)


def test_the_slot_is_gone_when_it_is_picked():
    scheduler = Scheduler([replace(SERVICE, asap=False)])
    phone = Phone(scheduler)
    phone.text("@callme")
    assert phone.text("2") == [TUESDAY]
    scheduler.take(at(1, 9, 30))
    (answer,) = phone.text("3")
    assert answer == (
        "Sorry, that time is not free. Tomorrow, EST: reply 1 for 9:45 AM, 2 for 10:00 AM, 3 for 10:15 AM, 4 for 10:30 AM,"
        " 5 for 10:45 AM. Reply MORE for more times."
    )
    assert phone.text("1") == ["Your callback is booked. To see or change it: https://acme.example/m/1"]


def test_the_slot_is_taken_by_somebody_faster():
    """It was still free when it was picked, and is not when it is asked for."""
    scheduler = Scheduler([replace(SERVICE, asap=False)], refusals=[Request.SLOT_GONE])
    phone = Phone(scheduler)
    phone.text("@callme")
    phone.text("tomorrow")
    (answer,) = phone.text("2")
    assert answer == (
        "Sorry, that time has just been taken. Tomorrow, EST: reply 1 for 9:15 AM, 2 for 9:30 AM, 3 for 9:45 AM,"
        " 4 for 10:00 AM, 5 for 10:15 AM. Reply MORE for more times."
    )
    assert phone.text("10 am") == ["Your callback is booked. To see or change it: https://acme.example/m/1"]


@pytest.mark.parametrize("reply", ["more", "2", "9:15 am", "what?", "back", "tomorrow"])
def test_the_day_is_sold_out_while_its_times_are_looked_at(reply):
    scheduler = Scheduler()
    phone = Phone(scheduler)
    for text in ("@callme", "1", "2", "2"):
        phone.text(text)
    assert phone.shown[-1] == TUESDAY
    for slot in quarter_hours(1, 9, 17):
        scheduler.take(slot)
    (answer,) = phone.text(reply)
    assert "1 for today; 2 for Wed, Nov 25" in answer


def test_answers_that_are_understood_in_between_are_no_row_of_wrong_ones():
    phone = Phone()
    for text in ("@callme", "1", "2", "?", "?", "more", "?", "?", "wed"):
        phone.text(text)
    assert phone.shown[-1].startswith("Wed, Nov 25, EST: reply 1 for 9:00 AM")


def test_the_last_slot_is_gone():
    scheduler = Scheduler([widget("billing", slots=(at(0, 16),))])
    phone = Phone(scheduler)
    phone.text("@callme")
    phone.text("2")
    scheduler.take(at(0, 16))
    assert phone.text("1") == ["There is no free time left to choose. Text @callme to see what we offer now."]
    assert phone.state.idle


def test_there_is_one_already():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    talk(
        f"""{CALL_ME}
        > 1
        You already have a callback for billing at about 3:15 PM. Text @cancel to cancel it, @time to move it.
        """,
        scheduler,
    )
    scheduler.book("service", at(2, 9), booked=True)
    talk(
        f"""{CALL_ME}
        > 1
        You already have callbacks: billing at about 3:15 PM; service on Wed, Nov 25, 9:00 AM. Text @cancel to cancel one, @time to move one.
        """,
        scheduler,
    )


@pytest.mark.parametrize(
    ("refusal", "answer"),
    [
        (Request.TOO_MANY, "You have asked for several callbacks in a short time. Please try again later."),
        (Request.INVALID, "Sorry, we cannot call this number."),
        (Request.DUPLICATE, "Sorry, that did not work. Please text @callme once more."),  # and it has ended meanwhile
    ],
)
def test_requests_that_are_refused(refusal, answer):
    talk(f"{CALL_ME}\n> 1\n{answer}", Scheduler(refusals=[refusal]))


def test_what_is_offered_has_changed_meanwhile():
    talk(
        f"""{CALL_ME}
        > 1
        Sorry, that is no longer on offer.
        We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
        > no
        All right. Text @callme whenever you like.
        """,
        Scheduler(refusals=[Request.REFUSED]),
    )


def test_queues_by_name_with_a_slip_and_with_words_around_it():
    for name in ("biling", "Billing please", "bill", "for billing!", "BILLING"):
        phone = Phone()
        phone.text("@callme")
        phone.text(name)
        assert phone.state.widget is not None, name
        assert phone.state.widget.name == "billing"


def test_what_stands_behind_the_keyword_answers_the_first_question():
    scheduler = Scheduler()
    talk(
        """
        > @callme billing please
        We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
        > @callme 2
        Reply 1 for billing, 2 for service.
        > @callme please
        Reply 1 for billing, 2 for service.
        """,
        scheduler,
    )
    scheduler.book("billing", at(0, 15, 15))
    talk(
        """
        > @time tomorrow 3pm
        Your callback for billing is now on Tue, Nov 24, 3:00 PM. Text @time to move it again.
        > @cancel yes
        You have a callback for billing on Tue, Nov 24, 3:00 PM. Reply YES to cancel it.
        """,
        scheduler,
    )


def test_many_queues_are_listed_in_parts():
    queues = [widget(f"queue {letter}") for letter in "abcdefg"]
    talk(
        """
        > @callme
        Reply 1 for queue a, 2 for queue b, 3 for queue c, 4 for queue d, 5 for queue e. Reply MORE for more.
        > more
        Reply 6 for queue f, 7 for queue g.
        > 6
        We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
        """,
        Scheduler(queues),
    )


def test_after_the_last_part_of_a_list_comes_the_first():
    queues = [widget(f"queue {letter}") for letter in "abcdef"]
    talk(
        """
        > @callme
        Reply 1 for queue a, 2 for queue b, 3 for queue c, 4 for queue d, 5 for queue e. Reply MORE for more.
        > more
        Reply 6 for queue f.
        > more
        Reply 1 for queue a, 2 for queue b, 3 for queue c, 4 for queue d, 5 for queue e. Reply MORE for more.
        """,
        Scheduler(queues),
    )
    talk(f"""{CALL_ME}
    > 2
    {DAYS}
    > more
    Reply 6 for Sat, Nov 28; 7 for Sun, Nov 29. Or text a day and a time, such as tomorrow 3 PM.
    > more
    {DAYS}
    > today
    Today, EST: reply 1 for 3:30 PM, 2 for 3:45 PM, 3 for 4:00 PM.
    > more
    Today, EST: reply 1 for 3:30 PM, 2 for 3:45 PM, 3 for 4:00 PM.
    """)


def test_a_number_that_is_not_on_the_list_is_an_hour_only_where_it_can_be_no_other():
    phone = talk(f"""{CALL_ME}
    > 2
    {DAYS}
    > 9
    Sorry, I did not understand that. {DAYS}
    > 2
    {TUESDAY}
    > 99
    Sorry, I did not understand that. {TUESDAY}
    > 16
    Your callback is booked. To see or change it: https://acme.example/m/1
    """)
    assert phone.scheduler.pending[0].appointment_at == at(1, 16)


def test_a_day_is_sold_out_before_its_number_comes():
    scheduler = Scheduler()
    phone = Phone(scheduler)
    for text in ("@callme", "1", "2"):
        phone.text(text)
    for slot in quarter_hours(1, 9, 17):
        scheduler.take(slot)
    (answer,) = phone.text("2")
    assert answer.startswith("Sorry, that time is not free. Reply 1 for today; 2 for Wed, Nov 25;")


def test_wrong_replies():
    talk(f"""{CALL_ME}
    > maybe
    Sorry, I did not understand that. We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
    > 7
    Sorry, I did not understand that. We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
    > 🎉
    Sorry, I do not understand. Text @callme to start again, @help for help.
    > 1
    {HELP_LINE}
    """)


# @cancel


@pytest.mark.parametrize(
    "answer", ["no", "No thanks", "what?", "billing", "2", "stop it", "🎉", "", "ok but later", "no, yes"]
)
def test_anything_but_yes_keeps_the_callback(answer):
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    phone = talk(
        f"""
        > @cancel
        You have a callback for billing at about 3:15 PM. Reply YES to cancel it.
        > {answer}
        Your callback stays.
        """,
        scheduler,
    )
    assert len(phone.scheduler.pending) == 1


def test_ten_minutes_of_silence_keep_it_too():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    phone = talk(
        f"""
        > @cancel
        You have a callback for billing at about 3:15 PM. Reply YES to cancel it.
        [9]
        [1]
        Your callback stays.
        [60]
        > yes
        {HELP_LINE}
        """,
        scheduler,
    )
    assert len(phone.scheduler.pending) == 1


def test_several_callbacks():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    scheduler.book("service", at(2, 9), booked=True)
    phone = talk(
        """
        > @cancel
        Which callback do you want to cancel? Reply 1 for billing at about 3:15 PM; 2 for service on Wed, Nov 25, 9:00 AM.
        > service
        You have a callback for service on Wed, Nov 25, 9:00 AM. Reply YES to cancel it.
        > yes
        Your callback has been canceled. Text @callme to start again.
        """,
        scheduler,
    )
    assert [each.name for each in phone.scheduler.pending] == ["billing"]


def test_several_callbacks_and_silence():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    scheduler.book("billing", at(1, 9), booked=True)
    talk(
        """
        > @cancel
        Which callback do you want to cancel? Reply 1 for billing at about 3:15 PM; 2 for billing on Tue, Nov 24, 9:00 AM.
        > billing
        Sorry, I did not understand that. Which callback do you want to cancel? Reply 1 for billing at about 3:15 PM; 2 for billing on Tue, Nov 24, 9:00 AM.
        [10]
        Your callbacks stay.
        """,
        scheduler,
    )


def test_it_is_too_late_to_cancel():
    scheduler = Scheduler(too_late=True)
    scheduler.book("billing", at(0, 15, 9), cancelable=False)
    talk(
        """
        > @cancel
        You have a callback for billing any moment now. Reply YES to cancel it.
        > yes
        It is too late to cancel: we are calling you now.
        """,
        scheduler,
    )


def test_it_has_ended_before_the_answer():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    phone = Phone(scheduler)
    phone.text("@cancel")
    scheduler.pending.clear()
    assert phone.text("yes") == ["This callback is not waiting any more. Text @callme to ask for another."]


# @status, @time, @help


def test_status():
    scheduler = Scheduler()
    talk("> @status\nYou have no callback waiting. Text @callme to ask for one.", scheduler)
    scheduler.book("billing", at(0, 16), booked=True)
    talk(
        "> @status\nYou have a callback for billing at 4:00 PM. Text @time to move it, @cancel to cancel it.",
        scheduler,
    )
    scheduler.book("service", at(0, 15, 20))
    talk(
        "> status\nYou have callbacks: billing at 4:00 PM; service at about 3:20 PM. Text @time to move one, @cancel to cancel one.",
        scheduler,
    )


def test_a_customer_elsewhere_is_told_the_zone():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    talk(
        """
        > @cancel
        You have a callback for billing at about 3:15 PM EST. Reply YES to cancel it.
        """,
        scheduler,
        understood=False,
    )


def test_move_it():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    talk(
        f"""
        > @time
        You have a callback for billing at about 3:15 PM. {DAYS}
        > fri 15:30
        Your callback for billing is now on Fri, Nov 27, 3:30 PM. Text @time to move it again.
        > @time
        You have a callback for billing on Fri, Nov 27, 3:30 PM. {DAYS}
        > 2
        {TUESDAY}
        > 9:15 AM
        Your callback for billing is now on Tue, Nov 24, 9:15 AM. Text @time to move it again.
        """,
        scheduler,
    )


def test_move_one_of_several():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    scheduler.book("service", at(1, 9), booked=True)
    talk(
        f"""
        > @time
        Which callback do you want to move? Reply 1 for billing at about 3:15 PM; 2 for service on Tue, Nov 24, 9:00 AM.
        > 2
        {DAYS}
        > tomorrow
        {TUESDAY.replace("1 for 9:00 AM, 2 for 9:15 AM, 3 for 9:30 AM, 4 for 9:45 AM, 5 for 10:00 AM", "1 for 9:15 AM, 2 for 9:30 AM, 3 for 9:45 AM, 4 for 10:00 AM, 5 for 10:15 AM")}
        > 3
        Your callback has been moved. You have: billing at about 3:15 PM; service on Tue, Nov 24, 9:45 AM.
        """,
        scheduler,
    )


@pytest.mark.parametrize(
    ("move", "answer"),
    [
        (Move.TOO_LATE, "It is too late to move it: we are calling you now."),
        (Move.NOT_FOUND, "This callback is not waiting any more. Text @callme to ask for another."),
        (Move.REFUSED, "There is no other time free right now. Your callback stays as it is."),
    ],
)
def test_a_move_that_fails(move, answer):
    scheduler = Scheduler(moves=[move])
    scheduler.book("billing", at(0, 15, 15))
    phone = Phone(scheduler)
    phone.text("@time")
    assert phone.text("tomorrow 3pm") == [answer]


def test_nothing_to_move_to():
    scheduler = Scheduler([widget("billing", slots=())])
    scheduler.book("billing", at(0, 15, 15))
    talk(
        """
        > @time
        You have a callback for billing at about 3:15 PM. There is no other time free right now. Your callback stays as it is.
        """,
        scheduler,
    )


def test_help():
    talk("""
    > @help
    Acme: text @callme for a callback, @status to see it, @time to move it, @cancel to cancel it. STOP to get no more texts.
    > HELP
    Acme callbacks: text @callme to ask for one, @status to see it, @time to move it, @cancel to cancel it. Msg and data rates may apply. STOP to get no more texts.
    """)


def test_help_in_the_middle_is_told_beside_the_conversation():
    talk(f"""{CALL_ME}
    > info
    Acme callbacks: text @callme to ask for one, @status to see it, @time to move it, @cancel to cancel it. Msg and data rates may apply. STOP to get no more texts.
    > 1
    Your callback is confirmed. We will call you in approximately 7 minutes. To see or change it: https://acme.example/m/1
    """)


# What is no answer


def test_a_keyword_starts_afresh_from_any_point():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    talk(
        f"""{CALL_ME}
        > @cancel
        You have a callback for billing at about 3:15 PM. Reply YES to cancel it.
        > @CallMe
        Reply 1 for billing, 2 for service.
        > 2
        We can call you in approximately 7 minutes. Reply 1 for as soon as possible, 2 to choose a time.
        > 2
        {DAYS}
        > @status please
        You have a callback for billing at about 3:15 PM. Text @time to move it, @cancel to cancel it.
        """,
        scheduler,
    )


def test_unknown_texts_are_answered_once_in_ten_minutes():
    talk(f"""
    > hello?
    {HELP_LINE}
    > anybody there?
    [9]
    > hello
    [1]
    > hello
    {HELP_LINE}
    """)


def test_a_keyword_without_its_at_sign_where_nothing_is_asked():
    talk(
        "> call me\nReply 1 for billing, 2 for service.\n> Call me!\nSorry, I did not understand that. Reply 1 for billing, 2 for service."
    )


@pytest.mark.parametrize(
    "text",
    ["", "   ", "😀", "שלום, אפשר להתקשר אליי?", "مرحبا", "a" * 1600, "\x00\ud83d\u202e", "@", "@@@", "@nothing"],
)
def test_whatever_comes_gets_a_sensible_answer(text):
    assert Phone().text(text) == [HELP_LINE]


def test_pictures():
    phone = Phone()
    assert phone.text("", media=2) == ["We can only read text. Text @callme for a callback, @help for help."]
    assert phone.text("@callme", media=1) == ["Reply 1 for billing, 2 for service."]
    assert phone.text("", media=1) == ["Sorry, I did not understand that. Reply 1 for billing, 2 for service."]


def test_silence_ends_a_conversation_quietly():
    talk(f"""{CALL_ME}
    [10]
    > 1
    {HELP_LINE}
    """)


# STOP


@pytest.mark.parametrize("stop", ["STOP", "cancel", "Unsubscribe.", "END", "quit", "ARRÊT", "alto", "stopp"])
@pytest.mark.parametrize("before", ["> @callme\nReply 1 for billing, 2 for service.", CALL_ME, ""])
def test_stop_at_any_point(stop, before):
    phone = talk(f"""{before}
    > {stop}
    Acme: you will get no more texts from us. Text START to get them again.
    > {stop}
    > @callme
    > HELP
    > 1
    > yes
    [60]
    > hello
    > start
    Acme: you will get our texts again. Text @callme for a callback, HELP for help, STOP to stop.
    > @callme
    Reply 1 for billing, 2 for service.
    """)
    assert phone.scheduler.pending == []


def test_a_bare_cancel_opts_out_and_cancels_nothing():
    scheduler = Scheduler()
    scheduler.book("billing", at(0, 15, 15))
    phone = talk(
        """
        > @cancel
        You have a callback for billing at about 3:15 PM. Reply YES to cancel it.
        > CANCEL
        Acme: you will get no more texts from us. Text START to get them again.
        [10]
        """,
        scheduler,
    )
    assert phone.opted_out
    assert len(phone.scheduler.pending) == 1


def test_start_where_nobody_had_stopped():
    assert Phone().text("START")[0].startswith("Acme callbacks: text @callme")


# Other languages


def test_in_spanish():
    talk(
        """
        > @callme
        Responda 1 para billing, 2 para service.
        > facturas
        Lo sentimos, no le entendemos. Responda 1 para billing, 2 para service.
        > dos
        Podemos llamarle en aproximadamente 7 minutos. Responda 1 para cuanto antes, 2 para elegir la hora.
        > lo más pronto posible
        Su llamada queda confirmada. Le llamaremos en aproximadamente 7 minutos. Para verla o cambiarla: https://acme.example/m/1
        > @cancelar
        Tiene una llamada de service sobre las 15:15. Responda SI para cancelarla.
        > Sí
        Su llamada queda cancelada. Escriba @llamame para empezar de nuevo.
        > hola
        Escriba @llamame para una llamada, @estado para ver la suya, @ayuda para ayuda.
        > ALTO
        Acme: ya no le mandaremos mensajes. Escriba START para recibirlos de nuevo.
        """,
        language="es",
    )


def test_in_french():
    talk(
        """
        > @callme
        Répondez 1 pour billing, 2 pour service.
        > billing
        Nous pouvons vous appeler dans environ 7 minutes. Répondez 1 pour dès que possible, 2 pour choisir une heure.
        > 2
        Répondez 1 pour aujourd'hui, 2 pour demain, 3 pour mer. 25 nov., 4 pour jeu. 26 nov., 5 pour ven. 27 nov. Répondez PLUS pour d'autres jours. Ou envoyez un jour et une heure, par exemple demain 15h.
        > ven. 27 nov.
        Ven. 27 nov., EST : répondez 1 pour 09:00, 2 pour 09:15, 3 pour 09:30, 4 pour 09:45, 5 pour 10:00. Répondez PLUS pour d'autres heures.
        > 15h30
        Your callback is booked. Pour le voir ou le modifier : https://acme.example/m/1
        > @annuler
        Vous avez un rappel pour billing le ven. 27 nov., 15:30. Répondez OUI pour l'annuler.
        > non
        Votre rappel reste prévu.
        """,
        language="fr",
    )


def test_in_german():
    talk(
        """
        > @rückruf
        Antworten Sie 1 für billing, 2 für service.
        > zwei
        Wir können Sie in etwa 7 Minuten anrufen. Antworten Sie 1 für so bald wie möglich, 2 für eine Zeit Ihrer Wahl.
        > so bald wie möglich
        Ihr Rückruf ist bestätigt. Wir rufen Sie in etwa 7 Minuten an. Ansehen oder ändern: https://acme.example/m/1
        > @status
        Sie haben einen Rückruf für service gegen 15:15 Uhr. Senden Sie @zeit, um ihn zu verschieben, @absagen, um ihn abzusagen.
        > @zeit
        Sie haben einen Rückruf für service gegen 15:15 Uhr. Antworten Sie 1 für heute; 2 für morgen; 3 für Mi., 25. Nov.; 4 für Do., 26. Nov.; 5 für Fr., 27. Nov. Mit MEHR sehen Sie weitere Tage. Oder senden Sie Tag und Uhrzeit, etwa morgen 15 Uhr.
        > morgen um halb vier
        Ihr Rückruf für service kommt jetzt am Di., 24. Nov., 15:30. Senden Sie @zeit, um ihn noch einmal zu verschieben.
        """,
        language="de",
    )


def test_a_keyword_chooses_the_language_and_it_stays_chosen():
    talk("""
    > hello
    Text @callme for a callback, @status to see yours, @help for help.
    > @llamame
    Responda 1 para billing, 2 para service.
    > @status
    No tiene ninguna llamada pendiente. Escriba @llamame para pedir una.
    """)


def test_a_language_that_the_organization_does_not_speak_is_not_chosen():
    phone = Phone(setting=setting(("en", "fr")))
    assert phone.text("@llamame") == ["Reply 1 for billing, 2 for service."]
