"""Workers to whom everything happens: their process ends between any two words, and the network answers as it likes."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar, cast

from tests.stateful.networks import Network

from ringback.callbacks.lifecycle import Cause
from ringback.db.database import Database
from ringback.dispatch.model import Unobserved
from ringback.dispatch.service import Dispatcher
from ringback.kernel.clock import Clock, after
from ringback.kernel.tenancy import AttemptId, CallTargetId
from ringback.telephony import port
from ringback.telephony.port import Call, CallView, VoiceEvent

T = TypeVar("T")

LEASE_SECONDS = 60
LATE_SECONDS = 90
BUSY_SECONDS = 20

_MOST_TOLD_AGAIN = 20


class Died(BaseException):
    """The worker's process has ended."""


class Answer(StrEnum):
    """What a network makes of the command to ring somebody."""

    RINGS = "rings"
    NEVER_ARRIVES = "never arrives"
    RINGS_UNHEARD = "rings, but the answer is lost"
    BUSY = "busy"
    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused for now"
    BREAKS = "breaks"
    RINGS_AND_BREAKS = "rings and breaks"


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


class Process:
    """Ends after so many words to database and network: the last one is done, and its answer heard by nobody."""

    def __init__(self) -> None:
        self.words_left: int | None = None

    async def says(self, word: Callable[[], Awaitable[T]]) -> T:
        self._breathe()
        try:
            return await word()
        finally:
            if self.words_left is not None:
                self.words_left -= 1
                self._breathe()

    def _breathe(self) -> None:
        if self.words_left is not None and self.words_left <= 0:
            raise Died


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
            db=cast("Database", _MortalDatabase(db, self.process)),
            clock=clock,
            voice=_MortalLine(line, self.process),
            observer=self.told,
            lease_seconds=LEASE_SECONDS,
            owner=owner,
        )


class Line:
    """The way to the network, in whatever weather. ``commands`` are the calls that were ordered, rung or not."""

    name = "line"

    def __init__(self, network: Network, weather: Weather, clock: Clock) -> None:
        self._network, self._weather, self._clock = network, weather, clock
        self.capabilities = network.driver.capabilities
        self.commands: list[Call] = []

    async def originate(self, call: Call) -> None:
        self.commands.append(call)
        driver = self._driver()
        answer = self._weather.answers.popleft() if self._weather.answers else Answer.RINGS
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
        await driver.originate(call)
        match answer:
            case Answer.RINGS_UNHEARD:
                raise port.Unreachable("it went silent")
            case Answer.RINGS_AND_BREAKS:
                raise ZeroDivisionError("a defect of the driver")

    async def hang_up(self, attempt_id: AttemptId) -> None:
        await self._driver().hang_up(attempt_id)

    async def look_up(self, attempt_id: AttemptId) -> CallView | None:
        return await self._driver().look_up(attempt_id)

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

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        return await self._driver().staffed_agents(call_target_id)

    async def busy_agents(self, call_target_id: CallTargetId) -> int | None:
        return await self._driver().busy_agents(call_target_id)

    async def next_event_at(self) -> Any:
        return await self._driver().next_event_at()

    async def close(self) -> None:
        """It belongs to the run."""

    def _driver(self) -> port.VoiceDriver:
        if self._weather.away_for > 0:
            raise port.Unreachable("no answer from the telephone network")
        return self._network.driver


class _MortalDatabase:
    def __init__(self, db: Database, process: Process) -> None:
        self._db, self._process = db, process

    async def write(self, use_case: Any, /, *args: Any, **kw: Any) -> Any:
        return await self._process.says(lambda: self._db.write(use_case, *args, **kw))

    async def read(self, use_case: Any, /, *args: Any, **kw: Any) -> Any:
        return await self._process.says(lambda: self._db.read(use_case, *args, **kw))


class _MortalLine:
    def __init__(self, line: Line, process: Process) -> None:
        self._line, self._process = line, process
        self.name, self.capabilities = line.name, line.capabilities

    async def originate(self, call: Call) -> None:
        await self._process.says(lambda: self._line.originate(call))

    async def hang_up(self, attempt_id: AttemptId) -> None:
        await self._process.says(lambda: self._line.hang_up(attempt_id))

    async def look_up(self, attempt_id: AttemptId) -> CallView | None:
        return await self._process.says(lambda: self._line.look_up(attempt_id))

    async def events(self) -> list[VoiceEvent]:
        return await self._process.says(self._line.events)

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        await self._process.says(lambda: self._line.acknowledge(events))

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        return await self._process.says(lambda: self._line.staffed_agents(call_target_id))

    async def busy_agents(self, call_target_id: CallTargetId) -> int | None:
        return await self._process.says(lambda: self._line.busy_agents(call_target_id))

    async def next_event_at(self) -> Any:
        return await self._process.says(self._line.next_event_at)

    async def close(self) -> None:
        await self._line.close()
