"""Capturing a person's biometrics into a registration in work, group by group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from app.desk.errors import NoDeviceError, OperatorRecognisedError, QualityTooLowError
from app.desk.registering.work import RegistrationInWork
from devices.biosdk.gallery import Gallery, find_operator
from devices.client.biometricform import Lack, Panel
from devices.client.scan import ScanResult
from devices.client.session import CaptureResult
from devices.sbi.attributes import Group
from devices.sbi.info import DeviceStatus, VerifiedDevice
from packet.models import BioAttribute, CapturedBiometric


class CaptureSession(Protocol):
    """`devices.client.session.CaptureSession`, as far as it is needed here."""

    def capture(
        self,
        device: VerifiedDevice,
        attributes: Collection[BioAttribute],
        exceptions: Collection[BioAttribute] = (),
        threshold: float = 60,
        timeout_ms: int = 10_000,
    ) -> CaptureResult:
        """Captures attributes of one group."""
        ...


class OperatorCheck(Protocol):
    """Local de-duplication: whether captures are those of somebody who works here."""

    def __call__(self, captures: Sequence[CapturedBiometric]) -> str | None:
        """The user id of the operator whose they are; None if they are nobody's, or could not be compared."""
        ...


def operator_check(gallery: Gallery, threshold: float) -> OperatorCheck:
    """Compares captures with the operators' templates.

    Args:
        threshold: 0..100 on the scale of `devices.biosdk`.
    """

    def check(captures: Sequence[CapturedBiometric]) -> str | None:
        match = find_operator(gallery, captures, threshold).match
        return None if match is None else match.user_id

    return check


def find_device(found: ScanResult, group: Group) -> VerifiedDevice:
    """The device for a group: a ready one, one for whole hands or both eyes before one for single fingers or eyes.

    Raises:
        NoDeviceError: if there is none that is ready.
    """
    devices = [device for device in found.of_type(group.bio_type) if device.status is DeviceStatus.READY]
    if not devices:
        raise NoDeviceError(group=group.name)
    return min(devices, key=lambda device: device.digital_id.device_sub_type.lower() == "single")


def capture_group(
    work: RegistrationInWork,
    field_id: str,
    group: Group,
    session: CaptureSession,
    device: VerifiedDevice,
    timeout_ms: int,
    check: OperatorCheck | None = None,
) -> Panel:
    """Captures a group, again and again, until it is good enough or the attempts are used up.

    Args:
        check: asked before a capture is counted; an operator's costs no attempt and is not kept.

    Returns:
        How the group stands then; it may still lack the reason why captures below the threshold are kept.

    Raises:
        OperatorRecognisedError: if what was captured is an operator's.
        QualityTooLowError: if nothing could be kept.
        packet.errors.CodedError: a subclass for a device that fails or is refused; what was captured before is kept.
    """
    panel = work.captures(field_id).panel(group)
    while panel.lack in (Lack.CAPTURE, Lack.QUALITY) and panel.may_scan:
        result = session.capture(device, panel.wanted, panel.told, panel.threshold, timeout_ms)
        if check is not None and (user_id := check(result.captures)) is not None:
            raise OperatorRecognisedError(user_id)
        work.add_capture(field_id, group, result)
        panel = work.captures(field_id).panel(group)
    if panel.lack in (Lack.CAPTURE, Lack.QUALITY):
        raise QualityTooLowError(group=group.name, attempts=panel.attempts.count)
    return panel
