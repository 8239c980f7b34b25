"""The simulated network at work: calls go on in the order of time, agents take them in the order of answering.

Nothing runs in the background. Whoever asks something tells the time, and all that happened until then is worked off
first, in order, however long ago it was; so it does not matter which process asks, or how seldom.
"""

from collections.abc import Sequence

from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import AttemptId, CallTargetId
from ringback.telephony.drivers.simulator.course import (
    Phase,
    SimulatedCall,
    dialled,
    event_of,
    gone_on,
    hung_up,
    taken,
    view_of,
)
from ringback.telephony.drivers.simulator.fate import fate_of
from ringback.telephony.drivers.simulator.ledger import Ledger
from ringback.telephony.drivers.simulator.settings import SimulatorSettings
from ringback.telephony.port import Call, CallView, VoiceEvent

_AGENTS_WHEN_UNTOLD = 3
_EVENTS_AT_ONCE = 1000


class SimulatedNetwork:
    """Telephones and agents, as far as the ledger and ``now`` tell. Not for two threads at once."""

    def __init__(self, ledger: Ledger, settings: SimulatorSettings) -> None:
        self._ledger = ledger
        self._settings = settings

    def originate(self, call: Call, now: Instant) -> None:
        """Make a call, unless its attempt id has been heard before."""
        with self._ledger.transaction():
            at = self._catch_up(now)
            begun = dialled(call, fate_of(call, self._settings), at)
            if not self._ledger.add(begun):
                return
            self._ledger.tell(event_of(begun))
            self._ledger.staff(call.call_target_id, self._agents_for(call))
            self._seat(call.call_target_id, at)

    def hang_up(self, attempt_id: AttemptId, now: Instant) -> None:
        """End a call if it is alive."""
        with self._ledger.transaction():
            at = self._catch_up(now)
            call = self._ledger.find(attempt_id)
            if call is not None and call.phase is not Phase.ENDED:
                self._record(hung_up(call, at))
                self._seat(call.call_target, at)

    def look_up(self, attempt_id: AttemptId, now: Instant) -> CallView | None:
        """What became of an attempt."""
        self.advance(now)
        call = self._ledger.find(attempt_id)
        return None if call is None else view_of(call)

    def events(self, now: Instant) -> list[VoiceEvent]:
        """The oldest events not acknowledged."""
        self.advance(now)
        return self._ledger.events(_EVENTS_AT_ONCE)

    def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """Tell these events no more."""
        with self._ledger.transaction():
            self._ledger.acknowledge(events)

    def staffed_agents(self, call_target: CallTargetId) -> int | None:
        """The agents of a call target: as noted at its last call, else as set; ``None`` when neither."""
        noted = self._ledger.agents(call_target)
        return self._settings.team_of(call_target).agents if noted is None else noted

    def busy_agents(self, call_target: CallTargetId, now: Instant) -> int:
        """How many agents of a call target are on a call."""
        self.advance(now)
        return self._ledger.busy_agents(call_target)

    def next_event_at(self) -> Instant | None:
        """When the oldest event waiting happened, else when the next one will."""
        waiting = self._ledger.first_event_at()
        return self._ledger.next_at() if waiting is None else waiting

    def advance(self, now: Instant) -> None:
        """Let everything happen that is due by ``now``. When nothing is, nothing is written."""
        next_at = self._ledger.next_at()
        if next_at is not None and next_at <= now:
            with self._ledger.transaction():
                self._catch_up(now)

    def _catch_up(self, now: Instant) -> Instant:
        """Work off what is due, and return the network's own time: it never runs back, as a machine's clock may."""
        while (call := self._ledger.next_due(now)) is not None:
            later = gone_on(call)
            self._record(later)
            self._seat(later.call_target, later.since)
        last = self._ledger.last_step_at()
        return now if last is None else max(now, last)

    def _seat(self, call_target: CallTargetId, at: Instant) -> None:
        """Give free agents to those who wait."""
        while (waiting := self._ledger.first_waiting(call_target)) is not None:
            if self._ledger.busy_agents(call_target) >= (self._ledger.agents(call_target) or 0):
                return
            self._record(taken(waiting, at))

    def _record(self, call: SimulatedCall) -> None:
        self._ledger.save(call)
        self._ledger.tell(event_of(call))

    def _agents_for(self, call: Call) -> int:
        configured = self._settings.team_of(call.call_target_id).agents
        told = call.agents if configured is None else configured
        return _AGENTS_WHEN_UNTOLD if told is None else told
