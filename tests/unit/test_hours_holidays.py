"""Proposals of holidays."""

from datetime import date

import pytest

from ringback.hours.holidays import propose
from ringback.hours.model import Holiday, OpeningHours
from ringback.kernel.errors import InvalidParameters


def test_a_countrys_holidays_come_in_order_and_in_its_language():
    proposed = propose("DE", [2027, 2026])

    assert proposed[0] == Holiday(date=date(2026, 1, 1), name="Neujahr")
    assert [holiday.date for holiday in proposed] == sorted({holiday.date for holiday in proposed})
    assert {holiday.date.year for holiday in proposed} == {2026, 2027}


def test_the_machines_locale_changes_nothing(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "th")

    assert propose("DE", [2026])[0].name == "Neujahr"


def test_a_subdivision_adds_its_own():
    epiphany = date(2026, 1, 6)

    assert epiphany in {holiday.date for holiday in propose("DE", [2026], "BY")}
    assert epiphany not in {holiday.date for holiday in propose("DE", [2026])}


def test_a_proposal_can_be_confirmed_as_it_is():
    proposed = [holiday.model_dump() for holiday in propose("JP", range(2026, 2029))]

    assert OpeningHours.model_validate({"weekly": "always", "holidays": proposed}).holidays


def test_no_years_propose_nothing():
    assert propose("US", []) == []


@pytest.mark.parametrize(
    ("country", "years", "subdivision"),
    [
        ("ZZ", [2026], None),
        ("", [2026], None),
        ("de", [2026], None),
        ("HolidayBase", [2026], None),
        ("date", [2026], None),
        ("US", [2026], "XX"),
        ("US", [1], None),
        ("US", [99999], None),
    ],
)
def test_what_is_not_known_is_refused(country, years, subdivision):
    with pytest.raises(InvalidParameters):
        propose(country, years, subdivision)
