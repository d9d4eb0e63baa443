"""Webcams and document cameras through QtMultimedia.

Sources are opened and closed in the window's thread, which must have a `QCoreApplication`. Qt delivers pictures in threads of
its own to a sink, in which each replaces the one before; a timer looks what is there. So no Python runs in Qt's threads, which
could wait for each other then, and a window that is busy finds one picture and not a queue of them.

Qt tells one kind of camera error and a text in its own words: that another program has the camera is concluded, not known.
Nothing here was tried on a real camera yet. Tried are pictures sent into the capture session that cameras use, a film through
the same kind of sink, and a machine without a camera.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devices.camera.feed import CameraFeed, unusable
from devices.camera.model import CameraInfo, CameraList, CameraSource, CameraState, OnChange, OpenCamera
from devices.camera.nocameras import NoCameras

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QCamera, QCameraDevice, QMediaCaptureSession, QVideoFrame, QVideoSink

_PERIOD_MS: Final = 25
NO_CAMERA: Final = "No camera is plugged in, or this user may not see it."
_TEXT_MAX_CHARS: Final = 200


def open_cameras() -> CameraSource:
    """The system's cameras; or a source without any that says why, if this installation has no QtMultimedia."""
    try:
        return QtCameras()
    except ImportError as error:
        return NoCameras(f"The part that drives cameras (QtMultimedia) is not there: {_line(str(error))}.")


def list_without_window() -> CameraList:
    """The system's cameras, for a program that has no Qt application; makes one for the time of the look."""
    try:
        from PySide6.QtCore import QCoreApplication
    except ImportError as error:
        return NoCameras(f"The part that drives cameras (Qt) is not there: {_line(str(error))}.").list()
    application = QCoreApplication.instance() or QCoreApplication([])
    listed = open_cameras().list()
    del application
    return listed


@dataclass(frozen=True, slots=True)
class QtPicture:
    """A picture in Qt's hands. It is decoded when it is taken, by whoever takes it."""

    frame: QVideoFrame = field(repr=False)

    @property
    def width(self) -> int:
        """Pixels, as it is to be seen."""
        return self.frame.height() if self._is_turned else self.frame.width()

    @property
    def height(self) -> int:
        """Pixels, as it is to be seen."""
        return self.frame.width() if self._is_turned else self.frame.height()

    @property
    def _is_turned(self) -> bool:
        """Whether the camera stands on its side, and says so. Qt knows two angles, of which it applies the surface's itself."""
        return (self.frame.rotation().value + self.frame.surfaceFormat().rotation().value) % 180 == 90

    def jpeg(self, quality: int) -> bytes:
        """The picture as JPEG; empty if Qt cannot decode it."""
        from PIL import Image
        from PySide6.QtGui import QImage, QTransform

        decoded = self.frame.toImage()
        if self.frame.rotation().value:
            decoded = decoded.transformed(QTransform().rotate(self.frame.rotation().value))
        if (decoded.width(), decoded.height()) != (self.width, self.height):
            return b""
        # Pillow's encoder takes a third of the time of Qt's. Qt's lines are padded to whole words.
        image = decoded.convertToFormat(QImage.Format.Format_RGB888)
        size, line_bytes = (image.width(), image.height()), image.bytesPerLine()
        buffer = io.BytesIO()
        Image.frombuffer("RGB", size, bytes(image.constBits()), "raw", "RGB", line_bytes, 1).save(
            buffer, "JPEG", quality=quality
        )
        return buffer.getvalue()


class SinkReader:
    """Puts the pictures of a sink into a feed, from making until `end`. Lives in the window's thread."""

    def __init__(self, sink: QVideoSink, feed: CameraFeed) -> None:
        from PySide6.QtCore import QTimer

        self._sink = sink
        self._feed = feed
        self._last = sink.videoFrame()
        self._timer = QTimer()
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._read)
        self._timer.start()

    def end(self) -> None:
        """Puts nothing more."""
        self._timer.stop()

    def _read(self) -> None:
        frame = self._sink.videoFrame()
        if frame.isValid() and frame != self._last:
            self._last = frame
            self._feed.put(QtPicture(frame))


class QtCameras:
    """The cameras of this machine.

    Raises:
        ImportError: when made without QtMultimedia or the system's libraries that it needs. `open_cameras` asks first.
    """

    def __init__(self) -> None:
        from PySide6.QtMultimedia import QMediaDevices

        self._devices = QMediaDevices()
        self._devices.videoInputsChanged.connect(self._plugging_changed)
        self._open: dict[str, _Drive] = {}

    def list(self) -> CameraList:
        """The cameras that are plugged in."""
        default = _identity(self._devices.defaultVideoInput())
        cameras = tuple(
            CameraInfo(_identity(device), _line(device.description()) or "Camera", _identity(device) == default)
            for device in self._devices.videoInputs()
        )
        return CameraList(cameras, "" if cameras else NO_CAMERA)

    def open(self, identity: str | None = None, on_change: OnChange | None = None) -> OpenCamera:
        """Begins to use a camera."""
        default = self._devices.defaultVideoInput()
        wanted = identity if identity is not None else _identity(default)
        device = next((device for device in self._devices.videoInputs() if _identity(device) == wanted), None)
        if device is None:
            return unusable(CameraState.ABSENT, NO_CAMERA)
        if (other := self._open.get(wanted)) is not None:
            if other.feed.status.state in {CameraState.STARTING, CameraState.STREAMING}:
                return unusable(CameraState.BUSY, "It is in use already.")
            other.feed.close()  # it failed or was pulled out, and nobody closed it
        if _is_forbidden(wanted):
            return unusable(CameraState.NO_PERMISSION, f"{_line(wanted)} may not be opened.")
        drive = self._open[wanted] = _Drive(device, self._is_plugged, self._closed, on_change)
        drive.start()
        return drive.feed

    def _is_plugged(self, identity: str) -> bool:
        return any(_identity(device) == identity for device in self._devices.videoInputs())

    def _plugging_changed(self) -> None:
        for identity, drive in list(self._open.items()):
            if not self._is_plugged(identity):
                drive.feed.fail(CameraState.UNPLUGGED, "It was pulled out.")

    def _closed(self, identity: str) -> None:
        self._open.pop(identity, None)


class _Drive:
    """A camera of Qt, its session and sink, from opening to closing."""

    def __init__(
        self,
        device: QCameraDevice,
        is_plugged: Callable[[str], bool],
        closed: Callable[[str], None],
        on_change: OnChange | None,
    ) -> None:
        from PySide6.QtMultimedia import QCamera, QMediaCaptureSession, QVideoSink

        self._identity = _identity(device)
        self._is_plugged = is_plugged
        self._closed = closed
        self.feed = CameraFeed(on_change, self._release)
        self._camera: QCamera = QCamera(device)
        self._sink: QVideoSink = QVideoSink()
        self._session: QMediaCaptureSession = QMediaCaptureSession()
        self._session.setCamera(self._camera)
        self._session.setVideoSink(self._sink)
        self._camera.errorOccurred.connect(self._failed)
        self._reader = SinkReader(self._sink, self.feed)

    def start(self) -> None:
        """Turns the camera on."""
        self._camera.start()

    def _failed(self, error: QCamera.Error, text: str) -> None:
        del error
        state, reason = judge_failure(
            text,
            was_streaming=self.feed.status.state is CameraState.STREAMING,
            is_plugged=self._is_plugged(self._identity),
            is_forbidden=_is_forbidden(self._identity),
        )
        self.feed.fail(state, reason)

    def _release(self) -> None:
        self._reader.end()
        self._camera.errorOccurred.disconnect(self._failed)
        self._camera.stop()
        self._session.setVideoSink(None)  # type: ignore[arg-type]
        self._session.setCamera(None)  # type: ignore[arg-type]
        self._closed(self._identity)


def judge_failure(text: str, *, was_streaming: bool, is_plugged: bool, is_forbidden: bool) -> tuple[CameraState, str]:
    """What a camera error of Qt probably means, and the reason for the operator."""
    said = f" ({_line(text)})" if _line(text) else ""
    if not is_plugged:
        state = CameraState.UNPLUGGED if was_streaming else CameraState.ABSENT
        return state, f"The system does not show it any more{said}."
    if was_streaming:
        return CameraState.FAILED, f"It stopped{said}."
    if is_forbidden:
        return CameraState.NO_PERMISSION, f"It may not be opened{said}."
    return CameraState.BUSY, f"It does not start{said}. Probably another program uses it, or the system's settings forbid it."


def _identity(device: QCameraDevice) -> str:
    return bytes(device.id().data()).decode("utf-8", "replace")


def _is_forbidden(identity: str) -> bool:
    """On Linux a camera's identity is its device file."""
    return identity.startswith("/dev/") and Path(identity).exists() and not os.access(identity, os.R_OK | os.W_OK)


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_TEXT_MAX_CHARS]
