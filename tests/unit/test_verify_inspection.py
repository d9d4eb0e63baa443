"""Looking into packets and comparing them tells what they are made of, and never who is in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packet.verify import Change, Difference, PacketUnreadableError, diff_packets, diff_reports, inspect_packet
from tests.support.editing import EditablePacket, envelope, flip, open_for_editing
from tests.support.judging import built_packet, full_context, judged, opener
from tests.support.minipacker import mini_packet
from tests.support.specs import demographics

BIO = "individualBiometrics_bio_CBEFF.xml"


def built() -> EditablePacket:
    packet = built_packet()
    return open_for_editing(packet.data, packet.file_name)


def inspected(packet: EditablePacket) -> dict[str, Any]:
    return inspect_packet(packet.seal(), opener(), packet.file_name)


def differences(edit: Callable[[EditablePacket], object]) -> list[Difference]:
    packet = built()
    edit(packet)
    return diff_packets(built_packet().data, packet.seal(), opener())


def personal_texts() -> list[str]:
    texts = [item["value"] for value in demographics().values() if isinstance(value, list) for item in value]
    return [*texts, demographics()["phone"], demographics()["email"], "110001", "110002"]


def test_without_a_key_the_outer_layer_is_described() -> None:
    packet = built_packet()
    shown = inspect_packet(packet.data, None, packet.file_name)
    assert shown["sizeBytes"] == len(packet.data)
    assert shown["sha256"] == packet.sha256
    assert shown["packetId"] == packet.packet_id
    assert shown["certificateThumbprint"] == packet.data[44:76].hex()
    assert shown["layout"]["ciphertextBytes"] == len(packet.data) - 362  # type: ignore[index, call-overload]
    assert "subPackets" not in shown
    assert "problem" not in shown


def test_with_a_key_every_entry_field_and_record_is_described() -> None:
    sub = inspected(mini_packet())["subPackets"]["id"]
    assert sub["entries"]["proofOfAddress.jpg"] == 3004
    assert sub["fields"]["fullName"]["languages"] == ["eng", "fra"]
    assert sub["fields"]["proofOfAddress"] == {"kind": "document", "format": "jpg", "type": "DOC004", "bytes": 3004}
    assert sub["audits"] == 3
    assert sub["metaData"]["langCodes"] == "eng,fra"
    records = {record["attribute"]: record for record in sub["biometrics"][BIO]}
    assert list(records) == ["leftIndex", "rightThumb", "leftEye", "face", "unknown", "rightEye"]
    assert records["leftEye"]["isoKind"] == "iris"
    assert records["rightEye"] == {
        "attribute": "rightEye",
        "isoKind": None,
        "isoBytes": 0,
        "quality": "0",
        "isException": True,
    }


def test_no_personal_value_is_shown() -> None:
    text = json.dumps(inspected(mini_packet()), ensure_ascii=False)
    assert [value for value in personal_texts() if f'"{value}"' in text] == []


def test_no_personal_value_is_told_by_a_difference() -> None:
    told = " ".join(map(str, diff_packets(built_packet().data, mini_packet().seal(), opener())))
    assert [value for value in personal_texts() if value in told] == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "It has 0 bytes; an envelope has more than 362."),
        (bytes(1000), "The splitter is not behind the wrapped key."),
        (envelope(b"no zip"), "outer: It does not end with an end record without comment."),
        (flip(envelope(b"no zip"), -1), "outer: The content was changed or belongs to another key."),
    ],
)
def test_what_cannot_be_opened_is_said(data: bytes, problem: str) -> None:
    assert inspect_packet(data, opener(), None)["problem"] == problem


def test_a_sub_packet_that_stays_shut_is_said() -> None:
    packet = built()
    packet.steps.finish_stored = lambda sub, stored: flip(stored, -1) if sub == "evidence" else stored
    shown = inspected(packet)
    assert shown["problem"] == "Not readable: evidence. evidence: The content was changed or belongs to another key."
    assert list(shown["subPackets"]) == ["id", "optional"]


def test_the_same_content_sealed_again_is_no_difference() -> None:
    assert differences(lambda _: None) == []


def test_a_changed_field_is_told_without_its_value() -> None:
    def edit(packet: EditablePacket) -> None:
        identity = packet.json("id", "ID.json") | {"phone": "0698765432", "UIN": "1234567890"}
        del identity["email"]
        packet.put_json("id", "ID.json", identity)

    assert differences(edit) == [
        Difference("identity", "id/ID.json/email", Change.REMOVED),
        Difference("identity", "id/ID.json/UIN", Change.ADDED),
        Difference("identity", "id/ID.json/phone", Change.CHANGED),
    ]


def test_a_technical_value_that_differs_everywhere_is_told_once() -> None:
    def change(meta: Any) -> None:
        meta["creationDate"] = "2025-06-02T09:31:00.000Z"
        next(item for item in meta["metaData"] if item["label"] == "machineId")["value"] = "10078"

    assert [str(difference) for difference in differences(lambda packet: packet.edit_meta(change))] == [
        "meta: all/packet_meta_info.json/metaData/machineId changed (10077 -> 10078)",
        "meta: all/packet_meta_info.json/creationDate changed (2025-06-02T09:30:15.123Z -> 2025-06-02T09:31:00.000Z)",
    ]


def test_changed_documents_records_audits_and_entries_are_told() -> None:
    def edit(packet: EditablePacket) -> None:
        entries = packet.entries["id"]
        entries["proofOfIdentity.pdf"] += b"more"
        entries[BIO] = entries[BIO].replace(b"<Score>80", b"<Score>79", 1)
        entries["extra.txt"] = b"x"
        packet.put_json("id", "audit.json", packet.json("id", "audit.json") * 2)

    assert {str(difference) for difference in differences(edit)} == {
        "entries: id/extra.txt added",
        "audit: id/audit.json changed (1 entries -> 2 entries)",
        f"biometrics: id/{BIO}/leftIndex changed (quality)",
        "documents: id/proofOfIdentity.pdf changed (43 bytes -> 47 bytes)",
    }


def test_random_indexes_are_no_difference() -> None:
    def edit(packet: EditablePacket) -> None:
        index = packet.json("id", "packet_meta_info.json")["biometrics"]["individualBiometrics"]["face"]["birindex"]
        for sub in packet.entries.values():
            for name, content in sub.items():
                sub[name] = content.replace(index.encode(), b"00000000-0000-4000-8000-000000000000")

    assert differences(edit) == []


def test_reports_of_verification_can_be_compared_as_well() -> None:
    one, other = built_packet(), mini_packet()
    sealed = other.seal()
    reports = [judged(data, full_context(data, name)) for data, name in ((one.data, one.file_name), (sealed, other.file_name))]
    assert diff_reports(*reports) == diff_packets(one.data, sealed, opener())


def test_a_packet_that_cannot_be_opened_cannot_be_compared() -> None:
    with pytest.raises(PacketUnreadableError) as caught:
        diff_packets(built_packet().data, b"nothing", opener())
    assert caught.value.params["which"] == "second"


def test_a_difference_as_json() -> None:
    difference = Difference("documents", "id/a.pdf", Change.CHANGED, "1 bytes -> 2 bytes")
    assert difference.as_json() == {
        "layer": "documents",
        "where": "id/a.pdf",
        "change": "changed",
        "detail": "1 bytes -> 2 bytes",
    }


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["ID.json", "packet_meta_info.json", "audit.json", BIO]),
    st.floats(0, 1, exclude_max=True),
    st.binary(max_size=3),
)
def test_damaged_entries_never_break_inspection_or_comparison(name: str, share: float, patch: bytes) -> None:
    packet = built()
    content = packet.entries["id"][name]
    at = int(len(content) * share)
    packet.entries["id"][name] = content[:at] + patch + content[at + 1 :]
    data = packet.seal()
    assert inspect_packet(data, opener(), packet.file_name)["subPackets"]
    diff_packets(built_packet().data, data, opener())
