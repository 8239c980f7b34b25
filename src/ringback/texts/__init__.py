"""What fits into a text message: its alphabet, its segments, and how a text is made to fit."""

from ringback.texts.alphabet import Encoding, encoding_of
from ringback.texts.fitting import MOST_SEGMENTS, fit, fits, normalise, plain, shorten
from ringback.texts.segments import Size, size, split

__all__ = [
    "MOST_SEGMENTS",
    "Encoding",
    "Size",
    "encoding_of",
    "fit",
    "fits",
    "normalise",
    "plain",
    "shorten",
    "size",
    "split",
]
