"""A synthetic person before the devices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image

from devices.simulator.subjects.errors import AttributeMissingError
from devices.simulator.subjects.images import picture
from devices.simulator.subjects.masterstore import MasterStore, default_store
from devices.simulator.subjects.presenter import ImageProfile, Pixels
from devices.simulator.subjects.records import Impression, to_record
from devices.simulator.subjects.sidebyside import side_by_side
from devices.simulator.subjects.traits import SubjectTraits
from packet.iso import IsoRecord
from packet.models import BioAttribute


class Subject:
    """A person computed from a seed; a `Presenter`. Equal seed and traits, equal person, on every start."""

    def __init__(self, seed: int, traits: SubjectTraits | None = None, store: MasterStore | None = None) -> None:
        """Computes nothing yet.

        Args:
            store: keeps grown masters; None for that of this process.
        """
        self.seed = seed
        self.traits = traits or SubjectTraits()
        self._store = store or default_store()

    def has(self, attribute: BioAttribute) -> bool:
        """Whether the person has this finger or eye; faces and exception photos always exist."""
        return attribute not in self.traits.missing

    def prepare(self, attributes: Collection[BioAttribute] = tuple(BioAttribute)) -> None:
        """Grows the masters of these attributes, on all processors."""
        for attribute in attributes:
            if self.has(attribute):
                picture(self.seed, attribute)

    def records(
        self,
        scores: Mapping[BioAttribute, float],
        take: int,
        at: datetime,
        profile: ImageProfile = ImageProfile.REGISTRATION,
        exceptions: Collection[BioAttribute] = (),
    ) -> dict[BioAttribute, IsoRecord]:
        """One presentation; see `Presenter.records`."""
        return {
            attribute: to_record(Impression(attribute, self._pixels(attribute), score), at, profile)
            for attribute, score in scores.items()
        }

    def preview(self, attributes: Collection[BioAttribute], frame: int) -> Pixels:
        """One picture of a live view; see `Presenter.preview`."""
        return side_by_side([self._pixels(attribute) if self.has(attribute) else None for attribute in attributes])

    def _pixels(self, attribute: BioAttribute) -> Pixels:
        if not self.has(attribute):
            raise AttributeMissingError(attribute=attribute.value)
        return _decoded(self.seed, attribute)


@lru_cache(maxsize=32)
def _decoded(seed: int, attribute: BioAttribute) -> Pixels:
    return np.asarray(Image.open(BytesIO(picture(seed, attribute).data)))
