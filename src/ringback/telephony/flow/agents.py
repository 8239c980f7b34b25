"""The agents' side of a call: ringing them, having one accept, and trying another."""

from ringback.callbacks.lifecycle import Cause
from ringback.telephony.flow.model import Ending, Leg, LegState, ProgressKind
from ringback.telephony.flow.stages import Stage
from ringback.telephony.flow.turn import Turn
from ringback.telephony.port import Party

ACCEPT = "1"

_KEY_SECONDS = 15
_SIGNAL_SECONDS = 30
"""How long an agent who has answered may take to give the driver's own signal."""

_RESCUES = 2
"""Agents rung at most where there is no failover, and the one who was there has gone: the same destination again."""


def reach_agent(turn: Turn) -> None:
    """Ring the next agent; a customer who is there waits meanwhile."""
    customer = turn.customer
    if customer is not None and turn.stage in {Stage.GREETING, Stage.BRIDGING}:  # else hears hold audio already
        turn.hold(customer)
        turn.customer_waits = True
    turn.ring_agent()


def agent_answered(turn: Turn, agent: Leg) -> None:
    """An agent's telephone was taken: by a person, as far as anybody knows."""
    turn.note(agent, LegState.ANSWERED)
    if turn.order.agents_accept:
        turn.enter(Stage.ASKING_AGENT, _SIGNAL_SECONDS)
    else:
        turn.ask(Stage.ASKING_AGENT, agent, turn.order.prompts.whisper, ACCEPT, _KEY_SECONDS)


def agent_accepts(turn: Turn, agent: Leg) -> None:
    """An agent takes the call: join the two, or now ring the customer."""
    turn.note(agent, LegState.ANSWERED)
    turn.tell(ProgressKind.ANSWERED)
    customer = turn.customer
    if customer is not None:
        turn.join(agent, customer)
        return
    announcement = turn.announce(agent, turn.order.prompts.calling_customer)
    turn.ring_customer()
    turn.asked = (announcement,)


def agent_not_reached(turn: Turn, cause: Cause) -> None:
    """An agent was not there, or did not accept: try the failover."""
    _try_another(turn, cause, most=len(turn.order.agent_destinations))


def agent_dropped(turn: Turn, cause: Cause) -> None:
    """An agent was there and has gone before the two talked: try the failover, or else the same destination again."""
    _try_another(turn, cause, most=max(len(turn.order.agent_destinations), _RESCUES))


def agent_ended(turn: Turn, cause: Cause, party: Party) -> None:
    """The present agent's leg has ended without our doing."""
    match turn.stage:
        case Stage.REACHING_AGENT:
            # "answered" without our having heard of it: gone before anybody was asked.
            agent_not_reached(turn, Cause.REJECTED if cause is Cause.ANSWERED else cause)
        case Stage.ASKING_AGENT:
            agent_dropped(turn, Cause.REJECTED)
        case Stage.BRIDGING:
            agent_dropped(turn, Cause.CANCELED)
        case Stage.RINGING_CUSTOMER:  # nobody would be there for the customer
            turn.end(Ending(Cause.CANCELED, Party.AGENT))
        case Stage.TALKING:
            turn.end(Ending(Cause.ANSWERED, Party.AGENT if party is Party.RINGBACK else party))
        case _ if turn.ending is not None:
            turn.end(turn.ending)


def _try_another(turn: Turn, cause: Cause, *, most: int) -> None:
    turn.agent_cause = cause
    agent, customer = turn.agent, turn.customer
    if agent is not None:
        turn.hang_up(agent)
    if turn.agents_tried < most:
        reach_agent(turn)
        return
    ending = Ending(cause, Party.AGENT)
    if customer is not None:
        turn.say_goodbye(customer, turn.order.prompts.nobody_free, ending)
    else:
        turn.end(ending)
