from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.callbacks.model import OptIn
from ringback.http.scheduler import parse
from ringback.kernel.clock import from_unix
from ringback.kernel.errors import ContactRequired, InvalidParameters, InvalidRequest, InvalidTimeZone, RingbackError

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
NUMBER = {"contact_number": "+12015550123"}
WORDS = {"InvalidRequest", "InvalidParameters", "ContactRequired", "InvalidTimeZone"}
SLOT = 1_772_467_200


def request(query=b"", **keys):
    return parse.callback_request(orjson.dumps(NUMBER | keys), JSON, query)


def form(query=b"", **keys):
    return parse.callback_request(urlencode(NUMBER | keys).encode(), FORM, query)


# Bodies


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"",
        b"application/json",
        b"application/json; charset=utf-8",
        b'Application/JSON ; charset="UTF-8"',
        b"application/vnd.api+json",
        b"text/json",
        b"text/plain;charset=UTF-8",
        FORM,  # what command-line tools say unless told otherwise
    ],
)
def test_json_is_read(content_type):
    assert parse.read_body(b' {"a": [1]}', content_type) == {"a": [1]}


@pytest.mark.parametrize("content_type", [b"text/xml", b"multipart/form-data; boundary=x", b"image/png", b"\xff"])
def test_other_types_are_not_read(content_type):
    with pytest.raises(InvalidRequest):
        parse.read_body(b"{}", content_type)


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_other_encodings_are_not_read(content_type):
    with pytest.raises(InvalidRequest, match="UTF-8"):
        parse.read_body(b"{}", content_type + b"; charset=utf-16")


@pytest.mark.parametrize("content_type", [None, JSON, FORM])
@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_body_says_nothing(content_type, body):
    assert parse.read_body(body, content_type) == {}
    with pytest.raises(ContactRequired):
        parse.callback_request(body, content_type, b"")


@pytest.mark.parametrize("body", [b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a": 1e999}', b"\xff", b'"\\ud800"', b"a=1"])
def test_what_is_not_json_is_an_invalid_request(body):
    with pytest.raises(InvalidRequest):
        parse.read_body(body, JSON)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1", b"true"])
def test_json_that_is_no_object_is_invalid_parameters(body):
    with pytest.raises(InvalidParameters):
        parse.read_body(body, JSON)


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 10_000, b'{"a":' * 900 + b"1" + b"}" * 900])
def test_deep_nesting_does_no_harm(body):
    with pytest.raises((InvalidRequest, ContactRequired)):
        parse.callback_request(body, JSON, b"")


def test_a_form_is_read():
    body = b"contact_number=%2B1201&contact_number=%2b49&name=J%C3%BCrgen+K&empty=&x"
    assert parse.read_body(body, FORM) == {"contact_number": "+49", "name": "Jürgen K"}


def test_a_plus_sign_that_a_caller_forgot_to_encode_is_restored():
    assert parse.read_body(b"contact_number=+12015550123&name=+x", FORM) == {
        "contact_number": "+12015550123",
        "name": " x",
    }


def test_a_form_that_is_not_utf8_is_an_invalid_request():
    with pytest.raises(InvalidRequest, match="UTF-8"):
        parse.read_body(b"name=J%FCrgen", FORM)


def test_a_form_has_an_end():
    assert len(parse.read_body(b"&".join(b"k%d=v" % n for n in range(1000)), FORM)) == 1000
    with pytest.raises(InvalidRequest):
        parse.read_body(b"&" * 1001, FORM)


def test_a_form_can_say_all_that_json_can():
    opt_in = {"use_case": "callback-notifications", "channel": "sms", "timestamp": 1}
    sent = form(
        appointment_time=f" {SLOT} ",
        user_data='{"a": "1", "b": "2"}',
        opt_ins=orjson.dumps([opt_in]),
        channel="ivr",
        name="Ada",
        locale="de",
        time_zone="240",
    )
    as_json = request(
        appointment_time=SLOT,
        user_data={"a": "1", "b": "2"},
        opt_ins=[opt_in],
        channel="ivr",
        name="Ada",
        locale="de",
        time_zone=240,
    )
    assert sent == as_json


def test_user_data_in_a_form_can_be_written_key_by_key():
    assert form(**{"user_data[a b]": "1", "user_data[c]": ""}).user_data == {"a b": "1", "c": ""}


@pytest.mark.parametrize(
    "keys",
    [
        {"user_data[]": "1"},
        {"user_data[a][b]": "1"},
        {"user_data[a": "1"},
        {"user_data": "{"},
        {"user_data": "[]"},
        {"opt_ins[0]": "1"},
        {"opt_ins": "sms"},
        {"appointment_time": "soon"},
        {"appointment_time": "1.5"},
        {"appointment_time": "-1"},
        {"appointment_time": "٣"},
        {"appointment_time": "9" * 12},
        {"appointment_time": "9" * 5000},
    ],
)
def test_forms_of_the_wrong_shape(keys):
    with pytest.raises(InvalidParameters):
        form(**keys)


# Keys


@pytest.mark.parametrize("number", [None, "", "  ", "\t\n"])
def test_a_number_is_required(number):
    with pytest.raises(ContactRequired):
        request(contact_number=number)
    with pytest.raises(ContactRequired):
        parse.cancel_request(orjson.dumps({"contact_number": number}), JSON)
    with pytest.raises(ContactRequired):
        parse.callback_status_request(orjson.dumps({"contact_number": number}), JSON, b"")


@pytest.mark.parametrize("number", [12015550123, 1.5, True, [], {}, ["+12015550123"]])
def test_a_number_is_text(number):
    with pytest.raises(InvalidParameters, match="contact_number"):
        request(contact_number=number)


def test_only_the_number_is_required():
    asked = parse.callback_request(orjson.dumps(NUMBER), JSON, b"")
    assert asked == parse.CallbackRequest(
        contact_number="+12015550123",
        appointment_at=None,
        user_data=None,
        channel="api",
        opt_ins=None,
        name=None,
        locale=None,
        time_zone="UTC",
    )


def test_null_is_absent_and_unknown_keys_are_ignored():
    nothing = dict.fromkeys(["appointment_time", "user_data", "channel", "opt_ins", "name", "locale", "time_zone"])
    assert request(**nothing, other={"x": [1]}) == request()


def test_blanks_are_absent():
    assert request(channel=" ", name="", locale="  ", time_zone=" ") == request()


def test_an_appointment_is_unix_seconds():
    assert request(appointment_time=SLOT).appointment_at == from_unix(SLOT)
    assert request(appointment_time=1).appointment_at == from_unix(1)


@pytest.mark.parametrize("time", [0, -1, SLOT * 1000, 2**63, 1.5, float(SLOT), True, str(SLOT), [SLOT], {}])
def test_an_appointment_is_nothing_else(time):
    with pytest.raises(InvalidParameters, match="appointment_time"):
        request(appointment_time=time)


def test_user_data_keeps_scalars():
    data = {"s": "x" * 1000, "i": -(2**63), "u": 2**64 - 1, "f": 1.5, "b": True, "n": None, "k" * 63: ""}
    kept = request(user_data=data).user_data
    assert kept == data
    assert kept["b"] is True
    assert request(user_data={}).user_data == {}


@pytest.mark.parametrize(
    "data",
    [
        [],
        "x",
        1,
        {"a": {}},
        {"a": []},
        {"a": "x" * 1001},
        {"a": "x\x00"},
        {"a": "x\r\nX-Header: y"},
        {"": 1},
        {"k" * 64: 1},
        {"a\n": 1},
        {str(n): n for n in range(101)},
    ],
)
def test_user_data_of_the_wrong_shape(data):
    with pytest.raises(InvalidParameters, match="user_data"):
        request(user_data=data)


@pytest.mark.parametrize(("key", "longest"), [("channel", 64), ("name", 120), ("locale", 35)])
def test_texts_have_an_end_and_no_control_characters(key, longest):
    assert getattr(request(**{key: "é" * longest}), key) == "é" * longest
    assert getattr(request(**{key: " x "}), key) == "x"
    for wrong in ("é" * (longest + 1), "a\x00b", "a\nb", "\x85", 1, True, [], {}):
        with pytest.raises(InvalidParameters, match=key):
            request(**{key: wrong})


def test_opt_ins():
    sent = [
        {"use_case": "callback-notifications", "channel": "sms", "timestamp": 1_772_463_600_000, "more": 1},
        {"use_case": "marketing", "channel": "email", "timestamp": None},
        {"use_case": "", "channel": ""},
    ]
    assert request(opt_ins=sent).opt_ins == (
        OptIn("callback-notifications", "sms", 1_772_463_600_000),
        OptIn("marketing", "email", None),
        OptIn("", "", None),
    )
    assert request(opt_ins=[]).opt_ins == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        "sms",
        ["sms"],
        [None],
        [{"use_case": "x"}],
        [{"channel": "sms"}],
        [{"use_case": None, "channel": "sms"}],
        [{"use_case": "x", "channel": "c" * 65}],
        [{"use_case": "x\x00", "channel": "sms"}],
        [{"use_case": "x", "channel": "sms", "timestamp": "1"}],
        [{"use_case": "x", "channel": "sms", "timestamp": -1}],
        [{"use_case": "x", "channel": "sms", "timestamp": 2**53}],
        [{"use_case": "x", "channel": "sms", "timestamp": True}],
        [{"use_case": "x", "channel": "sms"}] * 21,
    ],
)
def test_opt_ins_of_the_wrong_shape(wrong):
    with pytest.raises(InvalidParameters, match="opt_ins"):
        request(opt_ins=wrong)


def test_time_zones():
    assert request(time_zone="Europe/Berlin").time_zone == "Europe/Berlin"
    assert request(time_zone=-120).time_zone == "-120"
    assert request(b"time_zone=America/New_York").time_zone == "America/New_York"
    assert request(b"time_zone=Mars/Olympus", time_zone="Asia/Tokyo").time_zone == "Asia/Tokyo"
    assert request(b"locale=fr", locale="de").locale == "de"
    assert request(b"locale=fr").locale == "fr"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "UTC\x00", 1440, 240.0, True, [], {"a": 1}])
def test_unknown_time_zones(zone):
    with pytest.raises(InvalidTimeZone):
        request(time_zone=zone)


def test_unknown_time_zone_in_the_query():
    with pytest.raises(InvalidTimeZone):
        request(b"time_zone=Mars/Olympus")


def test_a_question_about_a_number():
    asked = parse.callback_status_request(b'{"contact_number": "555"}', JSON, b"types=string")
    assert asked == parse.CallbackStatusRequest("555", as_strings=True)
    asked = parse.callback_status_request(b"contact_number=555&callback_request_id=%00", FORM, b"")
    assert asked == parse.CallbackStatusRequest("555", as_strings=False)


def test_a_cancellation():
    asked = parse.cancel_request(b'{"contact_number": "555", "callback_request_id": " 01x "}', JSON)
    assert asked == parse.CancelRequest("555", "01x")
    assert parse.cancel_request(b"contact_number=555", FORM) == parse.CancelRequest("555", None)


@pytest.mark.parametrize("wrong", [1, "x" * 65, "a\x00", []])
def test_a_cancellation_of_the_wrong_shape(wrong):
    with pytest.raises(InvalidParameters, match="callback_request_id"):
        parse.cancel_request(orjson.dumps(NUMBER | {"callback_request_id": wrong}), JSON)


# Queries


def test_queries_are_read_tolerantly():
    assert parse.read_query(b"a=1&a=2&&b&c=%20%C3%BC&d=%FF&=x&e==") == {
        "a": "2",
        "": "x",
        "b": "",
        "c": " ü",
        "d": "\ufffd",
        "e": "=",
    }


def test_a_plus_sign_in_a_query_stands_for_itself():
    assert parse.status_query(b"time_zone=Etc/GMT+5").time_zone == "Etc/GMT+5"
    assert parse.status_query(b"time_zone=Etc%2FGMT%2B5").time_zone == "Etc/GMT+5"


def test_status_queries():
    plain = parse.StatusQuery(time_zone="UTC", locale=None, timeslots=None, include_all=False)
    assert parse.status_query(b"") == plain
    assert parse.status_query(b"time_zone=&locale=&timeslots=&include=&other=1") == plain
    asked = parse.status_query(b"time_zone=240&locale=fr-CA&timeslots=5&include=all")
    assert asked == parse.StatusQuery(time_zone="240", locale="fr-CA", timeslots=5, include_all=True)
    assert asked.zone.utcoffset(None).total_seconds() == -4 * 3600
    assert len({asked, parse.status_query(b"include=all&timeslots=05&locale=fr-CA&time_zone=240")}) == 1


@pytest.mark.parametrize(("text", "timeslots"), [("none", 0), ("0", 0), ("12", 12), ("999999", 999_999)])
def test_timeslots(text, timeslots):
    assert parse.status_query(f"timeslots={text}".encode()).timeslots == timeslots


@pytest.mark.parametrize(
    "query",
    [
        "timeslots=some",
        "timeslots=-1",
        "timeslots=1.5",
        "timeslots=1000000",
        "timeslots=٣",
        "timeslots=%D9%A3",
        "include=some",
        "include=ALL",
        "locale=" + "x" * 36,
        "locale=%00",
    ],
)
def test_queries_of_the_wrong_shape(query):
    with pytest.raises(InvalidParameters, match=query.partition("=")[0]):
        parse.status_query(query.encode())


def test_types_are_strings_or_not_said():
    with pytest.raises(InvalidParameters, match="types"):
        parse.callback_status_request(orjson.dumps(NUMBER), JSON, b"types=number")


# Idempotency keys


def test_no_key():
    assert parse.idempotency_key(None, request()) is None


def test_a_key_is_kept_as_digests():
    kept = parse.idempotency_key(b"k", request())
    assert kept.key_hash == "8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a"
    assert len(kept.body_hash) == 64
    assert parse.idempotency_key(b"other", request()) != kept


def test_the_same_wish_has_the_same_digest():
    def digest(body, query=b""):
        return parse.idempotency_key(b"k", parse.callback_request(body, JSON, query)).body_hash

    first = digest(b'{"contact_number": "1", "user_data": {"a": 1, "b": 2}, "time_zone": "240"}')
    assert digest(b'{"user_data":{"b":2,"a":1},"time_zone":240,"contact_number":"1","unknown":3}') == first
    assert digest(b'{"user_data":{"b":2,"a":1},"contact_number":"1"}', b"time_zone=240") == first
    assert digest(b'{"contact_number": "2", "user_data": {"a": 1, "b": 2}, "time_zone": "240"}') != first
    assert digest(b'{"contact_number": "1", "user_data": {"a": 1, "b": "2"}, "time_zone": "240"}') != first


@pytest.mark.parametrize("key", [b"", b"  ", b"k" * 256, b"a\x00b", b"caf\xe9", b"\x7f"])
def test_keys_of_the_wrong_shape(key):
    with pytest.raises(InvalidParameters, match="Idempotency-Key"):
        parse.idempotency_key(key, request())


# Whatever comes


@given(
    body=st.binary(max_size=300) | st.text().map(str.encode),
    content_type=st.none() | st.sampled_from([JSON, FORM, b"text/plain; charset=x"]) | st.binary(max_size=40),
    query=st.binary(max_size=100),
)
def test_any_bytes_are_read_or_refused_in_words_of_the_contract(body, content_type, query):
    def cancel_request(body, content_type, _query):
        return parse.cancel_request(body, content_type)

    for read in (parse.callback_request, parse.callback_status_request, cancel_request):
        refused = None
        try:
            read(body, content_type, query)
        except RingbackError as error:
            refused = error
        assert refused is None or refused.code in WORDS
        assert refused is None or refused.message.endswith(".")


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1)))
def test_any_text_survives_a_form_and_a_query(fields):
    plain = {name: text for name, text in fields.items() if "[" not in name and not name.startswith("contact_number")}
    plain.pop("user_data", None)
    plain.pop("opt_ins", None)
    plain.pop("appointment_time", None)
    assert parse.read_body(b"x=1&" + urlencode(plain).encode(), FORM) == {"x": "1"} | plain
    assert parse.read_query("&".join(f"{quote(k)}={quote(v)}" for k, v in plain.items()).encode()) == (
        plain or {"": ""}
    )
