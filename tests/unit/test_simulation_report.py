"""The report: one file that shows what there is and asks nobody for anything."""

import re
from html.parser import HTMLParser

import pytest

from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.kernel.clock import HOUR, MINUTE
from ringback.simulation.arrivals import midnight
from ringback.simulation.records import AttemptRecord, CallbackRecord, Days, HolderRecord, StaffChange
from ringback.simulation.report import page
from ringback.simulation.scenario import read_text
from ringback.simulation.summary import summarise

HOSTILE = "<img src=x onerror=alert(1)>"

TEXT = f"""\
name = "Hostile {HOSTILE}"
description = "{HOSTILE}"
days = 2
[call_target]
name = "Service {HOSTILE}"
hours = {{ weekly = {{ mon = ["08:30-12:00"], tue = ["08:30-12:00"] }} }}
[staffing]
agents = {{ "08:00" = 2 }}
[arrivals]
per_hour = {{ "08:00" = 10 }}
"""


@pytest.fixture(scope="module")
def days():
    scenario = read_text(TEXT).scenario
    opens = [midnight(scenario, day) + 8 * HOUR + 30 * MINUTE for day in (1, 2)]
    at = opens[0]
    attempt = AttemptRecord(1, at + MINUTE, at + 2 * MINUTE, at + 2 * MINUTE, at + 9 * MINUTE, at + 2 * MINUTE)
    attempt.ended_at, attempt.cause = at + 9 * MINUTE, Cause.ANSWERED
    return Days(
        scenario=scenario,
        holders=[HolderRecord(1, at, at + MINUTE, at + 4 * MINUTE)],
        callbacks=[CallbackRecord(2, at, 60, 30, 90, 90, False, False, [attempt], Outcome.SUCCESS, attempt.ended_at)],
        staff=[StaffChange(midnight(scenario, 1), 2)],
        open_hours=[(each, each + 3 * HOUR + 30 * MINUTE) for each in opens],
        begin=midnight(scenario, 1),
        end=midnight(scenario, 3),
    )


@pytest.fixture(scope="module")
def html(days):
    return page(days, summarise(days), TEXT)


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_nothing_leaves_the_file(html):
    tags = Tags(html).found
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert not [(tag, key) for tag, given in tags for key in given if key in {"src", "href", "xlink:href", "action"}]
    assert not [key for _, given in tags for key in given if key.startswith("on")]
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    assert not re.search(r"url\(|@import|@font-face|https?:", style)
    policy = next(given["content"] for tag, given in tags if given.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_names_are_escaped(html):
    assert HOSTILE not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") >= 5


def test_it_is_made_for_light_and_dark_and_for_telephones(html):
    assert "prefers-color-scheme: dark" in html
    assert 'name="viewport" content="width=device-width' in html


def test_it_has_every_picture_the_figures_and_the_scenario(html):
    titles = re.findall(r"<h2>(.*?)</h2>", html)
    pictures = ["Load against staff", "Who waited", "Promised against actual", "How long people waited", "Agent use"]
    assert titles == [*pictures, "People", "Waiting", "Promises", "Dispatcher", "The scenario"]
    assert html.count('<svg class="chart"') == 5
    assert "per_hour = { &#34;08:00&#34; = 10 }" in html


def test_charts_show_the_hours_from_opening_to_closing(html):
    hours = re.findall(r'<text class="mark[^"]*" x="([^"]+)" y="220">(\d\d:00)', html)[:5]
    assert hours == [("0%", "08:00"), ("25%", "09:00"), ("50%", "10:00"), ("75%", "11:00"), ("100%", "12:00")]


def test_without_callbacks_there_is_no_picture_of_promises(days):
    quiet = Days(days.scenario, days.holders, [], days.staff, days.open_hours, days.begin, days.end)
    html = page(quiet, summarise(quiet), TEXT)
    assert "Promised against actual" not in html
    assert html.count('<svg class="chart"') == 4
