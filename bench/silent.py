"""A telephone network on which nothing ever happens, at no cost."""

from collections.abc import Sequence

from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.port import (
    Announce,
    Bridge,
    Capability,
    Collect,
    HangUp,
    Hold,
    LegId,
    LegView,
    Originate,
    VoiceEvent,
)


class SilentNetwork:
    """Takes every command over, and tells nothing."""

    name = "silent"
    capabilities: frozenset[Capability] = frozenset()

    async def originate(self, command: Originate) -> None: ...
    async def announce(self, command: Announce) -> None: ...
    async def collect(self, command: Collect) -> None: ...
    async def hold(self, command: Hold) -> None: ...
    async def bridge(self, command: Bridge) -> None: ...
    async def hang_up(self, command: HangUp) -> None: ...
    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None: ...
    async def close(self) -> None: ...

    async def look_up(self, leg: LegId) -> LegView | None:
        return None

    async def events(self) -> list[VoiceEvent]:
        return []

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        return None

    async def next_event_at(self) -> Instant | None:
        return None
