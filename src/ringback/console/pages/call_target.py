"""One call target: what all its pages show."""

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any
from zoneinfo import available_timezones

import ringback.callbacks.service as callbacks
import ringback.configuration.service as configurations
import ringback.forecast.service as forecast
from ringback.availability.snapshot import Facts
from ringback.call_targets.model import CallTarget
from ringback.configuration.call_targets import KeptCallTarget, kept_call_target, live_callbacks
from ringback.configuration.merge import changed_meanwhile, with_switches_of
from ringback.configuration.model import Configuration
from ringback.console.call_targets.fields import Tab
from ringback.console.call_targets.tabs import HISTORY, TABS
from ringback.console.call_targets.words import difference
from ringback.console.page import page
from ringback.console.pages.call_targets import HERE
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import HOUR, Instant
from ringback.kernel.tenancy import CallTargetId, OrgId


@dataclass(frozen=True, slots=True)
class Opened:
    """A call target with its queue, for pages that ask what would be offered."""

    kept: KeptCallTarget
    configuration: Configuration
    facts: Facts
    live: int

    def as_drafted(self) -> CallTarget:
        """The call target as the draft would have it."""
        return self.kept.with_settings(self.kept.latest)


def id_in(visit: Visit) -> CallTargetId:
    """Which one the address names."""
    return CallTargetId(visit.path["target"])


def open_with_queue(tx: Tx, org: OrgId, call_target_id: CallTargetId, at: Instant) -> Opened:
    """The call target with what the database says of the queues; timeslots from ``at`` on. Raises ``NotFound``."""
    kept = kept_call_target(tx, org, call_target_id)
    facts = Facts(
        loads=callbacks.loads(tx, org),
        memories=forecast.memories(tx, org),
        queue_stats=forecast.all_queue_stats(tx, org),
        taken_slots=callbacks.taken_slots(tx, org, Instant(at - HOUR)),
    )
    return Opened(kept, configurations.load(tx, org), facts, live_callbacks(tx, org, call_target_id))


async def target_page(
    visit: Visit, kept: KeptCallTarget, tab: Tab, template: str, *, status: int = HTTPStatus.OK, **values: Any
) -> Answer:
    """A page of the call target, with its tabs and, if there is one, with what its draft would change."""
    reader = await visit.desk.db.read(reader_of, visit.org)
    name = kept.settings.name
    draft = kept.draft
    return page(
        visit,
        template,
        f"{name}: {tab.title}",
        here=HERE,
        status=status,
        kept=kept,
        own=f"{HERE}/{kept.id}",
        tab=tab,
        tabs=[each for each in TABS if each is not HISTORY or visit.may(Permission.READ_AUDIT_LOG)],
        waiting=difference(kept.settings, kept.latest),
        meanwhile=(
            difference(with_switches_of(kept.settings, draft.made_from), kept.settings)
            if draft and changed_meanwhile(draft, kept.settings)
            else []
        ),
        reader=reader,
        now=visit.now,
        may_edit=visit.may(Permission.CONFIGURE),
        **values,
    )


@cache
def zone_names() -> tuple[str, ...]:
    """The zones that can be chosen, places only."""
    return tuple(
        sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    )
