"""How many callbacks are launched at a moment. What comes of it in the course of a day: see the days beside this."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.call_targets.model import FirstParty, PacingSettings
from ringback.dispatch import pacing
from ringback.forecast.model import Load, Pace, QueueStats
from ringback.kernel.clock import HOUR, MINUTE, SECOND, Instant, after, from_unix

NOON = from_unix(1_772_452_800)
SEEN = Pace(handle_time=300, lead_time=10, reach=0.9)
WIDE = PacingSettings(max_queue_depth=1000, calls_per_second=100)

LINE = tuple(Instant(NOON - minutes * MINUTE) for minutes in range(60, 30, -1))
"""Thirty who asked half an hour ago and before."""


def stats(
    staffed: int | None = 50,
    available: int | None = 0,
    *,
    holding: int | None = 0,
    oldest: float | None = 0.0,
    age: float = 0,
) -> QueueStats:
    return QueueStats(after(NOON, -age), holding, oldest, staffed, available, handle_time=300)


def releasable(
    told: QueueStats | None = None,
    *,
    load: Load | None = None,
    places: tuple[Instant, ...] = LINE,
    settings: PacingSettings = WIDE,
    recent: tuple[Instant, ...] = (),
    seen: Pace = SEEN,
    first_party: FirstParty = FirstParty.CUSTOMER,
) -> int:
    return pacing.releasable(
        places,
        pacing=settings,
        load=load or Load(),
        stats=told,
        seen=seen,
        recent=recent,
        now=NOON,
        first_party=first_party,
    )


def some_stats() -> st.SearchStrategy[QueueStats]:
    """Anything that an ACD might tell, also what makes no sense."""
    few = st.none() | st.integers(0, 300)
    return st.builds(
        QueueStats,
        at=st.integers(0, 60).map(lambda seconds: after(NOON, -seconds)),
        calls_waiting=few,
        oldest_wait=st.none() | st.floats(0, 7200),
        agents_staffed=few,
        agents_available=few,
        handle_time=st.none() | st.floats(0, 7200),
    )


some_load = st.builds(Load, dialing=st.integers(0, 30), connecting=st.integers(0, 30), talking=st.integers(0, 300))
some_pace = st.builds(Pace, handle_time=st.floats(10, 7200), lead_time=st.floats(0, 60), reach=st.floats(0, 1))
some_places = st.lists(st.integers(0, 3 * HOUR), max_size=40).map(
    lambda ages: tuple(Instant(NOON - age) for age in sorted(ages, reverse=True))
)
parties = st.sampled_from(FirstParty)


class TestAtEveryMoment:
    @given(
        told=st.none() | some_stats(),
        load=some_load,
        places=some_places,
        seen=some_pace,
        first=parties,
        depth=st.integers(1, 60),
        rate=st.floats(0.05, 20),
        ages=st.lists(st.integers(0, 30 * SECOND), max_size=30),
    )
    def test_the_limits_hold_whatever_is_told(
        self,
        told: QueueStats | None,
        load: Load,
        places: tuple[Instant, ...],
        seen: Pace,
        first: FirstParty,
        depth: int,
        rate: float,
        ages: list[int],
    ) -> None:
        settings = PacingSettings(max_queue_depth=depth, calls_per_second=rate)
        recent = tuple(Instant(NOON - age) for age in sorted(ages, reverse=True))
        number = releasable(
            told, load=load, places=places, settings=settings, recent=recent, seen=seen, first_party=first
        )
        assert 0 <= number <= len(places)
        assert number == 0 or number <= depth - load.dialing - load.connecting
        assert number <= math.ceil(rate)

    @given(
        told=some_stats(),
        load=some_load,
        places=some_places,
        first=parties,
        staffed=st.integers(0, 200),
        data=st.data(),
    )
    def test_more_free_agents_never_mean_fewer_launches(
        self,
        told: QueueStats,
        load: Load,
        places: tuple[Instant, ...],
        first: FirstParty,
        staffed: int,
        data: st.DataObject,
    ) -> None:
        free = data.draw(st.integers(0, staffed))
        fewer = QueueStats(told.at, told.calls_waiting, told.oldest_wait, staffed, free, 300)
        more = QueueStats(told.at, told.calls_waiting, told.oldest_wait, staffed + 1, free + 1, 300)
        allowed = [releasable(each, load=load, places=places, first_party=first) for each in (fewer, more)]
        assert allowed[0] <= allowed[1]

    @given(
        rate=st.floats(0.01, 100),
        steps=st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=60),
    )
    def test_releasing_all_that_is_allowed_keeps_the_rate(self, rate: float, steps: list[int]) -> None:
        settings = PacingSettings(max_queue_depth=1000, calls_per_second=rate)
        now, launches = NOON, list[Instant]()
        for step in steps:
            now = Instant(now + step)
            allowed = pacing.releasable(
                LINE * 4, pacing=settings, load=Load(), stats=None, seen=SEEN, recent=launches, now=now
            )
            launches += [now] * allowed
        window = pacing.rate_window(settings)
        most = max(sum(begin <= launch < begin + window for launch in launches) for begin in launches)
        assert most <= rate * window / SECOND + 1e-3

    @pytest.mark.parametrize(
        ("rate", "seconds_ago", "allowed"),
        [
            (5, [], 5),
            (5, [0.9, 0.5, 0.1], 2),
            (5, [1.0, 0.9], 4),
            (5, [0.5] * 7, 0),
            (0.1, [], 1),
            (0.1, [9.9], 0),
            (0.1, [10], 1),
            (1.5, [1.3], 1),  # two calls in a second and a third
            (1.5, [1.3, 1.2], 0),
        ],
    )
    def test_rate(self, rate: float, seconds_ago: list[float], allowed: int) -> None:
        settings = PacingSettings(max_queue_depth=1000, calls_per_second=rate)
        assert releasable(settings=settings, recent=tuple(after(NOON, -ago) for ago in seconds_ago)) == allowed


class TestWithoutFigures:
    """A closed loop on the depth of the queue."""

    settings = PacingSettings(max_queue_depth=5, calls_per_second=100)

    @pytest.mark.parametrize(
        ("load", "allowed"),
        [
            (Load(), 5),
            (Load(dialing=2), 3),
            (Load(dialing=9), 0),
            (Load(talking=9), 5),
            (Load(dialing=1, connecting=1), 0),  # one who waits for an agent says that there is none
        ],
    )
    def test_as_one_finds_its_agent_the_next_is_launched(self, load: Load, allowed: int) -> None:
        assert releasable(load=load, settings=self.settings) == allowed

    def test_a_deep_queue_bears_a_few_who_wait(self) -> None:
        deep = PacingSettings(max_queue_depth=20, calls_per_second=100)
        allowed = [releasable(load=Load(connecting=waiting), settings=deep) for waiting in (3, 4)]
        assert allowed == [17, 0]

    def test_agent_first_nobody_waits_for_an_agent(self) -> None:
        connecting = Load(dialing=1, connecting=3)
        assert releasable(load=connecting, settings=self.settings, first_party=FirstParty.AGENT) == 1

    def test_figures_that_name_no_agents_are_none(self) -> None:
        assert releasable(stats(None, None, holding=9, oldest=60), settings=self.settings) == 5


class TestWithFigures:
    def test_one_for_each_free_agent_of_a_small_team(self) -> None:
        assert [releasable(stats(5, free), places=LINE[:4]) for free in range(4)] == [1, 1, 2, 3]

    def test_a_large_team_is_led_by_those_who_become_free(self) -> None:
        # 200 agents end 12 calls in 18 seconds on average, and 7 or more nine times out of ten.
        assert releasable(stats(200, 0)) == 7

    def test_those_under_way_have_their_agents_already(self) -> None:
        told = stats(50, 4, holding=0)
        assert releasable(told) > releasable(told, load=Load(dialing=2)) > releasable(told, load=Load(connecting=4))

    def test_who_will_not_be_reached_needs_no_agent(self) -> None:
        often, seldom = (Pace(300, 10, reach) for reach in (1.0, 0.5))
        assert releasable(stats(10, 4), seen=seldom) > releasable(stats(10, 4), seen=often)

    def test_nobody_on_hold_is_overtaken(self) -> None:
        just_asked = (Instant(NOON - SECOND),)
        assert releasable(stats(10, 2, holding=5, oldest=300), places=just_asked) == 0
        assert releasable(stats(10, 0, holding=5, oldest=300), places=just_asked) == 0
        assert releasable(stats(10, 7, holding=5, oldest=300), places=just_asked) == 1

    def test_half_of_those_on_hold_came_before_who_asked_half_way(self) -> None:
        half_way = tuple(after(NOON, -151 + number * 1e-3) for number in range(10))
        allowed = releasable(stats(10, 10, holding=11, oldest=300), places=half_way, seen=Pace(300, 10, 1.0))
        assert allowed == 4  # ten are free, six are wanted by those who came before

    def test_the_further_others_get_ahead_the_more_urgent_it_is(self) -> None:
        behind_by = [releasable(stats(60, 0, holding=30, oldest=3600 - late)) for late in (0, 45, 90, 135)]
        assert behind_by == sorted(behind_by)
        assert behind_by[0] < behind_by[-1]

    def test_after_an_outage_it_is_not_a_burst(self) -> None:
        assert releasable(stats(50, 0, holding=20, oldest=60)) <= 4
        assert releasable(stats(50, 50)) <= 60

    def test_agents_taken_since_the_figures_were_told_are_not_counted_twice(self) -> None:
        told, just_now = stats(20, 3, age=20), tuple(after(NOON, -10) for _ in range(3))
        places, sure = (after(NOON, -60),) * 5, Pace(300, 10, 1.0)
        before = releasable(told, places=places, seen=sure)
        ringing = releasable(told, places=places, seen=sure, recent=just_now, load=Load(dialing=3))
        talking = releasable(told, places=places, seen=sure, recent=just_now, load=Load(talking=3))
        assert (before, ringing, talking) == (3, 0, 0)

    @given(
        staffed=st.integers(1, 300),
        free=st.none() | st.just(0),
        holding=st.integers(0, 100),
        oldest=st.integers(0, 900),
    )
    def test_whoever_has_waited_long_enough_is_launched(
        self, staffed: int, free: int | None, holding: int, oldest: int
    ) -> None:
        long_ago = (Instant(NOON - HOUR),)
        assert releasable(stats(staffed, free, holding=holding, oldest=oldest), places=long_ago) == 1
        assert (
            releasable(
                stats(staffed, free, holding=holding, oldest=oldest), places=long_ago, first_party=FirstParty.AGENT
            )
            == 1
        )

    @pytest.mark.parametrize("first", FirstParty)
    @pytest.mark.parametrize("holding", [0, 9])
    def test_nobody_is_launched_where_nobody_works(self, holding: int, first: FirstParty) -> None:
        assert releasable(stats(0, 0, holding=holding, oldest=60), first_party=first) == 0


class TestAgentFirst:
    def test_the_next_in_turn_is_always_launched_and_those_with_an_agent_need_none(self) -> None:
        told = stats(10, 0, holding=9, oldest=60)
        allowed = [
            releasable(told, load=load, first_party=FirstParty.AGENT)
            for load in (Load(), Load(connecting=3), Load(dialing=1))
        ]
        assert allowed == [1, 1, 0]


class TestLookingAgain:
    def test_rests_when_the_queue_is_the_limit_and_less_where_agents_are_known(self) -> None:
        rests = [
            pacing.look_again_at(pacing=PacingSettings(), stats=told, recent=[], now=NOON) for told in (None, stats())
        ]
        assert rests == [after(NOON, pacing.REST_SECONDS), after(NOON, 1)]

    def test_comes_back_when_the_rate_allows_a_call(self) -> None:
        settings = PacingSettings(calls_per_second=2)
        recent = [after(NOON, -0.9), after(NOON, -0.4), after(NOON, -0.1)]
        assert pacing.look_again_at(pacing=settings, stats=None, recent=recent, now=NOON) == after(NOON, 0.6)

    @given(rate=st.floats(0.2, 100), ages=st.lists(st.integers(0, 6 * SECOND), max_size=200))
    def test_is_never_now_and_the_rate_allows_a_call_then_or_it_was_a_rest(self, rate: float, ages: list[int]) -> None:
        settings = PacingSettings(calls_per_second=rate, max_queue_depth=1000)
        recent = [Instant(NOON - age) for age in sorted(ages, reverse=True)]
        then = pacing.look_again_at(pacing=settings, stats=None, recent=recent, now=NOON)
        assert then > NOON
        if then < after(NOON, pacing.REST_SECONDS):
            allowed = pacing.releasable(
                LINE, pacing=settings, load=Load(), stats=None, seen=SEEN, recent=recent, now=then
            )
            assert allowed >= 1

    def test_launches_are_remembered_as_long_as_anything_counts_them(self) -> None:
        settings = PacingSettings(calls_per_second=0.1)
        since = [
            pacing.recent_since(pacing=settings, stats=told, now=NOON) for told in (None, stats(age=3), stats(age=30))
        ]
        assert since == [after(NOON, -10), after(NOON, -10), after(NOON, -30)]
