"""The endpoints of text gateways and where they are found."""

from ringback.db.database import Database
from ringback.http.links import Links
from ringback.http.routing import Endpoints, Front, Route
from ringback.http.texts.handlers import TextWebhooks
from ringback.kernel.sealing import Sealer

PREFIX = "/v1/texts/"


class TextsApi(Endpoints):
    """The ASGI application of text gateways' webhooks."""

    def __init__(
        self,
        front: Front,
        *,
        db: Database,
        links: Links,
        sealer: Sealer,
    ) -> None:
        webhooks = TextWebhooks(db, links, sealer)
        routes = {
            ("v1", "texts", "inbound"): Route("text_inbound", "POST", webhooks.inbound, from_web_pages=False),
            ("v1", "texts", "delivery"): Route("text_delivery", "POST", webhooks.delivery, from_web_pages=False),
        }
        super().__init__(routes, front)
