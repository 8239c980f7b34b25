"""A queue that is watched call by call: who waits, who is in service, and what that teaches.

For those who see every call, as the replay of a trace does. (The product's own facts come from its database.)
"""

from collections.abc import Hashable
from enum import StrEnum
from itertools import islice

from ringback.forecast.memory import Memory
from ringback.forecast.model import QueueFacts
from ringback.forecast.rhythm import Rhythm
from ringback.kernel.clock import SECOND, Instant

_FURTHEST_BEHIND = 500
"""How far back in line it is looked who was passed by somebody who is answered before."""
_LOST_AFTER = 3600
"""Seconds beyond eight mean calls after which a call that has not been told to end is taken for over."""


class CallKind(StrEnum):
    """How somebody waits."""

    HOLD = "hold"
    CALLBACK = "callback"


class Line:
    """One call target's queue. Every method takes the instant, which never goes back."""

    def __init__(self, memory: Memory, *, default_agents: int, default_handle_time: int) -> None:
        self.memory = memory
        self.default_agents = default_agents
        self.default_handle_time = default_handle_time
        self.agents: int | None = None
        self._waiting: dict[Hashable, CallKind] = {}
        self._holding = 0
        self._in_service: dict[Hashable, Instant] = {}
        self._rhythm = Rhythm()

    def staffing(self, agents: int, now: Instant) -> None:
        """So many agents are at work."""
        self.agents = agents
        self.memory.staffed(agents, now)
        self._saw(now)

    def arrived(self, call: Hashable, kind: CallKind, now: Instant) -> None:
        """Somebody has joined the line."""
        self._waiting[call] = kind
        self._saw(now)
        self._holding += kind is CallKind.HOLD

    def abandoned(self, call: Hashable, now: Instant) -> bool:
        """Somebody has left the line; False if they did not stand in it."""
        kind = self._waiting.pop(call, None)
        self._saw(now)
        if kind is CallKind.HOLD:
            self._holding -= 1
            self.memory.lost()
        return kind is not None

    def answered(self, call: Hashable, now: Instant) -> bool:
        """Somebody has reached an agent, or is called back; False if they did not stand in line."""
        if call in self._waiting:
            self._look_who_is_passed(call)
        kind = self._waiting.pop(call, None)
        if kind is not None:
            self._in_service[call] = now
        self._saw(now)
        self._holding -= kind is CallKind.HOLD
        return kind is not None

    def finished(self, call: Hashable, handle_time: float | None, now: Instant) -> bool:
        """A call is over; False if it was not in service.

        ``handle_time`` is how many seconds it occupied an agent: 0 if it reached none, None for as long as was seen.
        """
        began = self._in_service.pop(call, None)
        self._saw(now)
        if began is None:
            return False
        in_service = (now - began) / SECOND
        self.memory.finished(in_service if handle_time is None else handle_time, in_service)
        return True

    def knows(self, call: Hashable) -> bool:
        """Whether somebody waits or is in service under this name."""
        return call in self._waiting or call in self._in_service

    def facts(self, now: Instant) -> QueueFacts:
        """What is known for somebody who joins the line now."""
        self._saw(now)
        self._forget_lost(now)
        agents = self.agents if self.agents is not None else self.memory.agents
        return QueueFacts(
            staffing=self._rhythm.ahead(agents, now),
            ahead=len(self._waiting) - self._holding,
            holding=self._holding,
            talking=len(self._in_service),
            agents=self.agents,
            default_agents=self.default_agents,
            default_handle_time=self.default_handle_time,
        )

    def _look_who_is_passed(self, call: Hashable) -> None:
        """Those who have waited for longer than the one who is answered now."""
        before = callbacks_before = 0
        for other, kind in islice(self._waiting.items(), _FURTHEST_BEHIND):
            if other == call:
                break
            before += 1
            callbacks_before += kind is CallKind.CALLBACK
        is_callback = self._waiting[call] is CallKind.CALLBACK
        waiting = len(self._waiting) - self._holding - is_callback
        self.memory.passed(callbacks_before - before * is_callback, waiting)

    def _forget_lost(self, now: Instant) -> None:
        """Calls whose end was never told do not occupy anybody for ever."""
        longest = _LOST_AFTER + 8 * self.memory.service_time(self.default_handle_time)
        while self._in_service:
            oldest = next(iter(self._in_service))
            if (now - self._in_service[oldest]) / SECOND < longest:
                break
            del self._in_service[oldest]

    def _saw(self, now: Instant) -> None:
        memory = self.memory
        self._rhythm.saw(_at_work(memory), now)
        if self._holding:
            memory.held_on(self._holding * (now - memory.seen_at) / SECOND)
        memory.saw(now, busy=len(self._in_service), waiting=bool(self._waiting), told=self.agents)


def _at_work(memory: Memory) -> int | None:
    """How many agents were at work until now, as far as it says something of other days.

    Nobody at work while nobody waits says nothing: they may have gone because nobody did.
    """
    if memory.waiting:
        return memory.busy if memory.told is None else memory.told
    return memory.told or None
