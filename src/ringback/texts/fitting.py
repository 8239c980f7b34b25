"""Making a text fit: into the GSM alphabet where that harms nothing, and into three segments."""

import unicodedata

from ringback.texts.alphabet import GSM_7
from ringback.texts.segments import size

MOST_SEGMENTS = 3
"""Of one text message, however it came about."""

_ELLIPSIS = "..."

_SAME_TO_READERS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´`", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "),
        "…": _ELLIPSIS,
        "•": "-",
        "\u00ad": "",  # a hyphen that shows only at the end of a line
        "\u200b": "",  # a space of no width
        "\ufeff": "",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)


def normalise(text: str) -> str:
    """``text`` with typographic characters as plain ones, which no reader misses, and without control characters.

    Letters are left as they are: an accent belongs to its word (:func:`plain` takes them off).
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_SAME_TO_READERS)
    text = unicodedata.normalize("NFC", text)
    kept = (character for character in text if character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"})
    return "".join(kept).strip()


def plain(text: str) -> str:
    """``text`` with those Latin letters that GSM 7 bit lacks replaced by their base: "sáb" is "sab", "é" stays."""
    return "".join(_base(character) for character in normalise(text))


def fits(text: str, segments: int = MOST_SEGMENTS) -> bool:
    """Whether ``text`` takes no more than so many segments."""
    return size(text).segments <= segments


def fit(text: str, segments: int = MOST_SEGMENTS) -> str:
    """``text``, normalised, in at most so many segments: without accents if that is enough, else cut at a word."""
    text = normalise(text)
    if fits(text, segments):
        return text
    without_accents = plain(text)
    if fits(without_accents, segments):
        return without_accents
    # The longest beginning that fits; fitting is monotonous, since a longer text never takes fewer segments.
    least, most = 0, len(without_accents)
    while least < most:
        middle = (least + most + 1) // 2
        if fits(shorten(without_accents, middle), segments):
            least = middle
        else:
            most = middle - 1
    return shorten(without_accents, least)


def shorten(text: str, most: int) -> str:
    """``text`` in at most so many characters; what is cut is cut after a word, and an ellipsis says so."""
    if len(text) <= most:
        return text
    if most <= len(_ELLIPSIS):
        return text[:most]
    room = most - len(_ELLIPSIS)
    kept = text[:room]
    if not text[room].isspace():
        words = kept.rstrip().rsplit(None, 1)
        if len(words) == 2 and len(words[0]) > room // 2:  # a single long word is better cut than lost
            kept = words[0]
    return kept.rstrip(" ,;:.-\n") + _ELLIPSIS


_UNDIVIDED = {"œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"}
"""Letters that Unicode does not take apart."""


def _base(character: str) -> str:
    if character in _UNDIVIDED:
        return _UNDIVIDED[character]
    if character in GSM_7 or not unicodedata.name(character, "").startswith("LATIN"):
        return character
    base = unicodedata.normalize("NFD", character)[0]
    return base if base in GSM_7 else character
