"""A flow as JSON text, as it is stored with its attempt."""

from typing import ClassVar

from pydantic import TypeAdapter, ValidationError

from ringback.kernel.errors import RingbackError
from ringback.telephony.flow.model import Flow


class FlowUnreadable(RingbackError):
    """A stored call flow cannot be read: it was written by another version, or spoilt."""

    code: ClassVar[str] = "FlowUnreadable"


def to_document(flow: Flow) -> str:
    """The flow as JSON text."""
    return _FLOWS.dump_json(flow).decode()


def from_document(text: str) -> Flow:
    """The flow that was stored as ``text``. Raises :class:`FlowUnreadable`."""
    try:
        return _FLOWS.validate_json(text)
    except ValidationError as error:
        raise FlowUnreadable("a stored call flow cannot be read; its attempt has to be given up") from error


_FLOWS = TypeAdapter(Flow)
