"""What happens in front of the simulated devices: who stands there, how well each attempt goes, how the devices feel."""

from __future__ import annotations

import random
from threading import Lock

from devices.sbi.attributes import BioType
from devices.sbi.info import DeviceStatus
from packet.bioattributes import FACTS
from packet.models import BioAttribute

_DEFAULT_SCORES = (80, 95)
_DEFAULT_FACE_SCORES = (91, 95)  # MOSIP ships a face threshold of 90


class Script:
    """Scores, presence and states; may be changed from any thread while the simulator runs."""

    def __init__(self, subject: int) -> None:
        self._lock = Lock()
        self._subject = subject
        self._scores: dict[BioAttribute, list[float]] = {}
        self._status: dict[BioType, DeviceStatus] = {}
        self._absent: set[BioType] = set()
        self._random = random.Random(subject)  # noqa: S311  scores of a play, not secrets

    @property
    def subject(self) -> int:
        """The synthetic person at the devices."""
        with self._lock:
            return self._subject

    def present(self, subject: int) -> None:
        """Another synthetic person steps up to the devices."""
        with self._lock:
            self._subject = subject

    def score(self, attribute: BioAttribute, *scores: float) -> None:
        """Scores of the next captures of an attribute, one each; after the last, chance decides again."""
        with self._lock:
            self._scores[attribute] = list(scores)

    def next_score(self, attribute: BioAttribute) -> float:
        """The score of a capture that happens now, 0..100, with one decimal."""
        with self._lock:
            queued = self._scores.get(attribute)
            if queued:
                return queued.pop(0)
            low, high = _DEFAULT_FACE_SCORES if FACTS[attribute].sbi_type == BioType.FACE else _DEFAULT_SCORES
            return round(self._random.uniform(low, high), 1)

    def set_status(self, bio_type: BioType, status: DeviceStatus) -> None:
        """Puts the devices of a type into a state."""
        with self._lock:
            self._status[bio_type] = status

    def status(self, bio_type: BioType) -> DeviceStatus:
        """State of the devices of a type."""
        with self._lock:
            return self._status.get(bio_type, DeviceStatus.READY)

    def set_presented(self, bio_type: BioType, *, is_presented: bool) -> None:
        """Whether anybody puts a finger, eye or face before the devices of a type."""
        with self._lock:
            (self._absent.discard if is_presented else self._absent.add)(bio_type)

    def is_presented(self, bio_type: BioType) -> bool:
        """Whether there is anything to capture."""
        with self._lock:
            return bio_type not in self._absent
