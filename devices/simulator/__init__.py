"""A device service that plays scanners and cameras, with synthetic people, keys of its own, and faults on demand.

In process::

    with Simulator(SimulatorConfig(port=0, faults=("drip",))) as simulator:
        simulator.script.score(BioAttribute.LEFT_EYE, 30, 80)       # scores of the next attempts
        simulator.faults.activate("wrong-transaction-id", times=1)  # one of `faults.FAULTS`, for one answer
        simulator.faults.clear()
        simulator.unplug(simulator.devices[0].serial_no)
        trust = DeviceTrust(simulator.device_trust_store(), simulator.ftm_trust_store())
"""

from devices.simulator.catalogue import Purpose, SimulatorOptionError
from devices.simulator.config import SimulatorConfig
from devices.simulator.simulator import PortTakenError, Simulator

__all__ = ["PortTakenError", "Purpose", "Simulator", "SimulatorConfig", "SimulatorOptionError"]
