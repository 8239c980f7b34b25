"""The five endpoints of the Scheduler API and where they are found."""

from ringback.availability.memory import Availability
from ringback.db.database import Database
from ringback.http.links import Links
from ringback.http.routing import Endpoints, Front, Route
from ringback.http.scheduler.handlers import Scheduler
from ringback.http.token_use import TokenUse

PREFIXES = ("/api/organization/", "/api/widget/")


class SchedulerApi(Endpoints):
    """The ASGI application of the Scheduler API."""

    def __init__(
        self,
        front: Front,
        *,
        db: Database,
        availability: Availability,
        links: Links,
        token_use: TokenUse,
    ) -> None:
        scheduler = Scheduler(db, availability, links, token_use)
        routes = {
            ("api", "organization", "widget_status"): Route(
                "widget_status_of_organization", "GET", scheduler.widget_status_of_organization, from_web_pages=False
            ),
            ("api", "organization", "callback_status"): Route(
                "callback_status", "POST", scheduler.callback_status, from_web_pages=False
            ),
            ("api", "organization", "cancel_callback"): Route(
                "cancel_callback", "POST", scheduler.cancel_callback, from_web_pages=False
            ),
            ("api", "widget", ""): Route("widget_status", "GET", scheduler.widget_status, from_web_pages=True),
            ("api", "widget", "request_callback"): Route(
                "request_callback", "POST", scheduler.request_callback, from_web_pages=True
            ),
        }
        super().__init__(routes, front)
