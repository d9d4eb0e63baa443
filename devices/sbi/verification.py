"""Everything that must hold before a capture is accepted, in the order in which it is checked.

For every element of the answer:

1. error code and data exclude each other; a reported error ends it;
2. the token: form, RS256, signer valid now, signature, path to a DEVICE anchor, never seen before;
3. the token can be rebuilt from its parts to the byte; the payload: keys, time, scores;
4. the signer is that of the device's information, or its successor after a key rotation;
5. the digital id: signature and path, certificates carried by the capture too, same device as in the information, fresh;
6. protocol version, transaction, device code, environment, purpose, type as asked for;
7. time of capture within the allowed lag;
8. the attribute is known, expected, no exception, not twice;
9. the ISO record is well-formed, shows that attribute, and its image is lossless and of the announced size.

Then, over all elements: nothing is missing, and every hash continues the session's chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509

from devices.sbi import digitalid, hashchain
from devices.sbi.attributes import BioType
from devices.sbi.capture import CaptureElement, CapturePayload, CaptureRequest, parse_payload, parse_time
from devices.sbi.codes import reported
from devices.sbi.info import VerifiedDevice
from devices.sbi.refusals import (
    BioTypeMismatchError,
    CaptureTimeError,
    DeviceCertificateChangedError,
    DeviceCodeMismatchError,
    DigitalIdMismatchError,
    DigitalIdTimeError,
    DuplicateAttributeError,
    EnvironmentMismatchError,
    ErrorWithDataError,
    ExceptionReturnedError,
    ForeignAttributeError,
    HashChainError,
    HeaderCertificateError,
    MissingAttributeError,
    PurposeMismatchError,
    SpecVersionMismatchError,
    SuccessWithoutDataError,
    TransactionMismatchError,
    UnknownAttributeError,
)
from devices.sbi.replay import ReplayMemory
from devices.sbi.trust import DeviceTrust, is_same_or_rotated
from packet import devicetoken
from packet.bioattributes import BY_SBI_SUB_TYPE
from packet.crypto.jws import Jws
from packet.iso import check_registration_image, check_shows, parse_record
from packet.models import BioAttribute, DeviceToken, DigitalId

_CLOCK_GOOD_S = 60
CHECKS = (
    "RS256 signature", "path to a DEVICE anchor", "never seen before", "rebuilds to the byte",
    "same device as in its information", "digital id", "protocol version", "transaction", "device code", "environment",
    "purpose", "type", "time", "scores",
    "attribute", "ISO record and image", "hash chain", "nothing missing",
)  # fmt: skip
"""What was checked of every capture that was accepted, in short words."""


@dataclass(frozen=True, slots=True)
class CapturePolicy:
    """What may differ between countries.

    Attributes:
        allowed_lag: how far a capture's time may lie from this machine's clock, either way.
        digital_id_max_age: how old a digital id may be; a registration processor measures it against the packet.
        needs_shared_certificates: the digital id's certificates must be among the capture's, as the processor demands.
        is_strict: unknown keys are refused instead of logged.
    """

    allowed_lag: timedelta = timedelta(minutes=5)
    digital_id_max_age: timedelta = timedelta(minutes=30)
    needs_shared_certificates: bool = True
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an answer is held against.

    Attributes:
        attributes: what was asked for, exceptions left out.
        exceptions: what is marked as missing on the person.
        sent_at: when the request was sent, by this machine's clock.
        server_offset: how far the server's time is ahead of that clock; None if that is not known.
    """

    request: CaptureRequest
    device: VerifiedDevice
    attributes: frozenset[BioAttribute]
    exceptions: frozenset[BioAttribute]
    sent_at: datetime
    server_offset: timedelta | None = None

    @property
    def clock_hint(self) -> str:
        """What the server's time says about this machine's clock, for the operator."""
        if self.server_offset is None:
            return "Whose clock is wrong is not known, since the server's time is not known."
        seconds = int(self.server_offset.total_seconds())
        if abs(seconds) <= _CLOCK_GOOD_S:
            return "This machine's clock agrees with the server's: it is the device's that is wrong."
        return f"This machine's clock is {abs(seconds)} seconds {'slow' if seconds > 0 else 'fast'} by the server's time."


@dataclass(frozen=True, slots=True)
class VerifiedElement:
    """One capture that passed every check.

    Attributes:
        predates_request: made before the request was sent, although within the lag: clocks differ, or it was stored.
    """

    attribute: BioAttribute
    token: DeviceToken = field(repr=False)
    quality_score: float
    captured_at: datetime
    spec_version: str
    hash: str
    digital_id: DigitalId
    predates_request: bool


class CaptureVerifier:
    """Checks answers. One per session, since it remembers what it has seen."""

    def __init__(self, trust: DeviceTrust, policy: CapturePolicy | None = None, replay: ReplayMemory | None = None) -> None:
        self._trust = trust
        self._policy = policy or CapturePolicy()
        self._replay = replay or ReplayMemory()

    @property
    def policy(self) -> CapturePolicy:
        """What this verifier allows."""
        return self._policy

    def verify(self, elements: Sequence[CaptureElement], expected: Expectation, now: datetime) -> tuple[VerifiedElement, ...]:
        """Accepts all elements of an answer, or none.

        Raises:
            DeviceReportedError: if the device reports an error.
            CaptureRefusedError: for what the checks of this module find.
            DeviceMessageError: for a payload without the right form.
            PacketError: for faults of token, signature, path, rebuilding and ISO record, by their own names.
        """
        for element in elements:
            _check_outcome(element)
        accepted: list[VerifiedElement] = []
        previous = expected.request.previous_hash
        by_token: dict[str, BioAttribute] = {}
        for element in elements:
            if element.data in by_token:
                raise DuplicateAttributeError(attribute=by_token[element.data].value)
            verified = self._element(element, expected, frozenset(by_token.values()), now)
            by_token[element.data] = verified.attribute
            previous = hashchain.next_hash(previous, verified.token.iso)
            if element.hash != previous:
                raise HashChainError(attribute=verified.attribute.value)
            accepted.append(verified)
        missing = expected.attributes - {item.attribute for item in accepted}
        if missing:
            raise MissingAttributeError(attributes=", ".join(sorted(missing)))
        return tuple(accepted)

    def _element(
        self, element: CaptureElement, expected: Expectation, taken: frozenset[BioAttribute], now: datetime
    ) -> VerifiedElement:
        token = self._trust.verify_device_token(element.data, now, "the capture")
        self._replay.remember(element.data)
        parts = devicetoken.split(element.data, token)
        payload = parse_payload(token.payload, is_strict=self._policy.is_strict)
        if not is_same_or_rotated(expected.device.certificate, token.leaf):
            raise DeviceCertificateChangedError
        digital_id = self._digital_id(payload, token, expected, now)
        _check_echo(element, payload, expected)
        _check_time(payload.timestamp, now, self._policy.allowed_lag, expected.clock_hint)
        attribute = _attribute(payload, expected, taken)
        record = parse_record(payload.iso)
        check_shows(record, attribute)
        check_registration_image(record)
        return VerifiedElement(
            attribute=attribute,
            token=parts,
            quality_score=payload.quality_score,
            captured_at=payload.timestamp,
            spec_version=element.spec_version,
            hash=element.hash,
            digital_id=digital_id,
            predates_request=payload.timestamp < expected.sent_at - timedelta(seconds=5),
        )

    def _digital_id(self, payload: CapturePayload, token: Jws, expected: Expectation, now: datetime) -> DigitalId:
        what, device = "the digital id of the capture", expected.device
        id_token = self._trust.verify_digital_id(payload.digital_id, device.certification, now, what)
        if self._policy.needs_shared_certificates and not _carries(token.certificates, id_token.certificates):
            raise HeaderCertificateError
        found = digitalid.parse(id_token.payload, what)
        different = digitalid.difference(device.digital_id, found)
        if different is not None:
            raise DigitalIdMismatchError(what="the capture", field=different)
        age = now - parse_time(found.date_time, "dateTime")
        limit = self._policy.digital_id_max_age if age > timedelta(0) else self._policy.allowed_lag
        if abs(age) > limit:
            difference_s, limit_s = int(abs(age).total_seconds()), int(limit.total_seconds())
            raise DigitalIdTimeError(difference_s=difference_s, limit_s=limit_s, clock_hint=expected.clock_hint)
        return found


def _check_outcome(element: CaptureElement) -> None:
    if not element.error.is_success and element.data:
        raise ErrorWithDataError(device_code=element.error.code)
    if not element.error.is_success:
        raise reported(element.error.code, element.error.info)
    if not element.data:
        raise SuccessWithoutDataError


def _carries(certificates: Sequence[x509.Certificate], wanted: Sequence[x509.Certificate]) -> bool:
    return all(certificate in certificates for certificate in wanted)


def _check_echo(element: CaptureElement, payload: CapturePayload, expected: Expectation) -> None:
    request, device = expected.request, expected.device
    if element.spec_version != request.spec_version:
        raise SpecVersionMismatchError(found=element.spec_version[:16], wanted=request.spec_version)
    if payload.transaction_id != request.transaction_id:
        raise TransactionMismatchError
    if payload.device_code != device.device_code:
        raise DeviceCodeMismatchError
    if payload.env != request.env:
        raise EnvironmentMismatchError(found=payload.env, wanted=request.env)
    if payload.purpose != request.purpose:
        raise PurposeMismatchError(found=payload.purpose, wanted=request.purpose)
    if payload.bio_type != request.bio_type:
        raise BioTypeMismatchError(found=payload.bio_type, wanted=request.bio_type.value)


def _check_time(captured_at: datetime, now: datetime, lag: timedelta, clock_hint: str) -> None:
    difference = abs(now - captured_at)
    if difference > lag:
        difference_s, limit_s = int(difference.total_seconds()), int(lag.total_seconds())
        raise CaptureTimeError(difference_s=difference_s, limit_s=limit_s, clock_hint=clock_hint)


def _attribute(payload: CapturePayload, expected: Expectation, taken: frozenset[BioAttribute]) -> BioAttribute:
    attribute = BY_SBI_SUB_TYPE.get((payload.bio_type, payload.bio_sub_type))
    if attribute is None:
        raise UnknownAttributeError
    if payload.bio_type == BioType.FACE and BioAttribute.EXCEPTION_PHOTO in expected.attributes:
        attribute = BioAttribute.EXCEPTION_PHOTO
    if attribute in expected.exceptions:
        raise ExceptionReturnedError(attribute=attribute.value)
    if attribute not in expected.attributes:
        raise ForeignAttributeError(attribute=attribute.value)
    if attribute in taken:
        raise DuplicateAttributeError(attribute=attribute.value)
    return attribute
