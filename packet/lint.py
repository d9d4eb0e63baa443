"""The check before sealing: the rules on plain content, run on what is about to be written.

The same rules run in the verifier, there on what was decoded from a sealed packet by other code. What would be refused by a
server weeks later is refused here, while the person is still at the desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from packet.cbeff import Bir, CbeffFile
from packet.encoding import b64url_decode, java_double
from packet.errors import PacketError
from packet.idschema import FieldKind, IdSchema
from packet.metainfo import audit_rows, operators
from packet.models import CapturedBiometric, Json, PacketSpec
from packet.rules.content import check_content
from packet.rules.model import (
    BiometricFacts,
    BiometricFile,
    Finding,
    PlainContent,
    PlainSubPacket,
    RuleSettings,
    Status,
)
from packet.subpacket import SubPacketPlan

_HEAD_BYTES = 16


class PacketRefusedError(PacketError):
    """A packet breaks rules by which a server would refuse it; it was not sealed.

    Attributes:
        findings: all that failed. Reasons name fields and codes, never their values.
    """

    code = "PACKET-REFUSED"
    sentence = "The packet would be refused: {reason} ({check} at {where}; {count} problems in all)."
    next_step = "Correct the registration and seal it again."

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(check=first.check, where=first.where, reason=first.reason.rstrip("."), count=len(self.findings))


def refuse_what_fails(content: PlainContent, settings: RuleSettings) -> None:
    """Runs the rules.

    Raises:
        PacketRefusedError: if a check fails.
    """
    failures = [finding for finding in check_content(content, settings) if finding.status is Status.FAIL]
    if failures:
        raise PacketRefusedError(failures)


def plain_content(spec: PacketSpec, schema: IdSchema, plans: Sequence[SubPacketPlan]) -> PlainContent:
    """The packet as the rules look at it."""
    captures: dict[str, Sequence[CapturedBiometric]] = {
        f"{schema.fields[name].base_name}": value.captured for name, value in spec.biometrics.items()
    }
    captures |= {name: operator.biometrics for name, operator in operators(spec)}
    return PlainContent(
        registration_id=spec.registration_id,
        process=spec.process,
        ref_id=spec.ref_id,
        schema_version=java_double(spec.id_schema_version),
        sub_packets={plan.sub_packet: _plain_sub_packet(schema, plan, captures) for plan in plans},
        audits=audit_rows(spec.audits),
    )


def _plain_sub_packet(
    schema: IdSchema, plan: SubPacketPlan, captures: Mapping[str, Sequence[CapturedBiometric]]
) -> PlainSubPacket:
    documents = {f.name for f in schema.of(plan.sub_packet) if f.kind is FieldKind.DOCUMENT}
    return PlainSubPacket(
        identity=plan.identity,
        meta=plan.meta,
        entry_sizes=plan.entry_sizes(),
        document_heads={
            entry.name: entry.content[:_HEAD_BYTES]
            for entry in plan.entries
            if isinstance(entry.content, bytes) and entry.base_name in documents
        },
        biometrics={
            entry.name: _biometric_file(entry.content, captures[entry.base_name])
            for entry in plan.entries
            if isinstance(entry.content, CbeffFile)
        },
    )


def _biometric_file(file: CbeffFile, captures: Sequence[CapturedBiometric]) -> BiometricFile:
    payloads = {capture.attribute: capture.token.payload for capture in captures}
    configured = None if file.configured is None else tuple(attribute.value for attribute in file.configured)
    return BiometricFile(tuple(_facts(bir, payloads.get(bir.attribute)) for bir in file.birs), configured)


def _facts(bir: Bir, payload: str | None) -> BiometricFacts:
    decoded = _object(payload) if payload is not None and not bir.is_exception else {}
    digital_id = decoded.get("digitalId")
    return BiometricFacts(
        attribute=bir.attribute,
        is_exception=bir.is_exception,
        index=bir.index,
        device_time=_text(decoded.get("timestamp")),
        digital_id_time=_text(_jws_payload(digital_id).get("dateTime")) if isinstance(digital_id, str) else None,
    )


def _jws_payload(token: str) -> Mapping[str, Json]:
    """Payload of a compact JWS whose signature was checked where it came in; empty if it has none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        return _object(b64url_decode(parts[1]))
    except ValueError:
        return {}


def _object(text: str | bytes) -> Mapping[str, Json]:
    try:
        decoded = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
