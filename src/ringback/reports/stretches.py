"""Stretches of time in which a zone's clocks differ from UTC by the same."""

from bisect import bisect_left
from datetime import timedelta, tzinfo
from typing import NamedTuple

from ringback.kernel.clock import DAY, HOUR, SECOND, Instant, to_datetime
from ringback.kernel.localtime import start_of_day
from ringback.reports.model import QUARTER, Days


class Stretch(NamedTuple):
    """From ``begin`` to ``end``, where the clocks are ``offset`` microseconds ahead of UTC."""

    begin: Instant
    end: Instant
    offset: int


def stretches(begin: Instant, end: Instant, zone: tzinfo) -> list[Stretch]:
    """The time between two instants, cut where the clocks change. Changes fall on quarters of an hour.

    Two changes within one day, which back each other out, would not be found; no zone has any.
    """
    found: list[Stretch] = []
    while begin < end:
        offset, until = offset_at(begin, zone), begin
        while until < end and offset_at(until, zone) == offset:
            until = Instant(until + DAY)
        if until >= end and offset_at(Instant(end - 1), zone) == offset:
            until = end
        else:
            first = (until - DAY) // QUARTER
            quarters = range(first, -(-min(until, end) // QUARTER))
            change = bisect_left(quarters, True, key=lambda each: offset_at(Instant(each * QUARTER), zone) != offset)
            until = Instant(min(end, max(begin + 1, (first + change) * QUARTER)))
        found.append(Stretch(begin, until, offset))
        begin = until
    return found


def offset_at(instant: Instant, zone: tzinfo) -> int:
    """By how many microseconds the zone's clocks are ahead of UTC."""
    ahead = to_datetime(instant, zone).utcoffset() or timedelta()
    return (ahead.days * 86400 + ahead.seconds) * SECOND


def bounds(days: Days, zone: tzinfo) -> tuple[Instant, Instant]:
    """When days begin and end."""
    return start_of_day(days.first, zone), start_of_day(days.last + timedelta(days=1), zone)


def hours_over(days: Days, now: Instant, zone: tzinfo) -> Instant:
    """When the last full hour of the days ended; their end, when they are over."""
    begin, end = bounds(days, zone)
    return end if end <= now else Instant(begin + max(0, now - begin) // HOUR * HOUR)


def same_time_before(days: Days, now: Instant, zone: tzinfo) -> tuple[Instant, Instant]:
    """As much time just before; of days that are not over yet, as much as there is of full hours."""
    begin, end = bounds(days.before(), zone)
    if bounds(days, zone)[1] <= now:
        return begin, end
    return begin, Instant(min(end, begin + hours_over(days, now, zone) - bounds(days, zone)[0]))
