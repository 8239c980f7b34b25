"""The pages of customers through their front door: asking on a convey, then seeing, moving and cancelling."""

import base64
import hashlib
import html
import re
import string
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx2 as httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.callbacks import store
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback, Kind
from ringback.callbacks.service import Standing
from ringback.configuration.apply import apply_file
from ringback.configuration.file import read_text
from ringback.db.database import Database
from ringback.http.customer.numbers import hidden
from ringback.http.customer.reader import Reader, choose_locale, choose_zone
from ringback.http.customer.routes import customer_routes
from ringback.http.customer.standing import tell
from ringback.http.customer.texts import LANGUAGES, TEXTS
from ringback.http.customer.timetable import timetable
from ringback.http.links import Links
from ringback.kernel.clock import DAY, MINUTE, Instant, ManualClock, from_unix
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallbackId, OrgId

MONDAY_10_AM = 1772463600
"""2026-03-02T10:00 in New York, which is where the call targets are; 15:00 UTC."""

ORGANIZATION = """
[organization]
key = "northwind"
name = "Northwind & Sons"
time_zone = "America/New_York"
public = true
numbers = { region = "US" }
retention_days = 30

[organization.limits]
per_address = { requests = 8, seconds = 60 }

[policies.office]
name = "Office"
networks = ["192.0.2.0/24"]

[call_targets.billing]
name = "Billing"
hours = { weekly = { mon = ["09:00-12:00"], tue = ["09:00-10:00"] } }
slots = { capacity = 1, length_minutes = 30, lead_time = 0 }
estimate = { default_agents = 1, default_handle_time = 300 }

[call_targets.later]
name = "Later"
offer_asap = false
hours = { weekly = { tue = ["09:00-10:00"] } }

[call_targets.night]
name = "Night"
offer_scheduled = false
hours = { weekly = { mon = ["20:00-24:00"] } }

[conveys.billing]
name = "Bills <and> payments"
call_target = "billing"

[conveys.appointments]
name = "Appointments"
call_target = "later"

[conveys.night]
name = "Night desk"
call_target = "night"
default_language = "de"

[conveys.office]
name = "Office only"
call_target = "billing"
policy = "office"

[widgets.web]
name = "Web"
call_target = "billing"
"""

NUMBER = "(201) 555-0123"
OTHER_NUMBER = "(201) 555-0188"


@dataclass
class Site:
    """A browser without JavaScript, and what it needs behind it."""

    client: httpx.AsyncClient
    db: Database
    org: OrgId
    links: Links
    clock: ManualClock
    own: dict[str, str] = field(default_factory=dict)
    """Callbacks that a test keeps for later."""

    async def ask(self, slug: str = "billing", **form: str) -> httpx.Response:
        return await self.client.post(f"/c/{slug}", data={"contact_number": NUMBER, "when": "asap", **form})

    async def asked(self, slug: str = "billing", **form: str) -> str:
        """The address of the page of a callback that was accepted."""
        answer = await self.ask(slug, **form)
        assert answer.status_code == 303, answer.text
        return str(answer.url.join(answer.headers["location"]))

    def callback(self, url: str) -> Callback:
        org, callback_id = self.links.managed(httpx.URL(url).path.split("/")[2])
        return self.db.read_now(callbacks.get, org, callback_id)

    def move(self, url: str, to: State, **columns: Any) -> None:
        callback = self.callback(url)
        assert self.db.write_now(store.move, callback, to, now=self.clock.now(), **columns)


@pytest.fixture
async def site(sqlite_database: Database, clock: ManualClock) -> AsyncIterator[Site]:
    clock.turn_to(from_unix(MONDAY_10_AM))
    applied = sqlite_database.write_now(
        apply_file, read_text(ORGANIZATION), actor="test", origin="test", secrets={}, now=clock.now()
    )
    assert applied.org
    links = Links("https://calls.example", b"k" * 32)
    availability = Availability(sqlite_database, clock)
    routes = customer_routes(db=sqlite_database, availability=availability, links=links, clock=clock)
    transport = httpx.ASGITransport(app=Starlette(routes=routes), client=("198.51.100.7", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="https://calls.example") as client:
        yield Site(client, sqlite_database, applied.org, links, clock)


async def test_a_customer_asks_sees_moves_and_cancels(site: Site) -> None:
    page = (await site.client.get("/c/billing")).text
    assert "Northwind &amp; Sons" in page
    assert "Bills &lt;and&gt; payments" in page
    assert "We can call you" in page

    own = await site.asked(contact_number=OTHER_NUMBER)
    site.move(own, State.WAITLISTED)
    site.clock.advance(1)
    own = await site.asked()
    seen = (await site.client.get(own)).text
    assert "You are number 2 in line" in seen
    assert "We will call" in seen
    assert "+1 ••• ••23" in seen
    assert re.search(r"at about 10:\d\d AM EST", seen)
    assert "5550123" not in seen.replace("-", "").replace(" ", "")

    times = times_in((await site.client.get(f"{own}/move")).text)
    moved = await site.client.post(f"{own}/move", data={"appointment_time": times["11:00 AM EST"]})
    assert moved.status_code == 303
    assert str(moved.url.join(moved.headers["location"])) == own
    assert "at 11:00 AM EST" in (await site.client.get(own)).text
    assert site.callback(own).kind is Kind.SCHEDULED

    question = await site.client.get(f"{own}/cancel")
    assert "Cancel this callback?" in question.text
    assert site.callback(own).finished_at is None, "asking is not cancelling"
    canceled = await site.client.post(f"{own}/cancel")
    assert str(canceled.url.join(canceled.headers["location"])) == own
    assert " data-refresh" in seen, "while it waits the page keeps itself up to date"
    seen = (await site.client.get(own)).text
    assert "Your callback is canceled" in seen
    assert " data-refresh" not in seen
    assert 'href="../c/billing"' in seen
    assert f"{own}/cancel" not in seen
    assert site.callback(own).outcome is Outcome.CANCELED


async def test_a_time_is_booked_by_day_and_time(site: Site) -> None:
    page = await site.ask(day="2026-03-03", when="later", contact_number="typed so far")
    assert page.status_code == 200
    assert 'value="typed so far"' in page.text
    assert "alert" not in page.text
    times = times_in(page.text)
    assert list(times) == ["9:00 AM EST", "9:30 AM EST"]

    own = await site.asked(when="later", shown_day="2026-03-03", appointment_time=times["9:30 AM EST"])
    assert "on Tue, Mar 3, 9:30 AM EST" in (await site.client.get(own)).text
    callback = site.callback(own)
    assert (callback.channel, callback.time_zone) == ("convey", "America/New_York")


async def test_looking_at_a_day_asks_for_nothing(site: Site) -> None:
    await site.ask(day="2026-03-03")
    assert sum(site.db.read_now(callbacks.count_states).values()) == 0


async def test_a_form_sent_twice_is_one_callback(site: Site) -> None:
    form_id = re.search('name="form_id" value="([^"]+)"', (await site.client.get("/c/billing")).text)
    assert form_id
    first = await site.asked(form_id=form_id[1])
    assert await site.asked(form_id=form_id[1]) == first
    assert await site.asked(form_id=form_id[1], contact_number=OTHER_NUMBER) != first


async def test_a_second_callback_to_the_same_number_is_told_beside_it(site: Site) -> None:
    await site.asked()
    answer = await site.ask()
    assert answer.status_code == 400
    assert "already on its way" in beside(answer.text, "contact_number")


async def test_a_time_taken_meanwhile_is_told_and_no_longer_shown(site: Site) -> None:
    times = times_in((await site.client.get("/c/billing")).text)
    ten_thirty = times["10:30 AM EST"]
    await site.asked(when="later", appointment_time=ten_thirty, contact_number=OTHER_NUMBER)
    answer = await site.ask(when="later", appointment_time=ten_thirty)
    assert answer.status_code == 400
    assert "just been taken" in beside(answer.text, "appointment_time")
    assert f'value="{NUMBER}"' in answer.text
    assert "10:30 AM EST" not in times_in(answer.text)


async def test_a_move_to_a_time_taken_meanwhile_changes_nothing(site: Site) -> None:
    own = await site.asked()
    eleven = times_in((await site.client.get(f"{own}/move")).text)["11:00 AM EST"]
    await site.asked(when="later", appointment_time=eleven, contact_number=OTHER_NUMBER)
    answer = await site.client.post(f"{own}/move", data={"appointment_time": eleven})
    assert answer.status_code == 400
    assert "just been taken" in beside(answer.text, "appointment_time")
    assert site.callback(own).kind is Kind.ASAP


@pytest.mark.parametrize(
    ("form", "place", "words"),
    [
        ({"contact_number": ""}, "contact_number", "Enter your phone number"),
        ({"contact_number": "12"}, "contact_number", "cannot call this number"),
        ({"contact_number": "+44 20 7946 0958"}, "contact_number", "cannot call this number"),
        ({"when": "later"}, "appointment_time", "Choose a time"),
        ({"when": "later", "appointment_time": "soon"}, "appointment_time", "not offered"),
        ({"when": "later", "appointment_time": "9" * 40}, "appointment_time", "not offered"),
        ({"when": "later", "appointment_time": str(MONDAY_10_AM + 60)}, "appointment_time", "not offered"),
        ({"when": "later", "appointment_time": "60"}, "appointment_time", "has passed"),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field(site: Site, form: dict[str, str], place: str, words: str) -> None:
    answer = await site.ask(**form)
    assert answer.status_code == 400
    assert words in beside(answer.text, place)
    assert 'role="alert"' in answer.text
    assert f'href="#{place}"' in answer.text
    assert f'id="{place}"' in answer.text
    assert "<title>Error: " in answer.text


async def test_what_was_typed_is_kept_and_never_markup(site: Site) -> None:
    nasty = '"><script>alert(1)</script>\0\x1b'
    answer = await site.ask(contact_number=nasty, form_id=nasty, day_shown=nasty, appointment_time=nasty)
    assert answer.status_code == 400
    assert "<script>alert" not in answer.text
    kept = re.search('name="contact_number"[^>]* value="([^"]*)"', answer.text)
    assert kept
    assert html.unescape(kept[1]) == '"><script>alert(1)</script>'


async def test_while_nothing_is_offered_the_page_says_when_it_opens(site: Site) -> None:
    page = (await site.client.get("/c/night?locale=en")).text
    assert "<form" not in page
    assert "We cannot take callback requests right now." in page
    assert "Opens again" in page
    assert "8:00 PM EST" in page
    refused = await site.ask("night")
    assert refused.status_code == 400
    assert "nicht mehr angeboten" in refused.text


async def test_a_long_wait_is_told_as_a_time_of_day(site: Site) -> None:
    own = await site.asked()
    slow = ORGANIZATION.replace("default_handle_time = 300", "default_handle_time = 2000")
    site.db.write_now(apply_file, read_text(slow), actor="test", origin="test", secrets={}, now=site.clock.now())
    assert re.search(r"At about 1?\d:\d\d [AP]M EST", (await site.client.get("/c/billing")).text)
    assert "Promised for" in (await site.client.get(own)).text


async def test_only_booking_is_offered_without_the_other_choice(site: Site) -> None:
    page = (await site.client.get("/c/appointments")).text
    assert 'type="radio" name="when"' not in page
    assert '<input type="hidden" name="when" value="later">' in page
    assert list(times_in(page)) == ["9:00 AM EST", "9:15 AM EST", "9:30 AM EST", "9:45 AM EST"]


@pytest.mark.parametrize(
    "token",
    ["x", "..", "a.b.c", "%00", "%ff%fe", "é.é.é", "{org}.{id}.", "{org}.{id}.AAAAAAAAAAAAAAAAAAAAAAAA", "{org}"],
)
@pytest.mark.parametrize("rest", ["", "/cancel", "/move"])
async def test_a_forged_link_leads_nowhere(site: Site, token: str, rest: str) -> None:
    callback = site.callback(await site.asked())
    path = token.replace("{org}", callback.org).replace("{id}", callback.id)
    for method in ("GET", "POST") if rest else ("GET",):
        answer = await site.client.request(method, f"https://calls.example/m/{path}{rest}")
        if token == "..":
            continue  # the client makes another path of it
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text
    assert site.callback(site.links.manage(callback.org, callback.id)).finished_at is None


@pytest.mark.parametrize(
    "path", ["/c/", "/c/nobody", "/c/Billing", "/c/billing/x", "/c/%00", "/m/", "/m/a/b", "/c/web"]
)
async def test_a_page_that_is_not_there_is_told_in_the_same_look(site: Site, path: str) -> None:
    answer = await site.client.get(path, headers={"accept-language": "es-MX,es;q=0.9"})
    assert answer.status_code == 404
    assert "Aquí no hay nada" in answer.text
    assert 'lang="es' in answer.text


async def test_another_method_is_refused_with_those_there_are(site: Site) -> None:
    own = await site.asked()
    for path, allow in (("/c/billing", "GET, HEAD, POST"), (own, "GET, HEAD"), (f"{own}/move", "GET, HEAD, POST")):
        answer = await site.client.delete(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allow)
        assert answer.headers["content-type"].startswith("text/html")


async def test_head_answers_without_a_body(site: Site) -> None:
    answer = await site.client.head("/c/billing")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000


async def test_a_body_too_large_is_refused(site: Site) -> None:
    answer = await site.client.post("/c/billing", content=b"contact_number=" + b"1" * 65_536)
    assert answer.status_code == 413
    assert "That was too much" in answer.text


async def test_a_query_with_too_many_fields_is_passed_over(site: Site) -> None:
    answer = await site.client.get("/c/billing?" + "&".join(f"f{n}=1" for n in range(60)))
    assert answer.status_code == 200


async def test_too_many_fields_are_refused(site: Site) -> None:
    answer = await site.client.post("/c/billing", content="&".join(f"f{n}=1" for n in range(60)))
    assert answer.status_code == 400


async def test_too_many_requests_are_told_with_everything_typed_kept(site: Site) -> None:
    answers = [await site.ask(contact_number="1") for _ in range(9)]
    assert [answer.status_code for answer in answers] == [400] * 8 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "too many requests" in answers[-1].text
    assert 'name="contact_number"' in answers[-1].text
    assert 'value="1"' in answers[-1].text


async def test_a_page_is_not_polled_without_end(site: Site) -> None:
    own = await site.asked()
    statuses = set()
    for _ in range(1300):
        answer = await site.client.head(own)
        statuses.add(answer.status_code)
    assert statuses == {200, 429}


async def test_a_convey_for_certain_networks_is_closed_to_others(site: Site) -> None:
    for answer in (await site.client.get("/c/office"), await site.ask("office")):
        assert answer.status_code == 403
        assert "not open to you" in answer.text


async def test_without_a_database_the_customer_still_sees_a_page(site: Site) -> None:
    own = await site.asked()
    site.db.close()
    for answer in (await site.client.get(own), await site.client.get("/c/billing"), await site.ask()):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "We are having a short break" in answer.text


async def test_when_the_call_has_begun_it_is_too_late(site: Site) -> None:
    own = await site.asked()
    eleven = times_in((await site.client.get(f"{own}/move")).text)["11:00 AM EST"]
    site.move(own, State.DIALING, lease_owner="worker", lease_until=site.clock.now())
    page = (await site.client.get(own)).text
    assert "We are calling you now" in page
    assert "/cancel" not in page
    assert "/move" not in page
    for answer in (
        await site.client.post(f"{own}/cancel"),
        await site.client.post(f"{own}/move", data={"appointment_time": eleven}),
    ):
        assert answer.status_code == 409
        assert "too late" in answer.text
    for path in ("cancel", "move"):
        assert (await site.client.get(f"{own}/{path}")).status_code == 303
    assert site.callback(own).state is State.DIALING


async def test_canceling_twice_ends_on_the_same_page(site: Site) -> None:
    own = await site.asked()
    for _ in range(2):
        assert (await site.client.post(f"{own}/cancel")).status_code == 303


async def test_after_its_time_of_keeping_only_the_outcome_is_told(site: Site) -> None:
    own = await site.asked()
    await site.client.post(f"{own}/cancel")
    site.clock.turn_to(Instant(site.clock.now() + 30 * DAY - 1))
    assert "••23" in (await site.client.get(own)).text
    site.clock.turn_to(Instant(site.clock.now() + 1))
    page = (await site.client.get(own)).text
    assert "Your callback is canceled" in page
    assert "••23" not in page
    assert "Requested" not in page


async def test_a_callback_of_a_widget_that_is_gone_can_still_be_seen_and_canceled(site: Site) -> None:
    own = await site.asked()
    without = ORGANIZATION.replace("[conveys.billing]", "[conveys.renamed]")
    site.db.write_now(apply_file, read_text(without), actor="test", origin="test", secrets={}, now=site.clock.now())
    page = (await site.client.get(own)).text
    assert "You are next in line" in page
    assert "/move" not in page
    assert (await site.client.post(f"{own}/cancel")).status_code == 303
    assert "Your callback is canceled" in (await site.client.get(own)).text


@pytest.mark.parametrize(
    ("query", "accepted", "lang", "words"),
    [
        ("", None, "en", "Request a callback"),
        ("", "fr-CA,fr;q=0.9,en;q=0.8", "fr-CA", "Demander un rappel"),
        ("", "pt,en;q=0.1,de;q=0.9", "de", "Rückruf anfordern"),
        ("", "en;q=0,es", "es", "Solicitar una llamada"),
        ("?locale=es", "fr", "es", "Solicitar una llamada"),
        ("?locale=de-AT", "fr", "de-AT", "Rückruf anfordern"),
        ("?locale=%00nonsense", "zh", "en", "Request a callback"),
    ],
)
async def test_the_page_speaks_the_readers_language(
    site: Site, query: str, accepted: str | None, lang: str, words: str
) -> None:
    answer = await site.client.get(f"/c/billing{query}", headers={"accept-language": accepted} if accepted else {})
    assert f'<html lang="{lang}"' in answer.text
    assert answer.headers["content-language"] == lang
    assert words in answer.text


async def test_a_convey_speaks_its_own_language_by_default(site: Site) -> None:
    assert "Wieder geöffnet" in (await site.client.get("/c/night")).text


async def test_language_and_zone_go_along_to_the_callbacks_page(site: Site) -> None:
    query = urlencode({"locale": "fr", "time_zone": "Europe/Paris"})
    page = await site.client.get(f"/c/billing?{query}")
    assert "16:30 CET" in times_in(page.text)
    answer = await site.client.post(f"/c/billing?{query}", data={"contact_number": NUMBER, "when": "asap"})
    own = answer.url.join(answer.headers["location"])
    assert dict(own.params) == {"locale": "fr", "time_zone": "Europe/Paris"}
    callback = site.callback(str(own))
    assert (callback.locale, callback.time_zone) == ("fr", "Europe/Paris")
    bare = str(own.copy_with(query=None))
    for url in (str(own), bare):
        seen = (await site.client.get(url)).text
        assert "16:00 CET" in seen
        assert "Annuler le rappel" in seen


async def test_an_unknown_zone_is_passed_over(site: Site) -> None:
    page = await site.client.get("/c/billing?time_zone=../../etc/passwd")
    assert page.status_code == 200
    assert "10:30 AM EST" in times_in(page.text)


async def test_the_pages_let_nothing_else_in(site: Site) -> None:
    own = await site.asked()
    for path in ("/c/billing", own, f"{own}/cancel", f"{own}/move", "/m/forged"):
        answer = await site.client.get(path)
        headers = answer.headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["style-src"] == digest(answer.text, "style")
        assert policy["script-src"] == digest(answer.text, "script")
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text)
        assert not re.findall(r'<[^>]+ (?:style|on[a-z]+)="', answer.text)
        assert len(re.findall("<script|<style", answer.text)) == 2


async def test_a_redirect_is_not_kept_and_tells_no_referrer(site: Site) -> None:
    headers = (await site.ask()).headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_every_field_has_a_label_and_every_reference_leads_somewhere(site: Site) -> None:
    own = await site.asked(contact_number=OTHER_NUMBER)
    pages = [(await site.client.get(path)).text for path in ("/c/billing", own, f"{own}/move")]
    pages += [(await site.ask(contact_number="1")).text, (await site.ask(when="later")).text]
    for page in pages:
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        references = re.findall(r' (?:for|aria-describedby|aria-labelledby)="([^"]+)"', page)
        references += re.findall(r'href="#([^"]+)"', page)
        assert {name for reference in references for name in reference.split()} <= set(ids)
        assert len(re.findall("<h1", page)) == 1


FIELDS = ("contact_number", "when", "appointment_time", "day", "shown_day", "form_id", "locale", "time_zone")

forms = st.one_of(
    st.binary(max_size=300),
    st.lists(st.tuples(st.sampled_from(FIELDS), st.text(max_size=80) | st.integers().map(str)), max_size=8).map(
        lambda pairs: "&".join(f"{name}={quote_plus(value, errors='replace')}" for name, value in pairs).encode()
    ),
    st.lists(st.tuples(st.sampled_from(FIELDS), st.binary(max_size=30)), max_size=8).map(
        lambda pairs: b"&".join(name.encode() + b"=" + value for name, value in pairs)
    ),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=forms, query=forms, accepted=st.binary(max_size=60), path=st.sampled_from(("convey", "move", "cancel")))
async def test_no_bytes_end_in_anything_but_a_page(
    site: Site, body: bytes, query: bytes, accepted: bytes, path: str
) -> None:
    site.clock.advance(10)  # past every limit
    if path == "convey":
        target = "/c/appointments"
    else:
        if path not in site.own:
            site.own[path] = await site.asked(contact_number=NUMBER if path == "move" else OTHER_NUMBER)
        target = f"{httpx.URL(site.own[path]).path}/{path}"
    sent: list[dict[str, Any]] = []
    await call(site, "POST", target, body=body, query=query, accepted=accepted, sent=sent)
    await call(site, "GET", target, body=b"", query=query, accepted=accepted, sent=sent)
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 2
    assert all(start["status"] < 500 for start in starts)


async def call(
    site: Site, method: str, path: str, *, body: bytes, query: bytes, accepted: bytes, sent: list[dict[str, Any]]
) -> None:
    """Straight to the application: a client would not send such bytes."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [(b"accept-language", accepted)],
        "client": ("198.51.100.7", 1),
    }
    await site.client._transport.app(scope, receive, send)


STATES = [(state, None) for state in State if state is not State.FINISHED] + [
    (State.FINISHED, outcome) for outcome in Outcome
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("state", "outcome"), STATES)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("attempts", [0, 1])
def test_every_state_has_words_in_every_language(
    language: str, state: State, outcome: Outcome | None, kind: Kind, attempts: int
) -> None:
    told = tell(standing_of(state, outcome, kind, attempts), None, reader(language))
    assert told.headline
    assert "{" not in told.sentence
    assert bool(told.step) == (outcome is None)
    assert "2015550123" not in told.sentence


def standing_of(state: State, outcome: Outcome | None, kind: Kind, attempts: int) -> Standing:
    now = from_unix(MONDAY_10_AM)
    callback = Callback(
        org=OrgId("o"),
        id=CallbackId("c"),
        call_target_id=None,
        widget_id=None,
        contact_number="+12015550123;ext=7",
        contact_name=None,
        kind=kind,
        state=state,
        outcome=outcome,
        channel="web",
        locale="en",
        time_zone="UTC",
        order_at=now,
        appointment_at=Instant(now + DAY) if kind is Kind.SCHEDULED else None,
        due_at=now,
        promised_seconds=60,
        attempts=attempts,
        created_at=now,
        finished_at=now if outcome else None,
    )
    return Standing(callback, Instant(now + 30 * MINUTE), position=3 if callback.cancelable else None)


@pytest.mark.parametrize(
    ("change", "headline", "sentence"),
    [
        ({}, "You are number 3 in line", "at about 10:30 AM EST."),
        ({"position": 1, "wait": 0}, "You are next in line", "any moment now."),
        ({"attempts": 1}, "We could not reach you", "again at about 10:30 AM EST."),
        ({"appointment": 60}, "Your callback is booked", "at 11:00 AM EST."),
        ({"appointment": 60 * 24}, "Your callback is booked", "on Tue, Mar 3, 10:00 AM EST."),
        ({"appointment": 0}, "Your callback is booked", "as soon as an agent is free."),
    ],
)
def test_a_callback_in_line_is_told_as_it_is(change: dict[str, int], headline: str, sentence: str) -> None:
    standing = standing_of(State.PENDING, None, Kind.ASAP, change.get("attempts", 0))
    now = from_unix(MONDAY_10_AM)
    appointment = Instant(now + change["appointment"] * MINUTE) if "appointment" in change else None
    standing = replace(
        standing,
        callback=replace(standing.callback, appointment_at=appointment),
        position=change.get("position", 3),
        estimated_for=Instant(now + change.get("wait", 30) * MINUTE),
    )
    told = tell(standing, None, reader("en"))
    assert told.headline == headline
    assert told.sentence.endswith(sentence)


def reader(locale: str, zone: str = "America/New_York") -> Reader:
    return Reader(locale, zone, resolve_zone(zone), from_unix(MONDAY_10_AM))


def test_times_are_grouped_by_the_readers_own_day() -> None:
    midnight_utc = from_unix(1772496000)  # 2026-03-03T00:00Z
    slots = [Instant(midnight_utc + n * 60 * MINUTE) for n in (-1, 0, 1)]
    table = timetable(slots, reader("en", "UTC"))
    assert table
    assert [(day.value, day.words, day.chosen) for day in table.days] == [
        ("2026-03-02", "Mon, Mar 2", True),
        ("2026-03-03", "Tue, Mar 3", False),
    ]
    assert [(part, [time.words for time in times]) for part, times in table.parts] == [("evening", ["11:00 PM UTC"])]
    tokyo = timetable(slots, reader("en", "Asia/Tokyo"))
    assert tokyo
    assert [day.value for day in tokyo.days] == ["2026-03-03"]


@given(
    starts=st.sets(st.integers(0, 4 * 24 * 12), max_size=60),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]),
    season=st.sampled_from(
        [MONDAY_10_AM, 1772928000, 1761955200, 1325059200]
    ),  # and changes of clocks; Apia's lost day
    day=st.text(max_size=12),
    time=st.text(max_size=12),
)
def test_every_free_time_is_on_exactly_one_day(starts: set[int], zone: str, season: int, day: str, time: str) -> None:
    slots = [Instant(from_unix(season) + n * 5 * MINUTE) for n in sorted(starts)]
    table = timetable(slots, reader("de", zone), day=day, time=time)
    if not slots:
        assert table is None
        return
    assert table
    found = []
    for choice in table.days:
        shown = timetable(slots, reader("de", zone), day=choice.value)
        assert shown
        assert shown.day == choice.value
        found += [time.value for _, times in shown.parts for time in times]
    assert found == [str(slot // 1_000_000) for slot in slots]


def test_what_is_no_number_is_hidden_altogether() -> None:
    assert hidden("erased:01kjq4v8000123456789123456", reader("en")) == "•••"


def test_a_chosen_time_brings_its_day_with_it() -> None:
    slots = [from_unix(MONDAY_10_AM), Instant(from_unix(MONDAY_10_AM) + DAY)]
    table = timetable(slots, reader("en"), time=str(MONDAY_10_AM + 86400))
    assert table
    assert table.day == "2026-03-03"
    assert [time.chosen for _, times in table.parts for time in times] == [True]


@given(asked=st.none() | st.text(max_size=40), accepted=st.none() | st.text(max_size=60), default=st.text(max_size=10))
def test_some_language_is_always_found(asked: str | None, accepted: str | None, default: str) -> None:
    assert choose_locale(asked, accepted, default).partition("-")[0] in LANGUAGES


def test_only_the_organizations_languages_are_spoken() -> None:
    assert choose_locale("fr", "es", "de", offered=("de", "es-MX")) == "es"
    assert choose_locale("fr", None, "it", offered=("it",)) == "en"


def test_a_zone_in_minutes_is_understood() -> None:
    assert choose_zone("300", "UTC")[0] == "300"
    assert choose_zone("no zone", "UTC")[0] == "UTC"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_the_same_things(language: str) -> None:
    texts, english = TEXTS[language], TEXTS["en"]
    assert texts.keys() == english.keys()
    for key, text in texts.items():
        assert placeholders(text) <= placeholders(english[key]) | {"moment", "number"}, key
        assert ("position" in placeholders(text)) == ("position" in placeholders(english[key])), key
        assert not set('<>&"') & set(text), f"{key}: texts go into pages as they are"
        assert text == text.strip() != "", key


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def times_in(page: str) -> dict[str, str]:
    """The times that a page offers: words to value."""
    found = re.findall(r'name="appointment_time" value="(\d+)"[^>]*><span>([^<]+)</span>', page)
    return {words: value for value, words in found}


def beside(page: str, place: str) -> str:
    """What is told beside a field."""
    wrong = re.search(f'<p class="wrong" id="{place}-wrong">([^<]+)</p>', page)
    return html.unescape(wrong[1]) if wrong else ""


def digest(page: str, element: str) -> str:
    """The source expression that allows an inline element."""
    inside = re.search(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
    assert inside
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()}'"
