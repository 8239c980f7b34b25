"""The alphabets of text messages: the GSM 7 bit default alphabet with its extension table, and UCS-2.

Source: 3GPP TS 23.038 (formerly GSM 03.38), 6.2.1 and 6.2.1.1. The national language tables (6.2.1.2) are left out:
few networks outside of Turkey, India and Portugal carry them, and none of the gateways here promises to.

Written here because there is no well-kept library for it: the packages on PyPI that count segments are single-release
efforts, and what is needed is two lines of characters.
"""

from enum import StrEnum

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""What takes one septet. The 128th code is the escape to the extension table; it is no character."""

EXTENSION = frozenset("\f^{}\\[~]|€")
"""What takes two septets: the escape, and its own."""

GSM_7 = BASIC | EXTENSION


class Encoding(StrEnum):
    """How a text message is encoded. One character outside of GSM 7 bit makes it UCS-2 as a whole."""

    GSM_7 = "gsm-7"
    UCS_2 = "ucs-2"


def encoding_of(text: str) -> Encoding:
    """How ``text`` has to be encoded."""
    return Encoding.GSM_7 if GSM_7.issuperset(text) else Encoding.UCS_2


def units(character: str, encoding: Encoding) -> int:
    """What one character takes: septets in GSM 7 bit, 16-bit units in UCS-2.

    UCS-2 knows no characters beyond the basic plane, but every phone reads UTF-16: such a character takes a pair.
    """
    if encoding is Encoding.GSM_7:
        return 2 if character in EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1
