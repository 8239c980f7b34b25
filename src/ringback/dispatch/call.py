"""The call of an attempt as it is stored: where its flow stands, and what is still to be carried out of it.

The commands of one call are carried out in order, by one worker at a time: the one who holds the call's lease. Whoever
else has something to add appends it, and leaves it to that worker; when the lease runs out, to the next one.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from ringback.db.claims import Lease
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import AttemptId
from ringback.telephony.flow import Flow, Step
from ringback.telephony.port import (
    Announce,
    Bridge,
    Collect,
    Command,
    CommandId,
    HangUp,
    Hold,
    LegId,
    Originate,
    leg_id,
)


@dataclass(frozen=True, slots=True)
class Act:
    """Commands that one worker is to carry out now, in this order, while it holds the call's lease."""

    attempt_id: AttemptId
    commands: tuple[Command, ...]
    lease: Lease
    begins: bool
    """Whether they begin the call: nobody's telephone rings yet, as far as is known."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call under way. It may outlast its attempt, until every leg is hung up."""

    flow: Flow
    todo: tuple[Command, ...] = ()
    """The commands that are not known to be carried out."""
    lease: Lease | None = None
    """Whose they are, and until when nobody else carries them out; None when there are none."""
    tried: bool = False
    """Whether one of them was given, and did not get through."""

    @property
    def over(self) -> bool:
        """Whether nothing is left to be done or heard of."""
        return self.flow.over and not self.todo

    @property
    def wake_at(self) -> Instant | None:
        """When somebody is to look at it, if nothing is heard of it before."""
        times = [self.flow.wake_at, self.lease.until if self.lease else None]
        return min((at for at in times if at is not None), default=None)

    @property
    def first_leg(self) -> LegId:
        """The leg that everything begins with."""
        return leg_id(self.flow.order.attempt_id, self.flow.order.first_party)

    @property
    def legs(self) -> tuple[LegId, ...]:
        """Those whose end has not been told."""
        return tuple(leg.id for leg in self.flow.legs if not leg.ended)

    @property
    def in_doubt(self) -> bool:
        """Whether the driver may never have heard of it."""
        return self.first_leg in self.to_be_rung

    @property
    def beginning(self) -> Command:
        """The command that everything begins with, while the call is in doubt."""
        return next(
            command for command in self.todo if isinstance(command, Originate) and command.leg == self.first_leg
        )

    @property
    def to_be_rung(self) -> frozenset[LegId]:
        """The legs that the driver may never have heard of."""
        return frozenset(command.leg for command in self.todo if isinstance(command, Originate))

    @property
    def act(self) -> Act | None:
        """What its lease's owner is to carry out."""
        return Act(self.flow.order.attempt_id, self.todo, self.lease, self.in_doubt) if self.lease else None

    def after(self, step: Step) -> "Call":
        """The call after a step of its flow: whoever is to be hung up need not be told anything before."""
        hung_up = {command.leg for command in step.commands if isinstance(command, HangUp)}
        todo = [command for command in self.todo if not _concerns(command, hung_up)]
        todo += step.commands
        if step.flow.over:
            todo = [command for command in todo if isinstance(command, HangUp)]
        return self._left_with(step.flow, todo)

    def without(self, done: frozenset[CommandId]) -> "Call":
        """The call after these commands were carried out."""
        return self._left_with(self.flow, [command for command in self.todo if command.id not in done])

    def heard_of(self, leg: LegId) -> "Call":
        """The call after the driver has told something of a leg: it must have heard of it."""
        if leg not in self.to_be_rung:
            return self
        rung = {command.id for command in self.todo if isinstance(command, Originate) and command.leg == leg}
        return self.without(frozenset(rung))

    def in_hands_of(self, lease: Lease, now: Instant) -> "Call | None":
        """The call with its commands in the hands of this lease's owner; None if there are none, or they are others'.

        Who has them already may begin anew: a worker does one thing at a time with a call.
        """
        free = self.lease is None or self.lease.owner == lease.owner or not self.lease.held_at(now)
        return replace(self, lease=lease) if self.todo and free else None

    def put_off(self, until: Instant) -> "Call":
        """The call with a command that did not get through, left alone until then."""
        return replace(self, lease=Lease(self.lease.owner, until), tried=True) if self.lease else self

    def _left_with(self, flow: Flow, todo: list[Command]) -> "Call":
        return Call(flow, tuple(todo), self.lease if todo else None, self.tried and bool(todo))


def to_document(call: Call) -> str:
    """The call as JSON text."""
    todo: Any = tuple((_NAMES[type(command)], command) for command in call.todo)
    stored = _Stored(call.flow, todo, call.lease, call.tried)
    return _DOCUMENTS.dump_json(stored).decode()


def from_document(text: str) -> Call | None:
    """The call that was stored as ``text``; None when it cannot be read: another version wrote it."""
    try:
        stored = _DOCUMENTS.validate_json(text)
    except ValidationError:
        return None
    return Call(stored.flow, tuple(command for _, command in stored.todo), stored.lease, stored.tried)


def _concerns(command: Command, legs: set[LegId]) -> bool:
    return command.leg in legs or (isinstance(command, Bridge) and command.other in legs)


# Each by its name: a hold and a hang-up look the same otherwise.
_Named = (
    tuple[Literal["originate"], Originate]
    | tuple[Literal["announce"], Announce]
    | tuple[Literal["collect"], Collect]
    | tuple[Literal["hold"], Hold]
    | tuple[Literal["bridge"], Bridge]
    | tuple[Literal["hang_up"], HangUp]
)

_NAMES: dict[type[Command], str] = {
    Originate: "originate",
    Announce: "announce",
    Collect: "collect",
    Hold: "hold",
    Bridge: "bridge",
    HangUp: "hang_up",
}


@dataclass(frozen=True, slots=True)
class _Stored:
    flow: Flow
    todo: tuple[_Named, ...]
    lease: Lease | None
    tried: bool


_DOCUMENTS = TypeAdapter(_Stored)
