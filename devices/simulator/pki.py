"""The simulator's own certificate authorities: DEVICE root, provider, devices; FTM root, provider, chips.

As with real MOSIP devices, leaf certificates carry no extensions. Nothing here is trusted anywhere unless somebody puts the
exported roots into a test profile.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import RLock

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from devices.simulator.keystore import KeyState, KeyStore, MemoryKeys, StateFile, StoredKeys, make_private
from packet.encoding import sha256

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
    """All authorities of one simulator, and the leaves that they issue. Safe to use from any thread.

    Args:
        seed: None for fresh keys; otherwise keys and certificates are the same for every start with the same seed.
        now: start of validity of fresh certificates; a day earlier is used, so that a slow clock does not matter.
        directory: where keys, and without a seed their state, are kept; None for memory only.

    Raises:
        StateUnusableError: if the directory cannot be used.
    """

    def __init__(self, seed: int | None, now: datetime, directory: Path | None = None) -> None:
        self._keys: KeyStore = MemoryKeys(seed)
        own = None
        if directory is not None:
            own = directory / ("fresh" if seed is None else f"seed-{seed}")
            make_private(directory)
            make_private(own)
            self._keys = StoredKeys(own / "keys", self._keys)
        self._file = StateFile(own if seed is None else None, now)
        self._start = _SEEDED_START if seed is not None else self._file.state.created_at - timedelta(days=1)
        self._end = self._start + _YEARS_20
        self._leaves: dict[str, Identity] = {}
        self._lock = RLock()
        self.device_root = self._authority("SBI device root", None)
        self.device_provider = self._authority("SBI device provider", self.device_root)

    @property
    def keys(self) -> KeyStore:
        """Keys for other parts that have to be the same after a restart."""
        return self._keys

    @property
    def state(self) -> KeyState:
        """What has happened to the devices' keys."""
        return self._file.state

    @cached_property
    def ftm_root(self) -> Identity:
        """Root of the trust modules' makers."""
        return self._authority("FTM root", None)

    @cached_property
    def ftm_provider(self) -> Identity:
        """Maker of the trust modules."""
        return self._authority("FTM provider", self.ftm_root)

    @cached_property
    def auth_server(self) -> Identity:
        """A stand-in for the authentication server's encryption certificate (reference IDA-FIR)."""
        return self._authority("IDA-FIR demonstration", None)

    def _authority(self, name: str, issuer: Identity | None) -> Identity:
        is_ca = name != "IDA-FIR demonstration"
        return issue(name, self._keys.key(name), issuer, start=self._start, end=self._end, is_ca=is_ca)

    def device(self, serial_no: str, *, generation: int = 0) -> Identity:
        """The signing identity of a device; a later generation is what a key rotation gives."""
        name = f"device {serial_no}"
        with self._lock:
            return self._leaf(f"{name}/{generation}", name, self.device_provider, generation)

    def current_device(self, serial_no: str) -> Identity:
        """The identity with which a device signs now: rotated or run out, if that has happened to it."""
        state = self.state
        generation = state.generations.get(serial_no, 0)
        identity = self.device(serial_no, generation=generation)
        return self._run_out(serial_no, generation) if serial_no in state.expired else identity

    def _run_out(self, serial_no: str, generation: int) -> Identity:
        name = f"device {serial_no}"
        with self._lock:
            key = f"{name}/{generation}/expired"
            if key not in self._leaves:
                start = self._start + timedelta(seconds=generation)
                signer = self._keys.key(f"{name}/{generation}")
                end = start + timedelta(hours=12)
                self._leaves[key] = issue(name, signer, self.device_provider, start=start, end=end)
            return self._leaves[key]

    def chip(self, serial_no: str) -> Identity:
        """The identity of the trust module in an L1 device. It never changes."""
        name = f"chip {serial_no}"
        with self._lock:
            return self._leaf(name, name, self.ftm_provider, 0)

    def _leaf(self, key_name: str, name: str, issuer: Identity, generation: int) -> Identity:
        if key_name not in self._leaves:
            start = self._start + timedelta(seconds=generation)
            self._leaves[key_name] = issue(name, self._keys.key(key_name), issuer, start=start, end=self._end)
        return self._leaves[key_name]

    def rotate(self, serial_no: str) -> None:
        """Issues a new key and a certificate that begins later to a device.

        Raises:
            StateUnusableError: if the state cannot be written. The same for `expire` and `revoke`.
        """
        with self._lock:
            self._file.save(self.state.rotated(serial_no))
            self.current_device(serial_no)  # the key is there before the answer: the next request must not wait for it

    def expire(self, serial_no: str) -> None:
        """Lets a device's certificate run out; rotation gives it a new one."""
        with self._lock:
            self._file.save(replace(self.state, expired=self.state.expired | {serial_no}))

    def revoke(self, serial_no: str) -> None:
        """Puts a device's certificate on the provider's revocation list; the device goes on signing with it."""
        with self._lock:
            number = self.current_device(serial_no).certificate.serial_number
            self._file.save(replace(self.state, revoked=self.state.revoked | {number}))

    def revocation_list(self, now: datetime) -> x509.CertificateRevocationList:
        """The provider's list of revoked device certificates."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.device_provider.certificate.subject)
            .last_update(now)
            .next_update(now + timedelta(days=30))
        )
        for number in sorted(self.state.revoked):
            entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(self.state.created_at).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.device_provider.key, hashes.SHA256())

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

        The revocation list goes beside them as ``device-provider.crl`` (PEM) once anything was revoked.

        Raises:
            OSError: if the directory cannot be made or written.
        """
        directory.mkdir(parents=True, exist_ok=True)
        names = ("device-root.pem", "device-provider.pem", "ftm-root.pem", "ftm-provider.pem")
        chains = (*self.device_chain, *self.ftm_chain)
        paths = [_write(directory / n, c.public_bytes(Encoding.PEM)) for n, c in zip(names, chains, strict=True)]
        if self.state.revoked:
            revoked = self.revocation_list(datetime.now(UTC)).public_bytes(Encoding.PEM)
            paths.append(_write(directory / "device-provider.crl", revoked))
        return tuple(paths)


def _write(path: Path, data: bytes) -> Path:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    return partial.replace(path)
