"""Voice drivers that fail, each named by its failure. All wrap a driver that works, usually the simulator.

``dialled`` lists each originate that really rang somebody: a test that nobody is called twice looks there.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from ringback.forecast.model import QueueStats
from ringback.kernel.clock import Clock, Instant, after
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony import port
from ringback.telephony.port import (
    Announce,
    Bridge,
    Capability,
    Cause,
    Collect,
    Command,
    CommandId,
    EventKind,
    HangUp,
    Hold,
    LegId,
    LegView,
    Originate,
    Party,
    VoiceDriver,
    VoiceEvent,
)

NOBODY_ANSWERS = "+15555550002"
"""The simulator's number that rings until the time is up."""

Chooses = Callable[[Command], bool]


def any_command(command: Command) -> bool:
    return True


def originates(command: Command) -> bool:
    return isinstance(command, Originate)


class RecordingVoice:
    """No failure: passes everything on, and writes down what was commanded and who was rung."""

    def __init__(self, driver: VoiceDriver) -> None:
        self.driver = driver
        self.commands: list[Command] = []
        """All that were given, repetitions and those that failed too."""
        self.dialled: list[Originate] = []

    @property
    def name(self) -> str:
        return f"{type(self).__name__} over {self.driver.name}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self.driver.capabilities

    @property
    def hung_up(self) -> list[LegId]:
        """The legs that were told to end."""
        return [command.leg for command in self.commands if isinstance(command, HangUp)]

    async def originate(self, command: Originate) -> None:
        await self._given(command)

    async def announce(self, command: Announce) -> None:
        await self._given(command)

    async def collect(self, command: Collect) -> None:
        await self._given(command)

    async def hold(self, command: Hold) -> None:
        await self._given(command)

    async def bridge(self, command: Bridge) -> None:
        await self._given(command)

    async def hang_up(self, command: HangUp) -> None:
        await self._given(command)

    async def pass_on(self, command: Command) -> None:
        """What becomes of a command: where most fakes fail."""
        if isinstance(command, Originate):
            known = await self.driver.look_up(command.leg)
            await give(self.driver, command)
            if known is None:
                self.dialled.append(command)
        else:
            await give(self.driver, command)

    async def look_up(self, leg: LegId) -> LegView | None:
        return await self.driver.look_up(leg)

    async def events(self) -> list[VoiceEvent]:
        return await self.driver.events()

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        await self.driver.acknowledge(events)

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        return await self.driver.queue_stats(call_target_id)

    async def next_event_at(self) -> Instant | None:
        return await self.driver.next_event_at()

    async def close(self) -> None:
        await self.driver.close()

    async def _given(self, command: Command) -> None:
        self.commands.append(command)
        await self.pass_on(command)


async def give(driver: VoiceDriver, command: Command) -> None:
    """Give a driver a command by the method that is for it."""
    match command:
        case Originate():
            await driver.originate(command)
        case Announce():
            await driver.announce(command)
        case Collect():
            await driver.collect(command)
        case Hold():
            await driver.hold(command)
        case Bridge():
            await driver.bridge(command)
        case HangUp():
            await driver.hang_up(command)


class NeverAnswers(RecordingVoice):
    """Every customer's telephone rings until the time is up. The agents are there."""

    async def originate(self, command: Originate) -> None:
        if command.party is Party.CUSTOMER:
            command = replace(command, destination=NOBODY_ANSWERS)
        await super().originate(command)


class DuplicateEvents(RecordingVoice):
    """Tells each event twice, and once more after it was acknowledged."""

    def __init__(self, driver: VoiceDriver) -> None:
        super().__init__(driver)
        self._acknowledged: list[VoiceEvent] = []

    async def events(self) -> list[VoiceEvent]:
        again, self._acknowledged = self._acknowledged, []
        return again + [event for event in await super().events() for _ in range(2)]

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        waiting = await super().events()
        self._acknowledged += [event for event in waiting if event in events]
        await super().acknowledge(events)


class LateEvents(RecordingVoice):
    """Tells each event only ``seconds`` after it happened; ``look_up`` knows at once."""

    def __init__(self, driver: VoiceDriver, clock: Clock, seconds: float) -> None:
        super().__init__(driver)
        self._clock = clock
        self._seconds = seconds

    async def events(self) -> list[VoiceEvent]:
        return [event for event in await super().events() if after(event.at, self._seconds) <= self._clock.now()]

    async def next_event_at(self) -> Instant | None:
        at = await super().next_event_at()
        return None if at is None else after(at, self._seconds)


class OutOfOrderEvents(RecordingVoice):
    """Tells the newest event first, also of one leg."""

    async def events(self) -> list[VoiceEvent]:
        return (await super().events())[::-1]


class Unreachable(RecordingVoice):
    """Nothing gets through in either direction until ``reachable`` is set."""

    reachable = False

    async def pass_on(self, command: Command) -> None:
        self._try()
        await super().pass_on(command)

    async def look_up(self, leg: LegId) -> LegView | None:
        self._try()
        return await super().look_up(leg)

    async def events(self) -> list[VoiceEvent]:
        self._try()
        return await super().events()

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        self._try()
        await super().acknowledge(events)

    async def queue_stats(self, call_target_id: CallTargetId) -> QueueStats | None:
        self._try()
        return await super().queue_stats(call_target_id)

    async def next_event_at(self) -> Instant | None:
        self._try()
        return await super().next_event_at()

    def _try(self) -> None:
        if not self.reachable:
            raise self.failure()

    def failure(self) -> Exception:
        return port.Unreachable("no answer from the telephone network")


class Throws(Unreachable):
    """A driver with a defect: whatever it is asked, it raises an error that the port does not know."""

    def failure(self) -> Exception:
        return ZeroDivisionError("a defect of the driver")


class Hangs(RecordingVoice):
    """Commands never return, and do nothing, until ``release``. Looking up and events work."""

    def __init__(self, driver: VoiceDriver, on: Chooses = any_command) -> None:
        super().__init__(driver)
        self._on = on
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let commands through, also those that hang now."""
        self._released.set()

    async def pass_on(self, command: Command) -> None:
        if self._on(command):
            await self._released.wait()
        await super().pass_on(command)


class Busy(RecordingVoice):
    """Puts commands off the first ``times`` that each is given: nothing was done, come back in ``seconds``."""

    def __init__(self, driver: VoiceDriver, *, times: int = 1, seconds: float = 5, on: Chooses = any_command) -> None:
        super().__init__(driver)
        self._times = times
        self._seconds = seconds
        self._on = on
        self._given_times: Counter[CommandId] = Counter()

    async def pass_on(self, command: Command) -> None:
        self._given_times[command.id] += 1
        if self._on(command) and self._given_times[command.id] <= self._times:
            raise port.RetryAfter("too many commands at once", self._seconds)
        await super().pass_on(command)


class Refuses(RecordingVoice):
    """Will not carry out commands, now or later: those to ring somebody, unless told which. Nobody is rung."""

    def __init__(self, driver: VoiceDriver, cause: Cause = Cause.REJECTED, on: Chooses = originates) -> None:
        super().__init__(driver)
        self._cause = cause
        self._on = on

    async def pass_on(self, command: Command) -> None:
        if self._on(command):
            raise port.PermanentError("this cannot be done", self._cause)
        await super().pass_on(command)


class LosesAnswers(RecordingVoice):
    """Commands are carried out, but the answer is lost the first ``times`` that each is given: ``Unreachable``."""

    def __init__(self, driver: VoiceDriver, *, times: int = 1, on: Chooses = any_command) -> None:
        super().__init__(driver)
        self._times = times
        self._on = on
        self._given_times: Counter[CommandId] = Counter()

    async def pass_on(self, command: Command) -> None:
        await super().pass_on(command)
        self._given_times[command.id] += 1
        if self._on(command) and self._given_times[command.id] <= self._times:
            raise port.Unreachable("the telephone network took the command and then went silent")


class ForgetsCalls(RecordingVoice):
    """A driver without a memory: after ``crash`` it knows nothing of the legs before, and tells nothing of them.

    Asked again to ring one of them, it rings again: it is in ``dialled`` twice then.
    """

    def __init__(self, driver: VoiceDriver) -> None:
        super().__init__(driver)
        self._forgotten: set[LegId] = set()

    def crash(self) -> None:
        self._forgotten.update(command.leg for command in self.dialled)

    async def pass_on(self, command: Command) -> None:
        if command.leg not in self._forgotten:
            await super().pass_on(command)
        elif isinstance(command, Originate):
            self.dialled.append(command)

    async def look_up(self, leg: LegId) -> LegView | None:
        return None if leg in self._forgotten else await super().look_up(leg)

    async def events(self) -> list[VoiceEvent]:
        return [event for event in await super().events() if event.leg not in self._forgotten]


class DropsOnBridge(RecordingVoice):
    """The leg of one party hangs up in place of talking, the first ``times`` that it is to be bridged."""

    def __init__(self, driver: VoiceDriver, *, party: Party = Party.AGENT, times: int = 1_000_000) -> None:
        super().__init__(driver)
        self._party = party
        self._times = times
        self._seen: set[CommandId] = set()
        self._dropped: set[LegId] = set()

    async def pass_on(self, command: Command) -> None:
        if not isinstance(command, Bridge) or (command.id not in self._seen and len(self._seen) >= self._times):
            await super().pass_on(command)
            return
        self._seen.add(command.id)
        leg = next(leg for leg in (command.leg, command.other) if f".{self._party}" in leg)
        self._dropped.add(leg)
        await give(self.driver, HangUp(CommandId(f"{command.id}.dropped"), leg))

    async def look_up(self, leg: LegId) -> LegView | None:
        view = await super().look_up(leg)
        if view is None or view.party is not Party.RINGBACK or leg not in self._dropped:
            return view
        return replace(view, party=self._party)

    async def events(self) -> list[VoiceEvent]:
        return [
            replace(event, party=self._party) if event.party is Party.RINGBACK and event.leg in self._dropped else event
            for event in await super().events()
        ]


class Lies(RecordingVoice):
    """Tells, besides what is true: events of legs that never were, ends without a cause, second and impossible ends,
    keys that nobody pressed. What it makes up it tells until it is acknowledged, as it does the truth.
    """

    def __init__(self, driver: VoiceDriver) -> None:
        super().__init__(driver)
        self._believed: set[str] = set()

    async def events(self) -> list[VoiceEvent]:
        told: list[VoiceEvent] = []
        for event in await super().events():
            told.append(event)
            told += [lie for lie in _lies_about(event) if lie.event_id not in self._believed]
        return told

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        self._believed.update(event.event_id for event in events)
        await super().acknowledge(events)


def _lies_about(event: VoiceEvent) -> list[VoiceEvent]:
    def lie(name: str, kind: EventKind, leg: LegId = event.leg, **more: object) -> VoiceEvent:
        return replace(event, event_id=f"{event.event_id}/{name}", leg=leg, kind=kind, **more)  # type: ignore[arg-type]

    lies = [
        lie("nowhere", EventKind.ANSWERED, LegId("no-such-attempt.customer1")),
        lie("not even a leg", EventKind.ENDED, LegId(""), cause=Cause.BUSY, party=Party.CUSTOMER),
        lie("wrong command", EventKind.COLLECTED, command=CommandId("no-such-command"), key="9"),
    ]
    if event.kind is EventKind.ENDED:
        lies += [
            lie("again", EventKind.ENDED, cause=Cause.INVALID_NUMBER, party=Party.NETWORK),
            lie("without a cause", EventKind.ENDED, cause=None, party=None),
            lie("risen", EventKind.ANSWERED, cause=None, party=None),
        ]
    return lies
