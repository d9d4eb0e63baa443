"""What can be wrong with a camera, by name."""

from __future__ import annotations

from packet.errors import CodedError


class CameraError(CodedError):
    """Root of the errors of cameras."""

    code = "CAMERA-ERROR"


class CameraAbsentError(CameraError):
    """There is no such camera."""

    code = "CAMERA-ABSENT"
    sentence = "The camera is not there. {reason}"
    next_step = "Plug it in, or choose another one."


class CameraBusyError(CameraError):
    """The camera gives no pictures, since somebody else has it."""

    code = "CAMERA-BUSY"
    sentence = "The camera cannot be used now. {reason}"
    next_step = "Close other programs that use a camera, then open it again."


class CameraNotAllowedError(CameraError):
    """This user may not use the camera."""

    code = "CAMERA-NOT-ALLOWED"
    sentence = "This user may not use the camera. {reason}"
    next_step = "Ask the administrator: on Linux the user must be in group video; on Windows see the privacy settings."


class CameraUnpluggedError(CameraError):
    """The camera went away while it was in use."""

    code = "CAMERA-UNPLUGGED"
    sentence = "The camera was unplugged. {reason}"
    next_step = "Plug it in and open it again; pictures taken before stay good."


class CameraFailedError(CameraError):
    """The camera or its driver failed, or what stands for a camera cannot be played."""

    code = "CAMERA-FAILED"
    sentence = "The camera failed. {reason}"
    next_step = "Unplug it, plug it in again, and open it again; if it stays, use another one."


class CamerasNotInstalledError(CameraError):
    """This installation has no part that drives cameras."""

    code = "CAMERA-NOT-INSTALLED"
    sentence = "This installation cannot use cameras. {reason}"
    next_step = "Install the extra 'gui' and the system's libraries for sound and pictures, or use a scanner or files."


class CameraNotReadyError(CameraError):
    """No picture to take yet, or none any more."""

    code = "CAMERA-NOT-READY"
    sentence = "The camera shows no picture. {reason}"
    next_step = "Wait until the picture is seen and moves, then take it."


class CameraClosedError(CameraError):
    """It was closed."""

    code = "CAMERA-CLOSED"
    sentence = "The camera was closed. {reason}"
    next_step = "Open it again."
