"""Picking a time: days first, then the times of a day, by number or in the customer's own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ringback.kernel.clock import Instant
from ringback.kernel.localtime import local_date
from ringback.messaging.engine.choosing import misread, page
from ringback.messaging.engine.model import OfferAnswer, Shown
from ringback.messaging.engine.turn import Turn
from ringback.messaging.flow import GeneralText, PickTime
from ringback.messaging.times import NOTHING, Tongue, by_day, day_words, read, time_words, zone_words
from ringback.messaging.words import Meaning, fold


@dataclass(frozen=True, slots=True)
class _Desk:
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
    desk = _Desk(step, slots, by_day(slots, tongue.zone), tongue, asap=widget.asap)
    target = None
    if state.reply is not None:
        target = _read(turn, desk, state.reply)
    elif state.time is not None and local_date(state.time, desk.tongue.zone) in desk.days:
        # The one picked before is gone: the next ones of that day.
        _show_times(turn, desk, local_date(state.time, desk.tongue.zone), near=state.time)
    else:
        _show_days(turn, desk)
    if target is None and not turn.state.idle:
        turn.wait()
    return target


def _read(turn: Turn, desk: _Desk, text: str) -> str | None:
    """What the customer wrote: where it leads, or None where something else has been shown."""
    said, words = fold(text), turn.words
    number = words.number(said)
    if number is not None and 1 <= number <= _listed(turn.state.shown):
        return _by_number(turn, desk, number)
    if desk.step.asap and desk.asap and words.means(said, Meaning.ASAP):
        turn.know(time=None)
        return desk.step.asap
    if words.means(said, Meaning.MORE):
        _show_more(turn, desk)
    elif words.means(said, Meaning.BACK):
        _show_days(turn, desk)
    else:
        return _by_words(turn, desk, text, said)
    return None


def _listed(shown: Shown) -> int:
    """How many numbers the list has shown."""
    return len(shown.days if shown.day is None else shown.times)


def _by_number(turn: Turn, desk: _Desk, number: int) -> str | None:
    """The entry of the list with this number: a time is picked, a day shows its times."""
    shown = turn.state.shown
    if shown.day is not None:
        return _picked(turn, desk, shown.times[number - 1])
    day = date.fromisoformat(shown.days[number - 1])
    if day in desk.days:
        _show_times(turn, desk, day)
    else:
        _not_offered(turn, desk, day, None)
    return None


def _picked(turn: Turn, desk: _Desk, slot: Instant) -> str | None:
    if slot in desk.slots:
        turn.know(time=slot)
        return desk.step.next
    _not_offered(turn, desk, local_date(slot, desk.tongue.zone), slot)
    return None


def _by_words(turn: Turn, desk: _Desk, text: str, said: str) -> str | None:
    """A day or a time in the customer's words."""
    listed = turn.state.shown.day
    day = date.fromisoformat(listed) if listed else None
    reading = read(text, desk.slots, desk.tongue, turn.now, day=day)
    if said.isdigit() and (day is None or reading.slot is None):
        reading = NOTHING  # a number that is not on the list; an hour only if it can be no other
    if reading.slot is not None:
        return _picked(turn, desk, reading.slot)
    if reading.day is None:
        if not misread(turn):
            _show_again(turn, desk)
    elif reading.day in desk.days and reading.near is None:
        _show_times(turn, desk, reading.day, near=reading.since)
    else:
        _not_offered(turn, desk, reading.day, reading.near)
    return None


def _not_offered(turn: Turn, desk: _Desk, day: date | None, near: Instant | None) -> None:
    """What was asked for is not free: say so, and show what comes nearest."""
    turn.say_general(GeneralText.NOT_OFFERED)
    if day is not None and day in desk.days:
        _show_times(turn, desk, day, near=near)
    else:
        _show_days(turn, desk)


def _show_again(turn: Turn, desk: _Desk) -> None:
    day = turn.state.shown.day
    if day is not None and date.fromisoformat(day) in desk.days:
        _show_times(turn, desk, date.fromisoformat(day))
    else:
        _show_days(turn, desk)


def _show_more(turn: Turn, desk: _Desk) -> None:
    """The next page of what is listed; after the last one, the first again."""
    shown = turn.state.shown
    if shown.day is None:
        following = [day for day in desk.days if day.isoformat() > max(shown.days, default="")]
        _list_days(turn, desk, following or list(desk.days), before=shown.days if following else ())
        return
    day = date.fromisoformat(shown.day)
    later = [slot for slot in desk.days[day] if slot > max(shown.times, default=0)]
    if later:
        _list_times(turn, desk, day, later, before=shown.times)
    else:
        _show_again(turn, desk)


def _show_days(turn: Turn, desk: _Desk) -> None:
    if len(desk.days) == 1:
        _show_times(turn, desk, next(iter(desk.days)))
    else:
        _list_days(turn, desk, list(desk.days), before=())


def _show_times(turn: Turn, desk: _Desk, day: date, *, near: Instant | None = None) -> None:
    """The times of a day, from the first at ``near`` on; all of them where none is as late."""
    times = desk.days[day]
    later = [slot for slot in times if near is None or slot >= near]
    _list_times(turn, desk, day, later or times, before=())


def _list_days(turn: Turn, desk: _Desk, days: Sequence[date], *, before: tuple[str, ...]) -> None:
    wording = turn.wording(desk.step.days)
    today = local_date(turn.now, desk.tongue.zone)
    names = [day_words(day, wording.language, today) for day in days]
    count = page(turn, wording, names, len(before) + 1)
    turn.know(shown=Shown(days=(*before, *(day.isoformat() for day in days[:count]))))


def _list_times(turn: Turn, desk: _Desk, day: date, times: Sequence[Instant], *, before: tuple[Instant, ...]) -> None:
    wording = turn.wording(desk.step.times)
    zone, today = desk.tongue.zone, local_date(turn.now, desk.tongue.zone)
    names = [time_words(slot, zone, wording.language) for slot in times]
    count = page(
        turn,
        wording,
        names,
        len(before) + 1,
        day=day_words(day, wording.language, today),
        zone=zone_words(times[0], zone, wording.language),
    )
    turn.know(shown=Shown(day=day.isoformat(), times=(*before, *times[:count])))
