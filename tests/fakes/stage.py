"""A contact centre to play on: database, clock, simulated network and workers, for the tests of dispatching."""

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.fakes import voice as fakes
from tests.fakes.mortal import MortalVoice, Process, mortal_database
from tests.fakes.world import (
    World,
    ask,
    callback_of,
    counted,
    make_world,
)

from ringback.callbacks.lifecycle import LIVE_CALL, Outcome, State
from ringback.callbacks.model import Callback
from ringback.db.database import Database
from ringback.db.tx import Row, Tx
from ringback.dispatch import store
from ringback.dispatch.model import Attempt, RangeOutcome
from ringback.dispatch.service import Dispatcher
from ringback.forecast.model import Load
from ringback.kernel.clock import ManualClock, after
from ringback.kernel.tenancy import AttemptId, CallbackId, OrgId
from ringback.telephony.drivers.simulator import (
    LEDGER_NAME,
    SimulatedTeam,
    SimulatorDriver,
    SimulatorSettings,
    read_legs,
)
from ringback.telephony.port import Capability, Cause, Originate, Party, VoiceDriver, attempt_of

LEASE_SECONDS = 60
RING_SECONDS = 5
KEY_SECONDS = 2
TALK_SECONDS = 120

ANSWERS = "+12015550100"
BUSY = "+12015550001"
NOBODY_THERE = "+12015550002"
MACHINE = "+12015550003"
REJECTS = "+12015550004"
NO_SUCH_NUMBER = "+12015550005"
NO_FREE_LINE = "+12015550006"
HANGS_UP_WAITING = "+12015550007"
NETWORK_FAILS = "+12015550008"
CANCELS = "+12015550009"
LATER = "+12015550010"
PRESSES_NOTHING = "+12015550011"
NEVER_AGAIN = "+12015550013"


class Told:
    """Writes down what an observer is told."""

    def __init__(self) -> None:
        self.claims: list[int] = []
        self.latencies: list[float] = []
        self.errors: list[float] = []
        self.ranges: list[RangeOutcome | None] = []
        self.queue_reports: list[bool] = []
        self.causes: Counter[Cause] = Counter()
        self.outcomes: Counter[Outcome] = Counter()
        self.ignored = 0
        self.failed: list[str] = []

    def claimed(self, count: int) -> None:
        self.claims.append(count)

    def dialled(self, latency_seconds: float) -> None:
        self.latencies.append(latency_seconds)

    def launched(self, error_seconds: float, against_range: RangeOutcome | None = None) -> None:
        self.errors.append(error_seconds)
        self.ranges.append(against_range)

    def queue_reported(self, *, taken: bool) -> None:
        self.queue_reports.append(taken)

    def attempt_ended(self, cause: Cause) -> None:
        self.causes[cause] += 1

    def callback_finished(self, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1

    def event_ignored(self) -> None:
        self.ignored += 1

    def step_failed(self, step: str) -> None:
        self.failed.append(step)


class Stage:
    """A contact centre to play on: database, clock, simulated network, and workers."""

    def __init__(self, db: Database, clock: ManualClock, folder: Path) -> None:
        self.db = db
        self.clock = clock
        self.folder = folder
        self.told = Told()
        self.worlds: list[World] = []
        self._drivers: list[SimulatorDriver] = []

    def world(self, **settings: Any) -> World:
        """An organization with settings of its call target; a fast one, unless said otherwise."""
        settings = {"pacing": {"max_queue_depth": 100, "calls_per_second": 100}} | settings
        self.worlds.append(make_world(self.db, self.clock, **settings))
        return self.worlds[-1]

    def network(self, *, agents: int = 100) -> SimulatorDriver:
        """A driver onto the one simulated network.

        Who is not scripted answers after five seconds, presses 1 after two more, and talks for two minutes to an agent
        who accepts at once.
        """
        team = SimulatedTeam(agents=agents, handle_time=TALK_SECONDS, handle_time_spread=0, think_seconds=(0, 0))
        settings = SimulatorSettings(
            ring_seconds=(RING_SECONDS, RING_SECONDS), key_seconds=(KEY_SECONDS, KEY_SECONDS), team=team
        )
        driver = SimulatorDriver(self.folder / LEDGER_NAME, self.clock, settings)
        self._drivers.append(driver)
        return driver

    def recorded(self, **settings: Any) -> fakes.RecordingVoice:
        return fakes.RecordingVoice(self.network(**settings))

    def worker(
        self, voice: VoiceDriver, owner: str = "one", *, patience_seconds: float = 10, db: Database | None = None
    ) -> Dispatcher:
        return Dispatcher(
            db=db or self.db,
            clock=self.clock,
            voice=voice,
            observer=self.told,
            lease_seconds=LEASE_SECONDS,
            patience_seconds=patience_seconds,
            owner=owner,
        )

    def mortal_worker(self, voice: VoiceDriver, process: Process, owner: str = "dying") -> Dispatcher:
        """A worker in a process that ends when it has no words left."""
        return self.worker(MortalVoice(voice, process), owner, db=mortal_database(self.db, process))

    async def work(self, *workers: Dispatcher) -> None:
        """Let the workers do all that there is to do at this instant."""
        for _ in range(50):
            busy = [await step() for worker in workers for step in steps_of(worker)]
            if not any(busy):
                return
        raise AssertionError("the workers never come to rest")

    async def play(self, seconds: float, *workers: Dispatcher, every: float = 5) -> None:
        """Let time pass, the workers working now and then."""
        until = after(self.clock.now(), seconds)
        while self.clock.now() < until:
            self.clock.turn_to(min(until, after(self.clock.now(), every)))
            await self.work(*workers)

    async def play_out(self, world: World, *workers: Dispatcher) -> None:
        """Let time pass until no callback is left and everybody has hung up."""
        for _ in range(200):
            await self.play(10, *workers)
            if counted(self.db, world) == Load() and not self.db.read_now(_calls_under_way):
                return
        raise AssertionError("the calls never come to an end")

    def ask_all(self, world: World, count: int) -> list[CallbackId]:
        """So many customers, each of whom answers and talks, ask one after the other, a millisecond apart."""
        asked = []
        for line in range(count):
            asked.append(ask(self.db, world, f"+1201555{1000 + line}"))
            self.clock.advance(0.001)
        return asked

    def callback(self, world: World, callback_id: CallbackId) -> Callback:
        return callback_of(self.db, world, callback_id)

    def attempts(self, world: World, callback_id: CallbackId) -> list[Attempt]:
        return self.db.read_now(store.attempts_of, world.org, callback_id)

    async def close(self) -> None:
        for driver in self._drivers:
            await driver.close()

    def rung(self, voice: fakes.RecordingVoice) -> list[CallbackId]:
        """The callbacks for which customers were really rung, in order."""
        return [self.callback_id_of(command) for command in voice.dialled if command.party is Party.CUSTOMER]

    def callback_id_of(self, command: Originate) -> CallbackId:
        row = self.db.read_now(_callback_of_attempt, attempt_of(command.leg))
        assert row is not None, f"rung for no attempt: {command}"
        return CallbackId(row["callback_id"])

    def check(self) -> None:
        """Whatever was played: counts are right, every live call has one live attempt, and who is rung has a call."""
        for world in self.worlds:
            counted(self.db, world)
            for row in self.db.read_now(_live_attempts, world.org):
                assert row["live"] == (State(row["state"]) in LIVE_CALL), dict(row)
        ledger = self.folder / LEDGER_NAME
        under_way = {row["id"] for row in self.db.read_now(_calls_under_way)}
        for leg in read_legs(ledger) if ledger.exists() else ():
            assert leg.ended_at is not None or attempt_of(leg.leg) in under_way, f"nobody hangs up {leg}"


class KnowsNoQueues(fakes.RecordingVoice):
    """Cannot tell how the agents' queues stand."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities - {Capability.QUEUE_STATS}


def steps_of(worker: Dispatcher) -> tuple[Callable[[], Awaitable[bool]], ...]:
    """What a worker does again and again, in its order."""
    return worker.follow, worker.wake, worker.reconcile, worker.watch_queues, worker.release


def _callback_of_attempt(tx: Tx, attempt_id: AttemptId) -> Row | None:
    return tx.one("SELECT callback_id FROM attempts WHERE id = :id", id=attempt_id)


def _calls_under_way(tx: Tx) -> list[Row]:
    return tx.all("SELECT id FROM attempts WHERE flow IS NOT NULL")


def _live_attempts(tx: Tx, org: OrgId) -> list[Row]:
    return tx.all(
        """
        SELECT c.id, c.state, COUNT(a.id) AS live FROM callbacks c
        LEFT JOIN attempts a ON a.org_id = c.org_id AND a.callback_id = c.id AND a.ended_at IS NULL
        WHERE c.org_id = :org GROUP BY c.id, c.state
        """,
        org=org,
    )
