"""The course of a simulated call: values in, values out.

Customer first: ringing -> waiting -> talking. Agent first: waiting -> ringing -> talking. A call holds an agent from
the end of its waiting on. Each step tells exactly one event.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import AttemptId, CallbackId, CallTargetId
from ringback.telephony.drivers.simulator.fate import Fate
from ringback.telephony.port import Call, CallView, Cause, EventKind, Party, VoiceEvent


class Phase(StrEnum):
    """Where a simulated call stands."""

    RINGING = "ringing"
    """The customer's telephone rings."""
    WAITING = "waiting"
    """For an agent to be free."""
    LEAVING = "leaving"
    """The customer has answered and is about to hang up, agent or not."""
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """One line of the ledger. Instants in microseconds UTC, durations in microseconds of the clock."""

    attempt_id: AttemptId
    callback_id: CallbackId
    call_target: CallTargetId
    number: str
    first_party: Party
    verdict: Cause
    ring: int
    patience: int
    talk: int
    hangs_up: Party
    phase: Phase
    since: Instant
    """When the phase began."""
    next_at: Instant | None
    """When the phase ends by itself, if no agent becomes free before; ``None`` once ended."""
    originated_at: Instant
    has_agent: bool = False
    answered_at: Instant | None = None
    connected_at: Instant | None = None
    ended_at: Instant | None = None
    cause: Cause | None = None
    ended_by: Party | None = None


def dialled(call: Call, fate: Fate, at: Instant) -> SimulatedCall:
    """The call as it begins: the customer's telephone rings, or that of the agents."""
    phase, lasts = (Phase.RINGING, fate.ring) if call.first_party is Party.CUSTOMER else (Phase.WAITING, fate.patience)
    return SimulatedCall(
        attempt_id=call.attempt_id,
        callback_id=call.callback_id,
        call_target=call.call_target_id,
        number=call.customer_number,
        first_party=call.first_party,
        verdict=fate.verdict,
        ring=fate.ring,
        patience=fate.patience,
        talk=fate.talk,
        hangs_up=fate.hangs_up,
        phase=phase,
        since=at,
        next_at=Instant(at + lasts),
        originated_at=at,
    )


def gone_on(call: SimulatedCall) -> SimulatedCall:
    """The call after its phase has come to its own end, at ``next_at``."""
    assert call.next_at is not None, "an ended call does not go on"
    at = call.next_at
    if call.phase is Phase.RINGING:
        return _rung_out(call, at)
    if call.phase is Phase.TALKING:
        return _ended(call, at, Cause.ANSWERED, call.hangs_up)
    if call.first_party is Party.CUSTOMER:
        return _ended(call, at, Cause.CANCELED, Party.CUSTOMER)
    return _ended(call, at, Cause.NO_ANSWER, Party.AGENT)


def taken(call: SimulatedCall, at: Instant) -> SimulatedCall:
    """A waiting call after a free agent took it."""
    if call.first_party is Party.CUSTOMER:
        return _talking(call, at)
    return replace(call, phase=Phase.RINGING, since=at, next_at=Instant(at + call.ring), has_agent=True, answered_at=at)


def hung_up(call: SimulatedCall, at: Instant) -> SimulatedCall:
    """A live call after we ended it."""
    cause = Cause.CANCELED if call.connected_at is None else Cause.ANSWERED
    return _ended(call, at, cause, Party.RINGBACK)


def event_of(call: SimulatedCall) -> VoiceEvent:
    """The event of the step that brought the call to where it stands."""
    if call.phase is Phase.ENDED:
        kind = EventKind.ENDED
    elif call.phase is Phase.TALKING:
        kind = EventKind.CONNECTED
    else:
        kind = EventKind.RINGING if call.answered_at is None else EventKind.ANSWERED
    return VoiceEvent(f"{call.attempt_id}:{kind}", call.attempt_id, call.since, kind, call.cause, call.ended_by)


def view_of(call: SimulatedCall) -> CallView:
    """What the port tells of the call."""
    return CallView(
        attempt_id=call.attempt_id,
        ringing_at=call.originated_at,
        answered_at=call.answered_at,
        connected_at=call.connected_at,
        ended_at=call.ended_at,
        cause=call.cause,
        party=call.ended_by,
    )


def _rung_out(call: SimulatedCall, at: Instant) -> SimulatedCall:
    answers = call.verdict in {Cause.ANSWERED, Cause.CANCELED}
    if not answers:
        return _ended(call, at, call.verdict, _blamed(call.verdict))
    if call.first_party is Party.CUSTOMER:
        phase = Phase.WAITING if call.verdict is Cause.ANSWERED else Phase.LEAVING
        return replace(call, phase=phase, since=at, next_at=Instant(at + call.patience), answered_at=at)
    if call.verdict is Cause.CANCELED:
        return _ended(call, at, Cause.CANCELED, Party.CUSTOMER)
    return _talking(call, at)


def _blamed(verdict: Cause) -> Party:
    if verdict in {Cause.INVALID_NUMBER, Cause.CONGESTION, Cause.FAILED}:
        return Party.NETWORK
    return Party.CUSTOMER


def _talking(call: SimulatedCall, at: Instant) -> SimulatedCall:
    return replace(
        call, phase=Phase.TALKING, since=at, next_at=Instant(at + call.talk), has_agent=True, connected_at=at
    )


def _ended(call: SimulatedCall, at: Instant, cause: Cause, party: Party) -> SimulatedCall:
    return replace(
        call, phase=Phase.ENDED, since=at, next_at=None, has_agent=False, ended_at=at, cause=cause, ended_by=party
    )
