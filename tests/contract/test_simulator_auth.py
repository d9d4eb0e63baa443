"""Authentication captures: what is asked and refused, and that a server can open what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.serialization import Encoding

from devices.sbi import hashchain
from devices.simulator import Purpose, Simulator, SimulatorConfig, SimulatorOptionError
from devices.simulator.authcipher import (
    AuthCipher,
    EncryptionCertificateError,
    aad_and_nonce,
    decrypt,
    encrypt,
    read_encryption_certificate,
    unwrap,
)
from packet.bioattributes import FACTS
from packet.crypto import jws
from packet.encoding import b64url_decode, hex_upper, sha256
from packet.iso import FingerRecord, IrisRecord, parse_record
from tests.support.device_caller import call, capture_request, payload_of
from tests.support.small_presenter import SmallPresenter

Json = Any
UUID = "3f2b8c1e-7d54-4a8e-9f10-5c6d7e8f9a0b"
TIME = "2024-01-15T10:20:30Z"
FINGER = {"type": "Finger", "deviceId": "4", "deviceSubId": "0", "count": "1", "bioSubType": ["UNKNOWN"]}
IRIS = {"type": "Iris", "deviceId": "5", "deviceSubId": "0", "count": "1", "bioSubType": ["UNKNOWN"]}
FACE = {"type": "Face", "deviceId": "3", "deviceSubId": "0", "count": "1", "bioSubType": [None]}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), purpose=Purpose.AUTH)) as service:
        yield service


def capture(service: Simulator, bio: dict[str, Json], /, **changes: Json) -> list[dict[str, Json]]:
    body = capture_request(bio, **{"purpose": "Auth", "domainUri": "https://ida.example", "transactionId": UUID, **changes})
    status, _, answer = call(service.port, "CAPTURE", "/capture", body)
    assert status == 200
    elements: list[dict[str, Json]] = answer["biometrics"]
    return elements


def opened(service: Simulator, element: dict[str, Json]) -> bytes:
    """The plain record, as the authentication server gets it."""
    payload = payload_of(element)
    key = unwrap(b64url_decode(element["sessionKey"]), service.pki.auth_server.key)
    return decrypt(b64url_decode(payload["bioValue"]), key, payload["timestamp"], payload["transactionId"])


def test_additional_data_and_nonce_of_known_pairs() -> None:
    aad, nonce = aad_and_nonce(TIME, "1234567890")
    assert (aad.hex(), nonce.hex()) == ("2d30312d31356503030e07060d0b096a", "31356503030e07060d0b096a")
    aad, nonce = aad_and_nonce(TIME, UUID)
    assert (aad.hex(), nonce.hex()) == ("4b01010004566255075f0a5603520038", "04566255075f0a5603520038")


def test_a_known_ciphertext() -> None:
    sealed = encrypt(b"FIR", bytes(range(32)), TIME, UUID)
    assert sealed.hex() == "e64f658101b50bcea04018260fd819b6838333"
    assert decrypt(sealed, bytes(range(32)), TIME, UUID) == b"FIR"
    with pytest.raises(InvalidTag):
        decrypt(sealed, bytes(range(32)), TIME, "1234567890")


def test_texts_that_are_too_short_give_no_nonce() -> None:
    with pytest.raises(ValueError, match="too short"):
        aad_and_nonce("2024", "1234")


@pytest.mark.parametrize(
    ("bio", "names"),
    [
        (FINGER, ["UNKNOWN"]),
        ({**FINGER, "count": "2", "bioSubType": ["UNKNOWN", "UNKNOWN"]}, ["UNKNOWN", "UNKNOWN"]),
        ({**FINGER, "bioSubType": ["Left IndexFinger"]}, ["Left IndexFinger"]),
        ({**FINGER, "count": 2, "bioSubType": ["Left IndexFinger", "Left MiddleFinger"]},
         ["Left IndexFinger", "Left MiddleFinger"]),
        ({**FINGER, "count": "10", "bioSubType": ["UNKNOWN"] * 10}, ["UNKNOWN"] * 10),
        (IRIS, ["UNKNOWN"]),
        ({**IRIS, "bioSubType": ["Left"]}, ["Left"]),
        ({**IRIS, "count": "2", "bioSubType": ["Left", "Right"]}, ["Left", "Right"]),
        ({**IRIS, "count": "2", "bioSubType": None}, ["UNKNOWN", "UNKNOWN"]),
        (FACE, [None]),
    ],
)  # fmt: skip
def test_a_server_can_open_and_chain_what_was_asked_for(simulator: Simulator, bio: Json, names: list[str | None]) -> None:
    elements = capture(simulator, bio)
    thumbprint = hex_upper(sha256(simulator.pki.auth_server.certificate.public_bytes(Encoding.DER)))
    payloads = [payload_of(element) for element in elements]
    records = [opened(simulator, element) for element in elements]
    assert [payload.get("bioSubType") for payload in payloads] == names
    assert [element["hash"] for element in elements] == hashchain.chain("", records)
    assert {element["thumbprint"] for element in elements} == {thumbprint}
    assert len({element["sessionKey"] for element in elements}) == len(elements)
    for payload, record, name in zip(payloads, map(parse_record, records), names, strict=True):
        assert payload["purpose"] == "Auth"
        assert payload["domainUri"] == "https://ida.example"
        positions = {facts.sbi_sub_type: facts.iso_position for facts in FACTS.values()}
        if isinstance(record, FingerRecord):
            assert record.position == (0 if name == "UNKNOWN" else positions[str(name)])
        if isinstance(record, IrisRecord):
            assert record.eye == (0 if name == "UNKNOWN" else positions[str(name)])


def test_the_chips_certificate_signs_the_digital_id_and_stands_beside_the_devices(simulator: Simulator) -> None:
    (element,) = capture(simulator, FACE)
    token = jws.parse(element["data"])
    digital_id = jws.parse(payload_of(element)["digitalId"])
    serial_no = simulator.devices[2].serial_no
    assert token.certificates == (
        simulator.pki.current_device(serial_no).certificate,
        simulator.pki.chip(serial_no).certificate,
    )
    assert digital_id.certificates == (simulator.pki.chip(serial_no).certificate,)


@pytest.mark.parametrize(
    ("bio", "changes", "code"),
    [
        ({**FINGER, "count": "11", "bioSubType": ["UNKNOWN"] * 11}, {}, "109"),
        ({**IRIS, "count": "3", "bioSubType": ["UNKNOWN"] * 3}, {}, "109"),
        ({**FACE, "count": "2"}, {}, "109"),
        ({**FACE, "count": "0"}, {}, "109"),
        ({**FINGER, "count": "2"}, {}, "109"),
        ({**FINGER, "bioSubType": ["Left"]}, {}, "122"),
        ({**FINGER, "deviceSubId": "3"}, {}, "122"),
        ({**FINGER, "deviceId": ""}, {}, "804"),
        ({**FINGER, "deviceId": "99"}, {}, "805"),
        ({**FINGER, "deviceId": "5"}, {}, "120"),
        (FINGER, {"purpose": "Registration"}, "121"),
        (FINGER, {"env": "Moon"}, "115"),
        (FINGER, {"transactionId": "x" * 51}, "112"),
        (FINGER, {"transactionId": "x" * 62}, "112"),
    ],
)
def test_wrong_requests_get_the_codes_of_the_mock(simulator: Simulator, bio: Json, changes: Json, code: str) -> None:
    (element,) = capture(simulator, bio, **changes)
    assert element["error"]["errorCode"] == code
    assert element["data"] == element["hash"] == ""


def test_registration_is_refused_by_authentication_devices(simulator: Simulator) -> None:
    answer = call(simulator.port, "RCAPTURE", "/capture", capture_request({}))[2]
    assert answer["biometrics"][0]["error"]["errorCode"] == "709"


def test_both_purposes_in_one_process() -> None:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), purpose=Purpose.BOTH, modalities=("face",))) as service:
        devices = call(service.port, "MOSIPDISC", "/device", {"type": "Face"})[2]
        assert [(d["deviceId"], d["purpose"], d["certification"]) for d in devices] == [
            ("3", "Registration", "L1"), ("3-2", "Auth", "L1"),
        ]  # fmt: skip
        assert len(capture(service, {**FACE, "deviceId": "3-2"})) == 1
        assert capture(service, FACE)[0]["error"]["errorCode"] == "806"


def test_a_given_certificate_is_used(tmp_path: Path, simulator: Simulator) -> None:
    certificate = simulator.pki.auth_server.certificate
    path = tmp_path / "ida.cer"
    for encoding in (Encoding.PEM, Encoding.DER):
        path.write_bytes(certificate.public_bytes(encoding))
        assert read_encryption_certificate(path) == certificate
    sealed = AuthCipher(certificate, make_key=bytes).seal(b"record", TIME, UUID)
    assert decrypt(b64url_decode(sealed.bio_value), bytes(32), TIME, UUID) == b"record"


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ida.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EncryptionCertificateError):
        Simulator(SimulatorConfig(purpose=Purpose.AUTH, ida_certificate=path))


def test_authentication_needs_level_one() -> None:
    with pytest.raises(SimulatorOptionError, match="level"):
        Simulator(SimulatorConfig(purpose=Purpose.AUTH, level="L0"))
