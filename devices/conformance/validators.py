"""The toolkit's validators for a capture answer, each a function that gives its faults; no faults means that it passes.

| letter | validator                 | function         |
|--------|---------------------------|------------------|
| S      | SchemaValidator           | `schema`, `failure_schema` |
| G      | SignatureValidator        | `signatures`, with the digital id held against the information |
| M      | ResponseMismatchValidator | `mismatch`       |
| T      | TimeoutValidator          | `timeout`        |
| H      | HashValidator             | `chain`          |
| C      | TimeCheckValidator        | `freshness`      |
| I      | ISOStandardsValidator     | `iso`            |
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from devices.conformance import shapes
from devices.conformance.answer import Answer, Element
from devices.conformance.isorecord import judge_record
from devices.conformance.model import AUTH, SPEC_VERSION, Shot, Target, Trust, plain
from devices.conformance.tokens import Token, judge_signer
from devices.sbi.attributes import BioType
from packet.bioattributes import FACTS

IDENTITY = ("serialNo", "make", "model", "type", "deviceSubType", "deviceProviderId", "deviceProvider")
SLAPS: dict[str, tuple[str, ...]] = {
    "1": ("Left IndexFinger", "Left MiddleFinger", "Left RingFinger", "Left LittleFinger"),
    "2": ("Right IndexFinger", "Right MiddleFinger", "Right RingFinger", "Right LittleFinger"),
    "3": ("Left Thumb", "Right Thumb"),
}
EYES = {"1": ("Left",), "2": ("Right",), "3": ("Left", "Right")}
_POSITIONS = {(f.sbi_type, f.sbi_sub_type): f.iso_position for f in FACTS.values()}


def schema(answer: Answer, target: Target) -> list[str]:
    """Form of a successful answer, of every token's content and of every digital id in it."""
    faults = [*answer.faults, *_outer(answer)]
    is_auth = target.purpose == AUTH
    for number, element in enumerate(answer.elements, 1):
        what = f"element {number}"
        table = shapes.AUTH_ELEMENT if is_auth else shapes.ELEMENT
        faults += shapes.judge(_without_error(element), what, table)
        faults += shapes.judge_error(_error(element), what, "0")
        if not element.payload:
            continue
        optional = {"bioSubType": _any}
        payload = shapes.AUTH_PAYLOAD if is_auth else shapes.REGISTRATION_PAYLOAD
        faults += shapes.judge(element.payload, f"{what}: data", payload, optional)
        faults += shapes.judge_sub_type(element.payload, f"{what}: data")
        faults += shapes.judge_digital_id(element.digital_id.content, f"{what}: digitalId")
        if element.digital_id.content.get("type") != element.payload.get("bioType"):
            faults.append(f"{what}: type of the digital id is not bioType")
    return faults


def failure_schema(answer: Answer, codes: frozenset[str]) -> list[str]:
    """Form of the answer to a request that must be refused or comes to nothing: one element, no data, an error."""
    faults = [*answer.faults, *_outer(answer)]
    if not answer.faults and len(answer.elements) != 1:
        faults.append(f"a refusal has one element, this answer has {len(answer.elements)}")
    for number, element in enumerate(answer.elements, 1):
        what = f"element {number}"
        required = {**shapes.FAILED_ELEMENT, "specVersion": _version_or_nothing}
        faults += shapes.judge(_without_error(element), what, required, shapes.FAILED_OPTIONAL)
        faults += shapes.judge_failure(_error(element), what, codes)
    return faults


def _outer(answer: Answer) -> list[str]:
    extra = [name for name in answer.body if name != "biometrics"] if isinstance(answer.body, dict) else []
    return [f"the answer: {plain(name, 40)} is not a key of the protocol" for name in extra]


def _any(_value: object) -> str | None:
    return None


def _version_or_nothing(value: object) -> str | None:
    return None if value in {None, "", SPEC_VERSION} else f"is neither empty nor {SPEC_VERSION}"


def _without_error(element: Element) -> object:
    if not isinstance(element.raw, dict):
        return element.raw
    return {name: value for name, value in element.raw.items() if name != "error"}


def _error(element: Element) -> object:
    return element.raw.get("error") if isinstance(element.raw, dict) else None


def signatures(answer: Answer, target: Target, trust: Trust, now: datetime) -> list[str]:
    """Both tokens of every element, their signers, and that they speak of the device that the information named."""
    faults: list[str] = []
    for number, element in enumerate(answer.elements, 1):
        faults += judge_token(element.token, f"element {number}: data", "DEVICE", trust, now)
        domain = "FTM" if target.certification == "L1" else "DEVICE"
        faults += judge_token(element.digital_id, f"element {number}: digitalId", domain, trust, now)
        faults += _same_device(element, target, f"element {number}")
    return faults


def judge_token(token: Token, what: str, domain: str, trust: Trust, now: datetime) -> list[str]:
    """Form, signature and signer of one token."""
    return [f"{what} {fault}" for fault in (*token.faults, *judge_signer(token, domain, trust, now))]


def _same_device(element: Element, target: Target, what: str) -> list[str]:
    faults = []
    different = [name for name in IDENTITY if element.digital_id.content.get(name) != target.digital_id.get(name)]
    if element.digital_id.content and different:
        faults.append(f"{what}: the digital id differs from the information's in {', '.join(different)}")
    leaf = element.token.leaf
    if leaf is not None and target.leaf is not None and leaf != target.leaf and not _is_successor(element, target):
        faults.append(f"{what}: data is signed with another key than the information")
    return faults


def _is_successor(element: Element, target: Target) -> bool:
    new, old = element.token.leaf, target.leaf
    return (
        new is not None and old is not None and new.issuer == old.issuer and new.not_valid_before_utc > old.not_valid_before_utc
    )


def mismatch(answer: Answer, target: Target, shot: Shot, request: dict[str, object]) -> list[str]:
    """Number, sub-types, transaction and purpose against what was asked, and what the device said of itself."""
    faults: list[str] = []
    if len(answer.elements) != shot.count:
        faults.append(f"{len(answer.elements)} elements for a count of {shot.count}")
    wanted = sorted(_wanted(target, shot))
    found = sorted(element.payload_text("bioSubType") for element in answer.elements)
    if target.bio_type != BioType.FACE and found != wanted and any(found):
        faults.append(f"captured {_names(found)} where {_names(wanted)} was asked for")
    for number, element in enumerate(answer.elements, 1):
        expected = {
            "transactionId": request["transactionId"],
            "purpose": target.purpose,
            "env": target.env,
            "bioType": target.bio_type,
            "deviceCode": target.device_code,
            "deviceServiceVersion": target.service_version,
        }
        if target.purpose == AUTH:
            expected["domainUri"] = request["domainUri"]
        different = [name for name, value in expected.items() if element.payload.get(name) != value]
        if different and element.payload:
            faults.append(f"element {number}: {', '.join(different)} not as asked for or as in the information")
    return faults


def _wanted(target: Target, shot: Shot) -> tuple[str, ...]:
    """What must come back: the segments asked for, or everything of the sub id, without exceptions."""
    offered = shot.segments
    if not offered:
        offered = {BioType.FINGER.value: SLAPS, BioType.IRIS.value: EYES}.get(target.bio_type, {}).get(shot.sub_id, ())
    return tuple(name for name in offered if name not in shot.exceptions)


def _names(names: Sequence[str]) -> str:
    return ", ".join(plain(name, 24) or "nothing" for name in names) or "nothing"


def timeout(elapsed_s: float, shot: Shot) -> list[str]:
    """The device used the whole time that it was given."""
    if elapsed_s * 1000 >= shot.timeout_ms:
        return []
    return [f"the answer came after {elapsed_s * 1000:.0f} ms, before the timeout of {shot.timeout_ms} ms"]


def chain(answer: Answer, previous: str) -> list[str]:
    """Every hash continues the chain: SHA-256 of the previous hash's bytes and the SHA-256 of the plain record."""
    before = bytes.fromhex(previous) if previous else hashlib.sha256(b"").digest()
    faults: list[str] = []
    for number, element in enumerate(answer.elements, 1):
        if element.iso is None:
            return [*faults, f"element {number}: there is no record to hash: {element.unopened or 'bioValue is not readable'}"]
        before = hashlib.sha256(before + hashlib.sha256(element.iso).digest()).digest()
        if element.text("hash") != before.hex().upper():
            faults.append(f"element {number}: the hash does not continue the chain")
    return faults


def freshness(answer: Answer, sent_at: datetime, received_at: datetime, allowed: timedelta) -> list[str]:
    """Times of capture lie around the request, and digital ids are no older than the lag allows."""
    faults = []
    for number, element in enumerate(answer.elements, 1):
        for what, value in (
            ("timestamp", element.payload.get("timestamp")),
            ("dateTime of the digital id", element.digital_id.content.get("dateTime")),
        ):
            at = shapes.parse_time(value)
            if at is None:
                faults.append(f"element {number}: {what} has no readable time")
            elif not sent_at - allowed <= at <= received_at + allowed:
                away = min(abs((at - sent_at).total_seconds()), abs((at - received_at).total_seconds()))
                faults.append(f"element {number}: {what} lies {away:.0f} seconds away from the request")
    return faults


def iso(answer: Answer, target: Target) -> tuple[list[str], list[str]]:
    """Faults and notes of every record."""
    faults: list[str] = []
    notes: list[str] = []
    for number, element in enumerate(answer.elements, 1):
        if element.iso is None:
            faults.append(f"element {number}: no record: {element.unopened or 'bioValue is not unpadded base64url'}")
            continue
        sub_type = element.payload_text("bioSubType")
        position = _POSITIONS.get((target.bio_type, sub_type)) if sub_type not in {"", shapes.UNKNOWN} else None
        report = judge_record(element.iso, target.bio_type, target.purpose, position)
        faults += [f"element {number}: {fault}" for fault in report.faults]
        notes += [f"element {number}: {note}" for note in report.notes]
    return faults, notes
