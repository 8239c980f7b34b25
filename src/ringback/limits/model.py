"""The settings of rate limits (scheduler-api.md, callbacks.md "Numbers and abuse")."""

from pydantic import Field

from ringback.kernel.document import Document


class Rate(Document):
    """So many requests in so many seconds: at once if need be, and then as the time passes."""

    requests: int = Field(ge=1, le=1_000_000)
    seconds: int = Field(ge=1, le=86_400)


class Limits(Document):
    """The limits of one organization. Addresses on an allow-list and valid tokens are exempt from those per address."""

    per_address: Rate = Rate(requests=60, seconds=60)
    """Requests and cancellations of callbacks from one address (IPv6: one /64)."""
    status_per_address: Rate = Rate(requests=1200, seconds=60)
    """Widget and callback status, which are polled."""
    per_number: Rate = Rate(requests=3, seconds=600)
    """Requests for a callback to one number; counted in the database, so that it outlives a restart."""
    per_prefix: Rate = Rate(requests=30, seconds=600)
    """Requests for callbacks to numbers that differ only in their last four digits."""
    per_organization: Rate = Rate(requests=600, seconds=60)
    """Requests for callbacks to the organization as a whole."""
    queue_stats_per_call_target: Rate = Rate(requests=120, seconds=60)
    """Reports of how the agents' queue of one call target stands: one a second, and as many again to catch up."""
    calls_per_number_per_day: int = Field(10, ge=1, le=1000)
    """Attempts to call one number in 24 hours, over all call targets; counted in the database."""
