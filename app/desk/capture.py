"""Capturing a person's biometrics, group by group, with MOSIP's thresholds and attempts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.desk.errors import NoDeviceError, QualityTooLowError
from devices.client.attempts import Attempts
from devices.client.scan import ScanResult
from devices.client.session import CaptureResult
from devices.sbi.attributes import EXCEPTION_PHOTO, FACE, IRISES, LEFT_SLAP, RIGHT_SLAP, THUMBS, Group
from devices.sbi.info import DeviceStatus, VerifiedDevice
from packet.models import BioAttribute, BiometricException, CapturedBiometric, FieldBiometrics

GROUPS = (LEFT_SLAP, RIGHT_SLAP, THUMBS, IRISES, FACE)


@dataclass(frozen=True, slots=True)
class GroupLimits:
    """What a group's capture must reach.

    Attributes:
        threshold: average score, 0..100.
        attempts: how many are allowed; the last one is kept whatever its score, and marked as forced.
    """

    threshold: float
    attempts: int


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


def find_device(found: ScanResult, group: Group) -> VerifiedDevice:
    """The device for a group: a ready one, one for whole hands or both eyes before one for single fingers or eyes.

    Raises:
        NoDeviceError: if there is none that is ready.
    """
    devices = [device for device in found.of_type(group.bio_type) if device.status is DeviceStatus.READY]
    if not devices:
        raise NoDeviceError(group=group.name)
    return min(devices, key=lambda device: device.digital_id.device_sub_type.lower() == "single")


@dataclass(slots=True)
class BiometricsDesk:
    """Collects what goes into one biometrics field.

    Attributes:
        limits: by the group's name.
        timeout_ms: how long a device may look for a picture.
    """

    session: CaptureSession
    limits: Mapping[str, GroupLimits]
    timeout_ms: int = 10_000
    _kept: dict[BioAttribute, CapturedBiometric] = field(default_factory=dict, repr=False)

    def capture(
        self, device: VerifiedDevice, group: Group, exceptions: Collection[BioAttribute] = ()
    ) -> tuple[CapturedBiometric, ...]:
        """Captures a group, again and again until it is good enough or the attempts are used up.

        Returns:
            What is kept of it.

        Raises:
            QualityTooLowError: if nothing could be kept.
            packet.errors.CodedError: a subclass for a device that fails or is refused.
        """
        limits = self.limits[group.name]
        attempts = Attempts(limits.threshold, limits.attempts)
        wanted = tuple(attribute for attribute in group.attributes if attribute not in exceptions)
        while attempts.may_try and not attempts.is_complete(wanted):
            result = self.session.capture(device, wanted, exceptions, limits.threshold, self.timeout_ms)
            attempts = attempts.after(result.captures)
        if not attempts.is_complete(wanted):
            raise QualityTooLowError(group=group.name, attempts=attempts.count)
        self._kept.update(attempts.kept)
        return tuple(attempts.kept.values())

    def biometrics(
        self, configured: tuple[BioAttribute, ...], exceptions: tuple[BiometricException, ...] = ()
    ) -> FieldBiometrics:
        """The field's content so far, in the order of the field's attributes; an exception photo comes last."""
        order = (*configured, *EXCEPTION_PHOTO.attributes)
        captured = tuple(self._kept[attribute] for attribute in dict.fromkeys(order) if attribute in self._kept)
        return FieldBiometrics(configured=configured, captured=captured, exceptions=exceptions)
