"""Choosing from a list by name, as people type names: partly, with words around them, with a slip of the finger."""

from collections.abc import Sequence

from ringback.messaging.words.folding import fold
from ringback.messaging.words.vocabulary import Vocabulary

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_SHORTEST_BEGINNING = 3


def choose(said: str, names: Sequence[str], words: Vocabulary) -> int | None:
    """The place in ``names`` that a folded text can only mean; None when it means none, or more than one.

    The first of these that finds any decides: the whole name; the name without words that say nothing; part of its
    words; its beginning; the name with one slip (two, from seven letters on).
    """
    core = words.core(said)
    if not said:
        return None
    for tried in dict.fromkeys(text for text in (said, core) if text):
        for matches in (_is_same, _has_words, _begins, _nearly_same):
            found = {
                place for place, name in enumerate(names) if any(matches(tried, each) for each in _spellings(name))
            }
            if len(found) == 1:
                return found.pop()
            if found:
                return None
    return None


def slips(one: str, other: str, most: int) -> int:
    """How many letters were changed, left out, added or swapped with their neighbour; ``most + 1`` for more than that.

    The optimal string alignment distance (Damerau-Levenshtein without overlapping changes).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        following = [i]
        for j, against in enumerate(other, start=1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return min(row[-1], most + 1)


def _spellings(name: str) -> set[str]:
    """A name folded, with umlauts as single letters and as German writes them without."""
    written_out = "".join(_UMLAUTS.get(character, character) for character in name)
    return {fold(name), fold(written_out)} - {""}


def _is_same(said: str, name: str) -> bool:
    return said == name


def _has_words(said: str, name: str) -> bool:
    return f" {said} " in f" {name} "


def _begins(said: str, name: str) -> bool:
    return len(said) >= _SHORTEST_BEGINNING and name.startswith(said)


def _nearly_same(said: str, name: str) -> bool:
    most = 0 if len(name) < 4 else 1 if len(name) < 7 else 2
    return most > 0 and slips(said, name, most) <= most
