"""The dispatcher's work, as steps of a worker: release callbacks, follow their calls, look after calls gone silent.

Claim, commit, act, record. Nothing is kept in memory between these: whatever a worker was about when it died, another
finds out from the database and the voice driver once its lease has run out, and carries on under the same attempt id.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

import structlog

from ringback.callbacks.lifecycle import Cause, State
from ringback.db import claims
from ringback.db.claims import Lease
from ringback.db.database import Database
from ringback.dispatch import record, store
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import Claim, Line, Observer, Recorded, Unobserved
from ringback.dispatch.release import release, set_aside
from ringback.kernel.clock import SECOND, Clock
from ringback.kernel.errors import DatabaseUnavailable
from ringback.kernel.phone import mask
from ringback.kernel.tenancy import AttemptId
from ringback.telephony.port import DriverError, PermanentError, RetryAfter, Unreachable, VoiceDriver, VoiceEvent

T = TypeVar("T")

logger = structlog.get_logger(__name__)

_DUE_AT_ONCE = 200
_LEASES_AT_ONCE = 50
_AT_ONCE = 32
"""How many lines, calls or attempts are worked on side by side: enough to share commits, and others get their turn."""


class Dispatcher:
    """One worker's dispatching. Any number of them may work on one database, in as many processes.

    Each public method is a step: it does a batch of work and says whether there was any. What goes wrong with one
    callback or line is logged and does not keep the others; a failure of the database or the voice driver is raised.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        voice: VoiceDriver,
        observer: Observer | None = None,
        lease_seconds: float = 60,
        owner: str | None = None,
    ) -> None:
        """``lease_seconds`` is how long this worker may be silent about a call before another looks after it."""
        self._db = db
        self._clock = clock
        self._voice = voice
        self._observer = observer or Unobserved()
        self._lease_seconds = lease_seconds
        self._owner = owner or claims.new_owner()
        self._configurations = Configurations()

    async def release(self) -> bool:
        """Take a turn at every line in which somebody is due, and dial those whose place has come up."""
        lines = await self._db.read(store.lines_to_look_at, now=self._clock.now(), limit=_DUE_AT_ONCE)
        return any(await _side_by_side(self._take_turn(line) for line in lines))

    async def follow(self) -> bool:
        """Record what the voice driver tells of calls under way."""
        by_attempt: defaultdict[AttemptId, list[VoiceEvent]] = defaultdict(list)
        for event in await self._voice.events():
            by_attempt[event.attempt_id].append(event)
        recorded = await _side_by_side(self._record_in_order(events) for events in by_attempt.values())
        done = [pair for of_one_attempt in recorded for pair in of_one_attempt]
        await self._make_use_of_room([what for _, what in done])
        await self._voice.acknowledge([event for event, _ in done])
        return bool(done)

    async def reconcile(self) -> bool:
        """Take over calls whose lease has run out, and ask the voice driver what became of them.

        This is the heartbeat of long calls as well: their leases run out too, and the driver says that they are alive.
        """
        if not await self._db.read(store.any_lease_over, now=self._clock.now()):
            return False
        lease, now = self._new_lease(), self._clock.now()
        attempts = await self._db.write(store.take_over, lease, now=now, limit=_LEASES_AT_ONCE)
        await _side_by_side(self._look_after(attempt_id, lease) for attempt_id in attempts)
        return bool(attempts)

    async def _take_turn(self, line: Line) -> bool:
        staffed = await self._staffed_agents(line)
        try:
            released = await self._db.write(
                release,
                self._configurations,
                line,
                staffed=staffed,
                lease=self._new_lease(),
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

    async def _staffed_agents(self, line: Line) -> int | None:
        """How many agents work, as far as is known. A ``DriverError`` is raised: better in line than in limbo."""
        try:
            return await self._voice.staffed_agents(line.call_target_id)
        except DriverError:
            raise
        except Exception:
            logger.exception("driver cannot tell its agents for a defect", driver=self._voice.name)
            return None

    async def _launch(self, claim: Claim) -> None:
        if claim.callback.state is State.PENDING:
            self._observer.dialled((self._clock.now() - claim.callback.due_at) / SECOND)
        if claim.missed_promise_by is not None:
            self._observer.launched(claim.missed_promise_by)
        logger.info(
            "dialling",
            org=claim.call.org,
            callback=claim.call.callback_id,
            attempt=claim.call.attempt_id,
            number=mask(claim.call.customer_number),
        )
        await self._dial(claim)

    async def _dial(self, claim: Claim) -> None:
        if not claim.lease.held_at(self._clock.now()):
            return  # this process stood still since it claimed: the call is for whoever takes over
        try:
            await self._voice.originate(claim.call)
        except PermanentError as error:
            await self._refused(claim, error.cause)
        except RetryAfter as error:
            await self._db.write(record.give_back, claim, seconds=error.seconds, now=self._clock.now())
        except Unreachable as error:
            logger.warning("whether it was dialled is not known", attempt=claim.call.attempt_id, problem=error.message)
        except Exception:
            logger.exception("driver failed to dial for a defect", driver=self._voice.name)
            self._observer.step_failed("dial")
            await self._find_out_after_defect(claim)

    async def _find_out_after_defect(self, claim: Claim) -> None:
        """Did it ring? If the driver knows the call, it goes on; if it cannot be asked, the lease brings us back."""
        try:
            known = await self._voice.look_up(claim.call.attempt_id) is not None
        except Unreachable:
            return
        except Exception:
            logger.exception("driver cannot look a call up for a defect either", driver=self._voice.name)
            known = False
        if not known:
            await self._refused(claim, Cause.FAILED)

    async def _refused(self, claim: Claim, cause: Cause) -> None:
        recorded = await self._db.write(
            record.record_refusal, self._configurations, claim, cause, now=self._clock.now()
        )
        self._observe(recorded)
        await self._make_use_of_room([recorded])

    async def _record_in_order(self, events: Sequence[VoiceEvent]) -> list[tuple[VoiceEvent, Recorded]]:
        """Record the events of one call; those that were dealt with. At a failure the rest is left for later."""
        done = []
        for event in events:
            try:
                recorded = await self._record(event)
            except DatabaseUnavailable:
                raise
            except Exception:
                logger.exception("event cannot be recorded", event_id=event.event_id)
                self._observer.step_failed("follow")
                break
            if recorded.ignored:
                logger.debug("event changes nothing: late, repeated, or of an unknown call", event_id=event.event_id)
                self._observer.event_ignored()
            done.append((event, recorded))
        return done

    async def _look_after(self, attempt_id: AttemptId, lease: Lease) -> None:
        view = await self._voice.look_up(attempt_id)
        if view is not None:
            await self._make_use_of_room([await self._record(event) for event in record.events_of(view)])
            return
        found = await self._db.write(
            record.dial_again, self._configurations, attempt_id, lease=lease, now=self._clock.now()
        )
        if isinstance(found, Claim):
            await self._dial(found)
        else:
            self._observe(found)
            await self._make_use_of_room([found])

    async def _record(self, event: VoiceEvent) -> Recorded:
        now = self._clock.now()
        recorded = await self._db.write(
            record.record_event, self._configurations, event, lease_until=self._new_lease().until, now=now
        )
        self._observe(recorded)
        if not recorded.ignored:
            told = {name: what.value for name in ("cause", "outcome") if (what := getattr(recorded, name)) is not None}
            logger.info(event.kind.value, attempt=event.attempt_id, **told)
        return recorded

    def _observe(self, recorded: Recorded) -> None:
        if recorded.cause is not None:
            self._observer.attempt_ended(recorded.cause)
        if recorded.outcome is not None:
            self._observer.callback_finished(recorded.outcome)

    async def _make_use_of_room(self, recorded: Iterable[Recorded]) -> None:
        # A transaction of its own: it waits for turns, which wait for callbacks that recording holds.
        lines = {what.made_room_in for what in recorded if what.made_room_in is not None}
        if lines:
            await self._db.write(record.hurry, lines, now=self._clock.now())

    def _new_lease(self) -> Lease:
        return claims.lease(self._owner, self._clock.now(), self._lease_seconds)


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
