"""What Twilio tells by webhook, read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.messaging.gateways.port import (
    Delivery,
    DeliveryState,
    Inbound,
    Reason,
    Webhook,
    WebhookRefused,
    WebhookUnreadable,
    later,
)
from ringback.messaging.gateways.twilio.signature import sign
from ringback.messaging.gateways.twilio.webhooks import TwilioWebhooks

SECRET = "12345678901234567890123456789012"
URL = "https://ringback.example/v1/texts/twilio/acme"
READER = TwilioWebhooks(SECRET)


def webhook(**fields: str) -> Webhook:
    """Signed as Twilio signs."""
    pairs = tuple(fields.items())
    return Webhook(URL, {"x-twilio-signature": sign(URL, pairs, secret=SECRET)}, pairs)


TEXT = {"MessageSid": "SM1", "From": "+12125550100", "To": "+12125550199", "Body": "@callme", "NumMedia": "0"}


def test_a_text():
    assert READER.inbound(webhook(**TEXT)) == Inbound("SM1", "+12125550100", "+12125550199", "@callme")


def test_a_picture_without_words():
    text = READER.inbound(webhook(**{**TEXT, "Body": "", "NumMedia": "2"}))
    assert (text.body, text.attachments) == ("", 2)


def test_twilio_has_answered_an_opt_out_word():
    assert READER.inbound(webhook(**TEXT, OptOutType="STOP")).answered == "stop"
    assert READER.inbound(webhook(**TEXT, OptOutType="OTHER")).answered == ""


@pytest.mark.parametrize("count", ["", "many", "-1", "²", "99999"])
def test_a_count_of_pictures_that_is_none(count):
    assert READER.inbound(webhook(**{**TEXT, "NumMedia": count})).attachments == 0


def test_a_text_without_an_id():
    with pytest.raises(WebhookUnreadable):
        READER.inbound(webhook(**{**TEXT, "MessageSid": " "}))


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("accepted", DeliveryState.QUEUED),
        ("queued", DeliveryState.QUEUED),
        ("sending", DeliveryState.QUEUED),
        ("sent", DeliveryState.SENT),
        ("Delivered", DeliveryState.DELIVERED),
        ("read", DeliveryState.READ),
    ],
)
def test_how_far_a_text_has_come(told, state):
    assert READER.delivery(webhook(MessageSid="SM1", MessageStatus=told)) == Delivery("SM1", state)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("30003", Reason.UNREACHABLE_PHONE),
        ("30005", Reason.BAD_NUMBER),
        ("30007", Reason.TEXT_REFUSED),
        ("21610", Reason.OPTED_OUT),
        ("99999", Reason.UNKNOWN),
        ("", Reason.UNKNOWN),
    ],
)
def test_why_it_was_not_delivered(code, reason):
    told = READER.delivery(webhook(SmsSid="SM1", SmsStatus="undelivered", ErrorCode=code))
    assert told == Delivery("SM1", DeliveryState.UNDELIVERED, reason, code)


@pytest.mark.parametrize("told", ["", "receiving", "lost"])
def test_a_status_that_is_none(told):
    with pytest.raises(WebhookUnreadable):
        READER.delivery(webhook(MessageSid="SM1", MessageStatus=told))


@given(
    st.dictionaries(st.sampled_from([*TEXT, "MessageStatus", "ErrorCode", "OptOutType"]), st.text(max_size=20)),
    st.sampled_from(["inbound", "delivery"]),
)
def test_whatever_is_sent_ends_in_a_value_or_an_error_of_ours(fields, what):
    unsigned = Webhook(URL, {}, tuple(fields.items()))
    with pytest.raises(WebhookRefused):
        getattr(READER, what)(unsigned)
    try:
        told = getattr(READER, what)(webhook(**fields))
    except WebhookUnreadable:
        return
    assert told.provider_id


@given(st.permutations([DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED]))
def test_reports_in_any_order_end_the_same(states):
    known = DeliveryState.QUEUED
    for state in states:
        known = later(known, state)
    assert known is DeliveryState.DELIVERED


@given(st.sampled_from(DeliveryState), st.sampled_from(DeliveryState))
def test_a_state_never_goes_back(known, told):
    assert later(known, later(known, told)) is later(known, told)
    assert later(later(known, told), DeliveryState.QUEUED) is later(known, told)
