"""What must hold after a race, whoever has won it."""

from collections import Counter
from typing import Any

from tests.fakes.organizations import Organization, customer
from tests.races.contenders import Deed

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import State
from ringback.callbacks.model import Callback
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel.clock import Clock, Instant, after

RULES = ["refuse", "keep", "replace", "allow"]


def settle(db: Database, clock: Clock, *, capacity: int = 1, **settings: Any) -> Organization:
    """An organization with room for so many in each slot, where nobody is held back by limits or pacing."""
    acme = Organization(db, clock, limits={"per_number": {"requests": 1000, "seconds": 60}})
    pacing = {"max_queue_depth": 1000, "calls_per_second": 100}
    slots = {"length_minutes": 30, "capacity": capacity, "days_ahead": 2}
    acme.call_target(**{"pacing": pacing, "slots": slots, **settings})
    acme.widget()
    return acme


def all_callbacks(acme: Organization) -> list[Callback]:
    def read(tx: Tx) -> list[Callback]:
        return [callbacks.get(tx, acme.org, row["id"]) for row in tx.all("SELECT id FROM callbacks ORDER BY id")]

    return acme.db.read_now(read)


def one_got_the_last_place(acme: Organization, slot: Instant, outcomes: list[str]) -> None:
    (stored,) = (callback for callback in all_callbacks(acme) if callback.appointment_at == slot)
    assert sorted(outcomes) == sorted([stored.id, *["AppointmentTimeFull"] * (len(outcomes) - 1)])
    acme.check_books()


def the_rule_was_kept(acme: Organization, rule: str, outcomes: list[str], standing: str | None) -> None:
    """Of many requests of one number at once, on top of the one ``standing`` if there was one."""
    stored = {callback.id: callback for callback in all_callbacks(acme)}
    live = {callback.id for callback in stored.values() if callback.state is State.PENDING}
    counted = Counter(outcomes)
    refused = counted.pop("DuplicateRequest", 0)
    if rule == "allow":
        assert set(counted) | ({standing} if standing else set()) == live == set(stored)
        assert refused == 0
    elif rule == "replace":
        assert len(live) == 1
        assert live <= set(counted)
        assert set(stored) == set(counted) | ({standing} if standing else set())
        assert {callback.outcome for callback in stored.values() if callback.id not in live} <= {"rescheduled_away"}
        assert len({callback.order_at for callback in stored.values()}) == 1  # the first one's place
    else:
        assert live == set(stored)
        assert len(live) == 1
        if standing:
            assert dict(counted) == ({standing: len(outcomes)} if rule == "keep" else {})
        elif rule == "keep":
            assert set(counted) == live
        else:
            assert dict(counted) == dict.fromkeys(live, 1)
    acme.check_books()


def each_was_cancelled_or_called(acme: Organization, deeds: list[Deed], outcomes: list[str]) -> None:
    """Never both, never neither."""
    done = [*zip(deeds, outcomes, strict=True)]
    dialled = {name for deed, outcome in done if deed.kind == "dial" for name in outcome.split()}
    attempts = acme.db.read_now(lambda tx: {row["callback_id"] for row in tx.all("SELECT callback_id FROM attempts")})
    assert attempts == dialled
    for deed, outcome in done:
        if deed.kind != "cancel":
            continue
        callback = acme.db.read_now(callbacks.get, acme.org, deed.callback_id)  # type: ignore[arg-type]
        if outcome == "Canceled":
            assert (callback.state, callback.outcome) == (State.FINISHED, "canceled")
            assert callback.id not in dialled
        else:
            assert outcome == "FAILED"
            assert callback.state is State.DIALING
            assert callback.id in dialled
    acme.check_books()


def due_callbacks(acme: Organization, clock: Any, count: int) -> list[str]:
    """So many callbacks, each of another number, whose turn it is."""
    ids = [acme.request(customer(n)).callback_id for n in range(count)]
    clock.turn_to(after(clock.now(), 1))
    return [*ids]
