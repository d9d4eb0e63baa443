"""What a country configures about capturing, under MOSIP's property names.

The defaults are those that MOSIP ships. MOSIP's own client reads a missing property as 0, which means no threshold and no
attempt; here it keeps its default.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from types import MappingProxyType

from devices.sbi.attributes import EXCEPTION_PHOTO, FACE, IRISES, LEFT_SLAP, RIGHT_SLAP, THUMBS, Group
from packet.errors import UnusableInputError


class CaptureSettingInvalidError(UnusableInputError):
    """A configured value cannot be used."""

    code = "CAPTURE-SETTING"
    sentence = "The setting {property} is not usable: it must be {wanted}."
    next_step = "Ask the administrator to correct the setting on the server, then synchronise."


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """Limits of capturing.

    Attributes:
        thresholds: average score, 0..100, that a capture must reach.
        attempts: how many captures of a modality are allowed; 0 for any number.
        timeout_ms: how long a device may look for a good picture.
        allowed_lag_minutes: how far a capture's time may lie from this machine's clock.
        uses_sdk_score: the local quality SDK's score decides instead of the device's.
        environment: what requests name as ``env``.
    """

    left_slap_threshold: float = 40
    right_slap_threshold: float = 40
    thumbs_threshold: float = 40
    iris_threshold: float = 60
    face_threshold: float = 90
    finger_attempts: int = 3
    iris_attempts: int = 3
    face_attempts: int = 3
    photo_attempts: int = 0
    timeout_ms: int = 10_000
    allowed_lag_minutes: int = 5
    uses_sdk_score: bool = False
    environment: str = "Staging"

    @property
    def allowed_lag(self) -> timedelta:
        """The lag as a time."""
        return timedelta(minutes=self.allowed_lag_minutes)

    def threshold(self, group: Group) -> float:
        """Average score that a group's capture must reach; an exception photo has none."""
        return _THRESHOLDS[group.name](self)

    def attempts(self, group: Group) -> int:
        """How many captures of a group are allowed; 0 for any number."""
        return _ATTEMPTS[group.name](self)


_THRESHOLDS: dict[str, Callable[[CaptureSettings], float]] = {
    LEFT_SLAP.name: lambda s: s.left_slap_threshold,
    RIGHT_SLAP.name: lambda s: s.right_slap_threshold,
    THUMBS.name: lambda s: s.thumbs_threshold,
    IRISES.name: lambda s: s.iris_threshold,
    FACE.name: lambda s: s.face_threshold,
    EXCEPTION_PHOTO.name: lambda _s: 0.0,
}
_ATTEMPTS: dict[str, Callable[[CaptureSettings], int]] = {
    LEFT_SLAP.name: lambda s: s.finger_attempts,
    RIGHT_SLAP.name: lambda s: s.finger_attempts,
    THUMBS.name: lambda s: s.finger_attempts,
    IRISES.name: lambda s: s.iris_attempts,
    FACE.name: lambda s: s.face_attempts,
    EXCEPTION_PHOTO.name: lambda s: s.photo_attempts,
}

PROPERTIES: Mapping[str, str] = MappingProxyType({
    "left_slap_threshold": "mosip.registration.leftslap_fingerprint_threshold",
    "right_slap_threshold": "mosip.registration.rightslap_fingerprint_threshold",
    "thumbs_threshold": "mosip.registration.thumbs_fingerprint_threshold",
    "iris_threshold": "mosip.registration.iris_threshold",
    "face_threshold": "mosip.registration.face_threshold",
    "finger_attempts": "mosip.registration.num_of_fingerprint_retries",
    "iris_attempts": "mosip.registration.num_of_iris_retries",
    "face_attempts": "mosip.registration.num_of_face_retries",
    "photo_attempts": "mosip.registration.num_of_photo_retries",
    "timeout_ms": "mosip.registration.capture_time_out",
    "allowed_lag_minutes": "mosip.registration.mds.allowed.lag.mins",
    "uses_sdk_score": "mosip.registration.replace_sdk_quality_score",
    "environment": "mosip.registration.server_profile",
})  # fmt: skip
"""Attribute of `CaptureSettings` to MOSIP's property."""

_RANGES = {"attempts": (0, 100), "threshold": (0, 100), "timeout_ms": (100, 300_000), "allowed_lag_minutes": (1, 1440)}


def from_properties(properties: Mapping[str, str]) -> CaptureSettings:
    """Reads a server's properties; those that are missing or empty keep their defaults, others are not looked at.

    Raises:
        CaptureSettingInvalidError: for a value out of its range.
    """
    values: dict[str, float | int | str | bool] = {}
    for item in fields(CaptureSettings):
        text = properties.get(PROPERTIES[item.name], "").strip()
        if text:
            values[item.name] = _value(item.name, text)
    return CaptureSettings(**values)  # type: ignore[arg-type]


def _value(name: str, text: str) -> float | int | str | bool:
    if name == "environment":
        if len(text) > 64 or not text.isprintable():
            raise CaptureSettingInvalidError(property=PROPERTIES[name], wanted="a short text")
        return text
    if name == "uses_sdk_score":
        if text.upper() not in {"Y", "N", "TRUE", "FALSE"}:
            raise CaptureSettingInvalidError(property=PROPERTIES[name], wanted="Y or N")
        return text.upper() in {"Y", "TRUE"}
    low, high = _RANGES.get(name) or _RANGES[name.rpartition("_")[2]]
    is_whole = not name.endswith("threshold")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high or (is_whole and not number.is_integer()):
        kind = "a whole number" if is_whole else "a number"
        raise CaptureSettingInvalidError(property=PROPERTIES[name], wanted=f"{kind} from {low} to {high}")
    return int(number) if is_whole else number
