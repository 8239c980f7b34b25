"""The life of a callback: one table of legal moves.

The same table is the database's CHECK (``db/schema.py``), the picture in the documentation and the model of the
stateful tests. ``requested`` is the moment of asking; a row begins as ``pending``.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a callback stands."""

    PENDING = "pending"
    """Waits for its time."""
    WAITLISTED = "waitlisted"
    """Due, but held back by pacing."""
    DIALING = "dialing"
    """The first party is being called."""
    CONNECTING = "connecting"
    """The first party has answered, the other is being reached."""
    TALKING = "talking"
    """Both are connected."""
    FINISHED = "finished"


class Outcome(StrEnum):
    """How a callback ended."""

    SUCCESS = "success"
    CANCELED = "canceled"
    UNAVAILABLE = "unavailable"
    """The customer was not reached in all attempts."""
    NOT_COMPLETED = "not_completed"
    """The agents were not reached."""
    ABANDONED = "abandoned"
    """The customer hung up while waiting for the agent."""
    RESCHEDULED_AWAY = "rescheduled_away"
    """Replaced by a newer request."""
    EXPIRED = "expired"
    """Could not be placed in its window."""
    FAILURE = "failure"
    """A fault of the system or the carrier."""


class Cause(StrEnum):
    """Why an attempt ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    MACHINE = "machine"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CONGESTION = "congestion"
    FAILED = "failed"
    CANCELED = "canceled"


MOVES: dict[State, frozenset[State]] = {
    # To itself: moved to another time.
    State.PENDING: frozenset({State.PENDING, State.WAITLISTED, State.DIALING, State.FINISHED}),
    # Back to pending: the call target closed while it was held back, or it was moved to another time.
    State.WAITLISTED: frozenset({State.PENDING, State.DIALING, State.FINISHED}),
    # Back to pending: a retry.
    State.DIALING: frozenset({State.PENDING, State.CONNECTING, State.FINISHED}),
    State.CONNECTING: frozenset({State.PENDING, State.TALKING, State.FINISHED}),
    State.TALKING: frozenset({State.FINISHED}),
    State.FINISHED: frozenset(),
}
"""From each state, the states it may move to."""

IN_LINE = frozenset({State.PENDING, State.WAITLISTED})
"""Nobody's phone is ringing yet: the callback may still be cancelled or moved."""

LIVE_CALL = frozenset({State.DIALING, State.CONNECTING, State.TALKING})
"""An attempt is under way, held by a worker's lease."""


def may_move(origin: State, target: State) -> bool:
    """Whether the table allows this move."""
    return target in MOVES[origin]
