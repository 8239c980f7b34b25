"""The doors of the call flow: what may happen to a call, and which of it matters where the call stands."""

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import Instant
from ringback.telephony.flow import agents, customer
from ringback.telephony.flow.model import Ending, Flow, Leg, LegState, Order, ProgressKind, Step
from ringback.telephony.flow.stages import Stage
from ringback.telephony.flow.turn import Turn
from ringback.telephony.port import Announce, Bridge, Collect, Command, EventKind, Originate, Party, VoiceEvent

_NOT_HEARD_ANSWERED = frozenset({LegState.DIALED, LegState.RINGING})


def begin(order: Order, now: Instant) -> Step:
    """Ring the first party."""
    turn = Turn(Flow(order, Stage.NEW, wake_at=None, told_at=now), now, now)
    if order.first_party is Party.CUSTOMER:
        turn.ring_customer()
    else:
        turn.ring_agent()
    return turn.step()


def on_event(flow: Flow, event: VoiceEvent, now: Instant | None = None) -> Step:
    """Go on after something happened to a leg; ``ignored`` when it comes late or again, or has no meaning here.

    Time limits count from ``now``, when it is dealt with; where that is not told, from when it happened. Nothing that
    a driver tells raises an error.
    """
    leg = _leg(flow, event.leg)
    if leg is None or flow.over:
        return Step(flow, ignored=True)
    now = event.at if now is None else now
    turn = Turn(flow, min(event.at, now), now)
    match event.kind:
        case EventKind.RINGING:
            goes_on = _ringing(turn, leg)
        case EventKind.ANSWERED:
            goes_on = _answered(turn, leg)
        case EventKind.MACHINE:
            goes_on = _machine(turn, leg)
        case EventKind.ACCEPTED:
            goes_on = _accepted(turn, leg)
        case EventKind.COLLECTED:
            goes_on = _collected(turn, leg, event)
        case EventKind.ANNOUNCED:
            goes_on = _announced(turn, leg, event)
        case EventKind.BRIDGED:
            goes_on = _bridged(turn, leg, event)
        case EventKind.ENDED:
            goes_on = _ended(turn, leg, event.cause or Cause.FAILED, event.party or Party.RINGBACK)
    return turn.step() if goes_on else Step(flow, ignored=True)


def on_time(flow: Flow, now: Instant) -> Step:
    """Go on when a stage's time limit has passed; nothing happens before ``wake_at``."""
    if flow.wake_at is None or now < flow.wake_at:
        return Step(flow, ignored=True)
    turn = Turn(flow, now, now)
    there = turn.customer
    match flow.stage:
        case Stage.RINGING_CUSTOMER:
            customer.customer_not_reached(turn, Cause.NO_ANSWER, Party.CUSTOMER)
        case Stage.GREETING if there:
            customer.key_pressed(turn, there, None)
        case Stage.ASKING_MINUTES if there:
            customer.minutes_pressed(turn, there, None)
        case Stage.REACHING_AGENT | Stage.ASKING_AGENT:
            agents.agent_not_reached(turn, Cause.NO_ANSWER)
        case Stage.BRIDGING:
            agents.agent_dropped(turn, Cause.FAILED)
        case Stage.HANGING_UP if flow.repeated:
            turn.rest()
        case Stage.HANGING_UP:
            turn.hang_up_once_more()
        case _:
            turn.end(_ending_by_us(flow))
    return turn.step()


def on_refusal(flow: Flow, command: Command, cause: Cause, now: Instant) -> Step:
    """Go on after a command could not be carried out, now or later.

    A refused call is a leg that has ended; a question that cannot be asked has no answer, and whoever cannot be asked
    or joined is as good as gone. Hold audio and announcements are done without.
    """
    leg = _leg(flow, command.leg)
    if leg is None or flow.over:
        return Step(flow, ignored=True)
    turn = Turn(flow, now, now)
    match command:
        case Originate():
            goes_on = leg.state is LegState.DIALED and _ended(turn, leg, cause, Party.NETWORK)
        case Collect() | Announce() | Bridge() if command.id in flow.asked:
            goes_on = _cannot_be_answered(turn, cause)
        case _:
            goes_on = False
    return turn.step() if goes_on else Step(flow, ignored=True)


def give_up(flow: Flow, now: Instant) -> Step:
    """End the call, wherever it stands: hang up every leg; the attempt ends as ``canceled`` by RINGBACK.

    But who talks has talked (``answered``), and what was decided while somebody is being told stands. A call whose
    attempt has ended is left to its hanging up.
    """
    if flow.stage in {Stage.HANGING_UP, Stage.OVER}:
        return Step(flow, ignored=True)
    turn = Turn(flow, now, now)
    turn.end(_ending_by_us(flow))
    return turn.step()


def _ringing(turn: Turn, leg: Leg) -> bool:
    if leg.state is not LegState.DIALED or not leg.wanted:
        return False
    turn.note(leg, LegState.RINGING)
    if leg.party is turn.order.first_party:
        turn.tell(ProgressKind.RINGING)
    return True


def _answered(turn: Turn, leg: Leg) -> bool:
    if leg.state not in _NOT_HEARD_ANSWERED:
        return False
    if leg.hung_up:
        _answered_too_late(turn, leg)
    elif leg.party is Party.CUSTOMER:
        customer.customer_answered(turn, leg)
    else:
        agents.agent_answered(turn, leg)
    return True


def _machine(turn: Turn, leg: Leg) -> bool:
    """A machine; one that has been taken for a person at first is told again as long as it has pressed no key."""
    if leg.hung_up and leg.state in _NOT_HEARD_ANSWERED:
        _answered_too_late(turn, leg)
        return True
    if not leg.wanted or (leg.state is LegState.ANSWERED and turn.stage is not Stage.GREETING):
        return False
    turn.note(leg, LegState.ANSWERED)
    if leg.party is Party.CUSTOMER:
        customer.customer_not_reached(turn, Cause.MACHINE, Party.CUSTOMER)
    else:
        agents.agent_not_reached(turn, Cause.MACHINE)
    return True


def _answered_too_late(turn: Turn, leg: Leg) -> None:
    """The answer and our hanging up may have crossed: nobody is to listen to silence."""
    turn.note(leg, LegState.ANSWERED)
    turn.hang_up(leg)


def _accepted(turn: Turn, leg: Leg) -> bool:
    if not leg.wanted or leg.party is not Party.AGENT or turn.stage not in {Stage.REACHING_AGENT, Stage.ASKING_AGENT}:
        return False
    agents.agent_accepts(turn, leg)
    return True


def _collected(turn: Turn, leg: Leg, event: VoiceEvent) -> bool:
    asked = turn.agent if turn.stage is Stage.ASKING_AGENT else turn.customer
    if event.command not in turn.asked or leg != asked:
        return False
    match turn.stage:
        case Stage.GREETING:
            key = _counting(event.key, customer.KEYS)
            if key is None and event.command != turn.asked[-1]:
                return False  # asked once more already
            customer.key_pressed(turn, leg, key)
        case Stage.ASKING_MINUTES:
            customer.minutes_pressed(turn, leg, _counting(event.key, customer.MINUTE_KEYS))
        case Stage.ASKING_AGENT if event.key == agents.ACCEPT:
            agents.agent_accepts(turn, leg)
        case Stage.ASKING_AGENT:
            agents.agent_not_reached(turn, Cause.NO_ANSWER)
        case _:
            return False
    return True


def _counting(key: str | None, keys: str) -> str | None:
    """The key, if it is one of those that were asked for."""
    return key if key in tuple(keys) else None


def _announced(turn: Turn, leg: Leg, event: VoiceEvent) -> bool:
    if event.command not in turn.asked or not leg.wanted:
        return False
    if turn.stage is Stage.SAYING_GOODBYE and turn.ending is not None:
        turn.end(turn.ending)
    elif turn.stage is Stage.RINGING_CUSTOMER and leg.party is Party.AGENT:
        turn.hold(leg)  # who knows now that the customer is being rung
        turn.asked = ()
    else:  # a question is not over when it has been said
        return False
    return True


def _bridged(turn: Turn, leg: Leg, event: VoiceEvent) -> bool:
    """Looked up afterwards it comes without its command; then only the agent's leg says which bridge it was."""
    known = event.command in turn.asked or (event.command is None and leg.party is Party.AGENT)
    if turn.stage is not Stage.BRIDGING or not leg.wanted or not known:
        return False
    turn.let_them_talk()
    return True


def _ended(turn: Turn, leg: Leg, cause: Cause, party: Party) -> bool:
    if leg.ended:
        return False
    turn.note(leg, LegState.ENDED)
    if leg.hung_up:
        turn.rest_if_all_ended()
    elif leg.party is Party.CUSTOMER:
        customer.customer_ended(turn, cause, party)
    else:
        agents.agent_ended(turn, cause, party)
    return True


def _cannot_be_answered(turn: Turn, cause: Cause) -> bool:
    there = turn.customer
    match turn.stage:
        case Stage.GREETING:
            turn.end(Ending(cause, Party.NETWORK))
        case Stage.ASKING_MINUTES if there:
            customer.minutes_pressed(turn, there, None)
        case Stage.ASKING_AGENT:
            agents.agent_not_reached(turn, cause)
        case Stage.BRIDGING:
            agents.agent_dropped(turn, cause)
        case _ if turn.ending is not None:
            turn.end(turn.ending)
        case _:
            return False
    return True


def _ending_by_us(flow: Flow) -> Ending:
    if flow.ending is not None:
        return flow.ending
    cause = Cause.ANSWERED if flow.stage is Stage.TALKING else Cause.CANCELED
    return Ending(cause, Party.RINGBACK)


def _leg(flow: Flow, leg_id: str) -> Leg | None:
    for leg in flow.legs:
        if leg.id == leg_id:
            return leg
    return None
