"""A device service that plays slap scanner, iris scanner and face camera, with synthetic people and keys of its own."""

from devices.simulator.catalogue import SimulatorConfig
from devices.simulator.simulator import PortTakenError, Simulator

__all__ = ["PortTakenError", "Simulator", "SimulatorConfig"]
