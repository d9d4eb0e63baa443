"""The certificates of the hostile device: everybody who may sign in the tests, the good and the bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from devices.sbi.trust import DeviceTrust
from packet.crypto.chain import TrustStore

SERIAL = "SN-1"
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)


def issue(
    name: str,
    key: rsa.RSAPrivateKey,
    issuer: Identity | None,
    start: datetime,
    end: datetime,
    *,
    is_ca: bool = False,
) -> Identity:
    """Self-signed without an issuer; leaves carry no extensions, as those of real devices."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if is_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signer = issuer.key if issuer else key
    return Identity(builder.sign(signer, hashes.SHA256()), key)


def fresh_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


class HostilePki:
    """Root and provider of one domain, valid since yesterday."""

    def __init__(self, name: str) -> None:
        self.start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self.end = self.start + 10 * _YEAR
        self.root = issue(f"{name} root", fresh_key(), None, self.start, self.end, is_ca=True)
        self.provider = issue(f"{name} provider", fresh_key(), self.root, self.start, self.end, is_ca=True)

    @property
    def store(self) -> tuple[x509.Certificate, ...]:
        return self.root.certificate, self.provider.certificate

    def leaf(self, name: str, *, generation: int = 0, key: rsa.RSAPrivateKey | None = None) -> Identity:
        """A later generation is what a key rotation gives."""
        start = self.start + timedelta(seconds=generation)
        return issue(name, key or fresh_key(), self.provider, start, self.end)


@dataclass(frozen=True)
class Certificates:
    """Everybody."""

    pki: HostilePki
    ftm: HostilePki
    device: Identity
    other: Identity
    chip: Identity
    expired: Identity
    future: Identity
    rogue: Identity
    weak: Identity
    low_exponent: Identity
    self_signed: Identity

    @property
    def trust(self) -> DeviceTrust:
        return DeviceTrust(TrustStore("DEVICE", self.pki.store), TrustStore("FTM", self.ftm.store))


@cache
def certificates() -> Certificates:
    """Made once for all tests: making RSA keys takes time."""
    now = datetime.now(UTC)
    pki, ftm = HostilePki("DEVICE"), HostilePki("FTM")
    device = pki.leaf(f"device {SERIAL}")

    def again(start: datetime, end: datetime) -> Identity:
        return issue(f"device {SERIAL}", device.key, pki.provider, start, end)

    rogue_key = fresh_key()
    rogue_provider = issue("DEVICE provider", rogue_key, None, pki.start, pki.end, is_ca=True)
    return Certificates(
        pki=pki,
        ftm=ftm,
        device=device,
        other=pki.leaf("device SN-2"),
        chip=ftm.leaf(f"chip {SERIAL}"),
        expired=again(now - 2 * _YEAR, now - _YEAR),
        future=again(now + _YEAR, now + 2 * _YEAR),
        rogue=issue(f"device {SERIAL}", device.key, rogue_provider, pki.start, pki.end),
        weak=pki.leaf("weak", key=fresh_key(1024)),
        low_exponent=pki.leaf("low exponent", key=rsa.generate_private_key(3, 2048)),
        self_signed=issue(f"device {SERIAL}", device.key, None, pki.start, pki.end),
    )
