"""The simulated network at work: lines go on in the order of time, agents take who has waited longest.

Nothing runs in the background. Whoever asks something tells the time, and all that happened until then is worked off
first, in order, however long ago it was; so it does not matter which process asks, or how seldom.
"""

from collections.abc import Sequence
from dataclasses import replace

from ringback.forecast.model import QueueStats
from ringback.kernel.clock import DAY, HOUR, SECOND, Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.books import Books
from ringback.telephony.drivers.simulator.course import (
    Turn,
    called_in,
    dialled,
    gone_on,
    joined,
    left_alone,
    obeyed,
    taken,
)
from ringback.telephony.drivers.simulator.fate import Fate, agents_fate, callers_fate, customers_fate
from ringback.telephony.drivers.simulator.line import CallerId, InboundEvent, Line, Side, view_of
from ringback.telephony.drivers.simulator.settings import SimulatorSettings
from ringback.telephony.drivers.simulator.team import Team, called, changed, handled, met
from ringback.telephony.port import Bridge, Command, LegId, LegView, Originate, Party, VoiceEvent

_EVENTS_AT_ONCE = 1000
_REMEMBERED = DAY
_PRUNED_EVERY = HOUR


class SimulatedNetwork:
    """Telephones and agents, as far as the ledger and ``now`` tell. Not for two threads at once."""

    def __init__(self, ledger: Books, settings: SimulatorSettings) -> None:
        self._ledger = ledger
        self._settings = settings
        self._met: set[CallTargetId] = set()
        self._strangers = set(settings.teams)
        self._pruned_at: Instant | None = None

    def command(self, command: Command, now: Instant) -> None:
        """Carry out a command of the port; idempotent by its id, an ``Originate`` by its leg as well."""
        with self._ledger.transaction():
            at = self._catch_up(now)
            if isinstance(command, Originate):
                self._originate(command, at)
                return
            line = self._ledger.find(command.leg)
            if line is None or not line.alive or command.id in line.heard:
                return
            if isinstance(command, Bridge):
                self._bridge(line, command, at)
            else:
                self._record(line, obeyed(line, command, at, self._settings.speed), at)

    def look_up(self, leg: LegId, now: Instant) -> LegView | None:
        """What became of a leg."""
        self.advance(now)
        line = self._ledger.find(leg)
        return None if line is None else view_of(line)

    def events(self, now: Instant) -> list[VoiceEvent]:
        """The oldest thousand events not acknowledged, of all legs, in the order of time."""
        self.advance(now)
        return self._ledger.events(_EVENTS_AT_ONCE)

    def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """Tell these events no more."""
        with self._ledger.transaction():
            self._ledger.acknowledge(events)

    def queue_stats(self, call_target: CallTargetId, now: Instant) -> QueueStats:
        """How the agents' queue of a call target stands."""
        self.advance(now)
        if call_target not in self._met:
            with self._ledger.transaction():
                self._team(call_target, now)
        team = self._ledger.team(call_target)
        assert team is not None, "whoever was met is in the ledger"
        waiting, since = self._ledger.holding(call_target)
        return QueueStats(
            at=now,
            calls_waiting=waiting,
            oldest_wait=0.0 if since is None else max(0, now - since) / SECOND,
            agents_staffed=team.agents,
            agents_available=max(0, team.agents - self._ledger.busy_agents(call_target)),
            handle_time=team.handle_time if team.calls else None,
        )

    def next_event_at(self) -> Instant | None:
        """When the oldest event waiting happened, else when something happens next (inbound calls and shifts too)."""
        waiting = self._ledger.first_event_at()
        return self._ledger.next_at() if waiting is None else waiting

    def advance(self, now: Instant) -> None:
        """Let everything happen that is due by ``now``. When nothing is, nothing is written."""
        next_at = self._ledger.next_at()
        if self._strangers or (next_at is not None and next_at <= now):
            with self._ledger.transaction():
                self._catch_up(now)

    def staff(self, call_target: CallTargetId, agents: int, now: Instant) -> None:
        """So many agents are at work from now on; those on a call finish it. A shift that begins or ends later changes
        it again.
        """
        with self._ledger.transaction():
            at = self._catch_up(now)
            self._ledger.save_team(replace(self._team(call_target, at), agents=agents))
            self._seat(call_target, at)

    def call_in(self, call_target: CallTargetId, caller: CallerId, *, patience: int, talk: int, now: Instant) -> None:
        """Somebody calls in and holds, ``patience`` at most, then talks for ``talk``: microseconds of the clock.

        Idempotent by ``caller``.
        """
        with self._ledger.transaction():
            at = self._catch_up(now)
            fate = callers_fate(call_target, self._settings, patience=patience, talk=talk)
            self._call_in(call_target, caller, fate, at)

    def inbound_events(self, now: Instant) -> list[InboundEvent]:
        """What became of those who called in since this was last asked; each is told once, in the order of time."""
        with self._ledger.transaction():
            self._catch_up(now)
            return self._ledger.take_inbound()

    def _originate(self, order: Originate, at: Instant) -> None:
        to_customer = order.party is Party.CUSTOMER
        fate = (customers_fate if to_customer else agents_fate)(order, self._settings)
        line, told = dialled(order, fate, at)
        if self._ledger.add(line):
            assert isinstance(told, VoiceEvent)
            self._ledger.tell(told)
            if not to_customer:
                self._seat(order.call_target_id, at)

    def _call_in(self, call_target: CallTargetId, caller: CallerId, fate: Fate, at: Instant) -> None:
        if self._ledger.add(called_in(call_target, caller, fate, at)):
            self._seat(call_target, at)

    def _bridge(self, line: Line, command: Bridge, at: Instant) -> None:
        other = self._ledger.find(command.other)
        if other is None or other.leg == line.leg or line.answered_at is None:
            return
        if not other.alive or other.answered_at is None:
            return
        first_turn, other_turn = joined(line, other, command, at)
        self._record(line, first_turn, at, joins=other.leg)
        self._record(other, other_turn, at, joins=line.leg)

    def _catch_up(self, now: Instant) -> Instant:
        """Work off what is due, and return the network's own time: it never runs back, as a machine's clock may."""
        self._prune(now)
        for call_target in sorted(self._strangers):
            self._team(call_target, now)
        while (due := self._ledger.next_due(now)) is not None:
            if isinstance(due, Line):
                at = due.next_at
                assert at is not None, "what is over is not due"
                self._record(due, gone_on(due), at)
            else:
                self._go_on_with(due, now)
        last = self._ledger.last_step_at()
        return now if last is None else max(now, last)

    def _prune(self, now: Instant) -> None:
        """Forget what is long over, now and then; what a long pause brings to light is told first."""
        if self._pruned_at is None or now - self._pruned_at >= _PRUNED_EVERY:
            self._pruned_at = now
            self._ledger.prune(Instant(now - _REMEMBERED))

    def _go_on_with(self, team: Team, now: Instant) -> None:
        at = team.next_at
        assert at is not None, "a team without shifts and callers is not due"
        if at == team.changes_at:
            self._ledger.save_team(changed(team, self._settings))
            self._seat(team.call_target, at)
            return
        team, fate = called(team, self._settings, now)
        self._ledger.save_team(team)
        if fate is not None:
            self._call_in(team.call_target, CallerId(f"{team.call_target}.{team.drawn}"), fate, at)

    def _seat(self, call_target: CallTargetId, at: Instant) -> None:
        """Give free agents to those who wait."""
        while (queued := self._ledger.first_queued(call_target)) is not None:
            if self._ledger.busy_agents(call_target) >= self._team(call_target, at).agents:
                return
            self._record(queued, taken(queued, at), at)

    def _team(self, call_target: CallTargetId, at: Instant) -> Team:
        """The team of a call target. Met for the first time by us, it is made what the settings say."""
        team = self._ledger.team(call_target)
        if team is None or call_target not in self._met:
            team = met(team, call_target, self._settings, at)
            self._ledger.save_team(team)
            self._met.add(call_target)
            self._strangers.discard(call_target)
        return team

    def _record(self, before: Line, turn: Turn, at: Instant, *, joins: LegId | None = None) -> None:
        """Write down what happened on a line, and let others take the consequences."""
        line, told = turn
        self._ledger.save(line)
        if isinstance(told, VoiceEvent):
            self._ledger.tell(told)
        elif told is not None:
            self._ledger.tell_inbound(told)
        if before.partner is not None and before.partner not in {line.partner, joins}:
            self._leave(before.partner, line.leg, at)
        if before.has_agent and not line.has_agent:
            self._free(line, at)

    def _leave(self, partner: LegId, leg: LegId, at: Instant) -> None:
        left = self._ledger.find(partner)
        if left is not None and left.alive and left.partner == leg:
            self._ledger.save(left_alone(left, at, self._settings.speed))

    def _free(self, line: Line, at: Instant) -> None:
        if line.answered_at is not None and (line.bridged_at is not None or line.side is Side.INBOUND):
            team = self._team(line.call_target, at)
            self._ledger.save_team(handled(team, (at - line.answered_at) / SECOND))
        self._seat(line.call_target, at)
