import re
from itertools import product

import pytest
from sqlalchemy import CheckConstraint, Table

from ringback.callbacks.lifecycle import IN_LINE, LIVE_CALL, MOVES, Cause, Outcome, State, may_move
from ringback.callbacks.model import Kind
from ringback.db import schema

DRAWN = {
    "pending": "pending waitlisted dialing finished",
    "waitlisted": "pending dialing finished",
    "dialing": "connecting pending finished",
    "connecting": "talking pending finished",
    "talking": "finished",
    "finished": "",
}
"""The picture of the design, each arrow by name."""


@pytest.mark.parametrize(("origin", "target"), [*product(State, State)])
def test_exactly_the_drawn_moves_are_legal(origin: State, target: State):
    assert may_move(origin, target) == (target.value in DRAWN[origin.value].split())


def test_every_state_can_be_reached_and_left_for_the_end():
    assert _reachable(State.PENDING) == set(State)
    assert all(State.FINISHED in _reachable(state) for state in State)


def test_what_is_over_stays_over():
    assert not MOVES[State.FINISHED]


def test_each_state_waits_in_line_is_on_the_phone_or_is_over():
    assert {*IN_LINE, *LIVE_CALL, State.FINISHED} == set(State)
    assert not IN_LINE & LIVE_CALL


def test_who_talks_is_never_put_back_in_line():
    assert not MOVES[State.TALKING] & IN_LINE


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        (schema.callbacks, "state", State),
        (schema.callbacks, "outcome", Outcome),
        (schema.callbacks, "type", Kind),
        (schema.attempts, "cause", Cause),
    ],
)
def test_the_database_allows_the_same_words(table: Table, column: str, words: type):
    (check,) = (
        constraint
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint) and str(constraint.sqltext).startswith(f"{column} IN")
    )
    assert set(re.findall(r"'(\w+)'", str(check.sqltext))) == {word.value for word in words}


@pytest.mark.parametrize(("condition", "states"), [(schema.LIVE_CALL, LIVE_CALL), (schema.IN_LINE, IN_LINE)])
def test_the_indexes_cover_the_same_states(condition: str, states: frozenset[State]):
    assert set(re.findall(r"'(\w+)'", condition)) == {state.value for state in states}


def _reachable(state: State) -> set[State]:
    reached = {state}
    while more := {target for origin in reached for target in MOVES[origin]} - reached:
        reached |= more
    return reached
