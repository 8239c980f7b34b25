"""What is noted of simulated days: the facts from which summary and report are made.

Instants are those of the simulated clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.kernel.clock import SECOND, Instant
from ringback.simulation.scenario import Scenario


@dataclass(slots=True)
class HolderRecord:
    """Somebody who held for an agent."""

    number: int
    arrived_at: Instant
    answered_at: Instant | None = None
    finished_at: Instant | None = None
    abandoned_at: Instant | None = None


@dataclass(slots=True)
class AttemptRecord:
    """One call to a customer. Those steps not reached are None."""

    number: int
    claimed_at: Instant
    ready_at: Instant | None = None
    """The customer is on the telephone and wants to be connected."""
    agent_from: Instant | None = None
    """An agent is occupied by the call."""
    agent_until: Instant | None = None
    connected_at: Instant | None = None
    ended_at: Instant | None = None
    cause: Cause | None = None

    @property
    def occupied(self) -> float:
        """Seconds for which it has occupied an agent."""
        if self.agent_from is None or self.agent_until is None:
            return 0.0
        return (self.agent_until - self.agent_from) / SECOND


@dataclass(slots=True)
class CallbackRecord:
    """Somebody who asked to be called back, and what they were promised. Promises in seconds."""

    number: int
    asked_at: Instant
    expected: float
    low: float
    high: float
    promised: float
    """What they were told: the pessimistic part of the estimate."""
    told_later: bool = False
    """Told to be called after the next closing: that is a promise about the night, and not about the queue."""
    carried_over: bool = False
    """Called on another day than asked for: the wait is the night, and says nothing about the queue."""
    attempts: list[AttemptRecord] = field(default_factory=list)
    outcome: Outcome | None = None
    finished_at: Instant | None = None

    @property
    def launched_at(self) -> Instant | None:
        """When the promise was kept: the first call."""
        return self.attempts[0].claimed_at if self.attempts else None

    @property
    def wait(self) -> float | None:
        """Seconds from asking to the first call."""
        return None if self.launched_at is None else (self.launched_at - self.asked_at) / SECOND


@dataclass(frozen=True, slots=True)
class StaffChange:
    """From then on so many agents take calls."""

    at: Instant
    agents: int


@dataclass(frozen=True, slots=True)
class Days:
    """Everything that happened in a scenario."""

    scenario: Scenario
    holders: Sequence[HolderRecord]
    callbacks: Sequence[CallbackRecord]
    staff: Sequence[StaffChange]
    """Ascending; those of all days."""
    open_hours: Sequence[tuple[Instant, Instant]]
    begin: Instant
    end: Instant
    """When nothing more could happen."""
    ignored_events: int = 0
    legs_alive: int = 0
    """Calls that were still up at the end. There must be none."""
