"""GET /api/widget/:wid and GET /api/organization/:id/widget_status: what is on offer, in every state."""

import pytest
from tests.api.scheduler import ORGANIZATIONS, Scheduler, entries, only, refusal
from tests.conftest import MONDAY_3_PM
from tests.running import Running, reconfigure

from ringback.kernel.clock import from_unix

HALF_AN_HOUR = 1800
DAY = 86_400
TUESDAY_9_AM = 1772546400
"""2026-03-03T09:00 in New York."""

FIELDS = {
    "widget_state",
    "message",
    "offer_asap",
    "offer_scheduled",
    "ewt",
    "ewt_range",
    "scheduled_timeslots",
}
LISTED_FIELDS = FIELDS | {"id", "kind", "name", "call_target_id", "call_target_name"}

IN_DISPLAY_ORDER = ["billing", "desk", "express", "sales", "keeping", "replacing", "allowing", "billing-page"]


def test_a_widget_that_offers_everything(shared_acme: Scheduler) -> None:
    status = only(shared_acme.widget("billing"))
    slots = status.pop("scheduled_timeslots")
    assert status == {
        "widget_state": "offer_callback",
        "message": "We can call you in less than a minute.",
        "offer_asap": True,
        "offer_scheduled": True,
        "ewt": 0,
        "ewt_range": [0, 0],
    }
    assert slots == sorted(set(slots))
    assert all(type(slot) is int and slot % HALF_AN_HOUR == 0 for slot in slots)
    assert slots[0] == MONDAY_3_PM + HALF_AN_HOUR  # 15:00 is within the lead time of 15 minutes
    assert MONDAY_3_PM + 2 * DAY < slots[-1] < MONDAY_3_PM + 3 * DAY


@pytest.mark.parametrize(
    ("widget", "state", "asap", "scheduled"),
    [
        ("billing", "offer_callback", True, True),
        ("express", "offer_asap_callback", True, False),
        ("sales", "offer_scheduled_callback", False, True),
        ("full", "display_ewt_only", False, False),
        ("off", "platform_unavailable", False, False),
        ("shut", "platform_unavailable", False, False),
        ("inactive", "platform_unavailable", False, False),
    ],
)
def test_the_state_table(shared_acme: Scheduler, widget: str, state: str, asap: bool, scheduled: bool) -> None:
    status = only(shared_acme.widget(widget))
    assert set(status) == FIELDS
    assert (status["widget_state"], status["offer_asap"], status["offer_scheduled"]) == (state, asap, scheduled)
    assert bool(status["scheduled_timeslots"]) is scheduled
    if state in {"offer_callback", "offer_asap_callback", "display_ewt_only"}:
        assert type(status["ewt"]) is int
        low, high = status["ewt_range"]
        assert low <= status["ewt"] <= high
    else:
        assert status["ewt"] is None
        assert status["ewt_range"] is None
    assert status["message"]


def test_a_convey_is_asked_like_a_widget(shared_acme: Scheduler) -> None:
    assert only(shared_acme.widget("billing-page")) == only(shared_acme.widget("billing"))


def test_a_closed_queue_offers_the_times_of_its_next_opening(shared_acme: Scheduler) -> None:
    assert only(shared_acme.widget("sales"))["scheduled_timeslots"] == [TUESDAY_9_AM, TUESDAY_9_AM + HALF_AN_HOUR]


def test_opening_and_closing_show_at_once(acme: Scheduler, server: Running) -> None:
    assert only(acme.widget("desk"))["widget_state"] == "offer_callback"
    server.clock.turn_to(from_unix(MONDAY_3_PM + 2 * 3600 - 1))
    assert only(acme.widget("desk"))["offer_asap"] is True
    server.clock.turn_to(from_unix(MONDAY_3_PM + 2 * 3600))  # noon, when it closes
    assert only(acme.widget("desk"))["widget_state"] == "offer_scheduled_callback"
    server.clock.turn_to(from_unix(TUESDAY_9_AM))
    assert only(acme.widget("desk"))["offer_asap"] is True


def test_the_message_of_a_shut_widget_names_the_next_opening_in_the_zone_asked_for(shared_acme: Scheduler) -> None:
    def message(**query: str) -> str:
        return str(only(shared_acme.widget("shut", **query))["message"])

    assert "2:00 PM UTC" in message()  # never the organization's own zone
    assert "9:00 AM EST" in message(time_zone="America/New_York")
    assert message(time_zone="Europe/Berlin") != message()
    assert "9:00 AM" in message(time_zone="300")  # minutes, as getTimezoneOffset() counts: west is positive
    assert "3:00 PM" in message(time_zone="-60")
    assert message(time_zone="") == message()
    assert message(time_zone="0").replace("GMT", "UTC").count("2:00 PM") == 1


@pytest.mark.parametrize(
    "zone",
    [
        "Mars/Olympus",
        "1440",
        "-1440",
        "99999999999999999999",
        "12.5",
        "../../etc/passwd",
        "/etc/localtime",
        "localtime",
        "europe/berlin",
        "UTC%00",
        "%F0%28%8C",
        "%ED%A0%80",  # a lone surrogate
        "%E2%98%83",
        "A" * 5000,
    ],
)
def test_an_unknown_zone_is_refused(shared_acme: Scheduler, zone: str) -> None:
    for path in ("/api/widget/billing", "/api/organization/acme/widget_status"):
        answer = shared_acme.server.get(f"{path}?time_zone={zone}", headers=shared_acme.authorization)
        assert refusal(answer) == (400, "InvalidTimeZone")


@pytest.mark.parametrize(
    ("locale", "beginning"),
    [
        ("en", "We can call you"),
        ("es", "Podemos llamarle"),
        ("fr", "Nous pouvons vous appeler"),
        ("de", "Wir können Sie"),
        ("de-AT", "Wir können Sie"),
        ("DE_at", "Wir können Sie"),
        ("fr-CA", "Nous pouvons vous appeler"),
        ("es-419", "Podemos llamarle"),
        ("zh", "We can call you"),
        ("", "We can call you"),
        ("garbage", "We can call you"),
        ("---", "We can call you"),
        ("../../de", "We can call you"),
    ],
)
def test_the_language_of_the_message(shared_acme: Scheduler, locale: str, beginning: str) -> None:
    assert only(shared_acme.widget("billing", locale=locale))["message"].startswith(beginning)
    assert entries(shared_acme.widgets(locale=locale))[0]["message"].startswith(beginning)


def test_a_locale_that_cannot_be_one_is_refused(shared_acme: Scheduler) -> None:
    assert refusal(shared_acme.widget("billing", locale="x" * 36)) == (400, "InvalidParameters")
    assert refusal(shared_acme.widget("billing", locale="de\x00")) == (400, "InvalidParameters")


@pytest.mark.parametrize(("asked", "count"), [("none", 0), ("0", 0), ("1", 1), ("3", 3), ("999999", None), ("", None)])
def test_timeslots_can_be_cut_short(shared_acme: Scheduler, asked: str, count: int | None) -> None:
    everything = only(shared_acme.widget("billing"))["scheduled_timeslots"]
    assert only(shared_acme.widget("billing", timeslots=asked))["scheduled_timeslots"] == everything[:count]
    listed = entries(shared_acme.widgets(timeslots=asked))[0]
    assert listed["scheduled_timeslots"] == everything[:count]
    assert listed["offer_scheduled"] is True  # what is dropped from the answer is still on offer


@pytest.mark.parametrize("asked", ["-1", "1.5", "some", "1000000", "１", "0x3", "None", "1e3"])
def test_timeslots_that_are_no_number_are_refused(shared_acme: Scheduler, asked: str) -> None:
    assert refusal(shared_acme.widget("billing", timeslots=asked)) == (400, "InvalidParameters")
    assert refusal(shared_acme.widgets(timeslots=asked)) == (400, "InvalidParameters")


def test_the_list_has_what_accepts_callbacks_now_in_display_order(shared_acme: Scheduler) -> None:
    listed = entries(shared_acme.widgets())
    assert [entry["id"] for entry in listed] == IN_DISPLAY_ORDER
    assert all(entry["offer_asap"] or entry["offer_scheduled"] for entry in listed)
    for entry in listed:
        assert set(entry) == (LISTED_FIELDS | {"url"} if entry["kind"] == "convey" else LISTED_FIELDS)
        assert {name: entry[name] for name in FIELDS} == only(shared_acme.widget(entry["id"]))


def test_an_entry_gives_a_choice_of_queue(shared_acme: Scheduler, shared_server: Running) -> None:
    by_id = {entry["id"]: entry for entry in entries(shared_acme.widgets())}
    desk, page = by_id["desk"], by_id["billing-page"]
    assert (desk["kind"], desk["name"], desk["call_target_name"]) == ("widget", "front desk", "Front Desk")
    assert (page["kind"], page["name"], page["url"]) == (
        "convey",
        "billing page",
        f"{shared_server.url}/c/acme-billing",
    )
    assert page["call_target_id"] == by_id["billing"]["call_target_id"] != desk["call_target_id"]
    assert shared_server.get(page["url"]).status_code == 200


def test_include_all_lists_the_others_too(shared_acme: Scheduler) -> None:
    everything = entries(shared_acme.widgets(include="all"))
    assert [entry["id"] for entry in everything if entry["id"] in IN_DISPLAY_ORDER] == IN_DISPLAY_ORDER
    assert {entry["id"] for entry in everything} - set(IN_DISPLAY_ORDER) == {"full", "off", "shut", "inactive"}
    assert refusal(shared_acme.widgets(include="some")) == (400, "InvalidParameters")
    assert [entry["id"] for entry in entries(shared_acme.widgets(include=""))] == IN_DISPLAY_ORDER


def test_parameters_that_nobody_knows_change_nothing(shared_acme: Scheduler) -> None:
    assert shared_acme.widget("billing", utm_source="sms", _="1").json() == shared_acme.widget("billing").json()


def test_the_list_is_empty_when_nothing_is_on_offer(globex: Scheduler, server: Running) -> None:
    assert len(entries(globex.widgets())) == 2
    reconfigure(
        server, ORGANIZATIONS / "globex.toml", ('name = "Support"', 'name = "Support"\nregister_callbacks = false')
    )
    assert globex.widgets().json() == {"data": []}
    assert len(entries(globex.widgets(include="all"))) == 2


def test_an_answer_is_not_sent_twice(acme: Scheduler, server: Running) -> None:
    first = acme.widget("desk")
    etag = first.headers["etag"]
    assert etag.startswith('W/"')
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = server.get("/api/widget/desk", headers={"If-None-Match": known})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "no-store"
        assert "content-type" not in again.headers
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert server.get("/api/widget/desk", headers={"If-None-Match": 'W/"other"'}).status_code == 200

    booked = only(first)["scheduled_timeslots"][-1]
    acme.requested("desk", "+12015550123", appointment_time=booked)
    changed = server.get("/api/widget/desk", headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_etags_tell_differently_asked_answers_apart(shared_acme: Scheduler) -> None:
    asked = [
        shared_acme.widget("billing"),
        shared_acme.widget("billing", locale="de"),
        shared_acme.widget("billing", timeslots="1"),
    ]
    assert (
        len({answer.headers["etag"] for answer in [*asked, shared_acme.widgets(), shared_acme.widgets(timeslots="1")]})
        == 5
    )


def test_head_has_the_headers_of_get_and_no_body(shared_acme: Scheduler, shared_server: Running) -> None:
    for path in ("/api/widget/billing", "/api/organization/acme/widget_status"):
        answers = [shared_server.ask(method, path, headers=shared_acme.authorization) for method in ("GET", "HEAD")]
        gotten, headed = [dict(answer.headers) | {"x-request-id": ""} for answer in answers]
        assert headed == gotten
        assert answers[1].content == b""
