"""What every page of the console works with."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from ringback.availability.memory import Availability
from ringback.console.live import LiveChanges
from ringback.db.database import Database
from ringback.http.address import TrustedProxies
from ringback.http.answer import Receive, Scope, Send
from ringback.kernel.clock import Clock
from ringback.kernel.sealing import Sealer
from ringback.limits.rate import RateLimiter

P = ParamSpec("P")
T = TypeVar("T")

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of a running Ringback that the console uses."""

    db: Database
    availability: Availability
    clock: Clock
    base_url: str
    """How the outside reaches this server, without a slash at its end."""
    sealer: Sealer
    """Seals what a browser keeps for us between two pages."""
    trusted_proxies: TrustedProxies
    limiter: RateLimiter
    api: Asgi
    """The Scheduler API, for trying it out."""
    live: LiveChanges
    _hashing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "ringback-passwords"))

    @property
    def is_https(self) -> bool:
        """Whether browsers reach it over TLS, so that cookies may say so."""
        return self.base_url.startswith("https://")

    def console(self, path: str = "") -> str:
        """The address of a page of the console, to be linked to: ``sign-in``, ``<organization>/users``."""
        return f"{urlsplit(self.base_url).path}/console" + (f"/{path}" if path else "")

    async def slowly(self, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        """Do what takes a while on purpose: passwords. Two at a time, since each takes 64 MiB."""
        return await asyncio.get_running_loop().run_in_executor(self._hashing, lambda: work(*args, **kw))
