"""A ledger in memory: for playing days in seconds. What it holds is gone with the process."""

from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from heapq import heappop, heappush
from itertools import islice

from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.line import InboundEvent, Line, Phase, Side
from ringback.telephony.drivers.simulator.team import Team
from ringback.telephony.port import LegId, VoiceEvent

_Note = tuple[Instant, int, LegId]
"""When something happens to whom; of those at one instant, who was entered first comes first."""

_ALONE: AbstractContextManager[None] = nullcontext()


class _Queue:
    """Who waits for the agents of one call target, and how many of these are busy.

    Lines are struck from a heap only when they come to its top: until then they are known by not waiting any more.
    """

    __slots__ = ("busy", "callers", "holding", "waiting")

    def __init__(self) -> None:
        self.busy = 0
        self.holding = 0
        self.waiting: list[tuple[Instant, int, LegId]] = []
        self.callers: deque[LegId] = deque()


class MemoryLedger:
    """Lines, teams and events, each step found in a time that hardly grows with their number."""

    def __init__(self) -> None:
        self._lines: dict[LegId, Line] = {}
        self._entered = 0
        self._due: list[_Note] = []
        self._notes: dict[LegId, _Note] = {}
        self._order: dict[LegId, int] = {}
        self._teams: dict[CallTargetId, Team] = {}
        self._next_team: Team | None = None
        self._queues: dict[CallTargetId, _Queue] = {}
        self._events: dict[str, VoiceEvent] = {}
        self._untold: dict[LegId, int] = {}
        self._inbound: list[InboundEvent] = []
        self._over: deque[LegId] = deque()
        self._last_step_at: Instant | None = None

    def transaction(self) -> AbstractContextManager[None]:
        """Nobody else writes anyway, and nothing fails half-way."""
        return _ALONE

    def add(self, line: Line) -> bool:
        """Enter a new line; false, and nothing entered, if its leg is known."""
        if line.leg in self._lines:
            return False
        self._entered += 1
        self._order[line.leg] = self._entered
        self._lines[line.leg] = line
        self._put(line)
        if line.phase is Phase.QUEUED:
            queue = self._queue(line.call_target)
            heappush(queue.waiting, (line.place, self._entered, line.leg))
            if line.side is Side.INBOUND:
                queue.holding += 1
                queue.callers.append(line.leg)
        return True

    def save(self, line: Line) -> None:
        """Write down where a known line stands now."""
        before = self._lines[line.leg]
        self._lines[line.leg] = line
        self._put(line)
        if before.phase is Phase.QUEUED and line.phase is not Phase.QUEUED and line.side is Side.INBOUND:
            self._queue(line.call_target).holding -= 1
        if before.has_agent is not line.has_agent:
            self._queue(line.call_target).busy += 1 if line.has_agent else -1
        if line.phase is Phase.OVER and before.phase is not Phase.OVER:
            self._over.append(line.leg)

    def find(self, leg: LegId) -> Line | None:
        """The line of a leg."""
        return self._lines.get(leg)

    def next_at(self) -> Instant | None:
        """When something happens next on any line or to any team."""
        note, team = self._next_note(), self._next_team
        if team is None:
            return None if note is None else note[0]
        at = team.next_at
        return at if note is None or (at is not None and at <= note[0]) else note[0]

    def next_due(self, now: Instant) -> Line | Team | None:
        """To which line or team something happens first, if that is by ``now``; at one instant, to teams first."""
        at = self.next_at()
        if at is None or at > now:
            return None
        if self._next_team is not None and self._next_team.next_at == at:
            return self._next_team
        return self._lines[self._due[0][2]]

    def last_step_at(self) -> Instant | None:
        """When something last happened on any line."""
        return self._last_step_at

    def first_queued(self, call_target: CallTargetId) -> Line | None:
        """The line that an agent takes next: whose place is the earliest, and of equal ones the one entered first."""
        waiting = self._queue(call_target).waiting
        while waiting:
            line = self._lines.get(waiting[0][2])
            if line is not None and line.phase is Phase.QUEUED:
                return line
            heappop(waiting)
        return None

    def busy_agents(self, call_target: CallTargetId) -> int:
        """How many lines occupy an agent."""
        return self._queue(call_target).busy

    def holding(self, call_target: CallTargetId) -> tuple[int, Instant | None]:
        """How many inbound callers wait in the queue, and since when the first of them."""
        queue = self._queue(call_target)
        while queue.callers:
            line = self._lines.get(queue.callers[0])
            if line is not None and line.phase is Phase.QUEUED:
                return queue.holding, line.place
            queue.callers.popleft()
        return 0, None

    def team(self, call_target: CallTargetId) -> Team | None:
        """The team of a call target, once it was met."""
        return self._teams.get(call_target)

    def save_team(self, team: Team) -> None:
        """Write down how a team stands now."""
        before = self._teams.get(team.call_target)
        self._teams[team.call_target] = team
        if before is not None and before.next_at == team.next_at and before is not self._next_team:
            return
        coming = [other for other in self._teams.values() if other.next_at is not None]
        self._next_team = min(coming, key=lambda other: other.next_at or 0, default=None)

    def tell(self, event: VoiceEvent) -> None:
        """Keep an event until it is acknowledged."""
        self._events[event.event_id] = event
        self._untold[event.leg] = self._untold.get(event.leg, 0) + 1

    def events(self, limit: int) -> list[VoiceEvent]:
        """The oldest ``limit`` events not acknowledged, in the order in which they happened."""
        return list(islice(self._events.values(), limit))

    def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """Forget these events."""
        for event in events:
            if self._events.pop(event.event_id, None) is not None:
                left = self._untold[event.leg] - 1
                if left:
                    self._untold[event.leg] = left
                else:
                    del self._untold[event.leg]

    def first_event_at(self) -> Instant | None:
        """When the oldest event not acknowledged happened."""
        return next(iter(self._events.values())).at if self._events else None

    def tell_inbound(self, event: InboundEvent) -> None:
        """Keep what became of an inbound caller until it is asked for."""
        self._inbound.append(event)

    def take_inbound(self) -> list[InboundEvent]:
        """Hand out what became of inbound callers, and forget it."""
        taken, self._inbound = self._inbound, []
        return taken

    def prune(self, before: Instant) -> None:
        """Forget lines that ended before an instant and of which all has been acknowledged, and old inbound events."""
        kept: list[LegId] = []
        while self._over and self._lines[self._over[0]].since < before:
            leg = self._over.popleft()
            if leg in self._untold:
                kept.append(leg)
            else:
                del self._lines[leg], self._order[leg]
        self._over.extendleft(reversed(kept))
        self._inbound = [event for event in self._inbound if event.at >= before]

    def _put(self, line: Line) -> None:
        """Note when something happens on a line next. The note before stays in the heap, the line's no longer."""
        at = line.next_at
        if at is None:
            self._notes.pop(line.leg, None)
        else:
            note = self._notes[line.leg] = (at, self._order[line.leg], line.leg)
            heappush(self._due, note)
        if self._last_step_at is None or line.since > self._last_step_at:
            self._last_step_at = line.since

    def _next_note(self) -> _Note | None:
        while self._due:
            note = self._due[0]
            if self._notes.get(note[2]) is note:
                return note
            heappop(self._due)
        return None

    def _queue(self, call_target: CallTargetId) -> _Queue:
        queue = self._queues.get(call_target)
        if queue is None:
            queue = self._queues[call_target] = _Queue()
        return queue
