"""What a local biometric SDK does, whoever made it: quality, templates, comparison; and the values that pass through it.

One scale for all scores, 0 to 100, so that MOSIP's settings can be compared with them: quality with the thresholds of capture
and login (``mosip.registration.leftslap_fingerprint_threshold``, ``mosip.fingerprint_authentication.quality_score``, ...), a
comparison with ``mosip.biometric.sdk.providers.<finger/iris/face>.<vendor>.threshold`` (shipped as 60). An implementation maps
its own raw scores so that 60 stands where its own tables of genuine and impostor scores would put the threshold.

Records come in as devices deliver them (ISO/IEC 19794). What cannot be done is an `errors.BioSdkError`; what is not there is a
state with a reason that a person can read, told by `BioSdk.describe`, never a crash.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, Self, runtime_checkable

from devices.biosdk.errors import TemplateUnreadableError
from packet.bioattributes import FACTS
from packet.models import BioAttribute, Modality

THRESHOLD_SHIPPED: Final = 60.0
"""The comparison threshold that MOSIP ships for every provider."""

_MAGIC: Final = b"SDTEMPL1"
_HEAD: Final = struct.Struct(">8sBBHI")
TEMPLATE_MAX_BYTES: Final = 64 * 1024


class SdkState(StrEnum):
    """Whether an SDK can be used."""

    READY = "ready"
    NOT_INSTALLED = "not installed"
    UNUSABLE = "cannot be used"


class Ability(StrEnum):
    """What an SDK can do for its modalities. Templates and comparisons come together."""

    QUALITY = "quality"
    MATCH = "match"


@dataclass(frozen=True, slots=True)
class SdkInfo:
    """An SDK as it describes itself; for the list of the machine's equipment.

    Attributes:
        name: for a person to read, for example ``NBIS fingers``.
        version: of the library behind it, or empty if that is not there.
        modalities: what it works on.
        abilities: what it does with them when its state is ready.
        reason: why it is not ready, or what should be known about it; may be empty when ready.
        parts: of an SDK made of several: those that are ready. Not every part does everything with every modality.
    """

    name: str
    version: str
    modalities: frozenset[Modality]
    abilities: frozenset[Ability]
    state: SdkState
    reason: str = ""
    parts: tuple[SdkInfo, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether it can be used now."""
        return self.state is SdkState.READY

    def can(self, ability: Ability, modality: Modality) -> bool:
        """Whether it is ready and does this for that modality."""
        if self.parts:
            return any(part.can(ability, modality) for part in self.parts)
        return self.is_ready and ability in self.abilities and modality in self.modalities


@dataclass(frozen=True, slots=True)
class QualityScore:
    """Quality of one record.

    Attributes:
        value: 0 (useless) to 100.
        algorithm: what computed it, for example ``NFIQ 2``; scores of two algorithms are not comparable.
    """

    value: float
    algorithm: str

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 100:
            raise ValueError("a quality score is outside 0 to 100")


@dataclass(frozen=True, slots=True)
class Template:
    """What is kept of a record for comparisons; personal data, to be stored sealed only.

    Attributes:
        attribute: the finger, eye or face.
        format: names the layout of ``data`` and who made it, at most 32 ASCII letters, for example ``nbis-minutiae``.
        version: of that layout, 1 to 65535; templates of different formats or versions are not compared.
    """

    attribute: BioAttribute
    format: str
    version: int
    data: bytes = field(repr=False)

    def pack(self) -> bytes:
        """One byte string to store: magic, lengths and version, attribute, format, data."""
        attribute, name = self.attribute.value.encode("ascii"), self.format.encode("ascii")
        return _HEAD.pack(_MAGIC, len(attribute), len(name), self.version, len(self.data)) + attribute + name + self.data

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Reads what `pack` wrote.

        Raises:
            TemplateUnreadableError: if it is anything else.
        """
        if not _HEAD.size <= len(packed) <= TEMPLATE_MAX_BYTES:
            raise TemplateUnreadableError(why="its length is not that of a template")
        magic, attribute_length, name_length, version, data_length = _HEAD.unpack_from(packed)
        rest = packed[_HEAD.size :]
        if magic != _MAGIC or len(rest) != attribute_length + name_length + data_length:
            raise TemplateUnreadableError(why="it does not begin and end as a template does")
        try:
            attribute = BioAttribute(rest[:attribute_length].decode("ascii"))
            name = rest[attribute_length : attribute_length + name_length].decode("ascii")
        except ValueError as error:
            raise TemplateUnreadableError(why="its header is damaged") from error
        return cls(attribute, name, version, rest[attribute_length + name_length :])


class BioSdk(Protocol):
    """A local biometric SDK. May be used from several threads; every call may take some tens of milliseconds."""

    def describe(self) -> SdkInfo:
        """What it is and whether it can be used. Cheap, never raises."""
        ...

    def quality(self, attribute: BioAttribute, iso: bytes) -> QualityScore | None:
        """Quality of a record; None if it cannot tell for this modality or is not ready.

        Raises:
            BioSdkError: if the record or its image cannot be used.
        """
        ...

    def extract(self, attribute: BioAttribute, iso: bytes) -> Template:
        """The template of a record.

        Raises:
            BioSdkError: if it cannot be made: a subclass for each reason (`errors`).
        """
        ...

    def match(self, probe: Template, template: Template) -> float:
        """How alike two templates are, 0 to 100; `THRESHOLD_SHIPPED` is where its own tables put the threshold.

        Raises:
            BioSdkError: if one of the templates is not of this SDK, or it is not ready.
        """
        ...


def modality_of(attribute: BioAttribute) -> Modality:
    """The modality of an attribute."""
    return FACTS[attribute].modality


class TemplateIndex(Protocol):
    """Many templates of one modality, numbered in the order in which they are added, to be searched. One thread at a time."""

    def add(self, template: Template) -> None:
        """Adds a template.

        Raises:
            BioSdkError: if it is not of this SDK.
        """
        ...

    def search(self, probe: Template) -> list[tuple[int, float]]:
        """Numbers and scores (as of `BioSdk.match`) of the templates that were compared with the probe, in any order.

        An index may leave out templates that are cheaply seen to be unlike; every score that it tells is a real one.

        Raises:
            BioSdkError: as `BioSdk.match`.
        """
        ...


@runtime_checkable
class OneToMany(Protocol):
    """An SDK that searches many templates faster than one by one."""

    def index(self, modality: Modality) -> TemplateIndex:
        """A new, empty index.

        Raises:
            ModalityUnsupportedError: if it does not compare this modality.
        """
        ...
