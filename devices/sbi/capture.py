"""Registration capture (verb RCAPTURE): request, answer, and the signed payload inside the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from devices.sbi.attributes import BioType
from devices.sbi.discovery import ErrorBlock, error_block
from devices.sbi.errors import DeviceFieldError
from devices.sbi.fields import Fields
from devices.sbi.info import SPEC_VERSION, TOKEN_MAX
from devices.sbi.jsonedge import BODY_MAX_BYTES, Value, decode
from devices.sbi.refusals import NothingCapturedError, QualityScoreError, TimestampFormatError, TooManyElementsError
from packet.encoding import b64url_decode, iso_seconds

VERB = "RCAPTURE"
PATH = "/capture"
ELEMENTS_MAX = 16
REGISTRATION = "Registration"
RESPONSE_KEYS = ("biometrics",)
ELEMENT_KEYS = ("specVersion", "data", "hash", "error")
PAYLOAD_KEYS = (
    "digitalId", "deviceCode", "deviceServiceVersion", "bioType", "bioSubType", "purpose", "env", "domainUri", "bioValue",
    "transactionId", "timestamp", "requestedScore", "qualityScore",
)  # fmt: skip
_DATA_MAX = 32 * 1024 * 1024
_SCORE = re.compile(r"100(\.0+)?|\d{1,2}(\.\d+)?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """What is asked of a device.

    Attributes:
        timeout_ms: how long the device may look for a better picture.
        transaction_id: 4 to 50 of letters, digits and hyphen.
        sub_types: fingers or eyes wanted, by the protocol's names; empty for all of the sub id.
        exceptions: what is missing on the person, by the protocol's names.
        previous_hash: empty, or the last hash of the session.
    """

    env: str
    timeout_ms: int
    capture_time: datetime
    transaction_id: str
    bio_type: BioType
    count: int
    requested_score: int
    device_id: str
    device_sub_id: str
    sub_types: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    previous_hash: str = ""
    purpose: str = REGISTRATION
    spec_version: str = SPEC_VERSION

    def encode(self) -> bytes:
        """The body: texts everywhere, since devices refuse numbers, and no null where a device expects a value."""
        bio = {
            "type": self.bio_type.value,
            "count": str(self.count),
            "bioSubType": list(self.sub_types),
            "exception": list(self.exceptions),
            "requestedScore": str(self.requested_score),
            "deviceId": self.device_id,
            "deviceSubId": self.device_sub_id,
            "previousHash": self.previous_hash,
        }
        return orjson.dumps({
            "env": self.env,
            "purpose": self.purpose,
            "specVersion": self.spec_version,
            "timeout": str(self.timeout_ms),
            "captureTime": iso_seconds(self.capture_time),
            "transactionId": self.transaction_id,
            "bio": [bio],
            "customOpts": None,
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaptureElement:
    """One element of the answer, not yet verified."""

    spec_version: str
    data: str = field(repr=False)
    hash: str
    error: ErrorBlock


@dataclass(frozen=True, slots=True)
class CapturePayload:
    """The signed content of an element.

    Attributes:
        digital_id: the JWS of the digital id.
        iso: the record, decoded from ``bioValue``.
        timestamp: UTC.
        quality_score: 0..100.
    """

    digital_id: str = field(repr=False)
    device_code: str
    device_service_version: str
    bio_type: str
    bio_sub_type: str
    purpose: str
    env: str
    iso: bytes = field(repr=False)
    transaction_id: str
    timestamp: datetime
    requested_score: float
    quality_score: float


def parse_response(data: bytes, *, is_strict: bool = False) -> list[CaptureElement]:
    """Reads an answer, without verifying it.

    Raises:
        DeviceMessageError: if it does not have the form.
        TooManyElementsError, NothingCapturedError: for more than 16 elements or none.
    """
    what = "the capture answer"
    fields = Fields(decode(data, what, BODY_MAX_BYTES), what)
    fields.mostly(RESPONSE_KEYS, is_strict=is_strict)
    items = fields.get("biometrics")
    if not isinstance(items, list):
        raise fields.refuse("biometrics", "is not a list")
    if len(items) > ELEMENTS_MAX:
        raise TooManyElementsError(count=len(items), limit=ELEMENTS_MAX)
    if not items:
        raise NothingCapturedError
    return [_element(item, what, is_strict=is_strict) for item in items]


def _element(item: Value, what: str, *, is_strict: bool) -> CaptureElement:
    fields = Fields(item, what)
    fields.mostly(ELEMENT_KEYS, is_strict=is_strict)
    return CaptureElement(
        spec_version=fields.text_or_null("specVersion", 64),
        data=fields.text_or_null("data", _DATA_MAX),
        hash=fields.text_or_null("hash", 128),
        error=error_block(fields),
    )


def parse_payload(data: bytes, *, is_strict: bool = False) -> CapturePayload:
    """Reads the signed content of an element.

    Raises:
        DeviceMessageError: if a key is missing or of the wrong kind.
        TimestampFormatError, QualityScoreError: for these values.
    """
    what = "a capture"
    fields = Fields(decode(data, what, BODY_MAX_BYTES), what)
    fields.mostly(PAYLOAD_KEYS, is_strict=is_strict)
    try:
        iso = b64url_decode(fields.filled("bioValue", _DATA_MAX))
    except ValueError as error:
        raise fields.refuse("bioValue", "is not unpadded URL-safe base64") from error
    bio_type = fields.filled("bioType", 64)
    return CapturePayload(
        digital_id=fields.filled("digitalId", TOKEN_MAX),
        device_code=fields.filled("deviceCode", 256),
        device_service_version=fields.filled("deviceServiceVersion", 64),
        bio_type=bio_type,
        bio_sub_type=_sub_type(fields, bio_type),
        purpose=fields.filled("purpose", 64),
        env=fields.filled("env", 64),
        iso=iso,
        transaction_id=fields.filled("transactionId", 256),
        timestamp=parse_time(fields.text("timestamp", 64), "timestamp"),
        requested_score=parse_score(fields.text("requestedScore", 64), "requestedScore"),
        quality_score=parse_score(fields.text("qualityScore", 64), "qualityScore"),
    )


def _sub_type(fields: Fields, bio_type: str) -> str:
    """Empty for a face: the key should be left out there, but devices send null, an empty text or ``Face`` as well."""
    if bio_type != BioType.FACE:
        return fields.filled("bioSubType", 64)
    text = fields.text_or_null("bioSubType", 64)
    return "" if text == BioType.FACE else text


def parse_time(text: str, name: str) -> datetime:
    """A time in the only form that a registration processor reads: ``yyyy-MM-dd'T'HH:mm:ss'Z'``.

    Raises:
        TimestampFormatError: for any other form, or a time that does not exist.
    """
    try:
        if _TIME.fullmatch(text):
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise TimestampFormatError(field=name) from error
    raise TimestampFormatError(field=name)


def parse_score(text: str, name: str) -> float:
    """A plain decimal from 0 to 100, in ASCII digits, without sign, exponent or words such as NaN.

    Raises:
        QualityScoreError: for anything else.
    """
    if not _SCORE.fullmatch(text):
        raise QualityScoreError(field=name)
    return float(text)


def request_problem(request: CaptureRequest) -> DeviceFieldError | None:
    """What the protocol forbids in a request of ours, or None."""
    if not re.fullmatch(r"[A-Za-z0-9-]{4,50}", request.transaction_id):
        return DeviceFieldError(what="our request", field="transactionId", why="is not 4 to 50 letters, digits, hyphens")
    if not 0 <= request.requested_score <= 100:
        return DeviceFieldError(what="our request", field="requestedScore", why="is not from 0 to 100")
    return None
