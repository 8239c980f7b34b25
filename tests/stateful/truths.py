"""What the database holds at one moment, and what must be true of it whatever has happened."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.stateful.networks import Rung

from ringback.callbacks import service as callbacks
from ringback.callbacks.lifecycle import IN_LINE, LIVE_CALL, MOVES, Cause, Outcome, State
from ringback.db.tx import Tx
from ringback.forecast.model import Load
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId, OrgId
from ringback.telephony.port import Party

Values = Mapping[str, Any]

_ENDED_IN_LINE = {Outcome.CANCELED, Outcome.RESCHEDULED_AWAY, Outcome.EXPIRED}
"""Nobody was called for these since they last waited: their places are free again."""

_NEVER_CHANGED = {"flow", "wake_at"}
"""But for these: a call may outlast its attempt, until everybody is hung up."""

_STEPS = ("claimed_at", "ringing_at", "answered_at", "connected_at", "ended_at")


@dataclass(frozen=True)
class Facts:
    """All that is stored about the callbacks of an organization."""

    callbacks: Mapping[str, Values]
    attempts: Mapping[str, list[Values]]
    """By callback, the first one first."""
    taken: Mapping[tuple[str, Instant], int]
    loads: Mapping[CallTargetId, Load]
    recounted: Mapping[CallTargetId, Load]
    turns: list[Values]
    never_call: frozenset[str]
    """Numbers of people who have asked never to be called again."""

    @property
    def attempt_ids(self) -> set[str]:
        return {attempt["id"] for attempts in self.attempts.values() for attempt in attempts}

    def live(self) -> list[Values]:
        """Those that have not ended, oldest first."""
        return [row for row in self.callbacks.values() if row["outcome"] is None]

    def live_of(self, number: str, target: str | None = None) -> list[Values]:
        return [
            row for row in self.live() if row["contact_number"] == number and target in {None, row["call_target_id"]}
        ]

    def waiting(self) -> list[Values]:
        return [row for row in self.callbacks.values() if row["state"] in IN_LINE]

    def under_way(self) -> list[Values]:
        """The attempts of which somebody is still to be hung up."""
        return [attempt for attempts in self.attempts.values() for attempt in attempts if attempt["flow"] is not None]

    def calls_since(self, since: Instant, **of: str) -> list[Values]:
        """The attempts begun after ``since`` for callbacks with these values."""
        return [
            attempt
            for key, attempts in self.attempts.items()
            if all(self.callbacks[key][name] == value for name, value in of.items())
            for attempt in attempts
            if attempt["claimed_at"] > since
        ]


def look(tx: Tx, org: OrgId, targets: Iterable[CallTargetId]) -> Facts:
    """Everything, on one snapshot."""
    attempts = defaultdict(list)
    for row in tx.all("SELECT * FROM attempts WHERE org_id = :org ORDER BY callback_id, number", org=org):
        attempts[row["callback_id"]].append(dict(row))
    return Facts(
        callbacks={
            row["id"]: dict(row)
            for row in tx.all("SELECT * FROM callbacks WHERE org_id = :org ORDER BY created_at, id", org=org)
        },
        attempts=attempts,
        taken={
            (row["call_target_id"], row["starts_at"]): row["taken"]
            for row in tx.all("SELECT * FROM timeslots WHERE org_id = :org", org=org)
        },
        loads={target: callbacks.load_of(tx, org, target) for target in targets},
        recounted={target: callbacks.recount(tx, org, target) for target in targets},
        turns=[dict(row) for row in tx.all("SELECT * FROM dispatch_turns WHERE org_id = :org", org=org)],
        never_call=frozenset(
            row["pattern"]
            for row in tx.all(
                "SELECT pattern FROM blocked_numbers WHERE org_id = :org AND reason = 'never_call'", org=org
            )
        ),
    )


def check(facts: Facts, rung: list[Rung], *, slot_capacity: int, max_attempts: int, owners: set[str]) -> None:
    """Assert what holds at every moment."""
    assert facts.loads == facts.recounted, "the counts kept are not those of the rows"
    _check_slots(facts, slot_capacity)
    for key, row in facts.callbacks.items():
        attempts = facts.attempts.get(key, [])
        assert row["attempts"] == len(attempts), f"attempts are miscounted: {row}"
        put_off = sum(attempt["cause"] == Cause.CANCELED for attempt in attempts)
        assert len(attempts) <= max_attempts + put_off, f"called too often: {attempts}"
        assert row["launched_at"] == (attempts[0]["claimed_at"] if attempts else None), f"launched when? {row}"
        assert [attempt["number"] for attempt in attempts] == list(range(1, len(attempts) + 1)), attempts
        alive = [attempt for attempt in attempts if attempt["ended_at"] is None]
        assert alive == (attempts[-1:] if row["state"] in LIVE_CALL else []), f"{row} has {attempts}"
        _check_lease(row, alive, owners)
        for attempt in attempts:
            steps = [attempt[step] for step in _STEPS if attempt[step] is not None]
            assert all(one < other for one, other in pairwise(steps)), attempt
            assert attempt["ended_at"] is not None or attempt["flow"] is not None, f"nobody follows {attempt}"
            assert (attempt["flow"] is None) == (attempt["wake_at"] is None), f"never woken: {attempt}"
    _check_telephones(facts, rung)


def check_change(before: Facts, after: Facts) -> None:
    """Assert what no step may do."""
    assert before.callbacks.keys() <= after.callbacks.keys(), "a callback has vanished"
    for key, was in before.callbacks.items():
        now = after.callbacks[key]
        assert State(now["state"]) in _REACHABLE[State(was["state"])], f"from {was['state']} to {now['state']}: {now}"
        if was["outcome"] is not None:
            assert now == was, "what has ended is changed"
        ended = _lasting([attempt for attempt in before.attempts.get(key, []) if attempt["ended_at"] is not None])
        assert _lasting(after.attempts.get(key, []))[: len(ended)] == ended, "an attempt was changed after its end"


def check_over(facts: Facts, rung: list[Rung]) -> None:
    """Assert that every accepted request has come to an end."""
    assert not facts.live(), f"never ends: {facts.live()}"
    assert not [one for one in rung if one.alive], "somebody is never hung up"
    assert not facts.under_way(), "a call is never over"
    assert set(facts.loads.values()) <= {Load()}


def _check_slots(facts: Facts, capacity: int) -> None:
    held = Counter(
        (row["call_target_id"], row["appointment_at"])
        for row in facts.callbacks.values()
        if row["appointment_at"] is not None and row["outcome"] not in _ENDED_IN_LINE
    )
    assert {slot: taken for slot, taken in facts.taken.items() if taken} == held, "places taken are not those held"
    assert all(taken <= capacity for taken in facts.taken.values()), f"too many in a slot: {facts.taken}"


def _check_lease(row: Values, alive: list[Values], owners: set[str]) -> None:
    if row["state"] in LIVE_CALL:
        assert row["lease_owner"] in owners, row
        assert row["lease_until"] > alive[0]["claimed_at"], row
    else:
        assert (row["lease_owner"], row["lease_until"]) == (None, None), row


def _lasting(attempts: Iterable[Values]) -> list[Values]:
    return [{name: value for name, value in attempt.items() if name not in _NEVER_CHANGED} for attempt in attempts]


def _check_telephones(facts: Facts, rung: list[Rung]) -> None:
    """Nobody's telephone rings but for an attempt of a callback to that number, each leg once, one call at a time."""
    owners = {attempt["id"]: (key, attempt) for key, attempts in facts.attempts.items() for attempt in attempts}
    assert max(Counter(one.leg for one in rung).values(), default=1) == 1, "a leg was rung twice"
    talking_to: Counter[str] = Counter()
    for one in rung:
        assert one.attempt_id in owners, f"rung for no attempt: {one}"
        key, attempt = owners[one.attempt_id]
        if one.party is Party.CUSTOMER:
            assert facts.callbacks[key]["contact_number"].endswith(one.ending), one
        assert attempt["flow"] is not None or not one.alive, f"written off, but still alive: {one}"
        if one.alive and one.party is Party.CUSTOMER and attempt["ended_at"] is None:
            talking_to[key] += 1
    assert all(count == 1 for count in talking_to.values()), f"rung twice at once: {talking_to}"


def _reachable_from(origin: State) -> set[State]:
    reached = {origin}
    while more := {state for one in reached for state in MOVES[one]} - reached:
        reached |= more
    return reached


_REACHABLE = {state: _reachable_from(state) for state in State}
