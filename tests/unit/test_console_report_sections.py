"""The reports page's parts: charts, tables and files say the same numbers, and nothing that a name could add to them."""

import csv
import io
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from ringback.callbacks.model import Kind
from ringback.console.report_sections import Form, Section, sections
from ringback.console.spreadsheet import csv_file, harmless
from ringback.reports.model import Days, Report, Tally
from ringback.reports.wording import Wording

DAY = date(2026, 3, 2)
HOSTILE = '=<script>alert("1")</script>'


def made(count: int = 7, channels: tuple[str, ...] = ("sms", "web"), before: Tally | None = None) -> dict[str, Section]:
    days = Days(DAY, DAY + timedelta(days=count - 1))
    asked = {
        (day, hour, channel): place + 1
        for day in days.listed()
        for hour in (9, 17)
        for place, channel in enumerate(reversed(channels))
    }
    tally = Tally(
        requested=20, success=10, canceled=2, unavailable=3, attempts=17, retried=4, at_first=8, on_time=9, late_5=1,
        never=2, promised_seconds=3000, waited_seconds=2500, late_seconds=100, spared=8, spared_seconds=2400, held=9,
        held_seconds=90,
    )  # fmt: skip
    counted = {(day, 9 if count == 1 else 0, kind): tally for day in days.listed() for kind in Kind}
    return {each.key: each for each in sections(Report(days, asked, counted, before), Wording())}


def columns_drawn(section: Section, number: int = 0) -> list[str]:
    """What the columns of a chart tell when one points at them."""
    tree = ET.fromstring(str(section.figures[number].chart))
    return [str(rect.findtext("title")) for rect in tree.iter("rect")]


def test_the_parts_in_their_order() -> None:
    assert [*made()] == ["volumes", "outcomes", "punctuality", "spared", "retries"]


@pytest.mark.parametrize("count", [1, 7, 92, 93, 400])
def test_every_part_has_charts_each_with_its_table(count: int) -> None:
    for section in made(count).values():
        assert section.figures
        for figure in section.figures:
            tree = ET.fromstring(str(figure.chart))
            assert tree.get("role") == "img"
            assert tree.findtext("title") == figure.title
            assert figure.table.rows
            assert {len(row) for row in figure.table.rows} == {len(figure.table.columns)}
            assert figure.table.columns[0].form is Form.WORDS


def test_a_day_is_shown_by_hours_and_many_by_weeks() -> None:
    assert len(made(1)["outcomes"].figures[0].table.rows) == 8
    assert [row[0] for row in made(1)["retries"].figures[0].table.rows] == [f"{hour:02}:00" for hour in range(24)]
    assert made(7)["spared"].figures[0].table.rows[0][0] == "Mon, Mar 2"
    weeks = [row[0] for row in made(100)["spared"].figures[0].table.rows]
    assert weeks[:2] == ["Mar 2 to Mar 8", "Mar 9 to Mar 15"]
    assert made(100)["spared"].figures[0].title == "Hours spared, by week"


def test_volumes_by_day_and_by_hour() -> None:
    volumes = made(2)["volumes"]
    by_day, by_hour = (figure.table for figure in volumes.figures)
    assert [column.title for column in by_day.columns] == ["Day", "SMS", "web", "All"]
    assert by_day.rows == [("Mon, Mar 2", 4, 2, 6), ("Tue, Mar 3", 4, 2, 6)]
    assert by_hour.rows[9] == ("09:00", 4, 2, 6)
    assert "Mon, Mar 2: SMS 4" in columns_drawn(volumes)
    assert volumes.file.rows[0] == ("2026-03-02", 9, "sms", 2)


def test_more_channels_than_colours_stand_together() -> None:
    volumes = made(2, tuple("abcdefg"))["volumes"]
    assert [column.title for column in volumes.figures[0].table.columns][1:] == ["a", "b", "c", "d", "others", "All"]
    assert volumes.figures[0].table.rows[0][-2:] == (2 * (1 + 2 + 3), 2 * 28)
    assert len(volumes.file.rows) == 2 * 2 * 7


def test_outcomes_beside_those_before() -> None:
    alone, beside = made()["outcomes"], made(before=Tally(success=3, failure=1))["outcomes"]
    assert alone.figures[0].table.rows[0] == ("Successful", 140, 140 / 210)
    assert beside.figures[0].table.rows[0] == ("Successful", 140, 140 / 210, 3, 0.75)
    assert "Mon, Mar 2: Cancelled or replaced 4" in columns_drawn(alone)


def test_punctuality_by_type() -> None:
    punctuality = made(1)["punctuality"]
    assert punctuality.figures[0].table.rows[0] == ("On time", 9, 0.75, 9, 0.75)
    assert "On time: As soon as possible 75 %" in columns_drawn(punctuality)
    assert "Never called: Booked 16.67 %" in columns_drawn(punctuality)


def test_time_spared_and_retries() -> None:
    assert made()["spared"].figures[0].table.rows[0] == ("Mon, Mar 2", 16, 4800, 300, 10)
    assert made()["retries"].figures[0].table.rows[0] == ("Mon, Mar 2", 34, 16, 8, 4, 0.5)


def test_a_channel_s_name_is_only_a_name() -> None:
    volumes = made(2, (HOSTILE, "web"))["volumes"]
    for figure in volumes.figures:
        assert "<script" not in figure.chart + figure.legend
    text = csv_file([column.title for column in volumes.file.columns], volumes.file.rows).decode("utf-8-sig")
    rows = [*csv.reader(io.StringIO(text))]
    assert rows[0] == ["day", "hour", "channel", "requested"]
    assert {row[2] for row in rows[1:]} == {f"'{HOSTILE}", "web"}


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_spreadsheet_computes_nothing(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [-85, 0.5, None, "plain", "a=b"])
def test_what_is_harmless_stays(cell: object) -> None:
    assert harmless(cell) == cell  # type: ignore[arg-type]
