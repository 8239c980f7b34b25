"""Scenarios: what a file means, and how everything wrong with it is told."""

import pytest

from ringback.kernel.errors import ConfigurationInvalid
from ringback.simulation.scenario import find, read_text, shipped

SMALL = """\
name = "Small"
outages = [{ kind = "no_agents", from = "11:00", to = "11:30", day = 2 }]
[call_target]
name = "Service"
[staffing]
agents = { "08:00" = 10, "12:30" = 4, "18:00" = 0 }
breaks = [{ from = "12:00", to = "13:00", agents = 5 }]
[arrivals]
per_hour = { "08:00" = 100, "12:00" = 40.5 }
"""


def problems_of(text):
    with pytest.raises(ConfigurationInvalid) as caught:
        read_text(text, name="day.toml")
    assert caught.value.message == "day.toml is not valid."
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("time", "agents"),
    [(7 * 60 + 59, 0), (8 * 60, 10), (12 * 60, 5), (12 * 60 + 30, 0), (13 * 60, 4), (18 * 60, 0), (24 * 60 - 1, 0)],
)
def test_agents_follow_steps_and_breaks_and_are_never_below_none(time, agents):
    assert read_text(SMALL).scenario.agents_at(1, time) == agents


def test_a_call_target_is_told_the_planned_staffing_unless_nobody_tells_it():
    written = read_text(SMALL).scenario
    planned = written.target.settings.estimate.staffing
    for day in range(7):
        for time in range(0, 24 * 60, 15):
            at_work = [
                each.agents for each in planned for hours in each.weekly.days[day] if hours.start <= time < hours.end
            ]
            assert sum(at_work) == written.staffing.at(time)
    assert not written.model_copy(update={"staffing_told": False}).target.settings.estimate.staffing


def test_calls_follow_steps():
    arrivals = read_text(SMALL).scenario.arrivals
    assert [arrivals.at(60 * hour) for hour in (0, 8, 11.99, 12, 23)] == [0, 100, 100, 40.5, 40.5]


def test_an_outage_takes_the_agents_on_its_day_only():
    scenario = read_text(SMALL).scenario
    at_work = [[scenario.agents_at(day, time) for time in (659, 660, 689, 690)] for day in (1, 2)]
    assert at_work == [[10, 10, 10, 10], [10, 0, 0, 10]]
    assert scenario.network_works(2, 665)


def test_everything_wrong_is_told_at_once_with_line_and_key():
    text = """\
name = 5
days = 0
[call_target]
name = "Service"
hours = { weekly = { mon = ["18:00"] } }
[staffing]
agents = { "8:00" = 10, "09:00" = -1 }
breaks = [{ from = "12:00", to = "11:00", agents = 2 }]
[arrivals]
per_hour = { "25:00" = 1 }
pattern = "poison"
[customers]
busy_share = 0.7
machine_share = 0.5
[[outages]]
kind = "no_agent"
form = "10:00"
to = 10:30:00
"""
    assert problems_of(text) == [
        "line 1: name: should be a valid string, not 5",
        "line 2: days: should be greater than or equal to 1, not 0",
        (
            "line 5: call_target.hours.weekly.mon[0]: '18:00' is not an opening; write it like 09:00-17:30, with 24:00 "
            "for midnight at its end (an end at or before the start is on the next day)"
        ),
        'line 7: staffing.agents."09:00": should be greater than or equal to 0, not -1',
        "line 7: staffing.agents.\"8:00\": '8:00' is not a time of day; write it like 09:30, from 00:00 to 24:00",
        "line 8: staffing.breaks[0]: should end after it begins, on the same day",
        "line 10: arrivals.per_hour.\"25:00\": '25:00' is not a time of day; write it like 09:30, from 00:00 to 24:00",
        "line 11: arrivals.pattern: should be 'poisson' or 'bursty', not \"poison\"",
        "line 12: customers: no_answer_share, busy_share and machine_share are parts of one whole: at most 1 together",
        "line 15: outages[0].from: is required and is not there",
        "line 16: outages[0].kind: should be 'no_agents' or 'no_network', not \"no_agent\"",
        "line 17: outages[0].form: there is no such key; did you mean 'from'?",
        "line 18: outages[0].to: a date or time does not belong here; if it is meant as text, put it in quotes",
    ]


def test_what_is_missing_is_told():
    assert problems_of('name = "Empty"') == [
        "arrivals: is required and is not there",
        "call_target: is required and is not there",
        "staffing: is required and is not there",
    ]


@pytest.mark.parametrize("number", ["true", '"3"', "3.5"])
def test_toml_knows_its_types(number):
    (problem,) = problems_of(f"seed = {number}\n{SMALL}")
    assert problem.startswith("line 1: seed: should be ")


def test_text_that_is_no_toml_names_the_place():
    with pytest.raises(ConfigurationInvalid) as caught:
        read_text("name = \n", name="day.toml")
    assert caught.value.problems == ("line 1, column 8: Invalid value",)


def test_a_file_is_read_and_kept_as_it_is_written(tmp_path):
    path = tmp_path / "day.toml"
    path.write_text(SMALL, encoding="utf-8")
    assert find(str(path)) == read_text(SMALL)
    assert find(str(path)).text == SMALL


def test_a_shipped_scenario_is_found_by_name():
    assert find("quiet") == shipped()["quiet"]


def test_a_name_that_is_nothing_gets_the_nearest():
    with pytest.raises(ConfigurationInvalid, match=r"There is no scenario quite, .*did you mean 'quiet'"):
        find("quite")
    with pytest.raises(ConfigurationInvalid, match=r"There is no file .*quiet\.toml"):
        find("quiet.toml")


def test_all_kinds_of_days_are_shipped_each_with_a_comment_that_says_what_it_shows():
    wanted = {"quiet", "busy", "overloaded", "understaffed_morning", "night_closing", "outage", "bursty"}
    assert shipped().keys() == wanted
    for written in shipped().values():
        comment = written.text.partition("\n\n")[0].partition("\nname")[0]
        assert comment.startswith("# ")
        assert "It shows" in comment.replace("\n# ", " ")
        assert written.scenario.description
