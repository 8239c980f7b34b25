"""Recording, once a minute, what is told of every queue."""

from ringback.availability.memory import Availability
from ringback.board.model import Sample
from ringback.board.service import minute_of, organizations_to_sample, record, samples_of
from ringback.db.database import Database
from ringback.kernel.clock import Clock, Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import OrgId

_AT_ONCE = 20
"""Organizations in one transaction: few enough that nobody waits for it."""


class Sampling:
    """A step of the worker loop. Several workers may take it: what one has recorded the others leave."""

    def __init__(self, db: Database, clock: Clock, availability: Availability) -> None:
        self._db = db
        self._clock = clock
        self._availability = availability
        self._minute: Instant | None = None
        self._left: list[OrgId] = []

    async def __call__(self) -> bool:
        """Record some of those not yet recorded in this minute; whether there were any."""
        now = self._clock.now()
        if (minute := minute_of(now)) != self._minute:
            self._left = await self._db.read(organizations_to_sample, minute)
            self._minute = minute
        if not self._left:
            return False
        batch, self._left = self._left[:_AT_ONCE], self._left[_AT_ONCE:]
        samples = {org: await self._samples(org) for org in batch}
        await self._db.write(record, samples, now=now)
        return True

    async def _samples(self, org: OrgId) -> list[Sample]:
        """The very figures that customers are told."""
        try:
            snapshot = await self._availability.of_organization(org)
        except NotFound:
            return []  # gone meanwhile
        return samples_of(snapshot, self._clock.now())
