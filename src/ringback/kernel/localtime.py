"""Between instants and what a clock on the wall shows.

One rule for daylight saving time everywhere: a local time that the clocks skip (a gap) means the end of the gap; one
that they show twice (a fold) means the first time. So the way from local time to instants never goes backwards, and
every local time happens exactly once.
"""

import re
from bisect import bisect_left
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from ringback.kernel.clock import SECOND, Instant, to_datetime
from ringback.kernel.errors import InvalidTimeZone

_MINUTES = re.compile(r"-?[0-9]{1,4}")
_MINUTES_IN_A_DAY = 1440
_NOT_PLACES = frozenset({"localtime", "Factory"})  # the machine's own zone and the lack of one; listed on some systems
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are compared without their zone
_MICROSECOND = timedelta(microseconds=1)


def resolve_zone(text: str | int) -> tzinfo:
    """The zone that a caller names: an IANA name ("Europe/Berlin"), or minutes as a number or its decimal digits.

    A positive number of minutes lies *west* of UTC, as JavaScript's ``getTimezoneOffset()`` counts (240 = UTC-4).
    Names are looked up in a fixed list, never opened as a path. Anything else raises :class:`InvalidTimeZone`.
    """
    if isinstance(text, str):
        if text in _names():
            return _named(text)
        if _MINUTES.fullmatch(text):
            return _west_of_utc(int(text))
    elif isinstance(text, int) and not isinstance(text, bool):
        return _west_of_utc(text)
    raise InvalidTimeZone("The time zone must be an IANA name, such as Europe/Berlin, or a number of minutes.")


def local_to_instant(day: date, at: int | time, zone: tzinfo) -> Instant:
    """The instant at which clocks in ``zone`` show ``at`` on ``day``, by the rule of this module.

    ``at`` is a time, or minutes since midnight; 1440 and more is the next day. The minutes are the clock's, not
    minutes that have passed: 540 is 09:00 also on a day of 23 hours.
    """
    wall = _wall(day, at)
    before = _offset(wall.replace(tzinfo=zone))
    after = _offset(wall.replace(tzinfo=zone, fold=1))
    # PEP 495: only in a gap is the offset of fold 0 (before the change) less than that of fold 1 (after it).
    if before < after:
        return _end_of_gap(wall, before, after, zone)
    return _instant(wall - before)


def local_date(instant: Instant, zone: tzinfo) -> date:
    """The date that a calendar in ``zone`` shows at ``instant``."""
    return to_datetime(instant, zone).date()


def start_of_day(day: date, zone: tzinfo) -> Instant:
    """The first instant of ``day`` in ``zone``: midnight, or later where the clocks skip midnight."""
    return local_to_instant(day, 0, zone)


def next_midnight(now: Instant, zone: tzinfo) -> Instant:
    """When tomorrow begins in ``zone``."""
    return start_of_day(local_date(now, zone) + timedelta(days=1), zone)


def zone_names() -> list[str]:
    """Every IANA name that :func:`resolve_zone` knows, in the order of the alphabet."""
    return sorted(_names())


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones() - _NOT_PLACES)


@cache
def _named(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _west_of_utc(minutes: int) -> tzinfo:
    if not -_MINUTES_IN_A_DAY < minutes < _MINUTES_IN_A_DAY:
        raise InvalidTimeZone("A time zone in minutes must lie between -1439 and 1439.")
    return timezone(timedelta(minutes=-minutes))


def _wall(day: date, at: int | time) -> datetime:
    if isinstance(at, int):
        return datetime(day.year, day.month, day.day) + timedelta(minutes=at)  # noqa: DTZ001
    return datetime.combine(day, at.replace(tzinfo=None, fold=0))


def _offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    assert offset is not None
    return offset


def _end_of_gap(wall: datetime, before: timedelta, after: timedelta, zone: tzinfo) -> Instant:
    """The change of clocks that skips ``wall``. Changes fall on whole seconds; zones do not list them, so seek it."""
    earliest = _instant(wall - after) // SECOND
    latest = _instant(wall - before) // SECOND

    def changed(second: int) -> bool:
        return _offset(datetime.fromtimestamp(second, zone)) != before

    return Instant((earliest + bisect_left(range(earliest, latest), True, key=changed)) * SECOND)


def _instant(utc: datetime) -> Instant:
    return Instant((utc - _EPOCH) // _MICROSECOND)
