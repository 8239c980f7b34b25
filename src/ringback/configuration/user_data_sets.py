"""Changing user data sets from the console, one at a time."""

from dataclasses import dataclass

import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.audit.model import Action, Author, Facts
from ringback.configuration.editing import (
    ChangedMeanwhile,
    free_key,
    lock,
    note,
    organization_of,
    refuse_same_name,
    version_of,
)
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound, RingbackError
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import OrgId, UserDataSetId
from ringback.widgets.model import UserDataSet, Widget


class UserDataSetInUse(RingbackError):
    """A user data set that a widget uses cannot be removed."""

    code = "UserDataSetInUse"


@dataclass(frozen=True, slots=True)
class KeptUserDataSet:
    """A user data set with all that is known of it."""

    id: UserDataSetId
    key: str
    settings: UserDataSet
    used_by: tuple[Widget, ...]
    """Widgets and conveys, in display order."""

    @property
    def version(self) -> str:
        """What tells two states of it apart."""
        return version_of(self.settings)


def kept_user_data_sets(tx: Tx, org: OrgId) -> tuple[KeptUserDataSet, ...]:
    """The organization's user data sets by name."""
    language = organization_of(tx, org).settings.default_language
    displayed = widgets.all_of(tx, org, default_language=language)
    kept = [
        KeptUserDataSet(set_id, key, data_set, tuple(each for each in displayed if each.user_data_set_id == set_id))
        for set_id, (key, data_set) in widgets.user_data_sets(tx, org).items()
    ]
    return tuple(sorted(kept, key=lambda each: (each.settings.name.casefold(), each.key)))


def kept_user_data_set(tx: Tx, org: OrgId, set_id: UserDataSetId) -> KeptUserDataSet:
    """One of them. Raises ``NotFound``."""
    for kept in kept_user_data_sets(tx, org):
        if kept.id == set_id:
            return kept
    raise NotFound("There is no such user data set.")


def create_user_data_set(tx: Tx, org: OrgId, settings: UserDataSet, *, by: Author, now: Instant) -> UserDataSetId:
    """A new user data set. Raises ``InvalidParameters`` (``name``) when another one is called so."""
    lock(tx, org)
    others = kept_user_data_sets(tx, org)
    refuse_same_name(settings.name, (each.settings.name for each in others), what="user data set")
    set_id = UserDataSetId(new_id(now))
    key = free_key(settings.name, {each.key for each in others}, otherwise="data")
    widgets.save_user_data_set(tx, org, set_id, key, settings, now=now)
    note(tx, org, Action.CREATED, ("user_data_set", key), None, _facts(settings), by, now)
    organizations.mark_changed(tx, org, now=now)
    return set_id


def copy_user_data_set(
    tx: Tx, org: OrgId, set_id: UserDataSetId, name: str, *, by: Author, now: Instant
) -> UserDataSetId:
    """A copy under another name. Raises as :func:`create_user_data_set` does, and ``NotFound``."""
    settings = kept_user_data_set(tx, org, set_id).settings
    return create_user_data_set(tx, org, settings.model_copy(update={"name": name}), by=by, now=now)


def change_user_data_set(
    tx: Tx, org: OrgId, set_id: UserDataSetId, settings: UserDataSet, *, seen: str, by: Author, now: Instant
) -> None:
    """Replace it, from the next request on. ``seen`` is the version that the new one was made from.

    Raises ``ChangedMeanwhile`` when that is not the present one, ``InvalidParameters`` (``name``) and ``NotFound``.
    """
    lock(tx, org)
    kept = kept_user_data_set(tx, org, set_id)
    if kept.version != seen:
        raise ChangedMeanwhile("Somebody else has changed this user data set meanwhile.", now=_facts(kept.settings))
    others = (each.settings.name for each in kept_user_data_sets(tx, org) if each.id != set_id)
    refuse_same_name(settings.name, others, what="user data set")
    if settings == kept.settings:
        return
    widgets.save_user_data_set(tx, org, set_id, kept.key, settings, now=now)
    note(tx, org, Action.CHANGED, ("user_data_set", kept.key), _facts(kept.settings), _facts(settings), by, now)
    organizations.mark_changed(tx, org, now=now)


def remove_user_data_set(tx: Tx, org: OrgId, set_id: UserDataSetId, *, by: Author, now: Instant) -> None:
    """Delete it. Raises ``UserDataSetInUse`` while a widget uses it, and ``NotFound``."""
    lock(tx, org)
    kept = kept_user_data_set(tx, org, set_id)
    if kept.used_by:
        raise UserDataSetInUse("Widgets use this user data set: give them another one first.")
    widgets.remove_user_data_set(tx, org, set_id)
    note(tx, org, Action.REMOVED, ("user_data_set", kept.key), _facts(kept.settings), None, by, now)
    organizations.mark_changed(tx, org, now=now)


def _facts(settings: UserDataSet) -> Facts:
    return settings.model_dump(mode="json")
