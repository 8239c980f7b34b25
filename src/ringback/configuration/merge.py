"""A draft on top of what is in force by now: setting by setting, pure.

A draft is a set of changes. Publishing it puts those in force, and leaves alone what somebody else has changed
meanwhile: a switch on the board, a configuration file, a colleague. Where both have changed the same setting, the
draft's is what would be in force, and the page says so before it is.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ringback.call_targets.model import CallTargetSettings, Draft

SWITCHES = ("register_callbacks", "process_callbacks")
"""They act at once, from the board, and are in no draft."""

_WHOLE = frozenset({"weekly"})
"""Tables that are one setting: the openings of a week belong together."""
_ABSENT = object()


def merged(draft: Draft, present: CallTargetSettings) -> CallTargetSettings:
    """What would be in force after publishing.

    Where the changes of both do not go together, the draft as it was saved, with the switches as they are.
    """
    base, mine, theirs = (each.model_dump(mode="json") for each in (draft.made_from, draft.settings, present))
    try:
        return CallTargetSettings.model_validate(_merge(base, mine, theirs))
    except ValidationError:
        return with_switches_of(present, draft.settings)


def with_switches_of(present: CallTargetSettings, settings: CallTargetSettings) -> CallTargetSettings:
    """The settings with the switches as they are in force."""
    return settings.model_copy(update={name: getattr(present, name) for name in SWITCHES})


def changed_meanwhile(draft: Draft, present: CallTargetSettings) -> bool:
    """Whether something else than the switches has changed in force since the draft was saved."""
    return with_switches_of(present, draft.made_from) != present


def _merge(base: Any, mine: Any, theirs: Any) -> Any:
    if not all(isinstance(each, Mapping) for each in (base, mine, theirs)):
        return _latest(base, mine, theirs)
    result = {}
    for key in dict.fromkeys((*theirs, *mine)):
        parts = (base.get(key, _ABSENT), mine.get(key, _ABSENT), theirs.get(key, _ABSENT))
        value = _latest(*parts) if key in _WHOLE else _merge(*parts)
        if value is not _ABSENT:
            result[key] = value
    return result


def _latest(base: Any, mine: Any, theirs: Any) -> Any:
    return theirs if mine == base else mine
