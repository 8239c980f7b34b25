"""Workers to whom everything happens: their process ends between any two words, and the network answers as it likes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.fakes.mortal import Died, MortalVoice, Process, mortal_database
from tests.stateful.networks import Network

from ringback.callbacks.lifecycle import Cause
from ringback.db.database import Database
from ringback.dispatch.model import Unobserved
from ringback.dispatch.service import Dispatcher
from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Clock, Instant, after
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony import port
from ringback.telephony.execute import execute
from ringback.telephony.port import (
    Announce,
    Bridge,
    Collect,
    Command,
    HangUp,
    Hold,
    LegId,
    LegView,
    Originate,
    VoiceEvent,
)

__all__ = ["LEASE_SECONDS", "Answer", "Died", "Line", "Telling", "Weather", "Worker"]

LEASE_SECONDS = 60
LATE_SECONDS = 90
BUSY_SECONDS = 20

_MOST_TOLD_AGAIN = 20


class Answer(StrEnum):
    """What a network makes of a command."""

    DONE = "done"
    NEVER_ARRIVES = "never arrives"
    DONE_UNHEARD = "done, but the answer is lost"
    BUSY = "busy"
    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused for now"
    BREAKS = "breaks"
    DONE_AND_BREAKS = "done, and breaks"


NEVER_DONE = {Answer.REFUSED, Answer.REFUSED_FOR_NOW, Answer.BREAKS}


class Telling(StrEnum):
    """How a network tells what happens."""

    IN_ORDER = "in order"
    TWICE = "twice"
    BACKWARDS = "backwards"
    LATE = "late"


@dataclass
class Weather:
    """What the network is like now. It is the same for all workers."""

    away_for: int = 0
    """Steps of a worker for which it cannot be reached."""
    telling: Telling = Telling.IN_ORDER
    answers: deque[Answer] = field(default_factory=deque)
    """To the next commands; afterwards all is well."""
    told_again: list[VoiceEvent] = field(default_factory=list)
    """Events to be told with the next ones, whether they are true or not."""

    def clears_up(self) -> None:
        self.away_for, self.telling = 0, Telling.IN_ORDER
        self.answers.clear()
        self.told_again.clear()


class Told(Unobserved):
    """Writes down which steps failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def step_failed(self, step: str) -> None:
        self.failed.append(step)


class Worker:
    """A dispatcher in a process of its own."""

    def __init__(self, db: Database, clock: Clock, line: "Line", owner: str) -> None:
        self.process = Process()
        self.told = Told()
        self.owner = owner
        self.dispatcher = Dispatcher(
            db=mortal_database(db, self.process),
            clock=clock,
            voice=MortalVoice(line, self.process),
            observer=self.told,
            lease_seconds=LEASE_SECONDS,
            owner=owner,
        )


class Line:
    """The way to the network, in whatever weather. ``commands`` are all that were given, carried out or not."""

    name = "line"

    def __init__(self, network: Network, weather: Weather, clock: Clock) -> None:
        self._network, self._weather, self._clock = network, weather, clock
        self.capabilities = network.driver.capabilities
        self.commands: list[Command] = []

    async def originate(self, command: Originate) -> None:
        await self._give(command)

    async def announce(self, command: Announce) -> None:
        await self._give(command)

    async def collect(self, command: Collect) -> None:
        await self._give(command)

    async def hold(self, command: Hold) -> None:
        await self._give(command)

    async def bridge(self, command: Bridge) -> None:
        await self._give(command)

    async def hang_up(self, command: HangUp) -> None:
        await self._give(command)

    async def look_up(self, leg: LegId) -> LegView | None:
        return await self._driver().look_up(leg)

    async def events(self) -> list[VoiceEvent]:
        again, self._weather.told_again = self._weather.told_again, []
        events = [*again, *await self._driver().events()]
        match self._weather.telling:
            case Telling.TWICE:
                return [event for event in events for _ in range(2)]
            case Telling.BACKWARDS:
                return events[::-1]
            case Telling.LATE:
                return [event for event in events if after(event.at, LATE_SECONDS) <= self._clock.now()]
        return events

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        await self._driver().acknowledge(events)
        if self._weather.telling is Telling.TWICE:
            self._weather.told_again += events[:_MOST_TOLD_AGAIN]

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        return await self._driver().queue_stats(call_target_id)

    async def next_event_at(self) -> Instant | None:
        return await self._driver().next_event_at()

    async def close(self) -> None:
        """It belongs to the run."""

    async def _give(self, command: Command) -> None:
        self.commands.append(command)
        driver = self._driver()
        answer = self._weather.answers.popleft() if self._weather.answers else Answer.DONE
        if isinstance(command, HangUp) and answer in NEVER_DONE:
            answer = Answer.DONE  # a network that never hangs up cannot be helped
        match answer:
            case Answer.NEVER_ARRIVES:
                raise port.Unreachable("it did not get through")
            case Answer.BUSY:
                raise port.RetryAfter("all lines are taken", BUSY_SECONDS)
            case Answer.REFUSED:
                raise port.PermanentError("no such number", Cause.INVALID_NUMBER)
            case Answer.REFUSED_FOR_NOW:
                raise port.PermanentError("no free line", Cause.CONGESTION)
            case Answer.BREAKS:
                raise ZeroDivisionError("a defect of the driver")
        await execute(driver, command)
        match answer:
            case Answer.DONE_UNHEARD:
                raise port.Unreachable("it went silent")
            case Answer.DONE_AND_BREAKS:
                raise ZeroDivisionError("a defect of the driver")

    def _driver(self) -> port.VoiceDriver:
        if self._weather.away_for > 0:
            raise port.Unreachable("no answer from the telephone network")
        return self._network.driver
