"""Ringback's own answers to the callbacks of a trace: those of ``ringback forecast replay``."""

import json
from collections.abc import Iterable

from bench.quality.score import Told, quoted
from bench.quality.trace import Event
from ringback.forecast.estimate import TOLERANCE
from ringback.forecast.replay import Replay

TOLD = "Ringback, staffing told"
LEARNT = "Ringback, staffing learnt"


def answers(events: Iterable[Event]) -> dict[str, Told]:
    """What each callback, by its id, would have been told. Raises ``ValueError`` for a trace that is not understood."""
    replay = Replay()
    given = {}
    for event in events:
        if told := replay.take(json.dumps(event)):
            # What a message quotes: the pessimistic part of the range, as far as a promise may not be missed.
            promise = max(told.estimate, told.high - TOLERANCE)
            given[str(told.id)] = Told(told.estimate, quoted(promise), told.low, told.high)
    # The end of a call that lasts hours may be ignored: by then it was taken for lost.
    if replay.problems or set(replay.ignored) - {"finished"}:
        raise ValueError(f"the replay did not understand this trace: {replay.problems[:3]}, {dict(replay.ignored)}")
    return given
