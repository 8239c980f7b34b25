"""Questions with fixed answers, and lists to choose from by number or name."""

from collections.abc import Sequence
from dataclasses import replace

from ringback.messaging.engine import phrases
from ringback.messaging.engine.model import Named, PendingCallback
from ringback.messaging.engine.turn import Turn
from ringback.messaging.flow import Choose, GeneralText, Listed, Menu, Option, PickTime
from ringback.messaging.flow.wording import Wording
from ringback.messaging.times import speaks_of_time
from ringback.messaging.words import Meaning, choose, fold
from ringback.texts import normalise, shorten

MISREAD_AT_MOST = 3
"""Answers in a row that are not understood: then it is given up, so that two machines do not talk for ever."""

A_PAGE = 5
"""Entries of a list in one text."""

_LONGEST_NAME = 40


def widget_of(callback: PendingCallback) -> Named:
    """Where a callback was asked for."""
    return Named(callback.widget_id, callback.name)


def option(turn: Turn, step: Menu, text: str) -> str | None:
    """Where the customer's answer to a question leads; None where it is asked again, or given up."""
    said = fold(text)
    number = turn.words.number(said)
    if number is not None and 1 <= number <= len(step.options):
        return step.options[number - 1].next
    for each in (*step.options, *step.also):
        if _means(turn, each, said):
            return each.next
    if (timely := _by_time(turn, step, text)) is not None:
        turn.know(reply=said)
        return timely
    if step.otherwise is not None:
        return step.otherwise
    if not misread(turn):
        turn.say(step.text)
        turn.wait()
    return None


def show(turn: Turn, step: Choose) -> None:
    """Tell the next page of the list."""
    names, begin = _names(turn, step), turn.state.shown.count
    if begin >= len(names):
        begin = 0
    wording = turn.wording(step.text)
    count = page(turn, wording, names[begin:], begin + 1)
    turn.know(shown=replace(turn.state.shown, count=begin + count))


def chosen(turn: Turn, step: Choose, text: str) -> str | None:
    """What the customer has chosen, and where that leads; None where it is asked again, or given up."""
    said, words = fold(text), turn.words
    entries = _entries(turn, step)
    number = words.number(said)
    if number is not None and 1 <= number <= len(entries):
        place: int | None = number - 1
    elif words.means(said, Meaning.MORE):
        turn.know(misread=0)
        show(turn, step)
        turn.wait()
        return None
    else:
        place = choose(said, [entry.name for entry in entries], words)
    if place is None:
        if not misread(turn):
            turn.know(shown=replace(turn.state.shown, count=0))
            show(turn, step)
            turn.wait()
        return None
    _take(turn, entries[place])
    return step.next


def named(turn: Turn, step: Choose) -> bool:
    """Whether the customer has named an entry before the list was shown; then it is chosen."""
    said = turn.state.reply
    turn.know(reply=None)
    entries = _entries(turn, step)
    place = choose(said, [entry.name for entry in entries], turn.words) if said else None
    if place is None:
        return False
    _take(turn, entries[place])
    return True


def misread(turn: Turn) -> bool:
    """An answer was not understood: say so, or give up; whether it was given up."""
    if turn.state.misread + 1 >= MISREAD_AT_MOST:
        turn.say_general(GeneralText.LOST)
        turn.rest()
        return True
    turn.know(misread=turn.state.misread + 1)
    turn.say_general(GeneralText.AGAIN)
    return False


def page(turn: Turn, wording: Wording, names: Sequence[str], first: int, **facts: str | None) -> int:
    """Tell as much of a list as fits into one text, at most a page; how many entries that are."""
    for count in range(min(A_PAGE, len(names)), 0, -1):
        listed = normalise(phrases.choices(names[:count], wording.language, first=first))
        more = phrases.more_word(wording.language) if count < len(names) else None
        facts |= {"choices": listed, "more": more}
        if count == 1 or listed in turn.rendered(wording, **facts):
            turn.tell(wording, **facts)
            return count
    return 0


def _take(turn: Turn, entry: Named | PendingCallback) -> None:
    if isinstance(entry, Named):
        turn.know(widget=entry)
    else:
        turn.know(callback=entry, widget=widget_of(entry))


def _means(turn: Turn, each: Option, said: str) -> bool:
    if any(turn.words.means(said, meaning) for meaning in each.means):
        return True
    return any(said == fold(word) for words in each.words.values() for word in words)


def _by_time(turn: Turn, step: Menu, text: str) -> str | None:
    """Who names a time where "choose a time" is an option has chosen it, and has said more."""
    assert turn.flow
    for each in step.options:
        following = turn.flow.steps.get(each.next)
        if Meaning.TIME in each.means and isinstance(following, PickTime):
            locale = turn.wording(following.times).language
            return each.next if speaks_of_time(text, turn.tongue(locale), turn.now) else None
    return None


def _entries(turn: Turn, step: Choose) -> Sequence[Named | PendingCallback]:
    return turn.state.widgets if step.of is Listed.WIDGETS else turn.state.callbacks


def _names(turn: Turn, step: Choose) -> list[str]:
    """The entries as they are listed. A callback's name says when it comes, which tells two of one queue apart."""
    locale = turn.wording(step.text).language
    names_zone = not turn.setting.zone_is_understood
    names = []
    for entry in _entries(turn, step):
        name = shorten(entry.name, _LONGEST_NAME)
        if isinstance(entry, PendingCallback):
            told = phrases.when(entry, turn.setting.zone, locale, turn.now, names_zone=names_zone)
            name = f"{name} {told}"
        names.append(name)
    return names
