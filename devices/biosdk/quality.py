"""Quality of fingers where NFIQ 2 is not installed, and the adapter through which the capture session asks any SDK."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from devices.biosdk.errors import BioSdkError, ModalityUnsupportedError
from devices.biosdk.fingerstasks import join_blocks
from devices.biosdk.qualityridges import ALGORITHM
from devices.biosdk.sdk import Ability, BioSdk, QualityScore, SdkInfo, SdkState, Template, modality_of
from devices.biosdk.worker import Worker
from packet.models import BioAttribute, Modality

NAME: Final = "Ridge clarity"
_ABOUT: Final = "Quality of fingers only, by our own measure, which is not NFIQ 2 and has been tried on synthetic prints only."


class NumpyQuality:
    """A `BioSdk` that scores fingers and compares nothing; needs no optional part. Safe to use from any thread.

    Args:
        worker: the process in which images are decoded (`devices.biosdk.fingers.finger_worker`). Who made it closes it.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def describe(self) -> SdkInfo:
        """Always ready."""
        fingers, scores = frozenset({Modality.FINGER}), frozenset({Ability.QUALITY})
        return SdkInfo(NAME, f"1, numpy {np.__version__}", fingers, scores, SdkState.READY, _ABOUT)

    def quality(self, attribute: BioAttribute, iso: bytes) -> QualityScore | None:
        """Ridge clarity of a finger's record, some milliseconds; see `BioSdk.quality`."""
        if modality_of(attribute) is not Modality.FINGER:
            return None
        answer = self._worker.call("ridges", join_blocks((attribute.value.encode(), iso)))
        return QualityScore(struct.unpack(">d", answer)[0], ALGORITHM)

    def extract(self, attribute: BioAttribute, iso: bytes) -> Template:
        """Never: it makes no templates.

        Raises:
            ModalityUnsupportedError: always.
        """
        del iso
        raise ModalityUnsupportedError(name=NAME, modality=modality_of(attribute).value)

    def match(self, probe: Template, template: Template) -> float:
        """Never: it compares nothing.

        Raises:
            ModalityUnsupportedError: always.
        """
        del template
        raise ModalityUnsupportedError(name=NAME, modality=modality_of(probe.attribute).value)


class SessionQuality:
    """The `SdkQuality` of a capture session. Safe to use from any thread.

    A local score is advice beside the device's own and must not void a capture that was accepted: what cannot be scored is 0,
    which is also what a packet says when no SDK was asked.
    """

    def __init__(self, sdk: BioSdk) -> None:
        self._sdk = sdk

    def score(self, attribute: BioAttribute, iso: bytes) -> float:
        """Score of an accepted record, 0 to 100; 0 if there is none."""
        try:
            score = self._sdk.quality(attribute, iso)
        except BioSdkError:
            return 0.0
        return 0.0 if score is None else score.value
