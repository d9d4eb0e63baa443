"""What can be captured by one placement, and how a request says so.

| group      | type   | deviceSubId | attributes |
|------------|--------|-------------|------------|
| left slap  | Finger | 1           | left index, middle, ring, little |
| right slap | Finger | 2           | right index, middle, ring, little |
| thumbs     | Finger | 3           | left thumb, right thumb |
| irises     | Iris   | 3 (1 left only, 2 right only) | left eye, right eye |
| face       | Face   | 0           | face, or exception photo |

The order within a group is the order in which devices answer. Devices with sub-type ``Single`` use 0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from devices.sbi.errors import AttributesNotTogetherError
from packet.bioattributes import FACTS
from packet.models import BioAttribute

_A = BioAttribute
FACE_EXCEPTION = "FACE"


class BioType(StrEnum):
    """``type`` and ``bioType`` of the protocol."""

    FINGER = "Finger"
    IRIS = "Iris"
    FACE = "Face"


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes that are captured together."""

    name: str
    bio_type: BioType
    sub_id: str
    attributes: tuple[BioAttribute, ...]


LEFT_SLAP = Group("left slap", BioType.FINGER, "1", (_A.LEFT_INDEX, _A.LEFT_MIDDLE, _A.LEFT_RING, _A.LEFT_LITTLE))
RIGHT_SLAP = Group("right slap", BioType.FINGER, "2", (_A.RIGHT_INDEX, _A.RIGHT_MIDDLE, _A.RIGHT_RING, _A.RIGHT_LITTLE))
THUMBS = Group("thumbs", BioType.FINGER, "3", (_A.LEFT_THUMB, _A.RIGHT_THUMB))
IRISES = Group("irises", BioType.IRIS, "3", (_A.LEFT_EYE, _A.RIGHT_EYE))
FACE = Group("face", BioType.FACE, "0", (_A.FACE,))
EXCEPTION_PHOTO = Group("exception photo", BioType.FACE, "0", (_A.EXCEPTION_PHOTO,))
GROUPS = (LEFT_SLAP, RIGHT_SLAP, THUMBS, IRISES, FACE, EXCEPTION_PHOTO)


def group_of(attributes: Collection[BioAttribute]) -> Group:
    """The one group that all attributes belong to.

    Raises:
        AttributesNotTogetherError: if there is none.
    """
    for group in GROUPS:
        if attributes and set(attributes) <= set(group.attributes):
            return group
    raise AttributesNotTogetherError(attributes=", ".join(sorted(attributes)) or "none")


def split_into_groups(attributes: Iterable[BioAttribute]) -> list[tuple[Group, tuple[BioAttribute, ...]]]:
    """Every group that is touched, with the attributes wanted of it in the order of the group."""
    wanted = set(attributes)
    parts = ((group, tuple(a for a in group.attributes if a in wanted)) for group in GROUPS)
    return [(group, part) for group, part in parts if part]


def exception_name(attribute: BioAttribute) -> str:
    """How an attribute is named in ``exception`` of a request."""
    return FACTS[attribute].sbi_sub_type or FACE_EXCEPTION
