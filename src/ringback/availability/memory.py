"""The snapshots of the organizations that are asked for, each replaced as soon as it no longer holds.

A snapshot ends when the database tells of a change (``Database.listen``: at once for this process's own writes, within
a second for others') or when the clock reaches its ``valid_until``. On PostgreSQL it also ends after a second: another
process that dies between its commit and its announcement is not heard of. It is made again when next asked for, by
whoever asks first; the others wait for that one. Status requests are answered from here without touching the database.
"""

import asyncio
from collections import OrderedDict

import ringback.callbacks.service as callbacks
import ringback.configuration.service as configurations
import ringback.forecast.service as forecast
from ringback.availability.snapshot import Facts, Grids, Snapshot, take
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.db.tx import Change, Changes, Tx
from ringback.kernel.clock import DAY, HOUR, SECOND, Clock, Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import OrgId, WidgetId
from ringback.widgets.model import Widget


class Availability:
    """What organizations offer now. Belongs to one event loop; ``capacity`` organizations are kept."""

    def __init__(self, db: Database, clock: Clock, *, capacity: int = 1000) -> None:
        self._db = db
        self._clock = clock
        self._capacity = capacity
        self._longest = SECOND if db.engine == "postgresql" else DAY
        self._entries: OrderedDict[OrgId, _Entry] = OrderedDict()
        self._owners: dict[WidgetId, OrgId] = {}
        db.listen(self._changed)

    async def of_organization(self, org: OrgId) -> Snapshot:
        """What the organization's widgets offer now. Raises ``NotFound``."""
        entry = self._entries.get(org)
        if entry is None:
            entry = self._entries[org] = _Entry()
        self._entries.move_to_end(org)
        return entry.held(self._clock.now(), self._longest) or await self._renew(org, entry)

    async def of_widget(self, widget_id: WidgetId) -> tuple[Snapshot, Widget]:
        """The widget, and what its organization offers now. Raises ``NotFound``."""
        snapshot = await self.of_organization(await self._owner(widget_id))
        return snapshot, self._widget(snapshot.configuration, widget_id)

    async def configuration_of(self, org: OrgId) -> Configuration:
        """The organization's configuration alone, for those to whom its queues do not matter. Raises ``NotFound``."""
        entry = self._entries.get(org)
        configuration = entry.held_configuration(self._clock.now(), self._longest) if entry else None
        return configuration or (await self.of_organization(org)).configuration

    async def configuration_of_widget(self, widget_id: WidgetId) -> tuple[Configuration, Widget]:
        """The widget, and the configuration it belongs to. Raises ``NotFound``."""
        configuration = await self.configuration_of(await self._owner(widget_id))
        return configuration, self._widget(configuration, widget_id)

    def forget(self, org: OrgId) -> None:
        """Load the organization afresh when it is next asked for."""
        if entry := self._entries.get(org):
            entry.configuration_changed = True

    async def _owner(self, widget_id: WidgetId) -> OrgId:
        owner = self._owners.get(widget_id)
        return owner if owner is not None else await self._db.read(configurations.organization_of_widget, widget_id)

    def _widget(self, configuration: Configuration, widget_id: WidgetId) -> Widget:
        widget = configuration.widgets.get(widget_id)
        if widget is None:
            self._owners.pop(widget_id, None)
            raise NotFound("There is no such widget.")
        return widget

    async def _renew(self, org: OrgId, entry: "_Entry") -> Snapshot:
        # A reading that began after we asked is recent enough, even if something changed while it ran: under a steady
        # stream of changes nobody waits for more than the one under way and the next.
        begun = entry.readings
        async with entry.lock:
            if entry.readings > begun and entry.snapshot is not None:
                return entry.snapshot
            if snapshot := entry.held(self._clock.now(), self._longest):
                return snapshot
            entry.readings += 1
            try:
                return await self._load(org, entry, self._clock.now())
            except BaseException as error:
                entry.snapshot = None
                if isinstance(error, NotFound):
                    self._entries.pop(org, None)
                raise

    async def _load(self, org: OrgId, entry: "_Entry", now: Instant) -> Snapshot:
        # The marks are taken down before reading: a commit that this read misses puts them up again.
        known = None if entry.configuration_changed else entry.configuration
        entry.configuration_changed = entry.callbacks_changed = False
        configuration, facts = await self._db.read(_read, org, known, now)
        if configuration is not known:
            entry.grids = {}
            for widget_id in configuration.widgets:
                self._owners[widget_id] = org
        entry.configuration, entry.facts, entry.read_at = configuration, facts, now
        entry.snapshot = snapshot = take(configuration, facts, entry.grids, now)
        self._make_room()
        return snapshot

    def _make_room(self) -> None:
        while len(self._entries) > self._capacity:
            _, entry = self._entries.popitem(last=False)
            if entry.configuration:
                for widget_id in entry.configuration.widgets:
                    self._owners.pop(widget_id, None)

    def _changed(self, changes: Changes | None) -> None:
        """Put up the marks. Runs in a thread of the database, so it does no more than that."""
        if changes is None:
            for entry in tuple(self._entries.values()):
                entry.callbacks_changed = True  # reading asks for the configuration's version anyway
            return
        for org, what in changes:
            marked = self._entries.get(org)
            if marked is None:
                continue
            if what is Change.CONFIGURATION:
                marked.configuration_changed = True
            elif what is Change.CALLBACKS:
                marked.callbacks_changed = True


class _Entry:
    """What is kept of one organization, with marks that say what of it no longer holds."""

    __slots__ = (
        "callbacks_changed",
        "configuration",
        "configuration_changed",
        "facts",
        "grids",
        "lock",
        "read_at",
        "readings",
        "snapshot",
    )

    def __init__(self) -> None:
        self.configuration_changed = True
        self.callbacks_changed = True
        self.configuration: Configuration | None = None
        self.facts: Facts | None = None
        self.grids: Grids = {}
        self.read_at = Instant(0)
        self.readings = 0
        self.snapshot: Snapshot | None = None
        self.lock = asyncio.Lock()

    def held(self, now: Instant, longest: int) -> Snapshot | None:
        """The snapshot if nothing has changed; when only time has passed, a new one from the same facts."""
        if self.configuration_changed or self.callbacks_changed or self.snapshot is None or self.facts is None:
            return None
        if not self._is_recent(now, longest):
            return None
        if now >= self.snapshot.valid_until:
            self.snapshot = take(self.snapshot.configuration, self.facts, self.grids, now)
        return self.snapshot

    def held_configuration(self, now: Instant, longest: int) -> Configuration | None:
        """The configuration if it has not changed, whatever the queues have done."""
        return None if self.configuration_changed or not self._is_recent(now, longest) else self.configuration

    def _is_recent(self, now: Instant, longest: int) -> bool:
        return 0 <= now - self.read_at < longest


def _read(tx: Tx, org: OrgId, known: Configuration | None, now: Instant) -> tuple[Configuration, Facts]:
    is_present = known is not None and known.version == configurations.version(tx, org)
    configuration = known if known and is_present else configurations.load(tx, org)
    facts = Facts(
        loads=callbacks.loads(tx, org),
        memories=forecast.memories(tx, org),
        queue_stats=forecast.all_queue_stats(tx, org),
        taken_slots=callbacks.taken_slots(tx, org, Instant(now - HOUR)),
    )
    return configuration, facts
