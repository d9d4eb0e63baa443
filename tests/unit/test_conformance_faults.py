"""Every automatable case passes with an honest service and fails with one that does what the case forbids."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from devices.conformance import Case, CaseResult, CheckSettings, Outcome, all_cases, check
from devices.conformance.model import Check, Kind, Scene
from packet.encoding import b64url, iso_seconds
from tests.support import conformance_service as honest
from tests.support.conformance_service import DeviceService, Dict, Twist

SETTINGS = CheckSettings(
    trust=honest.trust(), admin_token=honest.TOKEN, auth_keys=(honest.auth_key(),), long_timeout_ms=60, deadline_s=120
)
PATIENT = replace(SETTINGS, long_timeout_ms=5_000)
"""For services that answer too early: so much too early that a busy machine does not hide it."""
KINDS = {
    "slap": ("Finger", "Slap", "Registration"),
    "irises": ("Iris", "Double", "Registration"),
    "face": ("Face", "Full face", "Registration"),
    "finger": ("Finger", "Single", "Auth"),
    "iris": ("Iris", "Single", "Auth"),
    "auth face": ("Face", "Full face", "Auth"),
}
BY_ID = {case.id: case for case in all_cases()}
AUTOMATABLE = [case for case in BY_ID.values() if case.kind is not Kind.MANUAL]


@cache
def started(kind: str) -> DeviceService:
    """One service of each kind for the whole module; tests only exchange its twist."""
    return DeviceService(*KINDS[kind]).__enter__()


@pytest.fixture(autouse=True, scope="module")
def _stop_services() -> Iterator[None]:
    yield
    for kind in KINDS:
        started(kind).__exit__(None, None, None)
    started.cache_clear()


def outcome(case: Case, kind: str, twist: Twist, settings: CheckSettings = SETTINGS) -> CaseResult:
    service = started(kind)
    service.twist, service.status, service.signer, service.is_presented = twist, "", "", True
    service.previews = 0
    (result,) = check([service.port], settings, cases=[case]).results
    return result


def kind_of(case: Case) -> str:
    """A service with a device that the case fits."""
    if case.bio_type is None:
        return "slap"
    registration = {"Finger": "slap", "Iris": "irises", "Face": "face"}
    auth = {"Finger": "finger", "Iris": "iris", "Face": "auth face"}
    return (registration if case.purposes == ("Registration",) or len(case.purposes) == 2 else auth)[case.bio_type.value]


def misdeed(case: Case) -> Twist:
    """What the case is there to find."""
    if case.kind is Kind.ROTATION:
        return Twist(rotates=False)
    if case.kind is Kind.STREAM:
        return Twist(frame=lambda part: part.replace(b"Content-Length", b"content-length"))
    if case.kind is Kind.STATUS:
        return Twist(info_entry=put(error=honest.error("0", "Success")))
    if case.scene is Scene.NOBODY or (case.shot is not None and case.shot.long_timeout):
        return Twist(is_instant=True)
    if case.error_codes is not None:
        return Twist(refusal=put(error=honest.error("0", "Success")))
    if Check.HASH in case.checks:
        return Twist(element=lambda element: element.update(hash=element["hash"].lower()))
    if Check.TIME in case.checks:
        return Twist(payload=put(timestamp=iso_seconds(datetime.now(UTC) - timedelta(minutes=6))))
    if Check.ISO in case.checks:
        return Twist(iso=lambda iso: iso[:14] + b"\x07" + iso[15:])
    return _own_misdeed(case)


def _own_misdeed(case: Case) -> Twist:
    rude = Twist(body=lambda _body: b'{"biometrics":[{"error":{"errorCode":"0","errorInfo":"Success"}}]}')
    own = {
        "SBI1000": Twist(discovery=put(deviceStatus="Happy")),
        "SBI1001": Twist(info=put(env="Home")),
        "SBI1026": Twist(info=put(certification="L7")),
        "SD01": Twist(discovery=put(callbackId="http://localhost:4501/")),
        "SD02": Twist(discovery=put(deviceCode="another")),
        "SD03": Twist(discovers_all=True),
        "SD04": Twist(body=lambda _body: b"[]"),
        "SD05": Twist(headers={"Content-Type": "text/html"}),
        "SD06": rude,
        "SD13": Twist(holds_preview=True),
    }
    if case.id in own:
        return own[case.id]
    if case.id == "SBI1013":
        return Twist(token=honest.swap_bits)
    if case.id == "SD10":
        return Twist(element=put(hash="0" * 64))
    if case.id == "SD11":
        return Twist(payload=lambda payload: {**payload, "deviceCode": "bioValue"})
    return Twist(payload=put(transactionId="another-one"))


def put(**values: object) -> Callable[[Dict], Any]:
    """Replaces values of an object."""
    return lambda value: value.update(values)


def drop(name: str) -> Callable[[Dict], Any]:
    return lambda value: value.pop(name) and None


def test_honest_services_pass_everything_that_applies_and_together_every_automatable_case() -> None:
    passed: set[str] = set()
    for kind in KINDS:
        service = started(kind)
        service.twist, service.signer = Twist(), ""
        report = check([service.port], SETTINGS)
        assert not [result for result in report.results if result.outcome in {Outcome.FAIL, Outcome.ERROR}]
        assert report.is_passed
        assert {result.id for result in report.results} == set(BY_ID)
        passed |= {result.id for result in report.results if result.outcome is Outcome.PASS}
    assert passed == {case.id for case in AUTOMATABLE}


@pytest.mark.parametrize("case", [case for case in AUTOMATABLE if case.id != "SD12"], ids=lambda case: case.id)
def test_every_automatable_case_can_fail(case: Case) -> None:
    result = outcome(case, kind_of(case), misdeed(case), PATIENT)
    assert result.outcome is Outcome.FAIL, result
    assert result.detail


@dataclass(frozen=True)
class Wrong:
    """One thing done wrong, the case that must find it, and what it must say."""

    name: str
    case: str
    words: str
    twist: Twist
    kind: str = "slap"


LOSSY_FACE = honest.iso_record("Face", "", is_auth=True)
YESTERDAY = iso_seconds(datetime.now(UTC) - timedelta(days=1))


WRONGS = [
    Wrong("signature", "SBI1002", "the signature does not fit", Twist(token=honest.swap_bits)),
    Wrong("signature of the information", "SBI1001", "the signature does not fit", Twist(token=honest.swap_bits)),
    Wrong("two parts", "SBI1001", "does not have three parts", Twist(token=lambda t: t.rsplit(".", 1)[0])),
    Wrong("padded", "SBI1004", "signature is not unpadded base64url", Twist(token=lambda t: t + "=")),
    Wrong("alg none", "SBI1006", "alg is none, not RS256", Twist(header=put(alg="none"))),
    Wrong("alg PS256", "SBI1006", "alg is PS256", Twist(header=put(alg="PS256"))),
    Wrong("typ", "SBI1012", "typ is None, not JWT", Twist(header=drop("typ")), "face"),
    Wrong("crit", "SBI1012", "header has crit", Twist(header=put(crit=["b64"])), "face"),
    Wrong("no x5c", "SBI1009", "x5c is not a list", Twist(header=drop("x5c")), "irises"),
    Wrong("x5c rubbish", "SBI1009", "no DER certificate", Twist(header=put(x5c=["AAAA"])), "irises"),
    Wrong("expired", "SBI1002", "has expired", Twist(signer="expired")),
    Wrong("not yet valid", "SBI1002", "is not valid yet", Twist(signer="future")),
    Wrong("rogue root", "SBI1001", "does not lead to a DEVICE anchor", Twist(signer="foreign")),
    Wrong("unsigned but ready", "SBI1001", "is not signed although", Twist(info_entry=put(deviceInfo=b64url(b"{}")))),
    Wrong("unknown discovery key", "SBI1000", "colour is not a key", Twist(discovery=put(colour="red"))),
    Wrong("discovery key missing", "SBI1000", "lacks specVersion", Twist(discovery=drop("specVersion"))),
    Wrong("signed discovery", "SBI1000", "digitalId is not an object", Twist(discovery=put(digitalId="a.b.c"))),
    Wrong("numeric sub ids", "SBI1001", "deviceSubId is not a list of texts", Twist(info=put(deviceSubId=[1, 2, 3]))),
    Wrong("error at Ready", "SBI1001", "errorCode is 111, not 0", Twist(info_entry=put(error=honest.error("111", "Busy")))),
    Wrong("sub-type", "SBI1001", "deviceSubType is none of a Finger", Twist(digital_id=put(deviceSubType="Full face"))),
    Wrong("time with fraction", "SBI1001", "dateTime is not a time", Twist(digital_id=put(dateTime="2026-01-15T10:20:30.1Z"))),
    Wrong("unknown digital id key", "SBI1001", "hue is not a key", Twist(digital_id=put(hue="red"))),
    Wrong("unknown element key", "SBI1002", "extra is not a key", Twist(element=put(extra="1"))),
    Wrong("lower-case hash", "SBI1002", "upper-case hex", Twist(element=lambda e: e.update(hash=e["hash"].lower()))),
    Wrong("error beside data", "SBI1002", "errorCode is 102, not 0", Twist(element=put(error=honest.error("102")))),
    Wrong("no data", "SBI1002", "data is not a text with content", Twist(element=put(data=""))),
    Wrong("spec version", "SBI1002", "specVersion is none of 0.9.5", Twist(element=put(specVersion="0.9.2"))),
    Wrong("NaN score", "SBI1002", "qualityScore is not a decimal", Twist(payload=put(qualityScore="NaN"))),
    Wrong("score above 100", "SBI1002", "qualityScore is not a decimal", Twist(payload=put(qualityScore="100.9"))),
    Wrong("score as number", "SBI1002", "qualityScore is not a decimal", Twist(payload=put(qualityScore=80))),
    Wrong("face with empty sub-type", "SBI1012", "must be left out for a face", Twist(payload=put(bioSubType="")), "face"),
    Wrong("unknown finger", "SBI1002", "is no name of a Finger", Twist(payload=put(bioSubType="Left Toe"))),
    Wrong("time zone", "SBI1002", "timestamp is not a time", Twist(payload=put(timestamp="2026-01-15T10:20:30+01:00"))),
    Wrong("duplicate keys", "SBI1002", "without duplicate keys", Twist(payload_bytes=lambda b: b[:-1] + b',"env":"Staging"}')),
    Wrong("another env", "SBI1002", "env not as asked", Twist(payload=put(env="Production"))),
    Wrong("another purpose", "SBI1002", "purpose is none of Registration", Twist(payload=put(purpose="Auth"))),
    Wrong("another device code", "SBI1004", "deviceCode not as asked", Twist(payload=put(deviceCode="x"))),
    Wrong("another version", "SBI1004", "deviceServiceVersion not as asked", Twist(payload=put(deviceServiceVersion="x"))),
    Wrong("a finger too few", "SBI1002", "3 elements for a count of 4", Twist(segments=lambda names: names[:3])),
    Wrong("the exception too", "SBI1003", "4 elements for a count of 3", Twist(segments=lambda n: [*n, "Left RingFinger"])),
    Wrong("a finger twice", "SBI1004", "Right IndexFinger, Right IndexFinger", Twist(segments=lambda n: [n[0], *n[:3]])),
    Wrong("fingers of the other hand", "SBI1002", "Right Thumb", Twist(segments=lambda n: [*n[:3], "Right Thumb"])),
    Wrong("count not checked", "SBI1033", "errorCode", Twist(is_lenient=True)),
    Wrong("transaction not checked", "SBI1108", "data is not empty", Twist(is_lenient=True)),
    Wrong("wrong code for a count", "SBI1008", "errorCode is 999, not 109", Twist(refusal=put(error=honest.error("999")))),
    Wrong("two digits", "SBI1094", "is not three digits", Twist(refusal=put(error=honest.error("12")))),
    Wrong("refused with success", "SBI1095", "errorInfo is Success", Twist(refusal=put(error=honest.error("123", "Success")))),
    Wrong("refusal lacks hash", "SBI1096", "lacks hash", Twist(refusal=drop("hash"))),
    Wrong("too early", "SBI1042", "before the timeout of 500 ms", Twist(is_instant=True)),
    Wrong("best frame too early", "SBI1049", "before the timeout of 5000 ms", Twist(is_instant=True), "face"),
    Wrong("stale digital id", "SBI1083", "dateTime of the digital id lies", Twist(digital_id=put(dateTime=YESTERDAY))),
    Wrong("iso format", "SBI1062", "ISO_VALIDATOR_004", Twist(iso=lambda iso: b"XXX\0" + iso[4:])),
    Wrong("iso finger", "SBI1062", "but the capture says", Twist(iso=lambda _i: honest.iso_record("Finger", "Right Thumb"))),
    Wrong("iso lossy", "SBI1065", "ISO_VALIDATOR_108", Twist(iso=lambda _i: LOSSY_FACE), "face"),
    Wrong("iso lossless", "SBI1067", "ISO_VALIDATOR_056", Twist(iso=lambda _i: honest.iso_record("Iris", "Left")), "iris"),
    Wrong("iso cut", "SBI1064", "ISO_VALIDATOR_041", Twist(iso=lambda iso: iso[:60]), "irises"),
    Wrong("no session key", "SBI1018", "lacks sessionKey", Twist(element=drop("sessionKey")), "finger"),
    Wrong("no domain", "SBI1018", "lacks domainUri", Twist(payload=drop("domainUri")), "finger"),
    Wrong("other nonce", "SBI1066", "does not open", Twist(payload=put(timestamp="2026-01-15T10:20:30Z")), "auth face"),
    Wrong("slow preview", "SBI1070", "frames a second", Twist(frame_pause_s=0.4)),
    Wrong("damaged frames", "SBI1072", "does not decode", Twist(frame=lambda part: part.replace(b"\xff\xdb", b"\xff\xe5"))),
    Wrong("cut frames", "SBI1071", "no whole JPEG", Twist(frame=lambda part: part.replace(b"\xff\xd9", b"\xff\xd0"))),
    Wrong("body is no JSON", "SBI1001", "not acceptable JSON", Twist(body=lambda body: body + b"]")),
    Wrong("body nests deeply", "SBI1000", "not acceptable JSON", Twist(body=lambda _b: b"[" * 40 + b"]" * 40)),
    Wrong("status", "SBI1027", "deviceStatus is Ready, not Busy", Twist(info=put(deviceStatus="Ready"))),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.name)
def test_a_broken_service_fails_in_the_right_case_with_the_right_words(wrong: Wrong) -> None:
    result = outcome(BY_ID[wrong.case], wrong.kind, wrong.twist, PATIENT)
    assert result.outcome is Outcome.FAIL, result
    assert wrong.words in result.detail


def test_a_chain_that_begins_anew_with_every_request_is_found() -> None:
    class Forgetful(DeviceService):
        def _elements(self, request: Dict, bio: Dict) -> list[Dict]:
            return super()._elements(request, {**bio, "previousHash": ""})

    with Forgetful() as service:
        (result,) = check([service.port], SETTINGS, cases=[BY_ID["SBI1101"]]).results
    assert result.outcome is Outcome.FAIL
    assert result.detail.startswith("second capture: element 1: the hash does not continue")


def test_a_digital_id_with_a_certificate_that_data_does_not_list_is_found() -> None:
    class Level1(DeviceService):
        def sign(self, payload: bytes) -> str:
            self.signer = "stranger" if b'"serialNo"' in payload else ""
            return super().sign(payload)

    with Level1() as service:
        (result,) = check([service.port], SETTINGS, cases=[BY_ID["SD12"]]).results
    assert result.outcome is Outcome.FAIL
    assert "lacks a certificate of x5c of the digital id" in result.detail


def test_another_key_than_the_information_s_is_found_unless_it_was_rotated() -> None:
    class Exchanged(DeviceService):
        def _captured(self, body: bytes) -> Dict:
            self.signer = self.replacement
            return super()._captured(body)

        replacement = "stranger"

    with Exchanged() as service:
        (result,) = check([service.port], SETTINGS, cases=[BY_ID["SBI1002"]]).results
        service.signer, Exchanged.replacement = "", "rotated"
        (rotated,) = check([service.port], SETTINGS, cases=[BY_ID["SBI1002"]]).results
    assert result.outcome is Outcome.FAIL
    assert "another key than the information" in result.detail
    assert rotated.outcome is Outcome.PASS


def test_another_device_in_the_capture_than_in_the_information_is_found() -> None:
    class Swapped(DeviceService):
        def _payload(self, request: Dict, segment: str, iso: bytes, element: Dict) -> Dict:
            identity = {**self.digital_id(), "serialNo": "SN-2"}
            payload = super()._payload(request, segment, iso, element)
            return {**payload, "digitalId": self.sign(json.dumps(identity).encode())}

    with Swapped() as service:
        (result,) = check([service.port], SETTINGS, cases=[BY_ID["SBI1002"]]).results
    assert result.outcome is Outcome.FAIL
    assert "differs from the information's in serialNo" in result.detail


def test_nothing_of_a_person_is_told() -> None:
    secret = "QUJDREVGRw" * 8
    result = outcome(BY_ID["SBI1062"], "slap", Twist(payload=put(bioValue=secret, qualityScore=secret, bioSubType=secret)))
    assert result.outcome is Outcome.FAIL
    assert secret not in result.detail


def test_without_a_token_cases_that_need_a_state_are_not_applicable() -> None:
    plain = replace(SETTINGS, admin_token="")
    for id_ in ("SBI1022", "SBI1027", "SBI1042"):
        assert outcome(BY_ID[id_], "slap", Twist(), plain).outcome is Outcome.NOT_APPLICABLE
    assert outcome(BY_ID["SBI1066"], "auth face", Twist(), replace(SETTINGS, auth_keys=())).outcome is Outcome.NOT_APPLICABLE
    wrong = outcome(BY_ID["SBI1022"], "slap", Twist(), replace(SETTINGS, admin_token="wrong"))
    assert wrong.outcome is Outcome.ERROR
    assert "HTTP status 403" in wrong.detail


def test_with_nobody_there_only_the_cases_that_want_that_are_run() -> None:
    alone = replace(SETTINGS, admin_token="", is_somebody_there=False)
    assert outcome(BY_ID["SBI1002"], "slap", Twist(), alone).outcome is Outcome.NOT_APPLICABLE
    service = started("slap")
    service.twist, service.is_presented = Twist(), False
    (result,) = check([service.port], alone, cases=[BY_ID["SBI1042"]]).results
    service.is_presented = True
    assert result.outcome is Outcome.PASS


def test_a_device_that_is_busy_is_not_asked_to_capture_and_the_check_does_not_pass() -> None:
    result = outcome(BY_ID["SBI1002"], "slap", Twist(status="Busy"))
    assert result.outcome is Outcome.NOT_APPLICABLE
    assert result.detail == "the device is Busy"
    ready = outcome(BY_ID["SBI1026"], "slap", Twist(status="Busy"))
    assert ready.outcome is Outcome.ERROR
    assert ready.detail.endswith("Finger Slap SN-1 is Busy: captures were not checked")


def test_a_missing_length_of_a_capture_is_noted() -> None:
    result = outcome(BY_ID["SBI1002"], "slap", Twist(headers={"Content-Length": ""}))
    assert result.outcome is Outcome.PASS
    assert result.notes == ("the answer has no Content-Length",)
