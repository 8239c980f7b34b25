"""Plays a scenario: who calls, what the telephone network does, and the dispatcher, on one clock that jumps."""

from collections.abc import Callable, Iterator
from itertools import count

from ringback.callbacks.lifecycle import Cause
from ringback.forecast.model import Estimate, QueueStats
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.offers.decide import refuse_asap
from ringback.simulation.arrivals import Caller, callers, midnight
from ringback.simulation.dispatcher import Dispatcher
from ringback.simulation.lessons import Lessons
from ringback.simulation.records import Days, HolderRecord, StaffChange
from ringback.simulation.scenario import Scenario
from ringback.simulation.trace import NoTrace, Trace
from ringback.telephony.drivers.simulator import (
    CallerId,
    InboundEvent,
    InboundKind,
    MemoryLedger,
    SimulatedNetwork,
    SimulatedTeam,
    SimulatorSettings,
)
from ringback.telephony.port import Command, Originate

AFTERMATH = 30 * DAY
"""How long after the last day everybody has had their callback, or something is wrong."""

Watcher = Callable[[Instant], None]


def play(scenario: Scenario, *, trace: Trace | None = None, on_hour: Watcher | None = None) -> Days:
    """Play the days of a scenario and what is left of them afterwards.

    ``trace`` is written meanwhile; ``on_hour`` is told each hour of the simulated clock that has passed.
    """
    return _Play(scenario, trace or NoTrace(), on_hour or _nobody).run()


def _nobody(_: Instant) -> None:
    pass


class _Play:
    def __init__(self, scenario: Scenario, trace: Trace, on_hour: Watcher) -> None:
        self._scenario = scenario
        self._target = scenario.target
        self._trace = trace
        self._on_hour = on_hour
        self._begin = midnight(scenario, 1)
        self._end = midnight(scenario, scenario.days + 1)
        self._network = SimulatedNetwork(MemoryLedger(), _network_settings(scenario, self._target.id))
        self._lessons = Lessons(self._target)
        self._dispatcher = Dispatcher(self._target, lessons=self._lessons, trace=trace, carry_out=self._carry_out)
        self._holders: dict[int, HolderRecord] = {}
        self._on_the_telephone = 0
        self._staff: list[StaffChange] = []

    def run(self) -> Days:
        """All of it."""
        estimate = self._target.settings.estimate
        self._trace.settings(self._begin, handle_time=estimate.default_handle_time, agents=estimate.default_agents)
        arriving = callers(self._scenario, self._target.calendar)
        staffing = _staffing(self._scenario)
        caller, change = next(arriving, None), next(staffing)
        now, hour = self._begin, Instant(self._begin + HOUR)
        while caller or not self._over or change.at < self._end:
            now = self._next(now, caller, change)
            while hour <= min(now, self._end):
                self._on_hour(hour)
                hour = Instant(hour + HOUR)
            if now > self._end + AFTERMATH:
                break
            self._listen(now)
            if change.at <= now:
                self._work(change, now)
                change = next(staffing)
            if caller and caller.at <= now:
                self._call(caller, now)
                caller = next(arriving, None)
            self._dispatcher.go_on(now)
            if self._dispatcher.looks_at(now):
                self._dispatcher.turn(self._stats(now), now)
            for told in self._network.inbound_events(now):
                self._note(told)
        return self._days(now)

    @property
    def _over(self) -> bool:
        return self._dispatcher.idle and self._on_the_telephone == 0

    def _next(self, now: Instant, caller: Caller | None, change: StaffChange) -> Instant:
        times = [change.at, self._network.next_event_at(), self._dispatcher.next_at(), caller.at if caller else None]
        return max(now, min(at for at in times if at is not None))

    def _work(self, change: StaffChange, now: Instant) -> None:
        self._staff.append(change)
        self._network.staff(self._target.id, change.agents, now)
        if self._scenario.staffing_told:
            self._trace.staffing(now, change.agents)

    def _listen(self, now: Instant) -> None:
        """Let the dispatcher hear what the network tells, until that has nothing more to say."""
        while events := self._network.events(now):
            self._network.acknowledge(events)
            for event in events:
                self._dispatcher.heard(event, now)

    def _note(self, told: InboundEvent) -> None:
        number = int(told.caller)
        holder = self._holders[number]
        match told.kind:
            case InboundKind.ANSWERED:
                holder.answered_at = told.at
                self._trace.answered(told.at, number)
            case InboundKind.ABANDONED:
                holder.abandoned_at = told.at
                self._on_the_telephone -= 1
                self._trace.abandoned(told.at, number)
            case InboundKind.FINISHED:
                holder.finished_at = told.at
                self._on_the_telephone -= 1
                began = holder.answered_at or told.at
                self._trace.finished(told.at, number, (told.at - began) / SECOND)

    def _call(self, caller: Caller, now: Instant) -> None:
        """Somebody calls in: they ask to be called back if that is offered and they like it, or else they hold."""
        takes_one = caller.inclination < self._scenario.callers.callback_share
        estimate = self._offer(now) if takes_one else None
        if estimate:
            self._trace.arrived(now, caller.number, "callback")
            self._dispatcher.ask(caller.number, estimate, now)
            return
        self._trace.arrived(now, caller.number, "hold")
        self._holders[caller.number] = HolderRecord(caller.number, now)
        self._on_the_telephone += 1
        self._network.call_in(
            self._target.id, CallerId(str(caller.number)), patience=caller.patience, talk=caller.talk, now=now
        )

    def _offer(self, now: Instant) -> Estimate | None:
        """The estimate that goes with the offer of a callback; None where none is offered."""
        load = self._dispatcher.load
        estimate = self._lessons.estimate(load, self._stats(now), now)
        if refuse_asap(self._target, active=True, load=load, estimate=estimate, now=now):
            return None
        if self._scenario.staffing_told:
            has_to_wait = estimate.promise > self._scenario.callers.offer_above
        else:
            has_to_wait = not self._network.queue_stats(self._target.id, now).agents_available
        return estimate if has_to_wait else None

    def _carry_out(self, command: Command, now: Instant) -> Cause | None:
        if isinstance(command, Originate) and not self._network_works(now):
            return Cause.CONGESTION
        self._network.command(command, now)
        return None

    def _network_works(self, now: Instant) -> bool:
        if not self._scenario.outages:
            return True
        day = (now - self._begin) // DAY + 1
        return self._scenario.network_works(day, (now - midnight(self._scenario, day)) / MINUTE)

    def _stats(self, now: Instant) -> QueueStats | None:
        return self._network.queue_stats(self._target.id, now) if self._scenario.staffing_told else None

    def _days(self, end: Instant) -> Days:
        opened = self._target.calendar.open_intervals(self._begin, Instant(max(end, self._end) + DAY))
        return Days(
            scenario=self._scenario,
            holders=list(self._holders.values()),
            callbacks=self._dispatcher.records,
            staff=self._staff,
            open_hours=[(each.start, each.end) for each in opened],
            begin=self._begin,
            end=Instant(max(end, self._end)),
            ignored_events=self._dispatcher.ignored_events,
            legs_alive=self._dispatcher.legs_alive,
        )


def _staffing(scenario: Scenario) -> Iterator[StaffChange]:
    """How many agents take calls: at each midnight, and each time that it changes; every day is alike, without end."""
    for day in count(1):
        begins, at_work = midnight(scenario, day), None
        for minutes in sorted({0, *scenario.staffing.changes, *scenario.times_of_trouble} - {24 * 60}):
            agents = scenario.agents_at(day, minutes)
            if agents != at_work:
                at_work = agents
                yield StaffChange(Instant(begins + minutes * MINUTE), agents)


def _network_settings(scenario: Scenario, call_target: CallTargetId) -> SimulatorSettings:
    customers = scenario.customers
    return SimulatorSettings(
        seed=scenario.seed,
        no_answer_share=customers.no_answer_share,
        busy_share=customers.busy_share,
        machine_share=customers.machine_share,
        late_key_share=customers.late_key_share,
        no_key_share=customers.no_key_share,
        ring_seconds=customers.ring_seconds,
        key_seconds=customers.key_seconds,
        teams={
            call_target: SimulatedTeam(
                agents=0, handle_time=scenario.handle_time.mean, handle_time_spread=scenario.handle_time.spread
            )
        },
    )
