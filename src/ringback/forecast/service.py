"""What the rest of the program asks the forecast, and tells it."""

from dataclasses import replace

from ringback.call_targets.model import CallTarget, FirstParty
from ringback.db.tx import Change, Tx
from ringback.forecast import staffing, store
from ringback.forecast.estimate import estimate
from ringback.forecast.inputs import scorable
from ringback.forecast.memory import Memory, pace_of
from ringback.forecast.model import Estimate, Load, Pace, QueueFacts, QueueStats, Staffing
from ringback.kernel.clock import SECOND, Instant, after
from ringback.kernel.tenancy import CallTargetId, OrgId

_MAX_OPENINGS = 50
"""How many openings ahead an estimate looks."""

memories = store.memories
memory_of = store.memory_of
all_queue_stats = store.all_stats


def estimate_new(target: CallTarget, load: Load, stats: QueueStats | None, memory: Memory, now: Instant) -> Estimate:
    """The estimate for a callback asked for now. ``stats`` that are stale count as none."""
    facts = _facts(target, load, fresh(target, stats, now), memory, target.settings.minimum_delay, now)
    return _in_opening_hours(target, estimate(facts, memory), now)


def estimate_in_line(
    target: CallTarget, load: Load, stats: QueueStats | None, memory: Memory, now: Instant
) -> Estimate:
    """The estimate for a callback that waits already; ``load`` counts those before it only."""
    facts = _facts(target, load, fresh(target, stats, now), memory, 0, now)
    return _in_opening_hours(target, estimate(facts, memory), now)


def holds_until(target: CallTarget, stats: QueueStats | None, made: Estimate, now: Instant) -> Instant | None:
    """When an estimate made ``now`` may change by the clock alone, opening hours aside; None when it does not."""
    changes = []
    if fresh(target, stats, now) is not None and stats is not None:
        changes.append(Instant(_stale_at(target, stats) + 1))
    if target.shifts:
        # The next change of shifts comes nearer with every second of a wait that runs beyond it.
        comes_nearer = any(step.after < made.basis.high for step in made.facts.staffing)
        changes += [after(now, 1)] if comes_nearer else [staffing.next_change(target, now) or after(now, 60)]
    return min(changes, default=None)


def queue_stats_of(tx: Tx, org: OrgId, target: CallTarget, *, now: Instant) -> QueueStats | None:
    """How the queue of a call target stands, as last told; None when nothing was, or too long ago."""
    return fresh(target, store.stats_of(tx, org, target.id), now)


def fresh(target: CallTarget, stats: QueueStats | None, now: Instant) -> QueueStats | None:
    """``stats`` if they are not older than the call target's settings allow."""
    return None if stats is None or now > _stale_at(target, stats) else stats


def save_queue_stats(tx: Tx, org: OrgId, call_target_id: CallTargetId, stats: QueueStats) -> bool:
    """Keep statistics that were told, unless newer ones are known; whether they were kept."""
    kept = store.save_stats(tx, org, call_target_id, stats)
    if not kept:
        return False
    tx.changed(org, Change.CALLBACKS)
    agents = stats.agents_staffed
    if agents is not None:
        store.learn(tx, org, call_target_id, lambda memory: memory.staffed(agents, stats.at))
    return True


def pace(target: CallTarget, memory: Memory) -> Pace:
    """What the release of this call target's callbacks goes by."""
    return pace_of(memory, default_handle_time=target.settings.estimate.default_handle_time)


# What the dispatcher tells. Each locks the memory of the call target until the transaction ends: last in it.


def observe_launched(
    tx: Tx,
    org: OrgId,
    call_target_id: CallTargetId,
    *,
    inputs: str | None,
    waited: float | None,
    others: bool,
    load: Load | None = None,
    now: Instant,
) -> None:
    """A callback is launched for the first time, ``waited`` seconds after it was asked for; ``others`` still wait.

    ``inputs`` is what was stored with its promise; None, like ``waited``, for scheduled ones, which were promised none.
    ``load`` counts the callbacks after the launch.
    """
    basis = scorable(inputs) if inputs is not None else None

    def learn(memory: Memory) -> None:
        if load is not None:
            # With nobody talking it cannot be seen how many are at work: the first callbacks are just being launched.
            memory.saw(now, busy=load.talking, waiting=others and load.talking > 0)
        if basis is not None and waited is not None:
            memory.scored(basis, waited)

    store.learn(tx, org, call_target_id, learn)


def observe_reached(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, seconds: float) -> None:
    """A launch found its customer, so many seconds after it."""
    store.learn(tx, org, call_target_id, lambda memory: memory.found(seconds))


def observe_missed(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> None:
    """A launch did not find its customer."""
    store.learn(tx, org, call_target_id, Memory.missed)


def observe_finished(tx: Tx, org: OrgId, call_target_id: CallTargetId, *, handle_time: float) -> None:
    """A call that occupied an agent for so many seconds is over."""
    store.learn(tx, org, call_target_id, lambda memory: memory.finished(handle_time))


def _stale_at(target: CallTarget, stats: QueueStats) -> Instant:
    return after(stats.at, target.settings.estimate.stats_stale_after)


def _facts(
    target: CallTarget, load: Load, stats: QueueStats | None, memory: Memory, minimum_delay: int, now: Instant
) -> QueueFacts:
    """While closed, what is told of the agents says nothing of those who will be there when it opens."""
    settings = target.settings.estimate
    told = stats if stats is not None and target.calendar.is_open(now) else QueueStats(now)
    planned, steps = staffing.outlook(target, now)
    agents, available = told.agents_staffed, told.agents_available
    if agents is None:
        agents = planned
    elif planned:  # who is missing now may be missing later
        steps = tuple(Staffing(step.after, round(step.agents * agents / planned)) for step in steps)
    if available is None and told.calls_waiting:
        available = 0
    leads = (agents is not None or available is not None) and target.settings.first_party is FirstParty.CUSTOMER
    return QueueFacts(
        ahead=load.ahead,
        talking=load.talking,
        holding=told.calls_waiting or 0,
        agents=agents,
        available=available,
        handle_time=told.handle_time,
        staffing=steps,
        default_agents=settings.default_agents,
        default_handle_time=settings.default_handle_time,
        lead_time=pace(target, memory).lead_time if leads else 0.0,
        minimum_delay=minimum_delay,
    )


def _in_opening_hours(target: CallTarget, raw: Estimate, now: Instant) -> Estimate:
    """The queue moves only while the call target is open: turn seconds of open time into seconds from now.

    From the whole second on, so that what comes out is exact and changes with the second only.
    """
    now = Instant(now // SECOND * SECOND)
    closes_at = target.calendar.closes_at(now)
    if closes_at is None and target.calendar.is_open(now):
        return raw
    point, low, high, promise = (
        _seconds_until(target, now, open_time) for open_time in (raw.seconds, raw.low, raw.high, raw.promise)
    )
    return replace(
        raw,
        seconds=point,
        low=low,
        high=high,
        promise=promise,
        undisturbed=raw.undisturbed and (low, high) == (raw.low, raw.high),
    )


def _seconds_until(target: CallTarget, now: Instant, open_time: int) -> int:
    """Where no further opening is known, the rest is counted as if it were open: so that longer waits stay longer."""
    moment, remaining = now, open_time * SECOND
    for _ in range(_MAX_OPENINGS):
        opens_at = target.calendar.next_open(moment)
        if opens_at is None:
            break
        closes_at = target.calendar.closes_at(opens_at)
        if closes_at is None or opens_at + remaining < closes_at:
            return (opens_at + remaining - now) // SECOND
        moment, remaining = closes_at, remaining - (closes_at - opens_at)
    return (moment + remaining - now) // SECOND
