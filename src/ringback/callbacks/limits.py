"""The limits on requests for callbacks that are counted in memory, whatever way a request came."""

from ringback.configuration.model import Configuration
from ringback.kernel.clock import Instant
from ringback.kernel.phone import Number, limit_prefix
from ringback.limits.rate import RateLimiter


def count_request(limiter: RateLimiter, configuration: Configuration, number: Number, now: Instant) -> None:
    """Count a request against the limits of the number's prefix and of the organization. Raises ``TooManyRequests``."""
    org, limits = configuration.org, configuration.settings.limits
    limiter.check_all(
        [(("prefix", org, limit_prefix(number)), limits.per_prefix), (("org", org), limits.per_organization)], now
    )
