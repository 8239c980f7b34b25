"""A country's holidays as a proposal, for a person to confirm before they close anything."""

import re
from collections.abc import Iterable

from ringback.hours.model import Holiday
from ringback.kernel.errors import InvalidParameters

_COUNTRY = re.compile(r"[A-Z]{2}")
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def propose(country: str, years: Iterable[int], subdivision: str | None = None) -> list[Holiday]:
    """The public holidays of ``country`` (ISO 3166-1 alpha-2) in ``years``, ascending, one for each date.

    ``subdivision`` (the part of ISO 3166-2 after the hyphen: "CA", "BY") adds those of a state or region. Names are
    in the country's language. The source is the ``holidays`` package. A country, subdivision or year that it does not
    know raises :class:`InvalidParameters`.
    """
    import holidays  # noqa: PLC0415 - takes long to import and is seldom needed

    wanted = set(years)
    if not all(_FIRST_YEAR <= year <= _LAST_YEAR for year in wanted):
        raise InvalidParameters(f"Holidays are known from {_FIRST_YEAR} to {_LAST_YEAR}.")
    # The package looks the country up among its own module's attributes: let nothing but a country code through.
    if not _COUNTRY.fullmatch(country):
        raise InvalidParameters(f"{country!r} is not a country code; write it like DE or US.")
    try:
        # Without a language the package would take the one of the machine's locale.
        language = holidays.country_holidays(country).default_language
        found = holidays.country_holidays(country, subdiv=subdivision, years=wanted, language=language)
    except NotImplementedError:
        place = country if subdivision is None else f"{country}-{subdivision}"
        raise InvalidParameters(f"No holidays are known for {place!r}.") from None
    return [Holiday(date=date, name=name) for date, name in sorted(found.items()) if date.year in wanted]
