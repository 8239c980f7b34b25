"""Picking a time: days first, then the times of a day, by number or in the customer's own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ringback.kernel.clock import Instant
from ringback.kernel.localtime import local_date
from ringback.messaging.engine.choosing import A_PAGE, misread, page
from ringback.messaging.engine.model import OfferAnswer, Shown
from ringback.messaging.engine.turn import Turn
from ringback.messaging.flow import GeneralText, PickTime
from ringback.messaging.times import NOTHING, Tongue, by_day, day_words, read, time_words, zone_words
from ringback.messaging.words import Meaning, fold


@dataclass(frozen=True, slots=True)
class _FreeTimes:
    """What is on offer while a time is picked. ``slots`` ascend, and there is one at least."""

    step: PickTime
    slots: Sequence[Instant]
    days: Mapping[date, Sequence[Instant]]
    """The same by day."""
    tongue: Tongue
    asap: bool


def offered(turn: Turn, step: PickTime, answer: OfferAnswer) -> str | None:
    """The times on offer are known now: show them, or read what the customer wrote. None where it goes on waiting."""
    widget, state = answer.widget, turn.state
    present = state.callback.appointment_at if state.callback else None
    slots = [slot for slot in widget.slots if slot != present] if widget and widget.scheduled else []
    turn.know(next_open=answer.next_open, reply=None)
    if step.before and state.reply is None:
        turn.say(step.before)
    if not slots or widget is None:
        return step.none
    tongue = turn.tongue(turn.wording(step.times).language)
    free = _FreeTimes(step, slots, by_day(slots, tongue.zone), tongue, asap=widget.asap)
    target = None
    if state.reply is not None:
        target = _read(turn, free, state.reply)
        if turn.state.misread == state.misread:
            turn.know(misread=0)  # this was understood
    elif state.time is not None and local_date(state.time, free.tongue.zone) in free.days:
        # The one picked before is gone: the next ones of that day.
        _show_times(turn, free, local_date(state.time, free.tongue.zone), near=state.time)
    else:
        _show_days(turn, free)
    if target is None and not turn.state.idle:
        turn.wait()
    return target


def _read(turn: Turn, free: _FreeTimes, text: str) -> str | None:
    """What the customer wrote: where it leads, or None where something else has been shown."""
    said, words = fold(text), turn.words
    number = words.number(said)
    if number is not None and 1 <= number <= _listed(turn.state.shown):
        return _by_number(turn, free, number)
    if free.step.asap and free.asap and words.means(said, Meaning.ASAP):
        turn.know(time=None)
        return free.step.asap
    if words.means(said, Meaning.MORE):
        _show_more(turn, free)
    elif words.means(said, Meaning.BACK):
        _show_days(turn, free)
    else:
        return _by_words(turn, free, text, said)
    return None


def _listed(shown: Shown) -> int:
    """How many numbers the list has shown."""
    return len(shown.days if shown.day is None else shown.times)


def _by_number(turn: Turn, free: _FreeTimes, number: int) -> str | None:
    """The entry of the list with this number: a time is picked, a day shows its times."""
    shown = turn.state.shown
    if shown.day is not None:
        return _picked(turn, free, shown.times[number - 1])
    day = date.fromisoformat(shown.days[number - 1])
    if day in free.days:
        _show_times(turn, free, day)
    else:
        _not_offered(turn, free, day, None)
    return None


def _picked(turn: Turn, free: _FreeTimes, slot: Instant) -> str | None:
    if slot in free.slots:
        turn.know(time=slot)
        return free.step.next
    _not_offered(turn, free, local_date(slot, free.tongue.zone), slot)
    return None


def _by_words(turn: Turn, free: _FreeTimes, text: str, said: str) -> str | None:
    """A day or a time in the customer's words."""
    listed = turn.state.shown.day
    day = date.fromisoformat(listed) if listed else None
    reading = read(text, free.slots, free.tongue, turn.now, day=day)
    if said.isdigit() and (day is None or reading.slot is None):
        reading = NOTHING  # a number that is not on the list; an hour only if it can be no other
    if reading.slot is not None:
        return _picked(turn, free, reading.slot)
    if reading.day is None:
        if not misread(turn):
            _show_again(turn, free)
    elif reading.day in free.days and reading.near is None:
        _show_times(turn, free, reading.day, near=reading.since)
    else:
        _not_offered(turn, free, reading.day, reading.near)
    return None


def _not_offered(turn: Turn, free: _FreeTimes, day: date | None, near: Instant | None) -> None:
    """What was asked for is not free: say so, and show what comes nearest."""
    turn.say_general(GeneralText.NOT_OFFERED)
    if day is not None and day in free.days:
        _show_times(turn, free, day, near=near)
    else:
        _show_days(turn, free)


def _show_again(turn: Turn, free: _FreeTimes) -> None:
    day = turn.state.shown.day
    if day is not None and date.fromisoformat(day) in free.days:
        _show_times(turn, free, date.fromisoformat(day))
    else:
        _show_days(turn, free)


def _show_more(turn: Turn, free: _FreeTimes) -> None:
    """The next page of what is listed; after the last one, the first again."""
    shown = turn.state.shown
    if shown.day is None:
        following = [day for day in free.days if day.isoformat() > max(shown.days, default="")]
        _list_days(turn, free, following or list(free.days), before=shown.days if following else ())
        return
    day = date.fromisoformat(shown.day)
    later = [slot for slot in free.days.get(day, ()) if slot > max(shown.times, default=0)]
    if later:
        _list_times(turn, free, day, later, before=shown.times)
    else:
        _show_again(turn, free)


def _show_days(turn: Turn, free: _FreeTimes) -> None:
    if len(free.days) == 1:
        _show_times(turn, free, next(iter(free.days)))
    else:
        _list_days(turn, free, list(free.days), before=())


def _show_times(turn: Turn, free: _FreeTimes, day: date, *, near: Instant | None = None) -> None:
    """The times of a day, from the first at ``near`` on; all of them where none is as late."""
    times = free.days[day]
    later = [slot for slot in times if near is None or slot >= near]
    _list_times(turn, free, day, later or times, before=())


def _list_days(turn: Turn, free: _FreeTimes, days: Sequence[date], *, before: tuple[str, ...]) -> None:
    wording = turn.wording(free.step.days)
    today = local_date(turn.now, free.tongue.zone)
    names = [day_words(day, wording.language, today) for day in days]
    count = page(turn, wording, names, len(before) + 1)
    turn.know(shown=Shown(days=(*before, *(day.isoformat() for day in days[:count]))))


def _list_times(
    turn: Turn, free: _FreeTimes, day: date, times: Sequence[Instant], *, before: tuple[Instant, ...]
) -> None:
    wording = turn.wording(free.step.times)
    zone, today = free.tongue.zone, local_date(turn.now, free.tongue.zone)
    names = [time_words(slot, zone, wording.language) for slot in times[: A_PAGE + 1]]
    count = page(
        turn,
        wording,
        names,
        len(before) + 1,
        day=day_words(day, wording.language, today),
        zone=zone_words(times[0], zone, wording.language),
    )
    turn.know(shown=Shown(day=day.isoformat(), times=(*before, *times[:count])))
