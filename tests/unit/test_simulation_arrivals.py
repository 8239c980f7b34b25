"""Who calls, and when."""

import math
from itertools import pairwise
from statistics import fmean, stdev

import pytest

from ringback.kernel.clock import HOUR, MINUTE, SECOND, to_datetime
from ringback.simulation.arrivals import callers, midnight
from ringback.simulation.scenario import read_text

DAY = """\
name = "Day"
days = {days}
seed = {seed}
date = {date}
[call_target]
name = "Service"
time_zone = "{zone}"
hours = {hours}
[staffing]
agents = {{ "00:00" = 1 }}
[arrivals]
per_hour = {{ "08:00" = 120, "12:00" = 60, "20:00" = 0 }}
{pattern}
[handle_time]
mean = 300
spread = 0.8
[callers]
patience = 200
"""


def scenario(days=30, seed=1, pattern="", hours='{ weekly = "always" }', zone="UTC", date="2026-03-02"):
    return read_text(DAY.format(days=days, seed=seed, pattern=pattern, hours=hours, zone=zone, date=date)).scenario


def called(scenario):
    return list(callers(scenario, scenario.target.calendar))


def counts_per(callers, width, begin, end):
    counts = [0] * ((end - begin) // width)
    for caller in callers:
        if begin <= caller.at < end:
            counts[(caller.at - begin) // width] += 1
    return counts


@pytest.mark.parametrize("pattern", ["", 'pattern = "bursty"\nburst_factor = 5'])
def test_the_mean_is_that_of_the_profile(pattern):
    days = scenario(days=40, pattern=pattern)
    by_hour = dict.fromkeys(range(24), 0)
    for caller in called(days):
        by_hour[to_datetime(caller.at).hour] += 1
    tolerance = 0.03 if not pattern else 0.1
    assert sum(by_hour[hour] for hour in range(8, 12)) / 160 == pytest.approx(120, rel=tolerance)
    assert sum(by_hour[hour] for hour in range(12, 20)) / 320 == pytest.approx(60, rel=tolerance)
    assert sum(by_hour[hour] for hour in [*range(8), *range(20, 24)]) == 0


def test_poisson_counts_vary_as_much_as_their_mean_and_bursty_ones_more():
    dispersions = []
    for pattern in ("", 'pattern = "bursty"\nburst_factor = 6'):
        days = scenario(days=20, pattern=pattern)
        everybody = called(days)
        counts = []
        for day in range(1, 21):
            begin = midnight(days, day)
            counts += counts_per(everybody, 5 * MINUTE, begin + 8 * HOUR, begin + 12 * HOUR)
        dispersions.append(stdev(counts) ** 2 / fmean(counts))
    assert dispersions[0] == pytest.approx(1, abs=0.15)
    assert dispersions[1] > 2


def test_handle_times_and_patience_have_the_moments_of_the_scenario():
    everybody = called(scenario(days=30))
    talks = [caller.talk / SECOND for caller in everybody]
    assert fmean(talks) == pytest.approx(300, rel=0.02)
    assert stdev(talks) / fmean(talks) == pytest.approx(0.8, rel=0.06)
    assert fmean(math.log(talk) for talk in talks) == pytest.approx(math.log(300) - math.log(1.64) / 2, abs=0.02)
    patience = [caller.patience / SECOND for caller in everybody]
    assert fmean(patience) == pytest.approx(200, rel=0.03)
    assert sum(each < 200 for each in patience) / len(patience) == pytest.approx(1 - math.exp(-1), abs=0.02)
    assert fmean(caller.inclination for caller in everybody) == pytest.approx(0.5, abs=0.01)


def test_they_come_in_order_and_are_counted():
    everybody = called(scenario(days=3))
    assert [caller.number for caller in everybody] == list(range(1, len(everybody) + 1))
    assert all(one.at <= other.at for one, other in pairwise(everybody))


def test_nobody_calls_while_it_is_closed_and_nobody_else_changes():
    open_all_day = called(scenario(days=2))
    shorter = called(scenario(days=2, hours='{ weekly = { mon = ["09:00-18:00"], tue = ["09:00-18:00"] } }'))
    inside = [caller for caller in open_all_day if 9 <= to_datetime(caller.at).hour < 18]
    assert [(each.at, each.talk, each.patience) for each in shorter] == [
        (each.at, each.talk, each.patience) for each in inside
    ]


def test_the_same_seed_gives_the_same_people_and_another_one_others():
    assert called(scenario(days=2)) == called(scenario(days=2))
    assert called(scenario(days=2, seed=2)) != called(scenario(days=2))
    assert called(scenario(days=1)) == [each for each in called(scenario(days=2)) if each.at < midnight(scenario(), 2)]


def test_days_begin_at_midnight_of_the_call_target():
    days = scenario(zone="America/New_York", date="2026-03-08")  # the clocks go forward on this day
    assert to_datetime(midnight(days, 1)).hour == 5
    assert midnight(days, 2) - midnight(days, 1) == 23 * HOUR
