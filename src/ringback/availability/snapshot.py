"""What an organization offers at one moment: a pure function of its configuration, the live facts and the clock."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ringback.forecast.service as forecast
from ringback.call_targets.model import CallTarget
from ringback.configuration.model import Configuration
from ringback.forecast.memory import Memory
from ringback.forecast.model import Estimate, Load, QueueStats
from ringback.kernel.clock import DAY, MINUTE, Instant, after
from ringback.kernel.tenancy import CallTargetId, WidgetId
from ringback.offers import slots
from ringback.offers.decide import decide, next_change
from ringback.offers.model import Offer

Grids = dict[CallTargetId, tuple[Instant, Sequence[Instant]]]
"""The timeslot grid of each call target and until when it holds; belongs to one configuration."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says of an organization's queues now."""

    loads: Mapping[CallTargetId, Load]
    memories: Mapping[CallTargetId, Memory]
    """What has been learned of each queue; not to be changed."""
    queue_stats: Mapping[CallTargetId, QueueStats]
    """As last told, however long ago."""
    taken_slots: Mapping[CallTargetId, Mapping[Instant, int]]


@dataclass(frozen=True, slots=True)
class Situation:
    """How a call target's queue stands: what its offers are decided from."""

    load: Load
    stats: QueueStats | None
    """As last told, however long ago."""
    estimate: Estimate
    free_slots: Sequence[Instant]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the widgets of an organization offer, until something changes or the clock reaches ``valid_until``."""

    configuration: Configuration
    offers: Mapping[WidgetId, Offer]
    valid_until: Instant
    situations: Mapping[CallTargetId, Situation]
    rendered: dict[Hashable, Any] = field(default_factory=dict)
    """Answers already made of this snapshot, kept by those who make them."""


def take(configuration: Configuration, facts: Facts, grids: Grids, now: Instant) -> Snapshot:
    """Decide what every widget offers now. ``grids`` is filled on the way and serves until its configuration ends."""
    offers: dict[WidgetId, Offer] = {}
    changes = [Instant(now + DAY)]
    situations = {
        target.id: _situation(target, facts, grids, now, changes) for target in configuration.call_targets.values()
    }
    for widget in configuration.widgets.values():
        target = configuration.call_target_of(widget)
        offer = offer_of(target, situations[target.id], active=widget.settings.active, now=now)
        offers[widget.id] = offer
        if (change := next_change(target, offer, now)) is not None:
            changes.append(change)
    return Snapshot(configuration, offers, min(changes), situations)


def offer_of(target: CallTarget, situation: Situation, *, active: bool, now: Instant) -> Offer:
    """What a widget on this call target offers, switched on or not."""
    return decide(
        target,
        active=active,
        load=situation.load,
        estimate=situation.estimate,
        free_slots=situation.free_slots,
        now=now,
    )


def _situation(target: CallTarget, facts: Facts, grids: Grids, now: Instant, changes: list[Instant]) -> Situation:
    load = facts.loads.get(target.id, Load())
    stats = facts.queue_stats.get(target.id)
    estimate = forecast.estimate_new(target, load, stats, facts.memories.get(target.id) or Memory(), now)
    if (holds_until := forecast.holds_until(target, stats, estimate, now)) is not None:
        changes.append(holds_until)
    if (change := forecast.holds_until(target, stats, estimate, now)) is not None:
        changes.append(change)
    if target.settings.next_business_day and not target.calendar.is_open(now):
        changes.append(end_of_minute(now))  # the wait until opening shrinks
    if not target.settings.offer_scheduled:
        return Situation(load, stats, estimate, ())
    valid_until, grid = _grid(target, grids, now)
    bookable = target.settings.slots
    free = slots.free(grid, facts.taken_slots.get(target.id, {}), bookable.capacity, after(now, bookable.lead_time))
    changes.append(slots.when_next_changes(free, lead=bookable.lead_time, valid_until=valid_until))
    return Situation(load, stats, estimate, free)


def _grid(target: CallTarget, grids: Grids, now: Instant) -> tuple[Instant, Sequence[Instant]]:
    kept = grids.get(target.id)
    if kept is None or now >= kept[0]:
        bookable = target.settings.slots
        grid = slots.grid(
            target.calendar, now, slot_length=bookable.length_minutes * 60, days_ahead=bookable.days_ahead
        )
        kept = grids[target.id] = (slots.grid_valid_until(target.calendar, now), grid)
    return kept


def end_of_minute(now: Instant) -> Instant:
    """When the clock next shows another minute."""
    return Instant((now // MINUTE + 1) * MINUTE)
