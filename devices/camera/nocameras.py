"""What stands for cameras where none can be driven."""

from __future__ import annotations

from devices.camera.feed import unusable
from devices.camera.model import CameraList, CameraState, OnChange, OpenCamera


class NoCameras:
    """Lists no camera and says why.

    Args:
        reason: for a person to read.
    """

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def list(self) -> CameraList:
        """None, and why."""
        return CameraList(reason=self._reason, can_drive=False)

    def open(self, identity: str | None = None, on_change: OnChange | None = None) -> OpenCamera:
        """A camera that cannot be used."""
        del identity, on_change
        return unusable(CameraState.NOT_INSTALLED, self._reason)
