"""Voice drivers that fail, each named by its failure. All wrap a driver that works, usually the simulator.

``dialled`` lists each originate that really rang somebody: a test that nobody is called twice looks there.
"""

from collections.abc import Sequence
from dataclasses import replace

from ringback.kernel.clock import Clock, Instant, after
from ringback.kernel.tenancy import AttemptId, CallTargetId
from ringback.telephony import port
from ringback.telephony.port import Call, CallView, VoiceEvent


class RecordingVoice:
    """No failure: passes everything on, and writes down who was rung."""

    def __init__(self, driver: port.VoiceDriver) -> None:
        self.driver = driver
        self.dialled: list[Call] = []
        self.hung_up: list[AttemptId] = []

    @property
    def name(self) -> str:
        return f"{type(self).__name__} over {self.driver.name}"

    @property
    def capabilities(self) -> frozenset[port.Capability]:
        return self.driver.capabilities

    async def originate(self, call: Call) -> None:
        known = await self.driver.look_up(call.attempt_id)
        await self.driver.originate(self.passed_on(call))
        if known is None:
            self.dialled.append(call)

    def passed_on(self, call: Call) -> Call:
        return call

    async def hang_up(self, attempt_id: AttemptId) -> None:
        self.hung_up.append(attempt_id)
        await self.driver.hang_up(attempt_id)

    async def look_up(self, attempt_id: AttemptId) -> CallView | None:
        return await self.driver.look_up(attempt_id)

    async def events(self) -> list[VoiceEvent]:
        return await self.driver.events()

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        await self.driver.acknowledge(events)

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        return await self.driver.staffed_agents(call_target_id)

    async def busy_agents(self, call_target_id: CallTargetId) -> int | None:
        return await self.driver.busy_agents(call_target_id)

    async def next_event_at(self) -> Instant | None:
        return await self.driver.next_event_at()

    async def close(self) -> None:
        await self.driver.close()


class NeverAnswers(RecordingVoice):
    """Every customer's telephone rings until the time is up: it dials the number that the simulator has for that."""

    def passed_on(self, call: Call) -> Call:
        return replace(call, customer_number="+15555550002")


class DuplicateEvents(RecordingVoice):
    """Tells each event twice, and once more after it was acknowledged."""

    def __init__(self, driver: port.VoiceDriver) -> None:
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

    def __init__(self, driver: port.VoiceDriver, clock: Clock, seconds: float) -> None:
        super().__init__(driver)
        self._clock = clock
        self._seconds = seconds

    async def events(self) -> list[VoiceEvent]:
        return [event for event in await super().events() if after(event.at, self._seconds) <= self._clock.now()]

    async def next_event_at(self) -> Instant | None:
        at = await super().next_event_at()
        return None if at is None else after(at, self._seconds)


class Unreachable(RecordingVoice):
    """Nothing gets through in either direction until ``reachable`` is set."""

    reachable = False

    async def originate(self, call: Call) -> None:
        self._try()
        await super().originate(call)

    async def hang_up(self, attempt_id: AttemptId) -> None:
        self._try()
        await super().hang_up(attempt_id)

    async def look_up(self, attempt_id: AttemptId) -> CallView | None:
        self._try()
        return await super().look_up(attempt_id)

    async def events(self) -> list[VoiceEvent]:
        self._try()
        return await super().events()

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        self._try()
        await super().acknowledge(events)

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        self._try()
        return await super().staffed_agents(call_target_id)

    async def busy_agents(self, call_target_id: CallTargetId) -> int | None:
        self._try()
        return await super().busy_agents(call_target_id)

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


class LosesAnswers(RecordingVoice):
    """The telephone rings, but the answer to ``originate`` is lost: the caller is told ``Unreachable``."""

    async def originate(self, call: Call) -> None:
        await super().originate(call)
        raise port.Unreachable("the telephone network took the command and then went silent")


class ForgetsCalls(RecordingVoice):
    """A driver without a memory: after ``crash`` it knows nothing of the calls before, and tells nothing of them.

    Asked again to make one of them, it rings again: it is in ``dialled`` twice then.
    """

    def __init__(self, driver: port.VoiceDriver) -> None:
        super().__init__(driver)
        self._forgotten: set[AttemptId] = set()

    def crash(self) -> None:
        self._forgotten.update(call.attempt_id for call in self.dialled)

    async def originate(self, call: Call) -> None:
        if call.attempt_id in self._forgotten:
            self.dialled.append(call)
        else:
            await super().originate(call)

    async def look_up(self, attempt_id: AttemptId) -> CallView | None:
        return None if attempt_id in self._forgotten else await super().look_up(attempt_id)

    async def events(self) -> list[VoiceEvent]:
        return [event for event in await super().events() if event.attempt_id not in self._forgotten]
