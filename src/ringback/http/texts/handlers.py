"""A gateway's webhooks: check that the gateway made it, take down what it tells, answer.

A text is on disk before the answer, and is replied to by the worker: the answer says nothing but that it has arrived.
To whoever is not the gateway an organization without one looks like any other.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import structlog

import ringback.configuration.service as configurations
import ringback.messaging.service as messaging
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.http.answer import NO_STORE, Answer
from ringback.http.links import Links
from ringback.http.scheduler.exchange import Exchange
from ringback.kernel.clock import Instant
from ringback.kernel.errors import Forbidden, InvalidRequest
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import OrgId
from ringback.messaging import inbox, outbox
from ringback.messaging.accounts import reader_of
from ringback.messaging.gateways.port import (
    Inbound,
    TextId,
    Webhook,
    WebhookReader,
    WebhookRefused,
    WebhookUnreadable,
)
from ringback.messaging.inbox import Receipt
from ringback.messaging.model import MessagingSettings

logger = structlog.get_logger(__name__)

_MOST_FIELDS = 200
_EMPTY = Answer(200, b"<Response/>", ((b"content-type", b"text/xml; charset=utf-8"), NO_STORE))
"""TwiML that does nothing."""


@dataclass(frozen=True, slots=True)
class TextWebhooks:
    """The endpoints, with what they work on."""

    db: Database
    links: Links
    sealer: Sealer

    async def inbound(self, exchange: Exchange, org: str) -> Answer:
        """``POST /v1/texts/:organization/inbound``: a text that came in."""
        settings, reader = await self._reader(OrgId(org))
        try:
            told = reader.inbound(await self._webhook(exchange))
        except WebhookUnreadable as error:
            raise InvalidRequest(error.message) from error
        except WebhookRefused as error:
            raise _forbidden() from error
        receipt = await self.db.write(_receive, OrgId(org), settings, told, now=exchange.now)
        if receipt not in {Receipt.TAKEN, Receipt.TAKEN_BEFORE}:
            logger.warning("text ignored", org=org, why=receipt)
        return _EMPTY

    async def delivery(self, exchange: Exchange, org: str) -> Answer:
        """``POST /v1/texts/:organization/delivery?text=...``: what became of one of ours."""
        _, reader = await self._reader(OrgId(org))
        try:
            told = reader.delivery(await self._webhook(exchange))
        except WebhookUnreadable as error:
            raise InvalidRequest(error.message) from error
        except WebhookRefused as error:
            raise _forbidden() from error
        query = dict(parse_qsl(exchange.scope["query_string"].decode("latin-1")))
        text_id = TextId(query.get("text", ""))
        await self.db.write(outbox.told, OrgId(org), text_id, told, now=exchange.now)
        return _EMPTY

    async def _reader(self, org: OrgId) -> tuple[MessagingSettings, WebhookReader]:
        account = await self.db.read(messaging.stored_account, org)
        reader = reader_of(account, self.sealer) if account is not None else None
        if account is None or reader is None:
            raise _forbidden()
        return account.settings, reader

    async def _webhook(self, exchange: Exchange) -> Webhook:
        """The request as the gateway has made it: at the public address, whatever proxies made of it on the way."""
        body = await exchange.body()
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            raise InvalidRequest("The body is not a form.") from None
        scope = exchange.scope
        query = scope["query_string"].decode("latin-1")
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        base = urlsplit(self.links.base)
        url = f"{base.scheme}://{base.netloc}{base.path}{path}" + (f"?{query}" if query else "")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return Webhook(url, headers, tuple(pairs))


def _receive(tx: Tx, org: OrgId, settings: MessagingSettings, inbound: Inbound, *, now: Instant) -> Receipt:
    region = configurations.settings_of(tx, org).numbers.region
    return inbox.receive(tx, org, settings, inbound, region=region, now=now)


def _forbidden() -> Forbidden:
    return Forbidden("This address is for the organization's text gateway.")
