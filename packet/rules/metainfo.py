"""Rules on the top-level keys of packet_meta_info.json and on its ``metaData`` labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from packet.models import Flow, Json, SubPacket
from packet.rules.instants import read_compact
from packet.rules.judging import as_list, as_map, is_list, judge, labelled, shown
from packet.rules.model import Finding, PlainContent, PlainSubPacket, RuleSettings
from packet.rules.schemaview import SchemaView

PROCESS_UNKNOWN = "RPR-RGS-003"

_OBJECTS = ("biometrics", "exceptionBiometrics", "checkSum", "blockListedWords")
_ARRAYS = ("metaData", "operationsData", "documents", "capturedRegisteredDevices", "hashSequence1")
_TEXTS = ("registrationId", "creationDate")
_OPTIONAL_TEXTS = ("geoLocLatitude", "geoLoclongitude")
_OPERATOR_KEYS = ("officer_bio_cbeffBiometricFileName", "supervisor_bio_cbeffBiometricFileName")
_OWN_KEYS = {"hashSequence1", "hashSequence2", *_OPERATOR_KEYS}

LABELS = (
    "registrationId",
    "applicationId",
    "creationDate",
    "Registration Client Version Number",
    "registrationType",
    "preRegistrationId",
    "machineId",
    "centerId",
    "dongleId",
    "keyIndex",
    "langCodes",
)
_OPTIONAL_LABELS = ("consentOfApplicant", *_OPTIONAL_TEXTS)
_FLOWS = {"NEW": Flow.NEW, "UPDATE": Flow.UPDATE, "LOST": Flow.LOST, "BIOMETRIC_CORRECTION": Flow.CORRECTION}
_KEY_INDEX = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){31}", re.ASCII)
_LANGUAGES = re.compile(r"[a-z]{3}(,[a-z]{3})*", re.ASCII)
_RID = re.compile(r"\d{29}", re.ASCII)
_REF_ID = re.compile(r"\d{5}_\d{5}", re.ASCII)
_DEVICE_KEYS = {"deviceCode", "deviceServiceVersion", "digitalId"}
_DIGITAL_ID_KEYS = {
    "serialNo",
    "make",
    "model",
    "type",
    "deviceSubType",
    "deviceProviderId",
    "deviceProvider",
    "dateTime",
}


def check_metainfo(content: PlainContent, settings: RuleSettings, schema: SchemaView | None) -> list[Finding]:
    """Identifiers, keys and labels."""
    findings = judge("meta.registration-id", "packet", _identifiers(content))
    findings += judge("meta.process", "packet", _process(content.process, settings), PROCESS_UNKNOWN)
    findings += judge("meta.shared", "packet_meta_info.json", _differences(content, schema))
    for part, sub in content.sub_packets.items():
        where = f"{part}/packet_meta_info.json"
        findings += judge("meta.keys", where, _keys(part, sub, schema))
        findings += judge("meta.devices", where, _devices(sub.meta.get("capturedRegisteredDevices")))
        labels, problems = labelled(sub.meta.get("metaData"))
        problems += _label_names(labels)
        findings += judge("meta.labels", where, problems)
        findings += judge("meta.values", where, _values(labels, content))
        findings += judge("meta.flow", where, _flow(labels, content.process))
        findings += judge("meta.client-version", where, _client_version(labels, settings))
        findings += judge("meta.key-index-form", where, _key_index(labels))
    return findings


def meta_label(sub: PlainSubPacket, label: str) -> Json:
    """Value of a metaData label; None if it is absent."""
    return labelled(sub.meta.get("metaData"))[0].get(label)


def _identifiers(content: PlainContent) -> Iterator[str]:
    rid, ref_id = content.registration_id, content.ref_id
    if _RID.fullmatch(rid) is None:
        yield "The registration id does not have 29 digits."
    if _REF_ID.fullmatch(ref_id) is None:
        yield "The reference id is not centre and machine of five digits each."
    elif content.process != "BIOMETRIC_CORRECTION" and rid[:10] != ref_id.replace("_", ""):
        # A correction keeps the id of the original registration, which may come from another machine.
        yield "The registration id does not begin with centre and machine."
    for part, sub in content.sub_packets.items():
        if sub.meta.get("registrationId") != rid:
            yield f"registrationId in the meta information of {part} is another one."


def _differences(content: PlainContent, schema: SchemaView | None) -> Iterator[str]:
    """One map serves all sub-packets, but for the hash sequences, operator files and document types."""
    first: dict[str, Json] = {}
    for part, sub in content.sub_packets.items():
        fields = schema.fields if schema is not None else sub.identity
        for key, value in sub.meta.items():
            if key in _OWN_KEYS or (key in fields and key not in _OBJECTS):
                continue
            if key in first and first[key] != value:
                yield f"Key {shown(key)} differs between {part} and another sub-packet."
            first.setdefault(key, value)


def _keys(part: SubPacket, sub: PlainSubPacket, schema: SchemaView | None) -> Iterator[str]:
    meta = sub.meta
    arrays = (*_ARRAYS, "hashSequence2") if part is SubPacket.ID else _ARRAYS
    for key in (*_TEXTS, *arrays, *_OBJECTS):
        value = meta.get(key)
        if key not in meta:
            yield f"Key {key} is missing."
        elif (
            (key in _TEXTS and not isinstance(value, str))
            or (key in arrays and not is_list(value))
            or (key in _OBJECTS and not isinstance(value, Mapping))
        ):
            yield f"Key {key} has a value of another kind."
    known = {*_TEXTS, *arrays, *_OBJECTS, *_OPTIONAL_TEXTS, "capturedNonRegisteredDevices"}
    known |= set(_OPERATOR_KEYS) if part is SubPacket.ID else set()
    known |= schema.fields.keys() if schema is not None else set()
    for key in meta:
        if key not in known and (schema is not None or not isinstance(meta[key], str)):
            yield f"Key {shown(key)} is none of the meta information's."
    for key in _OPTIONAL_TEXTS:
        if key in meta and not isinstance(meta[key], str):
            yield f"Key {key} has a value of another kind."


def _devices(devices: Json) -> Iterator[str]:
    for item in as_list(devices):
        entry = as_map(item)
        digital_id = as_map(entry.get("digitalId"))
        if entry.keys() != _DEVICE_KEYS or digital_id.keys() != _DIGITAL_ID_KEYS:
            yield "A device does not have its code, service version and digital id of eight keys."


def _label_names(labels: Mapping[str, Json]) -> Iterator[str]:
    for label in LABELS:
        if label not in labels:
            yield f"Label {label} is missing."
    for label, value in labels.items():
        if label not in LABELS and label not in _OPTIONAL_LABELS:
            yield f"Label {shown(label)} is none of metaData's."
        if value is not None and not isinstance(value, str):
            yield f"Label {shown(label)} has a value that is neither text nor null."


def _values(labels: Mapping[str, Json], content: PlainContent) -> Iterator[str]:
    centre, _, machine = content.ref_id.partition("_")
    expected = {
        "registrationId": content.registration_id,
        "applicationId": content.registration_id,
        "machineId": machine,
        "centerId": centre,
    }
    for label, value in expected.items():
        if labels.get(label) != value:
            yield f"Label {label} differs from the packet's."
    if read_compact(labels.get("creationDate")) is None:
        yield "Label creationDate is not of the form yyyyMMddHHmmss."
    languages = labels.get("langCodes")
    if not isinstance(languages, str) or _LANGUAGES.fullmatch(languages) is None:
        yield "Label langCodes is not a comma-separated list of three-letter codes."
    if labels.get("consentOfApplicant") not in (None, "Yes", "No"):
        yield "Label consentOfApplicant is neither Yes nor No."


def _process(process: str, settings: RuleSettings) -> Iterator[str]:
    """A server takes the announcement of a packet only if its process is one of those that are configured there."""
    if process not in settings.processes:
        yield f"Process {shown(process)} is none that the server is known to take ({', '.join(settings.processes)})."


def _flow(labels: Mapping[str, Json], process: str) -> Iterator[str]:
    flow = labels.get("registrationType")
    if flow not in tuple(Flow):
        yield "Label registrationType is no flow."
    elif process in _FLOWS and flow != _FLOWS[process]:
        yield f"Label registrationType does not fit process {process}."
    if process != process.upper() or not process:
        yield "The process is not in capitals."


def _client_version(labels: Mapping[str, Json], settings: RuleSettings) -> Iterator[str]:
    version = labels.get("Registration Client Version Number")
    if not isinstance(version, str) or not version.strip():
        yield "The client version is missing."
    elif version.strip() in settings.legacy_client_versions:
        yield "The client version is one for which a server would not check the devices' signatures."


def _key_index(labels: Mapping[str, Json]) -> Iterator[str]:
    value = labels.get("keyIndex")
    if not isinstance(value, str) or _KEY_INDEX.fullmatch(value) is None:
        yield "Label keyIndex is not a fingerprint in lower-case hex with colons."
