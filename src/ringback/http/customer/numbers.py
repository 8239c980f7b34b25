"""Phone numbers as a customer's page shows them: an example to go by, and one's own number half hidden."""

from functools import cache

import phonenumbers
from markupsafe import Markup
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from ringback.http.customer.reader import Reader


@cache
def example(region: str) -> str:
    """A number of that region as people there write it: "(201) 555-0123" for "US"."""
    number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE) or phonenumbers.example_number(region)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) if number else ""


def hidden(number: str, reader: Reader) -> Markup:
    """The country code and the last two digits: "+1 ••• ••23"; a screen reader says the last two digits alone."""
    try:
        country_code = phonenumbers.parse(number.partition(";")[0]).country_code
    except NumberParseException:
        return Markup("•••")
    digits = number.partition(";")[0][-2:]
    return Markup(
        '<span class="number"><span aria-hidden="true">+{} ••• ••{}</span><span class="unseen">{}</span></span>'
    ).format(country_code, digits, reader.say("manage.number_spoken", digits=digits))
