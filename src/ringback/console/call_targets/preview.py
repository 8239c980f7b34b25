"""What a call target would offer at another moment, in another state of its settings or of its queue: pure.

The decisions are those that answer customers (``availability/snapshot.py``, ``offers/decide.py``), and the messages
are made by what answers the API. Nothing is decided here.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ringback.availability.snapshot import Facts, Situation, Snapshot, offer_of, take
from ringback.call_targets.model import CallTarget
from ringback.configuration.model import Configuration
from ringback.console.durations import duration_words
from ringback.console.now.standing import minutes_words
from ringback.forecast.model import Estimate, Load
from ringback.http.scheduler.answers import widget_status
from ringback.kernel.clock import Instant, to_datetime
from ringback.kernel.localtime import local_date, local_to_instant, resolve_zone
from ringback.offers.model import Offer
from ringback.widgets.model import Widget


@dataclass(frozen=True, slots=True)
class Assumed:
    """What to take for granted; None: as it is, and as the forecast says."""

    promise: int | None = None
    """The estimate that customers are told, in seconds."""
    waiting: int | None = None
    """Callbacks that were asked for and not yet dialled."""


NOTHING = Assumed()


@dataclass(frozen=True, slots=True)
class Look:
    """How a call target stands at a moment."""

    target: CallTarget
    at: Instant
    situation: Situation
    offer: Offer
    """Of a widget that is switched on."""
    messages: tuple[tuple[Widget, str, str], ...]
    """Each widget with its state and its API Message."""

    def slots_by_day(self) -> Mapping[dt.date, Sequence[dt.datetime]]:
        """The free slots, in the call target's zone."""
        zone = resolve_zone(self.target.zone_name)
        days: dict[dt.date, list[dt.datetime]] = {}
        for start in self.offer.slots:
            local = to_datetime(start, zone)
            days.setdefault(local.date(), []).append(local)
        return days


def look(
    configuration: Configuration, target: CallTarget, facts: Facts, at: Instant, assumed: Assumed = NOTHING
) -> Look:
    """How ``target``, perhaps with other settings than those in force, would stand at ``at``."""
    configuration = replace(configuration, call_targets={**configuration.call_targets, target.id: target})
    if assumed.waiting is not None:
        load = facts.loads.get(target.id, Load())
        load = replace(load, pending_asap=assumed.waiting, pending_scheduled=0, waitlisted=0)
        facts = replace(facts, loads={**facts.loads, target.id: load})
    snapshot = take(configuration, facts, {}, at)
    situation = snapshot.situations[target.id]
    if assumed.promise is not None:
        situation = replace(situation, estimate=_assumed(situation, assumed.promise))
    used_by = [each for each in configuration.widgets.values() if each.call_target_id == target.id]
    snapshot = replace(
        snapshot,
        offers={each.id: offer_of(target, situation, active=each.settings.active, now=at) for each in used_by},
        rendered={},
    )
    return Look(
        target=target,
        at=at,
        situation=situation,
        offer=offer_of(target, situation, active=True, now=at),
        messages=tuple((each, *_message(snapshot, each, at)) for each in used_by),
    )


def local_moment(day: dt.date, time: dt.time, target: CallTarget) -> tuple[Instant, str]:
    """The instant that a clock of the call target shows, and a remark where the clocks skip it or show it twice."""
    zone = resolve_zone(target.zone_name)
    instant = local_to_instant(day, time, zone)
    local = to_datetime(instant, zone)
    if local.replace(tzinfo=None) != dt.datetime.combine(day, time):
        remark = f"The clocks skip {time:%H:%M} on that day: {local:%H:%M} is meant."
    elif local.utcoffset() != local.replace(fold=1).utcoffset():
        remark = f"The clocks show {time:%H:%M} twice on that day: the first time is meant."
    else:
        remark = ""
    return instant, remark


def consequences(before: Look, after: Look, facts: Facts, live: int) -> list[str]:
    """What putting ``after``'s settings in place of ``before``'s means now, in sentences."""
    found = [*_of_opening(before, after), *_of_offers(before, after)]
    if strays := _booked_outside(before, after, facts):
        found.append(
            f"{_counted(strays, 'booked callback lies', 'booked callbacks lie')} outside the new hours: called when "
            f"it opens next, or given up {duration_words(after.target.settings.scheduled_window)} after its time."
        )
    if live:
        found.append(f"{_counted(live, 'live callback goes', 'live callbacks go')} by the new settings from now on.")
    return found


def _of_opening(before: Look, after: Look) -> list[str]:
    was, will = (each.target.calendar.is_open(each.at) for each in (before, after))
    if was and not will:
        return ["It would close it now: nobody is called until it opens again."]
    if will and not was:
        return ["It would open it now: callbacks that are due are called."]
    return []


def _of_offers(before: Look, after: Look) -> list[str]:
    found = []
    for name, was, will in (
        ("Callbacks as soon as possible", before.offer.asap, after.offer.asap),
        ("Times to book", before.offer.scheduled, after.offer.scheduled),
    ):
        if was != will:
            found.append(f"{name} would {'now be offered' if will else 'no longer be offered now'}.")
    told = [each.offer.estimate.promise if each.offer.estimate else None for each in (before, after)]
    if None not in told and told[0] != told[1]:
        first, then = (minutes_words(each or 0) for each in told)
        if first != then:
            found.append(f"The estimate that customers are told would change from {first} to {then}.")
    return found


def _booked_outside(before: Look, after: Look, facts: Facts) -> int:
    taken = facts.taken_slots.get(after.target.id, {})
    return sum(
        count
        for start, count in taken.items()
        if start >= after.at and before.target.calendar.is_open(start) and not after.target.calendar.is_open(start)
    )


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _assumed(situation: Situation, promise: int) -> Estimate:
    return replace(situation.estimate, seconds=promise, low=promise, high=promise, promise=promise)


def _message(snapshot: Snapshot, widget: Widget, at: Instant) -> tuple[str, str]:
    zone = resolve_zone(snapshot.configuration.call_target_of(widget).zone_name)
    fields, _ = widget_status(snapshot, widget, locale=None, zone=zone, timeslots=0, now=at)
    return fields["widget_state"], fields["message"]


def today_of(target: CallTarget, now: Instant) -> dt.date:
    """The date that the call target's calendar shows."""
    return local_date(now, resolve_zone(target.zone_name))
