"""The dispatcher without its database: the callbacks of the simulated line, kept in memory.

It does what ``dispatch/release.py`` and ``dispatch/record.py`` do with rows, and decides nothing itself: who may be
called is said by ``dispatch/plan.py`` and ``dispatch/pacing.py``, how a call goes by ``telephony/flow``.
"""

import heapq
from bisect import insort
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from ringback.call_targets.model import CallTarget
from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.callbacks.model import Callback, Kind
from ringback.dispatch import pacing, plan
from ringback.dispatch.plan import CustomerFacts, End, Postpone
from ringback.forecast.model import Estimate, Load, QueueStats
from ringback.kernel.clock import DAY, SECOND, Instant, after
from ringback.kernel.tenancy import AttemptId, CallbackId, OrgId, WidgetId
from ringback.limits.model import Limits
from ringback.simulation.lessons import Lessons
from ringback.simulation.records import AttemptRecord, CallbackRecord
from ringback.simulation.trace import Trace
from ringback.telephony import flow
from ringback.telephony.flow import Flow, Order, Progress, ProgressKind, Step
from ringback.telephony.port import Command, EventKind, Party, VoiceEvent, attempt_of
from ringback.telephony.prompts import Prompts, prompts_for

_ORG = OrgId("simulated")
_CALLS_PER_DAY = Limits().calls_per_number_per_day


@dataclass(slots=True)
class _Asked:
    """A callback and what is known of it."""

    callback: Callback
    estimate: Estimate
    record: CallbackRecord
    traced: int = 1
    """The attempt for which the trace has them waiting, or had."""


@dataclass(slots=True)
class _Call:
    """A call under way."""

    asked: _Asked
    flow: Flow
    record: AttemptRecord
    state: State = State.DIALING
    """Of the callback, as long as the attempt lasts."""
    wakes_at: Instant | None = None


class Dispatcher:
    """The callbacks of one call target and the calls to them. Times never go back."""

    def __init__(
        self,
        target: CallTarget,
        *,
        lessons: Lessons,
        trace: Trace,
        carry_out: Callable[[Command, Instant], Cause | None],
    ) -> None:
        """``carry_out`` gives a command to the network; what it answers is why that could not be done."""
        self.records: list[CallbackRecord] = []
        self.ignored_events = 0
        self._target = target
        self._lessons = lessons
        self._trace = trace
        self._carry_out = carry_out
        self._prompts = _prompts(target)
        self._line: list[tuple[Instant, int]] = []
        self._by_number: dict[int, _Asked] = {}
        self._later: list[tuple[Instant, int]] = []
        self._calls: dict[AttemptId, _Call] = {}
        self._wakes: list[tuple[Instant, AttemptId]] = []
        self._recent: deque[Instant] = deque()
        self._counts = dict.fromkeys((State.DIALING, State.CONNECTING, State.TALKING), 0)
        self._look_at: Instant | None = None

    @property
    def load(self) -> Load:
        """How many callbacks are in each state."""
        return Load(
            pending_asap=len(self._later),
            waitlisted=len(self._line),
            dialing=self._counts[State.DIALING],
            connecting=self._counts[State.CONNECTING],
            talking=self._counts[State.TALKING],
        )

    @property
    def idle(self) -> bool:
        """Whether there is nobody to call and nobody on the telephone."""
        return not (self._line or self._later or self._calls)

    @property
    def legs_alive(self) -> int:
        """How many telephones are not hung up."""
        return sum(not leg.ended for call in self._calls.values() for leg in call.flow.legs)

    def next_at(self) -> Instant | None:
        """When there is something to do, if nothing is heard before."""
        wake_at = self._wakes[0][0] if self._wakes else None
        due_at = self._later[0][0] if self._later else None
        return min((at for at in (wake_at, due_at, self._look_at) if at is not None), default=None)

    def ask(self, number: int, estimate: Estimate, now: Instant) -> None:
        """Somebody asks to be called back as soon as possible."""
        callback = _callback(self._target, number, estimate, now)
        record = CallbackRecord(number, now, estimate.seconds, estimate.low, estimate.high, estimate.promise)
        record.told_later = self._closed_since(now, after(now, estimate.seconds))
        self.records.append(record)
        self._by_number[number] = _Asked(callback, estimate, record)
        insort(self._line, (now, number))
        self._look_at = now

    def heard(self, event: VoiceEvent, now: Instant) -> None:
        """The network tells what happened to a leg."""
        call = self._calls.get(attempt_of(event.leg))
        step = flow.on_event(call.flow, event, now) if call else None
        if call is None or step is None or step.ignored:
            self.ignored_events += 1
            return
        _note_leg(call, event)
        self._take(call, step, now)

    def go_on(self, now: Instant) -> None:
        """Do what is due: time limits of calls, and those who wait for another time come back into line."""
        while self._wakes and self._wakes[0][0] <= now:
            wake_at, attempt_id = heapq.heappop(self._wakes)
            call = self._calls.get(attempt_id)
            if call is not None and call.flow.wake_at == wake_at:
                self._take(call, flow.on_time(call.flow, now), now)
        while self._later and self._later[0][0] <= now:
            _, number = heapq.heappop(self._later)
            asked = self._by_number[number]
            insort(self._line, (asked.callback.order_at, number))
            self._look_at = now
            if asked.traced <= asked.callback.attempts:
                asked.traced = asked.callback.attempts + 1
                self._trace.arrived(now, _traced(asked, asked.traced), "hold")

    def looks_at(self, now: Instant) -> bool:
        """Whether it is time to look at the line."""
        return self._look_at is not None and self._look_at <= now

    def turn(self, stats: QueueStats | None, now: Instant) -> None:
        """Release who may be called now. ``stats`` are None where nobody tells them."""
        self._look_at = None
        left = self._releasable(stats, now)
        place = 0
        while place < len(self._line):
            number = self._line[place][1]
            asked = self._by_number[number]
            refusal = plan.refusal(self._target, asked.callback, now)
            if refusal is None:
                if left == 0:
                    break
                refusal = plan.second_look(self._target, asked.callback, _customer(asked, now), now)
            if refusal is None:
                left -= 1
                del self._line[place]
                self._launch(asked, now)
            elif isinstance(refusal, Postpone):
                del self._line[place]
                self._put_off(asked, refusal.until)
            elif isinstance(refusal, End):
                del self._line[place]
                self._finish(asked, refusal.outcome, now)
            else:
                place += 1
        if self._line:
            settings = self._target.settings.pacing
            self._look_at = pacing.look_again_at(pacing=settings, stats=stats, recent=self._recent, now=now)

    def _releasable(self, stats: QueueStats | None, now: Instant) -> int:
        settings = self._target.settings
        since = pacing.recent_since(pacing=settings.pacing, stats=stats, now=now)
        while self._recent and self._recent[0] < since:
            self._recent.popleft()
        return pacing.releasable(
            [place for place, _ in self._line[: settings.pacing.max_queue_depth]],
            pacing=settings.pacing,
            load=self.load,
            stats=stats,
            seen=self._lessons.pace,
            recent=self._recent,
            now=now,
            first_party=settings.first_party,
        )

    def _launch(self, asked: _Asked, now: Instant) -> None:
        number, attempts = asked.record.number, asked.callback.attempts + 1
        asked.callback = replace(asked.callback, attempts=attempts, state=State.DIALING)
        record = AttemptRecord(attempts, now)
        asked.record.attempts.append(record)
        self._trace.answered(now, _traced(asked, attempts))
        self._recent.append(now)
        self._counts[State.DIALING] += 1
        if attempts == 1:
            asked.record.carried_over = self._closed_since(asked.record.asked_at, now)
            waited = (now - asked.record.asked_at) / SECOND
            self._lessons.launched(asked.estimate, waited, load=self.load, others=bool(self._line), now=now)
        order = _order(self._target, asked.callback, AttemptId(f"{number}-{attempts}"), self._prompts)
        step = flow.begin(order, now)
        call = self._calls[order.attempt_id] = _Call(asked, step.flow, record)
        self._take(call, step, now)

    def _take(self, call: _Call, step: Step, now: Instant) -> None:
        """Take a step of a call: record its progress, carry out its commands, and wake it at its time limit."""
        call.flow = step.flow
        for progress in step.progress:
            self._record(call, progress, now)
        for command in step.commands:
            cause = self._carry_out(command, now)
            if cause is not None:
                self._take(call, flow.on_refusal(call.flow, command, cause, now), now)
                return
        attempt_id = call.flow.order.attempt_id
        if call.flow.over:
            self._calls.pop(attempt_id, None)
            self._left(call, now)
        elif call.flow.wake_at is not None and call.flow.wake_at != call.wakes_at:
            call.wakes_at = call.flow.wake_at
            heapq.heappush(self._wakes, (call.flow.wake_at, attempt_id))

    def _record(self, call: _Call, progress: Progress, now: Instant) -> None:
        record = call.record
        match progress.kind:
            case ProgressKind.ANSWERED:
                if call.flow.order.first_party is Party.CUSTOMER:
                    record.ready_at = progress.at
                    self._lessons.found((progress.at - record.claimed_at) / SECOND)
                self._move(call, State.CONNECTING)
            case ProgressKind.CONNECTED:
                record.connected_at = progress.at
                self._move(call, State.TALKING)
                self._hurry(now)
            case ProgressKind.ENDED:
                record.ended_at, record.cause = progress.at, progress.cause or Cause.FAILED
                self._counts[call.state] -= 1
                self._hurry(now)
                self._goes_on(call, progress, now)

    def _goes_on(self, call: _Call, progress: Progress, now: Instant) -> None:
        asked, record = call.asked, call.record
        cause = record.cause or Cause.FAILED
        if record.ready_at is None and call.flow.order.first_party is Party.CUSTOMER:
            self._lessons.missed()
        if record.connected_at is not None:
            if cause is Cause.ANSWERED:
                self._lessons.finished((progress.at - record.connected_at) / SECOND)
            self._finish(asked, Outcome.SUCCESS, now)
            return
        during = replace(asked.callback, state=call.state)
        earlier = [attempt.cause for attempt in asked.record.attempts[:-1] if attempt.cause]
        party = progress.party or Party.NETWORK
        goes_on = plan.after_call(self._target, during, cause, party, earlier, now, progress.wish)
        if isinstance(goes_on, Outcome):
            self._finish(asked, goes_on, now)
        else:
            self._put_off(asked, goes_on)

    def _left(self, call: _Call, now: Instant) -> None:
        """Every telephone of a call is hung up."""
        record = call.record
        if record.agent_from is not None and record.agent_until is None:
            record.agent_until = now
        self._trace.finished(now, _traced(call.asked, record.number), record.occupied)

    def _closed_since(self, since: Instant, now: Instant) -> bool:
        """Whether it was closed at any time in between."""
        closes_at = self._target.calendar.closes_at(since)
        return not self._target.calendar.is_open(since) or (closes_at is not None and closes_at <= now)

    def _move(self, call: _Call, state: State) -> None:
        self._counts[call.state] -= 1
        self._counts[state] += 1
        call.state = state

    def _put_off(self, asked: _Asked, until: Instant) -> None:
        asked.callback = replace(asked.callback, state=State.PENDING, due_at=until)
        heapq.heappush(self._later, (until, asked.record.number))

    def _finish(self, asked: _Asked, outcome: Outcome, now: Instant) -> None:
        asked.record.outcome, asked.record.finished_at = outcome, now
        del self._by_number[asked.record.number]

    def _hurry(self, now: Instant) -> None:
        """There is room: look at the line now."""
        if self._line:
            self._look_at = now


def _traced(asked: _Asked, attempt: int) -> str:
    return str(asked.record.number) if attempt == 1 else f"{asked.record.number}-{attempt}"


def _note_leg(call: _Call, event: VoiceEvent) -> None:
    """What summary and report want to know and the callback's own record does not tell."""
    record, order = call.record, call.flow.order
    by_agent = event.leg.partition(".")[2].startswith(Party.AGENT)
    if by_agent and event.kind is EventKind.ANSWERED and record.agent_from is None:
        record.agent_from = event.at
    elif by_agent and event.kind is EventKind.ENDED and record.agent_from is not None:
        record.agent_until = event.at
    elif not by_agent and event.kind is EventKind.ANSWERED and order.first_party is Party.AGENT:
        record.ready_at = event.at


def _callback(target: CallTarget, number: int, estimate: Estimate, now: Instant) -> Callback:
    return Callback(
        org=_ORG,
        id=CallbackId(str(number)),
        call_target_id=target.id,
        widget_id=WidgetId("simulated"),
        contact_number=f"+1212555{1000 + number % 9000}",  # no ending that means something to the network
        contact_name=None,
        kind=Kind.ASAP,
        state=State.PENDING,
        outcome=None,
        channel="simulation",
        locale="en",
        time_zone="UTC",
        order_at=now,
        appointment_at=None,
        due_at=now,
        promised_seconds=estimate.promise,
        attempts=0,
        created_at=now,
        finished_at=None,
    )


def _customer(asked: _Asked, now: Instant) -> CustomerFacts:
    calls = [attempt.claimed_at for attempt in asked.record.attempts if attempt.claimed_at > now - DAY]
    return CustomerFacts(blocked=False, calls=calls, calls_per_day=_CALLS_PER_DAY)


def _prompts(target: CallTarget) -> Prompts:
    settings = target.settings
    language = (settings.languages or ("en",))[0]
    return prompts_for(
        language,
        organization_name="Ringback",
        call_target_name=settings.name,
        customer_number="+12125550100",
        texts=settings.prompts,
    )


def _order(target: CallTarget, callback: Callback, attempt_id: AttemptId, prompts: Prompts) -> Order:
    settings = target.settings
    agent = settings.agent
    return Order(
        attempt_id=attempt_id,
        org=callback.org,
        call_target_id=target.id,
        first_party=Party(settings.first_party.value),
        customer_number=callback.contact_number,
        agent_destinations=(agent.destination, agent.failover) if agent.failover else (agent.destination,),
        caller_id=agent.caller_id,
        place=callback.order_at,
        customer_dial_timeout=settings.customer_dial_timeout,
        prompts=prompts,
        agents_accept=True,
    )
