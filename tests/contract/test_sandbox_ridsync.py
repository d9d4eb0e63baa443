"""RID sync: the envelope, each item, and the codes for what is wrong with them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from packet.crypto.hybrid import encrypt
from packet.encoding import b64url, iso_millis
from packet.models import PacketId, RegistrationId, SealedPacket
from sandbox import Sandbox, SandboxConfig
from tests.support.editing import flip
from tests.support.sandbox_client import PASSWORDS, REGPROC, SandboxClient, error_codes, sync_item
from tests.support.sandbox_clock import SettableClock

REF_ID = "10001_10021"
NOW = datetime(2030, 1, 2, 3, 4, 5, 6000, tzinfo=UTC)
RID = "10001100210000120300102030000"


@pytest.fixture(scope="module")
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, clock: SettableClock) -> Iterator[SandboxClient]:
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    with (
        Sandbox(SandboxConfig(directory=directory, passwords=PASSWORDS, clock=clock)) as running,
        SandboxClient(running, clock) as opened,
    ):
        yield opened.login()


def item(packet_id: str = f"{RID}-{REF_ID}-20300102030400", **changes: object) -> dict[str, Any]:
    packet = SealedPacket(PacketId(packet_id), RegistrationId(RID), REF_ID, "NEW", b"x" * 400, "A" * 64, NOW)
    return sync_item(packet, **changes)


def test_good_items_succeed_and_a_bad_one_beside_them_fails_alone(client: SandboxClient) -> None:
    good, bad = item("p-1"), item("p-2", langCode="en")
    answer = client.sync([good, bad], REF_ID)
    assert (answer["id"], answer["version"]) == ("mosip.registration.sync", "1.0")
    assert answer["response"] == [{"registrationId": RID, "status": "SUCCESS", "packetId": "p-1"}]
    assert answer["errors"] == [
        {
            "registrationId": RID,
            "packetId": "p-2",
            "status": "FAILURE",
            "errorCode": "RPR-RGS-004",
            "message": "Invalid Request Value - Language Code must be of three letters",
        }
    ]
    assert client.packet_code("p-1") == "UPLOAD_PENDING"
    assert error_codes(client.packet_status("p-2")) == ["RPR-RGS-037"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"packetId": None}, "RPR-RGS-013"),
        ({"packetId": " "}, "RPR-RGS-013"),
        ({"packetId": "../../etc/passwd"}, "RPR-RGS-014"),
        ({"registrationId": "a/b"}, "RPR-RGS-014"),
        ({"langCode": None}, "RPR-RGS-004"),
        ({"langCode": "english"}, "RPR-RGS-004"),
        ({"registrationType": "CORRECTION"}, "RPR-RGS-003"),
        ({"registrationType": "new"}, "RPR-RGS-003"),
        ({"registrationType": None}, "RPR-RGS-003"),
        ({"packetHashValue": None}, "RPR-RGS-027"),
        ({"supervisorStatus": "ON_HOLD"}, "RPR-RGS-026"),
        ({"supervisorStatus": None}, "RPR-RGS-026"),
        ({"registrationId": None}, "RPR-RGS-006"),
        ({"additionalInfoReqId": "nobody-BIOMETRIC_CORRECTION-1"}, "RPR-RGS-036"),
    ],
)
def test_items_that_fail(client: SandboxClient, changes: dict[str, object], code: str) -> None:
    answer = client.sync([{**item(), **changes}], REF_ID)
    assert answer["response"] is None
    assert error_codes(answer) == [code]


@pytest.mark.parametrize("process", ["NEW", "UPDATE", "LOST", "RES_UPDATE", "BIOMETRIC_CORRECTION"])
def test_the_processes_that_are_taken(client: SandboxClient, process: str) -> None:
    assert client.sync([item(f"p-{process}", registrationType=process)], REF_ID)["errors"] is None


def test_a_correction_belongs_to_a_registration_that_was_announced(client: SandboxClient) -> None:
    client.sync([item("p-original")], REF_ID)
    correction = {"registrationType": "BIOMETRIC_CORRECTION", "additionalInfoReqId": f"{RID}-BIOMETRIC_CORRECTION-1"}
    assert client.sync([item("p-correction", **correction)], REF_ID)["errors"] is None
    for request_id in (f"{RID}-NEW-1", f"{RID}-BIOMETRIC_CORRECTION", f"{RID}-BIOMETRIC_CORRECTION-x", ""):
        answer = client.sync([item("p-x", **{**correction, "additionalInfoReqId": request_id})], REF_ID)
        assert error_codes(answer) == ["RPR-RGS-036"]


def test_announcing_again_replaces(client: SandboxClient) -> None:
    assert client.sync([item("p-again", packetHashValue="B" * 64)], REF_ID)["errors"] is None
    assert client.sync([item("p-again", packetHashValue="C" * 64)], REF_ID)["errors"] is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": None}, "RPR-RGS-013"),
        ({"id": "mosip.registration.status"}, "RPR-RGS-014"),
        ({"version": None}, "RPR-RGS-013"),
        ({"version": "1.1"}, "RPR-RGS-014"),
        ({"requesttime": None}, "RPR-RGS-013"),
        ({"requesttime": "2030-01-02T03:04:05Z"}, "RPR-RGS-014"),
        ({"requesttime": iso_millis(NOW - timedelta(seconds=10_800))}, "RPR-RGS-014"),
        ({"requesttime": iso_millis(NOW + timedelta(seconds=10_801))}, "RPR-RGS-014"),
        ({"request": None}, "RPR-RGS-016"),
        ({"request": [{"packetSize": "many"}]}, "RPR-RGS-016"),
        ({"request": [{}] * 101}, "RPR-RGS-016"),
    ],
)
def test_envelopes_that_fail(client: SandboxClient, changes: dict[str, object], code: str) -> None:
    answer = client.sync([item()], REF_ID, **changes)
    assert answer["response"] is None
    assert error_codes(answer) == [code]
    assert answer["errors"][0]["status"] == "FAILURE"


def test_a_quarter_of_a_day_less_a_second_is_near_enough(client: SandboxClient) -> None:
    for seconds in (-10_799, 10_799):
        requesttime = iso_millis(NOW + timedelta(seconds=seconds))
        assert client.sync([item("p-near")], REF_ID, requesttime=requesttime)["errors"] is None


@pytest.mark.parametrize(("plain", "code"), [(b"{", "RPR-RGS-017"), (b"[]", "RPR-RGS-016"), (b"\xff", "RPR-RGS-017")])
def test_plain_text_that_is_no_request(client: SandboxClient, plain: bytes, code: str) -> None:
    assert error_codes(client.sync_plain(plain, REF_ID)) == [code]


def test_bodies_that_do_not_decrypt(client: SandboxClient) -> None:
    certificate = client.certificate("REGISTRATION", REF_ID)
    good = encrypt(json.dumps(client.wrapped("mosip.registration.sync", [item("p-d")])).encode(), certificate, os.urandom)
    text = b64url(good)
    assert client.sync_raw(json.dumps(text).encode(), REF_ID).json()["errors"] is None

    other = client.certificate("REGISTRATION", "10001_10022")
    foreign = b64url(encrypt(b"{}", other, os.urandom))
    bad = [json.dumps(t).encode() for t in ("", "x", text + "=", text[:400], foreign, *(_spoilt(good)))]
    bad += [b"{}", b"null", b"1", b"[]"]
    for body in bad:
        assert error_codes(client.sync_raw(body, REF_ID).json()) == ["RPR-RGS-028"]
    for body in (b"", text.encode(), b'"'):
        assert error_codes(client.sync_raw(body, REF_ID).json()) == ["RPR-RGS-017"]


def _spoilt(sealed: bytes) -> list[str]:
    return [b64url(flip(sealed, at)) for at in (0, 12, 44, 76, 332, 346, -1)]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"timestamp": ""}, "RPR-RGS-013"),
        ({"timestamp": "2030-01-02"}, "RPR-RGS-014"),
        ({"timestamp": "2030-13-02T03:04:05.006Z"}, "RPR-RGS-014"),
        ({"Center-Machine-RefId": ""}, "RPR-RGS-013"),
        ({"Center-Machine-RefId": "10001_10022"}, "RPR-RGS-028"),
        ({"Center-Machine-RefId": "../hsm1"}, "RPR-RGS-028"),
    ],
)
def test_headers(client: SandboxClient, headers: dict[str, str], code: str) -> None:
    plain = json.dumps(client.wrapped("mosip.registration.sync", [item()])).encode()
    assert error_codes(client.sync_plain(plain, REF_ID, headers)) == [code]


@pytest.mark.parametrize(
    ("path", "service_id", "key", "missing"),
    [
        ("packetexternalstatus", "mosip.registration.packet.external.status", "packetId", "RPR-RGS-037"),
        ("search", "mosip.registration.status", "registrationId", "RPR-RGS-031"),
    ],
)
def test_status_requests(client: SandboxClient, path: str, service_id: str, key: str, missing: str) -> None:
    url = f"{REGPROC}/registrationstatus/{path}"

    def ask(request: object, **changes: object) -> dict[str, Any]:
        answer: dict[str, Any] = client.post(url, client.wrapped(service_id, request, **changes)).json()
        return answer

    assert error_codes(ask([{key: "unknown"}])) == [missing]
    assert ask([])["response"] is None
    codes = {
        "RPR-RGS-019": ask([], version=None),
        "RPR-RGS-020": ask([], requesttime=None),
        "RPR-RGS-021": ask([], id=None),
        "RPR-RGS-022": ask([], version="2.0"),
        "RPR-RGS-023": ask([], requesttime="now"),
        "RPR-RGS-024": ask([], id="x"),
        "RPR-RGS-015": ask([{key: 1}]),
        "RPR-RGS-032": ask([{key: "x"}] * 101),
    }
    assert {code: error_codes(answer) for code, answer in codes.items()} == {code: [code] for code in codes}
    answer = client.http.post(url, content=b"{", headers=client.cookie).json()
    assert error_codes(answer) == ["RPR-RGS-017"]
    assert "metadata" not in answer
