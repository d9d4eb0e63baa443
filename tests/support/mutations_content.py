"""Mutations of the content: files, ID.json, meta information, operators, audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.support.editing import EditablePacket, flip
from tests.support.judging import with_sync
from tests.support.mutation import Mutations

META = "packet_meta_info.json"
BIO = "individualBiometrics_bio_CBEFF.xml"
DOCUMENT = "proofOfIdentity.pdf"

MUTATIONS = Mutations()

# Files of a sub-packet.


@MUTATIONS.editing("document changed after hashing", "hash.data")
def _(packet: EditablePacket) -> None:
    hash_sub = packet.steps.hash_sub

    def after(sub: str, entries: dict[str, bytes]) -> None:
        hash_sub(sub, entries)
        if sub == "id":
            entries[DOCUMENT] = flip(entries[DOCUMENT], -1)

    packet.steps.hash_sub = after


@MUTATIONS.editing("audit changed after hashing", "hash.operations")
def _(packet: EditablePacket) -> None:
    hash_sub = packet.steps.hash_sub

    def after(sub: str, entries: dict[str, bytes]) -> None:
        hash_sub(sub, entries)
        if sub == "id":
            entries["audit.json"] += b"\n"

    packet.steps.hash_sub = after


def _hash_text(name: str, file: str, check: str, change: Callable[[bytes], bytes]) -> None:
    def edit(packet: EditablePacket) -> None:
        hash_sub = packet.steps.hash_sub

        def after(sub: str, entries: dict[str, bytes]) -> None:
            hash_sub(sub, entries)
            if file in entries:
                entries[file] = change(entries[file])

        packet.steps.hash_sub = after

    MUTATIONS.add(name, check, edit=edit)


_hash_text("hash in lower case", "packet_data_hash.txt", "hash.data", bytes.lower)
_hash_text("newline behind the hash", "packet_data_hash.txt", "hash.data", lambda text: text + b"\n")
_hash_text("newline behind the other hash", "packet_operations_hash.txt", "hash.operations", lambda text: text + b"\n")


def _file(name: str, check: str, change: Callable[[dict[str, bytes]], object], *also: str, first: bool = True) -> None:
    MUTATIONS.add(name, check, edit=lambda packet: change(packet.entries["id"]), also=also, first=first)


_file("document missing", "documents.file", lambda e: e.pop(DOCUMENT), "hash.data", first=False)
_file("document empty", "documents.file", lambda e: e.update({DOCUMENT: b""}), "hash.data", first=False)
_file("document of another format", "documents.magic", lambda e: e.update({DOCUMENT: b"\x89PNG and so on"}))
_file("document too large", "documents.size", lambda e: e.update({DOCUMENT: b"%PDF-1.4" + bytes(2_000_001)}))


@MUTATIONS.editing("document that is a program", "documents.format")
def _(packet: EditablePacket) -> None:
    entries = packet.entries["id"]
    entries["proofOfIdentity.exe"] = entries.pop(DOCUMENT)
    identity = packet.json("id", "ID.json")
    identity["proofOfIdentity"]["format"] = "exe"
    packet.put_json("id", "ID.json", identity)


_file("orphan", "entries.orphan", lambda e: e.update({"notes.txt": b"x"}))
_file("base name twice", "entries.collision", lambda e: e.update({"PROOFOFIDENTITY.txt": b"x"}), "entries.orphan")
_file("audit missing", "sub.audit-json", lambda e: e.pop("audit.json"), "entries.required", "hash.operations")
_file("hash file missing", "entries.required", lambda e: e.pop("packet_data_hash.txt"))
_file("CBEFF file missing", "entries.biometrics", lambda e: e.pop(BIO), "biometrics.birindex", "hash.data", first=False)


# ID.json.


def _identity(
    name: str, check: str, change: Callable[[dict[str, Any]], object], *also: str, sub: str = "id", first: bool = True
) -> None:
    def edit(packet: EditablePacket) -> None:
        identity = packet.json(sub, "ID.json")
        change(identity)
        packet.put_json(sub, "ID.json", identity)

    MUTATIONS.add(name, check, edit=edit, also=also, first=first)


def _raw_identity(name: str, text: bytes) -> None:
    def edit(packet: EditablePacket) -> None:
        packet.entries["id"]["ID.json"] = text

    MUTATIONS.add(name, "sub.id-json", edit=edit)


_identity("field null", "id.no-empty", lambda i: i.update(phone=None), "id.types", "id.schema")
_identity("field empty", "id.no-empty", lambda i: i.update(phone=""), "id.patterns")
_identity("value of a language empty", "id.no-empty", lambda i: i["fullName"][0].update(value=""), "id.patterns")
_identity("version as text", "id.version", lambda i: i.update(IDSchemaVersion="0.1"), "id.shared-fields", "id.schema")
_identity("unknown field", "id.category", lambda i: i.update(shoeSize="42"), "id.schema")
_identity("field of another sub-packet", "id.category", lambda i: i.update(bloodType=[{"language": "eng", "value": "OPOS"}]))
_identity("required field missing", "id.required", lambda i: i.pop("fullName"))
_identity("pattern not met", "id.patterns", lambda i: i.update(phone="call me"))
_identity("number instead of text", "id.types", lambda i: i.update(postalCode=10114))
_identity("text instead of languages", "id.types", lambda i: i.update(city="Springfield"), "id.schema")
_identity("language of two letters", "id.types", lambda i: i["city"][0].update(language="en"))
_identity("consent refused", "id.consent", lambda i: i.update(consent="N"))
_identity("reference to another document", "id.types", lambda i: i["proofOfIdentity"].update(value="proofOfAddress"))
_identity("deep nesting", "id.bounds", lambda i: i.update(phone=_nested(12)))
_raw_identity("a key twice", b'{"identity": {"phone": "1", "phone": "2"}}')
_raw_identity("not a number", b'{"identity": {"IDSchemaVersion": NaN}}')
_raw_identity("nested a thousand times", b'{"identity": ' + b"[" * 5000 + b"]" * 5000 + b"}")
_raw_identity("byte order mark", b'\xef\xbb\xbf{"identity": {}}')
_raw_identity("two objects", b'{"identity": {}, "other": {}}')


_identity("surplus key in a reference", "id.types", lambda i: i["proofOfIdentity"].update(extra="x"), "id.schema")
_identity("reference number a number", "id.types", lambda i: i["proofOfIdentity"].update(refNumber=5), "id.schema")
_identity("array of text", "id.types", lambda i: i.update(selectedHandles=["phone"]))
_identity(
    "array's type not met", "id.schema", lambda i: i.update(IDSchemaVersion=-0.1), "id.version", "id.shared-fields", first=False
)


@MUTATIONS.editing("field differs between sub-packets", "id.shared-fields")
def _(packet: EditablePacket) -> None:
    for sub, uin in (("id", "1234567890"), ("evidence", "1234567891"), ("optional", "1234567890")):
        packet.put_json(sub, "ID.json", packet.json(sub, "ID.json") | {"UIN": uin})


@MUTATIONS.editing("update without UIN", "id.uin")
def _(packet: EditablePacket) -> None:
    packet.folder = packet.folder.replace("NEW", "UPDATE")
    for metadata in packet.metadata.values():
        metadata["process"] = "UPDATE"
    packet.edit_meta(_set("registrationType", "UPDATE"))


MUTATIONS[-1] = replace(MUTATIONS[-1], judge_by=lambda context: with_sync(context, registration_type="UPDATE"))


@MUTATIONS.editing("process that no server knows", "meta.process", "sync.type", first=False)
def _(packet: EditablePacket) -> None:
    packet.folder = packet.folder.replace("NEW", "FOO")
    for metadata in packet.metadata.values():
        metadata["process"] = "FOO"


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


# Meta information.


def _meta(name: str, check: str, change: Callable[[dict[str, Any]], object], *also: str, first: bool = True) -> None:
    MUTATIONS.add(name, check, edit=lambda packet: packet.edit_meta(change), also=also, first=first)


def _label(meta: dict[str, Any], label: str, value: Any, group: str = "metaData") -> None:
    next(item for item in meta[group] if item["label"] == label)["value"] = value


def _set(label: str, value: Any, group: str = "metaData") -> Callable[[dict[str, Any]], None]:
    return lambda meta: _label(meta, label, value, group)


def _without(group: str, label: str) -> Callable[[dict[str, Any]], None]:
    return lambda meta: meta.update({group: [item for item in meta[group] if item["label"] != label]})


_meta("meta key missing", "meta.keys", lambda m: m.pop("checkSum"))
_meta("meta key too many", "meta.keys", lambda m: m.update(extra={}))
_meta("label missing", "meta.labels", _without("metaData", "dongleId"))
_meta("label twice", "meta.labels", lambda m: m["metaData"].append(m["metaData"][0]))
_meta("value a number", "meta.labels", _set("preRegistrationId", 7))
_meta("creation date without milliseconds", "times.creation-date", lambda m: m.update(creationDate="2025-06-02T09:30:15Z"))
_meta("creation date in no month", "times.creation-date", lambda m: m.update(creationDate="2025-13-02T09:30:15.000Z"))
_meta("long form in the label", "meta.values", _set("creationDate", "2025-06-02T09:30:15.123Z"))
_meta(
    "older than its registration id", "times.rid", lambda m: m.update(creationDate="2025-06-02T09:19:00.000Z"), "times.device"
)
_meta("captured too early", "times.device", lambda m: m.update(creationDate="2025-06-02T09:55:00.001Z"))
_meta("captured later than sealed", "times.device", lambda m: m.update(creationDate="2025-06-02T09:24:59.999Z"))
_meta("another registration id", "meta.registration-id", lambda m: m.update(registrationId="1" * 29))
_meta("another machine", "meta.values", _set("machineId", "99999"))
_meta("flow of another process", "meta.flow", _set("registrationType", "UPDATE"))
_meta("client version without signatures", "meta.client-version", _set("Registration Client Version Number", "1.1.5"))
_meta("key index of another key", "meta.key-index", _set("keyIndex", ":".join(["00"] * 32)))
_meta("key index in capitals", "meta.key-index-form", _set("keyIndex", "AB:" * 31 + "AB"), "meta.key-index")
_meta("languages by name", "meta.values", _set("langCodes", "English"))
_meta("device without code", "meta.devices", lambda m: m["capturedRegisteredDevices"].append({}))
_meta("document not listed", "documents.meta", lambda m: m["documents"].pop())
_meta("index of another record", "biometrics.birindex", lambda m: _captures(m)["face"].update(birindex="x"))
_meta("capture not listed", "biometrics.birindex", lambda m: _captures(m).pop("face"))
_meta("retries as text", "biometrics.birindex", lambda m: _captures(m)["face"].update(numRetry="1"))
_meta(
    "exception that was captured",
    "biometrics.exceptions",
    lambda m: m["exceptionBiometrics"].setdefault("individualBiometrics", {}).update(face=_exception("face")),
)


def _captures(meta: dict[str, Any]) -> dict[str, Any]:
    captures: dict[str, Any] = meta["biometrics"]["individualBiometrics"]
    return captures


def _exception(attribute: str) -> dict[str, str]:
    keys = ("type", "missingBiometric", "reason", "exceptionType", "individualType")
    return dict(zip(keys, ("Face", attribute, "", "Permanent", "applicant"), strict=True))


@MUTATIONS.editing("creation dates differ between sub-packets", "meta.shared")
def _(packet: EditablePacket) -> None:
    meta = packet.json("evidence", META)
    meta["creationDate"] = meta["creationDate"].replace(":15.", ":14.")
    packet.put_json("evidence", META, meta)


@MUTATIONS.editing("document of another type in the meta information", "documents.type-code")
def _(packet: EditablePacket) -> None:
    packet.edit_meta(lambda meta: meta.update(proofOfIdentity="DOC999"))


@MUTATIONS.editing("meta information no object", "sub.meta-json")
def _(packet: EditablePacket) -> None:
    packet.entries["evidence"][META] = b'{"identity": []}'
    packet.steps.hash_sub = _hash_but("evidence", packet.steps.hash_sub)


@MUTATIONS.editing("hash sequence without the document", "hash.data-sequence")
def _(packet: EditablePacket) -> None:
    meta = packet.json("id", META)
    next(s for s in meta["hashSequence1"] if s["label"] == "demographicSequence")["value"] = ["ID"]
    packet.put_json("id", META, meta)


@MUTATIONS.editing("hash sequence without the audit", "hash.operations-sequence")
def _(packet: EditablePacket) -> None:
    meta = packet.json("id", META)
    meta["hashSequence2"][0]["value"].remove("audit")
    packet.put_json("id", META, meta)


@MUTATIONS.editing("hash sequence in the old form", "hash.data-sequence", "meta.keys")
def _(packet: EditablePacket) -> None:
    meta = packet.json("optional", META)
    meta["hashSequence1"] = {"demographicSequence": ["ID"]}
    packet.steps.hash_sub = _hash_but("optional", packet.steps.hash_sub)
    packet.put_json("optional", META, meta)


def _hash_but(skipped: str, hash_sub: Callable[[str, dict[str, bytes]], None]) -> Callable[[str, dict[str, bytes]], None]:
    return lambda sub, entries: None if sub == skipped else hash_sub(sub, entries)


# Operators.


def _operations(**values: str | None) -> Callable[[dict[str, Any]], None]:
    def change(meta: dict[str, Any]) -> None:
        for label, value in values.items():
            _label(meta, label, value, "operationsData")

    return change


_meta(
    "officer missing",
    "operations.operator",
    _operations(officerId=None, supervisorId=None),
    "operations.officer-id",
)
_meta(
    "a true boolean",
    "operations.labels",
    _set("officerPassword", True, "operationsData"),
    "operations.officer-proof",
    first=True,
)
_meta("operations label missing", "operations.labels", _without("operationsData", "supervisorPIN"))
_meta(
    "officer's file named but not there",
    "operations.officer-file",
    _set("officerBiometricFileName", "officer_bio_cbeff", "operationsData"),
)
_meta(
    "officer missing but a supervisor there",
    "operations.officer-id",
    _operations(officerId=None, supervisorId="110002", supervisorPassword="true"),
)
_meta(
    "supervisor's file named but not there",
    "operations.supervisor-file",
    _set("supervisorBiometricFileName", "supervisor_bio_cbeff", "operationsData"),
)
_meta("officer unproved", "operations.officer-proof", _set("officerPassword", "false", "operationsData"))
_meta("supervisor unproved", "operations.supervisor-proof", _set("supervisorId", "110002", "operationsData"))


# Audit.


def _audit(name: str, check: str, change: Callable[[list[Any]], object], *also: str) -> None:
    def edit(packet: EditablePacket) -> None:
        rows = packet.json("id", "audit.json")
        change(rows)
        packet.put_json("id", "audit.json", rows)

    MUTATIONS.add(name, check, edit=edit, also=also)


_audit("no audit", "audit.not-empty", lambda rows: rows.clear())
_audit("audit key missing", "audit.keys", lambda rows: rows[0].pop("hostIp"))
_audit("audit value a number", "audit.keys", lambda rows: rows[0].update(id=5))
_audit("audit date without milliseconds", "audit.dates", lambda rows: rows[0].update(createdAt="2025-06-02T09:20:00Z"))
_audit("audit row twice", "audit.unique", lambda rows: rows.append(rows[-1]))
_audit("audit out of order", "audit.sorted", lambda rows: rows.append(_earlier(rows[-1])))
_audit("audit row no object", "sub.audit-json", lambda rows: rows.append("row"))


def _earlier(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"uuid": "other", "actionTimeStamp": "2001-01-01T00:00:00.000Z"}
