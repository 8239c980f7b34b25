"""Days and times as they are told in a text message, and as customers type them."""

from ringback.messaging.times.days import by_day, day_words, time_words, zone_words
from ringback.messaging.times.reading import NOTHING, Reading, Tongue, read, speaks_of_time
from ringback.messaging.times.zones import CustomerZone, customer_zone

__all__ = [
    "NOTHING",
    "CustomerZone",
    "Reading",
    "Tongue",
    "by_day",
    "customer_zone",
    "day_words",
    "read",
    "speaks_of_time",
    "time_words",
    "zone_words",
]
