"""Makes the fixed keys of the golden vectors and examples, once. They guard nothing: everyone has them.

    python -m tests.golden.make_keys

Running it again gives other keys, and all golden files and examples must be made again after it.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

DIRECTORY = Path(__file__).parent / "keys"
ROLES = ("device-root", "device-provider", "device", "machine", "packet")


def main() -> None:
    """Writes one PKCS#8 PEM file for each role."""
    DIRECTORY.mkdir(exist_ok=True)
    for role in ROLES:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (DIRECTORY / f"{role}.test-key.pem").write_bytes(pem)


if __name__ == "__main__":
    main()
