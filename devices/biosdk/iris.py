"""Irises by our own code after Daugman: quality, templates, comparison. Needs no optional part.

Images are decoded and worked on in a worker process (`devices.biosdk.iristasks`), since decoders are C code and images come
from outside; templates are compared here, by arithmetic on words of bits: some microseconds each.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from devices.biosdk.errors import ModalityUnsupportedError, TemplateForeignError
from devices.biosdk.fingerstasks import join_blocks
from devices.biosdk.iriscode import FORMAT, VERSION, IrisCode
from devices.biosdk.irismatch import WORDS, Words, distances, score_of, words_of
from devices.biosdk.irisquality import ALGORITHM
from devices.biosdk.sdk import Ability, QualityScore, SdkInfo, SdkState, Template, TemplateIndex, modality_of
from devices.biosdk.worker import Worker, worker_command
from packet.models import BioAttribute, Modality

NAME: Final = "Sealdesk irises"
TASKS_MODULE: Final = "devices.biosdk.iristasks"
TIMEOUT_S: Final = 10.0
_ABOUT: Final = "Our own iris code and quality measure, tried on synthetic eyes only: no claim is made for real ones."


def iris_worker(timeout_s: float = TIMEOUT_S) -> Worker:
    """The process for irises. Started at the first call."""
    return Worker(NAME, worker_command(TASKS_MODULE), timeout_s)


class IrisSdk:
    """A `BioSdk` for irises, and `OneToMany`. Safe to use from any thread.

    Args:
        worker: the process; made by `iris_worker`. Who made it closes it.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def describe(self) -> SdkInfo:
        """Always ready."""
        abilities = frozenset({Ability.QUALITY, Ability.MATCH})
        return SdkInfo(
            NAME, f"{VERSION}, numpy {np.__version__}", frozenset({Modality.IRIS}), abilities, SdkState.READY, _ABOUT
        )

    def quality(self, attribute: BioAttribute, iso: bytes) -> QualityScore | None:
        """Iris clarity of a record, 0 if it shows no iris; see `BioSdk.quality`."""
        if modality_of(attribute) is not Modality.IRIS:
            return None
        answer = self._worker.call("score", join_blocks((attribute.value.encode(), iso)))
        return QualityScore(struct.unpack(">d", answer)[0], ALGORITHM)

    def extract(self, attribute: BioAttribute, iso: bytes) -> Template:
        """The iris code of a record; see `BioSdk.extract`."""
        _need(modality_of(attribute))
        data = self._worker.call("code", join_blocks((attribute.value.encode(), iso)))
        return Template(attribute, FORMAT, VERSION, data)

    def match(self, probe: Template, template: Template) -> float:
        """Likeness on the scale of `score_of`; see `BioSdk.match`."""
        return score_of(self.raw_distance(probe, template))

    def raw_distance(self, probe: Template, template: Template) -> float:
        """Share of bits that differ, 0 to 0.5, as `irismatch.distances` tells.

        Raises:
            BioSdkError: as `match`.
        """
        bits, counts = words_of(code_of(template))
        return float(distances(code_of(probe), bits[None, :], counts[None, :])[0])

    def index(self, modality: Modality) -> TemplateIndex:
        """An index that compares all templates; see `OneToMany`."""
        _need(modality)
        return IrisIndex()


class IrisIndex:
    """A `TemplateIndex` of irises: every eye of everybody is compared, since who cheats may show any eye."""

    def __init__(self) -> None:
        self._added: list[tuple[Words, Words]] = []
        self._stacked = (np.zeros((0, WORDS), np.uint64), np.zeros((0, WORDS), np.uint64))

    def add(self, template: Template) -> None:
        """Adds a template; see `TemplateIndex.add`."""
        self._added.append(words_of(code_of(template)))

    def search(self, probe: Template) -> list[tuple[int, float]]:
        """Scores of all templates; see `TemplateIndex.search`."""
        code = code_of(probe)
        if len(self._stacked[0]) != len(self._added):
            self._stacked = np.stack([bits for bits, _ in self._added]), np.stack([counts for _, counts in self._added])
        return [(number, score_of(float(raw))) for number, raw in enumerate(distances(code, *self._stacked))]


def code_of(template: Template) -> IrisCode:
    """The code of a template.

    Raises:
        TemplateForeignError: if it is not one of irises by this SDK.
        TemplateUnreadableError: if its data is damaged.
    """
    if (template.format, template.version) != (FORMAT, VERSION) or modality_of(template.attribute) is not Modality.IRIS:
        found, needed = f"{template.format} {template.version}", f"{FORMAT} {VERSION}"
        raise TemplateForeignError(found=found, name=NAME, needed=needed)
    return IrisCode.from_data(template.data)


def _need(modality: Modality) -> None:
    if modality is not Modality.IRIS:
        raise ModalityUnsupportedError(name=NAME, modality=modality.value)
