"""Judging a sealed packet from its bytes alone, as every stage of a registration processor would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from packet.keys import publickey
from packet.models import SubPacket
from packet.rules.content import CHECKS as RULE_CHECKS
from packet.rules.content import check_content
from packet.rules.metainfo import meta_label
from packet.rules.model import BiometricFile, PlainContent, PlainSubPacket
from packet.rules.times import creation_date
from packet.verify.announcement import check_announcement, check_process
from packet.verify.biometricfiles import FILE_CHECKS, RECORD_CHECKS, check_files
from packet.verify.container import ContainerFault
from packet.verify.envelope import OpenedEnvelope, open_envelope
from packet.verify.ledger import Ledger
from packet.verify.metadata import CHECKS as METADATA_CHECKS
from packet.verify.metadata import Place, check_metadata
from packet.verify.model import OpenedPacket, OpenedSubPacket, Report, SessionKeyOpener, VerifyContext
from packet.verify.naming import PacketName, check_name
from packet.verify.subpacket import DecodedSubPacket, open_sub_packet, sub_packet_checks, unpack
from packet.verify.tokens import DeviceTrust

_ENTRY = re.compile(r"([A-Z_]{1,64})/([A-Z0-9_-]{1,64})/(\d{29})_(id|evidence|optional)\.(zip|json)", re.ASCII)
_PARTS = (SubPacket.ID, SubPacket.EVIDENCE, SubPacket.OPTIONAL)
_UNDECRYPTABLE = "RPR-PUM-009"
_HEAD = 16


def verify_packet(data: bytes, *, opener: SessionKeyOpener, machine_signing_public: bytes, context: VerifyContext) -> Report:
    """Verifies one packet.

    (1) what the sync announced, (2) the file's name, (3) the outer envelope, (4) the outer container, (5) for each sub-packet
    its metadata, envelope, signature, hash, container, JSON and hash files, (6) that no random value was used twice, (7) the
    CBEFF files with their device tokens and ISO records, (8) the rules on the decoded content, (9) the machine's key index.

    Args:
        data: the packet file, whatever it holds.
        opener: holder of the packet certificate's private key.
        machine_signing_public: the machine's signing key (K10) as registered: TPMT_PUBLIC or SubjectPublicKeyInfo.

    Returns:
        All findings. Bytes of the packet never raise; a layer that stays shut leaves its inner checks as skipped.

    Raises:
        PublicKeyMalformedError: if ``machine_signing_public`` is no machine's public key.
    """
    return _judge(data, _Keys(opener, publickey.parse(machine_signing_public).key), context)


def survey_packet(data: bytes, *, opener: SessionKeyOpener, file_name: str | None = None) -> Report:
    """Opens a packet as far as it can be opened and notes what is wrong, without machine key, schema and trust.

    For looking into packets and comparing them; `verify_packet` is what says whether one is good.
    """
    return _judge(data, _Keys(opener, None), VerifyContext(file_name=file_name))


@dataclass(frozen=True, slots=True)
class _Keys:
    opener: SessionKeyOpener
    signer: RSAPublicKey | None


def _judge(data: bytes, keys: _Keys, context: VerifyContext) -> Report:
    ledger = Ledger()
    # (1) what the sync announced
    check_announcement(data, context, ledger)
    # (2) the file's name
    name = check_name(context.file_name, context.rules.now, ledger)
    # (3) the outer envelope
    outer = open_envelope(data, keys.opener, ledger, layer="outer", where="outer", server_code=_UNDECRYPTABLE)
    entries = None
    if outer is None:
        ledger.skip([f"outer.{fault}" for fault in ContainerFault], "outer", "The packet cannot be decrypted.")
    else:
        # (4) the outer container
        entries = unpack(outer.plain, "outer", "outer", ledger)
    parts = _find_parts(entries, name, ledger) if entries is not None else None
    if outer is None or parts is None:
        reason = "The packet cannot be opened."
        if entries is None:
            ledger.skip(["outer.entries"], "outer", reason)
        for part in _PARTS:
            _skip_part(part, reason, ledger)
        _skip_content(reason, ledger)
        return Report(name.packet_id if name else None, ledger.in_order())
    return _verify_parts(outer, parts, name, keys, context, ledger)


@dataclass(frozen=True, slots=True)
class _Parts:
    place: Place
    zips: Mapping[SubPacket, bytes]
    metadata: Mapping[SubPacket, bytes]


def _find_parts(entries: Mapping[str, bytes], name: PacketName | None, ledger: Ledger) -> _Parts | None:
    """The six entries ``<source>/<process>/<RID>_<sub>.zip|.json``; None if not even one has that form."""
    found = {path: match for path in entries if (match := _ENTRY.fullmatch(path))}
    ledger.judge("outer.entries", "outer", _entry_problems(entries, found, name))
    if not found:
        return None
    first = next(iter(found.values()))
    zips = {SubPacket(match[4]): entries[path] for path, match in found.items() if match[5] == "zip"}
    metadata = {SubPacket(match[4]): entries[path] for path, match in found.items() if match[5] == "json"}
    return _Parts(Place(first[1], first[2], first[3]), zips, metadata)


def _entry_problems(entries: Mapping[str, bytes], found: Mapping[str, re.Match[str]], name: PacketName | None) -> Iterator[str]:
    if len(found) != len(entries):
        yield "An entry is none of a packet's."
    if len(found) != 6:
        yield f"There are {len(found)} entries of a packet; there must be six."
    if len({match.group(1, 2, 3) for match in found.values()}) > 1:
        yield "The entries differ in source, process or registration id."
    if name is not None and any(match[3] != name.registration_id for match in found.values()):
        yield "The registration id is not that of the file name."


def _skip_part(part: SubPacket, reason: str, ledger: Ledger) -> None:
    ledger.skip(METADATA_CHECKS, f"{part}.json", reason)
    ledger.skip(sub_packet_checks(part), str(part), reason)


def _skip_content(reason: str, ledger: Ledger) -> None:
    ledger.skip(["packet.randomness", "sync.type"], "packet", reason)
    ledger.skip((*FILE_CHECKS, *RECORD_CHECKS), "biometrics", reason)
    _skip_rules(reason, ledger)


def _skip_rules(reason: str, ledger: Ledger) -> None:
    ledger.skip((*RULE_CHECKS, "meta.key-index"), "packet", reason)


def _verify_parts(
    outer: OpenedEnvelope,
    parts: _Parts,
    name: PacketName | None,
    keys: _Keys,
    context: VerifyContext,
    ledger: Ledger,
) -> Report:
    check_process(parts.place.process, context, ledger)
    # (5) each sub-packet
    opened: dict[SubPacket, OpenedSubPacket] = {}
    decoded: dict[SubPacket, DecodedSubPacket] = {}
    metadata: dict[SubPacket, Mapping[str, str]] = {}
    for part in _PARTS:
        if part in parts.metadata:
            read = check_metadata(parts.metadata[part], part, parts.place, name, ledger)
            if read is not None:
                metadata[part] = read
        else:
            ledger.skip(METADATA_CHECKS, f"{part}.json", "The file is missing.")
        if part not in parts.zips:
            ledger.skip(sub_packet_checks(part), str(part), "The sub-packet is missing.")
            continue
        sub = open_sub_packet(parts.zips[part], metadata.get(part), part, keys.opener, keys.signer, ledger)
        if sub is not None:
            decoded[part] = sub
            opened[part] = OpenedSubPacket(metadata.get(part, {}), parts.zips[part], sub.entries)
    # (6) no random value twice
    ledger.judge("packet.randomness", "packet", _repeated([outer, *(sub.envelope for sub in decoded.values())]))
    content = _verify_content(parts.place, decoded, metadata, name, context, ledger)
    packet_id = name.packet_id if name else next((m["id"] for m in metadata.values()), None)
    return Report(packet_id, ledger.in_order(), OpenedPacket(opened, content))


def _repeated(envelopes: list[OpenedEnvelope]) -> Iterator[str]:
    for what in ("nonce", "aad", "session_key"):
        if len({getattr(envelope, what) for envelope in envelopes}) != len(envelopes):
            yield f"Two envelopes have the same {what.replace('_', ' ')}."


def _verify_content(
    place: Place,
    decoded: Mapping[SubPacket, DecodedSubPacket],
    metadata: Mapping[SubPacket, Mapping[str, str]],
    name: PacketName | None,
    context: VerifyContext,
    ledger: Ledger,
) -> PlainContent | None:
    """Steps (7) to (9); the rules need all three sub-packets, since they compare them with each other."""
    metas = {part: sub.meta for part, sub in decoded.items() if sub.meta is not None}
    created = creation_date(metas.values())
    # (7) CBEFF files
    trust = DeviceTrust(context.device_trust, context.ftm_trust, created)
    biometrics = {part: check_files(sub.entries, trust, ledger) for part, sub in decoded.items()}
    # (8) rules
    content = _plain_content(place, decoded, metadata, name, biometrics)
    if content is None:
        _skip_rules("Not every sub-packet and its metadata could be read.", ledger)
        return None
    findings = check_content(content, context.rules)
    if decoded[SubPacket.ID].audits is None:
        findings = [finding for finding in findings if not finding.check.startswith("audit.")]
        ledger.skip([c for c in RULE_CHECKS if c.startswith("audit.")], "id/audit.json", "The file cannot be read.")
    ledger.findings += findings
    # (9) key index
    _check_key_index(content, context.machine_encryption_public, ledger)
    return content


def _plain_content(
    place: Place,
    decoded: Mapping[SubPacket, DecodedSubPacket],
    metadata: Mapping[SubPacket, Mapping[str, str]],
    name: PacketName | None,
    biometrics: Mapping[SubPacket, Mapping[str, BiometricFile]],
) -> PlainContent | None:
    sub_packets: dict[SubPacket, PlainSubPacket] = {}
    for part, sub in decoded.items():
        if sub.identity is None or sub.meta is None:
            return None
        sub_packets[part] = PlainSubPacket(
            identity=sub.identity,
            meta=sub.meta,
            entry_sizes={entry: len(content) for entry, content in sub.entries.items()},
            document_heads={entry: content[:_HEAD] for entry, content in sub.entries.items()},
            biometrics=biometrics[part],
        )
    if len(sub_packets) != len(SubPacket) or len(metadata) != len(SubPacket):
        return None
    return PlainContent(
        registration_id=place.registration_id,
        process=place.process,
        ref_id=name.ref_id if name is not None else metadata[SubPacket.ID]["refid"],
        schema_version=metadata[SubPacket.ID]["schemaversion"],
        sub_packets=sub_packets,
        audits=decoded[SubPacket.ID].audits or (),
    )


def _check_key_index(content: PlainContent, public: bytes | None, ledger: Ledger) -> None:
    if public is None:
        ledger.skip(["meta.key-index"], "packet", "The machine's encryption key was not given.")
        return
    expected = publickey.fingerprint(public)
    for part, sub in content.sub_packets.items():
        same = meta_label(sub, "keyIndex") == expected
        problems = [] if same else ["Label keyIndex is not the fingerprint of the machine's encryption key."]
        ledger.judge("meta.key-index", f"{part}/packet_meta_info.json", problems)
