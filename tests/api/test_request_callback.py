"""POST /api/widget/:wid/request_callback: what is answered, what is kept, and every refusal."""

import json
from typing import Any

import pytest
from tests.api.scheduler import Scheduler, entries, only, refusal
from tests.conftest import MONDAY_3_PM
from tests.running import Running, row_of

from ringback.kernel.clock import from_unix

NUMBER = "+12015550123"
OTHER_NUMBER = "+12015550188"
THIRD_NUMBER = "+12015550142"
DAY = 86_400


def test_as_soon_as_possible(acme: Scheduler, server: Running) -> None:
    answer = only(acme.request("billing", NUMBER))
    callback_id, manage_url = answer.pop("callback_request_id"), answer.pop("manage_url")
    assert answer == {
        "status": "Requested",
        "message": "Billing will call you in less than a minute.",
        "requested_at": MONDAY_3_PM,
        "ewt": 0,
    }
    assert callback_id
    assert manage_url.startswith(f"{server.url}/m/")
    assert server.get(manage_url).status_code == 200


def test_at_a_booked_time(acme: Scheduler) -> None:
    slot = only(acme.widget("sales"))["scheduled_timeslots"][0]
    answer = only(acme.request("sales", NUMBER, appointment_time=slot, time_zone="America/New_York"))
    assert set(answer) == {
        "status",
        "message",
        "callback_request_id",
        "requested_at",
        "appointment_time",
        "manage_url",
    }
    assert (answer["status"], answer["appointment_time"]) == ("Requested", slot)
    assert "9:00 AM" in answer["message"]
    assert "Mar" in answer["message"]


def test_the_wait_grows_with_the_queue(acme: Scheduler) -> None:
    waits = [acme.requested("billing", f"+1201555012{digit}")["ewt"] for digit in range(6)]
    assert waits == sorted(waits)
    assert waits[:3] == [0, 0, 0]  # three agents
    assert waits[3] > 0
    assert only(acme.widget("billing"))["ewt"] > waits[-1]


@pytest.mark.parametrize("locale", ["es", "de-AT", "fr_FR"])
def test_the_body_chooses_language_and_zone_over_the_query(acme: Scheduler, locale: str) -> None:
    slot = only(acme.widget("sales"))["scheduled_timeslots"][0]
    body = {"contact_number": NUMBER, "appointment_time": slot, "locale": locale, "time_zone": 300}
    answer = acme.server.post("/api/widget/sales/request_callback?locale=en&time_zone=UTC", json=body)
    message = only(answer)["message"]
    assert any(word in message for word in ("Su llamada", "Ihr Rückruf", "Votre rappel"))
    assert "9:00" in message or "09:00" in message or "9h00" in message


@pytest.mark.parametrize(
    ("query", "expected"), [("time_zone=America/New_York", "9:00"), ("time_zone=Etc/GMT%2B5", "9:00"), ("", "2:00 PM")]
)
def test_the_query_chooses_where_the_body_does_not(acme: Scheduler, query: str, expected: str) -> None:
    slot = only(acme.widget("sales"))["scheduled_timeslots"][0]
    body = {"contact_number": NUMBER, "appointment_time": slot}
    assert expected in only(acme.server.post(f"/api/widget/sales/request_callback?{query}", json=body))["message"]


def test_everything_a_caller_says_is_kept(acme: Scheduler, server: Running) -> None:
    consent = [{"use_case": "callback-notifications", "channel": "sms", "timestamp": 1_772_463_000_000}]
    callback_id = acme.requested(
        "billing",
        NUMBER,
        name="Ada Lovelace",
        channel="chatbot",
        opt_ins=consent,
        locale="de-AT",
        time_zone="Europe/Vienna",
        user_data={"account": "4711", "system": "theirs", "password": "secret"},
        unheard_of={"a": [1, 2]},
    )["callback_request_id"]
    row = row_of(server, callback_id)
    assert row["contact_number"] == NUMBER
    assert row["contact_name"] == "Ada Lovelace"
    assert row["channel"] == "chatbot"
    assert row["time_zone"] == "Europe/Vienna"
    assert row["locale"].startswith("de")
    assert json.loads(row["opt_ins"]) == consent
    assert json.loads(row["user_data"]) == {"account": "4711", "language": "en", "system": "ringback"}
    assert only(acme.status(NUMBER))["source"] == "chatbot"


@pytest.mark.parametrize(
    ("widget", "sent", "kept"),
    [
        ("billing", None, {"language": "en", "system": "ringback"}),
        ("billing", {}, {"language": "en", "system": "ringback"}),
        ("billing", {"language": "fr"}, {"language": "fr", "system": "ringback"}),
        ("billing", {"account": 4711, "language": True}, {"account": 4711, "language": True, "system": "ringback"}),
        ("billing", {"account": None, "system": None}, {"language": "en", "system": "ringback"}),
        ("billing", {"account": "Zoë ☎ 😀"}, {"account": "Zoë ☎ 😀", "language": "en", "system": "ringback"}),
        ("express", {"account": "4711"}, {}),  # no user data set: nothing is passed on
    ],
)
def test_only_keys_of_the_user_data_set_are_kept(
    acme: Scheduler, server: Running, widget: str, sent: Any, kept: Any
) -> None:
    callback_id = acme.requested(widget, NUMBER, user_data=sent)["callback_request_id"]
    stored = json.loads(row_of(server, callback_id)["user_data"])
    assert {name: value for name, value in stored.items() if value is not None} == kept


def test_no_opt_ins_and_empty_ones_are_told_apart(acme: Scheduler, server: Running) -> None:
    without = acme.requested("billing", NUMBER)["callback_request_id"]
    empty = acme.requested("billing", OTHER_NUMBER, opt_ins=[])["callback_request_id"]
    refused = acme.requested(
        "billing", THIRD_NUMBER, opt_ins=[{"use_case": "callback-notifications", "channel": "sms"}]
    )
    assert row_of(server, without)["opt_ins"] is None
    assert json.loads(row_of(server, empty)["opt_ins"]) == []
    (consent,) = json.loads(row_of(server, refused["callback_request_id"])["opt_ins"])
    assert consent["timestamp"] is None


def test_a_form_says_the_same_as_json(acme: Scheduler, server: Running) -> None:
    slot = only(acme.widget("sales"))["scheduled_timeslots"][0]
    form = {
        "contact_number": "+1 (201) 555-0123",
        "appointment_time": str(slot),
        "channel": "ivr",
        "name": "Ada & Zoë",
        "time_zone": "240",
        "opt_ins": '[{"use_case":"callback-notifications","channel":"sms","timestamp":1}]',
        "locale": "",
    }
    answer = only(acme.server.post("/api/widget/sales/request_callback", data=form))
    row = row_of(server, answer["callback_request_id"])
    assert (row["contact_number"], row["contact_name"], row["channel"]) == (NUMBER, "Ada & Zoë", "ivr")
    assert row["appointment_at"] == slot * 1_000_000
    assert json.loads(row["opt_ins"])[0]["timestamp"] == 1


def test_user_data_in_a_form(acme: Scheduler, server: Running) -> None:
    forms = (
        {"contact_number": NUMBER, "user_data[account]": "4711", "user_data[nonsense]": "x"},
        {"contact_number": OTHER_NUMBER, "user_data": '{"account": "4711", "nonsense": "x"}'},
    )
    for form in forms:
        answer = only(acme.server.post("/api/widget/billing/request_callback", data=form))
        stored = json.loads(row_of(server, answer["callback_request_id"])["user_data"])
        assert stored == {"account": "4711", "language": "en", "system": "ringback"}


def test_a_plus_sign_that_was_not_encoded_still_begins_a_number(acme: Scheduler) -> None:
    form = "application/x-www-form-urlencoded"
    answer = acme.server.post(
        "/api/widget/billing/request_callback", content=f"contact_number={NUMBER}", headers={"Content-Type": form}
    )
    only(answer)
    assert only(acme.status(NUMBER))["callback_number"] == NUMBER


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "ContactRequired"),
        ({"contact_number": None}, "ContactRequired"),
        ({"contact_number": ""}, "ContactRequired"),
        ({"contact_number": " \t\n"}, "ContactRequired"),
        ({"contact_number": "\u3000\u00a0"}, "ContactRequired"),
        ({"contact_number": 12015550123}, "InvalidParameters"),
        ({"contact_number": [NUMBER]}, "InvalidParameters"),
        ({"contact_number": {"number": NUMBER}}, "InvalidParameters"),
        ({"contact_number": True}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": "soon"}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": str(MONDAY_3_PM + 3600)}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": 1.5}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": True}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": [MONDAY_3_PM]}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": -1}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": 2**63 - 1}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": MONDAY_3_PM * 1000}, "InvalidParameters"),
        ({"contact_number": NUMBER, "appointment_time": 1}, "AppointmentTimeInThePast"),
        ({"contact_number": NUMBER, "appointment_time": MONDAY_3_PM - 1800}, "AppointmentTimeInThePast"),
        ({"contact_number": NUMBER, "appointment_time": MONDAY_3_PM + 1801}, "AppointmentTimeInvalid"),
        ({"contact_number": NUMBER, "appointment_time": MONDAY_3_PM + 60}, "AppointmentTimeInvalid"),
        ({"contact_number": NUMBER, "appointment_time": MONDAY_3_PM + 40 * DAY}, "AppointmentTimeInvalid"),
        ({"contact_number": NUMBER, "appointment_time": 9_007_199_254}, "AppointmentTimeInvalid"),
        ({"contact_number": NUMBER, "user_data": "account=1"}, "InvalidParameters"),
        ({"contact_number": NUMBER, "user_data": []}, "InvalidParameters"),
        ({"contact_number": NUMBER, "user_data": {"account": {"deep": 1}}}, "InvalidParameters"),
        ({"contact_number": NUMBER, "user_data": {"account": ["a"]}}, "InvalidParameters"),
        ({"contact_number": NUMBER, "user_data": {"account": "x" * 1001}}, "InvalidParameters"),
        ({"contact_number": NUMBER, "user_data": {str(place): 1 for place in range(101)}}, "InvalidParameters"),
        ({"contact_number": NUMBER, "user_data": {"account": "a\x00b"}}, "InvalidParameters"),
        ({"contact_number": NUMBER, "channel": "x" * 65}, "InvalidParameters"),
        ({"contact_number": NUMBER, "channel": 5}, "InvalidParameters"),
        ({"contact_number": NUMBER, "name": "x" * 121}, "InvalidParameters"),
        ({"contact_number": NUMBER, "name": "Ada\x00"}, "InvalidParameters"),
        ({"contact_number": NUMBER, "name": ["Ada"]}, "InvalidParameters"),
        ({"contact_number": NUMBER, "locale": 5}, "InvalidParameters"),
        ({"contact_number": NUMBER, "opt_ins": {}}, "InvalidParameters"),
        ({"contact_number": NUMBER, "opt_ins": "yes"}, "InvalidParameters"),
        ({"contact_number": NUMBER, "opt_ins": ["sms"]}, "InvalidParameters"),
        ({"contact_number": NUMBER, "opt_ins": [{"channel": "sms"}]}, "InvalidParameters"),
        ({"contact_number": NUMBER, "opt_ins": [{"use_case": 1, "channel": "sms"}]}, "InvalidParameters"),
        (
            {"contact_number": NUMBER, "opt_ins": [{"use_case": "a", "channel": "sms", "timestamp": "now"}]},
            "InvalidParameters",
        ),
        ({"contact_number": NUMBER, "opt_ins": [{"use_case": "a", "channel": "sms"}] * 21}, "InvalidParameters"),
        ({"contact_number": NUMBER, "time_zone": "Mars/Olympus"}, "InvalidTimeZone"),
        ({"contact_number": NUMBER, "time_zone": 1440}, "InvalidTimeZone"),
        ({"contact_number": NUMBER, "time_zone": 1.5}, "InvalidTimeZone"),
        ({"contact_number": NUMBER, "time_zone": True}, "InvalidTimeZone"),
        ({"contact_number": NUMBER, "time_zone": ["UTC"]}, "InvalidTimeZone"),
        ({"contact_number": NUMBER, "time_zone": {}}, "InvalidTimeZone"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_registered(shared_acme: Scheduler, body: Any, word: str) -> None:
    answer = shared_acme.server.post("/api/widget/billing/request_callback", json=body)
    assert refusal(answer) == (400, word)
    assert entries(shared_acme.status(NUMBER)) == []


@pytest.mark.parametrize(
    "number",
    [
        "12",
        "not a number",
        "+1 201 555",
        "+1 201 555 01234567890",
        "+999 123 456 789",
        "+",
        "+++",
        "0",
        "911",
        "+1 (000) 000-0000",
        "+44 20 7946 0958",  # a country that is not allowed
        "+1 900 555 0123",  # premium
        "+44 909 8790 123",
        "+49 180 5 123456",  # shared cost
        "+800 1234 5678",  # of no country
        "+1 917 555 0199",  # blocked
        "+1 917 555 0200",  # its prefix is blocked
        "+1 201 555 0123\x00",
        "+1 201\r\n555 0123",
        "1" * 65,
        "+1" + "2" * 5000,
        "tel:",
        "☎",
        "\U0001f4de" * 20,
        "'; DROP TABLE callbacks; --",
        "<script>",
    ],
)
def test_numbers_that_are_not_called_get_one_word(shared_acme: Scheduler, number: str) -> None:
    answer = shared_acme.request("billing", number)
    assert refusal(answer) == (400, "InvalidContact")
    assert answer.json() == shared_acme.request("billing", "+1 917 555 0199").json()  # no list can be probed


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("201-555-0123", NUMBER),
        ("(201) 555 0123", NUMBER),
        ("1 201 555 0123", NUMBER),
        ("  +1.201.555.0123  ", NUMBER),
        ("tel:+1-201-555-0123", NUMBER),
        ("００１", None),
        ("＋１ ２０１ ５５５ ０１２３", NUMBER),
        ("٢٠١٥٥٥٠١٢٣", NUMBER),
        ("+1 201 555 CALL", "+12015552255"),
        ("011 1 201 555 0123", NUMBER),
        ("+1 416 555 0123", "+14165550123"),
        ("1-800-555-0123", "+18005550123"),
    ],
)
def test_numbers_as_people_write_them(acme: Scheduler, written: str, canonical: str | None) -> None:
    answer = acme.request("express", written)
    if canonical is None:
        assert refusal(answer) == (400, "InvalidContact")
        return
    only(answer)
    assert only(acme.status(canonical))["callback_number"] == canonical
    assert refusal(acme.request("express", canonical)) == (400, "DuplicateRequest")


def test_an_extension_makes_another_number(acme: Scheduler) -> None:
    acme.requested("express", f"{NUMBER} ext. 12")
    acme.requested("express", f"{NUMBER};ext=13")
    assert refusal(acme.request("express", "(201) 555-0123 x12")) == (400, "DuplicateRequest")
    status = only(acme.status(f"{NUMBER}x12"))
    assert (status["callback_number"], status["contact_uri"]) == (NUMBER, f"tel:{NUMBER};ext=12")


@pytest.mark.parametrize(
    ("widget", "kinds"),
    [
        ("off", ("asap", "scheduled")),
        ("inactive", ("asap", "scheduled")),
        ("shut", ("asap", "scheduled")),
        ("full", ("asap", "scheduled")),
        ("sales", ("asap",)),
        ("express", ("scheduled",)),
    ],
)
def test_what_is_not_offered_is_refused(shared_acme: Scheduler, widget: str, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        body = {} if kind == "asap" else {"appointment_time": MONDAY_3_PM + DAY}
        answer = shared_acme.request(widget, NUMBER, **body)
        assert refusal(answer) == (400, "RequestRefusedDueToOperationMode")


def test_every_time_on_offer_can_be_booked_until_it_is_full(acme: Scheduler) -> None:
    first = only(acme.widget("billing"))["scheduled_timeslots"][0]
    for number in (NUMBER, OTHER_NUMBER):  # two places in each slot
        assert first in only(acme.widget("billing"))["scheduled_timeslots"]
        acme.requested("billing", number, appointment_time=first)
    assert first not in only(acme.widget("billing"))["scheduled_timeslots"]
    refused = acme.request("billing", THIRD_NUMBER, appointment_time=first)
    assert refusal(refused) == (400, "AppointmentTimeFull")
    acme.cancel(NUMBER)
    acme.requested("billing", THIRD_NUMBER, appointment_time=first)


def test_a_slot_that_is_not_offered_yet_or_no_more(acme: Scheduler, server: Running) -> None:
    first = only(acme.widget("billing"))["scheduled_timeslots"][0]
    server.clock.turn_to(from_unix(first - 899))  # within the lead time of 15 minutes
    assert first not in only(acme.widget("billing"))["scheduled_timeslots"]
    assert refusal(acme.request("billing", NUMBER, appointment_time=first)) == (400, "AppointmentTimeInvalid")
    server.clock.turn_to(from_unix(first + 1))
    assert refusal(acme.request("billing", NUMBER, appointment_time=first)) == (400, "AppointmentTimeInThePast")


def test_a_slot_that_begins_this_instant(acme: Scheduler) -> None:
    slot = only(acme.widget("desk"))["scheduled_timeslots"][0]
    assert slot == MONDAY_3_PM  # without a lead time it is still on offer
    assert acme.requested("desk", NUMBER, appointment_time=slot)["appointment_time"] == slot


class TestDuplicates:
    def test_refused_by_default_for_this_call_target_only(self, acme: Scheduler) -> None:
        acme.requested("billing", NUMBER)
        slot = only(acme.widget("billing"))["scheduled_timeslots"][0]
        for body in ({}, {"appointment_time": slot}):
            answer = acme.request("billing-page", "(201) 555-0123", **body)  # another door to the same queue
            assert refusal(answer) == (400, "DuplicateRequest")
        acme.requested("express", NUMBER)
        assert len(entries(acme.status(NUMBER))) == 2

    def test_kept(self, acme: Scheduler, server: Running) -> None:
        first = acme.requested("keeping", NUMBER)
        server.clock.advance(60)
        again = acme.requested("keeping", NUMBER)
        assert again["callback_request_id"] == first["callback_request_id"]
        assert again["requested_at"] == first["requested_at"]
        assert len(entries(acme.status(NUMBER))) == 1

    def test_replaced(self, acme: Scheduler, server: Running) -> None:
        first = acme.requested("replacing", NUMBER)
        server.clock.advance(60)
        second = acme.requested("replacing", NUMBER)
        assert second["callback_request_id"] != first["callback_request_id"]
        assert only(acme.status(NUMBER))["call_request_id"] == second["callback_request_id"]
        assert row_of(server, first["callback_request_id"])["outcome"] == "rescheduled_away"

    def test_allowed(self, acme: Scheduler) -> None:
        ids = [acme.requested("allowing", NUMBER)["callback_request_id"] for _ in range(2)]
        assert len(set(ids)) == 2
        assert {entry["call_request_id"] for entry in entries(acme.status(NUMBER))} == set(ids)


KEY = {"Idempotency-Key": "5f0c1a52-7f5e-4f3c-9d8e-2f5b6c7d8e9f"}


class TestIdempotencyKey:
    def test_same_key_and_body_same_answer(self, acme: Scheduler, server: Running) -> None:
        first = acme.request("billing", NUMBER, channel="sms", headers=KEY)
        server.clock.advance(3600)
        body = '{ "channel": "sms",\n "contact_number": "+12015550123", "ignored": 1 }'
        again = server.post("/api/widget/billing/request_callback", content=body, headers=KEY)
        assert again.content == first.content
        assert again.status_code == first.status_code == 200
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
        assert len(entries(acme.status(NUMBER))) == 1

    def test_same_key_and_another_body(self, acme: Scheduler) -> None:
        acme.request("billing", NUMBER, headers=KEY)
        assert refusal(acme.request("billing", OTHER_NUMBER, headers=KEY)) == (400, "InvalidParameters")
        assert entries(acme.status(OTHER_NUMBER)) == []

    def test_it_belongs_to_its_widget_and_lasts_a_day(self, acme: Scheduler, server: Running) -> None:
        first = only(acme.request("billing", NUMBER, headers=KEY))
        elsewhere = only(acme.request("express", NUMBER, headers=KEY))
        assert elsewhere["callback_request_id"] != first["callback_request_id"]
        server.clock.advance(DAY - 1)
        assert only(acme.request("billing", NUMBER, headers=KEY)) == first
        acme.cancel(NUMBER, callback_request_id=first["callback_request_id"])
        server.clock.advance(2)
        assert only(acme.request("billing", NUMBER, headers=KEY)) != first

    def test_a_refusal_is_not_kept(self, acme: Scheduler) -> None:
        assert refusal(acme.request("sales", NUMBER, headers=KEY))[1] == "RequestRefusedDueToOperationMode"
        slot = only(acme.widget("sales"))["scheduled_timeslots"][0]
        only(acme.request("sales", NUMBER, appointment_time=slot, headers=KEY))

    @pytest.mark.parametrize("key", ["", "x" * 256, "clé", "a\tb"])
    def test_keys_that_are_none(self, shared_acme: Scheduler, key: str) -> None:
        answer = shared_acme.request("billing", NUMBER, headers={"Idempotency-Key": key.encode("latin-1")})
        assert refusal(answer) == (400, "InvalidParameters")
