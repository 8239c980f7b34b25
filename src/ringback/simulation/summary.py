"""What simulated days came to, as figures: a pure function of the records. Durations in seconds, shares from 0 to 1."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from ringback.kernel.clock import HOUR, SECOND, Instant
from ringback.simulation import levels
from ringback.simulation.levels import Change
from ringback.simulation.records import AttemptRecord, CallbackRecord, Days, HolderRecord

MISSED_BY = 120
"""A promise is missed when the call comes later than promised by more than this many seconds."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long people waited."""

    count: int
    mean: float
    p50: float
    p90: float
    longest: float

    @classmethod
    def of(cls, waits: Iterable[float]) -> Self:
        """The figures of these waits; all 0 when there are none."""
        ordered = sorted(waits)
        if not ordered:
            return cls(0, 0.0, 0.0, 0.0, 0.0)
        mean = math.fsum(ordered) / len(ordered)
        return cls(len(ordered), mean, _quantile(ordered, 0.5), _quantile(ordered, 0.9), ordered[-1])


@dataclass(frozen=True, slots=True)
class Promises:
    """What the estimates were worth. Promises of another day, and calls on one, are not scored: that is the night."""

    scored: int
    mean_wait: float
    relative_error: float | None
    """Root mean square of estimate minus wait, over the mean wait. None where nobody waited."""
    bias: float | None
    """Mean of estimate minus wait, over the mean wait: above 0 people were called earlier than expected."""
    coverage: float | None
    """The share of waits inside the range."""
    missed: float | None
    """The share called later than they were told, by more than two minutes."""


@dataclass(frozen=True, slots=True)
class Fairness:
    """How the dispatcher did."""

    overtaken: int
    """Callbacks that were still waiting when somebody who had asked later was called. There should be none."""
    outside_hours: int
    """Calls made while closed. There should be none."""
    idle_share: float
    """Agent time lost by callbacks, of all staffed: somebody was free while a customer's telephone still rang."""
    after_answer: Waits
    """From when a customer was on the telephone and wanted the call until an agent spoke, or the customer gave up."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All of it."""

    calls: int
    """People who called in."""
    held: int
    """Those who held for an agent."""
    abandoned: int
    """Those of them who hung up before one answered."""
    callbacks: int
    """Those who asked to be called back."""
    reached: int
    """Those of them who talked to an agent."""
    attempts: int
    """Calls made to customers."""
    outcomes: dict[str, int]
    carried_over: int
    """Callbacks made on another day than asked for."""
    told_later: int
    """Callbacks for which another day was promised."""
    promises: Promises
    fairness: Fairness
    callback_waits: Waits
    """From asking to the first call, of those called the same day."""
    holder_waits: Waits
    """Until an agent answered, or they hung up."""
    holder_waits_without: Waits | None
    """The same people on the same days if nobody were offered a callback; None when that was not tried."""
    abandoned_without: int | None
    agent_use: float
    """Occupied agent time over staffed."""
    staffed_hours: float
    """Agent hours at work."""
    ignored_events: int
    legs_alive: int


def summarise(days: Days, without_callbacks: Days | None = None) -> Summary:
    """The figures of these days, beside the same days without callbacks if they were played too."""
    attempts = [attempt for callback in days.callbacks for attempt in callback.attempts]
    staffed = levels.total(staff_changes(days), days.end)
    occupied = sum(end - start for start, end in occupations(days))
    return Summary(
        calls=len(days.holders) + len(days.callbacks),
        held=len(days.holders),
        abandoned=sum(holder.abandoned_at is not None for holder in days.holders),
        callbacks=len(days.callbacks),
        reached=sum(any(attempt.connected_at for attempt in callback.attempts) for callback in days.callbacks),
        attempts=len(attempts),
        outcomes=dict(Counter(c.outcome.value if c.outcome else "unfinished" for c in days.callbacks).most_common()),
        carried_over=sum(callback.carried_over for callback in days.callbacks),
        told_later=sum(callback.told_later for callback in days.callbacks),
        promises=_promises([callback for callback in same_day(days) if not callback.told_later]),
        fairness=_fairness(days, attempts, staffed),
        callback_waits=Waits.of(callback.wait for callback in same_day(days) if callback.wait is not None),
        holder_waits=Waits.of(holder_waits(days.holders)),
        holder_waits_without=Waits.of(holder_waits(without_callbacks.holders)) if without_callbacks else None,
        abandoned_without=(
            sum(holder.abandoned_at is not None for holder in without_callbacks.holders) if without_callbacks else None
        ),
        agent_use=occupied / staffed if staffed else 0.0,
        staffed_hours=staffed / HOUR,
        ignored_events=days.ignored_events,
        legs_alive=days.legs_alive,
    )


def same_day(days: Days) -> list[CallbackRecord]:
    """The callbacks that were made on the day on which they were asked for."""
    return [callback for callback in days.callbacks if callback.launched_at is not None and not callback.carried_over]


def holder_waits(holders: Iterable[HolderRecord]) -> list[float]:
    """Seconds on hold of everybody who held, whether they were answered or gave up."""
    ends = ((holder, holder.answered_at or holder.abandoned_at) for holder in holders)
    return [(end - holder.arrived_at) / SECOND for holder, end in ends if end is not None]


def occupations(days: Days) -> list[tuple[Instant, Instant]]:
    """When an agent was occupied, by a holder or a callback."""
    held = [(holder.answered_at, holder.finished_at) for holder in days.holders]
    called = [(attempt.agent_from, attempt.agent_until) for each in days.callbacks for attempt in each.attempts]
    return [(start, end) for start, end in [*held, *called] if start is not None and end is not None]


def staff_changes(days: Days) -> list[Change]:
    """How the number of agents at work changes."""
    changes, before = [], 0
    for staff in days.staff:
        changes.append(Change(staff.at, staff.agents - before))
        before = staff.agents
    return changes


def _promises(scored: Sequence[CallbackRecord]) -> Promises:
    waits = [callback.wait or 0.0 for callback in scored]
    if not waits:
        return Promises(0, 0.0, None, None, None, None)
    mean = math.fsum(waits) / len(waits)
    errors = [callback.expected - wait for callback, wait in zip(scored, waits, strict=True)]
    inside = sum(callback.low <= wait <= callback.high for callback, wait in zip(scored, waits, strict=True))
    missed = sum(wait > callback.promised + MISSED_BY for callback, wait in zip(scored, waits, strict=True))
    return Promises(
        scored=len(waits),
        mean_wait=mean,
        relative_error=math.sqrt(math.fsum(error * error for error in errors) / len(errors)) / mean if mean else None,
        bias=math.fsum(errors) / len(errors) / mean if mean else None,
        coverage=inside / len(waits),
        missed=missed / len(waits),
    )


def _fairness(days: Days, attempts: Sequence[AttemptRecord], staffed: int) -> Fairness:
    ready = [attempt for attempt in attempts if attempt.ready_at is not None]
    spoken = [(attempt.ready_at, attempt.connected_at or attempt.ended_at) for attempt in ready]
    return Fairness(
        overtaken=_overtaken(days.callbacks),
        outside_hours=sum(not _inside(attempt.claimed_at, days.open_hours) for attempt in attempts),
        idle_share=_idle(days, attempts) / staffed if staffed else 0.0,
        after_answer=Waits.of((end - start) / SECOND for start, end in spoken if start is not None and end is not None),
    )


def _overtaken(callbacks: Sequence[CallbackRecord]) -> int:
    """From the last who asked to the first: who was launched later than somebody behind them was overtaken."""
    overtaken, earliest_behind = 0, None
    for callback in sorted(callbacks, key=lambda each: each.number, reverse=True):
        waited_until = callback.launched_at or callback.finished_at
        if waited_until is None:
            continue
        if earliest_behind is not None and waited_until > earliest_behind:
            overtaken += 1
        if callback.launched_at is not None:
            earliest_behind = min(waited_until, earliest_behind or waited_until)
    return overtaken


def _inside(at: Instant, open_hours: Iterable[tuple[Instant, Instant]]) -> bool:
    return any(opens <= at < closes for opens, closes in open_hours)


def _idle(days: Days, attempts: Sequence[AttemptRecord]) -> int:
    """Microseconds of agents who could have served somebody, had that customer been on hold instead of being called.

    They are free while a call without an agent rings, or hold the line themselves until the customer has answered.
    """
    taken = [Change(at, -by) for at, by in levels.of_stretches(occupations(days))]
    ringing = ((each.claimed_at, each.agent_from or each.ended_at) for each in attempts)
    needing = levels.of_stretches((start, end) for start, end in ringing if end is not None)
    free_meanwhile = levels.both_at_once([*staff_changes(days), *taken], needing)
    on_the_line = sum(
        max(0, min(each.ready_at or each.agent_until, each.agent_until) - each.agent_from)
        for each in attempts
        if each.agent_from is not None and each.agent_until is not None
    )
    return free_meanwhile + on_the_line


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
