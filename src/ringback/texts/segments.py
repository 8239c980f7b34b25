"""The segments of a text message: how many it takes, and where it is divided.

Source: 3GPP TS 23.040, 9.2.3.24.1 (concatenated short messages). One message carries 140 octets: 160 septets, or 70
units of 16 bits. Where there are several, each begins with a header of 6 octets: 153 septets or 67 units are left. A
pair that belongs together, an escape with its character or a surrogate pair, is never divided between two segments, so
a segment may end one unit early.
"""

from dataclasses import dataclass

from ringback.texts.alphabet import Encoding, encoding_of, units

_ALONE = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
_CONCATENATED = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}


@dataclass(frozen=True, slots=True)
class Size:
    """What a text takes. ``units`` are septets (GSM 7 bit) or 16-bit units (UCS-2)."""

    encoding: Encoding
    units: int
    segments: int


def size(text: str) -> Size:
    """What ``text`` takes; an empty one is sent as one segment."""
    encoding = encoding_of(text)
    total = sum(units(character, encoding) for character in text)
    return Size(encoding, total, 1 if total <= _ALONE[encoding] else len(split(text)))


def split(text: str) -> tuple[str, ...]:
    """``text`` as the network divides it; never less than one segment."""
    encoding = encoding_of(text)
    sizes = [units(character, encoding) for character in text]
    if sum(sizes) <= _ALONE[encoding]:
        return (text,)
    segments: list[str] = []
    begin = filled = 0
    for place, taken in enumerate(sizes):
        if filled + taken > _CONCATENATED[encoding]:
            segments.append(text[begin:place])
            begin, filled = place, 0
        filled += taken
    segments.append(text[begin:])
    return tuple(segments)
