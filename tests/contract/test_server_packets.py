"""Announcing, uploading and asking about packets, as the registration processor wants it."""

from __future__ import annotations

import os
import re

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from app.core.dispatch import SyncItem, SyncVerdict, UploadVerdict
from app.core.errors import RequestRefusedError
from app.core.registration import Contact, Decision
from app.core.servercodes import Reaction, explain
from app.server.errors import AnswerMalformedError, AnswerUntrustedError, ServerUnreachableError
from app.server.packets import PacketLine
from packet.encoding import b64url_decode
from packet.models import Json, PacketId, RegistrationId
from tests.support.certificates import Issued, issue
from tests.support.fake_server import TOKEN, FakeServer, error, now, wrapped

RID = RegistrationId("10001100210000120260115100000")
PACKET = PacketId(f"{RID}-10001_10021-20260115100000")
ITEM = SyncItem(
    registration_id=RID,
    packet_id=PACKET,
    process="NEW",
    packet_sha256="A" * 64,
    packet_size=1234,
    decision=Decision.APPROVED,
    lang_code="eng",
    contact=Contact(name="Vex Testperson", phone=None, email="nobody@example.invalid"),
)


@pytest.fixture
def fake() -> FakeServer:
    return FakeServer()


@pytest.fixture
def k11() -> Issued:
    return issue("REGISTRATION-10001_10021")


def line(fake: FakeServer) -> PacketLine:
    return PacketLine(fake.line(), now, os.urandom)


def sync(fake: FakeServer, k11: Issued, *items: SyncItem) -> tuple[SyncVerdict, ...]:
    return line(fake).sync(items or (ITEM,), "10001_10021", k11.certificate, TOKEN)


def decrypted(text: str, holder: Issued) -> Json:
    """Opens the body with nothing but the layout's table."""
    data = b64url_decode(text)
    assert data[44:76] == holder.certificate.fingerprint(SHA256())
    assert data[332:346] == b"#KEY_SPLITTER#"
    key = holder.key.decrypt(data[76:332], padding.OAEP(padding.MGF1(SHA256()), SHA256(), None))
    value: Json = orjson.loads(AESGCM(key).decrypt(data[:12], data[346:], data[12:44]))
    return value


def synced(*packets: str) -> bytes:
    return wrapped([{"registrationId": RID, "packetId": packet, "status": "SUCCESS"} for packet in packets])


def test_the_announcement_is_one_encrypted_json_string(fake: FakeServer, k11: Issued) -> None:
    fake.will(synced(PACKET))
    assert sync(fake, k11) == (SyncVerdict(PACKET),)
    (request,) = fake.requests
    assert request.url.path == "/registrationprocessor/v1/registrationstatus/syncV2"
    assert request.headers["center-machine-refid"] == "10001_10021"
    assert request.headers["timestamp"] == "2026-01-15T10:00:00.000Z"
    assert request.headers["content-type"] == "application/json"
    assert re.fullmatch(rb'"[A-Za-z0-9_-]+"', request.content)
    assert decrypted(orjson.loads(request.content), k11) == {
        "id": "mosip.registration.sync",
        "version": "1.0",
        "requesttime": "2026-01-15T10:00:00.000Z",
        "request": [
            {
                "registrationId": RID,
                "packetId": PACKET,
                "additionalInfoReqId": None,
                "name": "Vex Testperson",
                "email": "nobody@example.invalid",
                "phone": None,
                "registrationType": "NEW",
                "packetHashValue": "A" * 64,
                "packetSize": 1234,
                "supervisorStatus": "APPROVED",
                "supervisorComment": None,
                "langCode": "eng",
            }
        ],
    }


def other(number: int) -> SyncItem:
    rid = RegistrationId(f"1000110021{number:05d}20260115100000")
    return SyncItem(rid, PacketId(f"{rid}-x"), "NEW", "B" * 64, 1, Decision.APPROVED, "eng")


def test_each_packet_gets_its_own_verdict(fake: FakeServer, k11: Issued) -> None:
    """Both lists may be there at once; a packet that is in neither was not accepted."""
    refused, forgotten = other(2), other(3)
    errors: Json = [
        {"registrationId": refused.registration_id, "status": "FAILURE", "errorCode": "RPR-RGS-003", "message": "x"}
    ]
    fake.will(wrapped([{"registrationId": RID, "packetId": PACKET, "status": "SUCCESS"}], errors))
    assert sync(fake, k11, ITEM, refused, forgotten) == (
        SyncVerdict(PACKET),
        SyncVerdict(refused.packet_id, "RPR-RGS-003"),
        SyncVerdict(forgotten.packet_id, "UNANSWERED"),
    )


def test_an_announcement_refused_as_a_whole_is_named(fake: FakeServer, k11: Issued) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, error("RPR-RGS-028"))))
    with pytest.raises(RequestRefusedError, match="RPR-RGS-028") as caught:
        sync(fake, k11)
    assert explain(caught.value.server_code).reaction is Reaction.RENEW


def test_another_word_than_success_is_no_acceptance(fake: FakeServer, k11: Issued) -> None:
    fake.will(wrapped([{"registrationId": RID, "packetId": PACKET, "status": "FAILURE"}]))
    assert sync(fake, k11) == (SyncVerdict(PACKET, "UNANSWERED"),)


def test_an_unsigned_acceptance_is_not_believed(fake: FakeServer, k11: Issued) -> None:
    fake.will(httpx.Response(200, content=synced(PACKET)))
    with pytest.raises(AnswerUntrustedError):
        sync(fake, k11)


@pytest.mark.parametrize("response", [{}, "SUCCESS", [1], [{"packetId": PACKET}]])
def test_a_malformed_verdict_is_named(fake: FakeServer, k11: Issued, response: Json) -> None:
    fake.will(wrapped(response))
    with pytest.raises(AnswerMalformedError):
        sync(fake, k11)


def test_contact_and_comment_stay_out_of_reprs() -> None:
    assert "Vex" not in repr(ITEM)


def test_the_upload_is_one_file_part_named_after_the_packet(fake: FakeServer) -> None:
    fake.will(wrapped({"status": "Packet has reached Packet Receiver"}))
    data = os.urandom(3000)
    assert line(fake).upload(PACKET, data, TOKEN) is UploadVerdict.ACCEPTED
    (request,) = fake.requests
    assert request.url.path == "/registrationprocessor/v1/packetreceiver/registrationpackets"
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    head, _, rest = request.content.partition(b"\r\n\r\n")
    assert f'name="file"; filename="{PACKET}.zip"'.encode() in head
    assert b"application/octet-stream" in head
    assert rest.startswith(data)
    assert request.content.count(b"Content-Disposition") == 1


@pytest.mark.parametrize(
    "answer",
    [
        error("RPR-PKR-005"),
        [{"errorCode": "RPR-PKR-999", "message": "DUPLICATE request received"}],
    ],
)
def test_a_duplicate_counts_as_uploaded(fake: FakeServer, answer: Json) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, answer)))
    assert line(fake).upload(PACKET, b"x", TOKEN) is UploadVerdict.DUPLICATE


@pytest.mark.parametrize(
    ("code", "reaction"),
    [
        ("RPR-PKR-001", Reaction.RESYNC),
        ("RPR-PKR-002", Reaction.BLOCK),
        ("RPR-PKR-003", Reaction.BLOCK),
        ("RPR-PKR-004", Reaction.BLOCK),
        ("RPR-PKR-006", Reaction.LATER),
        ("RPR-PKR-008", Reaction.LATER),
        ("RPR-PKR-009", Reaction.RESYNC),
        ("RPR-PKR-010", Reaction.BLOCK),
        ("RPR-PKR-012", Reaction.LATER),
        ("RPR-PKR-013", Reaction.RESYNC),
        ("RPR-PKR-777", Reaction.BLOCK),
    ],
)
def test_a_refused_upload_has_status_200_and_a_code(fake: FakeServer, code: str, reaction: Reaction) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, error(code))))
    with pytest.raises(RequestRefusedError) as caught:
        line(fake).upload(PACKET, b"x", TOKEN)
    assert caught.value.server_code == code
    assert explain(code).reaction is reaction
    assert caught.value.advice.endswith(".")


def test_an_upload_without_status_is_no_upload(fake: FakeServer) -> None:
    fake.will(wrapped({}))
    with pytest.raises(AnswerMalformedError):
        line(fake).upload(PACKET, b"x", TOKEN)


def test_an_upload_that_broke_off_is_tried_again_and_may_be_a_duplicate_then(fake: FakeServer) -> None:
    fake.will(httpx.ReadError("broken"), httpx.Response(200, content=wrapped(None, error("RPR-PKR-005"))))
    assert line(fake).upload(PACKET, b"x", TOKEN) is UploadVerdict.DUPLICATE


def test_two_broken_uploads_are_a_failure(fake: FakeServer) -> None:
    fake.will(httpx.ReadError("broken"), httpx.ReadError("broken"))
    with pytest.raises(ServerUnreachableError):
        line(fake).upload(PACKET, b"x", TOKEN)


def test_external_statuses_come_by_packet(fake: FakeServer) -> None:
    unknown = PacketId("other")
    fake.will(
        wrapped(
            [{"packetId": PACKET, "statusCode": "ACCEPTED"}, {"packetId": "never asked", "statusCode": "RESEND"}],
            [{"packetId": unknown, "errorCode": "RPR-RGS-037", "message": "x"}],
        )
    )
    assert line(fake).packet_statuses([PACKET, unknown], TOKEN) == {PACKET: "ACCEPTED"}
    (request,) = fake.requests
    assert request.url.path == "/registrationprocessor/v1/registrationstatus/packetexternalstatus"
    assert orjson.loads(request.content) == {
        "id": "mosip.registration.packet.external.status",
        "version": "1.0",
        "requesttime": "2026-01-15T10:00:00.000Z",
        "request": [{"packetId": PACKET}, {"packetId": unknown}],
    }


def test_search_asks_by_registration(fake: FakeServer) -> None:
    fake.will(wrapped([{"registrationId": RID, "statusCode": "PROCESSED"}]))
    assert line(fake).registration_statuses([RID], TOKEN) == {RID: "PROCESSED"}
    body = orjson.loads(fake.requests[0].content)
    assert (body["id"], body["request"]) == ("mosip.registration.status", [{"registrationId": RID}])


def test_nothing_found_is_an_answer(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, error("RPR-RGS-037"))))
    assert line(fake).packet_statuses([PACKET], TOKEN) == {}


def test_a_refused_question_is_named(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, error("RPR-RGS-032"))))
    with pytest.raises(RequestRefusedError, match="RPR-RGS-032"):
        line(fake).packet_statuses([PACKET], TOKEN)


def test_every_code_of_the_table_has_words_and_a_remedy() -> None:
    from app.core import servercodes

    for code, known in servercodes._CODES.items():
        assert re.fullmatch(r"(KER-SNC|RPR-RGS|RPR-PKR)-\d{3}", code)
        assert known.meaning[0].islower()
        assert known.remedy.endswith(".")
