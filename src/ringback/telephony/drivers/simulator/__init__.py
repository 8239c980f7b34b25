"""A simulated telephone network with the agents of a contact centre: the voice driver that needs nothing installed.

It stands for a network outside of our process. What it knows is in a ledger file of its own, so calls go on while we
are down, and several processes of one machine may use the same ledger. To play days in seconds there is a ledger in
memory as well: ``SimulatedNetwork(MemoryLedger(), settings)``.
"""

from ringback.telephony.drivers.simulator.driver import LEDGER_NAME, SimulatorDriver
from ringback.telephony.drivers.simulator.ledger import Ledger, read_legs
from ringback.telephony.drivers.simulator.line import CallerId, InboundEvent, InboundKind, Line
from ringback.telephony.drivers.simulator.memory import MemoryLedger
from ringback.telephony.drivers.simulator.network import SimulatedNetwork
from ringback.telephony.drivers.simulator.settings import Shift, SimulatedTeam, SimulatorSettings

__all__ = [
    "LEDGER_NAME",
    "CallerId",
    "InboundEvent",
    "InboundKind",
    "Ledger",
    "Line",
    "MemoryLedger",
    "Shift",
    "SimulatedNetwork",
    "SimulatedTeam",
    "SimulatorDriver",
    "SimulatorSettings",
    "read_legs",
]
