"""Packets for the sandbox's tests: built by the builder for a machine that is registered there, and spoilt in chosen ways."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from packet.builder import build
from packet.crypto.hybrid import encrypt
from packet.keys.software import SoftwareMachineKey
from packet.models import RegistrationId, SealedPacket
from sandbox import Sandbox, SandboxConfig
from tests.support.devicelab import lab_key
from tests.support.editing import python_zip
from tests.support.packetopener import decrypt, unzip
from tests.support.sandbox_client import PASSWORDS, SandboxClient
from tests.support.sandbox_clock import SettableClock
from tests.support.specs import CREATED_AT, counting_entropy, new_spec, ticking_clock

MACHINE_ID = "10077"
REF_ID = f"10001_{MACHINE_ID}"
BEFORE = CREATED_AT - timedelta(hours=1)
NOW = CREATED_AT + timedelta(minutes=2)


def sandbox_at_packet_time(directory: Path, clock: SettableClock, **changes: Any) -> Sandbox:
    """A sandbox whose first machine is the one of the test registrations, to be set up before and used after they were made."""
    config = SandboxConfig(directory=directory, first_machine_id=MACHINE_ID, passwords=PASSWORDS, clock=clock)
    return Sandbox(replace(config, **changes))


@cache
def machine_key() -> SoftwareMachineKey:
    """The registered machine's key."""
    key = lab_key("machine")
    return SoftwareMachineKey(key, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def packet_certificate(client: SandboxClient, clock: SettableClock) -> x509.Certificate:
    """Logs in, registers the machine and fetches its packet certificate, an hour before the packets; then it is after them."""
    clock.set(BEFORE)
    answer = client.login().register("desk-1", machine_key()).json()
    assert answer["response"]["id"] == MACHINE_ID
    certificate = client.certificate("REGISTRATION", REF_ID)
    clock.set(NOW)
    return certificate


def registration_id(number: int, machine_id: str = MACHINE_ID) -> RegistrationId:
    """A registration id of a machine with that sequence number."""
    return RegistrationId(f"10001{machine_id}{number:05d}20250602092000")


def sealed(certificate: x509.Certificate, number: int = 1, machine_id: str = MACHINE_ID) -> SealedPacket:
    """A good packet."""
    return build(
        new_spec(registration_id=registration_id(number, machine_id), machine_id=machine_id),
        machine_key=machine_key(),
        certificate=certificate,
        clock=ticking_clock(),
        entropy=counting_entropy(f"sandbox-{number}"),
    )


def with_data(packet: SealedPacket, data: bytes) -> SealedPacket:
    """The packet with other bytes, to be announced as such."""
    return replace(packet, data=data, sha256=hashlib.sha256(data).hexdigest().upper())


def outer_entries(packet: SealedPacket, sandbox: Sandbox) -> dict[str, bytes]:
    """The outer container, opened with the exported packet key."""
    private = load_pem_private_key(sandbox.export_packet_key(REF_ID), None)
    assert isinstance(private, RSAPrivateKey)
    return unzip(decrypt(packet.data, private))


def with_changed_entry(
    packet: SealedPacket,
    sandbox: Sandbox,
    certificate: x509.Certificate,
    name_end: str,
    change: Callable[[bytes], bytes],
) -> SealedPacket:
    """The packet with one entry of its outer container changed, sealed and announced as if nothing had happened."""
    entries = {name: change(data) if name.endswith(name_end) else data for name, data in outer_entries(packet, sandbox).items()}
    return with_data(packet, encrypt(python_zip(entries), certificate, os.urandom))
