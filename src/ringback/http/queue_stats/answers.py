"""The body of the answer to a report: the figures that count now."""

from typing import Any

from ringback.forecast.model import QueueStats
from ringback.http.answer import JSON, NO_STORE, Answer, enveloped
from ringback.kernel.clock import after, to_unix


def counted(stats: QueueStats, *, taken: bool, stale_after: int) -> Answer:
    """What counts now; ``taken`` says whether it is what was just reported."""
    entry: dict[str, Any] = {
        "taken": taken,
        "at": to_unix(stats.at),
        "stale_at": to_unix(after(stats.at, stale_after)),
        "calls_waiting": stats.calls_waiting,
        "agents_staffed": stats.agents_staffed,
        "agents_available": stats.agents_available,
        "handle_time": stats.handle_time,
        "oldest_wait": stats.oldest_wait,
    }
    return Answer(200, enveloped([entry]), (JSON, NO_STORE))
