"""The timeslots that a customer may book on a call target.

Slots follow the local clock from the start of each opening: 09:00, 09:15, 09:30. A slot lies wholly inside its
opening and begins no earlier than the one before it ends. So on the day the clocks go forward, slots in the gap move to
its end and become one; on the day they go back, a slot in the fold happens once, at the first.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from ringback.hours.calendar import Calendar
from ringback.hours.model import Opening
from ringback.kernel.clock import MINUTE, SECOND, Instant
from ringback.kernel.localtime import local_date, local_to_instant, next_midnight, start_of_day


def grid(calendar: Calendar, now: Instant, *, slot_length: int, days_ahead: int) -> tuple[Instant, ...]:
    """The starts of all slots from the beginning of today until the end of the day ``days_ahead`` days on.

    Ascending and distinct; those of today that have passed are among them. ``slot_length`` is in seconds, a whole
    number of minutes. The answer depends on ``now`` by its local date only: keep it until :func:`grid_valid_until`,
    or until the settings change.
    """
    if slot_length <= 0 or slot_length % 60:
        raise ValueError("a slot lasts a whole number of minutes")
    today = local_date(now, calendar.zone)
    begin, end = _bounds(calendar, today, days_ahead)
    starts: list[Instant] = []
    taken_until = 0
    for count in range(-1, days_ahead + 1):  # yesterday's last opening may run past midnight
        day = today + timedelta(days=count)
        for opening in calendar.openings_on(day):
            for start in _slots_of(calendar, day, opening, slot_length):
                if start >= taken_until:
                    taken_until = start + slot_length * SECOND
                    if begin <= start < end:
                        starts.append(start)
    return tuple(starts)


def is_start(calendar: Calendar, start: Instant, now: Instant, *, slot_length: int, days_ahead: int) -> bool:
    """Whether ``start`` is in the :func:`grid` of ``now``, found by laying out its own day only.

    ``start`` may be any number, however far away.
    """
    begin, end = _bounds(calendar, local_date(now, calendar.zone), days_ahead)
    return begin <= start < end and start in grid(calendar, start, slot_length=slot_length, days_ahead=0)


def grid_valid_until(calendar: Calendar, now: Instant) -> Instant:
    """The next local midnight, from when on another :func:`grid` holds."""
    return next_midnight(now, calendar.zone)


def free(grid: Sequence[Instant], taken: Mapping[Instant, int], capacity: int, earliest: Instant) -> list[Instant]:
    """The slots of ``grid`` that start at ``earliest`` or later and have fewer than ``capacity`` bookings.

    ``taken`` counts the bookings of a slot's start, and may leave out those without; ``earliest`` is now plus the
    lead time.
    """
    ahead = grid[bisect_left(grid, earliest) :]
    return [start for start in ahead if taken.get(start, 0) < capacity]


def when_next_changes(free_starts: Sequence[Instant], *, lead: int, valid_until: Instant) -> Instant:
    """The first instant at which the clock alone changes ``free_starts``, the answer of :func:`free`.

    That is just after ``lead`` seconds before its first slot, when that one is no longer far enough ahead; or the
    next midnight, when the grid gains a day (:func:`grid_valid_until`).
    """
    if not free_starts:
        return valid_until
    return min(valid_until, Instant(free_starts[0] - lead * SECOND + 1))


def _bounds(calendar: Calendar, today: date, days_ahead: int) -> tuple[Instant, Instant]:
    return (
        start_of_day(today, calendar.zone),
        start_of_day(today + timedelta(days=days_ahead + 1), calendar.zone),
    )


def _slots_of(calendar: Calendar, day: date, opening: Opening, slot_length: int) -> Iterator[Instant]:
    interval = calendar.interval_of(day, opening)
    length = slot_length * SECOND
    if interval.end - interval.start == (opening.end - opening.start) * MINUTE:
        # The clocks do not change meanwhile, so there is no need to ask the zone about each slot.
        for start in range(interval.start, interval.end - length + 1, length):
            yield Instant(start)
        return
    for minutes in range(opening.start, opening.end, slot_length // 60):
        moved = local_to_instant(day, minutes, calendar.zone)
        if moved + length <= interval.end:
            yield moved
