"""Taking over how an agents' queue stands: read the report, keep it, answer what counts now.

Whoever writes here decides what customers are promised, so it is never open: a token of the organization's policy is
always needed, and it is the token that says whose call targets can be meant. So a stranger is answered the same
whatever stands in the path, and a neighbour's call target looks like one that never existed.
"""

from dataclasses import dataclass

import ringback.access.service as access
import ringback.forecast.service as forecast
from ringback.access.tokens import presented_token
from ringback.availability.memory import Availability
from ringback.call_targets.model import CallTarget
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.forecast.model import QueueStats
from ringback.http.answer import Answer
from ringback.http.metrics import QueueReports
from ringback.http.queue_stats import answers, parse
from ringback.http.scheduler.exchange import Exchange, Meter
from ringback.http.token_use import TokenUse
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound, Unauthorized
from ringback.kernel.tenancy import CallTargetId, OrgId


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    """The endpoint, with what it works on."""

    db: Database
    availability: Availability
    token_use: TokenUse
    reports: QueueReports

    async def push(self, exchange: Exchange, call_target_id: str) -> Answer:
        """``POST /v1/call-targets/:id/queue-stats``."""
        configuration = await self._let_in(exchange)
        target = configuration.call_targets.get(CallTargetId(call_target_id))
        if target is None:
            raise NotFound("There is nothing here.")
        limit = configuration.settings.limits.queue_stats_per_call_target
        exchange.limiter.check(("queue stats", configuration.org, target.id), limit, exchange.now)
        stale_after = target.settings.estimate.stats_stale_after
        told = parse.report(
            await exchange.body(), exchange.header(b"content-type"), stale_after=stale_after, now=exchange.now
        )
        newer = await self.db.write(_keep, configuration.org, target, told, now=exchange.now)
        self.reports.count("api", taken=newer is None)
        return answers.counted(newer or told, taken=newer is None, stale_after=stale_after)

    async def _let_in(self, exchange: Exchange) -> Configuration:
        """The configuration of the organization whose token the request carries, if that lets the caller in."""
        presented = presented_token(exchange.scope["headers"])
        org = await self.db.read(access.organization_of_token, presented) if presented else None
        if org is None:
            raise _unauthorized()
        configuration = await self.availability.configuration_of(org)
        used = exchange.let_in(configuration, configuration.policy, open_without_policy=False, meter=Meter.STATUS)
        if used is None:  # by its address alone: enough to read, not to write
            raise _unauthorized()
        self.token_use.note(org, used, exchange.now)
        return configuration


def _keep(tx: Tx, org: OrgId, target: CallTarget, told: QueueStats, *, now: Instant) -> QueueStats | None:
    """Keep what was told, unless something newer is known: then that."""
    if forecast.save_queue_stats(tx, org, target.id, told):
        return None
    return forecast.queue_stats_of(tx, org, target, now=now)


def _unauthorized() -> Unauthorized:
    return Unauthorized("A valid API access token is required.")
