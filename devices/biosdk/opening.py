"""The local biometric SDKs of this machine, put together."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from devices.biosdk.composite import CompositeSdk
from devices.biosdk.fingers import NbisFingers, finger_worker
from devices.biosdk.quality import NumpyQuality
from devices.biosdk.sdk import BioSdk
from devices.biosdk.worker import Worker


class LocalSdk(CompositeSdk):
    """A `CompositeSdk` that owns its worker process; close it when the program ends, or use it in a ``with`` block."""

    def __init__(self, parts: Sequence[BioSdk], worker: Worker) -> None:
        super().__init__(parts)
        self._worker = worker

    def close(self) -> None:
        """Ends the worker process; a later call would start it again."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_local_sdk(more: Sequence[BioSdk] = ()) -> LocalSdk:
    """What there is for fingers: NFIQ 2 and comparison if installed, else quality by our own measure; then other SDKs.

    Nothing is started before the first call. Never raises for parts that are missing: they are states (`describe_parts`).
    """
    worker = finger_worker()
    return LocalSdk([NbisFingers(worker), NumpyQuality(worker), *more], worker)
