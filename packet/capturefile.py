"""A device's signed capture, as text, turned into what a packet carries.

This is the way in for captures that come from a file and not from a device in front of us. What can be checked without knowing
the country's trusted roots is checked: both signatures by the certificates in their own headers, that the digital id's
certificates are among the capture's (a server demands it), that payload and ISO record show what they are said to show, and
that the token can be put together again from its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packet import devicetoken
from packet.bioattributes import FACTS
from packet.crypto import jws
from packet.errors import UnusableInputError
from packet.iso.record import check_shows, parse_record
from packet.models import BioAttribute, CapturedBiometric, DigitalId, RegisteredDevice

_PURPOSE: Final = "Registration"
_DEVICE_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


class CaptureInvalidError(UnusableInputError):
    """A capture is not what the registration says it is."""

    code = "PACKET-CAPTURE"
    sentence = "The capture of {attribute} cannot be used: {why}."
    next_step = "Give the device's answer for this attribute, as the text that stands in data."


class _DigitalIdPayload(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    serial_no: str = Field(alias="serialNo")
    make: str
    model: str
    type: str
    device_sub_type: str = Field(alias="deviceSubType")
    device_provider_id: str = Field(alias="deviceProviderId")
    device_provider: str = Field(alias="deviceProvider")
    date_time: str = Field(alias="dateTime")


class _CapturePayload(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    digital_id: str = Field(alias="digitalId")
    device_code: str = Field(alias="deviceCode")
    device_service_version: str = Field(alias="deviceServiceVersion")
    bio_type: str = Field(alias="bioType")
    bio_sub_type: str | None = Field(alias="bioSubType", default=None)
    purpose: str
    timestamp: str
    quality_score: str | float = Field(alias="qualityScore")


@dataclass(frozen=True, slots=True)
class CaptureDetails:
    """What the operator's side knows of a capture.

    Attributes as in `packet.models.CapturedBiometric`.
    """

    attempts: int = 1
    forced: bool = False
    sdk_score: float = 0.0
    spec_version: str = "0.9.5"


@dataclass(frozen=True, slots=True)
class ReadCapture:
    """A capture and the device that made it."""

    biometric: CapturedBiometric
    device: RegisteredDevice


def read_capture(token: str, attribute: BioAttribute, details: CaptureDetails) -> ReadCapture:
    """Reads and checks a capture.

    Args:
        token: compact JWS; blanks and line ends around it do not count.

    Raises:
        JwsMalformedError, SignatureInvalidError: if it or the digital id in it is no JWS, or not validly signed.
        TokenNotRebuildableError: if a server could not put it together again.
        IsoRecordMalformedError, IsoRecordMismatchError: if its record is none, or of another attribute.
        CaptureInvalidError: if its payload says something else than the registration.
    """
    bare, name = token.strip(), attribute.value
    outer = jws.parse(bare, f"the capture of {name}")
    jws.verify_with_leaf(outer, f"the capture of {name}")
    parts = devicetoken.split(bare, outer)
    payload = _payload(outer.payload, name)
    facts = FACTS[attribute]
    if (payload.bio_type, payload.bio_sub_type or "") != (facts.sbi_type, facts.sbi_sub_type):
        raise CaptureInvalidError(attribute=name, why="the device captured another attribute")
    if payload.purpose != _PURPOSE:
        raise CaptureInvalidError(attribute=name, why="it was not made for registration")
    check_shows(parse_record(parts.iso), attribute)
    biometric = CapturedBiometric(
        attribute=attribute,
        token=parts,
        quality_score=_score(payload.quality_score, name),
        captured_at=_instant(payload.timestamp, name),
        spec_version=details.spec_version,
        sdk_score=details.sdk_score,
        attempts=details.attempts,
        forced=details.forced,
    )
    digital_id = _digital_id(payload.digital_id, outer, name)
    return ReadCapture(biometric, RegisteredDevice(payload.device_code, payload.device_service_version, digital_id))


def _payload(payload: bytes, name: str) -> _CapturePayload:
    try:
        return _CapturePayload.model_validate(orjson.loads(payload))
    except (ValidationError, ValueError) as error:
        raise CaptureInvalidError(attribute=name, why="its payload lacks a value") from error


def _digital_id(token: str, outer: jws.Jws, name: str) -> DigitalId:
    inner = jws.parse(token, f"the digital id in the capture of {name}")
    jws.verify_with_leaf(inner, f"the digital id in the capture of {name}")
    if not set(inner.certificates) <= set(outer.certificates):
        raise CaptureInvalidError(attribute=name, why="its digital id is signed by another certificate than the capture")
    try:
        found = _DigitalIdPayload.model_validate(orjson.loads(inner.payload))
    except (ValidationError, ValueError) as error:
        raise CaptureInvalidError(attribute=name, why="its digital id lacks a value") from error
    return DigitalId(
        serial_no=found.serial_no,
        make=found.make,
        model=found.model,
        type=found.type,
        device_sub_type=found.device_sub_type,
        device_provider_id=found.device_provider_id,
        device_provider=found.device_provider,
        date_time=found.date_time,
    )


def _score(value: str | float, name: str) -> float:
    try:
        score = float(value)
    except ValueError as error:
        raise CaptureInvalidError(attribute=name, why="its quality score is no number") from error
    if not 0 <= score <= 100:
        raise CaptureInvalidError(attribute=name, why="its quality score is not between 0 and 100")
    return score


def _instant(text: str, name: str) -> datetime:
    try:
        return datetime.strptime(text, _DEVICE_TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise CaptureInvalidError(attribute=name, why="its timestamp is not of the form yyyy-MM-ddTHH:mm:ssZ") from error
