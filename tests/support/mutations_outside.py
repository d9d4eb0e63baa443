"""Mutations of everything around the content: sync record, name, envelopes, containers, metadata, signatures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from packet.encoding import b64std, b64url, b64url_decode
from packet.verify import VerifyContext
from tests.support.certificates import rsa_key
from tests.support.devicelab import lab_key
from tests.support.editing import EditablePacket, envelope, flip, machine_signature, python_zip
from tests.support.judging import with_sync
from tests.support.mutation import Mutations
from tests.support.packetopener import decrypt

MUTATIONS = Mutations()

# What the sync announced, and the name.

MUTATIONS.add("another hash announced", "sync.hash", judge_by=lambda c: with_sync(c, packet_hash_value="0" * 64))
MUTATIONS.add("hash announced in lower case", "sync.hash", judge_by=lambda c: with_sync(c, packet_hash_value=_lower_hash(c)))
MUTATIONS.add("another size announced", "sync.size", judge_by=lambda c: with_sync(c, packet_size=1))
MUTATIONS.add("another packet announced", "sync.known", judge_by=lambda c: with_sync(c, packet_id="x"))
MUTATIONS.add("unknown registration type announced", "sync.type", judge_by=lambda c: with_sync(c, registration_type="new"))
MUTATIONS.add("another registration type announced", "sync.type", judge_by=lambda c: with_sync(c, registration_type="LOST"))
MUTATIONS.add("language code too short", "sync.language", judge_by=lambda c: with_sync(c, lang_code="en"))
MUTATIONS.add("unknown supervisor status", "sync.status", judge_by=lambda c: with_sync(c, supervisor_status="PENDING"))
MUTATIONS.add("rejected by the supervisor", "sync.approved", judge_by=lambda c: with_sync(c, supervisor_status="REJECTED"))
MUTATIONS.add("too large", "sync.max-size", judge_by=lambda c: replace(c, rules=replace(c.rules, packet_max_bytes=1000)))
MUTATIONS.add("judged before it was made", "name.dates", judge_by=lambda c: _at(c, -30), also=("times.not-future",))
MUTATIONS.add("named otherwise", "name.form", judge_by=lambda c: _named(c, "packet.zip"))
MUTATIONS.add(
    "named as another machine's",
    "metadata.agrees",
    judge_by=lambda c: _named(c, (c.file_name or "").replace("_1", "_2")),
    also=("meta.registration-id", "meta.values"),
)


def _lower_hash(context: VerifyContext) -> str:
    assert context.sync is not None
    return context.sync.packet_hash_value.lower()


def _at(context: VerifyContext, days: int) -> VerifyContext:
    assert context.rules.now is not None
    return replace(context, rules=replace(context.rules, now=context.rules.now + timedelta(days=days)))


def _with_odd_field(context: VerifyContext) -> VerifyContext:
    schema = json.loads(json.dumps(context.rules.id_schema))
    schema["properties"]["identity"]["properties"]["odd"] = {"type": "string", "fieldCategory": "secret"}
    return replace(context, rules=replace(context.rules, id_schema=schema))


MUTATIONS.add("opened with a schema of unknown category", "id.schema-usable", judge_by=_with_odd_field)


def _named(context: VerifyContext, file_name: str) -> VerifyContext:
    return with_sync(replace(context, file_name=file_name), packet_id=file_name.partition(".")[0])


# The outer envelope and container.

MUTATIONS.add("cut off within the header", "outer.envelope", damage=lambda data: data[:300])
MUTATIONS.add("nothing but a header", "outer.envelope", damage=lambda data: data[:362])
MUTATIONS.add("splitter damaged", "outer.envelope", damage=lambda data: flip(data, 335))
MUTATIONS.add("splitter too early", "outer.envelope", damage=lambda data: data[:80] + b"#KEY_SPLITTER#" + data[94:])
MUTATIONS.add("thumbprint changed", "outer.thumbprint", damage=lambda data: flip(data, 50))
MUTATIONS.add("wrapped key changed", "outer.session-key", damage=lambda data: flip(data, 100))
MUTATIONS.add("nonce changed", "outer.authentic", damage=lambda data: flip(data, 0))
MUTATIONS.add("associated data changed", "outer.authentic", damage=lambda data: flip(data, 20))
MUTATIONS.add("ciphertext changed", "outer.authentic", damage=lambda data: flip(data, 400))
MUTATIONS.add("tag changed", "outer.authentic", damage=lambda data: flip(data, -1))
MUTATIONS.add("last byte lost", "outer.authentic", damage=lambda data: data[:-1])


@MUTATIONS.editing("session key of 16 bytes", "outer.session-key")
def _(packet: EditablePacket) -> None:
    packet.steps.seal_outer = lambda plain: envelope(plain, session_key=b"k" * 16)


def _outer(name: str, check: str, change: Callable[[bytes], bytes]) -> None:
    def edit(packet: EditablePacket) -> None:
        zip_outer = packet.steps.zip_outer
        packet.steps.zip_outer = lambda entries: change(zip_outer(entries))

    MUTATIONS.add(name, check, edit=edit)


_outer("no zip inside", "outer.zip-structure", lambda _: b"hello" * 100)
_outer("zip with something before it", "outer.zip-structure", lambda data: b"MZ" + data)
_outer("zip with something behind it", "outer.zip-structure", lambda data: data + b"\0")
_outer("zip cut off", "outer.zip-structure", lambda data: data[:-10])
_outer("entry marked as encrypted", "outer.zip-structure", lambda data: _patch_headers(data, 6, 8, 0x01))
_outer("directory says another checksum", "outer.zip-structure", lambda data: _patch_directory(data, 16))
_outer("directory says another offset", "outer.zip-structure", lambda data: _patch_directory(data, 42))


def _patch_headers(data: bytes, local: int, central: int, bits: int) -> bytes:
    changed = bytearray(data)
    changed[data.find(b"PK\x03\x04") + local] |= bits
    changed[data.find(b"PK\x01\x02") + central] |= bits
    return bytes(changed)


def _wrong_in_both_views(packet: EditablePacket) -> None:
    packet.steps.zip_outer = lambda entries: _wrong_checksum(python_zip(entries))


MUTATIONS.add("checksum of the container's entry", "outer.zip-content", edit=_wrong_in_both_views)


def _patch_directory(data: bytes, at: int) -> bytes:
    return flip(data, data.find(b"PK\x01\x02") + at)


def _entries(name: str, check: str, change: Callable[[dict[str, bytes]], object], *also: str) -> None:
    def edit(packet: EditablePacket) -> None:
        packet.steps.finish_outer = change

    MUTATIONS.add(name, check, edit=edit, also=also)


_entries("directory entry", "outer.zip-names", lambda e: e.update({"REGISTRATION_CLIENT/": b""}))
_entries("name that leads out", "outer.zip-names", lambda e: e.update({"../etc/passwd": b"x"}))
_entries("absolute name", "outer.zip-names", lambda e: e.update({"/tmp/x": b"x"}))
_entries("names that differ by case", "outer.zip-names", lambda e: e.update({next(iter(e)).lower(): b"x"}))
_entries("a seventh entry", "outer.entries", lambda e: e.update({"readme.txt": b"x"}))
_entries("bomb", "outer.zip-limits", lambda e: e.update({"bomb": bytes(32 * 1024 * 1024)}))


def _drop(ending: str) -> Callable[[dict[str, bytes]], object]:
    return lambda entries: entries.pop(next(name for name in entries if name.endswith(ending)))


_entries("metadata missing", "outer.entries", _drop("_evidence.json"))
_entries("sub-packet missing", "outer.entries", _drop("_optional.zip"))


# Metadata.


def _metadata(name: str, check: str, change: Callable[[dict[str, Any]], object], sub: str = "id", *also: str) -> None:
    def edit(packet: EditablePacket) -> None:
        def finish(which: str, metadata: dict[str, Any]) -> bytes:
            if which == sub:
                change(metadata)
            return json.dumps(metadata).encode()

        packet.steps.finish_metadata = finish

    MUTATIONS.add(name, check, edit=edit, also=also)


_metadata("metadata without refid", "metadata.json", lambda m: m.pop("refid"))
_metadata("metadata with a twelfth key", "metadata.json", lambda m: m.update(extra="x"))
_metadata("numeric schema version", "metadata.json", lambda m: m.update(schemaversion=0.1))
_metadata("other process", "metadata.agrees", lambda m: m.update(process="UPDATE"))
_metadata("RID as id", "metadata.agrees", lambda m: m.update(id=m["id"][:29]), "evidence")
_metadata("name of another sub-packet", "metadata.agrees", lambda m: m.update(packetname=m["packetname"] + "x"))
_metadata("version not of Java's form", "metadata.version", lambda m: m.update(schemaversion="0.10"))
_metadata("another schema version", "id.version", lambda m: m.update(schemaversion="0.2"), "id")
_metadata("date with an offset", "metadata.date", lambda m: m.update(creationdate="2025-06-02T09:30:16+00:00"))
_metadata("no provider", "metadata.provider", lambda m: m.update(providername=""))
_metadata("signature in the standard alphabet", "sub.signature", lambda m: m.update(signature=_standard(m["signature"])))
_metadata("padded hash", "sub.encryptedhash", lambda m: m.update(encryptedhash=m["encryptedhash"] + "="))
_metadata("signature of nothing", "sub.signature", lambda m: m.update(signature=""))


def _standard(text: str) -> str:
    return b64std(b64url_decode(text))


# Sub-packets: envelope, signature, hash, container.


@MUTATIONS.editing("signed by another machine", "sub.signature")
def _(packet: EditablePacket) -> None:

    key = rsa_key("another machine")
    packet.steps.sign_sub = lambda _, plain, __: b64url(key.sign(plain, padding.PKCS1v15(), hashes.SHA256()))


@MUTATIONS.editing("signature over the ciphertext", "sub.signature")
def _(packet: EditablePacket) -> None:
    packet.steps.sign_sub = lambda _, __, stored: b64url(machine_signature(stored))


@MUTATIONS.editing("plain zip changed after signing", "sub.signature")
def _(packet: EditablePacket) -> None:
    packet.steps.sign_sub = lambda _, plain, __: b64url(machine_signature(plain + b"\0"))


@MUTATIONS.editing("sub-packet's ciphertext changed", "sub.authentic", "sub.encryptedhash")
def _(packet: EditablePacket) -> None:
    packet.steps.finish_stored = lambda sub, stored: flip(stored, -20) if sub == "id" else stored


@MUTATIONS.editing("sub-packet encrypted again without telling", "sub.encryptedhash")
def _(packet: EditablePacket) -> None:

    packet.steps.finish_stored = lambda sub, stored: (
        envelope(decrypt(stored, lab_key("packet"))) if sub == "optional" else stored
    )


@MUTATIONS.editing(
    "sub-packets exchanged",
    "sub.signature",
    "sub.encryptedhash",
    "entries.required",
    "id.category",
    "hash.operations-sequence",
    "meta.keys",
    "entries.orphan",
    "sub.audit-json",
    first=False,
)
def _(packet: EditablePacket) -> None:
    def exchange(entries: dict[str, bytes]) -> None:
        names = [next(name for name in entries if name.endswith(f"_{sub}.zip")) for sub in ("id", "evidence")]
        entries[names[0]], entries[names[1]] = entries[names[1]], entries[names[0]]

    packet.steps.finish_outer = exchange


@MUTATIONS.editing("session key used twice", "packet.randomness")
def _(packet: EditablePacket) -> None:
    packet.steps.seal_sub = lambda sub, plain: envelope(plain, session_key=b"s" * 32 if sub != "id" else None)


@MUTATIONS.editing("nonce used twice", "packet.randomness")
def _(packet: EditablePacket) -> None:
    packet.steps.seal_sub = lambda _, plain: envelope(plain, nonce=b"n" * 12)


@MUTATIONS.editing("sub-packet is no zip", "sub.zip-structure")
def _(packet: EditablePacket) -> None:
    packet.steps.zip_sub = lambda sub, entries: b"?" * 500 if sub == "evidence" else python_zip(entries)


def _stored(name: str, check: str, change: Callable[[bytes], bytes], *also: str) -> None:
    """Changes a sub-packet's ciphertext and tells its new hash, so that only opening it gives the change away."""

    def edit(packet: EditablePacket) -> None:
        packet.steps.seal_sub = lambda sub, plain: change(envelope(plain)) if sub == "evidence" else envelope(plain)

    MUTATIONS.add(name, check, edit=edit, also=also)


_stored("sub-packet cut off", "sub.envelope", lambda stored: stored[:200])
_stored("sub-packet for another certificate", "sub.thumbprint", lambda stored: flip(stored, 60))
_stored("sub-packet's wrapped key changed", "sub.session-key", lambda stored: flip(stored, 200))
_stored("sub-packet's tag changed", "sub.authentic", lambda stored: flip(stored, -1))


def _sub_entries(name: str, check: str, extra: dict[str, bytes]) -> None:
    def edit(packet: EditablePacket) -> None:
        packet.steps.zip_sub = lambda sub, entries: python_zip(entries | (extra if sub == "optional" else {}))

    MUTATIONS.add(name, check, edit=edit)


_sub_entries("sub-packet with a bomb", "sub.zip-limits", {"bomb.txt": bytes(32 * 1024 * 1024)})
_sub_entries("sub-packet with too many entries", "sub.zip-limits", {f"{number}.txt": b"x" for number in range(100)})
_sub_entries("sub-packet with a name that leads out", "sub.zip-names", {"../ID.json": b"x"})


@MUTATIONS.editing("checksum of an entry wrong", "sub.zip-content")
def _(packet: EditablePacket) -> None:
    packet.steps.zip_sub = lambda _, entries: _wrong_checksum(python_zip(entries))


def _wrong_checksum(data: bytes) -> bytes:
    """In both views, so that only the content gives it away."""
    return flip(flip(data, data.find(b"PK\x03\x04") + 14), data.find(b"PK\x01\x02") + 16)
