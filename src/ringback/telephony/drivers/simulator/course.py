"""What happens on a line: values in, values out.

Each function gives the line as it stands afterwards and what is to be told of it, if anything. A leg to a customer
rings, answers, does as it is told (listens, presses keys, holds), talks, and ends; one to the agents waits in their
queue until one of them takes it, then accepts, talks, and ends, as an inbound caller does who just talks.
"""

from ringback.kernel.clock import SECOND, Instant
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.fate import Fate, Manner, ending_of
from ringback.telephony.drivers.simulator.line import CallerId, InboundEvent, InboundKind, Line, Phase, Side
from ringback.telephony.port import (
    Announce,
    Bridge,
    Cause,
    Collect,
    Command,
    CommandId,
    EventKind,
    HangUp,
    Hold,
    LegId,
    Originate,
    Party,
    VoiceEvent,
)

Told = VoiceEvent | InboundEvent | None
Turn = tuple[Line, Told]

_CHARACTERS_PER_SECOND = 15.0
"""Speech of some 150 words a minute."""
_PAUSE_SECONDS = 1.0
_LINGER_SECONDS = 30.0
"""How long whoever is left alone after talking stays on the line."""

_INBOUND = "inbound."
_PARTY = {Side.CUSTOMER: Party.CUSTOMER, Side.AGENT: Party.AGENT, Side.INBOUND: Party.CUSTOMER}


def dialled(order: Originate, fate: Fate, at: Instant) -> Turn:
    """The line as it begins: a customer's telephone rings, or a call joins the agents' queue."""
    to_customer = order.party is Party.CUSTOMER
    line = Line(
        leg=order.leg,
        side=Side.CUSTOMER if to_customer else Side.AGENT,
        call_target=order.call_target_id,
        ending=ending_of(order.destination),
        place=order.place,
        ringing_at=at,
        fate=fate,
        phase=Phase.RINGING if to_customer or fate.verdict is Cause.NO_ANSWER else Phase.QUEUED,
        since=at,
        until=Instant(at + fate.ring),
    )
    return line, _event(line, EventKind.RINGING, at)


def called_in(call_target: CallTargetId, caller: CallerId, fate: Fate, at: Instant) -> Line:
    """The line of somebody who calls in: it joins the agents' queue."""
    return Line(
        leg=LegId(_INBOUND + caller),
        side=Side.INBOUND,
        call_target=call_target,
        ending="",
        place=at,
        ringing_at=at,
        fate=fate,
        phase=Phase.QUEUED,
        since=at,
        until=Instant(at + fate.patience),
    )


def gone_on(line: Line) -> Turn:
    """The line after what comes next by itself, at ``next_at``."""
    at = line.next_at
    assert at is not None, "nothing happens any more on a line that is over"
    if at == line.until:
        return _phase_over(line, at)
    if at == line.accepts_at:
        return _made_up_mind(line, at)
    return ended(line, at, Cause.ANSWERED, _PARTY[line.side])


def taken(line: Line, at: Instant) -> Turn:
    """A queued line after a free agent took it."""
    if line.side is Side.INBOUND:
        talking = line._replace(
            phase=Phase.TALKING, since=at, until=Instant(at + line.fate.talk), has_agent=True, answered_at=at
        )
        return talking, _inbound_event(line, InboundKind.ANSWERED, at)
    return line._replace(
        phase=Phase.SILENT,
        since=at,
        until=None,
        accepts_at=None if line.fate.manner is Manner.IGNORES else Instant(at + line.fate.think),
        gives_up_at=Instant(at + line.fate.attention),
        has_agent=True,
        answered_at=at,
    ), _event(line, EventKind.ANSWERED, at)


def obeyed(line: Line, command: Command, at: Instant, speed: float) -> Turn:
    """A living line after a command that concerns nobody else: a prompt, hold, hanging up.

    Before it is answered, prompts and hold are not heard.
    """
    if isinstance(command, HangUp):
        return ended(line, at, Cause.CANCELED, Party.RINGBACK)
    line = line._replace(heard=(*line.heard, command.id))
    if line.answered_at is None:
        return line, None
    if isinstance(command, Announce | Collect):
        return _prompted(line, command, at, speed), None
    assert isinstance(command, Hold), "the others concern more than one line"
    return _held(line, at), None


def joined(first: Line, other: Line, command: Bridge, at: Instant) -> tuple[Turn, Turn]:
    """Two living, answered lines after being bridged: they talk, unless one of them will not.

    How long, and who hangs up first, is the customer's fate.
    """
    first = first._replace(heard=(*first.heard, command.id))
    told = _event(first, EventKind.BRIDGED, at, command.id)
    if first.partner == other.leg:
        return (first, told), (other, None)
    for leaving in (first, other):
        if leaving.fate.manner in {Manner.LEAVES_WAITING, Manner.LEAVES_GREETING}:
            left = ended(leaving, at, Cause.ANSWERED, _PARTY[leaving.side])
            return (left, (other, None)) if leaving is first else ((first, None), left)
    teller = first if first.side is Side.CUSTOMER or other.side is not Side.CUSTOMER else other
    hanger = next((line for line in (first, other) if _PARTY[line.side] is teller.fate.hangs_up), first)
    until = Instant(at + teller.fate.talk)
    return (
        (_talking(first, other.leg, until if hanger is first else None, at), told),
        (_talking(other, first.leg, until if hanger is other else None, at), None),
    )


def left_alone(line: Line, at: Instant, speed: float) -> Line:
    """A line whose partner is gone: whoever is on it stays a little, in silence."""
    return line._replace(
        phase=Phase.SILENT,
        since=at,
        until=None,
        gives_up_at=_later(at, _LINGER_SECONDS, speed),
        partner=None,
    )


def ended(line: Line, at: Instant, cause: Cause, party: Party) -> Turn:
    """A living line after its end: once it has been answered, that is the cause. The agent may have to wrap up."""
    if line.machine:
        cause = Cause.MACHINE
    elif line.answered_at is not None:
        cause = Cause.ANSWERED
    talked = line.has_agent and (line.bridged_at is not None or line.side is Side.INBOUND)
    wraps_up = talked and line.fate.wrap_up > 0
    over = line._replace(
        phase=Phase.WRAPPING_UP if wraps_up else Phase.OVER,
        since=at,
        until=Instant(at + line.fate.wrap_up) if wraps_up else None,
        accepts_at=None,
        gives_up_at=None,
        has_agent=wraps_up,
        partner=None,
        prompt=None,
        key=None,
        ended_at=at,
        cause=cause,
        ended_by=party,
    )
    if line.side is Side.INBOUND:
        kind = InboundKind.ABANDONED if line.answered_at is None else InboundKind.FINISHED
        return over, _inbound_event(line, kind, at)
    return over, VoiceEvent(f"{line.leg}:{EventKind.ENDED}", line.leg, at, EventKind.ENDED, cause=cause, party=party)


def _phase_over(line: Line, at: Instant) -> Turn:
    match line.phase:
        case Phase.RINGING:
            return _rung_out(line, at)
        case Phase.QUEUED:
            return ended(line, at, Cause.NO_ANSWER, _PARTY[line.side])
        case Phase.LISTENING:
            return _silent(line, at), _event(line, EventKind.ANNOUNCED, at, line.prompt)
        case Phase.ASKED:
            event = VoiceEvent(
                f"{line.prompt}:{EventKind.COLLECTED}", line.leg, at, EventKind.COLLECTED, line.prompt, line.key
            )
            return _silent(line, at), event
        case Phase.WRAPPING_UP:
            return line._replace(phase=Phase.OVER, since=at, until=None, has_agent=False), None
        case _:
            return ended(line, at, Cause.ANSWERED, _PARTY[line.side])


def _rung_out(line: Line, at: Instant) -> Turn:
    verdict = line.fate.verdict
    if verdict not in {Cause.ANSWERED, Cause.MACHINE}:
        return ended(line, at, verdict, _blamed(line, verdict))
    machine = verdict is Cause.MACHINE
    answered = line._replace(
        phase=Phase.SILENT,
        since=at,
        until=None,
        gives_up_at=Instant(at + line.fate.attention),
        answered_at=at,
        machine=machine,
    )
    return answered, _event(line, EventKind.MACHINE if machine else EventKind.ANSWERED, at)


def _blamed(line: Line, verdict: Cause) -> Party:
    if verdict in {Cause.INVALID_NUMBER, Cause.CONGESTION, Cause.FAILED}:
        return Party.NETWORK
    return _PARTY[line.side]


def _made_up_mind(line: Line, at: Instant) -> Turn:
    if line.fate.manner is Manner.LEAVES:
        return ended(line, at, Cause.ANSWERED, Party.AGENT)
    return line._replace(since=at, accepts_at=None, accepted_at=at), _event(line, EventKind.ACCEPTED, at)


def _prompted(line: Line, command: Announce | Collect, at: Instant, speed: float) -> Line:
    seconds = _PAUSE_SECONDS + len(command.prompt.text) / _CHARACTERS_PER_SECOND
    gives_up_at = line.gives_up_at or Instant(at + line.fate.attention)
    if line.fate.manner is Manner.LEAVES_GREETING:
        gives_up_at = Instant(at + min(line.fate.patience, _clock(seconds / 2, speed)))
    prompted = line._replace(
        phase=Phase.LISTENING,
        since=at,
        until=_later(at, seconds, speed),
        gives_up_at=gives_up_at,
        partner=None,
        prompt=command.id,
        key=None,
    )
    if isinstance(command, Announce):
        return prompted
    until = _later(at, seconds + command.timeout, speed)
    key = _key(line)
    pressed_at = Instant(at + line.fate.key_after)
    presses = key != "" and key in command.keys and pressed_at <= until
    return prompted._replace(
        phase=Phase.ASKED,
        until=pressed_at if presses else until,
        key=key if presses else None,
        asked=line.asked + 1,
    )


def _held(line: Line, at: Instant) -> Line:
    holds = line.side is Side.CUSTOMER and not line.machine
    gives_up_at = Instant(at + line.fate.patience) if holds and not line.held else line.gives_up_at
    return line._replace(
        phase=Phase.HOLDING,
        since=at,
        until=None,
        gives_up_at=gives_up_at or Instant(at + line.fate.attention),
        held=True,
        partner=None,
        prompt=None,
        key=None,
    )


def _key(line: Line) -> str:
    if line.machine or line.fate.manner is Manner.IGNORES:
        return ""
    keys = line.fate.keys
    return keys[min(line.asked, len(keys) - 1)]


def _silent(line: Line, at: Instant) -> Line:
    return line._replace(phase=Phase.SILENT, since=at, until=None, prompt=None, key=None)


def _talking(line: Line, partner: LegId, until: Instant | None, at: Instant) -> Line:
    return line._replace(
        phase=Phase.TALKING,
        since=at,
        until=until,
        accepts_at=None,
        gives_up_at=None,
        held=False,
        partner=partner,
        prompt=None,
        key=None,
        bridged_at=line.bridged_at or at,
    )


def _event(line: Line, kind: EventKind, at: Instant, command: CommandId | None = None) -> VoiceEvent:
    return VoiceEvent(f"{line.leg if command is None else command}:{kind}", line.leg, at, kind, command)


def _inbound_event(line: Line, kind: InboundKind, at: Instant) -> InboundEvent:
    return InboundEvent(CallerId(line.leg.removeprefix(_INBOUND)), line.call_target, at, kind)


def _later(at: Instant, seconds: float, speed: float) -> Instant:
    return Instant(at + _clock(seconds, speed))


def _clock(seconds: float, speed: float) -> int:
    """Simulated seconds as microseconds of the clock."""
    return round(seconds * SECOND / speed)
