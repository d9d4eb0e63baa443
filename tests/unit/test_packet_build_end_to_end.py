"""A packet from values to ciphertext, opened again with other code."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from packet.builder import PacketTooLargeError, build
from packet.buildoptions import BuildOptions
from packet.crypto.errors import CertificateForeignError
from packet.encoding import b64url, b64url_decode, sha256
from packet.keys.software import SoftwareMachineKey
from packet.lint import PacketRefusedError
from packet.models import PacketSpec, SealedPacket
from packet.rules.model import RuleSettings
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.packetopener import OpenPacket, open_packet
from tests.support.specs import CREATED_AT, RID, counting_entropy, demographics, machine_key, new_spec, ticking_clock


def seal(spec: PacketSpec | None = None, options: BuildOptions | None = None) -> SealedPacket:
    return build(
        spec or new_spec(),
        machine_key=machine_key(),
        certificate=lab_certificate("packet"),
        clock=ticking_clock(),
        entropy=counting_entropy(),
        options=options or BuildOptions(),
    )


@pytest.fixture(scope="module")
def packet() -> SealedPacket:
    return seal()


@pytest.fixture(scope="module")
def opened(packet: SealedPacket) -> OpenPacket:
    return open_packet(packet, lab_key("packet"))


def test_packet_id_is_rid_reference_and_time_of_persisting(packet: SealedPacket) -> None:
    assert packet.packet_id == f"{RID}-10001_10077-20250602093016"
    assert re.fullmatch(r"\d{29}-\d{5}_\d{5}-\d{14}\.zip", packet.file_name)
    assert packet.created_at == CREATED_AT


def test_announced_hash_is_upper_hex_of_the_file(packet: SealedPacket) -> None:
    assert packet.sha256 == sha256(packet.data).hex().upper()


def test_outer_zip_holds_exactly_six_files(opened: OpenPacket) -> None:
    stems = [f"REGISTRATION_CLIENT/NEW/{RID}_{name}" for name in ("evidence", "optional", "id")]
    assert sorted(opened.outer_names) == sorted(f"{stem}.{extension}" for stem in stems for extension in ("zip", "json"))


def test_entries_of_each_sub_packet(opened: OpenPacket) -> None:
    common = ["ID.json", "packet_data_hash.txt", "packet_meta_info.json"]
    assert list(opened.subs["evidence"].entries) == common
    assert list(opened.subs["optional"].entries) == common
    assert list(opened.subs["id"].entries) == [
        "individualBiometrics_bio_CBEFF.xml",
        "proofOfIdentity.pdf",
        "ID.json",
        "audit.json",
        "packet_operations_hash.txt",
        "packet_data_hash.txt",
        "packet_meta_info.json",
    ]


def test_metadata_has_eleven_text_values(packet: SealedPacket, opened: OpenPacket) -> None:
    for name, sub in opened.subs.items():
        assert all(isinstance(value, str) for value in sub.metadata.values())
        assert sub.metadata == {
            "id": packet.packet_id,
            "packetname": f"{RID}_{name}",
            "source": "REGISTRATION_CLIENT",
            "process": "NEW",
            "refid": "10001_10077",
            "schemaversion": "0.1",
            "providername": "PacketWriterImpl",
            "providerversion": "v1.0",
            "creationdate": "2025-06-02T09:30:16.123Z",
            "signature": sub.metadata["signature"],
            "encryptedhash": b64url(sha256(sub.stored)),
        }


def test_signature_is_over_the_plain_zip(opened: OpenPacket) -> None:
    public = lab_key("machine").public_key()
    for sub in opened.subs.values():
        signature = b64url_decode(sub.metadata["signature"])
        assert len(signature) == 256
        public.verify(signature, sub.plain, padding.PKCS1v15(), hashes.SHA256())


def test_no_two_encryptions_share_a_key_nonce_or_aad(packet: SealedPacket, opened: OpenPacket) -> None:
    blobs = [packet.data, *(sub.stored for sub in opened.subs.values())]
    assert len({blob[:12] for blob in blobs}) == len({blob[12:44] for blob in blobs}) == 4
    assert len({blob[76:332] for blob in blobs}) == 4


def test_hash_files_fit_the_listed_sequences(opened: OpenPacket) -> None:
    for name, sub in opened.subs.items():
        content = {entry.rpartition(".")[0]: data for entry, data in sub.entries.items()}
        meta = sub.json("packet_meta_info.json")
        for key, file in (("hashSequence1", "packet_data_hash"), ("hashSequence2", "packet_operations_hash")):
            if file not in content:
                assert name != "id"
                continue
            listed: list[str] = [base for item in meta[key] for base in item["value"]]
            assert content[file] == sha256(b"".join(content[base] for base in listed)).hex().upper().encode()
        assert meta["hashSequence1"][-1]["value"][-1] == "ID"


def test_fields_go_where_their_category_sends_them(opened: OpenPacket) -> None:
    evidence, optional, main = (opened.subs[name].json("ID.json") for name in ("evidence", "optional", "id"))
    assert evidence == {"IDSchemaVersion": 0.1}
    assert optional == {"IDSchemaVersion": 0.1, "bloodType": [{"language": "eng", "value": "OPOS"}]}
    assert main["IDSchemaVersion"] == 0.1
    assert "bloodType" not in main
    assert main["fullName"] == demographics()["fullName"]


def test_json_files_have_the_writers_wrapper(opened: OpenPacket) -> None:
    for sub in opened.subs.values():
        for name in ("ID.json", "packet_meta_info.json"):
            assert sub.entries[name].startswith(b'{ "identity" : {')
            assert sub.entries[name].endswith(b"} } ")


class SlowKey(SoftwareMachineKey):
    """Signs only when told to, in the thread that it was called from."""

    def __init__(self) -> None:
        key = lab_key("machine")
        super().__init__(key, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        self.gate = threading.Event()
        self.threads: set[int] = set()

    def sign(self, data: bytes) -> bytes:
        self.threads.add(threading.get_ident())
        assert self.gate.wait(10)
        return super().sign(data)


def test_signing_runs_beside_building_and_does_not_change_the_result() -> None:
    key = SlowKey()
    taken: list[int] = []
    entropy = counting_entropy()

    def watching_entropy(size: int) -> bytes:
        taken.append(size)
        if len(taken) == 2 + 3 * 3:  # two BIRs and three encryptions: all sub-packets are done before the first signature
            key.gate.set()
        return entropy(size)

    slow = build(
        new_spec(),
        machine_key=key,
        certificate=lab_certificate("packet"),
        clock=ticking_clock(),
        entropy=watching_entropy,
    )
    assert key.threads
    assert threading.get_ident() not in key.threads
    plain = [open_packet(p, lab_key("packet")) for p in (slow, seal())]
    for name in ("evidence", "optional", "id"):
        first, second = (o.subs[name] for o in plain)
        assert first.plain == second.plain
        assert first.metadata["signature"] == second.metadata["signature"]


def test_same_inputs_give_the_same_bytes_but_for_the_wrapped_keys() -> None:
    first, second = (open_packet(seal(), lab_key("packet")) for _ in range(2))
    for name in first.subs:
        one, two = first.subs[name], second.subs[name]
        assert one.plain == two.plain
        assert (one.stored[:76], one.stored[332:]) == (two.stored[:76], two.stored[332:])
        assert {**one.metadata, "encryptedhash": ""} == {**two.metadata, "encryptedhash": ""}


class BrokenKey(SlowKey):
    def sign(self, data: bytes) -> bytes:
        raise ConnectionError("gone")


def test_a_failing_machine_key_fails_the_build() -> None:
    with pytest.raises(ConnectionError, match="gone"):
        build(
            new_spec(),
            machine_key=BrokenKey(),
            certificate=lab_certificate("packet"),
            clock=ticking_clock(),
            entropy=counting_entropy(),
        )


def test_refused_content_is_not_sealed_and_the_findings_are_told() -> None:
    values = {**demographics(), "email": "not an address"}
    with pytest.raises(PacketRefusedError) as caught:
        seal(new_spec(demographics=values))
    assert "email" in caught.value.message
    assert "not an address" not in caught.value.message
    assert caught.value.findings


def test_captures_outside_the_time_window_are_refused() -> None:
    spec = new_spec()
    late = ticking_clock(CREATED_AT + timedelta(hours=1))
    with pytest.raises(PacketRefusedError, match=r"times\.device"):
        build(
            spec,
            machine_key=machine_key(),
            certificate=lab_certificate("packet"),
            clock=late,
            entropy=counting_entropy(),
        )


def test_a_packet_beyond_the_limit_is_refused() -> None:
    options = BuildOptions(rules=RuleSettings(packet_max_bytes=10_000))
    with pytest.raises(PacketTooLargeError) as caught:
        seal(options=options)
    assert caught.value.params["limit_bytes"] == 10_000


def test_a_certificate_of_another_machine_is_refused() -> None:
    spec = new_spec(machine_id="10078", registration_id="10001100780000120250602092000")
    with pytest.raises(CertificateForeignError):
        seal(spec)


def test_certificate_validity_can_be_judged_at_another_instant_than_creation() -> None:
    options = BuildOptions(certificate_at=CREATED_AT.replace(year=2100))
    with pytest.raises(Exception, match="expired"):
        seal(options=options)


def test_document_order_of_the_caller_does_not_matter() -> None:
    spec = new_spec()
    documents = {"proofOfIdentity": spec.documents["proofOfIdentity"], "proofOfAddress": spec.documents["proofOfIdentity"]}
    swapped = dict(reversed(documents.items()))
    plain = [open_packet(seal(replace(spec, documents=d)), lab_key("packet")).subs["id"].plain for d in (documents, swapped)]
    assert plain[0] == plain[1]
