"""The endpoints of text gateways and where they are found."""

from ringback.db.database import Database
from ringback.http.address import TrustedProxies
from ringback.http.links import Links
from ringback.http.metrics import Requests
from ringback.http.routing import Endpoints, Route
from ringback.http.texts.handlers import TextWebhooks
from ringback.kernel.clock import Clock
from ringback.kernel.sealing import Sealer
from ringback.limits.rate import RateLimiter

PREFIX = "/v1/texts/"


class TextsApi(Endpoints):
    """The ASGI application of text gateways' webhooks."""

    def __init__(
        self,
        *,
        db: Database,
        links: Links,
        sealer: Sealer,
        clock: Clock,
        trusted_proxies: TrustedProxies,
        limiter: RateLimiter,
        requests: Requests,
    ) -> None:
        webhooks = TextWebhooks(db, links, sealer)
        routes = {
            ("v1", "texts", "inbound"): Route("text_inbound", "POST", webhooks.inbound, from_web_pages=False),
            ("v1", "texts", "delivery"): Route("text_delivery", "POST", webhooks.delivery, from_web_pages=False),
        }
        super().__init__(routes, clock=clock, trusted_proxies=trusted_proxies, limiter=limiter, requests=requests)
