"""A call of one attempt, told as a story: something happens to a telephone, and the flow answers in words.

``["answered", "hold customer1", "ring agent1"]`` is progress told and commands given, in that order. Between any two
steps the flow is stored and read again, as it is when a process dies.
"""

from collections.abc import Callable
from dataclasses import replace

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import SECOND, Instant
from ringback.kernel.tenancy import AttemptId, CallTargetId, OrgId
from ringback.telephony.flow import (
    Flow,
    Order,
    Progress,
    ProgressKind,
    Stage,
    Step,
    begin,
    from_document,
    give_up,
    on_event,
    on_refusal,
    on_time,
    to_document,
)
from ringback.telephony.port import (
    Announce,
    Bridge,
    Collect,
    Command,
    EventKind,
    HangUp,
    Hold,
    LegId,
    Originate,
    Party,
    VoiceEvent,
)
from ringback.telephony.prompts import prompts_for

ORDER = Order(
    attempt_id=AttemptId("att"),
    org=OrgId("org"),
    call_target_id=CallTargetId("billing"),
    first_party=Party.CUSTOMER,
    customer_number="+14155550123",
    agent_destinations=("sip:first@example.com", "sip:failover@example.com"),
    caller_id="+14155550100",
    place=Instant(17 * SECOND),
    customer_dial_timeout=30,
    prompts=prompts_for(
        "en", organization_name="Acme", call_target_name="Billing", customer_number="+14155550123", customer_name="Ada"
    ),
    agents_accept=False,
)
AGENT_FIRST = replace(ORDER, first_party=Party.AGENT)

BEGUN_AT = Instant(1_000 * SECOND)


class Call:
    """One call. Who does something is ``customer`` or ``agent``; of several agents always the one rung last."""

    def __init__(self, order: Order = ORDER) -> None:
        self.now = BEGUN_AT
        self.events: list[VoiceEvent] = []
        self.commands: list[Command] = []
        self.progress: list[Progress] = []
        self.moves: set[tuple[Stage, Stage]] = set()
        self.flow: Flow
        self._take(begin(order, self.now), Stage.NEW)

    @property
    def ends(self) -> list[str]:
        """How the attempt ended; one end at most."""
        return [told(each) for each in self.progress if each.kind is ProgressKind.ENDED]

    def rings(self, who: str) -> list[str]:
        return self.happens(who, EventKind.RINGING)

    def answers(self, who: str) -> list[str]:
        return self.happens(who, EventKind.ANSWERED)

    def machine(self, who: str) -> list[str]:
        return self.happens(who, EventKind.MACHINE)

    def accepts(self) -> list[str]:
        return self.happens("agent", EventKind.ACCEPTED)

    def presses(self, who: str, key: str | None) -> list[str]:
        return self.happens(who, EventKind.COLLECTED, command=self._last(Collect, who), key=key)

    def has_heard(self, who: str) -> list[str]:
        return self.happens(who, EventKind.ANNOUNCED, command=self._last(Announce, who))

    def bridged(self) -> list[str]:
        return self.happens("agent", EventKind.BRIDGED, command=self._last(Bridge, "agent"))

    def hangs_up(self, who: str) -> list[str]:
        return self.ended(who, Cause.ANSWERED, Party(who.rstrip("123")))

    def ended(self, who: str, cause: Cause | None, party: Party | None) -> list[str]:
        return self.happens(who, EventKind.ENDED, cause=cause, party=party)

    def happens(self, who: str, kind: EventKind, **told: object) -> list[str]:
        """An event, a second after the last."""
        self.now = Instant(self.now + SECOND)
        event = VoiceEvent(f"e{len(self.events)}", self.leg(who), self.now, kind, **told)
        self.events.append(event)
        return self.told(event)

    def told(self, event: VoiceEvent) -> list[str]:
        """An event comes, perhaps again."""
        return self._go(lambda flow: on_event(flow, event, self.now))

    def time_is_up(self) -> list[str]:
        """The present stage's time limit passes."""
        assert self.flow.wake_at is not None
        self.now = max(self.now, self.flow.wake_at)
        return self._go(lambda flow: on_time(flow, self.now))

    def refused(self, command: type[Command], cause: Cause = Cause.FAILED) -> list[str]:
        """The last command of this kind cannot be carried out."""
        last = next(each for each in reversed(self.commands) if isinstance(each, command))
        return self._go(lambda flow: on_refusal(flow, last, cause, self.now))

    def given_up(self) -> list[str]:
        return self._go(lambda flow: give_up(flow, self.now))

    def all_hang_up(self) -> list[str]:
        """Every telephone that we have hung up is told to have ended."""
        words: list[str] = []
        for leg in self.flow.legs:
            if leg.hung_up and not leg.ended:
                words += self.ended(leg.id.partition(".")[2], Cause.CANCELED, Party.RINGBACK)
        return words

    def leg(self, who: str) -> LegId:
        """A leg by its name, or the last one of a party."""
        legs = [leg.id for leg in self.flow.legs if leg.id.partition(".")[2].startswith(who)]
        return legs[-1]

    def _last(self, kind: type[Command], who: str) -> str:
        leg = self.leg(who)
        return next(each.id for each in reversed(self.commands) if isinstance(each, kind) and each.leg == leg)

    def _go(self, door: Callable[[Flow], Step]) -> list[str]:
        stored = from_document(to_document(self.flow))
        assert stored == self.flow
        return self._take(door(stored), stored.stage)

    def _take(self, step: Step, before: Stage) -> list[str]:
        if step.ignored:
            assert not step.commands
            assert not step.progress
            assert step.flow == self.flow
            return ["ignored"]
        self.flow = step.flow
        self.moves.add((before, step.flow.stage))
        self.commands += step.commands
        self.progress += step.progress
        return [*(told(each) for each in step.progress), *(commanded(each) for each in step.commands)]


def told(progress: Progress) -> str:
    """Progress in words."""
    wish = progress.wish
    words = [progress.kind, progress.cause, progress.party, wish and wish.kind, wish and wish.minutes]
    return " ".join(str(word) for word in words if word)


def commanded(command: Command) -> str:
    """A command in words."""
    leg = command.leg.partition(".")[2]
    match command:
        case Originate():
            return f"ring {leg}"
        case Collect(prompt=prompt):
            return f"ask {leg} {prompt.name}"
        case Announce(prompt=prompt):
            return f"tell {leg} {prompt.name}"
        case Hold():
            return f"hold {leg}"
        case Bridge(other=other):
            return f"join {leg} {other.partition('.')[2]}"
        case HangUp():
            return f"hang up {leg}"
