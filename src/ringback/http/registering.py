"""Asking for a callback, the same for every channel: the limits, and the use case on the present configuration."""

from collections.abc import Callable
from functools import partial

import structlog

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.callbacks.limits import count_request
from ringback.callbacks.model import IdempotencyKey, Requested, Wish
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.http.scheduler.exchange import Exchange
from ringback.kernel.errors import RequestRefusedDueToOperationMode
from ringback.widgets.model import Widget

logger = structlog.get_logger(__name__)

Render = Callable[[Configuration, Widget, Requested], str]
"""Makes the answer of an accepted request; it is kept with the idempotency key."""


async def register(
    exchange: Exchange,
    db: Database,
    availability: Availability,
    asked: tuple[Configuration, Widget],
    wish: Wish,
    *,
    render: Render,
    idempotency_key: IdempotencyKey | None = None,
) -> str:
    """Count the request against the limits of its number and organization, and register the callback.

    When the configuration changed meanwhile it is done again with the new one. Raises the errors of the contract.
    """
    configuration, widget = asked
    org = configuration.org
    count_request(exchange.limiter, configuration, wish.number, exchange.now)
    while True:
        try:
            answer = await db.write(
                callbacks.request_callback,
                configuration,
                widget.id,
                wish,
                render=partial(render, configuration, widget),
                idempotency_key=idempotency_key,
                now=exchange.now,
            )
        except callbacks.StaleConfiguration:
            availability.forget(org)
            configuration, widget = await availability.configuration_of_widget(widget.id)
        except RequestRefusedDueToOperationMode as refusal:
            logger.info("callback refused", widget=widget.id, reasons=getattr(refusal, "__notes__", []))
            raise
        else:
            logger.info(
                "callback requested", org=org, widget=widget.id, number=wish.number.masked, type=wish.kind.value
            )
            return answer
