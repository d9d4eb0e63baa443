"""What happens in front of the simulated devices: who stands there, how well each attempt goes, how the devices feel."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from threading import RLock

from devices.sbi.attributes import BioType
from devices.sbi.info import DeviceStatus
from devices.simulator.subjects import Presenter, Subject
from packet.bioattributes import FACTS
from packet.models import BioAttribute

_DEFAULT_SCORES = (80, 95)
_DEFAULT_FACE_SCORES = (91, 95)  # MOSIP ships a face threshold of 90


class Script:
    """Scores, presence, states and delays; may be changed from any thread while the simulator runs.

    Args:
        subject: seed of the synthetic person, and of the scores that chance gives.
        presenter: somebody else than that person.
        quality: score of every capture; None for chance.
    """

    def __init__(self, subject: int, presenter: Presenter | None = None, quality: float | None = None) -> None:
        self._lock = RLock()
        self._subject = subject
        self._presenter: Presenter = presenter or Subject(subject)
        self._take = 0
        self._scores: dict[BioAttribute, list[float]] = {}
        self._start_quality = quality
        self._quality: dict[BioType, float] = {}
        self._status: dict[BioType, DeviceStatus] = {}
        self._delays: dict[BioType, tuple[float, frozenset[str]]] = {}
        self._absent: set[BioType] = set()
        self._unplugged: set[str] = set()
        self._random = random.Random(subject)  # noqa: S311  scores of a play, not secrets

    @property
    def subject(self) -> int:
        """Seed of the synthetic person at the devices."""
        with self._lock:
            return self._subject

    @property
    def presenter(self) -> Presenter:
        """Whoever stands at the devices."""
        with self._lock:
            return self._presenter

    def present(self, subject: int) -> None:
        """Another synthetic person steps up to the devices."""
        self.present_as(Subject(subject))
        with self._lock:
            self._subject = subject

    def present_as(self, presenter: Presenter) -> None:
        """Somebody steps up to the devices."""
        with self._lock:
            self._presenter = presenter
            self._take = 0

    def next_take(self) -> int:
        """Number of the presentation that happens now, from 0 for each person."""
        with self._lock:
            take, self._take = self._take, self._take + 1
            return take

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
            bio_type = BioType(FACTS[attribute].sbi_type)
            fixed = self._quality.get(bio_type, self._start_quality)
            if fixed is not None:
                return float(fixed)
            low, high = _DEFAULT_FACE_SCORES if bio_type is BioType.FACE else _DEFAULT_SCORES
            return round(self._random.uniform(low, high), 1)

    def set_quality(self, bio_type: BioType, quality: float | None) -> None:
        """Fixes the score of all captures of a type; None gives it back to where it started."""
        with self._lock:
            if quality is None:
                self._quality.pop(bio_type, None)
            else:
                self._quality[bio_type] = quality

    def set_status(self, bio_type: BioType, status: DeviceStatus) -> None:
        """Puts the devices of a type into a state."""
        with self._lock:
            self._status[bio_type] = status

    def status(self, bio_type: BioType) -> DeviceStatus:
        """State of the devices of a type."""
        with self._lock:
            return self._status.get(bio_type, DeviceStatus.READY)

    def set_delay(self, bio_type: BioType, delay_ms: float, verbs: Collection[str]) -> None:
        """Answers of these verbs about the devices of a type come late; 0 ends that."""
        with self._lock:
            self._delays[bio_type] = (delay_ms, frozenset(verbs))

    def delay_ms(self, bio_types: Iterable[BioType], verb: str) -> float:
        """How late an answer about devices of these types comes."""
        with self._lock:
            delays = [self._delays[kind] for kind in bio_types if kind in self._delays]
            return max((delay for delay, verbs in delays if verb in verbs), default=0.0)

    def set_presented(self, bio_type: BioType, *, is_presented: bool) -> None:
        """Whether anybody puts a finger, eye or face before the devices of a type."""
        with self._lock:
            (self._absent.discard if is_presented else self._absent.add)(bio_type)

    def is_presented(self, bio_type: BioType) -> bool:
        """Whether there is anything to capture."""
        with self._lock:
            return bio_type not in self._absent

    def set_plugged(self, serial_no: str, *, is_plugged: bool) -> None:
        """Attaches a device to the service, or takes it away."""
        with self._lock:
            (self._unplugged.discard if is_plugged else self._unplugged.add)(serial_no)

    def is_plugged(self, serial_no: str) -> bool:
        """Whether a device is attached."""
        with self._lock:
            return serial_no not in self._unplugged
