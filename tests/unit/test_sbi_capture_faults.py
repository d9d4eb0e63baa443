"""Whatever a device does wrong in a capture has its own name, and nothing of such an answer is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devices.client.scan import scan
from devices.client.session import CaptureSession
from devices.sbi import errors, refusals
from devices.sbi.info import VerifiedDevice
from devices.sbi.trust import DigitalIdDomain
from devices.sbi.verification import CapturePolicy
from packet.crypto.errors import (
    CertificateExpiredError,
    CertificateNotYetValidError,
    ChainUntrustedError,
    JwsMalformedError,
    SignatureInvalidError,
)
from packet.devicetoken import TokenNotRebuildableError
from packet.encoding import b64url, b64url_decode, iso_seconds
from packet.errors import CodedError
from packet.iso import ImageUnsuitableError, IsoRecordMalformedError, IsoRecordMismatchError, encode_record
from packet.models import BioAttribute
from tests.support.hostile_device import Dict, Fault, HostileDevice, certificates, record, sign, tiny_image, utc_now, x5c

A = BioAttribute
THUMBS = (A.LEFT_THUMB, A.RIGHT_THUMB)
C = certificates()


@pytest.fixture
def device() -> Iterator[HostileDevice]:
    with HostileDevice() as service:
        yield service


def known(service: HostileDevice, clock: Callable[[], datetime] = utc_now) -> VerifiedDevice:
    (found,) = scan(C.trust, clock, [service.port]).devices
    return found


def session(clock: Callable[[], datetime] = utc_now, policy: CapturePolicy | None = None) -> CaptureSession:
    return CaptureSession(C.trust, "Staging", clock, policy)


def put(**values: Any) -> Callable[[Dict], None]:
    """Sets keys of a dictionary; a value of `...` removes the key."""

    def change(target: Dict) -> None:
        for key, value in values.items():
            if value is ...:
                del target[key]
            else:
                target[key] = value

    return change


def element(**values: Any) -> Callable[[Dict, int], None]:
    return lambda target, index: put(**values)(target) if index == 1 else None


def forged(alg: str, *, empty_signature: bool = False) -> Callable[[str, int], str]:
    def change(token: str, _index: int) -> str:
        head, payload, signature = token.split(".")
        header = {**json.loads(b64url_decode(head)), "alg": alg}
        return f"{b64url(json.dumps(header).encode())}.{payload}.{'' if empty_signature else signature}"

    return change


def tampered(token: str, _index: int) -> str:
    head, payload, signature = token.split(".")
    changed = b64url_decode(payload).replace(b'"87.5"', b'"97.5"')
    return f"{head}.{b64url(changed)}.{signature}"


def flipped_signature(token: str, _index: int) -> str:
    head, _, signature = token.rpartition(".")
    raw = bytearray(b64url_decode(signature))
    raw[100] ^= 1
    return f"{head}.{b64url(bytes(raw))}"


def iso_of(attribute: BioAttribute, **changes: Any) -> Callable[[bytes, BioAttribute], bytes]:
    return lambda _iso, _attribute: encode_record(record(attribute, **changes))


def repeated_value(data: bytes) -> bytes:
    values = json.loads(data)
    return json.dumps({**values, "deviceServiceVersion": values["bioValue"]}).encode()


def second_key(data: bytes) -> bytes:
    return data[:-1] + b', "bioValue": "QUJD"}'


def other_digital_id(_token: str, payload: bytes) -> str:
    return sign(payload, C.other)


FAULTS: dict[str, tuple[Fault, type[CodedError]]] = {
    # tokens
    "tampered payload": (Fault(token=tampered), SignatureInvalidError),
    "tampered signature": (Fault(token=flipped_signature), SignatureInvalidError),
    "alg none": (Fault(token=forged("none", empty_signature=True)), JwsMalformedError),
    "alg HS256": (Fault(token=forged("HS256")), JwsMalformedError),
    "alg ES256": (Fault(token=forged("ES256")), JwsMalformedError),
    "alg RS384": (Fault(token=forged("RS384")), JwsMalformedError),
    "alg RS512": (Fault(token=forged("RS512")), JwsMalformedError),
    "alg PS256": (Fault(token=forged("PS256")), JwsMalformedError),
    "crit": (Fault(header={"crit": ["exp"]}), JwsMalformedError),
    "no x5c": (Fault(header={"x5c": None}), JwsMalformedError),
    "empty x5c": (Fault(header={"x5c": []}), JwsMalformedError),
    "too many certificates": (Fault(header={"x5c": x5c(C.device) * 6}), JwsMalformedError),
    "x5c is no certificate": (Fault(header={"x5c": ["QUJD"]}), JwsMalformedError),
    "huge header": (Fault(header={"padding": "x" * 20_000}), JwsMalformedError),
    "not three parts": (Fault(token=lambda t, _: t + ".x"), JwsMalformedError),
    "padded token": (Fault(token=lambda t, _: t + "="), JwsMalformedError),
    "x5c of another device": (Fault(header={"x5c": x5c(C.other)}), SignatureInvalidError),
    "key locators are never fetched": (
        Fault(header={"x5c": None, "jku": "http://127.0.0.1/k", "x5u": "http://127.0.0.1/c", "kid": "1"}),
        JwsMalformedError,
    ),
    # trust
    "rogue root": (Fault(signer=lambda _: C.rogue), ChainUntrustedError),
    "FTM certificate as device": (Fault(signer=lambda _: C.chip), ChainUntrustedError),
    "expired": (Fault(signer=lambda _: C.expired), CertificateExpiredError),
    "not yet valid": (Fault(signer=lambda _: C.future), CertificateNotYetValidError),
    "weak key": (Fault(signer=lambda _: C.weak), SignatureInvalidError),
    "another trusted device": (Fault(signer=lambda _: C.other), refusals.DeviceCertificateChangedError),
    # digital id
    "digital id of another serial": (Fault(digital_id=put(serialNo="SN-9")), refusals.DigitalIdMismatchError),
    "digital id of another make": (Fault(digital_id=put(make="X")), refusals.DigitalIdMismatchError),
    "digital id of another provider": (Fault(digital_id=put(deviceProviderId="X")), refusals.DigitalIdMismatchError),
    "digital id of another type": (Fault(digital_id=put(type="Iris")), refusals.DigitalIdMismatchError),
    "digital id by another key": (Fault(digital_id_token=other_digital_id), refusals.HeaderCertificateError),
    "digital id by a rogue": (Fault(digital_id_token=lambda _t, p: sign(p, C.rogue)), ChainUntrustedError),
    "digital id by a chip at L0": (Fault(digital_id_token=lambda _t, p: sign(p, C.chip)), ChainUntrustedError),
    "digital id tampered": (Fault(digital_id_token=lambda t, _p: flipped_signature(t, 0)), SignatureInvalidError),
    "digital id unsigned": (Fault(digital_id_token=lambda _t, p: b64url(p)), JwsMalformedError),
    "digital id with another key": (Fault(digital_id=put(colour="red")), errors.DeviceFieldError),
    "digital id without serial": (Fault(digital_id=put(serialNo=...)), errors.DeviceFieldError),
    "digital id with fraction": (Fault(digital_id=put(dateTime="2026-01-01T00:00:00.000Z")), refusals.TimestampFormatError),
    # echo
    "another transaction": (Fault(payload=put(transactionId="other-transaction")), refusals.TransactionMismatchError),
    "another version": (Fault(element=element(specVersion="1.0")), refusals.SpecVersionMismatchError),
    "another device code": (Fault(payload=put(deviceCode="x")), refusals.DeviceCodeMismatchError),
    "another environment": (Fault(payload=put(env="Developer")), refusals.EnvironmentMismatchError),
    "another purpose": (Fault(payload=put(purpose="Auth")), refusals.PurposeMismatchError),
    "another modality": (Fault(payload=put(bioType="Iris", bioSubType="Left")), refusals.BioTypeMismatchError),
    # payload form
    "no device code": (Fault(payload=put(deviceCode=...)), errors.DeviceFieldError),
    "number for a text": (Fault(payload=put(purpose=1)), errors.DeviceFieldError),
    "duplicate key": (Fault(payload_bytes=lambda d: d[:-1] + b', "env": "Staging"}'), errors.DeviceJsonError),
    "payload is a list": (Fault(payload_bytes=lambda d: b"[" + d + b"]"), TokenNotRebuildableError),
    "payload is not UTF-8": (Fault(payload_bytes=lambda d: d.replace(b"0.9.5", b"0.9\xff")), TokenNotRebuildableError),
    "deep payload": (
        Fault(payload_bytes=lambda d: d[:-1] + b', "x": ' + b"[" * 40 + b"]" * 40 + b"}"), errors.DeviceJsonError
    ),
    "long number": (Fault(payload_bytes=lambda d: d[:-1] + b', "x": ' + b"9" * 40 + b"}"), errors.DeviceJsonError),
    "padded bioValue": (
        Fault(payload=lambda p: put(bioValue=p["bioValue"] + "=")(p)), TokenNotRebuildableError
    ),
    "standard base64": (Fault(payload=put(bioValue="+/+/")), TokenNotRebuildableError),
    "no bioValue": (Fault(payload=put(bioValue=...)), TokenNotRebuildableError),
    "empty bioValue": (Fault(payload=put(bioValue="")), TokenNotRebuildableError),
    "two bioValue keys": (Fault(payload_bytes=second_key), TokenNotRebuildableError),
    "bioValue elsewhere too": (Fault(payload_bytes=repeated_value), TokenNotRebuildableError),
    "placeholder in the payload": (Fault(payload=put(deviceServiceVersion="<bioValue>")), TokenNotRebuildableError),
    # time
    "time with fraction": (Fault(payload=put(timestamp="2026-01-01T00:00:00.000Z")), refusals.TimestampFormatError),
    "time with offset": (Fault(payload=put(timestamp="2026-01-01T00:00:00+01:00")), refusals.TimestampFormatError),
    "time without zone": (Fault(payload=put(timestamp="2026-01-01T00:00:00")), refusals.TimestampFormatError),
    "time that is none": (Fault(payload=put(timestamp="2026-02-30T00:00:00Z")), refusals.TimestampFormatError),
    "time in other digits": (Fault(payload=put(timestamp="٢٠٢٦-01-01T00:00:00Z")), refusals.TimestampFormatError),
    "old capture": (Fault(payload=put(timestamp="2020-01-01T00:00:00Z")), refusals.CaptureTimeError),
    "future capture": (Fault(payload=put(timestamp="2090-01-01T00:00:00Z")), refusals.CaptureTimeError),
    "old digital id": (Fault(digital_id=put(dateTime="2020-01-01T00:00:00Z")), refusals.DigitalIdTimeError),
    # attributes
    "finger twice": (Fault(attributes=lambda a: [a[0], a[0]]), refusals.DuplicateAttributeError),
    "finger missing": (Fault(attributes=lambda a: a[:1]), refusals.MissingAttributeError),
    "foreign finger": (Fault(attributes=lambda a: [*a, A.LEFT_INDEX]), refusals.ForeignAttributeError),
    "unknown finger": (Fault(payload=put(bioSubType="Left Toe")), refusals.UnknownAttributeError),
    "unknown sub-type": (Fault(payload=put(bioSubType="UNKNOWN")), refusals.UnknownAttributeError),
    "no sub-type": (Fault(payload=put(bioSubType=...)), errors.DeviceFieldError),
    "null sub-type": (Fault(payload=put(bioSubType=None)), errors.DeviceFieldError),
    # hash chain
    "wrong hash": (Fault(element=element(hash="0" * 64)), refusals.HashChainError),
    "no hash": (Fault(element=element(hash="")), refusals.HashChainError),
    "lower-case hash": (Fault(element=lambda e, _: put(hash=e["hash"].lower())(e)), refusals.HashChainError),
    # outcome
    "error with data": (
        Fault(element=element(error={"errorCode": "101", "errorInfo": "x"})), refusals.ErrorWithDataError
    ),
    "success without data": (Fault(element=element(data="")), refusals.SuccessWithoutDataError),
    "null data": (Fault(element=element(data=None)), refusals.SuccessWithoutDataError),
    "one finger failed": (
        Fault(element=element(data="", hash="", error={"errorCode": "701", "errorInfo": "x"})), errors.DeviceReportedError
    ),
    "no error block": (Fault(element=element(error=...)), errors.DeviceFieldError),
    "error block of numbers": (Fault(element=element(error={"errorCode": 0, "errorInfo": "x"})), errors.DeviceFieldError),
    "no element": (Fault(capture_body=lambda _: b'{"biometrics":[]}'), refusals.NothingCapturedError),
    "seventeen elements": (
        Fault(capture_body=lambda b: json.dumps({"biometrics": json.loads(b)["biometrics"][:1] * 17}).encode()),
        refusals.TooManyElementsError,
    ),
    "null answer": (Fault(capture_body=lambda _: b"null"), errors.DeviceFieldError),
    "broken JSON": (Fault(capture_body=lambda b: b[:-2]), errors.DeviceJsonError),
    "two answers in one": (Fault(capture_body=lambda b: b + b), errors.DeviceJsonError),
    "duplicate outer key": (Fault(capture_body=lambda b: b[:-1] + b',"biometrics":[]}'), errors.DeviceJsonError),
    # records
    "record of another finger": (Fault(iso=iso_of(A.RIGHT_LITTLE)), IsoRecordMismatchError),
    "record of an unknown finger": (Fault(iso=iso_of(A.LEFT_THUMB, position=0)), IsoRecordMismatchError),
    "record of an eye": (Fault(iso=iso_of(A.LEFT_EYE)), IsoRecordMismatchError),
    "record too long": (Fault(iso=lambda iso, _: iso + b"\0"), IsoRecordMalformedError),
    "record too short": (Fault(iso=lambda iso, _: iso[:-1]), IsoRecordMalformedError),
    "no record": (Fault(iso=lambda _i, _a: b"a picture"), IsoRecordMalformedError),
    "lossy image": (Fault(iso=lambda _i, a: encode_record(record(a, image=tiny_image("L", lossy=True)))), ImageUnsuitableError),
    "colour finger": (Fault(iso=lambda _i, a: encode_record(record(a, image=tiny_image("RGB")))), ImageUnsuitableError),
    "size that lies": (Fault(iso=lambda _i, a: encode_record(record(a, width=25))), ImageUnsuitableError),
    "compression that lies": (Fault(iso=lambda _i, a: encode_record(record(a, compression=4))), ImageUnsuitableError),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_of_a_capture_has_its_name(device: HostileDevice, name: str) -> None:
    fault, expected = FAULTS[name]
    found, captures = known(device), session()
    device.fault = fault
    with pytest.raises(expected) as refused:
        captures.capture(found, THUMBS)
    assert type(refused.value) is expected
    assert captures.last_hash == ""
    assert captures.devices == ()


@pytest.mark.parametrize(
    "score", ["NaN", "inf", "-inf", "1e309", "-0.9", "100.9", "1e1", "８８", "", " 88", "88.", "101", "0x10", "+5"]
)
@pytest.mark.parametrize("key", ["qualityScore", "requestedScore"])
def test_only_plain_numbers_from_0_to_100_are_scores(device: HostileDevice, score: str, key: str) -> None:
    found, captures = known(device), session()
    device.fault = Fault(payload=put(**{key: score}))
    with pytest.raises(refusals.QualityScoreError):
        captures.capture(found, THUMBS)


@pytest.mark.parametrize(("score", "value"), [("0", 0.0), ("100", 100.0), ("100.0", 100.0), ("7.25", 7.25), ("00", 0.0)])
def test_plain_numbers_are_scores(device: HostileDevice, score: str, value: float) -> None:
    found, captures = known(device), session()
    device.fault = Fault(payload=put(qualityScore=score))
    assert captures.capture(found, THUMBS).captures[0].quality_score == value


@pytest.fixture
def noon() -> datetime:
    """Now, when the test runs: devices under test stamp their answers with the real time."""
    return utc_now().replace(microsecond=0)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_capture_at_the_edge_of_the_allowed_lag_is_accepted(device: HostileDevice, noon: datetime, seconds: int) -> None:
    found, captures = known(device), session(lambda: noon)
    device.fault = Fault(payload=put(timestamp=iso_seconds(noon + timedelta(seconds=seconds))))
    result = captures.capture(found, THUMBS)
    assert result.captures[0].captured_at == noon + timedelta(seconds=seconds)
    assert result.is_clock_doubtful is (seconds < 0)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_capture_beyond_the_allowed_lag_is_refused(device: HostileDevice, noon: datetime, seconds: int) -> None:
    found, captures = known(device), session(lambda: noon)
    device.fault = Fault(payload=put(timestamp=iso_seconds(noon + timedelta(seconds=seconds))))
    with pytest.raises(refusals.CaptureTimeError):
        captures.capture(found, THUMBS)


@pytest.mark.parametrize(("seconds", "is_accepted"), [(-1800, True), (-1801, False), (300, True), (301, False)])
def test_a_digital_id_may_be_half_an_hour_old_but_not_of_the_future(
    device: HostileDevice, noon: datetime, seconds: int, is_accepted: bool
) -> None:
    found, captures = known(device), session(lambda: noon)
    device.fault = Fault(digital_id=put(dateTime=iso_seconds(noon + timedelta(seconds=seconds))))
    if is_accepted:
        captures.capture(found, THUMBS)
        return
    with pytest.raises(refusals.DigitalIdTimeError):
        captures.capture(found, THUMBS)


def test_an_exception_that_is_returned_is_refused(device: HostileDevice) -> None:
    found, captures = known(device), session()
    device.fault = Fault(attributes=lambda a: [*a, A.LEFT_THUMB])
    with pytest.raises(refusals.ExceptionReturnedError):
        captures.capture(found, THUMBS, exceptions=[A.LEFT_THUMB])


def test_an_old_answer_is_recognised_and_the_device_is_blocked(device: HostileDevice) -> None:
    found, captures = known(device), session()
    answers: list[bytes] = []
    device.fault = Fault(capture_body=lambda body: answers.append(body) or body)  # type: ignore[func-returns-value]
    captures.capture(found, THUMBS)
    device.fault = Fault(capture_body=lambda _: answers[0])
    with pytest.raises(refusals.ReplayedCaptureError):
        captures.capture(found, THUMBS)
    device.fault = Fault()
    with pytest.raises(errors.DeviceBlockedError):
        captures.capture(found, THUMBS)


def test_a_device_that_reports_tampering_is_blocked(device: HostileDevice) -> None:
    found, captures = known(device), session()
    device.fault = Fault(
        capture_body=lambda _: json.dumps(
            {
                "biometrics": [
                    {"specVersion": "", "data": "", "hash": "", "error": {"errorCode": "103", "errorInfo": "open\x1b[31m"}}
                ]
            }
        ).encode()
    )
    with pytest.raises(errors.DeviceReportedError) as reported:
        captures.capture(found, THUMBS)
    assert reported.value.params["device_code"] == "103"
    assert "\x1b" not in reported.value.message
    device.fault = Fault()
    with pytest.raises(errors.DeviceBlockedError):
        captures.capture(found, THUMBS)


def test_a_refused_capture_leaves_the_chain_where_it_was(device: HostileDevice) -> None:
    found, captures = known(device), session()
    captures.capture(found, THUMBS)
    first = captures.last_hash
    device.fault = Fault(payload=put(env="Developer"))
    with pytest.raises(refusals.EnvironmentMismatchError):
        captures.capture(found, THUMBS)
    device.fault = Fault()
    captures.capture(found, THUMBS)
    asked = [json.loads(data.partition(b"\r\n\r\n")[2]) for verb, data in device.requests if verb == "RCAPTURE"]
    assert [request["bio"][0]["previousHash"] for request in asked] == ["", first, first]


def test_an_l1_device_proves_itself_by_its_chip(device: HostileDevice) -> None:
    device.fault = Fault(level="L1")
    found, captures = known(device), session()
    assert found.certification == "L1"
    assert len(captures.capture(found, THUMBS).captures) == 2


def test_an_l1_capture_without_the_chips_certificate_would_be_refused_by_the_server(device: HostileDevice) -> None:
    device.fault = Fault(level="L1", header={"x5c": x5c(C.device)})
    found = known(device)
    with pytest.raises(refusals.HeaderCertificateError):
        session().capture(found, THUMBS)
    lenient = CapturePolicy(needs_shared_certificates=False)
    assert len(session(policy=lenient).capture(found, THUMBS).captures) == 2


def test_the_domain_of_digital_ids_can_be_set_as_mosip_ships_it(device: HostileDevice) -> None:
    device.fault = Fault(level="L1")
    trust = replace(C.trust, digital_id_domain=DigitalIdDomain.DEVICE)
    (problem,) = scan(trust, utc_now, [device.port]).problems
    assert isinstance(problem.error, ChainUntrustedError)
    (problem,) = scan(replace(C.trust, ftm=None), utc_now, [device.port]).problems
    assert isinstance(problem.error, ChainUntrustedError)


def test_keys_may_be_rotated_between_search_and_capture(device: HostileDevice) -> None:
    found, captures = known(device), session()
    device.identity = C.pki.leaf("device SN-1", generation=1)
    assert len(captures.capture(found, THUMBS).captures) == 2


def test_an_older_certificate_of_the_same_issuer_is_no_rotation(device: HostileDevice) -> None:
    device.identity = C.pki.leaf("device SN-1", generation=1)
    found, captures = known(device), session()
    device.identity = C.device
    with pytest.raises(refusals.DeviceCertificateChangedError):
        captures.capture(found, THUMBS)


def test_unknown_keys_are_tolerated_unless_strict(device: HostileDevice) -> None:
    found = known(device)
    device.fault = Fault(payload=put(additionalInfo={"a": 1}), element=element(extra=1))
    assert len(session().capture(found, THUMBS).captures) == 2
    with pytest.raises(errors.DeviceFieldError):
        session(policy=CapturePolicy(is_strict=True)).capture(found, THUMBS)


@pytest.mark.parametrize("sub_type", [None, "", "Face"])
def test_a_face_may_name_its_sub_type_in_the_ways_that_are_found(sub_type: str | None) -> None:
    with HostileDevice("Face") as camera:
        found, captures = known(camera), session()
        camera.fault = Fault(payload=put(bioSubType=sub_type))
        assert captures.capture(found, [A.FACE]).captures[0].attribute is A.FACE


def test_a_photo_of_the_exceptions_is_a_face_that_lists_them_all() -> None:
    with HostileDevice("Face") as camera:
        found, captures = known(camera), session()
        result = captures.capture(found, [A.EXCEPTION_PHOTO], exceptions=[A.LEFT_EYE, A.RIGHT_LITTLE])
        assert result.captures[0].attribute is A.EXCEPTION_PHOTO
        request = json.loads(camera.requests[-1][1].partition(b"\r\n\r\n")[2])
        assert sorted(request["bio"][0]["exception"]) == ["Left", "Right LittleFinger"]
        assert request["bio"][0]["count"] == "1"


def test_times_are_read_as_utc(device: HostileDevice) -> None:
    result = session().capture(known(device), THUMBS)
    assert all(capture.captured_at.tzinfo is UTC for capture in result.captures)
