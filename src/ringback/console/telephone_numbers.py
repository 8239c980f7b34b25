"""Phone numbers as the console shows them: whole to those who handle callbacks, their last digits to all others."""

import phonenumbers
from markupsafe import Markup
from phonenumbers import NumberParseException, PhoneNumberFormat

from ringback.callbacks.model import Callback

_SHOWN_DIGITS = 4


def number_words(key: str) -> str:
    """A canonical number as people read it: "+1 201-555-0123", "+49 30 901820 ext. 12"."""
    try:
        parsed = phonenumbers.parse(key)
    except NumberParseException:
        return key
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def last_digits(key: str) -> Markup:
    """The last four digits of a canonical number: who knows it recognizes it, and nobody can call it."""
    digits = key.partition(";")[0][-_SHOWN_DIGITS:]
    return Markup('<span aria-hidden="true">••• </span><span class="unseen">ending in </span>{}').format(digits)


def number_of(callback: Callback, *, whole: bool) -> str | Markup:
    """A callback's number as far as somebody may see it."""
    if callback.erased_at is not None:
        return Markup('<span class="soft">erased</span>')
    return number_words(callback.contact_number) if whole else last_digits(callback.contact_number)
