"""Carrying out the commands of calls, and recording what came of it.

A driver that cannot be reached, hangs or throws is contained here: its command stays in the call and is given again, or
the call goes on without it.
"""

from collections.abc import Sequence

import structlog

from ringback.callbacks.lifecycle import Cause
from ringback.db.database import Database
from ringback.dispatch import record
from ringback.dispatch.call import Act
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import Observer, Recorded, Worker
from ringback.kernel.clock import Clock, after
from ringback.telephony.execute import Patient, execute
from ringback.telephony.port import Command, CommandId, Originate, PermanentError, RetryAfter, Unreachable

logger = structlog.get_logger(__name__)


class Actor:
    """Carries out commands for one worker."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        voice: Patient,
        configurations: Configurations,
        observer: Observer,
        worker: Worker,
    ) -> None:
        self._db = db
        self._clock = clock
        self._voice = voice
        self._configurations = configurations
        self._observer = observer
        self._worker = worker

    async def carry_out(self, act: Act | None) -> list[Recorded]:
        """Carry out what is to be done, and what follows from it, until nothing is left; what was recorded."""
        came_of_it = []
        while act is not None:
            recorded = await self._do(act)
            observe(self._observer, recorded)
            came_of_it.append(recorded)
            act = recorded.act
        return came_of_it

    async def _do(self, act: Act) -> Recorded:
        """Carry out the commands in order, as far as they get through."""
        done: list[CommandId] = []
        for command in act.commands:
            if not act.lease.held_at(after(self._clock.now(), self._voice.seconds)):
                # This process stood still: what is left is for whoever wakes the call, which looks again first.
                return await self._db.write(record.let_go, act, done, now=self._clock.now())
            try:
                await execute(self._voice, command)
            except PermanentError as error:
                return await self._refused(act, done, command, error.cause)
            except RetryAfter as error:
                return await self._busy(act, done, command, error.seconds)
            except Unreachable as error:
                logger.warning("whether it got through is not known", command=command.id, problem=error.message)
                return await self._db.write(record.put_off, act, done, now=self._clock.now())
            except Exception:
                logger.exception("driver failed at a command for a defect", command=command.id, driver=self._voice.name)
                self._observer.step_failed("dial" if isinstance(command, Originate) else "act")
                if (instead := await self._after_defect(act, done, command)) is not None:
                    return instead
            done.append(command.id)
        return await self._db.write(record.carried_out, act, done, by=self._worker, now=self._clock.now())

    async def _after_defect(self, act: Act, done: Sequence[CommandId], command: Command) -> Recorded | None:
        """Did it ring? If the driver knows the leg, all goes on; if it cannot be asked, the command is given again."""
        known = False
        if isinstance(command, Originate):
            try:
                known = await self._voice.look_up(command.leg) is not None
            except Unreachable:
                return await self._db.write(record.put_off, act, done, now=self._clock.now())
            except Exception:
                logger.exception("driver cannot look a leg up for a defect either", driver=self._voice.name)
        return None if known else await self._refused(act, done, command, Cause.FAILED)

    async def _refused(self, act: Act, done: Sequence[CommandId], command: Command, cause: Cause) -> Recorded:
        now = self._clock.now()
        return await self._db.write(
            record.refused, self._configurations, act, done, command, cause, by=self._worker, now=now
        )

    async def _busy(self, act: Act, done: Sequence[CommandId], command: Command, seconds: float) -> Recorded:
        """Not now. A call that has not begun goes back into its place in line; another waits."""
        now = self._clock.now()
        if act.begins and isinstance(command, Originate) and not done:
            return await self._db.write(record.give_back, act, command, seconds=seconds, now=now)
        return await self._db.write(record.put_off, act, done, seconds=max(1, seconds), now=now)


def observe(observer: Observer, recorded: Recorded) -> None:
    """Tell what recording something has changed."""
    if recorded.cause is not None:
        observer.attempt_ended(recorded.cause)
    if recorded.outcome is not None:
        observer.callback_finished(recorded.outcome)
