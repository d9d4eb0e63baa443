"""The verifier with everything it can be given: keys, trust, schema, sync record, file name, now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from packet.builder import build
from packet.keys.software import SoftwareMachineKey
from packet.models import SealedPacket
from packet.rules.model import RuleSettings
from packet.verify import PrivateKeyOpener, Report, SyncRecord, VerifyContext, verify_packet
from tests.support.devicelab import device_trust, lab_certificate, lab_key
from tests.support.specs import CREATED_AT, counting_entropy, demo_schema, new_spec, ticking_clock


def machine_public() -> bytes:
    """The test machine's public key, for signing and encryption alike."""
    return lab_key("machine").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@cache
def built_packet() -> SealedPacket:
    """A good packet as the builder makes it."""
    return build(
        new_spec(),
        machine_key=SoftwareMachineKey(lab_key("machine"), machine_public()),
        certificate=lab_certificate("packet"),
        clock=ticking_clock(),
        entropy=counting_entropy(),
    )


@cache
def opener() -> PrivateKeyOpener:
    """Holder of the test packet key."""
    return PrivateKeyOpener(lab_key("packet"), [lab_certificate("packet")])


def full_context(data: bytes, file_name: str) -> VerifyContext:
    """A context in which nothing is left to be skipped, and in which exactly this file was announced."""
    return VerifyContext(
        rules=RuleSettings(id_schema=demo_schema(), now=CREATED_AT + timedelta(hours=1)),
        file_name=file_name,
        machine_encryption_public=machine_public(),
        device_trust=device_trust(),
        sync=SyncRecord(
            packet_id=file_name.removesuffix(".zip"),
            packet_hash_value=sha256(data).hexdigest().upper(),
            packet_size=len(data),
            registration_type="NEW",
        ),
    )


def with_sync(context: VerifyContext, **changes: Any) -> VerifyContext:
    """The same context with another sync record."""
    assert context.sync is not None
    return replace(context, sync=replace(context.sync, **changes))


def judged(data: bytes, context: VerifyContext) -> Report:
    """One verification."""
    return verify_packet(data, opener=opener(), machine_signing_public=machine_public(), context=context)
