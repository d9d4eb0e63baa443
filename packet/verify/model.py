"""What the verifier is given and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from packet.crypto.chain import TrustStore
from packet.models import SubPacket
from packet.rules.model import Finding, PlainContent, RuleSettings, Status


class SessionKeyOpener(Protocol):
    """Holder of K11's private key, wherever that lives (a PEM file, a key service, an HSM)."""

    @property
    def thumbprints(self) -> Collection[bytes]:
        """SHA-256 of the DER of every certificate that this holder can open for; empty if it knows no certificate."""
        ...

    def open(self, thumbprint: bytes, wrapped: bytes) -> bytes:
        """RSA-OAEP (SHA-256, MGF1 SHA-256, empty label) decryption of a 256-byte wrapped session key.

        Raises:
            KeyError: if no key belongs to the thumbprint.
            ValueError: if decryption fails.
        """
        ...


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """What the RID sync announced about a packet."""

    packet_id: str
    packet_hash_value: str
    packet_size: int
    registration_type: str = ""
    supervisor_status: str = "APPROVED"
    lang_code: str = "eng"


@dataclass(frozen=True, slots=True)
class VerifyContext:
    """Everything besides the packet and the keys.

    Attributes:
        file_name: name under which the packet arrived, for the checks on names.
        machine_encryption_public: registered encryption key, for ``keyIndex``; None skips that check.
        device_trust: CA certificates of domain DEVICE; None skips the chain check of captures.
        ftm_trust: CA certificates of domain FTM, for digital ids of L1 devices.
    """

    rules: RuleSettings = field(default_factory=RuleSettings)
    file_name: str | None = None
    machine_encryption_public: bytes | None = field(default=None, repr=False)
    device_trust: TrustStore | None = None
    ftm_trust: TrustStore | None = None
    sync: SyncRecord | None = None


@dataclass(frozen=True, slots=True)
class OpenedSubPacket:
    """Decrypted bytes of one sub-packet.

    Attributes:
        metadata: the plain ``<RID>_<sub>.json``.
        stored: the ciphertext as it lies in the outer container ("as is").
        entries: zip entry name to content.
    """

    metadata: Mapping[str, str]
    stored: bytes = field(repr=False)
    entries: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedPacket:
    """What could be opened; present in a report as far as the verifier got."""

    sub_packets: Mapping[SubPacket, OpenedSubPacket]
    content: PlainContent | None


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one verification, in the order in which a server would come upon them."""

    packet_id: str | None
    findings: tuple[Finding, ...]
    opened: OpenedPacket | None = field(default=None, repr=False)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that failed."""
        return tuple(f for f in self.findings if f.status is Status.FAIL)

    @property
    def is_good(self) -> bool:
        """Whether nothing failed."""
        return not self.failures
