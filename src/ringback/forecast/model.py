"""What a forecast is made from, and what it is."""

from dataclasses import dataclass

from ringback.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class Load:
    """How many callbacks of a call target are in each state now."""

    pending_asap: int = 0
    pending_scheduled: int = 0
    waitlisted: int = 0
    dialing: int = 0
    connecting: int = 0
    talking: int = 0

    @property
    def requested(self) -> int:
        """Those not yet dialled: what "max requested callbacks" limits."""
        return self.pending_asap + self.pending_scheduled + self.waitlisted

    @property
    def ahead(self) -> int:
        """Those that stand before an ASAP callback asked for now and have no agent yet."""
        return self.pending_asap + self.waitlisted + self.dialing + self.connecting


@dataclass(frozen=True, slots=True)
class QueueStats:
    """How the agents' queue of a call target stood at one moment, as an ACD or the voice driver tells; None: untold."""

    at: Instant
    calls_waiting: int | None = None
    """Callers on hold, callbacks not counted."""
    oldest_wait: float | None = None
    """Seconds the one on hold longest has waited; 0 when nobody is."""
    agents_staffed: int | None = None
    """Agents at work, busy or free."""
    agents_available: int | None = None
    """Those of them who are free."""
    handle_time: float | None = None
    """Mean seconds that a call occupies an agent."""


@dataclass(frozen=True, slots=True)
class Staffing:
    """From ``after`` seconds from now on, so many agents are at work."""

    after: float
    agents: int


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What is known about a call target's queue at one moment, for somebody who takes a place in it.

    Durations in seconds. ``None`` stands for what nobody tells: then it is learned.
    """

    ahead: int
    """Callbacks without an agent that stand before the new one. They never give up."""
    talking: int
    """Calls, of every kind that can be seen, that occupy an agent now."""
    default_agents: int
    default_handle_time: int
    holding: int = 0
    """Callers on hold who stand before the new one. They may give up."""
    agents: int | None = None
    """Agents at work now, busy or free."""
    available: int | None = None
    """Those of them who are free."""
    handle_time: float | None = None
    """The mean that a call occupies an agent, where the ACD tells it."""
    remaining: float | None = None
    """What the calls under way will still take, in the mean, by how long they have lasted."""
    staffing: tuple[Staffing, ...] = ()
    """Changes of the number of agents that are planned, ascending."""
    lead_time: float = 0.0
    """By so much a launch leads the agent, so that the customer is there when the agent is free."""
    minimum_delay: int = 0


@dataclass(frozen=True, slots=True)
class Basis:
    """What an estimate rests on besides the facts: what had been learned. Kept with it, so that it can be scored.

    ``expected`` is the wait in seconds that the queue alone lets expect, before it is corrected by past errors; ``low``
    and ``high`` are the ends of the range after the correction. All zero: an agent is free.
    """

    expected: float
    low: float
    high: float
    agents: float
    """So many calls are in service while somebody waits."""
    service_time: float
    """For so many seconds each, in the mean."""
    abandonment: float
    """The share of those on hold who give up in a second."""
    correction: float
    """The factor by which past waits were longer than expected."""
    ahead: int
    """How many stand before."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds until an ASAP callback asked for now would be launched."""

    seconds: int
    """What is to be expected, neither too early nor too late."""
    low: int
    high: int
    """Four of five waits lie between ``low`` and ``high``; of the others three are shorter and one is longer, since
    being called later than told is worse than being called earlier."""
    promise: int
    """What people are told: at most one in twenty waits is longer than this by more than two minutes."""
    facts: QueueFacts
    basis: Basis
    undisturbed: bool = True
    """Whether the queue alone made it, and no minimum delay or closing time: then its error teaches about the queue."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What the release of callbacks goes by. Durations in seconds."""

    handle_time: float
    """The mean that a call occupies an agent."""
    lead_time: float
    """The mean from the launch of a callback until its customer is there and wants the call."""
    reach: float
    """The share of launches that find the customer."""
