"""What simulators of this user have left on this machine: certificates to trust them by, and the demonstration server's key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from packet.errors import CodedError

if TYPE_CHECKING:
    from devices.conformance import AtHand
    from devices.simulator.pki import SimulatorPki

FRESH = "fresh"
SEEDED = "seed-"


def simulators_at_hand(directory: Path | None = None) -> AtHand | None:
    """The authorities of every simulator whose keys are kept in a state directory, by default this user's.

    No directory is made. A key that a simulator has not needed yet (of its trust modules, of its server) is made as it would.

    Returns:
        None if there is no such directory, or nothing in it can be used.
    """
    from devices.conformance import AtHand, Trust
    from devices.simulator.keystore import default_state_directory
    from packet.crypto.chain import TrustStore

    authorities = _authorities(directory or default_state_directory())
    if not authorities:
        return None
    device = TrustStore("DEVICE", (certificate for pki in authorities for certificate in pki.device_chain))
    ftm = TrustStore("FTM", (certificate for pki in authorities for certificate in pki.ftm_chain))
    return AtHand(Trust(device, ftm), tuple(pki.auth_server.key for pki in authorities))


def _authorities(directory: Path) -> list[SimulatorPki]:
    from devices.simulator.pki import SimulatorPki

    found = []
    try:
        folders = sorted(path for path in directory.iterdir() if (path / "keys").is_dir())
    except OSError:
        return []
    for folder in folders:
        number = folder.name.removeprefix(SEEDED)
        if folder.name != FRESH and not (folder.name.startswith(SEEDED) and number.lstrip("-").isdecimal()):
            continue
        try:
            found.append(SimulatorPki(None if folder.name == FRESH else int(number), datetime.now(UTC), directory))
        except CodedError:
            continue  # damaged; the simulator itself will say so
    return found
