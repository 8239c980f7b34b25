"""The stages of a call, and from each those that it may move to: one table for each first party.

The same tables are the pictures in the documentation, and every move is held against them.
"""

from collections.abc import Mapping
from enum import StrEnum

from ringback.telephony.port import Party


class Stage(StrEnum):
    """Where a call stands. Each has a time limit but the first and the last."""

    NEW = "new"
    """Nothing has been done."""
    RINGING_CUSTOMER = "ringing_customer"
    """The customer's telephone rings. Agent first: the agent has accepted, and listens."""
    GREETING = "greeting"
    """The customer has answered, and is asked to press a key."""
    ASKING_MINUTES = "asking_minutes"
    """The customer wants to be called later, and is asked when."""
    REACHING_AGENT = "reaching_agent"
    """An agent's telephone rings, or the call waits in the agents' queue; the customer, if there, is on hold."""
    ASKING_AGENT = "asking_agent"
    """An agent has answered, and is asked to accept."""
    BRIDGING = "bridging"
    """Both are there, and are being joined."""
    TALKING = "talking"
    SAYING_GOODBYE = "saying_goodbye"
    """The end is decided, and the one who is there is told."""
    HANGING_UP = "hanging_up"
    """The attempt has ended; the network has not yet told the end of every leg."""
    OVER = "over"


_END = {
    Stage.SAYING_GOODBYE: frozenset({Stage.HANGING_UP}),
    # To itself: hung up once more, where the end of a leg was not told.
    Stage.HANGING_UP: frozenset({Stage.HANGING_UP, Stage.OVER}),
    Stage.OVER: frozenset[Stage](),
}
"""The end is the same, whoever is rung first."""

MOVES: Mapping[Party, Mapping[Stage, frozenset[Stage]]] = {
    Party.CUSTOMER: {
        Stage.NEW: frozenset({Stage.RINGING_CUSTOMER}),
        Stage.RINGING_CUSTOMER: frozenset({Stage.GREETING, Stage.HANGING_UP}),
        # To itself: asked once more.
        Stage.GREETING: frozenset(
            {Stage.GREETING, Stage.ASKING_MINUTES, Stage.REACHING_AGENT, Stage.SAYING_GOODBYE, Stage.HANGING_UP}
        ),
        Stage.ASKING_MINUTES: frozenset({Stage.SAYING_GOODBYE, Stage.HANGING_UP}),
        # To itself, and back to it: the next destination is tried. On to bridging: accepted without being asked.
        Stage.REACHING_AGENT: frozenset(
            {Stage.REACHING_AGENT, Stage.ASKING_AGENT, Stage.BRIDGING, Stage.SAYING_GOODBYE, Stage.HANGING_UP}
        ),
        Stage.ASKING_AGENT: frozenset({Stage.REACHING_AGENT, Stage.BRIDGING, Stage.SAYING_GOODBYE, Stage.HANGING_UP}),
        Stage.BRIDGING: frozenset({Stage.TALKING, Stage.REACHING_AGENT, Stage.SAYING_GOODBYE, Stage.HANGING_UP}),
        Stage.TALKING: frozenset({Stage.HANGING_UP}),
        **_END,
    },
    Party.AGENT: {
        Stage.NEW: frozenset({Stage.REACHING_AGENT}),
        # To bridging from here or the next: a customer who lost an agent before they talked is on hold.
        Stage.REACHING_AGENT: frozenset(
            {
                Stage.REACHING_AGENT,
                Stage.ASKING_AGENT,
                Stage.RINGING_CUSTOMER,
                Stage.BRIDGING,
                Stage.SAYING_GOODBYE,
                Stage.HANGING_UP,
            }
        ),
        Stage.ASKING_AGENT: frozenset(
            {
                Stage.REACHING_AGENT,
                Stage.RINGING_CUSTOMER,
                Stage.BRIDGING,
                Stage.SAYING_GOODBYE,
                Stage.HANGING_UP,
            }
        ),
        Stage.RINGING_CUSTOMER: frozenset({Stage.BRIDGING, Stage.SAYING_GOODBYE, Stage.HANGING_UP}),
        Stage.BRIDGING: frozenset({Stage.TALKING, Stage.REACHING_AGENT, Stage.SAYING_GOODBYE, Stage.HANGING_UP}),
        Stage.TALKING: frozenset({Stage.HANGING_UP}),
        **_END,
    },
}
"""By first party, from each stage those it may move to."""


def may_move(first_party: Party, origin: Stage, target: Stage) -> bool:
    """Whether the table of this first party allows this move."""
    return target in MOVES[first_party].get(origin, frozenset())
