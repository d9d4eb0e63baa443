"""Faces by our own code: whether a picture shows one whole face, and how good it is. Faces are not compared.

Nothing here is learned, so there is nothing to recognise people by: templates and comparisons are refused by name. Pictures
are decoded and looked at in a worker process (`devices.biosdk.facetasks`): decoders are C code, pictures come from outside.
"""

from __future__ import annotations

from typing import Final, NoReturn

import numpy as np

from devices.biosdk.errors import ModalityUnsupportedError
from devices.biosdk.facequality import ALGORITHM, FaceReport
from devices.biosdk.facetasks import report_from
from devices.biosdk.fingerstasks import join_blocks
from devices.biosdk.sdk import Ability, QualityScore, SdkInfo, SdkState, Template, modality_of
from devices.biosdk.worker import Worker, worker_command
from packet.models import BioAttribute, Modality

NAME: Final = "Sealdesk faces"
VERSION: Final = 1
TASKS_MODULE: Final = "devices.biosdk.facetasks"
TIMEOUT_S: Final = 10.0
_ABOUT: Final = "Quality only, faces are not compared. Tried on synthetic faces only: no claim is made for real ones."
_MODALITIES: Final = frozenset({Modality.FACE, Modality.EXCEPTION_PHOTO})


def face_worker(timeout_s: float = TIMEOUT_S) -> Worker:
    """The process for faces. Started at the first call."""
    return Worker(NAME, worker_command(TASKS_MODULE), timeout_s)


class FaceSdk:
    """A `BioSdk` for faces and exception photos, quality only. Safe to use from any thread.

    Args:
        worker: the process; made by `face_worker`. Who made it closes it.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def describe(self) -> SdkInfo:
        """Always ready."""
        abilities = frozenset({Ability.QUALITY})
        return SdkInfo(NAME, f"{VERSION}, numpy {np.__version__}", _MODALITIES, abilities, SdkState.READY, _ABOUT)

    def quality(self, attribute: BioAttribute, iso: bytes) -> QualityScore | None:
        """Face clarity of a record, 0 if it does not show one whole face; see `BioSdk.quality`. `report` tells why."""
        if modality_of(attribute) not in _MODALITIES:
            return None
        return QualityScore(self.report(attribute, iso).value, ALGORITHM)

    def report(self, attribute: BioAttribute, iso: bytes) -> FaceReport:
        """The score, what was found, and where.

        Raises:
            ModalityUnsupportedError: if the attribute is neither the face nor the exception photo.
            BioSdkError: if the record or its image cannot be used.
        """
        if modality_of(attribute) not in _MODALITIES:
            _refuse(attribute)
        return report_from(self._worker.call("look", join_blocks((attribute.value.encode(), iso))))

    def extract(self, attribute: BioAttribute, iso: bytes) -> Template:
        """Refuses.

        Raises:
            ModalityUnsupportedError: always.
        """
        del iso
        _refuse(attribute)

    def match(self, probe: Template, template: Template) -> float:
        """Refuses.

        Raises:
            ModalityUnsupportedError: always.
        """
        del template
        _refuse(probe.attribute)


def _refuse(attribute: BioAttribute) -> NoReturn:
    raise ModalityUnsupportedError(name=NAME, modality=modality_of(attribute).value)
