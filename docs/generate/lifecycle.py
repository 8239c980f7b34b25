"""``lifecycle.md``: the states of a callback and the moves between them."""

from enum import StrEnum

from docs.generate import meanings
from docs.generate.markdown import block, code, document, table

from ringback.callbacks.lifecycle import IN_LINE, LIVE_CALL, MOVES, Cause, Outcome, State

_INTRODUCTION = """\
A callback begins as `pending` and ends as `finished`, with an outcome. These are all the moves there are; the database
refuses any other word, and the code any other move."""

_NOTES = """\
- `pending` to `pending`: moved to another time, or put off until the call target opens.
- `waitlisted` to `pending`: the call target closed while it was held back, or it was moved to another time.
- `dialing` or `connecting` to `pending`: the customer or the agents were not reached, and another attempt follows.

Through retries and waiting a callback keeps its place in line: the time at which it was first asked for, or its booked
time. Only moving it to another time changes that."""


def page() -> str:
    """The page."""
    return document(
        "Lifecycle of a callback",
        _INTRODUCTION,
        picture(),
        _NOTES,
        "## States",
        table(
            ("state", "meaning", "can be cancelled"),
            [(code(state), meanings.of(State, state.name), _cancelable(state)) for state in State],
        ),
        "## Outcomes",
        _words(Outcome, "outcome"),
        "## Attempts",
        "Each call is an attempt with times of its own, and ends for one of these causes.",
        _words(Cause, "cause"),
    )


def picture() -> str:
    """The table of moves as a Mermaid state diagram."""
    arrows = [f"    {origin} --> {target}" for origin in State for target in State if target in MOVES[origin]]
    ends = [f"    {state} --> [*]" for state in State if not MOVES[state]]
    lines = ["stateDiagram-v2", "    direction LR", f"    [*] --> {State.PENDING}", *arrows, *ends]
    return block("mermaid", "\n".join(lines))


def _cancelable(state: State) -> str:
    if state in IN_LINE:
        return "yes"
    return "no: the call has begun" if state in LIVE_CALL else "no"


def _words(words: type[StrEnum], head: str) -> str:
    return table((head, "meaning"), [(code(word), meanings.of(words, word.name)) for word in words])
