"""A call target's settings through its forms and back: nothing may be lost on the way."""

import datetime as dt
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_console_hours import weeks

from ringback.call_targets.model import CallTargetSettings, DuplicateRule, FirstParty
from ringback.call_targets.notifications import Notification, NotificationTexts
from ringback.call_targets.prompt_texts import PromptTexts
from ringback.console.call_targets.fields import (
    NOTIFICATION_LABELS,
    PROMPT_LABELS,
    Tab,
    notification_settings,
    prompt_settings,
)
from ringback.console.call_targets.form import WronglyTyped, read, read_all, shown, version
from ringback.console.call_targets.lists import (
    DateRow,
    dates_of,
    read_prompts,
    read_shifts,
    read_texts,
    shown_prompts,
    shown_shifts,
    shown_texts,
    with_date,
    without_dates,
)
from ringback.console.call_targets.tabs import ESTIMATE, HOURS, OFFERS, SLOTS, TABS
from ringback.console.call_targets.words import difference
from ringback.console.forms import read_fields, readable
from ringback.hours.model import Opening

LANGUAGES = st.sampled_from(["en", "es", "pt-BR", "de-CH-1996", "FR"])
TEXTS = st.text(max_size=30).map(lambda text: readable(text).strip()).filter(lambda text: "\n" not in text)
NAMES = TEXTS.filter(bool)
DATES = st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31))
SEPARATE = st.sampled_from([(), ("09:00-12:00",), ("08:00-09:00", "22:00-02:00")])


def texts_without_braces() -> st.SearchStrategy[str]:
    return st.text(max_size=60).map(lambda text: readable(text).replace("{", "").replace("}", "").strip())


def openings(week: Any) -> dict[str, list[str]] | str:
    written: dict[str, list[str]] | str = week.model_dump(mode="json")
    return written


@st.composite
def documents(draw: st.DrawFn) -> CallTargetSettings:
    """Any settings at all."""
    asap = draw(st.booleans())
    dates = draw(st.lists(DATES, unique=True, max_size=4))
    overrides = [
        {"date": date, "closed": not each, "open": each, "name": draw(TEXTS)}
        for date, each in zip(dates, draw(st.lists(SEPARATE, min_size=4, max_size=4)), strict=False)
    ]
    return CallTargetSettings.model_validate(
        {
            "name": draw(NAMES),
            "time_zone": draw(st.sampled_from([None, "Europe/Berlin", "America/New_York"])),
            "hours": {
                "weekly": openings(draw(weeks)),
                "overrides": overrides,
                "holidays": [{"date": date, "name": draw(TEXTS)} for date in draw(st.lists(DATES, unique=True))],
            },
            "register_callbacks": draw(st.booleans()),
            "process_callbacks": draw(st.booleans()),
            "offer_asap": asap,
            "offer_scheduled": draw(st.booleans()),
            "scheduled_after_hours": draw(st.booleans()),
            "max_requested_callbacks": draw(st.none() | st.integers(0, 1_000_000)),
            "max_estimate": draw(st.none() | st.integers(60, 86_400)),
            "minimum_delay": draw(st.integers(0, 86_400)),
            "closing_margin": draw(st.integers(0, 14_400)),
            "next_business_day": asap and draw(st.booleans()),
            "next_business_day_limit": draw(st.integers(1, 10_000)),
            "slots": {
                "length_minutes": draw(st.integers(5, 120)),
                "capacity": draw(st.integers(1, 1000)),
                "days_ahead": draw(st.integers(1, 30)),
                "lead_time": draw(st.integers(0, 604_800)),
            },
            "duplicate_rule": draw(st.sampled_from(DuplicateRule)),
            "first_party": draw(st.sampled_from(FirstParty)),
            "agent": {"destination": draw(TEXTS), "failover": draw(TEXTS), "caller_id": draw(TEXTS)},
            "customer_dial_timeout": draw(st.integers(5, 120)),
            "retry": {
                "max_attempts": draw(st.integers(1, 10)),
                "delay": draw(st.integers(10, 86_400)),
                "growth": draw(st.floats(1, 10)),
                "after_hours": draw(st.booleans()),
            },
            "pacing": {
                "max_queue_depth": draw(st.integers(1, 1000)),
                "calls_per_second": draw(st.floats(0.01, 100)),
            },
            "estimate": {
                "default_handle_time": draw(st.integers(10, 7200)),
                "default_agents": draw(st.integers(1, 10_000)),
                "stats_stale_after": draw(st.integers(10, 3600)),
                "staffing": [
                    {"agents": draw(st.integers(1, 10_000)), "weekly": openings(draw(weeks))}
                    for _ in range(draw(st.integers(0, 3)))
                ],
            },
            "scheduled_window": draw(st.integers(300, 86_400)),
            "languages": draw(st.lists(LANGUAGES, max_size=3)),
            "prompts": {
                language: {
                    name: draw(texts_without_braces()) for name in draw(st.sets(st.sampled_from(list(PROMPT_LABELS))))
                }
                for language in draw(st.sets(LANGUAGES, max_size=2))
            },
            "notifications": {
                **{each.value: draw(st.booleans()) for each in Notification},
                "texts": {
                    language: {
                        each.value: draw(texts_without_braces())
                        for each in draw(st.sets(st.sampled_from(Notification)))
                    }
                    for language in draw(st.sets(LANGUAGES, max_size=2))
                },
            },
        }
    )


def sent(fields: dict[str, str]) -> dict[str, str]:
    """What a browser sends: switches that are off are not among it, and lines end as the form's encoding wants it."""
    return {
        name: readable(value.replace("\n", "\r\n")) for name, value in fields.items() if value or not is_switch(name)
    }


def is_switch(name: str) -> bool:
    return any(each.name == name and each.kind.name == "switch" for tab in TABS for each in tab.settings)


def through_every_form(settings: CallTargetSettings, onto: CallTargetSettings) -> CallTargetSettings:
    """What all forms show of ``settings``, typed into the forms of ``onto``."""
    typed = {}
    for tab in TABS:
        typed |= sent(shown(tab.settings, settings))
    typed |= {"shift.7.agents": "", "shift.7.hours": "", **sent(shown_shifts(settings))}
    readers: list[Any] = [lambda form, start: read([each for tab in TABS for each in tab.settings], form, start)]
    readers.append(read_shifts)
    for language in settings.prompts:
        typed |= sent(shown_prompts(language, settings))
        readers.append(lambda form, start, language=language: read_prompts(language, form, start))
    for language in settings.notifications.texts:
        typed |= sent(shown_texts(language, settings))
        readers.append(lambda form, start, language=language: read_texts(language, form, start))
    result = read_all(readers, typed, onto)
    for row in dates_of(settings):
        result = with_date(sent(as_typed(row, settings)), result)
    return result


def as_typed(row: DateRow, settings: CallTargetSettings) -> dict[str, str]:
    closed = next((each.closed for each in settings.hours.overrides if each.date == row.date), False)
    kind = "holiday" if row.kind == "holiday" else "closed" if closed else "open"
    return {"kind": kind, "date": str(row.date), "open": "" if row.words == "closed" else row.words, "name": row.name}


@given(documents())
def test_forms_that_nobody_types_into_change_nothing(settings: CallTargetSettings) -> None:
    onto = without_dates({(row.kind, row.date) for row in dates_of(settings)}, settings)
    back = through_every_form(settings, onto)
    assert back.model_copy(update={"hours": settings.hours}) == settings
    assert dates_of(back) == dates_of(settings)


@given(documents())
def test_the_forms_carry_every_setting_but_the_switches(settings: CallTargetSettings) -> None:
    """Typed onto others, nothing but the switches and the order of dates is another one than before."""
    back = through_every_form(settings, CallTargetSettings(name="Another"))
    switches = {name: getattr(settings, name) for name in ("register_callbacks", "process_callbacks")}
    said = {tag: texts for tag, texts in settings.prompts.items() if texts != PromptTexts()}
    written = {tag: texts for tag, texts in settings.notifications.texts.items() if texts != NotificationTexts()}
    notifications = settings.notifications.model_copy(update={"texts": written})
    expected = settings.model_copy(update={"hours": back.hours, "prompts": said, "notifications": notifications})
    assert back.model_copy(update=switches) == expected
    assert back.hours.weekly == settings.hours.weekly
    assert dates_of(back) == dates_of(settings)


@given(documents(), documents())
def test_what_differs_is_told(one: CallTargetSettings, other: CallTargetSettings) -> None:
    assert (one == other) or difference(one, other)
    assert difference(one, one) == []


@given(
    st.dictionaries(
        st.text(max_size=8) | st.sampled_from(["name", "slots.capacity", "shift.0.agents", "shift.x"]), st.text()
    )
)
def test_whatever_is_typed_is_set_or_refused(typed: dict[str, str]) -> None:
    settings = CallTargetSettings(name="Billing")
    for tab in TABS:
        with suppress(WronglyTyped):
            read_all([lambda form, start, tab=tab: read(tab.settings, form, start), read_shifts], typed, settings)


def test_every_setting_stands_on_a_tab_or_among_the_lists_or_is_a_switch() -> None:
    shown_somewhere = {each.name for tab in TABS for each in tab.settings}
    assert len(shown_somewhere) == sum(len(tab.settings) for tab in TABS)
    elsewhere = {
        "register_callbacks",
        "process_callbacks",
        "hours.overrides",
        "hours.holidays",
        "estimate.staffing",
        "prompts",
        "notifications.texts",
    }
    assert shown_somewhere | elsewhere == set(leaves(CallTargetSettings(name="x").model_dump(mode="json")))
    assert set(PROMPT_LABELS) == set(PromptTexts.model_fields)
    assert set(NOTIFICATION_LABELS) == {*Notification}


def leaves(facts: dict[str, Any], above: str = "") -> list[str]:
    if above == "hours.weekly.":
        return []
    names = []
    for key, value in facts.items():
        if f"{above}{key}" == "hours.weekly":
            names += [f"hours.weekly.{day}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")]
        elif isinstance(value, dict) and value:
            names += leaves(value, f"{above}{key}.")
        else:
            names.append(f"{above}{key}")
    return names


SALES = CallTargetSettings.model_validate({"name": "Sales", "hours": {"weekly": {"mon": ["09:00-17:00"]}}})


def typed_on(tab: Tab, **changed: str) -> dict[str, str]:
    names = {name.replace("__", "."): value for name, value in changed.items()}
    return {**sent(shown(tab.settings, SALES)), **names}


@pytest.mark.parametrize(
    ("tab", "field", "text", "problem"),
    [
        (SLOTS, "slots__capacity", "0", "1 at least."),
        (SLOTS, "slots__capacity", "four", "Write a whole number."),
        (SLOTS, "slots__capacity", "", "This is needed."),
        (SLOTS, "slots__length_minutes", "3 min", "5 min at least."),
        (SLOTS, "slots__length_minutes", "3 h", "2 h at most."),
        (SLOTS, "slots__length_minutes", "30 s", "Whole minutes only."),
        (SLOTS, "slots__lead_time", "15", "Say the unit: 15 s, 15 min or 15 h."),
        (SLOTS, "slots__lead_time", "8 days", "7 days at most."),
        (OFFERS, "max_estimate", "30 s", "1 min at least."),
        (HOURS, "hours__weekly__mon", "9-12, 11-13", "Mon 09:00-12:00 and mon 11:00-13:00 overlap."),
        (HOURS, "hours__weekly__sun", "22-10", "Sun 22:00-10:00 and mon 09:00-17:00 overlap."),
        (HOURS, "hours__weekly__tue", "early", "“early” is not an opening"),
        (HOURS, "time_zone", "Berlin", "The time zone must be an IANA name"),
        (ESTIMATE, "estimate__default_agents", "1.5", "Write a whole number."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(tab: Tab, field: str, text: str, problem: str) -> None:
    with pytest.raises(WronglyTyped) as wrong:
        read(tab.settings, typed_on(tab, **{field: text}), SALES)
    assert list(wrong.value.problems) == [field.replace("__", ".")]
    assert problem in wrong.value.problems[field.replace("__", ".")]


def test_what_two_settings_say_together_stands_beside_one() -> None:
    typed = typed_on(OFFERS, next_business_day="yes")
    del typed["offer_asap"]
    with pytest.raises(WronglyTyped) as wrong:
        read(OFFERS.settings, typed, SALES)
    assert "offer that as well" in wrong.value.problems["next_business_day"]


def test_an_emptied_limit_is_no_limit() -> None:
    limited = SALES.model_copy(update={"max_estimate": 600, "time_zone": "Europe/Berlin"})
    assert read(OFFERS.settings, {**sent(shown(OFFERS.settings, limited)), "max_estimate": ""}, limited) == (
        limited.model_copy(update={"max_estimate": None})
    )
    assert read(HOURS.settings, {**sent(shown(HOURS.settings, limited)), "time_zone": " "}, limited).time_zone is None


def test_a_name_that_no_field_can_hold_stays_as_it_is() -> None:
    odd = CallTargetSettings(name="two\nlines", languages=("no tag, really",))
    everything = [each for tab in TABS for each in tab.settings]
    assert read(everything, sent(shown(everything, odd)), odd) == odd


def test_shifts_come_and_go() -> None:
    typed = {"shift.0.agents": "5", "shift.0.hours": "Mon-Fri 9-17", "shift.1.agents": "", "shift.1.hours": ""}
    two = read_shifts(typed, SALES)
    assert [shift.agents for shift in two.estimate.staffing] == [5]
    assert two.estimate.staffing[0].weekly.fri == (Opening(540, 1020),)
    assert read_shifts({"shift.0.agents": "", "shift.0.hours": ""}, two) == SALES
    with pytest.raises(WronglyTyped) as wrong:
        read_shifts({"shift.0.agents": "0", "shift.0.hours": "Mon", "shift.1.agents": "3", "shift.1.hours": ""}, SALES)
    assert wrong.value.problems.keys() == {"shift.0.agents", "shift.0.hours", "shift.1.hours"}


def test_prompts_come_and_go_language_by_language() -> None:
    (greeting, *_) = prompt_settings("de")
    with_german = read_prompts("de", sent({greeting.name: "Guten Tag.\nHier ist Acme."}), SALES)
    assert with_german.prompts["de"].greeting == "Guten Tag.\nHier ist Acme."
    assert read_prompts("de", {greeting.name: ""}, with_german) == SALES
    with pytest.raises(WronglyTyped) as wrong:
        read_prompts("de", {greeting.name: "Hallo {{wer}}"}, SALES)
    assert "is no placeholder of a prompt" in wrong.value.problems[greeting.name]


def test_texts_come_and_go_language_by_language() -> None:
    (confirmation, *_) = notification_settings("de")
    with_german = read_texts("de", sent({confirmation.name: "Wir rufen Sie\n{{when}} an."}), SALES)
    assert with_german.notifications.texts["de"].confirmation == "Wir rufen Sie\n{{when}} an."
    assert read_texts("de", {confirmation.name: ""}, with_german) == SALES
    for text, problem in (
        ("Hallo {{wer}}", "is no placeholder of a notification"),
        ("Wir rufen Sie an. " * 30, "With long values it takes 4 segments; 3 are allowed."),
    ):
        with pytest.raises(WronglyTyped) as wrong:
            read_texts("de", {confirmation.name: text}, SALES)
        assert problem in wrong.value.problems[confirmation.name]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "holiday", "date": "soon"}, "date"),
        ({"kind": "holiday", "date": "1999-01-01"}, "date"),
        ({"kind": "open", "date": "2026-12-24", "open": ""}, "open"),
        ({"kind": "open", "date": "2026-12-24", "open": "9-12, 10-13"}, "open"),
        ({"kind": "holiday", "date": "2026-12-24", "name": "x" * 201}, "name"),
    ],
)
def test_a_date_that_cannot_be(typed: dict[str, str], field: str) -> None:
    with pytest.raises(WronglyTyped) as wrong:
        with_date(typed, SALES)
    assert list(wrong.value.problems) == [field]


def test_a_holiday_under_an_exception_is_shown_as_overruled() -> None:
    both = with_date({"kind": "holiday", "date": "2026-12-24", "name": "Christmas Eve"}, SALES)
    both = with_date({"kind": "open", "date": "2026-12-24", "open": "9-12"}, both)
    assert [(row.kind, row.words, row.is_overruled) for row in dates_of(both)] == [
        ("exception", "09:00-12:00", False),
        ("holiday", "closed", True),
    ]
    assert without_dates({("holiday", dt.date(2026, 12, 24)), ("exception", dt.date(2026, 12, 24))}, both) == SALES


def test_two_states_of_a_form_have_two_versions() -> None:
    fields = shown(SLOTS.settings, SALES)
    assert version(fields) == version(dict(reversed(fields.items())))
    assert version(fields) != version({**fields, "slots.capacity": "5"})


def test_no_break_spaces_survive_a_form() -> None:
    assert read_fields("a=%C2%A0Bonjour%E2%80%AF!%07")["a"] == "\u00a0Bonjour\u202f!"
