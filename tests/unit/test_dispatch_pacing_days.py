"""What comes of the pacing in the course of a day, in a contact centre of a hundred lines."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import count, pairwise
from random import Random

import pytest

from ringback.call_targets.model import FirstParty, PacingSettings
from ringback.dispatch import pacing
from ringback.forecast.model import Load, Pace, QueueStats
from ringback.kernel.clock import Instant, after, from_unix

BEGIN = from_unix(1_772_452_800)
SETTINGS = PacingSettings(max_queue_depth=100, calls_per_second=20)
REACH = 0.9


@dataclass
class Day:
    """Some hours with more calls than the agents can take: a queue served by place, and callbacks paced into it.

    Of those who would have to wait longer than half a minute, four in ten are called back; the others hold while their
    patience lasts. Calls arrive at random (Poisson), conversations are log-normal. Times are in seconds.
    """

    agents: int
    handle_time: float
    first: FirstParty
    demand: float = 1.1
    """Calls that come, over calls that the agents can take."""
    carried_over: int = 0
    """Who asked in the hour before, in which nobody was called."""
    hours: float = 5
    waits: list[float] = field(default_factory=list)
    """Of each customer: from being ready until an agent spoke."""
    launches: list[tuple[float, float]] = field(default_factory=list)
    """When, and in which place."""
    overtakings: int = 0
    idle: float = 0.0
    """Agent seconds lost: free while a customer's telephone rang, or on a call that had no customer yet."""

    def __post_init__(self) -> None:
        self.draws, self.number = Random(1), count()
        self.free, self.dialing, self.connecting, self.talking = self.agents, 0, 0, 0
        self.holding: dict[int, float] = {}
        self.queue: list[tuple[float, int, Callable[[float], bool]]] = []
        self.line = [-3600 + 3600 * number / self.carried_over for number in range(self.carried_over)]
        self.events: list[tuple[float, int, Callable[[float], None]]] = []

    def play(self) -> "Day":
        before, end = 0.0, self.hours * 3600
        self.at(0.0, self.call_in)
        self.at(0.0, self.look)
        while self.events and self.events[0][0] < end:
            now, _, happens = heapq.heappop(self.events)
            self.idle += (now - before) * min(self.free, self.dialing if self.first is FirstParty.CUSTOMER else 0)
            happens(now)
            self.serve(now)
            self.launch(now)
            before = now
        return self

    def at(self, when: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self.events, (when, next(self.number), what))

    def call_in(self, now: float) -> None:
        self.at(now + self.draws.expovariate(self.demand * self.agents / self.handle_time), self.call_in)
        ahead = len(self.holding) + len(self.line) + self.dialing + self.connecting + 1
        if self.free == 0 and ahead * self.handle_time / self.agents > 30 and self.draws.random() < 0.4:
            self.line.append(now)
            return
        caller = next(self.number)
        self.holding[caller] = now
        heapq.heappush(self.queue, (now, caller, lambda then: self.take_holder(caller, then)))
        self.at(now + self.draws.expovariate(1 / 240), lambda _: self.give_up(caller))

    def give_up(self, caller: int) -> None:
        self.holding.pop(caller, None)

    def look(self, now: float) -> None:
        self.at(now + 1, self.look)

    def serve(self, now: float) -> None:
        while self.free and self.queue:
            place, _, take = heapq.heappop(self.queue)
            self.overtakings += any(since < place for since in self.holding.values())
            self.free -= take(now)

    def take_holder(self, caller: int, now: float) -> bool:
        if self.holding.pop(caller, None) is None:
            return False
        self.talk(now)
        return True

    def talk(self, now: float) -> None:
        spread = math.log(1 + 0.8**2)
        length = self.draws.lognormvariate(math.log(self.handle_time) - spread / 2, math.sqrt(spread))
        self.at(now + length, self.agent_is_free)

    def agent_is_free(self, _: float) -> None:
        self.free += 1

    def launch(self, now: float) -> None:
        oldest = now - min(self.holding.values(), default=now)
        number = pacing.releasable(
            [instant(place) for place in self.line[:100]],
            pacing=SETTINGS,
            load=Load(dialing=self.dialing, connecting=self.connecting),
            stats=QueueStats(instant(now), len(self.holding), oldest, self.agents, self.free, self.handle_time),
            seen=Pace(self.handle_time, lead_time=10, reach=REACH),
            recent=[instant(when) for when, _ in self.launches[-100:]],
            now=instant(now),
            first_party=self.first,
        )
        for place in self.line[:number]:
            self.launches.append((now, place))
            self.dialing += 1
            begin = self.ring_customer if self.first is FirstParty.CUSTOMER else self.ring_agents
            begin(place, now)
        del self.line[:number]

    def ring_customer(self, place: float, now: float) -> None:
        if self.draws.random() > REACH:
            self.at(now + 30, self.nobody_there)
            return

        def ready(then: float) -> None:
            self.dialing, self.connecting = self.dialing - 1, self.connecting + 1
            heapq.heappush(self.queue, (place, next(self.number), lambda found: self.connect(then, found)))

        self.at(now + self.lead(), ready)

    def nobody_there(self, _: float) -> None:
        self.dialing -= 1

    def connect(self, ready: float, now: float) -> bool:
        self.connecting -= 1
        self.waits.append(now - ready)
        self.talk(now)
        return True

    def ring_agents(self, place: float, _: float) -> None:
        heapq.heappush(self.queue, (place, next(self.number), self.agent_rings_customer))

    def agent_rings_customer(self, now: float) -> bool:
        self.dialing, self.connecting = self.dialing - 1, self.connecting + 1
        reached = self.draws.random() < REACH
        lasts = self.lead() if reached else 30
        self.idle += lasts

        def over(then: float) -> None:
            self.connecting -= 1
            if reached:
                self.waits.append(0.0)
                self.talk(then)
            else:
                self.free += 1

        self.at(now + lasts, over)
        return True

    def lead(self) -> float:
        return self.draws.uniform(3, 12) + self.draws.uniform(1, 4)


def instant(seconds: float) -> Instant:
    return after(BEGIN, seconds)


@cache
def day(agents: int, handle_time: float, first: FirstParty, demand: float = 1.1, carried_over: int = 0) -> Day:
    return Day(agents, handle_time, first, demand, carried_over).play()


def idle_share(played: Day) -> float:
    return played.idle / (played.agents * played.hours * 3600)


def ninetieth(waits: list[float]) -> float:
    return sorted(waits)[math.ceil(0.9 * len(waits)) - 1]


CUSTOMER, AGENT = FirstParty

DAYS = [(5, 300, AGENT), (10, 300, AGENT), (10, 300, CUSTOMER), (50, 180, AGENT), (50, 180, CUSTOMER)]


@pytest.mark.parametrize(("agents", "handle_time", "first"), DAYS)
class TestBusyDays:
    def test_nobody_is_overtaken(self, agents: int, handle_time: float, first: FirstParty) -> None:
        played = day(agents, handle_time, first)
        places = [place for _, place in played.launches]
        assert played.overtakings == 0
        assert places == sorted(places)

    def test_agents_lose_at_most_one_fiftieth_of_their_time(
        self, agents: int, handle_time: float, first: FirstParty
    ) -> None:
        assert idle_share(day(agents, handle_time, first)) <= 0.02

    def test_nobody_is_left_behind(self, agents: int, handle_time: float, first: FirstParty) -> None:
        played = day(agents, handle_time, first)
        assert len(played.launches) > 50
        assert max(now - place for now, place in played.launches) < 1800
        assert all(played.hours * 3600 - place < 1800 for place in played.line)


@pytest.mark.parametrize(
    ("agents", "handle_time", "first"), [(10, 300, AGENT), (50, 180, AGENT), (50, 180, CUSTOMER), (150, 300, CUSTOMER)]
)
def test_nine_of_ten_customers_wait_no_longer_than_ten_seconds(
    agents: int, handle_time: float, first: FirstParty
) -> None:
    assert ninetieth(day(agents, handle_time, first).waits) <= 10


def test_customers_of_a_small_team_wait_for_hardly_more_than_the_next_agent() -> None:
    """Its agents take somebody on hold whenever they are free: no moment to ring the customer would be better."""
    next_agent = math.log(10) * 300 / 10  # nine of ten times an agent is free before
    assert ninetieth(day(10, 300, CUSTOMER).waits) <= 1.1 * next_agent


@pytest.mark.parametrize("agents", [10, 50])
def test_after_an_hour_without_calls_the_release_follows_the_agents(agents: int) -> None:
    played = day(agents, 300, CUSTOMER, demand=0.5, carried_over=200)
    launches = [now for now, place in played.launches if place < 0]
    assert len(launches) == 200
    at_once = max(sum(begin <= now < begin + 10 for now in launches) for begin in launches if begin >= 10)
    assert at_once <= 2 + agents / 300 * 10 * 4
    gaps = [later - earlier for earlier, later in pairwise(launches)]
    assert max(gaps) < 600
    # Half of the agents' time goes to those who call now.
    assert launches[-1] < 1.3 * 200 * 300 / (agents / 2)
