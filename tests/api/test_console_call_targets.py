"""Call targets in the console: the list, the tabs, draft and publish, preview, history."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from tests.api.conftest import ORGANIZATIONS
from tests.api.scheduler import Scheduler
from tests.consoles import Console, person, shown
from tests.fakes.telephone import set_up_texts
from tests.running import Running, reconfigure

from ringback.audit.model import Author
from ringback.configuration.call_targets import KeptCallTarget, kept_call_targets
from ringback.configuration.switches import switch_registering
from ringback.identity.model import Role
from ringback.kernel.tenancy import OrgId

TARGETS = "/console/acme/call-targets"
Browse = Callable[[], Console]


class Form(HTMLParser):
    """What a browser would send of the form whose action ends so."""

    def __init__(self, console: Console, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action, self._inside, self._area, self._select = action, False, "", ""
        self.feed(console.page.text)
        assert self.fields, f"there is no form for {action}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "option" and self._inside and "selected" in values:
            self.fields[self._select] = values.get("value") or ""
        if tag == "form":
            self._inside = values.get("method") == "post" and (values.get("action") or "").endswith(self._action)
        name = values.get("name")
        if not self._inside or not name:
            return
        if tag == "textarea":
            self._area = name
            self.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif values.get("type") != "checkbox" or "checked" in values:
            self.fields[name] = values.get("value") or ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "form":
            self._inside = False


def kept(server: Running, key: str) -> KeptCallTarget:
    (found,) = [each for each in server.app.db.read_now(kept_call_targets, OrgId("acme")) if each.key == key]
    return found


def of(server: Running, key: str) -> str:
    return f"{TARGETS}/{kept(server, key).id}"


def fill(console: Console, path: str, **changed: str | None) -> None:
    """Open a tab, type, and send the whole form; None takes a tick away. Two underscores are a dot."""
    console.open(path)
    fields = Form(console, path).fields
    for name, value in changed.items():
        if value is None:
            fields.pop(name.replace("__", "."), None)
        else:
            fields[name.replace("__", ".")] = value
    console.send_raw(path, fields)


def publish(console: Console, path: str) -> None:
    console.open(f"{path}/publish")
    console.send(f"{path}/publish", seen=console.value("seen"))


def test_the_list_says_how_each_stands_and_who_uses_it(admin: Console, server: Running) -> None:
    admin.open(TARGETS)
    assert "Sales sales Closed Closed until Tue 09:00 . Times can be booked. Tue 09:00-10:00" in admin.text
    assert "Off off Not registering" in admin.text
    assert "Billing billing Open" in admin.text
    assert "draft waits" not in admin.text
    fill(admin, f"{of(server, 'sales')}/slots", slots__capacity="7")
    assert "Sales draft waits" in (admin.open(TARGETS) and admin.text)


def test_a_new_one_a_copy_and_removing_it(admin: Console, server: Running) -> None:
    admin.open(f"{TARGETS}/new")
    assert admin.send(f"{TARGETS}/new", name=" ", like="").status_code == 400
    assert "This is needed." in admin.text
    assert admin.send(f"{TARGETS}/new", name="sales", like="").status_code == 400
    assert "Another call target is called so." in admin.text
    assert admin.value("name") == "sales"
    admin.open(f"{TARGETS}/new?like={kept(server, 'desk').id}")
    assert admin.value("name") == "Front Desk copy"
    admin.send(f"{TARGETS}/new", name="Back Desk", like=str(kept(server, "desk").id))
    assert "Nobody can ask for a callback on it until a widget uses it" in admin.text
    copy = kept(server, "back-desk")
    assert copy.settings == kept(server, "desk").settings.model_copy(update={"name": "Back Desk"})
    admin.open(f"{TARGETS}/{copy.id}/remove")
    admin.send(f"{TARGETS}/{copy.id}/remove")
    assert "“Back Desk” is removed." in admin.text
    assert admin.open(f"{TARGETS}/{copy.id}").status_code == 404


def test_one_that_is_used_is_not_removed_and_says_why(admin: Console, server: Running, acme: Scheduler) -> None:
    acme.requested("billing", "+12015550123")
    path = of(server, "billing")
    admin.open(f"{path}/remove")
    assert "while widgets use it: billing, inactive, billing page" in admin.text
    assert "1 callback has not ended yet" in admin.text
    assert admin.send(f"{path}/remove").status_code == 400
    assert "Widgets use the call target" in admin.text
    assert kept(server, "billing")


def test_a_form_that_nobody_types_into_changes_nothing(admin: Console, server: Running) -> None:
    for key in ("billing", "sales"):
        before, path = kept(server, key).settings, of(server, key)
        for tab in ("", "/hours", "/offers", "/slots", "/calling", "/estimate", "/prompts", "/texts"):
            admin.open(f"{path}{tab}")
            fields = Form(admin, f"{path}{tab}").fields
            assert admin.send_raw(f"{path}{tab}", fields).status_code == 200
            assert kept(server, key).draft is None, tab
        assert kept(server, key).settings == before


def test_an_edit_waits_in_the_draft_until_it_is_published(admin: Console, server: Running, acme: Scheduler) -> None:
    path = of(server, "desk")
    fill(admin, f"{path}/slots", slots__capacity="3", slots__lead_time="1 h")
    assert "Kept in the draft." in admin.text
    assert "2 settings differ from what is in force: Slots: Capacity, Slots: Lead time" in admin.text
    assert "In force: 0 s" in admin.text
    assert (kept(server, "desk").settings.slots.capacity, kept(server, "desk").latest.slots.capacity) == (1, 3)
    fill(admin, f"{path}/offers", offer_asap=None)
    before = acme.widget("desk").json()["data"][0]
    assert before["offer_asap"] is True
    admin.open(f"{path}/publish")
    assert "Slots: Lead time 0 s 1 h" in admin.text
    assert "Callbacks as soon as possible would no longer be offered now." in admin.text
    publish(admin, path)
    assert "Published: “Front Desk” goes by it from now on." in admin.text
    assert kept(server, "desk").settings.slots.lead_time == 3600
    after = acme.widget("desk").json()["data"][0]
    assert (after["offer_asap"], after["offer_scheduled"]) == (False, True)
    assert len(after["scheduled_timeslots"]) < len(before["scheduled_timeslots"])
    assert "No draft waits" in (admin.open(f"{path}/publish") and admin.text)
    admin.open("/console/acme/audit?kind=call_target")
    assert "Call target desk changed" in admin.text


def test_what_it_means_now_is_said_before(admin: Console, server: Running, acme: Scheduler) -> None:
    slot = acme.widget("desk").json()["data"][0]["scheduled_timeslots"][-1]
    acme.requested("desk", "+12015550124", appointment_time=slot)
    path = of(server, "desk")
    fill(admin, f"{path}/hours", hours__weekly__mon="13:00-17:00", hours__weekly__tue="")
    admin.open(f"{path}/publish")
    assert "It would close it now: nobody is called until it opens again." in admin.text
    assert "1 booked callback lies outside the new hours" in admin.text
    assert "1 live callback goes by the new settings from now on." in admin.text


def test_the_switches_are_shown_and_are_in_no_draft(admin: Console, server: Running) -> None:
    admin.open(f"{of(server, 'off')}/offers")
    assert "Register callbacks off No new callbacks are taken." in admin.text
    fill(admin, f"{of(server, 'off')}/offers", register_callbacks="yes", process_callbacks="")
    assert kept(server, "off").draft is None


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(admin: Console, server: Running) -> None:
    path = of(server, "desk")
    fill(admin, f"{path}/slots", slots__capacity="many", slots__lead_time="15", scheduled_window="1 min")
    assert admin.page.status_code == 400
    for problem in ("Write a whole number.", "Say the unit: 15 s, 15 min or 15 h.", "5 min at least."):
        assert problem in admin.text
    assert admin.value("slots.capacity") == "many"
    assert kept(server, "desk").draft is None
    fill(admin, f"{path}/hours", hours__weekly__mon="9-12, 11-13", time_zone="Berlin")
    assert admin.page.status_code == 400
    assert re.search(r'id="hours.weekly.mon-wrong">Mon 09:00-12:00 and mon 11:00-13:00 overlap', admin.page.text)
    assert re.search(r'id="time_zone-wrong">The time zone must be an IANA name', admin.page.text)
    fill(admin, f"{path}/offers", offer_asap=None, next_business_day="yes")
    assert re.search(r'id="next_business_day-wrong">Next business day is', admin.page.text)
    fill(admin, f"{path}/prompts", languages="en, it")
    assert "“it” is not among the organization's languages" in admin.text
    fill(admin, path, name="Sales")
    assert "Another call target is called so." in admin.text


def test_two_people_on_two_tabs_of_one_draft(admin: Console, server: Running, browse: Browse) -> None:
    ben = manager(server, browse)
    path = of(server, "desk")
    admin.open(f"{path}/slots")
    mine = {**Form(admin, f"{path}/slots").fields, "slots.capacity": "3"}
    fill(ben, f"{path}/offers", minimum_delay="1 min")
    assert admin.send_raw(f"{path}/slots", mine).status_code == 200
    latest = kept(server, "desk").latest
    assert (latest.slots.capacity, latest.minimum_delay) == (3, 60)


def test_two_people_on_the_same_tab_see_the_difference(admin: Console, server: Running, browse: Browse) -> None:
    ben = manager(server, browse)
    path = of(server, "desk")
    admin.open(f"{path}/slots")
    mine = {**Form(admin, f"{path}/slots").fields, "slots.capacity": "3"}
    fill(ben, f"{path}/slots", slots__capacity="5")
    assert admin.send_raw(f"{path}/slots", mine).status_code == 409
    assert "Somebody else has changed these settings meanwhile." in admin.text
    assert "Capacity 5 callbacks a slot 3 callbacks a slot" in admin.text
    assert kept(server, "desk").latest.slots.capacity == 5
    again = Form(admin, f"{path}/slots").fields
    assert again["slots.capacity"] == "3"
    assert admin.send_raw(f"{path}/slots", again).status_code == 200
    assert kept(server, "desk").latest.slots.capacity == 3


def test_two_people_who_type_the_same_agree(admin: Console, server: Running, browse: Browse) -> None:
    path = of(server, "desk")
    admin.open(path)
    mine = {**Form(admin, path).fields, "name": "Reception"}
    other = {**mine, "name": "Lobby"}
    fill(manager(server, browse), path, name="Reception")
    assert admin.send_raw(path, mine).status_code == 200
    assert admin.send_raw(path, other).status_code == 409
    assert "Somebody else calls it “Reception” by now." in admin.text
    assert admin.value("name") == "Lobby"


def test_who_publishes_decides_anew_when_something_has_changed(admin: Console, server: Running) -> None:
    path = of(server, "desk")
    fill(admin, f"{path}/slots", slots__capacity="3")
    admin.open(f"{path}/publish")
    seen = admin.value("seen")
    reconfigure(server, ORGANIZATIONS / "acme.toml", ('name = "Front Desk"', 'name = "Reception"'))
    assert admin.send(f"{path}/publish", seen=seen).status_code == 409
    assert "Something has changed since you looked." in admin.text
    assert "Changed in force since the draft was saved" in admin.text
    assert "Name Front Desk Reception" in admin.text
    switch(server, "desk", on=False)
    assert admin.send(f"{path}/publish", seen=admin.value("seen")).status_code == 409
    admin.send(f"{path}/publish", seen=admin.value("seen"))
    settings = kept(server, "desk").settings
    assert (settings.name, settings.slots.capacity, settings.register_callbacks) == ("Reception", 3, False)


def test_the_draft_is_discarded_and_the_way_back(admin: Console, server: Running) -> None:
    path = of(server, "desk")
    fill(admin, f"{path}/slots", slots__capacity="3")
    admin.send(f"{path}/discard")
    assert "The draft is discarded." in admin.text
    assert kept(server, "desk").draft is None
    undo = Form(admin, history_of(admin)).fields
    admin.send_raw(history_of(admin), undo)
    assert kept(server, "desk").latest.slots.capacity == 3


def history_of(console: Console) -> str:
    (action,) = set(re.findall(r'action="([^"]+/history/[^"]+)"', console.page.text))
    return str(action)


def test_holidays_and_exceptions_one_by_one(admin: Console, server: Running) -> None:
    hours = f"{of(server, 'desk')}/hours"
    admin.open(hours)
    assert "No holidays yet" in admin.text
    admin.send(f"{hours}/dates", kind="holiday", date="2026-12-25", open="", name="Christmas Day")
    admin.send(f"{hours}/dates", kind="open", date="2026-12-24", open="9-12", name="Christmas Eve")
    admin.send(f"{hours}/dates", kind="closed", date="2026-02-01", open="", name="")
    assert "Thu 2026-12-24 draft 09:00-12:00 exception Christmas Eve" in admin.text
    assert "Sun 2026-02-01 draft closed exception" in admin.text
    assert admin.send(f"{hours}/dates", kind="open", date="2026-12-31", open="late", name="x").status_code == 400
    assert "“late” is not an opening" in admin.text
    admin.send(f"{hours}/dates/remove", past="yes")
    assert "2026-02-01 is not in the draft any more." in admin.text
    admin.send(f"{hours}/dates/remove", kind="holiday", date="2026-12-25")
    assert [str(each.date) for each in kept(server, "desk").latest.hours.overrides] == ["2026-12-24"]
    assert kept(server, "desk").latest.hours.holidays == ()
    undo = Form(admin, f"{hours}/dates").fields
    admin.send_raw(f"{hours}/dates", undo | {"kind": "holiday", "date": "2026-12-25", "name": "Christmas Day"})
    assert [each.name for each in kept(server, "desk").latest.hours.holidays] == ["Christmas Day"]


def test_holidays_of_a_country_for_a_person_to_confirm(admin: Console, server: Running) -> None:
    path = f"{of(server, 'desk')}/hours/holidays"
    admin.open(path)
    assert "Independence Day" in admin.text
    assert "New Year's Day" not in admin.text, "it has passed"
    fields = Form(admin, path).fields
    del fields["date.2026-07-04"]
    admin.send_raw(path, fields)
    found = {str(each.date): each.name for each in kept(server, "desk").latest.hours.holidays}
    assert found["2026-12-25"] == "Christmas Day"
    assert "2026-07-04" not in found
    admin.open(f"{path}?country=DE&region=BY&year=2027")
    assert "Heilige Drei Könige" in admin.text
    for query, problem in (("country=XX", "No holidays are known"), ("year=soon", "Choose a year.")):
        assert admin.open(f"{path}?{query}").status_code == 400
        assert problem in admin.text


def test_shifts_and_prompts(admin: Console, server: Running) -> None:
    path = of(server, "desk")
    fill(admin, f"{path}/estimate", shift__0__agents="6", shift__0__hours="mon-fri 9-17")
    admin.open(f"{path}/prompts?language=de")
    assert "Guten Tag" in admin.page.text
    fields = Form(admin, f"{path}/prompts").fields | {"prompts.de.greeting": "Hallo,\nhier ist {{organization_name}}."}
    admin.send_raw(f"{path}/prompts", fields)
    latest = kept(server, "desk").latest
    assert [shift.agents for shift in latest.estimate.staffing] == [6]
    assert latest.prompts["de"].greeting == "Hallo,\nhier ist {{organization_name}}."
    admin.open(f"{path}/publish")
    assert "Shift 1 nothing 6 agents, Mon-Fri 09:00-17:00" in admin.text
    assert "Prompt greeting (de) nothing Hallo," in admin.text


class TestTexts:
    OWN = "notifications.texts.de.confirmation"

    def test_switches_and_texts_wait_in_the_draft_like_all_else(self, admin: Console, server: Running) -> None:
        path = f"{of(server, 'desk')}/texts"
        admin.open(f"{path}?language=de")
        assert "Acme: Wir rufen Sie zu Front Desk gegen" in admin.text
        fields = Form(admin, path).fields | {self.OWN: "Hallo!\nWir rufen Sie {{when}} an."}
        del fields["notifications.calling"]
        admin.send_raw(path, fields)
        assert "Kept in the draft." in admin.text
        assert "German (de), 1 of its own" in admin.text
        assert "“Hallo! Wir rufen Sie gegen" in admin.text
        rules = kept(server, "desk").latest.notifications
        assert (rules.calling, rules.confirmation) == (False, True)
        assert rules.texts["de"].confirmation == "Hallo!\nWir rufen Sie {{when}} an."
        assert kept(server, "desk").settings.notifications.calling
        admin.open(f"{of(server, 'desk')}/publish")
        assert "Texts: Calling now on off" in admin.text
        assert "Text of “Confirmation” (de) nothing Hallo! Wir rufen Sie {{when}} an." in admin.text
        publish(admin, of(server, "desk"))
        assert not kept(server, "desk").settings.notifications.calling

    def test_what_is_typed_is_previewed_and_not_kept(self, admin: Console, server: Running) -> None:
        path = f"{of(server, 'desk')}/texts"
        admin.open(f"{path}?language=de")
        fields = Form(admin, path).fields
        admin.send_raw(f"{path}/preview", fields | {self.OWN: "Привет {{organization_name}}."})
        assert admin.page.status_code == 200
        assert "“Привет Acme.” 1 segment, UCS-2" in admin.text
        admin.send_raw(f"{path}/preview", fields | {self.OWN: "Hallo {{wer}}."})
        assert "'{{wer}}' is no placeholder of a notification" in admin.text
        assert kept(server, "desk").draft is None

    def test_a_text_that_does_not_fit_is_refused_with_words(self, admin: Console, server: Running) -> None:
        path = f"{of(server, 'desk')}/texts"
        admin.open(f"{path}?language=de")
        admin.send_raw(path, Form(admin, path).fields | {self.OWN: "Wir rufen Sie an. " * 30})
        assert admin.page.status_code == 400
        assert "With long values it takes 4 segments; 3 are allowed." in admin.text
        assert admin.value("language") == "de"
        assert kept(server, "desk").draft is None

    def test_the_gateway_says_where_they_are(self, admin: Console) -> None:
        admin.open("/console/acme/messaging/gateway")
        assert "What customers are told is set per call target" in admin.text

    def test_without_a_gateway_it_says_so(self, admin: Console, server: Running) -> None:
        path = f"{of(server, 'desk')}/texts"
        admin.open(path)
        assert "The organization sends no texts now." in admin.text
        set_up_texts(server, "acme")
        admin.open(path)
        assert "sends no texts" not in admin.text


class TestPreview:
    def test_now_is_what_the_api_answers(self, admin: Console, server: Running, acme: Scheduler) -> None:
        for key in ("billing", "desk", "sales", "full", "off", "shut"):
            answer = acme.widget(key, time_zone="America/New_York").json()["data"][0]
            admin.open(of(server, key))
            assert f"{answer['widget_state']} “{answer['message']}”" in admin.text
            free = len(answer["scheduled_timeslots"])
            assert f"Times to book {f'{free} free' if free else 'no'}" in admin.text

    def test_at_another_time_with_the_draft_beside(self, admin: Console, server: Running) -> None:
        path = of(server, "sales")
        fill(admin, f"{path}/hours", hours__weekly__tue="10:00-12:00")
        admin.open(f"{path}?on=2026-03-03&at=09:30")
        one, other = admin.text.split("With the draft")
        assert "In force Tue 2026-03-03 09:30 EST Open" in one
        assert "Closed until 10:00 EST" in other
        assert "We can call you in" in one

    def test_with_what_is_assumed(self, admin: Console, server: Running) -> None:
        path = of(server, "billing")
        fill(admin, f"{path}/offers", max_estimate="10 min", max_requested_callbacks="20")
        publish(admin, path)
        admin.open(f"{path}?estimate=9 min")
        assert "As soon as possible yes told: 9 min" in admin.text
        assert "offer_callback “We can call you in approximately 9 minutes.”" in admin.text
        admin.open(f"{path}?estimate=11 min")
        assert "Estimate too long" in admin.text
        assert "offer_scheduled_callback" in admin.text
        admin.open(f"{path}?waiting=20")
        assert "At its limit 20 callbacks wait; from 20 on" in admin.text
        assert "Waiting 20 Times to book" in admin.text

    @pytest.mark.parametrize(
        ("at", "words"),
        [
            ("on=2026-03-08&at=02:30", "The clocks skip 02:30 on that day: 03:00 is meant."),
            ("on=2026-11-01&at=01:30", "The clocks show 01:30 twice on that day: the first time is meant."),
        ],
    )
    def test_times_that_are_not_there_or_there_twice(
        self, admin: Console, server: Running, at: str, words: str
    ) -> None:
        admin.open(f"{of(server, 'billing')}?{at}")
        assert words in admin.text

    @pytest.mark.parametrize(
        ("query", "problem"),
        [
            ("on=tomorrow", "This is no date."),
            ("on=0001-01-01", "This is no date."),
            ("at=25:00", "This is no time"),
            ("estimate=9", "Say the unit"),
            ("waiting=-1", "Write a whole number."),
            ("waiting=99999999999", "Write a whole number."),
        ],
    )
    def test_what_cannot_be_asked(self, admin: Console, server: Running, query: str, problem: str) -> None:
        assert admin.open(f"{of(server, 'billing')}?{query}").status_code == 400
        assert problem in admin.text


def test_an_earlier_state_is_brought_back_as_a_draft(admin: Console, server: Running) -> None:
    path = of(server, "desk")
    for capacity in ("3", "5"):
        server.clock.advance(60)
        fill(admin, f"{path}/slots", slots__capacity=capacity)
        publish(admin, path)
    switch(server, "desk", on=False)
    admin.open(f"{path}/history")
    assert "Slots: Capacity 3 callbacks a slot 5 callbacks a slot" in admin.text
    assert "Register callbacks on off" in admin.text
    states = re.findall(rf"{path}/history/(\w+)", admin.page.text)
    assert len(states) == 2, "the two states that are not in force"
    admin.open(f"{path}/history/{states[0]}")
    assert "Slots: Capacity 5 callbacks a slot 3 callbacks a slot" in admin.text
    admin.send(f"{path}/history/{states[0]}", state="after")
    assert "It is in the draft." in admin.text
    publish(admin, path)
    settings = kept(server, "desk").settings
    assert (settings.slots.capacity, settings.register_callbacks) == (3, False)
    assert admin.open(f"{path}/history/none").status_code == 404


def test_a_viewer_looks_and_cannot_type(server: Running, browse: Browse) -> None:
    person(server, "vic@acme.example", acme=Role.VIEWER)
    viewer = browse()
    viewer.sign_in("vic@acme.example")
    viewer.open(TARGETS)
    assert "New call target" not in viewer.text
    path = of(server, "desk")
    viewer.open(f"{path}/slots")
    assert '<fieldset class="plain" disabled>' in viewer.page.text
    assert "Save in the draft" not in viewer.text
    assert "History" not in viewer.text
    assert viewer.open(f"{path}/history").status_code == 403


def test_hostile_names_are_shown_as_they_are(admin: Console, server: Running) -> None:
    name = '<script>alert("x")</script>' + "W" * 90
    admin.open(f"{TARGETS}/new")
    admin.send(f"{TARGETS}/new", name=name, like="")
    assert name in admin.text
    assert "<script>alert" not in admin.page.text
    assert name in shown(admin.open(TARGETS).text)


def manager(server: Running, browse: Browse) -> Console:
    person(server, "ben@acme.example", acme=Role.MANAGER)
    console = browse()
    console.sign_in("ben@acme.example")
    return console


def switch(server: Running, key: str, *, on: bool) -> None:
    server.clock.advance(1)
    by = Author("sue@acme.example", "console 192.0.2.9")
    server.app.db.write_now(
        switch_registering, OrgId("acme"), kept(server, key).id, on=on, by=by, now=server.clock.now()
    )
