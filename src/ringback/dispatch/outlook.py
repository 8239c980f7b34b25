"""What people want to know of a callback's calls: which there were, and why it is not called now."""

from dataclasses import replace

from ringback.callbacks.model import Callback, Kind
from ringback.configuration.model import Configuration
from ringback.db.tx import Tx
from ringback.dispatch import plan, store
from ringback.dispatch.plan import Refusal
from ringback.dispatch.release import customer_facts
from ringback.kernel.clock import Instant

attempts_of = store.attempts_of


def outlook(tx: Tx, configuration: Configuration, callback: Callback, *, now: Instant) -> Refusal | None:
    """Why a callback would not be dialled now even if it were first in line and due; None if it would be."""
    target = configuration.call_targets.get(callback.call_target_id)
    called = replace(callback, kind=Kind.ASAP, appointment_at=None, due_at=now)
    refusal = plan.refusal(target, called, now)
    if refusal is not None or target is None:
        return refusal
    return plan.second_look(target, called, customer_facts(tx, configuration, called, (), now), now)
