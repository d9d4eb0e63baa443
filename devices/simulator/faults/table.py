"""All faults, in the order of the documentation. The lists of the command line and of the documentation are made from this."""

from __future__ import annotations

from devices.simulator.faults import answers, contents, signatures, states, streams, transport
from devices.simulator.faults.effects import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *signatures.FAULTS,
        *signatures.DIGITAL_ID_FAULTS,
        *contents.FAULTS,
        *answers.FAULTS,
        *transport.FAULTS,
        *streams.FAULTS,
        *states.FAULTS,
    )
}
"""By name."""


def documentation_rows() -> list[dict[str, str]]:
    """One row a fault, as plain values: name, group, where it bites, what it does, what a client should do."""
    return [
        {"name": fault.name, "group": fault.group, "verbs": " ".join(fault.verbs), "does": fault.does, "client": fault.client}
        for fault in FAULTS.values()
    ]
