"""The customer's side of a call: reaching them, and the keys that they press."""

from enum import StrEnum

from ringback.callbacks.lifecycle import Cause
from ringback.telephony.flow.agents import reach_agent
from ringback.telephony.flow.model import Ending, Leg, LegState, ProgressKind, Wish, WishKind
from ringback.telephony.flow.stages import Stage
from ringback.telephony.flow.turn import Turn
from ringback.telephony.port import Party
from ringback.telephony.prompts import with_minutes


class Key(StrEnum):
    """What a customer can press after the greeting."""

    CONNECT = "1"
    LATER = "2"
    CANCEL = "9"
    NEVER_CALL = "7"


KEYS = "".join(Key)
MINUTE_KEYS = "123456789"

MINUTES_A_KEY = 10
MINUTES_WITHOUT_KEY = 10
"""Who wants to be called later and does not say when."""

_KEY_SECONDS = 8

_CUSTOMERS_DOING = frozenset({Cause.BUSY, Cause.NO_ANSWER, Cause.MACHINE, Cause.REJECTED})


def customer_answered(turn: Turn, customer: Leg) -> None:
    """The customer is there: an agent who waits is joined at once, else the customer is asked."""
    turn.note(customer, LegState.ANSWERED)
    agent = turn.agent
    if agent is not None:
        turn.join(agent, customer)
    else:
        _greet(turn, customer)


def key_pressed(turn: Turn, customer: Leg, key: str | None) -> None:
    """What the customer wants, after the greeting; None: no key in time."""
    prompts = turn.order.prompts
    match key:
        case Key.CONNECT:
            turn.tell(ProgressKind.ANSWERED)
            reach_agent(turn)
        case Key.LATER:
            turn.ask(Stage.ASKING_MINUTES, customer, prompts.ask_minutes, MINUTE_KEYS, _KEY_SECONDS)
        case Key.CANCEL:
            turn.say_goodbye(customer, prompts.cancel_confirmed, _wishing(WishKind.CANCEL))
        case Key.NEVER_CALL:
            turn.say_goodbye(customer, prompts.never_call_confirmed, _wishing(WishKind.NEVER_CALL))
        case _ if turn.repeated:
            turn.end(Ending(Cause.NO_ANSWER, Party.CUSTOMER))
        case _:
            _greet(turn, customer)


def minutes_pressed(turn: Turn, customer: Leg, key: str | None) -> None:
    """In how many minutes the customer wants to be called; None: no key in time."""
    minutes = MINUTES_A_KEY * int(key) if key is not None else MINUTES_WITHOUT_KEY
    prompt = with_minutes(turn.order.prompts.later_confirmed, minutes)
    turn.say_goodbye(customer, prompt, _wishing(WishKind.LATER, minutes))


def customer_not_reached(turn: Turn, cause: Cause, party: Party) -> None:
    """Nobody to talk to: an agent who waits is told so."""
    customer, agent = turn.customer, turn.agent
    if customer is not None:
        turn.hang_up(customer)
    if agent is not None:
        turn.say_goodbye(agent, turn.order.prompts.customer_not_reached, Ending(cause, party))
    else:
        turn.end(Ending(cause, party))


def customer_ended(turn: Turn, cause: Cause, party: Party) -> None:
    """The customer's leg has ended without our doing."""
    match turn.stage:
        case Stage.RINGING_CUSTOMER:
            customer_not_reached(turn, *_why_not_reached(cause, party))
        case Stage.GREETING:
            turn.end(Ending(Cause.REJECTED, Party.CUSTOMER))
        case Stage.ASKING_MINUTES:  # the wish was told, only not when
            turn.end(_wishing(WishKind.LATER, MINUTES_WITHOUT_KEY))
        case Stage.BRIDGING if not turn.customer_waits:  # agent first: gone as soon as they had answered
            customer_not_reached(turn, Cause.REJECTED, Party.CUSTOMER)
        case Stage.REACHING_AGENT | Stage.ASKING_AGENT | Stage.BRIDGING:
            turn.end(Ending(Cause.CANCELED, Party.CUSTOMER))
        case Stage.TALKING:
            turn.end(Ending(Cause.ANSWERED, Party.CUSTOMER if party is Party.RINGBACK else party))
        case _ if turn.ending is not None:
            turn.end(turn.ending)


def _greet(turn: Turn, customer: Leg) -> None:
    turn.ask(Stage.GREETING, customer, turn.order.prompts.greeting, KEYS, _KEY_SECONDS)


def _wishing(kind: WishKind, minutes: int = 0) -> Ending:
    return Ending(Cause.CANCELED, Party.CUSTOMER, Wish(kind, minutes))


def _why_not_reached(cause: Cause, party: Party) -> tuple[Cause, Party]:
    """Why, and by whom, a customer's telephone that we had not heard to be answered has ended.

    Who hung up then had not asked to be connected, whatever the network calls it: they did not want this call.
    """
    if cause is Cause.ANSWERED or (cause is Cause.CANCELED and party is Party.CUSTOMER):
        return Cause.REJECTED, Party.CUSTOMER
    if party in {Party.CUSTOMER, Party.NETWORK}:
        return cause, party
    return cause, Party.CUSTOMER if cause in _CUSTOMERS_DOING else Party.NETWORK
