"""Building a packet: from a registration's values to the ciphertext that a MOSIP server accepts.

::

    <packetId>.zip = ENC(outer zip)
        <SOURCE>/<PROCESS>/<RID>_evidence.zip = ENC(plain zip)      .json = metadata with signature and hash
        <SOURCE>/<PROCESS>/<RID>_optional.zip = ENC(plain zip)      .json
        <SOURCE>/<PROCESS>/<RID>_id.zip       = ENC(plain zip)      .json

Steps, in the order in which they happen:

1. what can be refused without work is refused: ids, certificate, fields, documents;
2. the CBEFF files, meta information and the plan of every sub-packet are made, and the rules run over all of it;
3. each sub-packet is zipped, hashed, signed and encrypted. The signature (K10) is over the plain zip, as the server checks it
   after decryption;
4. the outer zip is made and encrypted.

Nothing here reads a clock, a random source or a file of its own: the same arguments give the same bytes, but for the seed
inside RSA-OAEP, which belongs to the cryptographic library.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson
from cryptography import x509

from packet import metainfo
from packet.buildoptions import BuildOptions
from packet.cbeff import CbeffFile, field_file, operator_file
from packet.crypto.certificates import check_packet_certificate
from packet.crypto.hybrid import encrypt_pieces
from packet.encoding import b64url, iso_millis, java_double
from packet.errors import PacketError
from packet.hashing import digest_as_plain_text
from packet.idobject import StringArrays, demographics
from packet.idschema import IdSchema, read_id_schema
from packet.keys.base import MachineKey
from packet.keys.publickey import fingerprint
from packet.layout import ZipWriter, entry_stem, packet_name
from packet.lint import plain_content, refuse_what_fails
from packet.models import Clock, Entropy, PacketId, PacketSpec, SealedPacket
from packet.preconditions import check_identifiers, checked_fields
from packet.rid import compose_packet_id
from packet.sealing import SealedSubPacket, seal_sub_packets
from packet.subpacket import PlainFiles, SubPacketPlan, plan_all

_PROVIDER_NAME = "PacketWriterImpl"
_DEFAULT_OPTIONS = BuildOptions()


class PacketTooLargeError(PacketError):
    """A sealed packet is larger than a server takes."""

    code = "PACKET-TOO-LARGE"
    sentence = "The packet has {size_bytes} bytes; a server takes {limit_bytes}."
    next_step = "Scan the documents again with a lower resolution or fewer pages."


@dataclass(frozen=True, slots=True)
class _Job:
    """One call of `build`: what it was given, and what it read from that first."""

    spec: PacketSpec = field(repr=False)
    schema: IdSchema = field(repr=False)
    machine_key: MachineKey
    certificate: x509.Certificate
    entropy: Entropy
    options: BuildOptions
    created_at: datetime


def build(
    spec: PacketSpec,
    *,
    machine_key: MachineKey,
    certificate: x509.Certificate,
    clock: Clock,
    entropy: Entropy,
    options: BuildOptions = _DEFAULT_OPTIONS,
) -> SealedPacket:
    """Seals a registration.

    Args:
        machine_key: signs the sub-packets; its encryption key is named in the meta information.
        certificate: K11, the packet certificate of this centre and machine.
        clock: asked twice: at the start (``creationDate``) and before sealing (packet id).
        entropy: asked in a fixed order, from the calling thread only: 16 bytes for each BIR, then 76 for each of the four
            encryptions.

    Raises:
        UnusableInputError: a subclass that names what is wrong with ids, certificate, ID schema, a field or a document.
        BiometricTextError, BiometricInvalidError: if a capture cannot be stored.
        PacketRefusedError: if a server would refuse the content; holds the findings.
        PacketTooLargeError: if the result is larger than the limit in the options.
        MachineKeyError: if the machine key cannot sign.
    """
    created_at = clock()
    check_identifiers(spec, options.rid_lengths)
    check_packet_certificate(certificate, spec.ref_id, options.certificate_at or created_at)
    schema = read_id_schema(spec.id_schema)
    ordered = checked_fields(spec, schema)
    job = _Job(ordered, schema, machine_key, certificate, entropy, options, created_at)
    plans = _plan(job)
    persisted_at = clock()
    packet_id = compose_packet_id(spec.registration_id, spec.ref_id, persisted_at)
    parts = seal_sub_packets(
        plans,
        at=created_at,
        machine_key=machine_key,
        certificate=certificate,
        entropy=entropy,
        engine=options.deflate_engine,
    )
    data = encrypt_pieces(_outer_zip(job, packet_id, persisted_at, parts), certificate, entropy)
    del parts
    if len(data) > options.rules.packet_max_bytes:
        raise PacketTooLargeError(size_bytes=len(data), limit_bytes=options.rules.packet_max_bytes)
    return SealedPacket(
        packet_id=packet_id,
        registration_id=spec.registration_id,
        ref_id=spec.ref_id,
        process=spec.process,
        data=data,
        sha256=digest_as_plain_text(data),
        created_at=created_at,
    )


def _plan(job: _Job) -> list[SubPacketPlan]:
    """Makes everything that goes into the packet, and lets the rules judge it."""
    spec, options = job.spec, job.options
    files = PlainFiles(
        values=demographics(spec, job.schema, options.string_arrays),
        biometrics=_biometric_files(job),
        operators=_operator_files(job),
        audit=metainfo.audit_text(spec.audits),
    )
    base_meta = metainfo.base_map(
        spec,
        job.created_at,
        fingerprint(job.machine_key.encryption_public),
        biometric_files=files.biometrics,
        operator_files=files.operators,
        with_consent=options.with_consent_label,
    )
    plans = plan_all(spec, job.schema, base_meta, files)
    settings = replace(
        options.rules,
        id_schema=spec.id_schema,
        now=job.created_at,
        string_arrays=options.string_arrays is StringArrays.EMIT,
    )
    refuse_what_fails(plain_content(spec, job.schema, plans), settings)
    return plans


def _biometric_files(job: _Job) -> dict[str, CbeffFile]:
    files: dict[str, CbeffFile] = {}
    for name, biometrics in job.spec.biometrics.items():
        alone = job.options.exceptions_alone
        file = field_file(name, biometrics, job.created_at, job.entropy, exceptions_alone=alone)
        if file is not None:
            files[name] = file
    return files


def _operator_files(job: _Job) -> dict[str, CbeffFile]:
    files: dict[str, CbeffFile] = {}
    for name, operator in metainfo.operators(job.spec):
        file = operator_file(name, operator.biometrics, job.entropy)
        if file is not None:
            files[name] = file
    return files


def _outer_zip(
    job: _Job, packet_id: PacketId, persisted_at: datetime, parts: list[SealedSubPacket]
) -> list[bytes | memoryview]:
    writer = ZipWriter(persisted_at, job.options.deflate_engine)
    for part in parts:
        stem = entry_stem(job.spec, part.sub_packet)
        writer.add_incompressible(f"{stem}.zip", part.stored)
        writer.add(f"{stem}.json", orjson.dumps(_metadata(job, packet_id, persisted_at, part)))
    return writer.finish_pieces()


def _metadata(job: _Job, packet_id: PacketId, persisted_at: datetime, part: SealedSubPacket) -> dict[str, str]:
    """Metadata of a sub-packet. All values are text, the schema version too: the server casts them."""
    spec = job.spec
    return {
        "id": packet_id,
        "packetname": packet_name(spec, part.sub_packet),
        "source": spec.source,
        "process": spec.process,
        "refid": spec.ref_id,
        "schemaversion": java_double(spec.id_schema_version),
        "signature": b64url(part.signature),
        "encryptedhash": b64url(part.stored_digest),
        "providername": _PROVIDER_NAME,
        "providerversion": job.options.provider_version,
        "creationdate": iso_millis(persisted_at),
    }
