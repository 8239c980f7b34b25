"""Asking the voice driver how the agents' queues stand, for those who estimate, offer and release by it."""

import asyncio
from dataclasses import replace

import structlog

import ringback.forecast.service as forecast
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.dispatch import store
from ringback.dispatch.model import Line, Observer
from ringback.forecast.model import QueueStats
from ringback.kernel.clock import SECOND, Clock, Instant
from ringback.telephony.execute import Patient
from ringback.telephony.port import Capability, Unreachable

logger = structlog.get_logger(__name__)

_EVERY = 2 * SECOND
_TOLD_AGAIN_AFTER = 30 * SECOND
"""Figures that have not changed are told again, so that they stay fresh."""

_FEW = 100
"""Up to so many call targets, all are asked after; of more, only those in use, and so many of them at most."""
_MANY = 500


class QueueWatch:
    """Stores how the queues stand, as far as the driver knows."""

    def __init__(self, *, db: Database, clock: Clock, voice: Patient, observer: Observer) -> None:
        self._db = db
        self._clock = clock
        self._voice = voice
        self._observer = observer
        self._told: dict[Line, QueueStats] = {}
        self._next_at = Instant(0)

    async def look(self) -> bool:
        """Ask, if it is time; whether anything was to be stored."""
        now = self._clock.now()
        if now < self._next_at or Capability.QUEUE_STATS not in self._voice.capabilities:
            return False
        self._next_at = Instant(now + _EVERY)
        lines = await self._db.read(_lines)
        answers = await asyncio.gather(*(self._ask(line) for line in lines))
        found = {
            line: stats for line, stats in zip(lines, answers, strict=True) if stats and self._is_news(line, stats)
        }
        if found:
            for taken in await self._db.write(_save, found):
                self._observer.queue_reported(taken=taken)
        self._told = {line: stats for line, stats in (self._told | found).items() if line in lines}
        return bool(found)

    async def _ask(self, line: Line) -> QueueStats | None:
        try:
            return await self._voice.queue_stats(line.call_target_id)
        except Unreachable as error:
            logger.warning("queue is not known", call_target=line.call_target_id, problem=error.message)
        except Exception:
            logger.exception("driver cannot tell a queue for a defect", driver=self._voice.name)
            self._observer.step_failed("queue stats")
        return None

    def _is_news(self, line: Line, stats: QueueStats) -> bool:
        told = self._told.get(line)
        if told is None or stats.at - told.at >= _TOLD_AGAIN_AFTER:
            return True
        return replace(stats, at=told.at) != told


def _lines(tx: Tx) -> list[Line]:
    lines = store.call_targets(tx, limit=_FEW + 1)
    return lines if len(lines) <= _FEW else store.lines_in_use(tx, limit=_MANY)


def _save(tx: Tx, found: dict[Line, QueueStats]) -> list[bool]:
    # In a fixed order: so do not block each other who store at once.
    return [forecast.save_queue_stats(tx, *line, found[line]) for line in sorted(found)]
