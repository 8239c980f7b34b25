"""What has happened to a callback, in a few words."""

from collections.abc import Mapping
from typing import Any

from ringback.board.model import Happening
from ringback.callbacks.lifecycle import Cause, Outcome

_WORDS = {
    "requested": "asked for a callback",
    "dialing": "released",
    "ringing": "rings",
    "answered": "answered",
    "connected": "connected to an agent",
    "retry": "will be called again",
    "later": "wants to be called later",
    "canceled": "cancelled",
    "moved": "moved to another time",
    "postponed": "put off",
    "replaced": "replaced by a newer request",
    "called_now": "put first in line",
    "note": "a note was written",
    "given_back": "back in line: the call could not be begun",
}

_CAUSES = {
    Cause.ANSWERED: "hung up after talking",
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "not answered",
    Cause.MACHINE: "a machine answered",
    Cause.REJECTED: "rejected the call",
    Cause.INVALID_NUMBER: "no such number",
    Cause.CONGESTION: "no free line",
    Cause.FAILED: "the call failed",
    Cause.CANCELED: "the call was cancelled",
}

OUTCOMES = {
    Outcome.SUCCESS: "connected",
    Outcome.CANCELED: "cancelled",
    Outcome.UNAVAILABLE: "not reached",
    Outcome.NOT_COMPLETED: "no agent reached",
    Outcome.ABANDONED: "hung up waiting",
    Outcome.RESCHEDULED_AWAY: "replaced",
    Outcome.EXPIRED: "expired",
    Outcome.FAILURE: "failed",
}
"""How callbacks end, as a count of them is headed."""


def words_of(happening: Happening) -> str:
    """What happened."""
    details = happening.details
    match happening.kind:
        case "ended":
            return _CAUSES.get(details.get("cause", ""), "the call ended")
        case "finished":
            return f"finished: {OUTCOMES.get(details.get('outcome', ''), 'ended')}"
        case "dialing" if details.get("attempt", 1) > 1:
            return f"released, attempt {details['attempt']}"
        case "canceled" | "moved" | "called_now" | "note" if details.get("by"):
            return f"{_WORDS[happening.kind]} by {_author(details)}"
        case "requested" if details.get("channel"):
            return f"{_WORDS['requested']} ({details['channel']})"
    return _WORDS.get(happening.kind, happening.kind.replace("_", " "))


def last_digits(number: str) -> str:
    """A number as the board shows it: nothing but its last four digits."""
    digits = number.partition(";")[0]
    return "erased" if digits.startswith("erased:") else f"… {digits[-4:]}"


def _author(details: Mapping[str, Any]) -> str:
    by = str(details["by"])
    return {"api": "the API", "customer": "the customer", "sms": "text message"}.get(by, by)
