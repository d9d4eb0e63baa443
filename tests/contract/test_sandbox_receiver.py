"""The packet receiver's checks, in their order, and the form of an upload."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from packet.models import PacketId, RegistrationId, SealedPacket
from sandbox import Sandbox, SandboxConfig
from tests.support.sandbox_client import PASSWORDS, REGPROC, SandboxClient, error_codes, sync_item
from tests.support.sandbox_clock import SettableClock

REF_ID = "10001_10021"
NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
LIMIT = 10_000
URL = f"{REGPROC}/packetreceiver/registrationpackets"


@pytest.fixture(scope="module")
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, clock: SettableClock) -> Iterator[SandboxClient]:
    """Its worker is off: what is received stays as received."""
    config = SandboxConfig(
        directory=tmp_path_factory.mktemp("sandbox") / "state",
        passwords=PASSWORDS,
        clock=clock,
        packet_max_bytes=LIMIT,
        process_packets=False,
    )
    with Sandbox(config) as running, SandboxClient(running, clock) as opened:
        yield opened.login()


def announced(client: SandboxClient, packet_id: str, data: bytes = b"x" * 400, **changes: object) -> SealedPacket:
    digest = hashlib.sha256(data).hexdigest().upper()
    rid = RegistrationId(f"rid-of-{packet_id}")
    packet = SealedPacket(PacketId(packet_id), rid, REF_ID, "NEW", data, digest, NOW)
    assert client.sync([sync_item(packet, **changes)], REF_ID)["errors"] is None
    return packet


def codes(client: SandboxClient, file_name: str, data: bytes) -> list[str]:
    answer = client.upload(file_name, data)
    assert answer.status_code == 200
    return error_codes(answer.json())


def test_a_good_upload(client: SandboxClient) -> None:
    packet = announced(client, "good")
    answer = client.upload(packet.file_name, packet.data).json()
    assert list(answer) == ["id", "version", "responsetime", "response", "errors"]
    assert answer["id"] == "mosip.registration.packet"
    assert answer["response"] == {"status": "Packet has reached Packet Receiver"}
    assert client.packet_code("good") == "RECEIVED"
    kept = client.sandbox.directory / "landing-zone" / packet.registration_id / "good"
    assert kept.read_bytes() == packet.data


def test_each_check_has_its_code_and_comes_in_its_order(client: SandboxClient) -> None:
    large = b"x" * (LIMIT + 1)
    announced(client, "order", large, packetSize=1)
    assert codes(client, "nobody.zip", large) == ["RPR-PKR-001"]
    assert codes(client, "order.txt", b"other") == ["RPR-PKR-009"]
    assert codes(client, "order.txt", large) == ["RPR-PKR-003"]
    assert codes(client, "order.zip", large) == ["RPR-PKR-002"]
    announced(client, "order", b"y" * LIMIT, packetSize=1)
    assert codes(client, "order.zip", b"y" * LIMIT) == ["RPR-PKR-013"]
    announced(client, "order", b"y" * LIMIT)
    assert codes(client, "order.zip", b"y" * LIMIT) == []
    assert codes(client, "order.zip", b"y" * LIMIT) == ["RPR-PKR-005"]


def test_the_hash_is_compared_as_upper_case_text(client: SandboxClient) -> None:
    packet = announced(client, "case", packetHashValue=hashlib.sha256(b"x" * 400).hexdigest())
    assert codes(client, packet.file_name, packet.data) == ["RPR-PKR-009"]


def test_the_packet_id_ends_at_the_first_dot(client: SandboxClient) -> None:
    packet = announced(client, "dots")
    assert codes(client, "dots.b.zip", packet.data) == []


def test_a_duplicate_says_so_in_words(client: SandboxClient) -> None:
    packet = announced(client, "twice")
    client.upload(packet.file_name, packet.data)
    answer = client.upload(packet.file_name, packet.data).json()
    assert answer["response"] is None
    assert "duplicate" in answer["errors"][0]["message"].lower()


def test_a_sub_process_may_be_sent_again(client: SandboxClient) -> None:
    packet = announced(client, "correction", registrationType="BIOMETRIC_CORRECTION")
    assert codes(client, packet.file_name, packet.data) == []
    assert codes(client, packet.file_name, packet.data) == []


def test_after_a_quarter_of_an_hour_without_progress_it_is_to_be_sent_again(
    client: SandboxClient, clock: SettableClock
) -> None:
    packet = announced(client, "stuck")
    client.upload(packet.file_name, packet.data)
    clock.advance(900)
    assert client.packet_code("stuck") == "RECEIVED"
    clock.advance(1)
    assert client.packet_code("stuck") == "RESEND"
    assert client.rid_code(packet.registration_id) == "RESEND"
    assert codes(client, packet.file_name, packet.data) == []
    assert client.packet_code("stuck") == "RECEIVED"
    assert client.inspect("stuck")["retryCount"] == 1


def test_bodies_far_over_the_limit_are_refused(client: SandboxClient) -> None:
    answer = client.upload("x.zip", b"x" * 1_000_000)
    assert (answer.status_code, error_codes(answer.json())) == (413, ["RPR-PKR-002"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
        ("application/octet-stream", b"x"),
        ("", b"x"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n'),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="other"; filename="good.zip"\r\n\r\nx\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="good.zip"\r\n\r\nx',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nx\r\n' * 2 + b"--b--\r\n",
        ),
        (f"multipart/form-data; boundary={'b' * 300}", b"x"),
    ],
)
def test_bodies_without_the_one_file(client: SandboxClient, content_type: str, body: bytes) -> None:
    answer = client.http.post(URL, content=body, headers={**client.cookie, "Content-Type": content_type})
    assert error_codes(answer.json()) == ["RPR-PKR-006"]


def test_a_hostile_file_name_is_just_unknown(client: SandboxClient) -> None:
    for name in ("../../../etc/passwd.zip", "..", "a\x00b.zip", "ä.zip"):
        assert codes(client, name, b"x") == ["RPR-PKR-001"]
