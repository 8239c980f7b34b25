"""The five endpoints of the Scheduler API: read the request, run one use case, answer.

Status requests are answered from memory (``availability/``); what is answered once stays rendered until its snapshot
ends. The order of checks is the same everywhere: who it is about (404), who is asking (401, 403, 429), what is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import structlog

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.availability.snapshot import Snapshot
from ringback.callbacks.model import Requested, Wish
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.http.answer import JSON, NO_STORE, Answer, enveloped
from ringback.http.links import Links
from ringback.http.registering import register
from ringback.http.scheduler import answers, parse
from ringback.http.scheduler.exchange import Exchange, Meter
from ringback.http.token_use import TokenUse
from ringback.kernel.clock import Instant
from ringback.kernel.phone import parse_number, read_number
from ringback.kernel.tenancy import CallbackId, OrgId, WidgetId
from ringback.widgets.messages import MessageKey
from ringback.widgets.model import Widget

logger = structlog.get_logger(__name__)

_status_query = lru_cache(maxsize=1024)(parse.status_query)  # pages ask the same again and again

_RENDERED_AT_MOST = 64
"""How many differently asked answers one snapshot keeps."""


@dataclass(frozen=True, slots=True)
class Scheduler:
    """The endpoints, with what they work on."""

    db: Database
    availability: Availability
    links: Links
    token_use: TokenUse

    async def widget_status_of_organization(self, exchange: Exchange, org_id: str) -> Answer:
        """``GET /api/organization/:id/widget_status``."""
        snapshot = await self.availability.of_organization(OrgId(org_id))
        self._let_in_to_organization(exchange, snapshot.configuration, Meter.STATUS)
        query = _status_query(exchange.scope["query_string"])

        def render() -> tuple[Answer, Instant | None]:
            statuses = [
                (widget, self._status_fields(snapshot, widget, query, exchange.now))
                for widget in snapshot.configuration.widgets.values()
                if query.include_all or _accepts_callbacks(snapshot, widget)
            ]
            entries = [
                answers.listed_widget(snapshot.configuration, widget, self.links.base) | fields
                for widget, (fields, _) in statuses
            ]
            ends = [until for _, (_, until) in statuses if until is not None]
            return answers.status_answer(entries), min(ends, default=None)

        return self._rendered(exchange, snapshot, ("organization", query), render)

    async def widget_status(self, exchange: Exchange, widget_id: str) -> Answer:
        """``GET /api/widget/:wid``."""
        snapshot, widget = await self.availability.of_widget(WidgetId(widget_id))
        self._let_in_to_widget(exchange, snapshot.configuration, widget, Meter.STATUS)
        query = _status_query(exchange.scope["query_string"])

        def render() -> tuple[Answer, Instant | None]:
            fields, until = self._status_fields(snapshot, widget, query, exchange.now)
            return answers.status_answer([fields]), until

        return self._rendered(exchange, snapshot, (widget.id, query), render)

    async def request_callback(self, exchange: Exchange, widget_id: str) -> Answer:
        """``POST /api/widget/:wid/request_callback``."""
        configuration, widget = await self.availability.configuration_of_widget(WidgetId(widget_id))
        self._let_in_to_widget(exchange, configuration, widget, Meter.REQUEST)
        asked = parse.callback_request(
            await exchange.body(), exchange.header(b"content-type"), exchange.scope["query_string"]
        )
        key = parse.idempotency_key(exchange.header(b"idempotency-key"), asked)
        number = parse_number(asked.contact_number, configuration.number_rules_of(widget))
        spoken = configuration.locale_for(widget, asked.locale)
        locale = widget.messages.pick(MessageKey.SUCCESS_ASAP, spoken).locale
        wish = Wish(
            number=number,
            appointment_at=asked.appointment_at,
            user_data=asked.user_data,
            channel=asked.channel,
            opt_ins=asked.opt_ins,
            name=asked.name,
            locale=locale,
            time_zone=asked.time_zone,
        )
        body = await register(
            exchange,
            self.db,
            self.availability,
            (configuration, widget),
            wish,
            render=partial(self._requested, wish),
            idempotency_key=key,
        )
        return Answer(200, body.encode(), (JSON, NO_STORE))

    async def callback_status(self, exchange: Exchange, org_id: str) -> Answer:
        """``POST /api/organization/:id/callback_status``."""
        configuration = await self.availability.configuration_of(OrgId(org_id))
        self._let_in_to_organization(exchange, configuration, Meter.STATUS)
        asked = parse.callback_status_request(
            await exchange.body(), exchange.header(b"content-type"), exchange.scope["query_string"]
        )
        number = read_number(asked.contact_number, configuration.settings.numbers.region)
        standings = await self.db.read(callbacks.standings_of_number, configuration, number.key, now=exchange.now)
        entries = [answers.pending_callback(configuration, standing, number, exchange.now) for standing in standings]
        return answers.status_answer([answers.as_strings(entry) for entry in entries] if asked.as_strings else entries)

    async def cancel_callback(self, exchange: Exchange, org_id: str) -> Answer:
        """``POST /api/organization/:id/cancel_callback``."""
        configuration = await self.availability.configuration_of(OrgId(org_id))
        self._let_in_to_organization(exchange, configuration, Meter.REQUEST)
        asked = parse.cancel_request(await exchange.body(), exchange.header(b"content-type"))
        number = read_number(asked.contact_number, configuration.settings.numbers.region)
        cancellation = await self.db.write(
            callbacks.cancel_by_number,
            configuration.org,
            number.key,
            callback_id=CallbackId(asked.callback_request_id) if asked.callback_request_id else None,
            by="api",
            now=exchange.now,
        )
        logger.info("cancel asked", org=configuration.org, number=number.masked, status=cancellation.status.value)
        return Answer(200, enveloped([answers.cancellation(configuration, cancellation)]), (JSON, NO_STORE))

    def _requested(self, wish: Wish, configuration: Configuration, widget: Widget, accepted: Requested) -> str:
        link = self.links.manage(configuration.org, accepted.callback_id)
        return answers.requested(
            configuration, widget, accepted, locale=wish.locale, zone_name=wish.time_zone, manage_url=link
        )

    def _status_fields(
        self, snapshot: Snapshot, widget: Widget, query: parse.StatusQuery, now: Instant
    ) -> tuple[dict[str, Any], Instant | None]:
        return answers.widget_status(
            snapshot, widget, locale=query.locale, zone=query.zone, timeslots=query.timeslots, now=now
        )

    def _let_in_to_organization(self, exchange: Exchange, configuration: Configuration, meter: Meter) -> None:
        used = exchange.let_in(
            configuration, configuration.policy, open_without_policy=configuration.public, meter=meter
        )
        self.token_use.note(configuration.org, used, exchange.now)

    def _let_in_to_widget(self, exchange: Exchange, configuration: Configuration, widget: Widget, meter: Meter) -> None:
        used = exchange.let_in(configuration, configuration.policy_of(widget), open_without_policy=True, meter=meter)
        self.token_use.note(configuration.org, used, exchange.now)

    def _rendered(
        self,
        exchange: Exchange,
        snapshot: Snapshot,
        asked: object,
        render: Callable[[], tuple[Answer, Instant | None]],
    ) -> Answer:
        """The answer kept of this snapshot, made now if there is none that holds; 304 to who has it already."""
        kept: tuple[Answer, Instant | None] | None = snapshot.rendered.get(asked)
        if kept is None or (kept[1] is not None and exchange.now >= kept[1]):
            if len(snapshot.rendered) >= _RENDERED_AT_MOST:
                snapshot.rendered.clear()
            kept = snapshot.rendered[asked] = render()
        answer = kept[0]
        known = exchange.header(b"if-none-match")
        if known is not None and _matches(known, answer):
            return Answer(304, b"", tuple(header for header in answer.headers if header != JSON))
        return answer


def _accepts_callbacks(snapshot: Snapshot, widget: Widget) -> bool:
    offer = snapshot.offers[widget.id]
    return offer.asap or offer.scheduled


def _matches(known: bytes, answer: Answer) -> bool:
    """Weak comparison (RFC 9110, section 8.8.3.2) of an ``If-None-Match`` header with the answer's ETag."""
    etag = next(value for name, value in answer.headers if name == b"etag")
    return any(tag.strip() in {b"*", etag, etag.removeprefix(b"W/")} for tag in known.split(b","))
