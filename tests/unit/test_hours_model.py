"""Opening hours as a document: what it may say, and that it says the same after a journey through a file."""

import re
import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ringback.hours.model import WEEKDAYS, Opening, OpeningHours


def _hours(weekly="always", **rest) -> OpeningHours:
    return OpeningHours.model_validate({"weekly": weekly, **rest})


def _problem(document) -> str:
    with pytest.raises(ValidationError) as caught:
        OpeningHours.model_validate(document)
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in caught.value.errors())


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("09:00-17:30", 540, 1050),
        ("09:00 - 17:30", 540, 1050),
        ("00:00-24:00", 0, 1440),
        ("00:00-00:00", 0, 1440),
        ("22:00-24:00", 1320, 1440),
        ("22:00-00:00", 1320, 1440),
        ("22:00-06:00", 1320, 1800),
        ("09:00-09:00", 540, 1980),
    ],
)
def test_an_opening_is_read_from_clock_times(text, start, end):
    assert Opening.parse(text) == Opening(start, end)


@given(st.integers(0, 1439), st.integers(1, 1440))
def test_an_opening_is_written_as_it_is_read(start, length):
    opening = Opening(start, start + length)

    assert Opening.parse(str(opening)) == opening


@pytest.mark.parametrize(
    "text",
    ["", "9-17", "9:00-17:00", "09:00", "24:00-25:00", "24:00-06:00", "09:60-10:00", "09:00-24:01", "09:00-17:00\n", 9],
)
def test_anything_else_is_no_opening(text):
    assert "write it like 09:00-17:30" in _problem({"weekly": {"mon": [text]}})


def test_always_is_all_day_every_day_and_is_kept_short():
    hours = _hours("always")

    assert hours == _hours(dict.fromkeys(WEEKDAYS, ("00:00-24:00",)))
    assert hours.model_dump()["weekly"] == "always"
    assert hours.to_json() == '{"weekly":"always"}'


def test_toml_and_json_say_the_same():
    text = """
        weekly = { mon = ["09:00-12:30", "13:30-17:30"], fri = ["22:00-06:00"] }
        overrides = [
            { date = 2026-12-24, open = ["09:00-12:00"], name = "Christmas Eve" },
            { date = 2026-12-28, closed = true },
        ]
        holidays = [{ date = 2026-12-25, name = "Christmas Day" }]
    """
    hours = OpeningHours.model_validate(tomllib.loads(text))

    assert hours.holidays[0].date == date(2026, 12, 25)
    assert OpeningHours.model_validate_json(hours.model_dump_json()) == hours
    assert OpeningHours.from_json(hours.to_json()) == hours
    assert OpeningHours.model_validate(hours.model_dump()) == hours
    assert hours.model_dump(mode="json")["weekly"]["fri"] == ["22:00-06:00"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "weekly: Field required"),
        ({"weekly": "never"}, "weekly: .*'never' is not a week"),
        ({"weekly": {"monday": []}}, "weekly.monday: Extra"),
        ({"weekly": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "mon 09:00-12:00 and mon 11:00-13:00 overlap"),
        ({"weekly": {"mon": ["22:00-02:00"], "tue": ["01:00-03:00"]}}, "mon 22:00-02:00 and tue 01:00-03:00 overlap"),
        ({"weekly": {"mon": ["01:00-03:00"], "sun": ["22:00-02:00"]}}, "sun 22:00-02:00 and mon 01:00-03:00 overlap"),
        ({"weekly": {"mon": ["09:00-09:00", "08:00-10:00"]}}, "overlap"),
        ({"weekly": "always", "overrides": [{"date": "2026-01-01"}]}, "2026-01-01 must say either"),
        (
            {"weekly": "always", "overrides": [{"date": "2026-01-01", "closed": True, "open": ["09:00-10:00"]}]},
            "2026-01-01 must say either",
        ),
        (
            {"weekly": "always", "overrides": [{"date": "2026-01-01", "open": ["09:00-11:00", "10:00-12:00"]}]},
            "overrides.0: .*overlap",
        ),
        (
            {"weekly": "always", "overrides": [{"date": "2026-01-01", "closed": True}] * 2},
            "overrides name a date more than once: 2026-01-01",
        ),
        (
            {"weekly": "always", "holidays": [{"date": "2026-01-01"}] * 2},
            "holidays name a date more than once: 2026-01-01",
        ),
        ({"weekly": "always", "holidays": [{"date": 20260101}]}, "holidays.0.date: .*is not a date"),
        ({"weekly": "always", "holidays": [{"date": "1767225600"}]}, "holidays.0.date: .*is not a date"),
        ({"weekly": "always", "holidays": [{"date": "2026-02-30"}]}, "holidays.0.date"),
    ],
)
def test_a_wrong_document_is_refused_with_its_place_and_reason(document, message):
    assert re.search(message, _problem(document))


def test_openings_may_touch():
    hours = _hours({"mon": ["09:00-12:00", "12:00-17:00", "22:00-24:00"], "tue": ["00:00-06:00"]})

    assert len(hours.weekly.mon) == 3


def test_a_date_may_be_both_override_and_holiday():
    hours = _hours(overrides=[{"date": "2026-01-01", "open": ["09:00-10:00"]}], holidays=[{"date": "2026-01-01"}])

    assert hours.overrides[0].date == hours.holidays[0].date


def test_the_schema_tells_both_forms_of_a_week():
    week = OpeningHours.model_json_schema()["$defs"]["Week"]

    assert [form["type"] for form in week["anyOf"]] == ["string", "object"]
