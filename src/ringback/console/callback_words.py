"""What the console says of a callback: where it stands, how its promise was kept, and what happened to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ringback.callbacks.lifecycle import LIVE_CALL, Cause, Outcome, State
from ringback.callbacks.model import Callback
from ringback.console.page import Reader
from ringback.dispatch.plan import End, Postpone, Refusal
from ringback.kernel.clock import SECOND, Instant, from_unix
from ringback.telephony.port import Party

Details = Mapping[str, Any]
"""What a line of the timeline tells besides its kind, as it is stored."""

MEANINGS: Mapping[str, str] = {
    State.PENDING: "Waits for its time",
    State.WAITLISTED: "Due, but held back: it is called as soon as there is room",
    State.DIALING: "The first party is being called",
    State.CONNECTING: "The first party has answered, the other is being reached",
    State.TALKING: "Customer and agent are talking",
    Outcome.SUCCESS: "Customer and agent have talked",
    Outcome.CANCELED: "Cancelled before they talked",
    Outcome.UNAVAILABLE: "The customer was not reached in all attempts",
    Outcome.NOT_COMPLETED: "The agents were not reached",
    Outcome.ABANDONED: "The customer hung up while waiting for the agent",
    Outcome.RESCHEDULED_AWAY: "Replaced by a newer request",
    Outcome.EXPIRED: "It could not be made within its window",
    Outcome.FAILURE: "A fault of the system or the carrier",
}
"""What each state and outcome means."""

_TONES = {
    Outcome.SUCCESS: "good",
    Outcome.UNAVAILABLE: "warn",
    Outcome.NOT_COMPLETED: "warn",
    Outcome.ABANDONED: "warn",
    Outcome.EXPIRED: "warn",
    Outcome.FAILURE: "bad",
}

_SPELLED = {"dialing": "dialling", "canceled": "cancelled"}
"""Those that the API spells in the American way, and the console does not."""

_ON_TIME_SECONDS = 60
"""A promise is told to the minute, so that is how exactly it can be kept."""

_REASONS = {
    "paced": "others are before it, or as many calls are under way as agents can take",
    "processing_off": "processing is switched off",
    "closed": "the call target is closed",
    "quiet_hours": "it is night where the customer is",
    "calls_per_day": "the number has been called as often as it may be in a day",
    "blocked": "the number has come onto the block list",
    "window_over": "its window is over",
    "call_target_removed": "the call target has been removed",
    "network_busy": "the network was busy",
    "not_now": "it could not be called any more when its turn came",
}

_CAUSES = {
    Cause.ANSWERED: "both talked",
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no answer",
    Cause.MACHINE: "an answering machine",
    Cause.REJECTED: "the call was rejected",
    Cause.INVALID_NUMBER: "there is no such number",
    Cause.CONGESTION: "no free line",
    Cause.FAILED: "a fault",
    Cause.CANCELED: "hung up",
}
_BY_PARTY = {
    Party.CUSTOMER: "the customer",
    Party.AGENT: "the agent",
    Party.NETWORK: "the network",
    Party.RINGBACK: "Ringback",
}
_WISHES = {
    "later": "the customer pressed 2: call later",
    "cancel": "the customer pressed 9: cancel",
    "never_call": "the customer asked never to be called again",
}
_PEOPLE = {"customer": "the customer", "api": "the API", "sms": "text message"}


@dataclass(frozen=True, slots=True)
class Said:
    """A few words with a tone: ``good``, ``warn``, ``bad``, ``live`` or none."""

    words: str
    tone: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a callback's timeline."""

    at: Instant
    words: str
    tone: str = ""
    then: Instant | None = None
    """The time that the words end with."""
    text: str = ""
    """What somebody wrote."""
    by: str = ""


def state_of(callback: Callback) -> Said:
    """Where a callback stands, or how it ended."""
    if callback.outcome is not None:
        return Said(plain(callback.outcome), _TONES.get(callback.outcome, ""), MEANINGS[callback.outcome])
    return Said(plain(callback.state), "live" if callback.state in LIVE_CALL else "", MEANINGS[callback.state])


def plain(word: str) -> str:
    """A machine's word as people write it."""
    return _SPELLED.get(word, word.replace("_", " "))


def kept_promise(callback: Callback, now: Instant) -> Said | None:
    """How the call came against what was promised; None where nothing was promised, or nobody was called."""
    promised = callback.promised_at
    if promised is None:
        return None
    if callback.launched_at is not None:
        late = (callback.launched_at - promised) / SECOND
        if abs(late) < _ON_TIME_SECONDS:
            return Said("on time", "good")
        words = duration(abs(late))
        return Said(f"{words} late", "warn") if late > 0 else Said(f"{words} early", "good")
    if callback.outcome is None and now - promised >= _ON_TIME_SECONDS * SECOND:
        return Said(f"overdue by {duration((now - promised) / SECOND)}", "bad")
    return None


def duration(seconds: float) -> str:
    """A span of time in its two largest units: "45 s", "12 min", "2 h 5 min", "3 d 4 h"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def stopwatch(seconds: float) -> str:
    """A short span of time to the second: "+0:05", "+1:02:33"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours}:{minutes:02}:{rest:02}" if hours else f"+{minutes}:{rest:02}"


def tell(at: Instant, kind: str, details: Details) -> Line:
    """A line of the timeline in words. What another version wrote, and this one does not know, is told by its name."""
    says = _SAYS.get(kind)
    then = details.get(_TIMES.get(kind, ""))
    return Line(
        at,
        says(details) if says else plain(kind).capitalize(),
        _tone(kind, details),
        then=None if then is None else from_unix(then),
        text=str(details.get("text", "")) if kind == "note" else "",
        by=_by(details.get("by")),
    )


def refusal_words(refusal: Refusal, reader: Reader) -> Markup:
    """Why a callback is not called now, and when it is."""
    why = _REASONS[refusal.reason]
    if isinstance(refusal, Postpone):
        return Markup("Not before {}: {}.").format(reader.moment(refusal.until), why)
    if isinstance(refusal, End):
        return Markup("It will not be called: {}.").format(why)
    return Markup("It is held back as long as this is so: {}.").format(why)


def cause_words(cause: Cause) -> str:
    """Why an attempt ended."""
    return _CAUSES[cause]


def _ended(details: Details) -> str:
    wish = _WISHES.get(details.get("wish", ""))
    if wish:
        return f"Call ended: {wish}"
    cause = details.get("cause", "")
    words = _CAUSES.get(cause, plain(cause))
    who = _BY_PARTY.get(details.get("party", ""))
    return f"Call ended: {who} hung up" if cause == Cause.CANCELED and who else f"Call ended: {words}"


def _finished(details: Details) -> str:
    because = f", since {_reason(details)}" if details.get("reason") else ""
    return f"Finished: {plain(details.get('outcome', ''))}{because}"


def _tone(kind: str, details: Details) -> str:
    if kind == "note":
        return "note"
    if kind == "finished" and details.get("outcome") in set(Outcome):
        return _TONES.get(Outcome(details["outcome"]), "")
    return "live" if kind in {"dialing", "ringing", "answered", "connected"} else ""


def _reason(details: Details) -> str:
    reason = str(details.get("reason", ""))
    return _REASONS.get(reason, plain(reason))


def _by(who: object) -> str:
    return _PEOPLE.get(str(who), str(who)) if who else ""


_SAYS: Mapping[str, Callable[[Details], str]] = {
    "dialing": lambda details: f"Attempt {details.get('attempt', '')}: the first party is called",
    "ringing": lambda _: "The telephone rings",
    "answered": lambda _: "Answered; the other party is being reached",
    "connected": lambda _: "Customer and agent are connected",
    "ended": _ended,
    "finished": _finished,
    "waitlisted": lambda details: f"Held back: {_reason(details)}",
    "postponed": lambda details: f"Put off, since {_reason(details)}, until",
    "given_back": lambda details: f"Back in line: {_reason(details)}",
    "retry": lambda _: "To be tried again at",
    "later": lambda _: "The customer wants to be called at",
    "replaced": lambda _: "Replaced by a newer request of the customer",
    "canceled": lambda _: "Cancelled",
    "moved": lambda details: "Moved to" if "appointment_time" in details else "Moved to as soon as possible",
    "called_now": lambda _: "Put first in line, to be called now",
    "note": lambda details: "Note" if details.get("text") else "Note, erased",
}
"""What each kind of line says."""

_TIMES = {"moved": "appointment_time", "postponed": "until", "retry": "at", "later": "at"}
"""The detail that holds the time with which the words end."""
