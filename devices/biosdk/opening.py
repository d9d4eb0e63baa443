"""The local biometric SDKs of this machine, put together."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from devices.biosdk.composite import CompositeSdk
from devices.biosdk.face import FaceSdk, face_worker
from devices.biosdk.fingers import NbisFingers, finger_worker
from devices.biosdk.iris import IrisSdk, iris_worker
from devices.biosdk.quality import NumpyQuality
from devices.biosdk.sdk import BioSdk
from devices.biosdk.worker import Worker


class LocalSdk(CompositeSdk):
    """A `CompositeSdk` that owns its worker processes; close it when the program ends, or use it in a ``with`` block."""

    def __init__(self, parts: Sequence[BioSdk], workers: Sequence[Worker]) -> None:
        super().__init__(parts)
        self._workers = tuple(workers)

    def close(self) -> None:
        """Ends the worker processes; a later call would start them again."""
        for worker in self._workers:
            worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_local_sdk(more: Sequence[BioSdk] = ()) -> LocalSdk:
    """What there is: for fingers NFIQ 2 and comparison if installed, else quality by our own measure; irises by our own code;
    the quality of faces; then other SDKs.

    Nothing is started before the first call. Never raises for parts that are missing: they are states (`describe_parts`).
    """
    fingers, irises, faces = finger_worker(), iris_worker(), face_worker()
    parts: tuple[BioSdk, ...] = (NbisFingers(fingers), NumpyQuality(fingers), IrisSdk(irises), FaceSdk(faces), *more)
    return LocalSdk(parts, (fingers, irises, faces))
