"""A packet's way through the sandbox: announced, received, stored as it came, judged, or refused with the right code."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from packet.crypto.jws import verify_rs256
from packet.encoding import b64url, b64url_decode
from packet.models import SealedPacket
from sandbox import Sandbox
from tests.support.devicelab import lab_certificate
from tests.support.editing import flip
from tests.support.sandbox_client import SandboxClient, error_codes, sync_item
from tests.support.sandbox_clock import SettableClock
from tests.support.sandbox_packets import (
    BEFORE,
    NOW,
    REF_ID,
    machine_key,
    outer_entries,
    packet_certificate,
    registration_id,
    sandbox_at_packet_time,
    sealed,
    with_changed_entry,
    with_data,
)

WAIT_S = 60


@pytest.fixture(scope="module")
def clock() -> SettableClock:
    return SettableClock(BEFORE)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, clock: SettableClock) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    with sandbox_at_packet_time(directory, clock, allow_key_export=True) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox, clock: SettableClock) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox, clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def certificate(client: SandboxClient, clock: SettableClock) -> x509.Certificate:
    return packet_certificate(client, clock)


def send(client: SandboxClient, packet: SealedPacket, **announced: object) -> dict[str, object]:
    """Announces and uploads, waits for the worker, and gives what the sandbox found."""
    synced = client.sync([sync_item(packet, **announced)], REF_ID)
    assert synced["errors"] is None
    uploaded = client.upload(packet.file_name, packet.data).json()
    assert uploaded["errors"] is None
    assert uploaded["response"] == {"status": "Packet has reached Packet Receiver"}
    assert client.sandbox.wait_idle(WAIT_S)
    return client.inspect(packet.packet_id)


def test_a_good_packet_is_stored_and_processed(client: SandboxClient, certificate: x509.Certificate) -> None:
    packet = sealed(certificate, 1)
    seen = send(client, packet)

    assert seen["failures"] == []
    assert (seen["stage"], seen["status"]) == ("VALIDATE_PACKET", "PROCESSED")
    assert client.packet_code(packet.packet_id) == "ACCEPTED"
    assert client.rid_code(packet.registration_id) == "PROCESSED"


def test_sub_packets_are_stored_as_they_came_with_their_metadata_and_a_receipt(
    client: SandboxClient, certificate: x509.Certificate
) -> None:
    packet = sealed(certificate, 2)
    receipts = send(client, packet)["receipts"]
    entries = outer_entries(packet, client.sandbox)
    root = client.sandbox.directory / "objects" / "PACKET_MANAGER_ACCOUNT" / packet.registration_id
    kernel_key = client.certificate("KERNEL", "SIGN").public_key()

    assert isinstance(receipts, dict)
    assert len(receipts) == 3
    for part in ("id", "evidence", "optional"):
        key = f"REGISTRATION_CLIENT/NEW/{packet.registration_id}_{part}"
        stored = (root / key).read_bytes()
        assert stored == entries[f"{key}.zip"]
        metadata = orjson.loads((root / f"{key}.meta.json").read_bytes())
        assert metadata == orjson.loads(entries[f"{key}.json"])
        header, payload, signature = receipts[key].split(".")
        verify_rs256(kernel_key, b64url_decode(signature), f"{header}.{payload}".encode(), "the receipt")
        assert orjson.loads(b64url_decode(payload)) == {
            "rid": packet.registration_id,
            "encryptedhash": b64url(hashlib.sha256(stored).digest()),
            "receivedAt": "2025-06-02T09:32:15.123Z",
        }
    assert not list((client.sandbox.directory / "landing-zone").glob("*/*"))


def test_nothing_personal_lies_in_the_directory_in_the_clear(client: SandboxClient, certificate: x509.Certificate) -> None:
    send(client, sealed(certificate, 3), supervisorComment="Amina seemed nervous")
    canaries = (b"Amina", b"amina@example.org", b"0612345678", b"Springfield", b"nervous", b"FIR\0", b"FAC\0", b"%PDF")
    files = [path for path in client.sandbox.directory.rglob("*") if path.is_file()]

    assert files
    for path in files:
        content = path.read_bytes()
        assert not [canary for canary in canaries if canary in content], path.name
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_packet_that_does_not_decrypt_is_to_be_sent_again(client: SandboxClient, certificate: x509.Certificate) -> None:
    packet = sealed(certificate, 4)
    seen = send(client, with_data(packet, flip(packet.data, -1)))

    assert (seen["stage"], seen["status"], seen["subStatus"]) == ("UPLOAD_PACKET", "FAILED", "RPR-PKR-FAILED-002")
    assert [f["serverCode"] for f in seen["failures"]] == ["RPR-PUM-009"]  # type: ignore[attr-defined]
    assert client.packet_code(packet.packet_id) == "RESEND"
    assert client.rid_code(packet.registration_id) == "RESEND"

    again = send(client, packet)
    assert (again["status"], again["failures"], again["retryCount"]) == ("PROCESSED", [], 1)
    assert client.packet_code(packet.packet_id) == "ACCEPTED"


def test_a_forged_sub_packet_signature_is_rejected(client: SandboxClient, certificate: x509.Certificate) -> None:
    packet = sealed(certificate, 5)

    def forge(metadata: bytes) -> bytes:
        decoded = json.loads(metadata)
        decoded["signature"] = b64url(bytes(256))
        return json.dumps(decoded).encode()

    seen = send(client, with_changed_entry(packet, client.sandbox, certificate, "_id.json", forge))

    assert (seen["stage"], seen["status"]) == ("VALIDATE_PACKET", "REJECTED")
    assert seen["subStatus"] == "KER-PUT-019"
    assert client.packet_code(packet.packet_id) == "ACCEPTED"  # safely stored; not: valid
    assert client.rid_code(packet.registration_id) == "PROCESSED"


def test_a_container_with_a_foreign_entry_is_refused(client: SandboxClient, certificate: x509.Certificate) -> None:
    packet = with_changed_entry(sealed(certificate, 6), client.sandbox, certificate, "_id.json", lambda _data: b"[]")
    seen = send(client, packet)
    assert (seen["status"], seen["subStatus"]) == ("FAILED", "RPR-SYS-EXCEPTION-001")


def test_a_packet_that_the_supervisor_rejected_is_rejected(client: SandboxClient, certificate: x509.Certificate) -> None:
    packet = sealed(certificate, 7)
    seen = send(client, packet, supervisorStatus="REJECTED")
    assert (seen["status"], seen["subStatus"]) == ("REJECTED", "RPR-PKV-FAILED-011")
    assert client.packet_code(packet.packet_id) == "ACCEPTED"


def test_a_packet_announced_for_another_machine_does_not_open(client: SandboxClient, certificate: x509.Certificate) -> None:
    packet = sealed(certificate, 8)
    assert client.sync([sync_item(packet)], "10001_10999")["errors"] is None
    assert client.upload(packet.file_name, packet.data).json()["errors"] is None
    assert client.sandbox.wait_idle(WAIT_S)
    assert client.inspect(packet.packet_id)["subStatus"] == "RPR-PKR-FAILED-002"


def test_a_packet_of_an_unregistered_machine_is_rejected(
    client: SandboxClient, certificate: x509.Certificate, clock: SettableClock
) -> None:
    clock.set(BEFORE)
    other = client.certificate("REGISTRATION", "10001_10998")
    clock.set(NOW)
    packet = sealed(other, 9, machine_id="10998")
    assert client.sync([sync_item(packet)], "10001_10998")["errors"] is None
    assert client.upload(packet.file_name, packet.data).json()["errors"] is None
    assert client.sandbox.wait_idle(WAIT_S)
    seen = client.inspect(packet.packet_id)
    assert (seen["status"], seen["subStatus"]) == ("REJECTED", "RPR-PKV-FAILED-014")


def test_captures_are_judged_against_uploaded_device_anchors(tmp_path: Path, clock: SettableClock) -> None:
    with (
        sandbox_at_packet_time(tmp_path / "state", clock) as running,
        SandboxClient(running, clock) as client,
    ):
        certificate = packet_certificate(client, clock)
        for role in ("device-root", "device-provider"):
            pem = lab_certificate(role).public_bytes(Encoding.PEM).decode()
            assert client.upload_ca(pem).json()["errors"] is None
        seen = send(client, sealed(certificate, 1))
        assert seen["failures"] == []
        chain = [f["status"] for f in seen["findings"] if "trust" in f["check"] or "chain" in f["check"]]  # type: ignore[attr-defined]
        assert "pass" in chain


def test_two_uploads_at_once(client: SandboxClient, certificate: x509.Certificate) -> None:
    packets = [sealed(certificate, 20), sealed(certificate, 21)]
    client.sync([sync_item(packet) for packet in packets], REF_ID)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda packet: client.upload(packet.file_name, packet.data).json(), packets))
    assert [answer["errors"] for answer in answers] == [None, None]
    assert client.sandbox.wait_idle(WAIT_S)
    assert [client.inspect(packet.packet_id)["status"] for packet in packets] == ["PROCESSED", "PROCESSED"]


def test_the_same_packet_twice_at_once_is_taken_once(client: SandboxClient, certificate: x509.Certificate) -> None:
    packet = sealed(certificate, 22)
    client.sync([sync_item(packet)], REF_ID)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.upload(packet.file_name, packet.data).json(), range(4)))
    codes = sorted(code for answer in answers for code in error_codes(answer))
    assert codes == ["RPR-PKR-005"] * 3
    assert client.sandbox.wait_idle(WAIT_S)
    assert client.inspect(packet.packet_id)["status"] == "PROCESSED"


def test_a_restart_keeps_state_and_works_off_what_was_left(tmp_path: Path) -> None:
    clock = SettableClock(BEFORE)
    directory = tmp_path / "state"
    with (
        sandbox_at_packet_time(directory, clock, process_packets=False) as running,
        SandboxClient(running, clock) as client,
    ):
        certificate = packet_certificate(client, clock)
        packet = sealed(certificate, 1)
        client.sync([sync_item(packet)], REF_ID)
        assert client.packet_code(packet.packet_id) == "UPLOAD_PENDING"
        assert client.rid_code(registration_id(1)) == "UPLOAD_PENDING"
        client.upload(packet.file_name, packet.data)
        assert client.packet_code(packet.packet_id) == "RECEIVED"
        assert client.rid_code(registration_id(1)) == "PROCESSING"

    with sandbox_at_packet_time(directory, clock) as running, SandboxClient(running, clock) as client:
        assert running.wait_idle(WAIT_S)
        client.login()
        assert client.inspect(packet.packet_id)["status"] == "PROCESSED"
        assert client.certificate("REGISTRATION", REF_ID) == certificate
        assert client.register("DESK-1", machine_key()).json()["errors"][0]["errorCode"] == "KER-MSD-413"


def test_a_crash_in_the_middle_of_a_stage_is_made_good(tmp_path: Path) -> None:
    """The rows and files are those that a kill between two steps leaves."""
    clock = SettableClock(BEFORE)
    directory = tmp_path / "state"
    with (
        sandbox_at_packet_time(directory, clock, process_packets=False) as running,
        SandboxClient(running, clock) as client,
    ):
        certificate = packet_certificate(client, clock)
        packets = [sealed(certificate, number) for number in (1, 2)]
        client.sync([sync_item(packet) for packet in packets], REF_ID)
        for packet in packets:
            client.upload(packet.file_name, packet.data)
        _set_stage(running.directory, packets[0].packet_id, "UPLOAD_PACKET", "PROCESSING")
        _set_stage(running.directory, packets[1].packet_id, "VALIDATE_PACKET", "REPROCESS")

    with sandbox_at_packet_time(directory, clock) as running, SandboxClient(running, clock) as client:
        assert running.wait_idle(WAIT_S)
        assert [client.inspect(packet.packet_id)["status"] for packet in packets] == ["PROCESSED", "PROCESSED"]


def _set_stage(directory: Path, packet_id: str, stage: str, status: str) -> None:
    with closing(sqlite3.connect(directory / "regproc.sqlite")) as connection, connection:
        connection.execute(
            "UPDATE registration SET latest_trn_type_code = ?, status_code = ? WHERE packet_id = ?",
            (stage, status, packet_id),
        )
