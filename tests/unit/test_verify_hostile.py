"""Whatever bytes come, the verifier answers with findings: it never raises, and it bounds time and memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packet.verify import Report
from tests.support.editing import EditablePacket, envelope, open_for_editing, python_zip
from tests.support.javazip import java_zip
from tests.support.judging import built_packet, full_context, judged
from tests.support.minipacker import mini_packet

META = "packet_meta_info.json"
BIO = "individualBiometrics_bio_CBEFF.xml"
MANY = settings(max_examples=50, deadline=None)
BOUND_S = 3.0

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def verify(data: bytes) -> Report:
    return judged(data, full_context(data, built_packet().file_name))


def verify_edited(packet: EditablePacket) -> Report:
    data = packet.seal()
    return judged(data, full_context(data, packet.file_name))


def built() -> EditablePacket:
    packet = built_packet()
    return open_for_editing(packet.data, packet.file_name)


@MANY
@given(st.binary(max_size=2000))
def test_random_bytes_are_no_packet(data: bytes) -> None:
    assert not verify(data).is_good


@MANY
@given(st.floats(0, 1, exclude_max=True))
def test_a_truncated_packet_is_refused(share: float) -> None:
    data = built_packet().data
    assert not verify(data[: int(len(data) * share)]).is_good


@MANY
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_any_changed_bit_is_found(share: float, bit: int) -> None:
    changed = bytearray(built_packet().data)
    changed[int(len(changed) * share)] ^= 1 << bit
    assert not verify(bytes(changed)).is_good


@MANY
@given(st.floats(0, 1), st.floats(0, 1))
def test_two_packets_spliced_are_refused(left: float, right: float) -> None:
    one, other = built_packet().data, mini_packet().seal()
    spliced = one[: int(len(one) * left)] + other[int(len(other) * right) :]
    assert spliced == one or not verify(spliced).is_good


@MANY
@given(st.binary(min_size=1, max_size=400))
def test_random_bytes_sealed_for_the_server_are_refused(plain: bytes) -> None:
    assert not verify(envelope(plain)).is_good


@MANY
@given(st.sampled_from([python_zip, java_zip]), st.integers(0, 19), st.integers(0, 60), st.integers(0, 7))
def test_a_damaged_header_of_a_zip_is_refused_or_changes_nothing(
    zip_outer: Callable[[dict[str, bytes]], bytes], header: int, offset: int, bit: int
) -> None:
    """Fields that no reader uses (times, attributes) may change; what is unpacked must not."""
    packet = built()
    written: dict[str, bytes] = {}

    def damaged(entries: dict[str, bytes]) -> bytes:
        written.update(entries)
        whole = bytearray(zip_outer(entries))
        headers = [at for at in range(len(whole)) if whole[at : at + 2] == b"PK" and whole[at + 2] in (1, 3, 5, 7)]
        whole[min(headers[header % len(headers)] + offset, len(whole) - 1)] ^= 1 << bit
        return bytes(whole)

    packet.steps.zip_outer = damaged
    report = verify_edited(packet)
    if report.is_good:
        assert report.opened is not None
        stored = {sub.stored for sub in report.opened.sub_packets.values()}
        assert stored == {content for name, content in written.items() if name.endswith(".zip")}


@MANY
@given(st.sampled_from(["ID.json", META, "audit.json", BIO]), st.floats(0, 1, exclude_max=True), st.integers(0, 255))
def test_a_damaged_entry_never_breaks_the_verifier(name: str, share: float, value: int) -> None:
    packet = built()
    content = bytearray(packet.entries["id"][name])
    content[int(len(content) * share)] = value
    packet.entries["id"][name] = bytes(content)
    assert verify_edited(packet).findings


@MANY
@given(st.sampled_from(["ID.json", META, "audit.json"]), JSON, st.data())
def test_any_json_in_any_place_never_breaks_the_verifier(name: str, value: Any, data: st.DataObject) -> None:
    packet = built()
    root = packet.json("id", name)
    holder, key = data.draw(st.sampled_from(_places(root)))
    holder[key] = value
    packet.put_json("id", name, root)
    assert verify_edited(packet).findings


@MANY
@given(JSON)
def test_any_json_as_metadata_never_breaks_the_verifier(value: Any) -> None:
    packet = built()
    packet.steps.finish_metadata = lambda _, __: json.dumps(value).encode()
    assert not verify_edited(packet).is_good


def _places(root: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys or indexes."""
    places: list[tuple[Any, Any]] = []
    stack = [root]
    while stack:
        node = stack.pop()
        keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        places += [(node, key) for key in keys]
        stack += [node[key] for key in keys]
    return places


@MANY
@given(st.text(max_size=60), st.sampled_from(["<BDB>", "<SB>", "<Score>", "<Index>", '"PAYLOAD">', '"RETRIES">']))
def test_any_text_in_a_record_never_breaks_the_verifier(text: str, place: str) -> None:
    packet = built()
    xml = packet.entries["id"][BIO].decode().replace(place, place + text.replace("<", "&lt;"), 1)
    packet.entries["id"][BIO] = xml.encode("utf-8", "surrogatepass")
    assert verify_edited(packet).findings


HOSTILE_XML: dict[str, Callable[[], bytes]] = {
    "billion laughs": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">'
        + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9))
        + b"]><BIR>&j;</BIR>"
    ),
    "external entity": lambda: b'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><BIR>&x;</BIR>',
    "external document type": lambda: b'<!DOCTYPE BIR SYSTEM "http://localhost:9/x.dtd"><BIR/>',
    "undeclared entity": lambda: b"<BIR>&x;</BIR>",
    "deep nesting": lambda: b"<BIR>" * 100_000 + b"</BIR>" * 100_000,
    "huge attribute": lambda: b'<BIR a="' + b"x" * 12_000_000 + b'"/>',
    "many attributes": lambda: b"<BIR " + b" ".join(b'a%d="x"' % n for n in range(50_000)) + b"/>",
    "huge text": lambda: b"<BIR>" + b"x" * 12_000_000 + b"</BIR>",
    "many records": lambda: b'<BIR xmlns="http://standards.iso.org/iso-iec/19785/-3/ed-2/">' + b"<BIR/>" * 100_000 + b"</BIR>",
    "UTF-16 with a document type": lambda: "<?xml version='1.0'?><!DOCTYPE b []><BIR/>".encode("utf-16"),
    "many elements": lambda: b'<BIR xmlns="http://standards.iso.org/iso-iec/19785/-3/ed-2/">' + b"<a/>" * 1_900_000 + b"</BIR>",
    "many entries": lambda: b"<BIR><others>" + b'<entry key="x"/>' * 500_000 + b"</others></BIR>",
    "inclusion": lambda: b'<BIR xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/etc/passwd"/></BIR>',
    "empty": lambda: b"",
}


@pytest.mark.parametrize("xml", HOSTILE_XML.values(), ids=HOSTILE_XML.keys())
def test_hostile_xml_is_refused_quickly(xml: Callable[[], bytes]) -> None:
    packet = built()
    packet.entries["id"][BIO] = xml()
    assert_refused(packet, "cbeff.", "sub.zip-limits")


HOSTILE_JSON: dict[str, bytes] = {
    "deep nesting": b"[" * 200_000,
    "deep but closed": b"[" * 900 + b"]" * 900,
    "huge integer": b'{"identity": {"IDSchemaVersion": ' + b"9" * 500_000 + b"}}",
    "huge exponent": b'{"identity": {"IDSchemaVersion": 1e999999999}}',
    "infinity": b'{"identity": {"IDSchemaVersion": -Infinity}}',
    "lone surrogate": b'{"identity": {"phone": "\\ud800"}}',
    "not UTF-8": b'{"identity": {"phone": "\xff"}}',
    "trailing garbage": b'{"identity": {}} {}',
    "a key twice, deep inside": b'{"identity": {"a": [{"b": 1, "b": 2}]}}',
    "large": b'{"identity": {"phone": "' + b"x" * 3_000_000 + b'"}}',
    "empty": b"",
}


@pytest.mark.parametrize("text", HOSTILE_JSON.values(), ids=HOSTILE_JSON.keys())
def test_hostile_json_is_refused_quickly(text: bytes) -> None:
    packet = built()
    packet.entries["id"]["ID.json"] = text
    assert_refused(packet, "sub.id-json")


def test_a_long_list_of_equal_looking_items_is_refused_quickly() -> None:
    packet = built()
    identity = packet.json("id", "ID.json") | {"fullName": [{}] * 100_000}
    packet.put_json("id", "ID.json", identity)
    assert_refused(packet, "id.bounds")


def test_a_hash_list_that_names_one_file_very_often_is_refused_quickly() -> None:
    packet = built()
    meta = packet.json("id", META)
    meta["hashSequence1"] = [{"label": "demographicSequence", "value": ["proofOfIdentity"] * 20_000}]
    packet.put_json("id", META, meta)
    packet.entries["id"]["proofOfIdentity.pdf"] = b"%PDF-1.4" + bytes(1_900_000)
    packet.steps.hash_sub = lambda _, __: None
    assert_refused(packet, "hash.data")


def assert_refused(packet: EditablePacket, *checks: str) -> None:
    data = packet.seal()
    context = full_context(data, packet.file_name)
    started = time.perf_counter()
    report = judged(data, context)
    assert time.perf_counter() - started < BOUND_S
    assert any(finding.check.startswith(checks) for finding in report.failures)


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    data = envelope(python_zip({f"{number}": bytes(60_000_000) for number in range(3)}))
    context = full_context(data, built_packet().file_name)
    tracemalloc.start()
    report = judged(data, context)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "outer.zip-limits" in [finding.check for finding in report.failures]
    assert peak < 8_000_000
