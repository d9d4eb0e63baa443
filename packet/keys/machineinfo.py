"""What an administrator needs to register a machine, as one JSON object.

Two tools of MOSIP print this with different key names: the desktop's key extractor (``machineName``, ``signingPublicKey``,
indexes) and the Android client (``name``, ``signPublicKey``). Both spellings are given, so that either kind of instruction can
be followed. ``publicKey`` is the encryption key. Servers compare names and indexes without regard to case.
"""

from __future__ import annotations

from packet.encoding import b64url
from packet.keys.base import MachineKey
from packet.keys.publickey import fingerprint


def machine_info(key: MachineKey, machine_name: str) -> dict[str, str]:
    """The machine-info object, in the order in which it is printed.

    Args:
        machine_name: the host name; given in lower case, as the reference client sends it.
    """
    name = machine_name.lower()
    public, signing = b64url(key.encryption_public), b64url(key.signing_public)
    return {
        "machineName": name,
        "name": name,
        "publicKey": public,
        "signPublicKey": signing,
        "signingPublicKey": signing,
        "keyIndex": fingerprint(key.encryption_public),
        "signingKeyIndex": fingerprint(key.signing_public),
        "mode": key.kind.value,
    }
