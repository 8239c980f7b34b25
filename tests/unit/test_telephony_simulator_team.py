"""Shifts, staffing, and those who call in by themselves."""

from itertools import pairwise
from statistics import fmean

import pytest
from tests.fakes.simulated import BILLING, START, Play, seconds_after

from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, ManualClock, from_unix
from ringback.telephony.drivers.simulator import (
    InboundEvent,
    InboundKind,
    MemoryLedger,
    Shift,
    SimulatedTeam,
    SimulatorSettings,
)
from ringback.telephony.drivers.simulator.team import agents_at, next_change
from ringback.telephony.port import EventKind

MIDNIGHT = from_unix(1_779_926_400)
"""2026-05-28T00:00:00Z."""
SHIFTS = SimulatedTeam(
    shifts=(
        Shift(hours="08:00-12:00", agents=3),
        Shift(hours="10:00-18:00", agents=2),
        Shift(hours="22:00-06:00", agents=1),
    )
)


def at(hour: float) -> Instant:
    return Instant(MIDNIGHT + round(hour * HOUR))


def play(team: SimulatedTeam, start: Instant = START, **settings: object) -> Play:
    return Play(MemoryLedger(), SimulatorSettings(teams={BILLING: team}, **settings), ManualClock(start))


def staffed(staged: Play) -> int | None:
    return staged.network.queue_stats(BILLING, staged.clock.now()).agents_staffed


class TestShifts:
    @pytest.mark.parametrize(
        ("hour", "agents"),
        [(0, 1), (5.99, 1), (6, 0), (7.99, 0), (8, 3), (10, 5), (11.99, 5), (12, 2), (18, 0), (21.99, 0), (22, 1)],
    )
    def test_add_up(self, hour: float, agents: int) -> None:
        assert agents_at(SHIFTS, at(hour)) == agents

    def test_change_at_each_beginning_and_end(self) -> None:
        changes, now = [], at(0)
        while now < at(24):
            change = next_change(SHIFTS, now)
            assert change is not None
            changes.append((change - MIDNIGHT) / HOUR)
            now = change
        assert changes == [6, 8, 10, 12, 18, 22, 30]

    def test_follow_the_teams_clock(self) -> None:
        new_york = SHIFTS.model_copy(update={"time_zone": "America/New_York"})
        assert agents_at(new_york, at(12)) == 3  # 08:00 in May

    def test_absent_there_is_no_change(self) -> None:
        assert next_change(SimulatedTeam(agents=4), START) is None
        assert agents_at(SimulatedTeam(agents=4), START) == 4
        assert agents_at(SimulatedTeam(), START) is None

    def test_come_and_go_at_work(self) -> None:
        staged = play(SHIFTS, at(7), patience=80_000)
        legs = [staged.agent(f"{n}") for n in range(4)]
        staged.pass_time(3599)
        assert staffed(staged) == 0
        staged.pass_time(1)
        assert staffed(staged) == 3
        answered = [staged.view(leg).answered_at for leg in legs]
        assert answered == [at(8), at(8), at(8), None]
        staged.pass_time(7200)
        assert staged.view(legs[3]).answered_at == at(10)

    def test_of_years_ago_are_caught_up_with(self) -> None:
        staged = play(SHIFTS, at(9))
        staged.pass_time(400 * 86_400)
        assert staffed(staged) == 3

    def test_take_over_from_who_was_sent_for(self) -> None:
        staged = play(SHIFTS, at(9))
        staged.staff(50)
        assert staffed(staged) == 50
        staged.pass_time(3600)
        assert staffed(staged) == 5


class TestStaffing:
    def test_is_as_set_else_three(self) -> None:
        assert staffed(play(SimulatedTeam(agents=7))) == 7
        assert staffed(play(SimulatedTeam())) == 3

    def test_more_take_those_who_wait(self) -> None:
        staged = play(SimulatedTeam(agents=1))
        legs = [staged.agent(f"{n}") for n in range(3)]
        staged.pass_time(10)
        staged.staff(3)
        assert [staged.view(leg).answered_at for leg in legs] == [START, seconds_after(10), seconds_after(10)]

    def test_fewer_finish_their_calls(self) -> None:
        staged = play(SimulatedTeam(agents=3))
        legs = [staged.answered(staged.agent(f"{n}")) for n in range(3)]
        waiting = staged.agent("waiting")
        staged.staff(1)
        assert all(staged.view(leg).alive for leg in legs)
        stats = staged.network.queue_stats(BILLING, staged.clock.now())
        assert (stats.agents_staffed, stats.agents_available) == (1, 0)
        for leg in legs[:2]:
            staged.hang_up(leg)
        assert EventKind.ANSWERED not in staged.kinds(waiting)
        staged.hang_up(legs[2])
        assert EventKind.ANSWERED in staged.kinds(waiting)

    def test_stays_when_a_network_is_opened_anew_with_nothing_set(self) -> None:
        staged = play(SimulatedTeam())
        staged.staff(9)
        assert staffed(Play(staged.ledger, staged.settings, staged.clock)) == 9
        other = SimulatorSettings(team=SimulatedTeam(agents=2))
        assert staffed(Play(staged.ledger, other, staged.clock)) == 2


class TestThoseWhoCallIn:
    def arrivals(self, staged: Play, hours: int) -> list[InboundEvent]:
        for _ in range(hours * 4):
            staged.pass_time(900)
        return [event for event in staged.inbound if event.kind is InboundKind.ANSWERED]

    def test_are_as_many_as_set(self) -> None:
        staged = play(SimulatedTeam(agents=500, inbound_per_hour=120, handle_time=100))
        calls = self.arrivals(staged, 24)
        assert len(calls) == pytest.approx(24 * 120, rel=0.06)
        gaps = [(latter.at - former.at) / SECOND for former, latter in pairwise(calls)]
        assert fmean(gaps) == pytest.approx(30, rel=0.06)

    def test_follow_the_hours_of_the_day(self) -> None:
        profile = tuple(200.0 if hour == 9 else 20.0 if hour == 10 else 0.0 for hour in range(24))
        staged = play(SimulatedTeam(agents=500, inbound_per_hour=profile), at(0))
        hours = [(event.at - MIDNIGHT) // HOUR for event in self.arrivals(staged, 24)]
        assert set(hours) == {9, 10}
        assert hours.count(9) == pytest.approx(200, rel=0.25)
        assert hours.count(10) < 40

    def test_are_the_same_for_the_same_seed(self) -> None:
        def calls(seed: int, step: int) -> list[InboundEvent]:
            staged = play(SimulatedTeam(agents=2, inbound_per_hour=60), seed=seed)
            for _ in range(7200 // step):
                staged.pass_time(step)
            return staged.inbound

        assert calls(1, 10) == calls(1, 1800)
        assert calls(1, 1800) != calls(2, 1800)

    def test_come_faster_with_speed(self) -> None:
        staged = play(SimulatedTeam(agents=500, inbound_per_hour=60), speed=10)
        assert len(self.arrivals(staged, 2)) == pytest.approx(1200, rel=0.1)

    def test_give_up_after_their_patience(self) -> None:
        staged = play(SimulatedTeam(agents=0, inbound_per_hour=600, inbound_patience=120))
        staged.pass_time(3600)
        staged.pass_time(3600)
        left = [event for event in staged.inbound if event.kind is InboundKind.ABANDONED]
        assert len(left) == pytest.approx(1200, rel=0.1)
        holding = staged.network.queue_stats(BILLING, staged.clock.now()).calls_waiting
        assert holding == pytest.approx(20, rel=0.6)  # Little's law: ten a minute for two minutes

    def test_of_a_long_pause_stayed_away_but_for_the_last_hour(self) -> None:
        staged = play(SimulatedTeam(agents=500, inbound_per_hour=100, handle_time=60))
        staged.pass_time(30 * 86_400)
        calls = [event.at for event in staged.inbound if event.kind is InboundKind.ANSWERED]
        assert len(calls) == pytest.approx(100, rel=0.35)
        assert min(calls) > staged.clock.now() - HOUR - MINUTE
        assert max(calls) < START + 30 * DAY
