"""The text-book days, the score and its tables."""

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, pstdev

import pytest
from bench.predictors.queue import Queue
from bench.quality import tables
from bench.quality.__main__ import report, write_into
from bench.quality.cases import Case, text_book
from bench.quality.measure import Measured, without_nights
from bench.quality.ringback import LEARNT, TOLD, answers
from bench.quality.score import Told, quoted, score, told, typical
from bench.quality.trace import callback_waits, read, without_staffing, write
from bench.quality.workload import KINDS, Workload, trace, workload

# The text-book days


def test_the_same_seed_gives_the_same_days():
    days = replace(workload("bursty", 10), days=2, hours=3.0)
    assert trace(days, 7) == trace(days, 7)
    assert trace(days, 7) != trace(days, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_every_day_is_a_queue_that_is_served_first_come_first_served(kind):
    events = trace(workload(kind, 5), 3)
    times = [event["t"] for event in events]
    assert times == sorted(times)
    order, busy, staffed = [], set(), 0
    for event in events:
        match event["event"]:
            case "staffing":
                staffed = event["agents"]
            case "arrived":
                order.append(event["id"])
            case "abandoned":
                order.remove(event["id"])
            case "answered":
                assert order.pop(0) == event["id"]
                assert len(busy) < staffed
                busy.add(event["id"])
            case "finished":
                busy.remove(event["id"])
    assert not order
    assert not busy


def test_nobody_waits_while_an_agent_is_free():
    queue = Queue()
    events = trace(workload("steps", 10), 4)
    for event, following in pairwise(events):
        queue.observe(event)
        if following["t"] > event["t"]:
            assert not queue.waiting or not queue.free


def test_who_takes_a_callback_does_not_give_up():
    events = trace(workload("overload", 10), 5)
    kinds = {event["id"]: event["kind"] for event in events if event["event"] == "arrived"}
    assert {kinds[event["id"]] for event in events if event["event"] == "abandoned"} == {"hold"}


def test_the_day_is_what_was_asked_for():
    asked = Workload(agents=50, load=0.9, days=3)
    events = trace(asked, 6)
    handled = [event["handle_time"] for event in events if event["event"] == "finished"]
    kinds = Counter(event["kind"] for event in events if event["event"] == "arrived")
    expected = 0.9 * 50 * 36_000 / 270 * 3
    assert kinds.total() == pytest.approx(expected, rel=0.03)
    assert kinds["callback"] / kinds.total() == pytest.approx(0.37, abs=0.02)
    assert fmean(handled) == pytest.approx(270, rel=0.03)
    assert pstdev(handled) / fmean(handled) == pytest.approx(0.8, rel=0.1)


def test_bursts_bring_as_many_in_the_mean_but_unevenly():
    def minutes(burstiness):
        day = Workload(agents=50, load=0.8, profile=(1.0,), burstiness=burstiness, days=6)
        arrivals = Counter(event["t"] // 60 for event in trace(day, 9) if event["event"] == "arrived")
        counts = [arrivals[day * 1440 + minute] for day in range(6) for minute in range(600)]
        mean = fmean(counts)
        return mean, fmean((count - mean) ** 2 for count in counts) / mean

    mean, dispersion = minutes(0.0)
    bursty_mean, bursty_dispersion = minutes(1.0)
    assert dispersion == pytest.approx(1, abs=0.15)
    assert bursty_dispersion > 2
    assert bursty_mean == pytest.approx(mean, rel=0.15)


def test_no_two_days_need_have_the_same_outage():
    def least_staffed(seed):
        day = replace(workload("any outage", 200), load=0.05)
        return min(event["agents"] for event in trace(day, seed)[:-1] if event["event"] == "staffing")

    found = [least_staffed(seed) for seed in range(6)]
    assert len(set(found)) > 3
    assert all(20 <= agents <= 160 for agents in found)


def test_a_ringing_callback_occupies_its_agent():
    events = trace(workload("ringing", 5), 2)
    kinds = {event["id"]: event["kind"] for event in events if event["event"] == "arrived"}
    began = {event["id"]: event["t"] for event in events if event["event"] == "answered"}
    rung = {"hold": [], "callback": []}
    for event in events:
        if event["event"] == "finished":
            rung[kinds[event["id"]]].append(event["t"] - began[event["id"]] - event["handle_time"])
    assert max(map(abs, rung["hold"])) < 0.01
    assert fmean(rung["callback"]) == pytest.approx(18, abs=2)


def test_a_trace_survives_its_file(tmp_path):
    events = trace(replace(workload("poisson", 5), hours=1.0), 1)
    write(tmp_path / "trace.jsonl", events)
    assert read(tmp_path / "trace.jsonl") == events


SHORT = [
    {"t": 0.0, "event": "staffing", "agents": 2},
    {"t": 20.0, "event": "arrived", "id": "c", "kind": "callback"},
    {"t": 30.0, "event": "arrived", "id": "d", "kind": "hold"},
    {"t": 40.0, "event": "arrived", "id": "e", "kind": "callback"},
    {"t": 100.0, "event": "answered", "id": "c"},
    {"t": 110.0, "event": "answered", "id": "d"},
]


def test_waits_are_those_of_launched_callbacks():
    assert callback_waits(SHORT) == {"c": (20, 80)}


def test_untold_staffing_is_left_out():
    assert without_staffing(SHORT) == SHORT[1:]


def test_waits_that_pass_a_midnight_do_not_count():
    assert set(without_nights({"a": (86_000, 300), "b": (86_000, 500), "c": (86_500, 500)})) == {"a", "c"}


# The score


def test_a_score_by_hand():
    waits = {"a": 100.0, "b": 300.0, "c": 500.0}
    answers = {"a": Told(160, 180, 0, 200), "b": Told(270, 300, 200, 290), "c": Told(500, 360, 400, 600)}
    found = score(waits, answers)
    assert (found.requests, found.mean_wait) == (3, 300)
    assert found.rmse == pytest.approx(math.sqrt((60**2 + 30**2) / 3) / 300)
    assert found.bias == pytest.approx(30 / 3 / 300)
    assert found.coverage == pytest.approx(2 / 3)
    assert found.missed == pytest.approx(1 / 3)  # c was quoted 6 minutes and called after 8 and a third
    assert found.quoted == pytest.approx(280 / 300)


def test_a_promise_is_missed_from_two_minutes_on():
    assert score({"a": 180.0}, {"a": told(30)}).missed == 0
    assert score({"a": 180.1}, {"a": told(30)}).missed == 1


def test_what_is_quoted_is_rounded_as_in_a_message():
    assert [quoted(seconds) for seconds in (0, 59, 61, 400, 660)] == [60, 60, 120, 420, 900]


def test_figures_without_a_range_have_no_coverage():
    assert score({"a": 10.0}, {"a": told(10)}).coverage is None


def test_days_are_summed_up():
    day = score({"a": 100.0}, {"a": Told(150, 180, 100, 200)})
    other = score({"b": 300.0, "c": 300.0}, {caller: Told(270, 60, 0, 200) for caller in "bc"})
    both = typical([day, other])
    assert (both.requests, both.rmse) == (3, pytest.approx((0.5 + 0.1) / 2))
    assert both.bias == pytest.approx((50 - 30 - 30) / 700)
    assert both.missed == pytest.approx(2 / 3)
    assert both.coverage == pytest.approx(1 / 3)


def test_a_bad_day_shows_although_the_median_day_is_good():
    days = [score({"a": 100.0}, {"a": told(seconds)}) for seconds in (110, 110, 1100)]
    assert typical(days).rmse == pytest.approx(0.1)
    assert typical(days).overall == pytest.approx(math.sqrt((10**2 + 10**2 + 1000**2) / 3) / 100)
    assert typical(days).worst == pytest.approx(10)


def test_nobody_cannot_be_scored():
    with pytest.raises(ValueError, match="nobody"):
        score({}, {})


def test_every_kind_comes_in_every_size_even_from_iterators():
    found = [(case.kind, case.agents) for case in text_book(iter(["poisson", "steps"]), iter([5, 10]))]
    assert found == [("poisson", 5), ("poisson", 10), ("steps", 5), ("steps", 10)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_configuration_does_not_give_away_how_many_agents_there_are(kind):
    for agents in (5, 10, 50, 200):
        asked = workload(kind, agents)
        configured = trace(replace(asked, hours=0.1), 1)[0]["default_agents"]
        # Where a size happens to be the wrong default, it is right: that one is told apart in the table by its name.
        assert configured not in {count for _, count in asked.staffing_changes()} or kind == "wrong defaults"


# The tables


def _measured(agents, told_rmse, learnt_rmse, coverage=0.8, learnt_overall=None) -> Measured:
    def found(error, overall=None):
        one = score({"a": 100.0}, {"a": Told(100, 120, 0, 200)})
        return replace(one, rmse=error, overall=overall or error, worst=2 * error, coverage=coverage)

    learnt = found(learnt_rmse, learnt_overall)
    scores = {"QLa": found(0.2), "LES": found(0.4), TOLD: found(told_rmse), LEARNT: learnt}
    return Measured(Case("steps", agents, lambda _: []), scores, {}, {LEARNT: 0.25})


def test_the_tables_say_where_ringback_is_behind():
    measured = [_measured(5, 0.19, 0.2), _measured(50, 0.2, 0.25, coverage=0.7)]
    lines = tables.beside_the_best(measured).splitlines()
    assert lines[2].startswith(
        "| steps, 5 agents | 1 | 100 s | 0.200 QLa | told | 0.190 | 0.19 of 0.20 | 0.38 of 0.40 | +0.0% | 80.0% |"
    )
    assert "**" not in lines[3]
    assert "| learnt | **0.250** | **0.25 of 0.20** |" in lines[5]
    assert "**70.0%**" in lines[4]
    words = tables.summary(measured)
    assert (
        "Staffing told: as good as the best of the others (within 1 %) or better on the median day in 2 of 2" in words
    )
    assert (
        "Staffing learnt: as good as the best of the others (within 1 %) or better on the median day in 1 of 2" in words
    )
    assert "Behind on the median day in steps 50 (+25%); over all days in steps 50 (+25%)." in words


def test_a_loss_is_not_rounded_away():
    words = tables.summary([_measured(200, 0.2049, 0.2001)])
    assert "Behind on the median day in steps 200 (+2%)" in words
    assert words.count("Behind on the median day nowhere; over all days nowhere.") == 1


def test_a_few_bad_days_are_a_loss_too():
    good, bad = _measured(5, 0.2, 0.19), _measured(50, 0.2, 0.19, learnt_overall=1.0)
    words = tables.summary([good, bad])
    assert "on the median day in 2 of 2, over all days together in 1, in both in 1" in words
    assert "Behind on the median day nowhere; over all days in steps 50 (+400%)." in words
    everybody = tables.errors([bad], lambda one: dict(one.scores), tables.all_days).splitlines()
    assert f"| {LEARNT} | 1.00 |" in everybody


def test_of_days_that_are_all_unlike_more_are_measured():
    measured = {case.kind: case.more_days for case in text_book(["steps", "any outage"], [5])}
    assert measured["any outage"] > measured["steps"] == 1


def test_the_smallest_error_is_bold_and_the_sizes_stand_side_by_side():
    measured = [_measured(5, 0.19, 0.2), _measured(50, 0.2, 0.25)]
    lines = tables.errors(measured, lambda one: dict(one.scores)).splitlines()
    assert lines[0] == "|  | steps |"
    assert "| QLa | 0.20 / **0.20** |" in lines
    assert f"| {TOLD} | **0.19** / **0.20** |" in lines


def test_the_report_goes_between_the_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Before\n<!-- measured: begin -->\nlast time\n<!-- measured: end -->\nAfter\n")
    write_into(page, report([_measured(5, 0.19, 0.2)], [], "one day"))
    text = page.read_text()
    assert text.startswith("Before\n")
    assert text.endswith("After\n")
    assert "last time" not in text
    assert "### Text-book days" in text
    assert "Shipped scenarios" not in text


def test_a_page_without_markers_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing here")
    with pytest.raises(RuntimeError, match="markers"):
        write_into(page, "text")
    assert page.read_text() == "nothing here"


# Ringback's own answers


def test_ringback_answers_every_callback_and_promises_no_less_than_its_estimate():
    events = trace(replace(workload("poisson", 5), hours=2.0), 1)
    given = answers(events)
    asked = {event["id"] for event in events if event["event"] == "arrived" and event["kind"] == "callback"}
    assert set(given) == asked
    for told_to in given.values():
        assert told_to.low <= told_to.point <= told_to.high
        assert told_to.quoted >= told_to.point


def test_a_trace_that_is_not_understood_is_not_scored():
    with pytest.raises(ValueError, match="did not understand"):
        answers([*SHORT, {"t": 120.0, "event": "answered", "id": "stranger"}])
