"""What the simulated network needs of a ledger, whether that is a file or in memory."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.line import InboundEvent, Line
from ringback.telephony.drivers.simulator.team import Team
from ringback.telephony.port import LegId, VoiceEvent


class Books(Protocol):
    """The lines, teams and events of a network. Not for two threads at once."""

    def transaction(self) -> AbstractContextManager[None]:
        """What is written inside is written as one, and nobody else writes meanwhile."""
        ...

    def add(self, line: Line) -> bool:
        """Enter a new line; false, and nothing entered, if its leg is known."""
        ...

    def save(self, line: Line) -> None:
        """Write down where a known line stands now."""
        ...

    def find(self, leg: LegId) -> Line | None:
        """The line of a leg."""
        ...

    def next_at(self) -> Instant | None:
        """When something happens next on any line or to any team."""
        ...

    def next_due(self, now: Instant) -> Line | Team | None:
        """To which line or team something happens first, if that is by ``now``; at one instant, to teams first."""
        ...

    def last_step_at(self) -> Instant | None:
        """When something last happened on any line."""
        ...

    def first_queued(self, call_target: CallTargetId) -> Line | None:
        """The line that an agent takes next: whose place is the earliest, and of equal ones the one entered first."""
        ...

    def busy_agents(self, call_target: CallTargetId) -> int:
        """How many lines occupy an agent."""
        ...

    def holding(self, call_target: CallTargetId) -> tuple[int, Instant | None]:
        """How many inbound callers wait in the queue, and since when the first of them."""
        ...

    def team(self, call_target: CallTargetId) -> Team | None:
        """The team of a call target, once it was met."""
        ...

    def save_team(self, team: Team) -> None:
        """Write down how a team stands now."""
        ...

    def tell(self, event: VoiceEvent) -> None:
        """Keep an event until it is acknowledged."""
        ...

    def events(self, limit: int) -> list[VoiceEvent]:
        """The oldest ``limit`` events not acknowledged, in the order in which they happened."""
        ...

    def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """Forget these events."""
        ...

    def first_event_at(self) -> Instant | None:
        """When the oldest event not acknowledged happened."""
        ...

    def tell_inbound(self, event: InboundEvent) -> None:
        """Keep what became of an inbound caller until it is asked for."""
        ...

    def take_inbound(self) -> list[InboundEvent]:
        """Hand out what became of inbound callers, and forget it."""
        ...

    def prune(self, before: Instant) -> None:
        """Forget lines that ended before an instant and of which all has been acknowledged, and old inbound events."""
        ...
