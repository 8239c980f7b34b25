"""The conversation engine: what its doors promise, whatever comes through them."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.texting import BILLING, NEW_YORK, NOW, SERVICE, Phone, Scheduler, at, quarter_hours, setting, widget

from ringback.kernel.clock import Instant, after
from ringback.kernel.tenancy import CallbackId, WidgetId
from ringback.messaging.default_flows import default_automations
from ringback.messaging.engine import (
    Ask,
    Cancel,
    CancelAnswer,
    Failed,
    Inbound,
    Move,
    MoveAnswer,
    OfferAnswer,
    Offered,
    OffersAnswer,
    OptIn,
    OptOut,
    PendingAnswer,
    PendingCallback,
    Request,
    RequestAnswer,
    Send,
    Setting,
    State,
    StateUnreadable,
    Turned,
    from_document,
    on_answer,
    on_text,
    on_time,
    to_document,
)
from ringback.messaging.engine.model import Named
from ringback.messaging.engine.turn import ANSWER_SECONDS
from ringback.messaging.flow import Automations, Service
from ringback.messaging.words import CarrierWord
from ringback.texts import fits, size

ACME = setting()


def begun(text="@callme"):
    """A conversation that waits for the first service."""
    return on_text(ACME, State(), Inbound(text), NOW)


# Services


def test_a_keyword_asks_a_service_and_says_nothing_yet():
    turned = begun()
    assert turned.effects == (Ask(1, Service.OFFERS, "en"),)
    assert turned.state.asking == turned.effects[0]
    assert turned.state.wake_at == after(NOW, ANSWER_SECONDS)


def test_an_answer_that_nobody_waits_for_changes_nothing():
    state = begun().state
    answer = OffersAnswer((BILLING, SERVICE))
    assert on_answer(ACME, state, 2, answer, NOW) == Turned(state)
    heard = on_answer(ACME, state, 1, answer, NOW)
    assert [type(effect) for effect in heard.effects] == [Send]
    assert on_answer(ACME, heard.state, 1, answer, NOW) == Turned(heard.state)
    assert on_answer(ACME, State(), 1, answer, NOW) == Turned(State())


def test_a_service_that_fails_or_does_not_answer():
    sorry = (Send("Sorry, something went wrong. Please try again later."),)
    state = begun().state
    assert on_answer(ACME, state, 1, Failed(), NOW).effects == sorry
    assert on_time(ACME, state, after(NOW, ANSWER_SECONDS - 1)) == Turned(state)
    late = on_time(ACME, state, after(NOW, ANSWER_SECONDS))
    assert late.effects == sorry
    assert late.state.idle


def test_an_answer_of_another_kind_is_a_failure():
    assert on_answer(ACME, begun().state, 1, MoveAnswer(Move.MOVED), NOW).state.idle


def test_what_is_texted_while_a_service_is_asked_changes_nothing_but_keywords_do():
    state = begun().state
    assert on_text(ACME, state, Inbound("billing"), NOW).effects == ()
    assert on_text(ACME, state, Inbound("billing"), NOW).state == state
    afresh = on_text(ACME, state, Inbound("@cancel"), NOW)
    assert afresh.effects == (Ask(2, Service.CALLBACKS, "en"),)
    assert on_answer(ACME, afresh.state, 1, OffersAnswer((BILLING,)), NOW) == Turned(afresh.state)
    stopped = on_text(ACME, state, Inbound("STOP"), NOW)
    assert on_answer(ACME, stopped.state, 1, OffersAnswer((BILLING,)), NOW) == Turned(stopped.state)


def test_what_is_asked_for_is_what_was_chosen():
    phone = Phone()
    for text in ("@callme", "2", "2", "tomorrow 3pm"):
        phone.text(text)
    request = phone.scheduler.asked[-1]
    assert (request.service, request.widget_id, request.time) == (Service.REQUEST, SERVICE.id, at(1, 15))
    for text in ("@callme", "1", "1"):
        phone.text(text)
    request = phone.scheduler.asked[-1]
    assert (request.service, request.widget_id, request.time) == (Service.REQUEST, BILLING.id, None)
    for text in ("@time", "2", "wed 9am"):
        phone.text(text)
    move = next(ask for ask in reversed(phone.scheduler.asked) if ask.service is Service.MOVE)
    assert (move.callback_id, move.time) == (CallbackId("c2"), at(2, 9))
    numbers = [ask.number for ask in phone.scheduler.asked]
    assert numbers == sorted(set(numbers))


def test_messages_are_asked_for_in_the_customers_language():
    phone = Phone()
    phone.text("@rappel")
    phone.text("1")
    assert {ask.locale for ask in phone.scheduler.asked} == {"fr"}


# Gateways that answer for themselves


def test_what_the_gateway_has_answered_is_not_answered_again():
    phone = Phone()
    assert phone.text("Stop texting me", handled=CarrierWord.STOP) == []
    assert phone.opted_out
    assert phone.text("yes", handled=CarrierWord.START) == []
    assert not phone.opted_out
    assert phone.text("help me", handled=CarrierWord.HELP) == []
    assert phone.text("@callme") == ["Reply 1 for billing, 2 for service."]


def test_the_one_confirmation_is_marked():
    out = on_text(ACME, State(), Inbound("STOP"), NOW)
    assert [type(effect) for effect in out.effects] == [OptOut, Send]
    assert [effect.last for effect in out.effects if isinstance(effect, Send)] == [True]
    back = on_text(ACME, out.state, Inbound("unstop"), NOW)
    assert [type(effect) for effect in back.effects] == [OptIn, Send]


# Texts that do not fit


def test_long_and_foreign_names_fit():
    long = widget("Отдел по работе с очень важными клиентами и их счетами " * 2)
    phone = Phone(Scheduler([long, *(replace(long, id=WidgetId(str(n)), name=f"{n} {long.name}") for n in range(9))]))
    phone.setting = replace(ACME, organization_name="Общество с ограниченной ответственностью " * 4)
    first = phone.text("@callme")
    assert "1 for Отдел" in first[0]
    assert "MORE" in first[0]
    for text in ("more", "more", "3", "2", "2", "1", "@status", "HELP", "STOP"):
        phone.text(text)
    assert len(phone.scheduler.pending) == 1


def test_a_link_stands_in_a_line_of_its_own():
    state = replace(begun().state, step="request", widget=Named(BILLING.id, BILLING.name))
    answer = RequestAnswer(Request.REQUESTED, "Booked.", "https://acme.example/m/1")
    (sent,) = on_answer(ACME, state, 1, answer, NOW).effects
    assert sent == Send("Booked.\nTo see or change it: https://acme.example/m/1")
    told = replace(answer, message="Booked: https://acme.example/m/1")
    assert on_answer(ACME, state, 1, told, NOW).effects == (Send("Booked: https://acme.example/m/1"),)


def test_texts_of_one_turn_are_one_message_where_they_fit():
    phone = Phone()
    phone.text("@callme")
    phone.text("1")
    assert len(phone.text("?")) == 1
    phone.scheduler.widgets = [replace(BILLING, name="x" * 120), SERVICE]
    answers = phone.text("@callme")
    assert len(answers) == 1


# Machines that talk to each other


def test_nobody_is_talked_to_for_ever():
    phone = Phone()
    for text in ("@callme", "1", "2"):
        phone.text(text)
    answers = [phone.text("tomorrow 11 pm") for _ in range(60)]
    said = [answer for answer in answers if answer]
    assert len(said) < 45
    assert phone.state.idle


# Flows that are edited while they go on


def without(flow, *steps):
    """The shipped automations, in which a flow has become much shorter."""
    document = default_automations().model_dump(mode="json")
    document["flows"][flow] |= {"start": "declined", "steps": {"declined": {"kind": "say", "text": "declined"}}}
    return replace(ACME, automations=Automations.model_validate(document))


def test_a_step_that_has_been_edited_away():
    phone = Phone()
    phone.text("@callme")
    phone.setting = without("callme")
    assert phone.text("1") == ["Text @callme for a callback, @status to see yours, @help for help."]
    assert phone.state.idle
    assert phone.text("@callme") == ["All right. Text @callme whenever you like."]


def test_a_step_that_has_been_edited_away_during_silence_or_a_question():
    shorter = without("callme")
    state = begun().state
    assert on_answer(shorter, state, 1, OffersAnswer((BILLING,)), NOW) == Turned(State(asked=1))
    waiting = on_answer(ACME, state, 1, OffersAnswer((BILLING, SERVICE)), NOW).state
    assert on_time(shorter, waiting, after(NOW, 3600)) == Turned(State(asked=1))


# The state as a document


def test_the_state_is_small_where_nothing_goes_on():
    assert json.loads(to_document(State())) == {"version": 1}
    assert json.loads(to_document(State(opted_out=True))) == {"version": 1, "opted_out": True}


@pytest.mark.parametrize(
    "document",
    ["", "{}", "[]", "null", "7", '{"version":2}', '{"version":1,"asked":"many"}', '{"version":1', "\x00"],
)  # fmt: skip
def test_a_state_that_cannot_be_read(document):
    with pytest.raises(StateUnreadable):
        from_document(document)


# Whatever happens

ANYBODYS_WORDS = st.sampled_from(
    (
        *[
            "@callme",
            "@cancel",
            "@status",
            "@time",
            "@help",
            "@llamame",
            "@rappel",
            "@rueckruf",
            "@absagen",
            "callme",
            "cancel",
            "stop",
            "STOP",
            "start",
            "unstop",
            "yes",
            "no",
            "y",
            "n",
            "ok",
            "1",
            "2",
            "3",
            "4",
            "5",
            "6",
            "7",
            "8",
            "9",
            "10",
            "0",
            "more",
            "MORE",
            "back",
            "billing",
            "service",
            "biling",
            "asap",
            "help",
            "info",
            "tomorrow",
            "friday",
            "noon",
            "3pm",
            "15:30",
            "wed",
        ],
        *("tomorrow 3pm", "mañana a las 3", "morgen um 15 Uhr", "demain 15h", "a time", ""),
        *("😀", "שלום", "x" * 1600, "\x00\ud800"),
    )
)
TEXTS = st.one_of(ANYBODYS_WORDS, ANYBODYS_WORDS, st.text(st.characters(), max_size=50))
INBOUND = st.builds(
    Inbound, TEXTS, st.integers(0, 2), st.one_of(st.none(), st.none(), st.none(), st.sampled_from(CarrierWord))
)
NAMES = st.one_of(st.sampled_from(["billing", "service", "", "Рога и копыта", "a, b", "😀"]), st.text(max_size=150))
MOMENTS = st.integers(0, 30 * 96).map(lambda quarter: Instant(after(NOW, quarter * 900)))
WIDGET_IDS = st.sampled_from([WidgetId("w1"), WidgetId("w2")])
FEW_MOMENTS = st.sampled_from([at(day, hour) for day in range(1, 4) for hour in (9, 12, 15)])
"""Few, so that what is on offer comes and goes while a time is picked."""
SLOTS = st.lists(st.one_of(FEW_MOMENTS, FEW_MOMENTS, MOMENTS), max_size=8, unique=True).map(
    lambda slots: tuple(sorted(slots))
)
BEGINNINGS = st.sampled_from(
    [
        (),
        (),
        ("@callme", "1", "2"),
        ("@callme", "1", "2", "2"),
        ("@callme", "1", "tomorrow"),
        ("@cancel",),
        ("@time", "1", "1"),
    ]
)
OFFERED = st.builds(Offered, WIDGET_IDS, NAMES, st.text(max_size=1000), st.booleans(), st.booleans(), SLOTS)
PENDING = st.builds(
    PendingCallback, st.sampled_from([CallbackId("c1"), CallbackId("c2")]), NAMES, WIDGET_IDS, MOMENTS,
    st.one_of(st.none(), MOMENTS), st.booleans(),
)  # fmt: skip
MAYBE_MOMENT = st.one_of(st.none(), MOMENTS)
ANSWERS = {
    Service.OFFERS: st.builds(OffersAnswer, st.lists(OFFERED, max_size=12).map(tuple), MAYBE_MOMENT),
    Service.OFFER: st.builds(OfferAnswer, st.one_of(st.none(), OFFERED), MAYBE_MOMENT),
    Service.REQUEST: st.builds(
        RequestAnswer, st.sampled_from(Request), st.text(max_size=1000), st.just("https://x.example/m/1"), MAYBE_MOMENT
    ),
    Service.CALLBACKS: st.builds(PendingAnswer, st.lists(PENDING, max_size=8).map(tuple)),
    Service.CANCEL: st.builds(CancelAnswer, st.sampled_from(Cancel)),
    Service.MOVE: st.builds(MoveAnswer, st.sampled_from(Move)),
}
SETTINGS = st.builds(
    Setting,
    st.just(default_automations()),
    NAMES,
    st.sampled_from([("en",), ("es", "en"), ("fr",), ("de", "fr"), ("pt-BR",), ("en-GB", "es")]),
    st.just(NEW_YORK),
    st.booleans(),
)


@settings(max_examples=300)
@given(st.data(), SETTINGS, st.integers(1, 16))
def test_whatever_happens(data, where, turns):
    """Nothing raises; an opted-out number hears nothing; no text is too long; and it always ends."""
    state, now, opted_out = State(), NOW, False
    script = [Inbound(text) for text in data.draw(BEGINNINGS)]

    def carry_out(turned):
        nonlocal opted_out
        for effect in turned.effects:
            match effect:
                case OptOut():
                    opted_out = True
                case OptIn():
                    opted_out = False
                case Send():
                    assert effect.last or not opted_out
                    assert effect.text
                    assert fits(effect.text), size(effect.text)
                case Ask():
                    assert turned.state.asking == effect
        assert [effect for effect in turned.effects if isinstance(effect, Send)] == list(
            {effect.text: effect for effect in turned.effects if isinstance(effect, Send)}.values()
        )
        assert turned.state.opted_out == opted_out
        assert turned.state.idle == (turned.state.wake_at is None)
        assert from_document(to_document(turned.state)) == turned.state
        return turned.state

    for _ in range(turns):
        now = after(now, data.draw(st.sampled_from([0, 1, 30, 61, 599, 601])))
        if state.wake_at is not None and now >= state.wake_at:
            state = carry_out(on_time(where, state, now))
        if state.asking is not None and data.draw(st.integers(0, 9)):
            kind = state.asking.service if data.draw(st.integers(0, 9)) else data.draw(st.sampled_from(Service))
            answer = data.draw(ANSWERS[kind]) if data.draw(st.integers(0, 19)) else Failed()
            state = carry_out(on_answer(where, state, state.asking.number, answer, now))
        else:
            inbound = script.pop(0) if script else data.draw(INBOUND)
            state = carry_out(on_text(where, state, inbound, now))
    for _ in range(3):
        if state.wake_at is not None:
            assert state.wake_at <= after(now, 600)
            now = state.wake_at
            state = carry_out(on_time(where, state, now))
    assert state.idle


@settings(max_examples=200)
@given(st.lists(st.one_of(TEXTS, st.sampled_from([5, 300, 601])), max_size=20), st.booleans(), st.booleans())
def test_whatever_is_said_to_a_scheduler_that_works(conversation, asap, booked):
    """The same with services that remember: what is asked for is on offer, and one is not asked for twice."""
    slots = (*quarter_hours(0, 16, 18), *quarter_hours(1, 9, 17), *quarter_hours(4, 9, 12))
    scheduler = Scheduler([replace(BILLING, asap=asap, slots=slots, scheduled=booked), SERVICE])
    phone = Phone(scheduler)
    for said in conversation:
        if isinstance(said, int):
            phone.wait(said)
        else:
            phone.text(said)
    for ask in scheduler.asked:
        if ask.service in {Service.REQUEST, Service.MOVE} and ask.time is not None:
            offered = next(each for each in scheduler.widgets if each.id == ask.widget_id)
            assert ask.time in offered.slots
    assert len({each.name for each in scheduler.pending}) == len(scheduler.pending)
    phone.wait(timedelta(minutes=25).total_seconds())
    assert phone.state.idle
