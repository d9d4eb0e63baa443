"""What every source of camera pictures is: it lists cameras, and opens one, which then shows its latest picture.

Cameras answer late: opening gives an object at once, whose status tells what became of it. Nothing waits, so the window's
thread may use everything here. Pictures show people and their papers: they live in memory only and are in no `repr`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from devices.client.latestframe import Frame, FrameCounts


class CameraState(StrEnum):
    """How a camera feels."""

    STARTING = "starting"
    STREAMING = "streaming"
    ABSENT = "absent"
    BUSY = "busy"
    NO_PERMISSION = "no permission"
    UNPLUGGED = "unplugged"
    FAILED = "failed"
    NOT_INSTALLED = "not installed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """A state and why.

    Attributes:
        reason: for a person to read; empty while all is well.
    """

    state: CameraState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """One camera.

    Attributes:
        identity: names it for opening; stays the same as long as it is plugged in.
        name: for a person to read.
        is_default: what the system or the source would choose.
    """

    identity: str
    name: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class CameraList:
    """The cameras that can be opened now.

    Attributes:
        reason: why there are none, for a person to read; empty if there are some.
        can_drive: False if this installation cannot use any camera, whatever is plugged in.
    """

    cameras: tuple[CameraInfo, ...] = ()
    reason: str = ""
    can_drive: bool = True


OnChange = Callable[[], None]
"""Told that there is a new picture or another state; called in whatever thread noticed, must be quick and must not raise."""


class OpenCamera(Protocol):
    """A camera in use."""

    @property
    def status(self) -> CameraStatus:
        """How it feels now. May be asked in any thread."""

    @property
    def counts(self) -> FrameCounts:
        """What became of its pictures."""

    def latest(self) -> Frame | None:
        """The newest picture as JPEG, each one once; None if there is no new one. Only one is ever kept."""

    def still(self) -> Frame:
        """The newest picture once more, in the camera's full size and with little loss: what the operator saw is what she gets.

        Raises:
            CameraError: the subclass for the state that it is in, if that is not streaming; `CameraNotReadyError` if there was
                no picture yet, or none for 2 seconds.
        """

    def close(self) -> None:
        """Gives the camera free and forgets its pictures. Nothing is told afterwards. May be called again."""


class CameraSource(Protocol):
    """Where cameras come from."""

    def list(self) -> CameraList:
        """The cameras there are now. Never raises."""

    def open(self, identity: str | None = None, on_change: OnChange | None = None) -> OpenCamera:
        """Begins to use a camera; None means the default one. Never raises: see the status of what it gives."""
