"""One turn of a flow while it is being worked out: its commands, its moves, and what it tells.

The decisions are in ``customer.py`` and ``agents.py``; here is what they have in common. A turn is used once.
"""

from dataclasses import replace

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import Instant, after
from ringback.telephony.flow.model import Ending, Flow, Leg, LegState, Progress, ProgressKind, Step, Wish
from ringback.telephony.flow.stages import Stage, may_move
from ringback.telephony.port import (
    Announce,
    Bridge,
    Collect,
    Command,
    CommandId,
    HangUp,
    Hold,
    Originate,
    Party,
    Prompt,
    leg_id,
)

# All in seconds.
MARGIN = 10
"""How much later than the network we give up what the network limits itself."""
JOINING = 20
CONVERSATION = 4 * 3600
HANGING_UP = 15
"""Until the end of a leg is told; then it is hung up once more, and waited for as long again."""

_SPEAKING_AT_LEAST = 20
_CHARACTERS_A_SECOND = 8
"""Half of what a voice does: a limit is for what has gone wrong."""

_ORDER = {kind: number for number, kind in enumerate(ProgressKind, start=1)}


class Turn:
    """A flow that is about to go on. ``at`` is when it happened, ``now`` is from when time limits count."""

    def __init__(self, flow: Flow, at: Instant, now: Instant) -> None:
        self.order = flow.order
        self.stage = flow.stage
        self.asked = flow.asked
        self.repeated = flow.repeated
        self.customer_waits = flow.customer_waits
        self.agent_cause = flow.agent_cause
        self.ending = flow.ending
        self._legs = {leg.id: leg for leg in flow.legs}
        self._wake_at = flow.wake_at
        self._command_count = flow.commands
        self._told = flow.told
        self._at = max(at, flow.told_at)
        self._told_at = flow.told_at
        self._now = now
        self._commands: list[Command] = []
        self._progress: list[Progress] = []

    def step(self) -> Step:
        """What has come of it."""
        flow = Flow(
            order=self.order,
            stage=self.stage,
            wake_at=self._wake_at,
            told_at=self._told_at,
            legs=tuple(self._legs.values()),
            commands=self._command_count,
            asked=self.asked,
            repeated=self.repeated,
            customer_waits=self.customer_waits,
            agent_cause=self.agent_cause,
            ending=self.ending,
            told=self._told,
        )
        return Step(flow, tuple(self._commands), tuple(self._progress))

    @property
    def customer(self) -> Leg | None:
        """The customer's leg, as long as it is wanted."""
        return self._wanted(Party.CUSTOMER)

    @property
    def agent(self) -> Leg | None:
        """The present agent's leg, as long as it is wanted."""
        return self._wanted(Party.AGENT)

    @property
    def agents_tried(self) -> int:
        """How many agents' legs there have been."""
        return sum(leg.party is Party.AGENT for leg in self._legs.values())

    def note(self, leg: Leg, state: LegState) -> None:
        """A leg has come this far."""
        self._legs[leg.id] = replace(self._legs[leg.id], state=state)

    def enter(self, stage: Stage, seconds: float) -> None:
        """Move to a stage, and stay there no longer than this."""
        assert may_move(self.order.first_party, self.stage, stage), f"no move from {self.stage} to {stage}"
        self.stage = stage
        self.asked = ()
        self.repeated = False
        self._wake_at = after(self._now, seconds)

    def tell(
        self, kind: ProgressKind, cause: Cause | None = None, party: Party | None = None, wish: Wish | None = None
    ) -> None:
        """Progress to be recorded, unless the attempt has come that far before."""
        if self._told is None or _ORDER[kind] > _ORDER[self._told]:
            self._told, self._told_at = kind, self._at
            self._progress.append(Progress(kind, self._at, cause, party, wish))

    def ring_customer(self) -> None:
        """Ring the customer, and wait for an answer."""
        order = self.order
        self._originate(Party.CUSTOMER, 1, order.customer_number, order.customer_dial_timeout)
        self.enter(Stage.RINGING_CUSTOMER, order.customer_dial_timeout + MARGIN)

    def ring_agent(self) -> None:
        """Ring the next destination of the agents; the last one again where there is no other."""
        order, tried = self.order, self.agents_tried
        destinations = order.agent_destinations or ("",)
        destination = destinations[min(tried, len(destinations) - 1)]
        self._originate(Party.AGENT, tried + 1, destination, order.agent_dial_timeout)
        self.enter(Stage.REACHING_AGENT, order.agent_dial_timeout + MARGIN)

    def ask(self, stage: Stage, leg: Leg, prompt: Prompt, keys: str, timeout: int) -> None:
        """Ask for a key, in a stage of its own. Asked once more, an answer to the first question still counts."""
        asked_before = self.asked if stage is self.stage else ()
        question = self._next_id()
        self._commands.append(Collect(question, leg.id, prompt, keys, timeout))
        self.enter(stage, _speaking(prompt) + timeout + MARGIN)
        self.asked = (*asked_before, question)
        self.repeated = bool(asked_before)

    def announce(self, leg: Leg, prompt: Prompt) -> CommandId:
        """Tell somebody something."""
        announcement = self._next_id()
        self._commands.append(Announce(announcement, leg.id, prompt))
        return announcement

    def hold(self, leg: Leg) -> None:
        """Have somebody wait."""
        self._commands.append(Hold(self._next_id(), leg.id))

    def join(self, agent: Leg, customer: Leg) -> None:
        """Bring the two together."""
        bridge = Bridge(self._next_id(), agent.id, customer.id)
        self._commands.append(bridge)
        self.enter(Stage.BRIDGING, JOINING)
        self.asked = (bridge.id,)

    def let_them_talk(self) -> None:
        """They are joined."""
        self.tell(ProgressKind.CONNECTED)
        self.enter(Stage.TALKING, CONVERSATION)

    def hang_up(self, leg: Leg) -> None:
        """Hang up a leg; once more if need be."""
        self._commands.append(HangUp(self._next_id(), leg.id))
        self._legs[leg.id] = replace(self._legs[leg.id], hung_up=True)

    def say_goodbye(self, leg: Leg, prompt: Prompt, ending: Ending) -> None:
        """Tell whoever is there how it ends; then it does."""
        self.ending = ending
        announcement = self.announce(leg, prompt)
        self.enter(Stage.SAYING_GOODBYE, _speaking(prompt) + MARGIN)
        self.asked = (announcement,)

    def end(self, ending: Ending) -> None:
        """The attempt is over: hang up whoever is there."""
        for leg in self._legs.values():
            if leg.wanted:
                self.hang_up(leg)
        self.tell(ProgressKind.ENDED, ending.cause, ending.party, ending.wish)
        self.ending = None
        self.enter(Stage.HANGING_UP, HANGING_UP)
        self.rest_if_all_ended()

    def hang_up_once_more(self) -> None:
        """Somebody's end has not been told: repeat what may have been lost."""
        for leg in self._legs.values():
            if not leg.ended:
                self.hang_up(leg)
        self.enter(Stage.HANGING_UP, HANGING_UP)
        self.repeated = True

    def rest_if_all_ended(self) -> None:
        """Nothing more can happen once every leg has ended after the attempt."""
        if self.stage is Stage.HANGING_UP and all(leg.ended for leg in self._legs.values()):
            self.rest()

    def rest(self) -> None:
        """Nothing more is done."""
        self.enter(Stage.OVER, 0)
        self._wake_at = None

    def _wanted(self, party: Party) -> Leg | None:
        for leg in self._legs.values():
            if leg.party is party and leg.wanted:
                return leg
        return None

    def _originate(self, party: Party, number: int, destination: str, timeout: int) -> None:
        order = self.order
        leg = leg_id(order.attempt_id, party, number)
        self._legs[leg] = Leg(leg, party)
        self._commands.append(
            Originate(
                id=self._next_id(),
                leg=leg,
                party=party,
                org=order.org,
                call_target_id=order.call_target_id,
                destination=destination,
                caller_id=order.caller_id,
                timeout=timeout,
                place=order.place,
            )
        )

    def _next_id(self) -> CommandId:
        self._command_count += 1
        return CommandId(f"{self.order.attempt_id}.{self._command_count}")


def _speaking(prompt: Prompt) -> float:
    """Seconds in which a prompt has certainly been said."""
    return _SPEAKING_AT_LEAST + len(prompt.text) / _CHARACTERS_A_SECOND
