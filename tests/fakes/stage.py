"""A contact centre to play on: database, clock, simulated network and workers, for the tests of dispatching."""

from collections import Counter
from pathlib import Path
from typing import Any

from tests.fakes import voice as fakes
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
from ringback.dispatch.model import Attempt
from ringback.dispatch.service import Dispatcher
from ringback.kernel.clock import ManualClock, after
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId
from ringback.telephony.drivers.simulator import LEDGER_NAME, SimulatedTeam, SimulatorDriver, SimulatorSettings
from ringback.telephony.port import Cause, VoiceDriver

LEASE_SECONDS = 60
RING_SECONDS = 5
TALK_SECONDS = 120

ANSWERS = "+12015550100"
BUSY = "+12015550001"
NOBODY_THERE = "+12015550002"
NO_SUCH_NUMBER = "+12015550005"
HANGS_UP_WAITING = "+12015550007"
NETWORK_FAILS = "+12015550008"


class Told:
    """Writes down what an observer is told."""

    def __init__(self) -> None:
        self.claims: list[int] = []
        self.latencies: list[float] = []
        self.errors: list[float] = []
        self.causes: Counter[Cause] = Counter()
        self.outcomes: Counter[Outcome] = Counter()
        self.ignored = 0
        self.failed: list[str] = []

    def claimed(self, count: int) -> None:
        self.claims.append(count)

    def dialled(self, latency_seconds: float) -> None:
        self.latencies.append(latency_seconds)

    def launched(self, error_seconds: float) -> None:
        self.errors.append(error_seconds)

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
        """A driver onto the one simulated network, in which who is not scripted answers and talks for two minutes."""
        team = SimulatedTeam(agents=agents, handle_time=TALK_SECONDS, handle_time_spread=0)
        settings = SimulatorSettings(ring_seconds=(RING_SECONDS, RING_SECONDS), team=team)
        driver = SimulatorDriver(self.folder / LEDGER_NAME, self.clock, settings)
        self._drivers.append(driver)
        return driver

    def recorded(self, **settings: Any) -> fakes.RecordingVoice:
        return fakes.RecordingVoice(self.network(**settings))

    def worker(self, voice: VoiceDriver, owner: str = "one") -> Dispatcher:
        return Dispatcher(
            db=self.db, clock=self.clock, voice=voice, observer=self.told, lease_seconds=LEASE_SECONDS, owner=owner
        )

    async def work(self, *workers: Dispatcher) -> None:
        """Let the workers do all that there is to do at this instant."""
        for _ in range(50):
            busy = [await step() for worker in workers for step in (worker.follow, worker.reconcile, worker.release)]
            if not any(busy):
                return
        raise AssertionError("the workers never come to rest")

    async def play(self, seconds: float, *workers: Dispatcher, every: float = 5) -> None:
        """Let time pass, the workers working now and then."""
        until = after(self.clock.now(), seconds)
        while self.clock.now() < until:
            self.clock.turn_to(min(until, after(self.clock.now(), every)))
            await self.work(*workers)

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

    def check(self) -> None:
        """Whatever was played: counts are right, and every live call has one live attempt."""
        for world in self.worlds:
            counted(self.db, world)
            for row in self.db.read_now(_live_attempts, world.org):
                assert row["live"] == (State(row["state"]) in LIVE_CALL), dict(row)


class Staffed(fakes.RecordingVoice):
    """Says that so many agents are at work; None: does not know."""

    def __init__(self, driver: VoiceDriver, agents: int | None) -> None:
        super().__init__(driver)
        self.agents = agents

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        return self.agents


def dialled(voice: fakes.RecordingVoice) -> list[str]:
    """The callbacks that were really rung, in order."""
    return [call.callback_id for call in voice.dialled]


def _live_attempts(tx: Tx, org: OrgId) -> list[Row]:
    return tx.all(
        """
        SELECT c.id, c.state, COUNT(a.id) AS live FROM callbacks c
        LEFT JOIN attempts a ON a.org_id = c.org_id AND a.callback_id = c.id AND a.ended_at IS NULL
        WHERE c.org_id = :org GROUP BY c.id, c.state
        """,
        org=org,
    )
