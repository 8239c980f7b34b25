"""A simulated telephone network with the agents of a contact centre: the voice driver that needs nothing installed.

It stands for a network outside of our process. What it knows is in a ledger file of its own, so calls go on while we
are down, and several processes of one machine may use the same ledger. A ledger keeps the numbers that were called.
"""

from ringback.telephony.drivers.simulator.course import SimulatedCall
from ringback.telephony.drivers.simulator.driver import LEDGER_NAME, SimulatorDriver
from ringback.telephony.drivers.simulator.ledger import read_calls
from ringback.telephony.drivers.simulator.settings import SimulatedTeam, SimulatorSettings

__all__ = ["LEDGER_NAME", "SimulatedCall", "SimulatedTeam", "SimulatorDriver", "SimulatorSettings", "read_calls"]
