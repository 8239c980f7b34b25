"""Twilio's signature: judged by Twilio's own library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from ringback.messaging.gateways.twilio.signature import is_signed, sign

SECRET = "12345678901234567890123456789012"
URL = "https://ringback.example/v1/texts/twilio/acme"
FIELDS = (("From", "+12125550100"), ("To", "+12125550199"), ("Body", "@callme"), ("MessageSid", "SM1"))

urls = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["ringback.example", "a.b.example", "127.0.0.1"]),
    st.sampled_from(["", ":443", ":80", ":8080"]),
    st.sampled_from(["/", "/v1/texts/twilio/acme", "/caf%C3%A9"]),
    st.sampled_from(["", "?a=1", "?a=1&b=%20x", "?empty="]),
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
fields = st.dictionaries(words.filter(bool), words, max_size=8).map(lambda each: tuple(each.items()))
algorithms = st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"])


def settings(algorithm: str) -> str:
    return "" if algorithm == "HMAC_SHA1" else f"key=webhooks_sharedkey_1,algorithm={algorithm}"


@given(urls, fields, algorithms)
def test_what_twilio_signs_is_signed(url, fields, algorithm):
    signature = RequestValidator(SECRET).compute_signature(url, dict(fields), algorithm)
    assert is_signed(url, fields, signature=signature, settings=settings(algorithm), secret=SECRET)


@given(urls, fields, algorithms)
def test_what_is_signed_here_twilio_takes_for_its_own(url, fields, algorithm):
    signature = sign(url, fields, secret=SECRET, algorithm=algorithm)
    assert RequestValidator(SECRET).validate(url, dict(fields), signature, algorithm)


@given(urls, urls, fields, fields, words)
def test_both_judge_alike(url, other, fields, others, signature):
    validator = RequestValidator(SECRET)
    for presented in (validator.compute_signature(other, dict(others)), signature):
        ours = is_signed(url, fields, signature=presented, settings="", secret=SECRET)
        assert ours == validator.validate(url, dict(fields), presented)


@pytest.mark.parametrize(
    "url",
    ["https://ringback.example:443/v1/texts/twilio/acme", "https://ringback.example/v1/texts/twilio/acme"],
)
def test_with_and_without_the_port(url):
    signature = sign(URL, FIELDS, secret=SECRET)
    assert is_signed(url, FIELDS, signature=signature, settings="", secret=SECRET)


def test_a_field_sent_twice():
    twice = (*FIELDS, ("Body", "again"), ("Body", "again"))
    signature = sign(URL, twice, secret=SECRET)

    class Sent(dict[str, str]):
        def getlist(self, name: str) -> list[str]:
            return [value for each, value in twice if each == name]

    assert RequestValidator(SECRET).validate(URL, Sent(twice), signature)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("url", URL + "?a=1"),
        ("fields", (*FIELDS, ("Extra", ""))),
        ("fields", (("From", "+12125550101"), *FIELDS[1:])),
        ("secret", SECRET[::-1]),
        ("secret", ""),
        ("signature", ""),
        ("signature", "ungültig"),
        ("settings", "key=k,algorithm=HMAC_SHA256"),
        ("settings", "key=k,algorithm=NONE"),
    ],
)
def test_anything_else_is_refused(change, value):
    genuine = {"url": URL, "fields": FIELDS, "signature": sign(URL, FIELDS, secret=SECRET), "settings": ""}
    genuine |= {"secret": SECRET}
    assert is_signed(genuine.pop("url"), genuine.pop("fields"), **genuine)
    changed = {"url": URL, "fields": FIELDS, "signature": sign(URL, FIELDS, secret=SECRET), "settings": ""}
    changed |= {"secret": SECRET, change: value}
    assert not is_signed(changed.pop("url"), changed.pop("fields"), **changed)


def test_nothing_is_signed_with_no_secret():
    assert not is_signed(URL, FIELDS, signature=sign(URL, FIELDS, secret=""), settings="", secret="")
