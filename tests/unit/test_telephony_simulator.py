import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ringback.kernel.clock import MINUTE, SECOND, Instant, ManualClock, after, from_unix
from ringback.kernel.errors import DatabaseSchemaMismatch, DatabaseUnavailable
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId, OrgId
from ringback.telephony.drivers.simulator import (
    LEDGER_NAME,
    SimulatedCall,
    SimulatedTeam,
    SimulatorDriver,
    SimulatorSettings,
    read_calls,
)
from ringback.telephony.drivers.simulator.fate import fate_of
from ringback.telephony.port import Call, Cause, EventKind, Party, Unreachable

START = from_unix(1_780_000_000)
BILLING = CallTargetId("billing")
TALKS = "+15551230000"


def call(
    attempt: str, number: str = TALKS, *, first_party: Party = Party.CUSTOMER, agents: int | None = 3, timeout: int = 30
) -> Call:
    return Call(
        attempt_id=AttemptId(attempt),
        org=OrgId("acme"),
        callback_id=CallbackId(f"callback of {attempt}"),
        call_target_id=BILLING,
        first_party=first_party,
        customer_number=number,
        agent_destination="",
        caller_id="",
        customer_dial_timeout=timeout,
        agents=agents,
    )


async def played(
    path: Path, calls: list[Call], settings: SimulatorSettings | None = None, steps: tuple[float, ...] = (86_400,)
) -> dict[str, SimulatedCall]:
    """The ledger's calls by attempt id, all made at once and looked at after each of ``steps`` seconds."""
    clock = ManualClock(START)
    driver = SimulatorDriver(path, clock, settings)
    for order in calls:
        await driver.originate(order)
    for seconds in steps:
        clock.advance(seconds)
        await driver.events()
    await driver.close()
    return {found.attempt_id: found for found in read_calls(path)}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / LEDGER_NAME


class TestScriptedNumbers:
    @pytest.mark.parametrize("first_party", [Party.CUSTOMER, Party.AGENT])
    @pytest.mark.parametrize(
        ("ending", "cause", "ended_by"),
        [
            ("0001", Cause.BUSY, Party.CUSTOMER),
            ("0002", Cause.NO_ANSWER, Party.CUSTOMER),
            ("0003", Cause.MACHINE, Party.CUSTOMER),
            ("0004", Cause.REJECTED, Party.CUSTOMER),
            ("0005", Cause.INVALID_NUMBER, Party.NETWORK),
            ("0006", Cause.CONGESTION, Party.NETWORK),
            ("0007", Cause.CANCELED, Party.CUSTOMER),
            ("0008", Cause.FAILED, Party.NETWORK),
        ],
    )
    async def test_end_as_documented(
        self, ledger: Path, ending: str, cause: Cause, ended_by: Party, first_party: Party
    ) -> None:
        made = (await played(ledger, [call("one", f"+1555123{ending}", first_party=first_party)]))["one"]
        assert (made.cause, made.ended_by) == (cause, ended_by)
        assert made.connected_at is None

    async def test_the_extension_does_not_count(self, ledger: Path) -> None:
        made = await played(ledger, [call("busy", "+15551230001;ext=0000"), call("talks", "+15551230000;ext=0001")])
        assert made["busy"].cause is Cause.BUSY
        assert made["talks"].cause is Cause.ANSWERED

    async def test_0007_answers_and_leaves_though_an_agent_is_free(self, ledger: Path) -> None:
        made = (await played(ledger, [call("one", "+15551230007")]))["one"]
        assert made.answered_at is not None
        assert made.ended_at is not None
        assert 2 * SECOND <= made.ended_at - made.answered_at <= 8 * SECOND

    async def test_no_answer_rings_until_the_time_is_up(self, ledger: Path) -> None:
        made = (await played(ledger, [call("one", "+15551230002", timeout=17)]))["one"]
        assert made.ended_at == after(START, 17)

    async def test_follow_no_share(self, ledger: Path) -> None:
        made = await played(ledger, [call("one")], SimulatorSettings(busy_share=1))
        assert made["one"].cause is Cause.ANSWERED


class TestFate:
    def test_is_the_same_for_the_same_attempt_and_seed(self) -> None:
        settings = SimulatorSettings(seed=7, busy_share=0.3)
        assert fate_of(call("one"), settings) == fate_of(call("one"), settings)
        assert fate_of(call("one"), settings) != fate_of(call("two"), settings)
        assert fate_of(call("one"), settings) != fate_of(call("one"), SimulatorSettings(seed=8, busy_share=0.3))

    def test_shares_are_kept(self) -> None:
        settings = SimulatorSettings(busy_share=0.1, no_answer_share=0.2, machine_share=0.3)
        verdicts = Counter(fate_of(call(f"{n}", "+15551234567"), settings).verdict for n in range(4000))
        for cause, share in {
            Cause.BUSY: 0.1,
            Cause.NO_ANSWER: 0.2,
            Cause.MACHINE: 0.3,
            Cause.ANSWERED: 0.4,
        }.items():
            assert verdicts[cause] / 4000 == pytest.approx(share, abs=0.03)

    def test_talk_has_the_mean_and_the_spread_that_were_set(self) -> None:
        settings = SimulatorSettings(teams={BILLING: SimulatedTeam(handle_time=200, handle_time_spread=0.4)})
        talks = [fate_of(call(f"{n}"), settings).talk / SECOND for n in range(4000)]
        assert fmean(talks) == pytest.approx(200, rel=0.03)
        assert pstdev(talks) == pytest.approx(80, rel=0.1)

    def test_ring_keeps_to_its_bounds(self) -> None:
        settings = SimulatorSettings(ring_seconds=(3, 5))
        rings = [fate_of(call(f"{n}"), settings).ring for n in range(200)]
        assert 3 * SECOND <= min(rings) < max(rings) <= 5 * SECOND

    def test_whoever_would_answer_after_the_time_is_up_does_not(self) -> None:
        fate = fate_of(call("one", timeout=5), SimulatorSettings(ring_seconds=(6, 9)))
        assert (fate.verdict, fate.ring) == (Cause.NO_ANSWER, 5 * SECOND)

    def test_speed_shortens_everything(self) -> None:
        slow, fast = (fate_of(call("one"), SimulatorSettings(speed=speed)) for speed in (1, 10))
        for duration in ("ring", "patience", "talk"):
            assert getattr(fast, duration) == pytest.approx(getattr(slow, duration) / 10, abs=1)


class TestAgents:
    async def test_take_customers_in_the_order_of_answering(self, ledger: Path) -> None:
        made = await played(
            ledger, [call(f"{n}", agents=1) for n in range(4)], SimulatorSettings(patience=80_000, ring_seconds=(2, 20))
        )
        by_answer = sorted(made.values(), key=lambda one: one.answered_at or 0)
        assert [one.attempt_id for one in by_answer] != list("0123"), "the seed should not answer in order of dialling"
        assert by_answer[0].connected_at == by_answer[0].answered_at
        for former, latter in pairwise(by_answer):
            assert latter.connected_at == former.ended_at

    async def test_come_first_where_told_and_only_when_free(self, ledger: Path) -> None:
        made = await played(
            ledger,
            [call(f"{n}", first_party=Party.AGENT, agents=1) for n in range(3)],
            SimulatorSettings(patience=80_000),
        )
        first, second, third = made["0"], made["1"], made["2"]
        assert first.answered_at == START
        assert second.answered_at == first.ended_at
        assert third.answered_at == second.ended_at
        for one in made.values():
            assert one.answered_at is not None
            assert one.connected_at is not None
            assert one.connected_at > one.answered_at, "the customer's telephone rang meanwhile"

    async def test_are_free_again_when_the_customer_is_not_reached(self, ledger: Path) -> None:
        made = await played(
            ledger,
            [call("busy", "+15551230001", first_party=Party.AGENT, agents=1), call("next", agents=1)],
            SimulatorSettings(ring_seconds=(5, 5)),
        )
        assert made["next"].connected_at == made["busy"].ended_at == after(START, 5)

    async def test_nobody_waits_for_ever(self, ledger: Path) -> None:
        made = await played(
            ledger,
            [call("customer first", agents=0), call("agent first", first_party=Party.AGENT, agents=0)],
            SimulatorSettings(patience=60),
        )
        customer_first, agent_first = made["customer first"], made["agent first"]
        assert (customer_first.cause, customer_first.ended_by) == (Cause.CANCELED, Party.CUSTOMER)
        assert customer_first.answered_at is not None
        assert customer_first.ended_at == after(customer_first.answered_at, 60)
        assert (agent_first.cause, agent_first.ended_by) == (Cause.NO_ANSWER, Party.AGENT)
        assert agent_first.ended_at == after(START, 60)

    async def test_more_of_them_take_those_who_wait(self, ledger: Path) -> None:
        clock = ManualClock(START)
        driver = SimulatorDriver(ledger, clock)
        for attempt in "abc":
            await driver.originate(call(attempt, agents=1))
        clock.advance(10)
        assert await driver.busy_agents(BILLING) == 1

        await driver.originate(call("d", agents=3))

        assert await driver.staffed_agents(BILLING) == 3
        assert await driver.busy_agents(BILLING) == 3
        await driver.close()

    async def test_take_the_next_at_once_when_a_call_is_hung_up(self, ledger: Path) -> None:
        clock = ManualClock(START)
        driver = SimulatorDriver(ledger, clock)
        for attempt in "ab":
            await driver.originate(call(attempt, first_party=Party.AGENT, agents=1))
        clock.advance(1)
        await driver.hang_up(AttemptId("a"))
        view = await driver.look_up(AttemptId("b"))
        await driver.close()
        assert view is not None
        assert view.answered_at == clock.now()

    async def test_of_one_call_target_do_not_work_for_another(self, ledger: Path) -> None:
        other = replace(call("other", agents=1), call_target_id=CallTargetId("service"))
        made = await played(ledger, [call("own", agents=0), other], SimulatorSettings(patience=60))
        assert made["own"].connected_at is None
        assert made["other"].connected_at is not None

    async def test_are_as_many_as_set_else_as_told_else_unknown(self, tmp_path: Path) -> None:
        clock = ManualClock(START)
        told = SimulatorDriver(tmp_path / "told", clock)
        assert await told.staffed_agents(BILLING) is None
        assert await told.busy_agents(BILLING) == 0
        await told.originate(call("one", agents=5))
        assert await told.staffed_agents(BILLING) == 5
        await told.close()

        configured = SimulatorDriver(
            tmp_path / "set", clock, SimulatorSettings(teams={BILLING: SimulatedTeam(agents=2)})
        )
        assert await configured.staffed_agents(BILLING) == 2
        await configured.originate(call("one", agents=5))
        assert await configured.staffed_agents(BILLING) == 2
        await configured.close()


class TestTime:
    @hypothesis_settings(max_examples=15, deadline=None)
    @given(steps=st.lists(st.integers(1, 600), max_size=30))
    async def test_one_jump_is_the_same_as_many_steps(self, steps: list[int]) -> None:
        orders = [
            call(f"{n}", f"+1555123{n:04}", agents=2, first_party=Party.AGENT if n % 3 == 0 else Party.CUSTOMER)
            for n in range(12)
        ]
        with TemporaryDirectory() as folder:
            jumped = await played(Path(folder) / "jumped", orders)
            stepped = await played(Path(folder) / "stepped", orders, steps=(*map(float, steps), 86_400))
        assert jumped == stepped

    async def test_events_are_told_in_the_order_of_time(self, ledger: Path) -> None:
        clock = ManualClock(START)
        driver = SimulatorDriver(ledger, clock)
        for n in range(20):
            await driver.originate(call(f"{n}", f"+1555123{n:04}", agents=2))
            clock.advance(4)
        clock.advance(86_400)
        told = [event.at for event in await driver.events()]
        await driver.close()
        assert len(told) > 30
        assert told == sorted(told)

    async def test_a_clock_set_back_turns_nothing_back(self, ledger: Path) -> None:
        clock = ManualClock(START)
        driver = SimulatorDriver(ledger, clock)
        await driver.originate(call("one"))
        clock.turn_to(Instant(START - 10 * MINUTE))
        await driver.originate(call("two"))
        await driver.hang_up(AttemptId("one"))
        told = await driver.events()
        await driver.close()
        assert [(event.attempt_id, event.kind, event.at) for event in told] == [
            ("one", EventKind.RINGING, START),
            ("two", EventKind.RINGING, START),
            ("one", EventKind.ENDED, START),
        ]

    async def test_more_events_than_one_batch_all_come(self, ledger: Path) -> None:
        clock = ManualClock(START)
        driver = SimulatorDriver(ledger, clock)
        for n in range(300):
            await driver.originate(call(f"{n}", agents=300))
        clock.advance(86_400)
        told = []
        while fresh := await driver.events():
            told += fresh
            await driver.acknowledge(fresh)
        await driver.close()
        assert len(told) == 300 * len(EventKind)

    async def test_looking_when_nothing_is_due_writes_nothing(self, ledger: Path) -> None:
        clock = ManualClock(START)
        driver = SimulatorDriver(ledger, clock)
        await driver.originate(call("one"))
        with closing(sqlite3.connect(ledger)) as onlooker:
            before = onlooker.execute("PRAGMA data_version").fetchone()
            clock.advance(1)
            await driver.events()
            await driver.look_up(AttemptId("one"))
            await driver.busy_agents(BILLING)
            assert onlooker.execute("PRAGMA data_version").fetchone() == before
            clock.advance(60)
            await driver.events()
            assert onlooker.execute("PRAGMA data_version").fetchone() != before
        await driver.close()


class TestLedger:
    async def test_shows_a_call_made_before_anything_is_told(self, ledger: Path) -> None:
        driver = SimulatorDriver(ledger, ManualClock(START))
        await driver.originate(call("one"))
        made = read_calls(ledger)
        await driver.close()
        assert [(one.attempt_id, one.callback_id, one.call_target, one.number, one.originated_at) for one in made] == [
            ("one", "callback of one", BILLING, TALKS, START)
        ]

    async def test_several_processes_see_one_network(self, ledger: Path) -> None:
        clock = ManualClock(START)
        dials, listens = SimulatorDriver(ledger, clock), SimulatorDriver(ledger, clock)
        await dials.originate(call("one"))
        await dials.close()
        clock.advance(86_400)
        assert [event.kind for event in await listens.events()] == list(EventKind)
        await listens.close()

    async def test_processes_that_open_and_dial_at_once_ring_each_attempt_once(self, ledger: Path) -> None:
        clock = ManualClock(START)
        drivers = await asyncio.gather(*(asyncio.to_thread(SimulatorDriver, ledger, clock) for _ in range(6)))
        await asyncio.gather(*(driver.originate(call(f"{n}")) for driver in drivers for n in range(10)))
        rung = [event.attempt_id for event in await drivers[0].events()]
        await asyncio.gather(*(driver.close() for driver in drivers))
        assert sorted(rung) == sorted(one.attempt_id for one in read_calls(ledger)) == sorted("0123456789")

    async def test_survives_the_killing_of_our_process(self, ledger: Path) -> None:
        dial_and_die = f"""
import asyncio, os, signal
from pathlib import Path
from ringback.kernel.clock import ManualClock
from ringback.telephony.drivers.simulator import SimulatorDriver
from ringback.telephony.port import Call, Party
driver = SimulatorDriver(Path({str(ledger)!r}), ManualClock({START}))
order = Call("one", "acme", "callback of one", "billing", Party.CUSTOMER, "{TALKS}", "", "", 30, 3)
asyncio.run(driver.originate(order))
os.kill(os.getpid(), signal.SIGKILL)
"""
        died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", dial_and_die], env=dict(os.environ))
        assert died.returncode == -signal.SIGKILL

        clock = ManualClock(after(START, 1))
        driver = SimulatorDriver(ledger, clock)
        view = await driver.look_up(AttemptId("one"))
        assert view is not None
        assert (view.alive, view.ringing_at) == (True, START)
        await driver.originate(call("one"))
        clock.advance(86_400)
        assert [event.kind for event in await driver.events()] == list(EventKind)
        await driver.close()

    @pytest.mark.parametrize("content", [b"this is not a database" * 100, b"\0" * 5000])
    def test_of_rubbish_is_refused(self, ledger: Path, content: bytes) -> None:
        ledger.write_bytes(content)
        with pytest.raises(DatabaseUnavailable, match=r"simulator\.sqlite3"):
            SimulatorDriver(ledger, ManualClock(START))
        with pytest.raises(DatabaseUnavailable, match=r"simulator\.sqlite3"):
            read_calls(ledger)

    def test_in_no_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DatabaseUnavailable, match="missing"):
            SimulatorDriver(tmp_path / "missing" / LEDGER_NAME, ManualClock(START))
        with pytest.raises(DatabaseUnavailable, match="missing"):
            read_calls(tmp_path / "missing" / LEDGER_NAME)

    def test_of_another_version_is_refused_and_left_alone(self, ledger: Path) -> None:
        with closing(sqlite3.connect(ledger)) as other:
            other.execute("PRAGMA user_version = 99")
        with pytest.raises(DatabaseSchemaMismatch, match="format 99"):
            SimulatorDriver(ledger, ManualClock(START))
        with closing(sqlite3.connect(ledger)) as other:
            assert other.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)

    async def test_that_breaks_makes_the_driver_unreachable(self, ledger: Path) -> None:
        driver = SimulatorDriver(ledger, ManualClock(START))
        with closing(sqlite3.connect(ledger)) as vandal:
            vandal.execute("DROP TABLE events")
        with pytest.raises(Unreachable, match="no such table"):
            await driver.originate(call("one"))
        assert await driver.look_up(AttemptId("one")) is None, "a call that was not told of was not made"
        await driver.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"busy_share": 0.6, "machine_share": 0.6},
        {"busy_share": -0.1},
        {"ring_seconds": (8, 2)},
        {"ring_seconds": (0, 2)},
        {"speed": 0},
        {"patience": 0},
        {"teams": {"billing": {"agents": -1}}},
        {"team": {"handle_time": 0}},
        {"unknown": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SimulatorSettings.model_validate(wrong)
