"""The live board as it is shown: a card for each call target, the whole organization in a line, what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

import ringback.forecast.service as forecast
from ringback.availability.snapshot import Situation, Snapshot, offer_of
from ringback.board.model import Board, Progress, Told
from ringback.board.service import SHOWN
from ringback.call_targets.model import CallTarget
from ringback.callbacks.lifecycle import Outcome
from ringback.console.now.happenings import OUTCOMES
from ringback.console.now.sparkline import Course, sparkline
from ringback.console.now.standing import Standing, minutes_words, range_words, standing_of
from ringback.console.page import Reader
from ringback.forecast.model import Estimate, Load, QueueStats
from ringback.kernel.clock import MINUTE, SECOND, Instant

_SILENT_AFTER = 3 * MINUTE
"""The workers record every minute: without a record for so long, none is at work."""
_LEAST_SHOWN = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class Today:
    """How callbacks have ended today, the most frequent way first."""

    counts: Sequence[tuple[str, int]]
    connected: int
    total: int

    @property
    def share(self) -> str:
        """The share that was connected."""
        return f"{round(100 * self.connected / self.total)} %" if self.total else ""

    @property
    def words(self) -> str:
        """All of it in a line."""
        return " · ".join(f"{count:,} {words}" for words, count in self.counts)


@dataclass(frozen=True, slots=True)
class Card:
    """One call target."""

    target: CallTarget
    standing: Standing
    load: Load
    estimate: str
    """The wait that is told; empty where none is."""
    range: str
    """Empty where it says no more than the wait."""
    line: Markup
    """The last hours; empty at first."""
    agents: str
    """What the queue statistics say; empty where nobody tells."""
    agents_briefly: str
    next_appointment: Instant | None
    today: Today
    wrong: tuple[str, ...]
    """What somebody should look at."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole organization."""

    waiting: int
    dialing: int
    connecting: int
    talking: int
    today: Today


def cards_of(snapshot: Snapshot, board: Board, reader: Reader, *, every: int, now: Instant) -> list[Card]:
    """The cards by name. ``every`` is the length of the stretches in which the past is drawn."""
    targets = sorted(snapshot.configuration.call_targets.values(), key=lambda each: each.settings.name.casefold())
    return [
        _card(
            target,
            snapshot.situations[target.id],
            board.progress.get(target.id, Progress()),
            partial(_course, board.history.get(target.id, ()), every, now),
            reader,
            now,
        )
        for target in targets
    ]


def totals_of(cards: Sequence[Card]) -> Totals:
    """All call targets together."""
    counts: dict[str, int] = {}
    for card in cards:
        for words, count in card.today.counts:
            counts[words] = counts.get(words, 0) + count
    return Totals(
        waiting=sum(card.load.requested for card in cards),
        dialing=sum(card.load.dialing for card in cards),
        connecting=sum(card.load.connecting for card in cards),
        talking=sum(card.load.talking for card in cards),
        today=_today(counts),
    )


def silence_of(board: Board, now: Instant) -> Instant | None:
    """Since when no worker seems to be running; None when one does, or none ever did."""
    last = board.last_sample
    return last if last is not None and last < now - _SILENT_AFTER else None


def age_words(microseconds: int) -> str:
    """How old something is: "12 s", "5 min", "3 h"."""
    seconds = max(0, microseconds // SECOND)
    if seconds < 90:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 90 * 60 else f"{seconds // 3600} h"


def _card(
    target: CallTarget,
    situation: Situation,
    progress: Progress,
    course: partial[Course],
    reader: Reader,
    now: Instant,
) -> Card:
    offer = offer_of(target, situation, active=True, now=now)
    told = offer.estimate
    return Card(
        target=target,
        standing=standing_of(target, situation, offer, now, lambda instant: reader.near(instant, now)),
        load=situation.load,
        estimate=minutes_words(told.promise) if told else "",
        range=_range(told),
        line=sparkline(course(told)),
        agents=_agents(target, situation.stats, now),
        agents_briefly=_agents_briefly(target, situation.stats, now),
        next_appointment=progress.next_appointment,
        today=_today({OUTCOMES[outcome]: count for outcome, count in progress.outcomes.items()}),
        wrong=tuple(_wrong(target, situation.stats, progress, now)),
    )


def _range(told: Estimate | None) -> str:
    words = range_words(told.low, told.high) if told else ""
    return "" if told and words == minutes_words(told.promise) else words


def _course(history: Sequence[Told], every: int, now: Instant, told: Estimate | None) -> Course:
    """What was recorded, and what is told now."""
    present = (Told(now, told.promise, told.low, told.high),) if told else ()
    # Where little is recorded yet, a short time is drawn, so that there is something to see.
    begun = min(history[0].at if history else now, now - _LEAST_SHOWN)
    return Course((*history, *present), Instant(max(begun, now - SHOWN)), now, every)


def _today(counts: Mapping[str, int]) -> Today:
    by_count = sorted(counts.items(), key=lambda each: -each[1])
    return Today(by_count, counts.get(OUTCOMES[Outcome.SUCCESS], 0), sum(counts.values()))


def _agents(target: CallTarget, stats: QueueStats | None, now: Instant) -> str:
    if stats is None:
        return ""
    told = []
    if stats.agents_staffed is not None:
        told.append(f"{stats.agents_staffed} agent{'' if stats.agents_staffed == 1 else 's'}")
    if stats.agents_available is not None:
        told.append(f"{stats.agents_available} free")
    if stats.calls_waiting is not None:
        told.append(f"{stats.calls_waiting} on hold")
    stale = "" if forecast.fresh(target, stats, now) else ", stale"
    return f"{', '.join(told) or 'nothing told'} ({age_words(now - stats.at)} ago{stale})"


def _agents_briefly(target: CallTarget, stats: QueueStats | None, now: Instant) -> str:
    if stats is None:
        return ""
    told = []
    if stats.agents_available is not None:
        of = "" if stats.agents_staffed is None else f" of {stats.agents_staffed}"
        told.append(f"{stats.agents_available}{of} free")
    elif stats.agents_staffed is not None:
        told.append(f"{stats.agents_staffed} at work")
    if stats.calls_waiting is not None:
        told.append(f"{stats.calls_waiting} on hold")
    if forecast.fresh(target, stats, now) is None:
        told.append(f"{age_words(now - stats.at)} ago")
    return ", ".join(told)


def _wrong(target: CallTarget, stats: QueueStats | None, progress: Progress, now: Instant) -> list[str]:
    wrong = []
    if progress.overdue:
        what = "A callback is" if progress.overdue == 1 else f"{progress.overdue:,} callbacks are"
        wrong.append(f"{what} due and no worker looks at them. Is one running?")
    if progress.lost:
        what = "A call has" if progress.lost == 1 else f"{progress.lost:,} calls have"
        wrong.append(f"{what} not been heard of for longer than the lease. Is a worker running?")
    if stats is not None and target.calendar.is_open(now) and forecast.fresh(target, stats, now) is None:
        wrong.append(f"The queue statistics are {age_words(now - stats.at)} old and count no more.")
    return wrong
