"""``ringback simulate`` at the command line: what it prints and writes, and its exit codes."""

import json

import pytest
from click.testing import CliRunner

from ringback.cli.main import main

SMALL = """\
name = "Small"
[call_target]
name = "Service"
hours = { weekly = { mon = ["08:00-10:00"], tue = ["08:00-10:00"] } }
[staffing]
agents = { "08:00" = 3, "10:15" = 0 }
[arrivals]
per_hour = { "08:00" = 60 }
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def simulate(*arguments):
    return CliRunner().invoke(main, ["simulate", *map(str, arguments)])


def figures(*arguments):
    result = simulate(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_it_prints_the_figures(file):
    result = simulate(file)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.startswith("Small, seed 1\n")
    for title in ("People", "Waiting", "Promises", "Dispatcher"):
        assert f"\n{title}\n" in result.stdout


def test_figures_for_machines(file):
    found = figures(file)
    assert (found["scenario"], found["seed"], found["days"]) == ("Small", 1, 1)
    assert found["calls"] == found["held"] + found["callbacks"]
    assert found["fairness"]["overtaken"] == 0


def test_seed_and_days_come_before_those_of_the_scenario(file):
    first, again, other = (figures(file, "--seed", seed) for seed in (1, 1, 2))
    assert first == again
    assert first["calls"] != other["calls"]
    assert figures(file, "--days", 2)["calls"] > 1.5 * first["calls"]


def test_report_and_trace_are_written(file, tmp_path):
    report, trace = tmp_path / "small.html", tmp_path / "small.jsonl"
    result = simulate(file, "--report", report, "--trace", trace)
    assert result.stderr == f"Report: {report}\nTrace: {trace}\n"
    assert report.read_text("utf-8").startswith("<!doctype html>")
    lines = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    assert lines[0] == {"t": 0.0, "event": "settings", "default_handle_time": 300, "default_agents": 5}


def test_the_shipped_ones_are_listed():
    result = simulate("--list")
    assert result.exit_code == 0
    for name in ("bursty", "busy", "night_closing", "outage", "overloaded", "quiet", "understaffed_morning"):
        assert f"\n{name} " in "\n" + result.stdout


def test_an_invalid_file_ends_in_exit_code_1_with_every_problem(file):
    file.write_text(SMALL.replace('"08:00" = 60', '"8:00" = 60').replace('"08:00" = 3', '"08:00" = -3'), "utf-8")
    result = simulate(file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"{file} is not valid.\n"
        '  line 6: staffing.agents."08:00": should be greater than or equal to 0, not -3\n'
        "  line 8: arrivals.per_hour.\"8:00\": '8:00' is not a time of day; write it like 09:30, from 00:00 to 24:00\n"
    )


def test_where_nothing_can_be_written_is_told(file, tmp_path):
    result = simulate(file, "--trace", tmp_path / "none" / "small.jsonl")
    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path}/none/small.jsonl cannot be written: No such file or directory.\n"


@pytest.mark.parametrize("arguments", [[], ["quiet", "--days", "0"], ["quiet", "--seed", "-1"], ["--lis"]])
def test_wrong_usage_ends_in_exit_code_2(arguments):
    assert simulate(*arguments).exit_code == 2
