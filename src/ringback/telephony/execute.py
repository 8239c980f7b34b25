"""Carrying out the commands of a call with a voice driver, none of whose words may keep anybody waiting for ever."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar, assert_never

from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId
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
    Unreachable,
    VoiceDriver,
    VoiceEvent,
)

T = TypeVar("T")

PATIENCE_SECONDS = 10
"""How long a driver may take to take over a command, or to answer a question."""


async def execute(voice: VoiceDriver, command: Command) -> None:
    """Give a command to the driver. Raises what the driver raises."""
    match command:
        case Originate():
            await voice.originate(command)
        case Announce():
            await voice.announce(command)
        case Collect():
            await voice.collect(command)
        case Hold():
            await voice.hold(command)
        case Bridge():
            await voice.bridge(command)
        case HangUp():
            await voice.hang_up(command)
        case _:
            assert_never(command)


class Patient:
    """A voice driver whose every word is waited for so many seconds; then it counts as :class:`Unreachable`."""

    def __init__(self, driver: VoiceDriver, seconds: float = PATIENCE_SECONDS) -> None:
        self._driver = driver
        self.seconds = seconds

    @property
    def name(self) -> str:
        """What logs and metrics call the driver."""
        return self._driver.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the driver can do."""
        return self._driver.capabilities

    async def originate(self, command: Originate) -> None:
        """Ring somebody."""
        await self._wait_for(self._driver.originate(command))

    async def announce(self, command: Announce) -> None:
        """Speak or play a prompt."""
        await self._wait_for(self._driver.announce(command))

    async def collect(self, command: Collect) -> None:
        """Ask for a key."""
        await self._wait_for(self._driver.collect(command))

    async def hold(self, command: Hold) -> None:
        """Play hold audio."""
        await self._wait_for(self._driver.hold(command))

    async def bridge(self, command: Bridge) -> None:
        """Join two legs."""
        await self._wait_for(self._driver.bridge(command))

    async def hang_up(self, command: HangUp) -> None:
        """End a leg."""
        await self._wait_for(self._driver.hang_up(command))

    async def look_up(self, leg: LegId) -> LegView | None:
        """What became of a leg."""
        return await self._wait_for(self._driver.look_up(leg))

    async def events(self) -> list[VoiceEvent]:
        """The oldest events not yet acknowledged."""
        return await self._wait_for(self._driver.events())

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """These have been dealt with."""
        await self._wait_for(self._driver.acknowledge(events))

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        """How the agents' queue stands."""
        return await self._wait_for(self._driver.queue_stats(call_target_id))

    async def next_event_at(self) -> Instant | None:
        """When it is worth asking for events again."""
        return await self._wait_for(self._driver.next_event_at())

    async def close(self) -> None:
        """Let go of connections and files."""
        await self._driver.close()

    async def _wait_for(self, word: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self.seconds) as patience:
                return await word
        except TimeoutError as error:
            if not patience.expired():
                raise  # the driver's own
            raise Unreachable(f"the telephone network did not answer within {self.seconds:g} seconds") from error
