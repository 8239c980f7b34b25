"""Where a customer's clock stands, as far as their number tells."""

from dataclasses import dataclass
from datetime import tzinfo

from phonenumbers import NumberParseException, parse
from phonenumbers.timezone import time_zones_for_number

from ringback.kernel.clock import Instant, to_datetime
from ringback.kernel.errors import InvalidTimeZone
from ringback.kernel.localtime import resolve_zone


@dataclass(frozen=True, slots=True)
class CustomerZone:
    """In which zone a customer is told times. ``is_theirs``: they read it without being told which it is."""

    zone: tzinfo
    is_theirs: bool


def customer_zone(number: str, organization_zone: tzinfo, now: Instant) -> CustomerZone:
    """The customer's zone, where all zones in which such a number may be show the same time; else the organization's.

    Where the number is at home comes from libphonenumber: for most fixed lines and North American mobiles an area, for
    other mobiles a country. The organization's zone is preferred where it shows the same time as theirs.
    """
    zones = _zones_of(number)
    if not zones or len({_shown(zone, now) for zone in zones}) > 1:
        return CustomerZone(organization_zone, is_theirs=False)
    same = _shown(zones[0], now) == _shown(organization_zone, now)
    return CustomerZone(organization_zone if same else zones[0], is_theirs=True)


def _zones_of(number: str) -> list[tzinfo]:
    try:
        return [resolve_zone(name) for name in time_zones_for_number(parse(number, None))]
    except (NumberParseException, InvalidTimeZone):
        return []


def _shown(zone: tzinfo, now: Instant) -> object:
    return to_datetime(now, zone).utcoffset()
