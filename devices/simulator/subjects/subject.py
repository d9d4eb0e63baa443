"""A synthetic person before the devices."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Final, TypeVar

import numpy as np
from PIL import Image

from devices.simulator.subjects import liveview
from devices.simulator.subjects.errors import AttributeMissingError
from devices.simulator.subjects.facebuild import face_build
from devices.simulator.subjects.fingerimpression import draw_press, press_finger
from devices.simulator.subjects.fingermaster import finger_build, grow_finger
from devices.simulator.subjects.irisimpression import draw_gaze, eye_build, look
from devices.simulator.subjects.irismaster import grow_iris
from devices.simulator.subjects.masterstore import MasterStore, default_store
from devices.simulator.subjects.portrait import PIXELS_PER_METRE, exception_photo, portrait
from devices.simulator.subjects.presenter import ImageProfile, Pixels
from devices.simulator.subjects.records import Impression, to_record
from devices.simulator.subjects.sidebyside import side_by_side
from devices.simulator.subjects.streams import stream
from devices.simulator.subjects.traits import SubjectTraits
from packet.bioattributes import EYES, FACTS, FINGERS
from packet.iso import IsoRecord
from packet.models import BioAttribute, Modality

GROWTH_VERSION: Final = 3
"""Part of the key of stored masters: raise it with every change that makes other masters of the same seed."""
_HEAP_HINT_BYTES: Final = 24 * 1024 * 1024
_PREVIEW_SCORE: Final = 90.0
_THREADS: Final = min(4, os.cpu_count() or 1)
_T = TypeVar("_T")
_R = TypeVar("_R")


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
        self._lock = Lock()
        self._stills: dict[BioAttribute, Image.Image] = {}
        _keep_freed_memory()

    def has(self, attribute: BioAttribute) -> bool:
        """Whether the person has this finger or eye; faces and exception photos always exist."""
        return FACTS[attribute].iso_position == 0 or attribute not in self.traits.missing

    def prepare(self, attributes: Collection[BioAttribute] = tuple(BioAttribute)) -> None:
        """Grows the masters of these attributes, or fetches them from disk, on all processors."""
        _in_threads(self._master, [a for a in attributes if a in (*FINGERS, *EYES) and self.has(a)])

    def records(
        self,
        scores: Mapping[BioAttribute, float],
        take: int,
        at: datetime,
        profile: ImageProfile = ImageProfile.REGISTRATION,
        exceptions: Collection[BioAttribute] = (),
    ) -> dict[BioAttribute, IsoRecord]:
        """One presentation; see `Presenter.records`.

        Raises:
            AttributeMissingError: if the person has no such finger or eye.
            WsqNotInstalledError: for ``auth-wsq`` without the optional package.
        """
        for attribute in scores:
            if not self.has(attribute):
                raise AttributeMissingError(attribute=attribute.value)

        def make(item: tuple[BioAttribute, float]) -> IsoRecord:
            is_masked = profile is not ImageProfile.REGISTRATION
            pixels = self.pixels(item[0], item[1], take, is_masked=is_masked, exceptions=exceptions)
            per_metre = PIXELS_PER_METRE if FACTS[item[0]].iso_position == 0 else 0
            return to_record(Impression(item[0], pixels, item[1], pixels_per_metre=per_metre), at, profile)

        return dict(zip(scores, _in_threads(make, scores.items()), strict=True))

    def pixels(
        self,
        attribute: BioAttribute,
        score: float,
        take: int,
        *,
        is_masked: bool = False,
        exceptions: Collection[BioAttribute] = (),
    ) -> Pixels:
        """The image of one attribute at one presentation, not encoded; see `Presenter.records` for the arguments.

        Args:
            is_masked: irises with lids and sclera painted over, as for authentication.
        """
        chance = stream(self.seed, "take", attribute.value, take)
        match FACTS[attribute].modality:
            case Modality.FINGER:
                finger = finger_build(self.seed, attribute, self.traits)
                return press_finger(self._master(attribute), finger, draw_press(chance), score)
            case Modality.IRIS:
                eye = eye_build(self.seed, attribute, self.traits)
                return look(self._master(attribute), eye, draw_gaze(chance), score, is_masked=is_masked)
            case Modality.FACE:
                return portrait(face_build(self.seed, self.traits), chance, (self.seed, "hair"), score)
            case Modality.EXCEPTION_PHOTO:
                missing = {*exceptions, *self.traits.missing}
                return exception_photo(face_build(self.seed, self.traits), chance, (self.seed, "hair"), score, missing)

    def preview(self, attributes: Collection[BioAttribute], frame: int) -> Pixels:
        """One picture of a live view; see `Presenter.preview`."""
        views = []
        for number, attribute in enumerate(attributes):
            views.append(liveview.moved(self._still(attribute), frame, 0.9 * number) if self.has(attribute) else None)
        return side_by_side(views, liveview.HEIGHT)

    def _still(self, attribute: BioAttribute) -> Image.Image:
        with self._lock:
            known = self._stills.get(attribute)
        if known is None:
            known = liveview.still(self.pixels(attribute, _PREVIEW_SCORE, 0))
            with self._lock:
                self._stills[attribute] = known
        return known

    def _master(self, attribute: BioAttribute) -> Pixels:
        key = f"{GROWTH_VERSION}/{self.seed}/{attribute.value}"
        if attribute in EYES:
            return self._store.get(key, lambda: grow_iris(self.seed, attribute))
        key += f"/{self.traits.age}/{self.traits.worn!r}"
        return self._store.get(key, lambda: grow_finger(self.seed, attribute, self.traits))


@cache
def _keep_freed_memory() -> None:
    """Makes glibc hold on to freed arrays of this program.

    It maps large blocks one by one and returns them at once, so most of the time of arithmetic on images would go into page
    faults; that doubles the time of a capture. Freeing one very large block (which nobody touches) raises both of its limits.
    """
    np.empty(_HEAP_HINT_BYTES, np.uint8)


def _in_threads(work: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
    """The results in order. Most of the work is in numpy's transforms and takes, which let other threads run."""
    todo = list(items)
    if len(todo) < 2:
        return [work(item) for item in todo]
    with ThreadPoolExecutor(_THREADS, "subject") as pool:
        return list(pool.map(work, todo))
