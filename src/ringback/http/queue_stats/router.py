"""The endpoint of queue statistics and where it is found."""

from ringback.availability.memory import Availability
from ringback.db.database import Database
from ringback.http.metrics import QueueReports
from ringback.http.queue_stats.handlers import QueueStatistics
from ringback.http.routing import Endpoints, Front, Route
from ringback.http.token_use import TokenUse

PREFIX = "/v1/"


class QueueStatsApi(Endpoints):
    """The ASGI application of queue statistics."""

    def __init__(
        self,
        front: Front,
        *,
        db: Database,
        availability: Availability,
        reports: QueueReports,
        token_use: TokenUse,
    ) -> None:
        statistics = QueueStatistics(db, availability, token_use, reports)
        routes = {
            ("v1", "call-targets", "queue-stats"): Route(
                "push_queue_stats", "POST", statistics.push, from_web_pages=False
            )
        }
        super().__init__(routes, front)
