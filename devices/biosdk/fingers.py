"""Fingers by NIST's software: quality by NFIQ 2, minutiae by MINDTCT, comparison by BOZORTH3, through the package nbis-py.

All of it runs in a worker process (`devices.biosdk.fingerstasks`): the C code has been seen to die of a small image and to work
for many seconds on images and minutiae made for that. So it is also used by one thread at a time, as its global variables need.
A search among many narrows with `devices.biosdk.fingersindex` and compares what is left.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np

from devices.biosdk.errors import (
    BioSdkError,
    ModalityUnsupportedError,
    SdkNotReadyError,
    TemplateForeignError,
)
from devices.biosdk.fingersindex import FingerIndex
from devices.biosdk.fingerslibrary import library_state
from devices.biosdk.fingersminutiae import FORMAT, VERSION, Minutiae
from devices.biosdk.fingersscale import score_of
from devices.biosdk.fingerstasks import LIBRARY_NAME, join_blocks
from devices.biosdk.sdk import Ability, QualityScore, SdkInfo, SdkState, Template, TemplateIndex, modality_of
from devices.biosdk.worker import Worker, worker_command
from packet.models import BioAttribute, Modality

TASKS_MODULE: Final = "devices.biosdk.fingerstasks"
QUALITY_ALGORITHM: Final = "NFIQ 2"
TIMEOUT_S: Final = 10.0
SHORTLIST: Final = 40
"""Comparisons of a search, however many templates there are; chosen from the tables in ``docs/matching.md``."""
SAME_FINGER_FAVOUR: Final = 0.05


def finger_worker(timeout_s: float = TIMEOUT_S) -> Worker:
    """The process for fingers; may be shared by `NbisFingers` and `NumpyQuality`. Started at the first call."""
    return Worker(LIBRARY_NAME, worker_command(TASKS_MODULE), timeout_s)


class NbisFingers:
    """A `BioSdk` for fingers. Safe to use from any thread.

    Args:
        worker: the process; made by `finger_worker`. Who made it closes it.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._lock = threading.Lock()
        self._info: SdkInfo | None = None

    def describe(self) -> SdkInfo:
        """State of the installation. The first time it loads the library in the worker process (a fraction of a second)."""
        with self._lock:
            if self._info is None:
                self._info = self._look()
            return self._info

    def quality(self, attribute: BioAttribute, iso: bytes) -> QualityScore | None:
        """NFIQ 2 of a finger's record, about 0.15 s; see `BioSdk.quality`."""
        if modality_of(attribute) is not Modality.FINGER or not self.describe().is_ready:
            return None
        answer = self._worker.call("nfiq2", join_blocks((attribute.value.encode(), iso)))
        return QualityScore(float(answer[0]), QUALITY_ALGORITHM)

    def extract(self, attribute: BioAttribute, iso: bytes) -> Template:
        """The minutiae of a finger's record; see `BioSdk.extract`."""
        self._need(modality_of(attribute))
        data = self._worker.call("minutiae", join_blocks((attribute.value.encode(), iso)))
        return Template(attribute, FORMAT, VERSION, data)

    def match(self, probe: Template, template: Template) -> float:
        """Likeness by BOZORTH3 on the scale of `score_of`; see `BioSdk.match`."""
        return self.match_many(probe, [template])[0]

    def match_many(self, probe: Template, templates: Sequence[Template]) -> list[float]:
        """`match` with each, in one go.

        Raises:
            BioSdkError: as `match`.
        """
        return [score_of(raw) for raw in self.raw_scores(probe, templates)]

    def raw_scores(self, probe: Template, templates: Sequence[Template]) -> list[int]:
        """What BOZORTH3 says, 0 upwards.

        Raises:
            BioSdkError: as `match`.
        """
        self._need(modality_of(probe.attribute))
        for one in (probe, *templates):
            minutiae_of(one)
        if not templates:
            return []
        answer = self._worker.call("compare", join_blocks([probe.data, *(one.data for one in templates)]))
        return [int(raw) for raw in np.frombuffer(answer, ">u2")]

    def index(self, modality: Modality) -> TemplateIndex:
        """An index that compares `SHORTLIST` templates per search; see `OneToMany`."""
        self._need(modality)
        return NarrowedIndex(self)

    def _need(self, modality: Modality) -> None:
        if modality is not Modality.FINGER:
            raise ModalityUnsupportedError(name=LIBRARY_NAME, modality=modality.value)
        info = self.describe()
        if not info.is_ready:
            raise SdkNotReadyError(name=info.name, reason=info.reason)

    def _look(self) -> SdkInfo:
        state, version, reason = library_state()
        if state is SdkState.READY:
            try:
                self._worker.call("hello", b"")
            except BioSdkError as error:
                state, reason = SdkState.UNUSABLE, error.message
        abilities = frozenset({Ability.QUALITY, Ability.MATCH})
        return SdkInfo(LIBRARY_NAME, version, frozenset({Modality.FINGER}), abilities, state, reason)


class NarrowedIndex:
    """A `TemplateIndex` of fingers.

    All fingers of all people are searched, since who cheats may show any finger; templates that are said to be of the probe's
    finger come first among equals.
    """

    def __init__(self, fingers: NbisFingers, shortlist: int = SHORTLIST) -> None:
        self._fingers = fingers
        self._shortlist = shortlist
        self._templates: list[Template] = []
        self._of_finger: dict[BioAttribute, list[int]] = {}
        self._index = FingerIndex()

    def add(self, template: Template) -> None:
        """Adds a template; see `TemplateIndex.add`."""
        self._index.add(minutiae_of(template))
        self._of_finger.setdefault(template.attribute, []).append(len(self._templates))
        self._templates.append(template)

    def search(self, probe: Template) -> list[tuple[int, float]]:
        """Scores of the templates on the shortlist; see `TemplateIndex.search`."""
        favoured = self._of_finger.get(probe.attribute, ())
        numbers = self._index.shortlist(minutiae_of(probe), self._shortlist, favoured, SAME_FINGER_FAVOUR)
        scores = self._fingers.match_many(probe, [self._templates[number] for number in numbers])
        return list(zip(numbers, scores, strict=True))


def minutiae_of(template: Template) -> Minutiae:
    """The minutiae of a template.

    Raises:
        TemplateForeignError: if it is not one of fingers by this SDK.
        TemplateUnreadableError: if its data is damaged.
    """
    if (template.format, template.version) != (FORMAT, VERSION):
        found, needed = f"{template.format} {template.version}", f"{FORMAT} {VERSION}"
        raise TemplateForeignError(found=found, name=LIBRARY_NAME, needed=needed)
    return Minutiae.from_data(template.data)
