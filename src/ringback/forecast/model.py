"""What a forecast is made from, and what it is."""

from dataclasses import dataclass


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
class HandleTime:
    """The mean handle time seen, in seconds, and how many calls stand behind it (at most the memory's length)."""

    mean: float = 0.0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What is known about a call target's queue at one moment. Durations in seconds."""

    ahead: int
    """Callbacks without an agent that stand before a new one."""
    talking: int
    """Callbacks that occupy an agent now."""
    agents: int
    default_handle_time: int
    observed_handle_time: float = 0.0
    """Mean of the calls seen."""
    observed_calls: int = 0
    minimum_delay: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds until an ASAP callback asked for now would be launched, with an 80 % range."""

    seconds: int
    low: int
    high: int
    facts: QueueFacts
