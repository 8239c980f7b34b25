"""What is promised of every step, known from before and after it and from what was commanded in between."""

from tests.stateful.centre import (
    ALWAYS,
    CALLS_PER_DAY,
    MINIMUM_DELAY,
    OFFICE,
    TARGETS,
    ZONE,
    Asked,
    Centre,
)
from tests.stateful.truths import Facts, Values

from ringback.kernel.clock import DAY, SECOND, Instant, to_datetime
from ringback.kernel.tenancy import CallbackId
from ringback.telephony.port import Cause, Originate, Party, attempt_of, leg_id


def check(centre: Centre, before: Facts, facts: Facts) -> None:
    """Assert all of it."""
    _check_promises(centre, facts)
    _check_commands(centre, before, facts)
    _check_order(centre, before, facts)
    _check_pace(centre, before, facts)


def _check_promises(centre: Centre, facts: Facts) -> None:
    """Everybody keeps the place in line, and the time, that they were given."""
    assert facts.callbacks.keys() == centre.asked.keys()
    for key, asked in centre.asked.items():
        row = facts.callbacks[key]
        stored = Asked(row["contact_number"], asked.target, row["order_at"], row["appointment_at"])
        assert stored == asked, f"{row} is not what was asked for: {asked}"
        assert row["call_target_id"] == centre.ids[asked.target]
        if key in centre.hurried | centre.hurried_ever:
            continue  # due when somebody wanted it to be
        if row["appointment_at"] is None:
            assert row["due_at"] >= row["created_at"] + MINIMUM_DELAY[asked.target] * SECOND
        else:
            assert row["due_at"] >= row["appointment_at"], "due before its slot"


def _check_commands(centre: Centre, before: Facts, facts: Facts) -> None:
    """A call that the network was told to begin in this step may be made now."""
    now = centre.clock.now()
    for command in centre.commands:
        key = centre.callback_of.get(attempt_of(command.leg))
        if key is None or not isinstance(command, Originate):
            continue  # of a claim that was given back in the same step, since the network was busy
        asked = centre.asked[key]
        if command.party is Party.CUSTOMER:
            assert command.destination == asked.number
        first_party = Party.AGENT if asked.target == "sales" else Party.CUSTOMER
        if command.leg != leg_id(attempt_of(command.leg), first_party):
            continue  # a call under way is brought to its end, come what may
        assert key not in centre.canceled, f"dialled after its cancel: {asked}"
        assert _is_open(centre, asked.target), f"dialled outside hours: {asked}"
        assert centre.settings[asked.target].get("process_callbacks", True), "dialled while processing is off"
        assert asked.number not in {*centre.blocked, *before.never_call}, f"dialled though blocked: {asked}"
        if asked.appointment_at is not None and not _was_put_off(facts, key):
            assert asked.appointment_at <= now <= asked.appointment_at + 3600 * SECOND


def _check_order(centre: Centre, before: Facts, facts: Facts) -> None:
    """Nobody was overtaken in this step."""
    now = centre.clock.now()
    known = before.attempt_ids
    dialled = {
        key for key, attempts in facts.attempts.items() if any(attempt["id"] not in known for attempt in attempts)
    }
    given_back = _given_back(centre)
    for key in dialled - centre.hurried:
        row = before.callbacks[key]
        assert row["due_at"] <= now, f"dialled before it was due: {row}"
        for other in _could_have_been_dialled(centre, before, facts, row["call_target_id"]):
            overtaken = (other["order_at"], other["id"]) < (row["order_at"], row["id"])
            if (other["call_target_id"], other["order_at"]) in given_back:
                continue  # its turn came first, and the network was busy just then
            assert other["id"] in dialled or not overtaken, f"{other} was overtaken by {row}"


def _given_back(centre: Centre) -> set[tuple[str, Instant]]:
    """The lines and places of those that were claimed in this step, and of whom the network wanted to hear later."""
    return {
        (command.call_target_id, command.place)
        for command in centre.commands
        if isinstance(command, Originate) and attempt_of(command.leg) not in centre.callback_of
    }


def _could_have_been_dialled(centre: Centre, before: Facts, facts: Facts, target: str) -> list[Values]:
    """Those of a line that is open who were due before this step and whom nothing kept."""
    now = centre.clock.now()
    return [
        row
        for row in before.waiting()
        if row["call_target_id"] == target
        and row["appointment_at"] is None
        and row["due_at"] <= now
        and row["id"] not in centre.canceled
        and row["contact_number"] not in {*centre.blocked, *facts.never_call}
        and len(facts.calls_since(Instant(now - DAY), contact_number=row["contact_number"])) < CALLS_PER_DAY
    ]


def _check_pace(centre: Centre, before: Facts, facts: Facts) -> None:
    """Whoever was claimed in this step was allowed to be."""
    now = centre.clock.now()
    for key, attempts in facts.attempts.items():
        if attempts[-1]["id"] in before.attempt_ids:
            continue
        target, number = facts.callbacks[key]["call_target_id"], facts.callbacks[key]["contact_number"]
        pacing = centre.settings[centre.asked[CallbackId(key)].target]["pacing"]
        load = facts.loads[target]
        assert load.dialing + load.connecting <= pacing["max_queue_depth"], f"the queue is too deep: {load}"
        burst = max(1, pacing["calls_per_second"])
        window = round(burst / pacing["calls_per_second"] * SECOND)
        made = facts.calls_since(Instant(now - window), call_target_id=target)
        assert len(made) <= burst, f"too many calls at once: {made}"
        of_number = facts.calls_since(Instant(now - DAY), contact_number=number)
        # On PostgreSQL two lines are worked in the same moment, and neither knows of the other's calls yet.
        unseen = len(TARGETS) - 1 if centre.db.engine == "postgresql" else 0
        assert len(of_number) <= CALLS_PER_DAY + unseen, f"called too often in a day: {of_number}"


def _was_put_off(facts: Facts, key: CallbackId) -> bool:
    """Whether the customer has asked by a key to be called later."""
    return any(attempt["cause"] == Cause.CANCELED for attempt in facts.attempts.get(key, []))


def _is_open(centre: Centre, target: str) -> bool:
    """By the clock on the wall: none of these hours begins or ends while the clocks are changed."""
    hours = centre.settings[target]["hours"]["weekly"]
    wall = to_datetime(centre.clock.now(), ZONE)
    if hours == ALWAYS:
        return True
    if hours == OFFICE:
        return wall.weekday() < 5 and 9 <= wall.hour < 17
    return wall.hour >= 22 or (wall.hour, wall.minute) < (3, 30)
