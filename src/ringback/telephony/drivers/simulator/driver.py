"""The simulated network as a voice driver."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from ringback.kernel.clock import Clock, Instant
from ringback.kernel.tenancy import AttemptId, CallTargetId
from ringback.telephony.drivers.simulator.ledger import Ledger
from ringback.telephony.drivers.simulator.network import SimulatedNetwork
from ringback.telephony.drivers.simulator.settings import SimulatorSettings
from ringback.telephony.port import Call, CallView, Capability, Unreachable, VoiceEvent

P = ParamSpec("P")
T = TypeVar("T")

LEDGER_NAME = "simulator.sqlite3"
"""The ledger's file name in the data directory."""


class SimulatorDriver:
    """The default voice driver: simulated customers and agents, kept in a ledger file.

    The file is worked on in one thread of its own, since a write waits for the disk.
    """

    name = "simulator"
    capabilities = frozenset({Capability.CONNECTS_PARTIES})

    def __init__(self, ledger: Path, clock: Clock, settings: SimulatorSettings | None = None) -> None:
        """Open the ledger file, making it if need be; its folder must exist.

        Raises ``DatabaseUnavailable`` or ``DatabaseSchemaMismatch``.
        """
        self._ledger = Ledger(ledger)
        self._network = SimulatedNetwork(self._ledger, settings or SimulatorSettings())
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="simulator")

    async def originate(self, call: Call) -> None:
        """Ring the first party, once for each attempt id. On disk when this returns."""
        await self._do(self._network.originate, call, self._clock.now())

    async def hang_up(self, attempt_id: AttemptId) -> None:
        """End a call if it is alive."""
        await self._do(self._network.hang_up, attempt_id, self._clock.now())

    async def look_up(self, attempt_id: AttemptId) -> CallView | None:
        """What became of an attempt."""
        return await self._do(self._network.look_up, attempt_id, self._clock.now())

    async def events(self) -> list[VoiceEvent]:
        """The oldest thousand events not acknowledged, of all calls in the ledger, in the order of time."""
        return await self._do(self._network.events, self._clock.now())

    async def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """Tell these events no more."""
        if events:
            await self._do(self._network.acknowledge, events)

    async def staffed_agents(self, call_target_id: CallTargetId) -> int | None:
        """The simulated agents of a call target; ``None`` before its first call, unless set."""
        return await self._do(self._network.staffed_agents, call_target_id)

    async def busy_agents(self, call_target_id: CallTargetId) -> int | None:
        """How many of them are on a call."""
        return await self._do(self._network.busy_agents, call_target_id, self._clock.now())

    async def next_event_at(self) -> Instant | None:
        """When the oldest event waiting happened, else the latest instant by which the next one will."""
        return await self._do(self._network.next_event_at)

    async def close(self) -> None:
        """Close the ledger; the calls in it go on."""
        await self._do(self._ledger.close)
        self._thread.shutdown()

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))
        except sqlite3.Error as error:
            raise Unreachable(f"the simulated network's ledger cannot be used: {error}") from error
