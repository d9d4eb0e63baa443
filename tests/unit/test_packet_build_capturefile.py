"""Captures from files: signatures, digital id and payload are checked before a registration takes them."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from packet.bioattributes import FACTS
from packet.capturefile import CaptureDetails, CaptureInvalidError, read_capture
from packet.crypto import jws
from packet.crypto.errors import JwsMalformedError, SignatureInvalidError
from packet.devicetoken import TokenNotRebuildableError
from packet.encoding import b64url
from packet.iso.errors import IsoRecordMalformedError
from packet.models import BioAttribute
from tests.support.devicelab import DeviceLab, lab_certificate, lab_key
from tests.support.specs import CAPTURED_AT

FACE = BioAttribute.FACE
DETAILS = CaptureDetails()
Payload = dict[str, object]


def resigned(change: Callable[[Payload], object], key: str = "device", certificate: str = "device") -> str:
    payload: Payload = orjson.loads(jws.parse(DeviceLab(CAPTURED_AT).token(FACE)).payload)
    change(payload)
    return jws.sign(orjson.dumps(payload), lab_key(key), (lab_certificate(certificate),))


@pytest.mark.parametrize("attribute", list(BioAttribute))
def test_every_attribute_is_read(attribute: BioAttribute) -> None:
    token = DeviceLab(CAPTURED_AT).token(attribute, score=77.5)
    read = read_capture(f"\n{token}\n", attribute, CaptureDetails(attempts=2, forced=True, sdk_score=60.0))
    assert read.biometric.attribute is attribute
    assert (read.biometric.attempts, read.biometric.forced, read.biometric.sdk_score) == (2, True, 60.0)
    assert read.biometric.quality_score == 77.5
    assert read.biometric.captured_at == CAPTURED_AT
    assert read.device == DeviceLab(CAPTURED_AT).device(FACTS[attribute].sbi_type)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda p: p.pop("timestamp"), "payload"),
        (lambda p: p.update(timestamp="2025-06-02T09:25:00.000Z"), "timestamp"),
        (lambda p: p.update(timestamp=5), "payload"),
        (lambda p: p.update(purpose="Auth"), "not made for registration"),
        (lambda p: p.update(qualityScore="good"), "no number"),
        (lambda p: p.update(qualityScore="101"), "between 0 and 100"),
        (lambda p: p.update(bioType="Iris"), "another attribute"),
        (lambda p: p.update(bioSubType="Left"), "another attribute"),
        (lambda p: p.pop("digitalId"), "payload"),
    ],
)
def test_payloads_that_say_something_else_are_refused(change: Callable[[Payload], object], why: str) -> None:
    with pytest.raises(CaptureInvalidError, match=why):
        read_capture(resigned(change), FACE, DETAILS)


def test_a_digital_id_signed_by_another_certificate_is_refused() -> None:
    """A server wants every certificate of the digital id among those of the capture."""

    def by_provider(payload: Payload) -> None:
        inner = jws.parse(str(payload["digitalId"])).payload
        certificates = (lab_certificate("device-provider"),)
        payload["digitalId"] = jws.sign(inner, lab_key("device-provider"), certificates)

    with pytest.raises(CaptureInvalidError, match="another certificate"):
        read_capture(resigned(by_provider), FACE, DETAILS)


def test_a_digital_id_without_its_values_is_refused() -> None:
    def emptied(payload: Payload) -> None:
        payload["digitalId"] = jws.sign(b'{"make":"x"}', lab_key("device"), (lab_certificate("device"),))

    with pytest.raises(CaptureInvalidError, match="digital id lacks"):
        read_capture(resigned(emptied), FACE, DETAILS)


def test_an_unsigned_digital_id_is_refused() -> None:
    def unsigned(payload: Payload) -> None:
        payload["digitalId"] = b64url(jws.parse(str(payload["digitalId"])).payload)

    with pytest.raises(JwsMalformedError, match="digital id"):
        read_capture(resigned(unsigned), FACE, DETAILS)


def test_a_signature_by_another_key_is_refused() -> None:
    with pytest.raises(SignatureInvalidError):
        read_capture(resigned(lambda p: None, key="device-root"), FACE, DETAILS)


def test_a_padded_value_is_refused_since_no_server_could_rebuild_it() -> None:
    with pytest.raises(TokenNotRebuildableError):
        read_capture(resigned(lambda p: p.update(bioValue=f"{p['bioValue']}=")), FACE, DETAILS)


def test_a_record_that_is_none_is_refused() -> None:
    with pytest.raises(IsoRecordMalformedError):
        read_capture(resigned(lambda p: p.update(bioValue=b64url(b"no record"))), FACE, DETAILS)


@pytest.mark.parametrize("payload", [b"[]", b"5", b'{"bioValue":5}', b"\xff"])
def test_payloads_of_another_kind_are_refused(payload: bytes) -> None:
    token = jws.sign(payload, lab_key("device"), (lab_certificate("device"),))
    with pytest.raises(TokenNotRebuildableError):
        read_capture(token, FACE, DETAILS)
