"""The two switches of a call target: take new callbacks, and dial those that are due."""

import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
from ringback.audit.model import Action, Author
from ringback.call_targets.model import CallTarget
from ringback.configuration.editing import lock, note
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import CallTargetId, OrgId


def switch_registering(
    tx: Tx, org: OrgId, call_target_id: CallTargetId, *, on: bool, by: Author, now: Instant
) -> CallTarget:
    """Take new callbacks, or none any more, from the next request on; the call target as it was before.

    Raises ``NotFound``.
    """
    return _switch(tx, org, call_target_id, "register_callbacks", on=on, by=by, now=now)


def switch_processing(
    tx: Tx, org: OrgId, call_target_id: CallTargetId, *, on: bool, by: Author, now: Instant
) -> CallTarget:
    """Dial the callbacks that are due, or keep them waiting; the call target as it was before.

    Calls under way are not touched. Raises ``NotFound``.
    """
    return _switch(tx, org, call_target_id, "process_callbacks", on=on, by=by, now=now)


def _switch(
    tx: Tx, org: OrgId, call_target_id: CallTargetId, switch: str, *, on: bool, by: Author, now: Instant
) -> CallTarget:
    zone = lock(tx, org).settings.time_zone
    target = next((each for each in call_targets.all_of(tx, org, default_zone=zone) if each.id == call_target_id), None)
    if target is None:
        raise NotFound("There is no such call target.")
    was_on = getattr(target.settings, switch)
    if was_on != on:
        settings = target.settings.model_copy(update={switch: on})
        call_targets.save(tx, org, target.id, target.key, settings, now=now)
        note(tx, org, Action.CHANGED, ("call_target", target.key), {switch: was_on}, {switch: on}, by, now)
        organizations.mark_changed(tx, org, now=now)
    return target
