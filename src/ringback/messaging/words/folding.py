"""Reducing what people type to what they mean by it: no case, no accents, no decoration."""

import re
import unicodedata

LONGEST = 200
"""Characters of a message that are read: nobody answers a question with more."""

_THUMB = "\N{THUMBS UP SIGN}"
_KEPT = re.compile(r"(?<=\d)[:.,/](?=\d)")
"""Between digits these say something: 15:30, 15.30, 11/24."""
_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """``text`` in lower case, without accents, with digits of any script as ASCII and all else as single spaces.

    What a thumb that is held up says is kept, and so is what stands between two digits. Longer texts are cut.
    """
    decomposed = unicodedata.normalize("NFKD", text[: LONGEST * 2]).casefold()
    characters = "".join(_plain(character) for character in decomposed)
    kept = {match.start() for match in _KEPT.finditer(characters)}
    words = (
        character if character.isalnum() or character == _THUMB or place in kept else " "
        for place, character in enumerate(characters)
    )
    return _SPACES.sub(" ", "".join(words)).strip()[:LONGEST].rstrip()


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf", "Sk"}:  # accents, marks of direction, joiners, skin tones
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return character
