"""The state as JSON text, as it is stored with its conversation."""

import json
from typing import ClassVar

from pydantic import TypeAdapter, ValidationError

from ringback.kernel.errors import RingbackError
from ringback.messaging.engine.model import State

VERSION = 1


class StateUnreadable(RingbackError):
    """A stored state cannot be read: another version wrote it, or it was spoilt. The conversation begins afresh."""

    code: ClassVar[str] = "StateUnreadable"


def to_document(state: State) -> str:
    """The state as JSON text: what is not at its default, and the version."""
    kept = _STATES.dump_python(state, mode="json", exclude_defaults=True)
    return json.dumps({"version": VERSION, **kept}, ensure_ascii=False, separators=(",", ":"))


def from_document(text: str) -> State:
    """The state that was stored as ``text``. Raises :class:`StateUnreadable`."""
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or document.pop("version", None) != VERSION:
            raise StateUnreadable("a stored conversation was written by another version")
        return _STATES.validate_python(document)
    except (ValueError, ValidationError) as error:
        raise StateUnreadable("a stored conversation cannot be read") from error


_STATES = TypeAdapter(State)
