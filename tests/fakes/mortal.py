"""A worker's process that ends between any two words to database and network."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from ringback.db.database import Database
from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.execute import execute
from ringback.telephony.port import (
    Announce,
    Bridge,
    Capability,
    Collect,
    Command,
    HangUp,
    Hold,
    LegId,
    LegView,
    Originate,
    VoiceDriver,
    VoiceEvent,
)

T = TypeVar("T")


class Died(BaseException):
    """The worker's process has ended."""


class Process:
    """Ends after so many words that change something: the last one is done, and its answer heard by nobody."""

    def __init__(self, words_left: int | None = None) -> None:
        self.words_left = words_left

    @property
    def has_died(self) -> bool:
        return self.words_left == 0

    async def asks(self, word: Callable[[], Awaitable[T]]) -> T:
        """Say a word that changes nothing."""
        self._breathe()
        answer = await word()
        self._breathe()
        return answer

    async def says(self, word: Callable[[], Awaitable[T]]) -> T:
        self._breathe()
        try:
            return await word()
        finally:
            if self.words_left:
                self.words_left -= 1
            self._breathe()

    def _breathe(self) -> None:
        if self.has_died:
            raise Died


def mortal_database(db: Database, process: Process) -> Database:
    """The database as that process sees it."""
    return cast("Database", _MortalDatabase(db, process))


class _MortalDatabase:
    def __init__(self, db: Database, process: Process) -> None:
        self._db, self._process = db, process

    async def write(self, use_case: Any, /, *args: Any, **kw: Any) -> Any:
        return await self._process.says(lambda: self._db.write(use_case, *args, **kw))

    async def read(self, use_case: Any, /, *args: Any, **kw: Any) -> Any:
        return await self._process.asks(lambda: self._db.read(use_case, *args, **kw))


class MortalVoice:
    """The network as that process sees it."""

    def __init__(self, voice: VoiceDriver, process: Process) -> None:
        self._voice, self._process = voice, process

    @property
    def name(self) -> str:
        return self._voice.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._voice.capabilities

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
        return await self._process.says(lambda: self._voice.look_up(leg))

    async def events(self) -> list[VoiceEvent]:
        return await self._process.asks(self._voice.events)

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        if events:
            await self._process.says(lambda: self._voice.acknowledge(events))

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        return await self._process.asks(lambda: self._voice.queue_stats(call_target_id))

    async def next_event_at(self) -> Instant | None:
        return await self._process.asks(self._voice.next_event_at)

    async def close(self) -> None:
        await self._voice.close()

    async def _give(self, command: Command) -> None:
        await self._process.says(lambda: execute(self._voice, command))
