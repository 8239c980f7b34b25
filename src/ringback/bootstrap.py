"""The composition root: settings in, a running Ringback out. The only place that wires."""

import asyncio
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.console.app import console_routes
from ringback.console.desk import Desk
from ringback.console.live import LiveChanges
from ringback.db.claims import new_owner
from ringback.db.database import Database, open_database
from ringback.db.tx import Change, Changes
from ringback.db.version import check_schema
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.service import Dispatcher
from ringback.http.address import TrustedProxies
from ringback.http.app import HttpApp
from ringback.http.customer.routes import customer_routes
from ringback.http.links import Links
from ringback.http.metrics import Dispatching, QueueReports, Requests, States
from ringback.http.pages import pages
from ringback.http.queue_stats.router import QueueStatsApi
from ringback.http.routing import Front
from ringback.http.scheduler.router import SchedulerApi
from ringback.http.texts.router import TextsApi
from ringback.http.token_use import TokenUse
from ringback.kernel.clock import Clock, SystemClock
from ringback.limits.rate import RateLimiter
from ringback.messaging.accounts import Gateways
from ringback.messaging.conversing import Conversing
from ringback.messaging.notifying import Notifying
from ringback.messaging.sending import Sending
from ringback.settings import Settings, sealer, secret_key
from ringback.telephony.drivers.simulator import LEDGER_NAME, SimulatorDriver, SimulatorSettings
from ringback.telephony.port import VoiceDriver
from ringback.workers.loop import Loop
from ringback.workers.steps import board_steps, dispatch_steps, maintenance_steps, text_steps


@dataclass(frozen=True)
class App:
    """A wired Ringback: its parts, to be started and closed."""

    settings: Settings
    clock: Clock
    db: Database
    registry: CollectorRegistry
    availability: Availability
    links: Links
    voice: VoiceDriver
    loop: Loop
    texting: Loop
    """The steps of text messages, by themselves: a gateway that does not answer holds up no call."""
    gateways: Gateways
    live: LiveChanges
    http: HttpApp

    async def close(self) -> None:
        """Let go of everything, in the order in which things depend on each other."""
        await self.voice.close()
        await self.gateways.close()
        await asyncio.to_thread(self.db.close)


def open_checked(settings: Settings) -> Database:
    """The database, if it is there and of this version. Raises a ``DatabaseUnavailable`` that says what to do."""
    db = open_database(settings.database, connections=settings.database_connections)
    try:
        check_schema(db)
    except BaseException:
        db.close()
        raise
    return db


def build(
    settings: Settings,
    *,
    public_url: str,
    clock: Clock | None = None,
    simulator: SimulatorSettings | None = None,
) -> App:
    """Wire an application on a database that is there and migrated.

    Raises ``ConfigurationInvalid`` and ``DatabaseUnavailable``, each saying what to do.
    """
    clock = clock or SystemClock()
    registry = CollectorRegistry()
    links = Links(settings.public_url or public_url, secret_key(settings))
    db = open_checked(settings)
    availability = Availability(db, clock, capacity=settings.remembered_organizations)
    settings.data.mkdir(parents=True, exist_ok=True)
    voice = SimulatorDriver(settings.data / LEDGER_NAME, clock, simulator or settings.simulator)
    queue_reports = QueueReports(registry)
    observer = Dispatching(registry, queue_reports)
    dispatcher = Dispatcher(db=db, clock=clock, voice=voice, observer=observer, lease_seconds=settings.lease_seconds)
    steps = [*dispatch_steps(dispatcher), *board_steps(db, clock, availability), *maintenance_steps(db, clock)]
    loop = Loop(steps, observer=observer, clock=clock)
    limiter = RateLimiter()
    gateways = Gateways(sealer(settings))
    sending = Sending(db, clock, gateways, owner=new_owner(), base_url=links.base)
    conversing = Conversing(db, clock, availability, manage_link=links.manage, limiter=limiter)
    notifying = Notifying(db, clock, Configurations(), manage_link=links.manage)
    texting = Loop(text_steps(conversing, notifying, sending), observer=observer, clock=clock)
    db.listen(partial(_nudge, texting))
    live = LiveChanges(db)
    front = Front(clock, TrustedProxies.of(settings.trusted_proxies), limiter, Requests(registry))
    http = _edge(front, settings, db, availability, links, registry, queue_reports, live)
    return App(settings, clock, db, registry, availability, links, voice, loop, texting, gateways, live, http)


def _nudge(texting: Loop, changes: Changes | None) -> None:
    """Let a text that has come in be answered at once."""
    if changes is None or any(what is Change.TEXTS for _, what in changes):
        texting.nudge()


def _edge(
    front: Front,
    settings: Settings,
    db: Database,
    availability: Availability,
    links: Links,
    registry: CollectorRegistry,
    reports: QueueReports,
    live: LiveChanges,
) -> HttpApp:
    """All that answers HTTP. What guards the API guards the pages as well: the same limits, the same proxies."""
    token_use, keys = TokenUse(db), sealer(settings)
    scheduler = SchedulerApi(front, db=db, availability=availability, links=links, token_use=token_use)
    queue_stats = QueueStatsApi(front, db=db, availability=availability, reports=reports, token_use=token_use)
    texts = TextsApi(front, db=db, links=links, sealer=keys)
    customer = customer_routes(
        db=db,
        availability=availability,
        links=links,
        clock=front.clock,
        trusted_proxies=front.trusted_proxies,
        limiter=front.limiter,
    )
    desk = Desk(
        db=db,
        availability=availability,
        clock=front.clock,
        base_url=links.base,
        sealer=keys,
        trusted_proxies=front.trusted_proxies,
        limiter=front.limiter,
        api=scheduler,
        live=live,
    )
    site = pages(
        db=db,
        registry=registry,
        states=States(registry),
        count_states=callbacks.count_states,
        public_url=links.base,
        customer_pages=[*customer, *console_routes(desk)],
    )
    return HttpApp(scheduler, queue_stats, texts, site, front.requests)
