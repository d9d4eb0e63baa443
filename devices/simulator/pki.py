"""The simulator's own certificate authorities: DEVICE root, provider, devices; FTM root, provider, chips.

As with real MOSIP devices, leaf certificates carry no extensions. Nothing here is trusted anywhere unless somebody puts the
exported roots into a test profile.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from devices.simulator.seededkeys import fresh_key, seeded_key
from packet.encoding import sha256

KeySource = Callable[[str], rsa.RSAPrivateKey]
_SEEDED_START = datetime(2024, 1, 1, tzinfo=UTC)
_YEARS_20 = timedelta(days=20 * 365)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)


def issue(
    common_name: str,
    key: rsa.RSAPrivateKey,
    issuer: Identity | None,
    *,
    start: datetime,
    end: datetime,
    is_ca: bool = False,
) -> Identity:
    """Issues a certificate; self-signed without an issuer. Serial numbers follow from name, start and key."""
    name = x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sealdesk simulator, not for production"),
    ])  # fmt: skip
    unique = f"{common_name}/{start.isoformat()}/{key.public_key().public_numbers().n}"
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(sha256(unique.encode())[:19], "big") + 1)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if is_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Identity(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


class SimulatorPki:
    """All authorities of one simulator, and the leaves that they issue.

    Args:
        seed: None for fresh keys; otherwise keys and certificates are the same for every start with the same seed.
        now: start of validity of fresh certificates; a day earlier is used, so that a slow clock does not matter.
    """

    def __init__(self, seed: int | None, now: datetime) -> None:
        self._seed = seed
        self._start = _SEEDED_START if seed is not None else now - timedelta(days=1)
        self._end = self._start + _YEARS_20
        self.device_root = self._authority("SBI device root", None)
        self.device_provider = self._authority("SBI device provider", self.device_root)

    @cached_property
    def ftm_root(self) -> Identity:
        """Root of the trust modules' makers."""
        return self._authority("FTM root", None)

    @cached_property
    def ftm_provider(self) -> Identity:
        """Maker of the trust modules."""
        return self._authority("FTM provider", self.ftm_root)

    def _key(self, name: str) -> rsa.RSAPrivateKey:
        return fresh_key() if self._seed is None else seeded_key(self._seed, name)

    def _authority(self, name: str, issuer: Identity | None) -> Identity:
        return issue(name, self._key(name), issuer, start=self._start, end=self._end, is_ca=True)

    def device(self, serial_no: str, *, generation: int = 0) -> Identity:
        """The signing identity of a device; a later generation is what a key rotation gives."""
        start = self._start + timedelta(seconds=generation)
        name = f"device {serial_no}"
        return issue(name, self._key(f"{name}/{generation}"), self.device_provider, start=start, end=self._end)

    def chip(self, serial_no: str) -> Identity:
        """The identity of the trust module in an L1 device."""
        name = f"chip {serial_no}"
        return issue(name, self._key(name), self.ftm_provider, start=self._start, end=self._end)

    @property
    def device_chain(self) -> tuple[x509.Certificate, ...]:
        """What a client has to know of domain DEVICE."""
        return self.device_root.certificate, self.device_provider.certificate

    @property
    def ftm_chain(self) -> tuple[x509.Certificate, ...]:
        """What a client has to know of domain FTM."""
        return self.ftm_root.certificate, self.ftm_provider.certificate

    def export(self, directory: Path) -> tuple[Path, ...]:
        """Writes the four CA certificates as PEM files; they replace earlier ones. Returns the paths.

        Raises:
            OSError: if the directory cannot be made or written.
        """
        directory.mkdir(parents=True, exist_ok=True)
        names = ("device-root.pem", "device-provider.pem", "ftm-root.pem", "ftm-provider.pem")
        paths = []
        for name, certificate in zip(names, (*self.device_chain, *self.ftm_chain), strict=True):
            partial = directory / f".{name}.{os.getpid()}"
            partial.write_bytes(certificate.public_bytes(Encoding.PEM))
            paths.append(partial.replace(directory / name))
        return tuple(paths)
