"""The step of the worker that hands texts to gateways."""

import asyncio

import structlog

from ringback.db.claims import lease
from ringback.db.database import Database
from ringback.kernel.clock import Clock
from ringback.kernel.sealing import SealBroken
from ringback.messaging import outbox
from ringback.messaging.accounts import AccountIncomplete, Gateways
from ringback.messaging.gateways.port import GatewayError, Reason, RetryAfter, Text
from ringback.messaging.outbox import Handout

logger = structlog.get_logger(__name__)

_LEASE_SECONDS = 60
"""Longer than a gateway is waited for."""
_SET_UP_AGAIN_SECONDS = 60.0


class Sending:
    """Hands over what is due, a batch at a time, conversations side by side."""

    def __init__(self, db: Database, clock: Clock, gateways: Gateways, *, owner: str, base_url: str) -> None:
        self._db = db
        self._clock = clock
        self._gateways = gateways
        self._owner = owner
        self._base_url = base_url

    async def __call__(self) -> bool:
        """Hand over a batch; whether there was anything to do."""
        now = self._clock.now()
        handouts, busy = await self._db.write(outbox.claim, lease(self._owner, now, _LEASE_SECONDS), now=now)
        await asyncio.gather(*(self._hand_over(handout) for handout in handouts))
        return busy

    async def _hand_over(self, handout: Handout) -> None:
        text = handout.text
        try:
            gateway = await self._gateways.of(text.thread.org, handout.account)
            outgoing = Text(
                text.id, text.thread.our_number, text.thread.customer_number, text.body, self._status_url(handout)
            )
            sent = await gateway.find(outgoing, since=text.created_at) if handout.is_unsure else None
            sent = sent or await gateway.send(outgoing)
        except (SealBroken, AccountIncomplete) as error:
            logger.warning("texts cannot be sent", org=text.thread.org, error=error.code)
            waiting = RetryAfter(error.message, Reason.CREDENTIALS, _SET_UP_AGAIN_SECONDS)
            await self._refused(handout, waiting)
        except GatewayError as error:
            logger.warning("text not taken over", org=text.thread.org, text=text.id, reason=error.reason)
            await self._refused(handout, error)
        else:
            await self._db.write(outbox.taken_over, text, sent, now=self._clock.now())

    async def _refused(self, handout: Handout, error: GatewayError) -> None:
        now = self._clock.now()
        await self._db.write(outbox.refused, handout.text, self._owner, error, now=now)

    def _status_url(self, handout: Handout) -> str:
        """Where the gateway tells what becomes of the text."""
        if handout.account.settings.gateway == "simulator":
            return ""
        return f"{self._base_url}/v1/texts/{handout.text.thread.org}/delivery?text={handout.text.id}"
