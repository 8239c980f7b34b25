"""Noting the day on which a token was last used: one write a day for each token, behind the request's back."""

import asyncio
from datetime import date

import structlog

import ringback.access.service as access
from ringback.db.database import Database
from ringback.kernel.clock import DAY, Instant, to_datetime
from ringback.kernel.errors import DatabaseUnavailable
from ringback.kernel.tenancy import OrgId, TokenId

logger = structlog.get_logger(__name__)


class TokenUse:
    """Remembers which tokens were noted today."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._noted: dict[TokenId, int] = {}
        self._writes: set[asyncio.Task[None]] = set()

    def note(self, org: OrgId, token: TokenId | None, now: Instant) -> None:
        """Note that ``token`` was used now; costs nothing when today is noted already."""
        if token is None or self._noted.get(token) == now // DAY:
            return
        self._noted[token] = now // DAY
        write = asyncio.create_task(self._write(org, token, to_datetime(now).date()))
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)

    async def _write(self, org: OrgId, token: TokenId, day: date) -> None:
        try:
            await self._db.write(access.note_use, org, token, day)
        except DatabaseUnavailable as error:
            self._noted.pop(token, None)
            logger.warning("token use not noted", org=org, token=token, code=error.code)
