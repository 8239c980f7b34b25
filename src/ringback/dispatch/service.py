"""The dispatcher's work, as steps of a worker: release callbacks, follow their calls, look after calls gone silent.

Claim, commit, act, record. Nothing is kept in memory between these: whatever a worker was about when it died, another
finds out from the database and the voice driver once its lease has run out, and carries on under the same attempt id.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Collection, Iterable, Sequence
from itertools import islice
from typing import TypeVar

import structlog

from ringback.callbacks.lifecycle import State
from ringback.db import claims
from ringback.db.database import Database
from ringback.dispatch import record, store
from ringback.dispatch.act import Actor, observe
from ringback.dispatch.call import Act, Call
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import Claim, Line, Observer, Recorded, Unobserved, Worker
from ringback.dispatch.queues import QueueWatch
from ringback.dispatch.release import release, set_aside
from ringback.dispatch.views import events_of, lost
from ringback.kernel.clock import SECOND, Clock, after
from ringback.kernel.errors import DatabaseUnavailable
from ringback.kernel.phone import mask
from ringback.kernel.tenancy import AttemptId
from ringback.telephony.execute import PATIENCE_SECONDS, Patient
from ringback.telephony.port import Capability, LegId, Unreachable, VoiceDriver, VoiceEvent, attempt_of

T = TypeVar("T")

logger = structlog.get_logger(__name__)

_DUE_AT_ONCE = 200
_LEASES_AT_ONCE = 50
_WOKEN_AT_ONCE = 100
_AT_ONCE = 32
"""How many lines, calls or attempts are worked on side by side: enough to share commits, and others get their turn."""

_WAKE_AGAIN_SECONDS = 5
"""When a call is woken again whose waking came to nothing."""


class Dispatcher:
    """One worker's dispatching. Any number of them may work on one database, in as many processes.

    Each public method is a step: it does a batch of work and says whether there was any. One step is taken at a time.
    What goes wrong with one callback, call or line is logged and does not keep the others; a failure of the database is
    raised, and one of the voice driver to tell its events.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        voice: VoiceDriver,
        observer: Observer | None = None,
        lease_seconds: float = 60,
        patience_seconds: float = PATIENCE_SECONDS,
        owner: str | None = None,
    ) -> None:
        """``lease_seconds`` is how long this worker may be silent about a call before another looks after it.

        ``patience_seconds`` is how long it waits for an answer of the voice driver.
        """
        patience = min(patience_seconds, lease_seconds / 2)
        self._db = db
        self._clock = clock
        self._voice = Patient(voice, patience)
        self._observer = observer or Unobserved()
        self._worker = Worker(owner or claims.new_owner(), call_seconds=lease_seconds, act_seconds=2 * patience)
        self._configurations = Configurations()
        self._actor = Actor(
            db=db,
            clock=clock,
            voice=self._voice,
            configurations=self._configurations,
            observer=self._observer,
            worker=self._worker,
        )
        self._queues = QueueWatch(db=db, clock=clock, voice=self._voice, observer=self._observer)
        self._voice_is_away = False

    async def watch_queues(self) -> bool:
        """Store how the agents' queues stand, as far as the voice driver knows."""
        return await self._queues.look()

    async def release(self) -> bool:
        """Take a turn at every line in which somebody is due, and dial those whose place has come up.

        While the voice driver cannot tell its events, everybody is better in line than in limbo.
        """
        if self._voice_is_away:
            return False
        lines = await self._db.read(store.lines_to_look_at, now=self._clock.now(), limit=_DUE_AT_ONCE)
        return any(await _side_by_side(self._take_turn(line) for line in lines))

    async def follow(self) -> bool:
        """Record what the voice driver tells of calls under way, and carry out what follows from it."""
        by_attempt: defaultdict[AttemptId, list[VoiceEvent]] = defaultdict(list)
        for event in await self._events():
            by_attempt[attempt_of(event.leg)].append(event)
        done = await _side_by_side(self._follow_call(events) for events in by_attempt.values())
        told = [event for of_one_call in done for event in of_one_call]
        await self._voice.acknowledge(told)
        return bool(told)

    async def wake(self) -> bool:
        """Go on with calls whose time limits have passed, and with commands that nobody has carried out."""
        now = self._clock.now()
        if not await self._db.read(store.any_to_wake, now=now):
            return False
        until = after(now, _WAKE_AGAIN_SECONDS)
        attempts = await self._db.write(store.take_woken, now=now, until=until, limit=_WOKEN_AT_ONCE)
        await _side_by_side(self._wake(attempt_id) for attempt_id in attempts)
        return bool(attempts)

    async def reconcile(self) -> bool:
        """Take over calls whose lease has run out, and ask the voice driver what became of them.

        This is the heartbeat of long calls as well: their leases run out too, and the driver says that they are alive.
        """
        if not await self._db.read(store.any_lease_over, now=self._clock.now()):
            return False
        now = self._clock.now()
        lease = self._worker.call_lease(now)
        attempts = await self._db.write(store.take_over, lease, now=now, limit=_LEASES_AT_ONCE)
        await _side_by_side(self._look_after(attempt_id) for attempt_id in attempts)
        return bool(attempts)

    async def _take_turn(self, line: Line) -> bool:
        try:
            released = await self._db.write(
                release,
                self._configurations,
                line,
                by=self._worker,
                agents_accept=Capability.AGENTS_ACCEPT in self._voice.capabilities,
                now=self._clock.now(),
            )
        except DatabaseUnavailable:
            raise
        except Exception:
            logger.exception("turn failed; the line is left alone for a while", call_target=line.call_target_id)
            self._observer.step_failed("release")
            await self._db.write(set_aside, line, now=self._clock.now())
            return False
        for outcome in released.outcomes:
            self._observer.callback_finished(outcome)
        if released.claims:
            self._observer.claimed(len(released.claims))
            await _side_by_side(self._launch(claim) for claim in released.claims)
        return released.moved > 0

    async def _launch(self, claim: Claim) -> None:
        callback = claim.callback
        if callback.state is State.PENDING:
            self._observer.dialled((self._clock.now() - callback.due_at) / SECOND)
        if claim.missed_promise_by is not None:
            self._observer.launched(claim.missed_promise_by, claim.against_range)
        logger.info(
            "dialling",
            org=callback.org,
            callback=callback.id,
            attempt=claim.act.attempt_id,
            number=mask(callback.contact_number),
        )
        await self._go_on([], claim.act)

    async def _events(self) -> list[VoiceEvent]:
        try:
            events = await self._voice.events()
        except Exception:
            self._voice_is_away = True
            raise
        self._voice_is_away = False
        return events

    async def _follow_call(self, events: Sequence[VoiceEvent]) -> list[VoiceEvent]:
        """Record the events of one call in order, then act on them; those that were dealt with.

        At a failure the rest is left for later.
        """
        done, recorded = [], []
        for event in events:
            try:
                what = await self._record(event)
            except DatabaseUnavailable:
                raise
            except Exception:
                logger.exception("event cannot be recorded", event_id=event.event_id)
                self._observer.step_failed("follow")
                break
            if what.ignored:
                logger.debug("event changes nothing: late, repeated, or of an unknown call", event_id=event.event_id)
                self._observer.event_ignored()
            done.append(event)
            recorded.append(what)
        await self._go_on(recorded, _last_act(recorded))
        return done

    async def _wake(self, attempt_id: AttemptId) -> None:
        """Before anything is given up or begun anew, the driver is asked: perhaps we only have not heard of it."""
        call = await self._db.read(store.call_of, attempt_id)
        is_late = call is not None and call.flow.wake_at is not None and call.flow.wake_at <= self._clock.now()
        await self._look_at(attempt_id, call, call.legs if call is not None and (is_late or call.in_doubt) else ())

    async def _look_after(self, attempt_id: AttemptId) -> None:
        call = await self._db.read(store.call_of, attempt_id)
        await self._look_at(attempt_id, call, call.legs if call is not None else ())

    async def _look_at(self, attempt_id: AttemptId, call: Call | None, legs: Collection[LegId]) -> None:
        try:
            events, unknown = await self._ask_for(call, legs) if call is not None else ([], [])
            recorded = [await self._record(event) for event in events]
            now = self._clock.now()
            woken = await self._db.write(
                record.wake, self._configurations, attempt_id, unknown=unknown, by=self._worker, now=now
            )
        except DatabaseUnavailable:
            raise
        except Exception:
            logger.exception("call cannot be looked after", attempt=attempt_id)
            self._observer.step_failed("wake")
            return
        observe(self._observer, woken)
        recorded.append(woken)
        await self._go_on(recorded, _last_act(recorded))

    async def _ask_for(self, call: Call, legs: Collection[LegId]) -> tuple[list[VoiceEvent], list[LegId]]:
        """What the driver says of these legs, as events; and of which of them it has never heard.

        A leg that it was told to ring and does not know any more is lost: to ring it once more could ring twice.
        """
        events: list[VoiceEvent] = []
        unknown: list[LegId] = []
        for leg in legs:
            try:
                view = await self._voice.look_up(leg)
            except Unreachable as error:
                logger.warning("what became of a leg is not known", leg=leg, problem=error.message)
                break
            except Exception:
                logger.exception("driver cannot look a leg up for a defect", driver=self._voice.name)
                self._observer.step_failed("look up")
                unknown += [leg] if leg in call.to_be_rung else []
                continue
            if view is not None:
                events += events_of(view)
            elif leg in call.to_be_rung:
                unknown.append(leg)
            else:
                events.append(lost(leg, self._clock.now()))
        return events, unknown

    async def _record(self, event: VoiceEvent) -> Recorded:
        now = self._clock.now()
        recorded = await self._db.write(record.record_event, self._configurations, event, by=self._worker, now=now)
        observe(self._observer, recorded)
        if recorded.progress:
            told = {name: what.value for name in ("cause", "outcome") if (what := getattr(recorded, name)) is not None}
            logger.info(recorded.progress[-1].value, attempt=attempt_of(event.leg), **told)
        return recorded

    async def _go_on(self, recorded: Sequence[Recorded], act: Act | None) -> None:
        """Carry out what follows, and let others have the room that was made."""
        came_of_it = await self._actor.carry_out(act)
        await self._make_use_of_room([*recorded, *came_of_it])

    async def _make_use_of_room(self, recorded: Iterable[Recorded]) -> None:
        # A transaction of its own: it waits for turns, which wait for callbacks that recording holds.
        lines = {what.made_room_in for what in recorded if what.made_room_in is not None}
        if lines:
            await self._db.write(record.hurry, lines, now=self._clock.now())


def _last_act(recorded: Sequence[Recorded]) -> Act | None:
    """What the last change has left to be carried out: it includes what those before have."""
    return next((what.act for what in reversed(recorded) if not what.ignored), None)


async def _side_by_side(work: Iterable[Awaitable[T]]) -> list[T]:
    """Do all of the work, some of it at once, and only then raise what went wrong first."""
    waiting = iter(work)
    results: list[T | BaseException] = []
    while batch := list(islice(waiting, _AT_ONCE)):
        results += await asyncio.gather(*batch, return_exceptions=True)
    done = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done
