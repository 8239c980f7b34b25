"""The simulated network as a whole, on both of its ledgers: time, order, and whatever may be commanded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.simulated import BILLING, START, Play, seconds_after

from ringback.kernel.clock import HOUR, MINUTE, SECOND, Instant
from ringback.kernel.tenancy import AttemptId
from ringback.telephony.drivers.simulator import (
    LEDGER_NAME,
    InboundKind,
    Ledger,
    MemoryLedger,
    SimulatedTeam,
    SimulatorSettings,
)
from ringback.telephony.drivers.simulator.books import Books
from ringback.telephony.port import EventKind, LegId, LegView, Party, leg_id

LEDGERS = ["file", "memory"]


@contextmanager
def opened(kind: str) -> Iterator[Books]:
    if kind == "memory":
        yield MemoryLedger()
        return
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / LEDGER_NAME)
        try:
            yield ledger
        finally:
            ledger.close()


@pytest.fixture(params=LEDGERS)
def ledger(request: pytest.FixtureRequest) -> Iterator[Books]:
    with opened(request.param) as books:
        yield books


def test_events_are_told_in_the_order_of_time(ledger: Books) -> None:
    staged = Play(ledger)
    for n in range(20):
        staged.customer(f"{n}", number=f"+1555123{n:04}")
        staged.agent(f"{n}")
        staged.clock.advance(4)
    staged.pass_time(86_400)
    assert len(staged.told) > 60
    assert [event.at for event in staged.told] == sorted(event.at for event in staged.told)


def test_a_clock_set_back_turns_nothing_back(ledger: Books) -> None:
    staged = Play(ledger)
    one = staged.customer("one")
    staged.clock.turn_to(Instant(START - 10 * MINUTE))
    two = staged.customer("two")
    staged.hang_up(one)
    staged.hear()
    assert [(event.leg, event.kind, event.at) for event in staged.told] == [
        (one, EventKind.RINGING, START),
        (two, EventKind.RINGING, START),
        (one, EventKind.ENDED, START),
    ]


def test_more_events_than_one_batch_all_come(ledger: Books) -> None:
    staged = Play(ledger)
    legs = [staged.customer(f"{n}") for n in range(400)]
    staged.clock.advance(30)
    assert len(staged.network.events(staged.clock.now())) == 800
    for leg in legs:
        staged.hang_up(leg)
    assert len(staged.network.events(staged.clock.now())) == 1000
    staged.hear()
    assert len(staged.told) == 1200


def test_says_when_something_happens_next(ledger: Books) -> None:
    staged = Play(ledger)
    assert staged.network.next_event_at() is None
    leg = staged.customer(number="+15551230002", timeout=17)
    assert staged.network.next_event_at() == START
    staged.hear()
    assert staged.network.next_event_at() == seconds_after(17)
    staged.pass_time(17)
    assert EventKind.ENDED in staged.kinds(leg)
    assert staged.network.next_event_at() is None


def test_what_ended_and_was_acknowledged_is_forgotten_after_a_day(ledger: Books) -> None:
    staged = Play(ledger)
    told = staged.customer("told", number="+15551230001")
    staged.caller("caller")
    staged.pass_time(60)
    untold = staged.customer("untold", number="+15551230001")
    staged.clock.advance(90_000)
    talking, _ = staged.customer("new"), staged.network.advance(staged.clock.now())
    now = staged.clock.now()
    assert staged.network.look_up(told, now) is None
    assert staged.network.look_up(untold, now) is not None
    assert staged.network.look_up(talking, now) is not None


# A play: who does what, to whom, with whom, after how many seconds.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["customer", "agent", "caller", "announce", "collect", "hold", "bridge", "hang up", "staff", "look"]
        ),
        st.integers(0, 7),
        st.integers(0, 7),
        st.floats(0, 120),
    ),
    min_size=8,
    max_size=60,
)
ENDINGS = ["0000", "0001", "0003", "0007", "0010", "0012", "0014", "1234"]
SETTINGS = SimulatorSettings(
    late_key_share=0.2,
    patience=300,
    team=SimulatedTeam(agents=2, handle_time=60, wrap_up=5, ignoring_share=0.2, leaving_share=0.2, inbound_per_hour=30),
)
Steps = list[tuple[str, int, int, float]]


def legs_of(number: int) -> list[LegId]:
    return [leg_id(AttemptId(f"{number}"), party) for party in (Party.CUSTOMER, Party.AGENT)]


def take(staged: Play, what: str, one: int, other: int) -> None:
    leg = legs_of(one)[other % 2]
    match what:
        case "customer":
            staged.customer(f"{one}", number=f"+1555123{ENDINGS[one]}")
        case "agent":
            staged.agent(f"{one}", place=seconds_after(-other), timeout=60 * other)
        case "caller":
            staged.caller(f"{one}", patience=30 * other, talk=20 * other)
        case "announce":
            staged.announce(leg)
        case "collect":
            staged.collect(leg, timeout=other)
        case "hold":
            staged.hold(leg)
        case "bridge":
            staged.bridge(leg, legs_of(other)[one % 2])
        case "hang up":
            staged.hang_up(leg)
        case "staff":
            staged.staff(other % 4)


def played(staged: Play, steps: Steps) -> None:
    staffed = most = 2
    for what, one, other, pause in steps:
        staged.clock.advance(pause)
        take(staged, what, one, other)
        if what == "staff":
            staffed = other % 4
        stats = staged.network.queue_stats(BILLING, staged.clock.now())
        busy = staged.ledger.busy_agents(BILLING)
        most = max(staffed, min(most, busy))  # fewer are sent for: those on a call finish it, and take no other
        assert busy <= most
        assert (stats.agents_staffed, stats.agents_available) == (staffed, max(0, staffed - busy))


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_whatever_is_commanded_everything_ends_in_good_time(steps: Steps) -> None:
    staged = Play(
        MemoryLedger(), SETTINGS.model_copy(update={"team": SETTINGS.team.model_copy(update={"inbound_per_hour": 0})})
    )
    played(staged, steps)
    ceased = staged.clock.now()
    staged.staff(2)
    staged.pass_time(7200)
    assert staged.ledger.busy_agents(BILLING) == 0
    assert staged.ledger.next_at() is None
    ended = [event for event in staged.told if event.kind is EventKind.ENDED]
    assert len({event.leg for event in ended}) == len(ended) == len({event.leg for event in staged.told})
    assert all(event.at <= ceased + HOUR for event in ended)
    over = [event.caller for event in staged.inbound if event.kind is not InboundKind.ANSWERED]
    assert len(over) == len(set(over))


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_an_agent_has_one_call_at_a_time_and_takes_who_waited_longest(steps: Steps) -> None:
    """From what was told alone: who holds an agent, and who was passed over."""
    staged = Play(MemoryLedger(), SETTINGS)
    calm = [step for step in steps if step[0] != "staff"]
    played(staged, calm)
    staged.pass_time(7200)
    views = [view for n in range(8) if (view := staged.network.look_up(legs_of(n)[1], staged.clock.now()))]
    callers: dict[str, dict[InboundKind, Instant]] = {}
    for event in staged.inbound:
        callers.setdefault(event.caller, {})[event.kind] = event.at
    spans = [(view.answered_at, view.ended_at) for view in views if view.answered_at is not None]
    spans += [
        (known[InboundKind.ANSWERED], known.get(InboundKind.FINISHED))
        for known in callers.values()
        if InboundKind.ANSWERED in known
    ]
    assert most_at_once(spans) <= 2
    places = {
        leg_id(AttemptId(f"{one}"), Party.AGENT): seconds_after(-other)
        for what, one, other, _ in reversed(calm)
        if what == "agent"
    }
    for one in views:
        for other in views:
            if places[one.leg] < places[other.leg] and other.answered_at is not None:
                assert not passed_over(one, other.answered_at)


def passed_over(view: LegView, at: Instant) -> bool:
    """Whether a leg was waiting when another was taken, and went on waiting."""
    until = view.ended_at if view.answered_at is None else view.answered_at
    assert view.ringing_at is not None
    return view.ringing_at < at and (until is None or until > at)


def most_at_once(spans: list[tuple[Instant | None, Instant | None]]) -> int:
    changes = [(begun or 0, 1) for begun, _ in spans] + [(over, -1) for _, over in spans if over is not None]
    busy = most = 0
    for _, change in sorted(changes):
        busy += change
        most = max(most, busy)
    return most


@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_both_ledgers_tell_the_same(steps: Steps) -> None:
    stories = []
    for kind in LEDGERS:
        with opened(kind) as books:
            staged = Play(books, SETTINGS)
            played(staged, steps)
            staged.pass_time(600)
            stats = staged.network.queue_stats(BILLING, staged.clock.now())
            stories.append((staged.told, staged.inbound, stats, staged.network.next_event_at()))
    assert stories[0] == stories[1]


@settings(max_examples=15, deadline=None)
@given(pauses=st.lists(st.integers(1, 600), max_size=30))
def test_one_jump_is_the_same_as_many_steps(pauses: list[int]) -> None:
    def story(looks: list[int]) -> list[object]:
        staged = Play(MemoryLedger(), SETTINGS)
        for n in range(8):
            staged.customer(f"{n}", number=f"+1555123{ENDINGS[n]}")
            staged.agent(f"{n}", timeout=600)
            staged.caller(f"{n}", patience=100 * n)
        for look in looks:
            staged.network.advance(Instant(START + look * SECOND))
        staged.pass_time(3600)
        return [staged.told, staged.inbound]

    looks = [sum(pauses[: n + 1]) for n in range(len(pauses))]
    assert story([]) == story([look for look in looks if look < 3600])
