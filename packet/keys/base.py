"""The machine key: what a Sealdesk machine signs and decrypts with (K10 and its encryption twin).

A machine has a signing key and an encryption key. In a TPM they are two primary keys of the endorsement hierarchy; as
software fallback they are one RSA pair, as MOSIP's reference client has it.
"""

from __future__ import annotations

from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self


class MachineKeyKind(StrEnum):
    """How a server must treat the public keys (MOSIP's client type)."""

    TPM = "TPM"
    LOCAL = "LOCAL"


class MachineKey(Protocol):
    """A machine's keys. Thread-safe: calls from several threads are serialised inside.

    All methods raise a `packet.keys.errors.MachineKeyError` subclass when the key cannot be used, naming why (missing,
    locked out, cleared, wrong permissions).
    """

    @property
    def kind(self) -> MachineKeyKind:
        """TPM or LOCAL."""
        ...

    @property
    def name(self) -> str:
        """What it is, for people: ``TPM 2.0 (swtpm)``, ``software key``."""
        ...

    @property
    def signing_public(self) -> bytes:
        """K10's public part as registered: TPMT_PUBLIC bytes (280) or SubjectPublicKeyInfo DER."""
        ...

    @property
    def encryption_public(self) -> bytes:
        """The encryption key's public part: TPMT_PUBLIC bytes (312) or SubjectPublicKeyInfo DER."""
        ...

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 over SHA-256 of data; 256 bytes."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """Opens a session key that was wrapped for the encryption key (RSA-OAEP, SHA-256; 256 bytes in)."""
        ...

    def seal(self, secret: bytes) -> bytes:
        """Binds up to 64 bytes (a data key) to this machine; under a PCR policy where there is a TPM."""
        ...

    def unseal(self, blob: bytes) -> bytes:
        """Opens what `seal` gave, on the same machine and, with a TPM, in the same measured state."""
        ...

    def close(self) -> None:
        """Flushes handles and forgets keys. Safe to call twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...
