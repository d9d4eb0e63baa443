"""What the simulated devices ask of whoever stands before them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from packet.iso import IsoRecord
from packet.models import BioAttribute

Pixels = NDArray[np.uint8]


class ImageProfile(StrEnum):
    """How the image of a record is made.

    ``registration``: lossless JPEG 2000, irises cropped (type 3). ``auth``: JPEG 2000 with loss, at most 15 to 1, irises
    cropped and masked (type 7). ``auth-wsq``: as ``auth``, but fingers in WSQ.
    """

    REGISTRATION = "registration"
    AUTH = "auth"
    AUTH_WSQ = "auth-wsq"


class Presenter(Protocol):
    """Somebody, or the images of somebody, before the devices. Methods may be called from any thread."""

    def has(self, attribute: BioAttribute) -> bool:
        """Whether there is such a finger, eye or face; the exception photo exists whenever the face does."""
        ...

    def prepare(self, attributes: Collection[BioAttribute] = tuple(BioAttribute)) -> None:
        """Does ahead of time what the first capture of these would have to do."""
        ...

    def records(
        self,
        scores: Mapping[BioAttribute, float],
        take: int,
        at: datetime,
        profile: ImageProfile = ImageProfile.REGISTRATION,
        exceptions: Collection[BioAttribute] = (),
    ) -> dict[BioAttribute, IsoRecord]:
        """One presentation: a record for each attribute, in the order of ``scores``.

        Args:
            scores: quality of each, a finite number; outside 0 to 100 the nearest limit counts.
            take: number of the presentation, 0 or more; another take, another impression.
            at: capture time, aware.
            exceptions: fingers that the exception photo must not show.

        Raises:
            AttributeMissingError: if there is no such finger, eye or face.
            WsqNotInstalledError: for ``auth-wsq`` without the optional package.
        """
        ...

    def preview(self, attributes: Collection[BioAttribute], frame: int) -> Pixels:
        """One picture of a live view: grey (height, width) for fingers and eyes, colour (height, width, 3) for faces.

        Shows all given attributes of one modality side by side, moving a little with the frame number; missing ones stay
        empty. Cheap enough for 25 a second.
        """
        ...
