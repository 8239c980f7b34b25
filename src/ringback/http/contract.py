"""Every endpoint of the API: the five of the Scheduler API, and what Ringback adds to them."""

from ringback.http.queue_stats import contract as queue_stats
from ringback.http.scheduler import contract as scheduler

EVERY_ENDPOINT = (*scheduler.ENDPOINTS, *queue_stats.ENDPOINTS)
"""In the order in which the reference tells of them."""
