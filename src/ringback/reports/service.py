"""The use cases of reports: count what is over, and tell what callbacks came to on some days."""

from collections import defaultdict
from datetime import date, tzinfo

import ringback.configuration.service as configurations
from ringback.callbacks.model import Kind
from ringback.db.tx import Tx
from ringback.kernel.clock import DAY, HOUR, MINUTE, Instant
from ringback.kernel.localtime import local_date, resolve_zone
from ringback.kernel.tenancy import OrgId
from ringback.reports import store
from ringback.reports.model import Chosen, Counted, Days, Report, Tally, together, width_at
from ringback.reports.stretches import bounds, hours_over, offset_at, same_time_before, stretches

_SETTLED = 10 * MINUTE
"""An hour is counted when it has been over for so long: every transaction that began in it has ended."""

_PIECE = 2 * HOUR
_ROWS_AT_ONCE = 60
"""Who is far behind catches up by pieces, and by so many rows in a transaction: some hundredths of a second, also where
there are a thousand callbacks an hour, since on SQLite others who write wait meanwhile."""
_PIECES_AT_ONCE = 40
_ORGANIZATIONS_AT_ONCE = 50

_EPOCH = date(1970, 1, 1).toordinal()


def count_finished(tx: Tx, *, now: Instant) -> bool:
    """Count the hours that are over and not counted yet, a batch at a time; False when there were none.

    The organization's row of progress is locked, counts and progress are committed together: any number of workers
    count each hour once, wherever one of them dies. Set the progress back, and the hours since are counted anew.
    """
    until = Instant((now - _SETTLED) // HOUR * HOUR)
    rows = pieces = turns = 0
    for org in store.behind(tx, until, limit=_ORGANIZATIONS_AT_ONCE):
        at = _take_turn(tx, org, until)
        if at is None:
            continue
        turns += 1
        zone = _zone_of(tx, org)
        while (at := _next_hour(tx, org, at, until)) < until and rows < _ROWS_AT_ONCE and pieces < _PIECES_AT_ONCE:
            end = Instant(min(at + _PIECE, until))
            rows += store.count(tx, org, at, end, width=_width(at, end, zone))
            pieces += 1
            at = end
        store.end_turn(tx, org, at)
        if rows >= _ROWS_AT_ONCE or pieces >= _PIECES_AT_ONCE:
            break
    return turns > 0


def report(tx: Tx, org: OrgId, days: Days, chosen: Chosen, *, now: Instant) -> Report:
    """What callbacks came to on days of the organization's zone. What is not counted yet is counted on the way."""
    zone = _zone_of(tx, org)
    begin, end = bounds(days, zone)
    counted_until = store.counted_until(tx, org)
    until = Instant(min(max(counted_until, begin), end))
    unit = HOUR if days.count == 1 else DAY
    asked: dict[tuple[date, int, str], int] = defaultdict(int)
    counted: dict[tuple[date, int, Kind], list[Tally]] = defaultdict(list)
    for stretch in stretches(begin, until, zone):
        for number, hour, channel, requested in store.asked(tx, org, stretch, chosen):
            asked[_day(number), hour, channel] += requested
        for number, kind, tally in store.summed(tx, org, stretch, chosen, unit=unit):
            counted[*_place(number, unit), kind].append(tally)
    happened = _happened(tx, org, until, end, chosen, zone)
    for each in happened:
        ahead = each.starts_at + offset_at(each.starts_at, zone)
        if each.tally.requested:
            asked[_day(ahead // DAY), ahead // HOUR % 24, each.channel] += each.tally.requested
        counted[*_place(ahead // unit, unit), each.kind].append(each.tally)
    over = hours_over(days, now, zone)
    return Report(
        days,
        dict(asked),
        {key: together(tallies) for key, tallies in counted.items()},
        before=_before(tx, org, days, chosen, counted_until, zone, now),
        running=together(each.tally for each in happened if each.starts_at >= over),
    )


def channels(tx: Tx, org: OrgId, days: Days) -> list[str]:
    """The channels over which callbacks were asked for on days of the organization's zone, as far as counted."""
    return store.channels(tx, org, *bounds(days, _zone_of(tx, org)))


def _before(
    tx: Tx, org: OrgId, days: Days, chosen: Chosen, counted_until: Instant, zone: tzinfo, now: Instant
) -> Tally | None:
    first = store.first_asked_at(tx, org)
    if first is None or local_date(first, zone) > days.before().first:
        return None
    begin, end = same_time_before(days, now, zone)
    until = Instant(max(begin, min(end, counted_until)))
    rest = _happened(tx, org, until, end, chosen, zone)
    return together([store.total(tx, org, begin, until, chosen), *(each.tally for each in rest)])


def _happened(tx: Tx, org: OrgId, begin: Instant, end: Instant, chosen: Chosen, zone: tzinfo) -> list[Counted]:
    if begin >= end:
        return []
    happened = store.happened(tx, org, begin, end, width=_width(begin, end, zone))
    return [counted for counted in happened if chosen.includes(counted)]


def _take_turn(tx: Tx, org: OrgId, until: Instant) -> Instant | None:
    """Up to when it has been counted, locked; None when another worker is at it."""
    at = store.take_turn(tx, org)
    if at is None and store.counted_until(tx, org) == 0:
        first = store.first_asked_at(tx, org)
        store.begin(tx, org, until if first is None else Instant(min(until, first // HOUR * HOUR)))
        at = store.take_turn(tx, org)
    return at


def _next_hour(tx: Tx, org: OrgId, at: Instant, until: Instant) -> Instant:
    """The next hour, from ``at`` on, in which anything happened; ``until`` when nothing did before."""
    if at >= until:
        return at
    happens = store.next_at(tx, org, at)
    return until if happens is None else Instant(min(until, max(at, happens // HOUR * HOUR)))


def _zone_of(tx: Tx, org: OrgId) -> tzinfo:
    return resolve_zone(configurations.settings_of(tx, org).time_zone)


def _width(begin: Instant, end: Instant, zone: tzinfo) -> int:
    return min((width_at(stretch.offset) for stretch in stretches(begin, end, zone)), default=HOUR)


def _place(number: int, unit: int) -> tuple[date, int]:
    """The day, and of hours the hour of the day, of so many units since 1970."""
    return (_day(number), 0) if unit == DAY else (_day(number // 24), number % 24)


def _day(number: int) -> date:
    """The day with that number since 1970-01-01, which has 0."""
    return date.fromordinal(_EPOCH + number)
