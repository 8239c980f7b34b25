"""Phone numbers: read from whatever people type, kept in one canonical form, masked where only a hint is needed.

The canonical form is E.164, with an extension as RFC 3966 writes it: ``+12015550123`` or ``+12015550123;ext=12``.
Two numbers are the same number exactly if their canonical forms are equal. Parsing, validity and kinds come from
libphonenumber. One call costs one parse and one look at the region's numbering plan, some 20 microseconds.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from pydantic import AfterValidator, BeforeValidator, Field

from ringback.kernel.document import Document
from ringback.kernel.errors import ContactRequired, InvalidContact

MAX_LENGTH = 64
"""Characters; what is longer is not a phone number."""

_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters and lone surrogates


class NumberKind(StrEnum):
    """What a number is in its region's numbering plan."""

    FIXED_LINE = "fixed_line"
    MOBILE = "mobile"
    FIXED_LINE_OR_MOBILE = "fixed_line_or_mobile"
    TOLL_FREE = "toll_free"
    PREMIUM_RATE = "premium_rate"
    SHARED_COST = "shared_cost"
    VOIP = "voip"
    PERSONAL_NUMBER = "personal_number"
    PAGER = "pager"
    UAN = "uan"
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"
    """Not a valid number."""


_KINDS = {getattr(PhoneNumberType, kind.name): kind for kind in NumberKind}
_NEVER_CALLED = {NumberKind.PREMIUM_RATE, NumberKind.SHARED_COST, NumberKind.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number in canonical form."""

    key: str
    """The canonical form: what is stored, compared and counted."""
    region: str | None
    """ISO 3166 alpha-2, told apart also where regions share a country code; ``001`` for a number of no country."""
    kind: NumberKind

    @property
    def e164(self) -> str:
        """The number without its extension."""
        return self.key.partition(";")[0]

    @property
    def extension(self) -> str | None:
        """The extension's digits, leading zeros kept."""
        return self.key.partition(";ext=")[2] or None

    @property
    def uri(self) -> str:
        """The number as a ``tel:`` URI (RFC 3966)."""
        return f"tel:{self.key}"

    @property
    def masked(self) -> str:
        """The number with its middle starred out and without its extension, for logs."""
        return mask(self.key)


def _upper(code: Any) -> Any:
    return code.strip().upper() if isinstance(code, str) else code


def _checked_region(code: str) -> str:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"{code!r} is not a country's two-letter code (ISO 3166) such as 'US' or 'DE'")
    return code


def _checked_kind(kind: NumberKind) -> NumberKind:
    if kind in _NEVER_CALLED:
        raise ValueError(f"numbers of type {kind.value!r} are never called")
    return kind


Region = Annotated[str, BeforeValidator(_upper), AfterValidator(_checked_region)]
"""A country's ISO 3166 alpha-2 code that has a numbering plan; written in either case, kept in upper case."""

CallableKind = Annotated[NumberKind, AfterValidator(_checked_kind)]


class NumberRules(Document):
    """Which numbers may be called."""

    region: Region = "US"
    """How a number without a country code is read."""
    countries: tuple[Region, ...] = ()
    """The countries that may be called; none named: the region alone."""
    types: tuple[CallableKind, ...] = Field(
        (
            NumberKind.FIXED_LINE,
            NumberKind.MOBILE,
            NumberKind.FIXED_LINE_OR_MOBILE,
            NumberKind.VOIP,
            NumberKind.TOLL_FREE,
        ),
        min_length=1,
    )
    """The kinds that may be called: toll-free only where it is the region's own, premium and shared cost never."""


def parse_number(text: str | None, rules: NumberRules) -> Number:
    """The number that ``text`` means, if it may be called.

    Raises ``ContactRequired`` for nothing or blanks, and ``InvalidContact``, the same for every reason, otherwise.
    """
    parsed = _parse(text, rules.region)
    number = _number(parsed)
    if not _may_be_called(parsed, number, rules):
        raise _refusal()
    return number


def read_number(text: str | None, region: str) -> Number:
    """The number that ``text`` means, to look it up by: no rule says whether it may be called.

    Raises ``ContactRequired`` for nothing or blanks, and ``InvalidContact`` for what has no canonical form.
    """
    number = _number(_parse(text, region))
    # Stray leading zeros of an invalid number can be read as a trunk prefix the second time: it names nobody.
    if number.kind is NumberKind.UNKNOWN and _number(_parse(number.key, region)).key != number.key:
        raise _refusal()
    return number


def mask(text: str) -> str:
    """``text``'s digits with all but the first four and the last two starred, such as ``+1555*****23``.

    Safe for any text, also what nobody has parsed yet: nothing but digits is shown, at least five are hidden, an
    extension is left out, and masking twice is masking once.
    """
    shown = text[:MAX_LENGTH].partition(";")[0]
    digits = [_ascii_digit(character) for character in shown if character.isdecimal() or character == "*"]
    head, tail = max(0, min(4, len(digits) - 7)), 2 if len(digits) >= 7 else 0
    hidden = len(digits) - head - tail
    masked = "".join(digits[:head]) + "*" * hidden + "".join(digits[len(digits) - tail :])
    return f"+{masked}" if "+" in shown or "＋" in shown else masked


def national_prefixes(number: Number) -> list[str]:
    """Everything under which a block list may hold ``number``: ``+1``, ``+12`` ... up to the number, then the key."""
    e164 = number.e164
    prefixes = [e164[:length] for length in range(2, len(e164) + 1)]
    return prefixes if number.key == e164 else [*prefixes, number.key]


def limit_prefix(number: Number) -> str:
    """The number without its last four digits: what a robot that counts upwards has in common."""
    return number.e164[:-4]


def _parse(text: str | None, region: str) -> PhoneNumber:
    stripped = text.strip() if text else ""
    if not stripped:
        raise ContactRequired("A contact number is required.")
    if len(stripped) > MAX_LENGTH or _UNSPEAKABLE.search(stripped):
        raise _refusal()
    try:
        return phonenumbers.parse(stripped, region)
    except NumberParseException:
        raise _refusal() from None


def _number(parsed: PhoneNumber) -> Number:
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    extension = "".join(map(_ascii_digit, parsed.extension or ""))
    return Number(
        key=f"{e164};ext={extension}" if extension else e164,
        region=phonenumbers.region_code_for_number(parsed),
        # Says unknown for exactly the numbers that are not valid, which saves asking for validity by itself.
        kind=_KINDS[phonenumbers.number_type(parsed)],
    )


def _may_be_called(parsed: PhoneNumber, number: Number, rules: NumberRules) -> bool:
    if number.kind not in rules.types:
        return False
    if number.kind is NumberKind.TOLL_FREE:
        # Free-phone codes can belong to a whole plan: +1 800 is Canada's own as much as the United States'.
        return phonenumbers.is_valid_number_for_region(parsed, rules.region)
    return number.region in (rules.countries or (rules.region,))


def _ascii_digit(character: str) -> str:
    return character if character.isascii() else str(unicodedata.decimal(character))


def _refusal() -> InvalidContact:
    return InvalidContact("The contact number is not one that can be called.")
