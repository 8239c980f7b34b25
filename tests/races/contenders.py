"""Several who do something at the same instant, as threads of one process."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Literal

from tests.fakes.organizations import customer

from ringback.callbacks import service as callbacks
from ringback.callbacks.model import IdempotencyKey, Requested, Wish
from ringback.configuration import service as configurations
from ringback.configuration.model import Configuration
from ringback.db.database import Database, open_database
from ringback.dispatch.configurations import Configurations
from ringback.dispatch.model import Line, Worker
from ringback.dispatch.release import release
from ringback.kernel.clock import Instant
from ringback.kernel.errors import RingbackError
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId, WidgetId


@dataclass(frozen=True)
class Deed:
    """Something to be done, and by whom. What comes of it is a word: an error's code, a status, or an id."""

    kind: Literal["request", "cancel", "move", "dial"]
    number: int = 0
    slot: int | None = None
    callback_id: str = ""
    key: str = ""
    body: str = "body"


ORG, TARGET, WIDGET = OrgId("acme"), CallTargetId("acme-billing-target"), WidgetId("acme-billing")


def do_together(db: Database, deeds: Sequence[Deed], now: Instant) -> list[str]:
    """Each deed in a thread of its own, all begun at once; what came of each."""
    configuration = db.read_now(configurations.load, ORG)
    line_up = Barrier(len(deeds))

    def do(deed: Deed) -> str:
        line_up.wait()
        return _outcome(db, configuration, deed, now)

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(do, deeds))


def join_in(url: str, deeds: Sequence[Deed], now: int) -> list[str]:
    """In another process: open the database, wait until all processes have, and do these deeds together."""
    db = open_database(url, connections=len(deeds))
    try:
        db.read_now(configurations.load, ORG)  # connected
        _all_processes.wait()
        return do_together(db, deeds, Instant(now))
    finally:
        db.close()


def meet_at(barrier: Barrier) -> None:
    """Called at the start of another process with what all of them wait at."""
    global _all_processes  # noqa: PLW0603 - a process is given it once, before anything else
    _all_processes = barrier


_all_processes: Barrier


def _outcome(db: Database, configuration: Configuration, deed: Deed, now: Instant) -> str:
    try:
        match deed.kind:
            case "request":
                return db.write_now(
                    callbacks.request_callback,
                    configuration,
                    WIDGET,
                    Wish(customer(deed.number), appointment_at=None if deed.slot is None else Instant(deed.slot)),
                    render=_id_of,
                    idempotency_key=IdempotencyKey(deed.key, deed.body) if deed.key else None,
                    now=now,
                )
            case "cancel":
                cancellation = db.write_now(
                    callbacks.cancel_by_number,
                    ORG,
                    customer(deed.number).key,
                    callback_id=CallbackId(deed.callback_id) if deed.callback_id else None,
                    by="test",
                    now=now,
                )
                return cancellation.status.value
            case "move":
                callback = db.read_now(callbacks.get, ORG, CallbackId(deed.callback_id))
                assert deed.slot is not None
                db.write_now(callbacks.move_to, configuration, callback, Instant(deed.slot), by="test", now=now)
                return "moved"
            case "dial":
                worker = Worker("test", call_seconds=60, act_seconds=20)
                turn = db.write_now(release, Configurations(), Line(ORG, TARGET), by=worker, now=now)
                return " ".join(claim.callback.id for claim in turn.claims)
    except RingbackError as error:
        return error.code


def _id_of(requested: Requested) -> str:
    return requested.callback_id
