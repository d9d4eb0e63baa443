"""One table of bio attributes: the same finger under the names of the UI, the device, CBEFF and ISO."""

from __future__ import annotations

from dataclasses import dataclass

from packet.models import BioAttribute, Modality


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    """Names and codes of one bio attribute.

    Attributes:
        sbi_type: ``bioType`` of the device protocol (Finger, Iris, Face).
        sbi_sub_type: ``bioSubType`` and exception name of the device protocol; empty for face, where the key is omitted.
        cbeff_format: BDBInfo Format Type: 7 finger image, 9 iris image, 8 face image.
        cbeff_subtype: words of BDBInfo Subtype; empty for face and exception photo.
        iso_position: finger position of ISO 19794-4 (1..10) or eye label of 19794-6 (1 right, 2 left); 0 for face.
    """

    attribute: BioAttribute
    modality: Modality
    sbi_type: str
    sbi_sub_type: str
    cbeff_format: str
    cbeff_subtype: str
    iso_position: int


def _finger(attribute: BioAttribute, name: str, position: int) -> AttributeFacts:
    return AttributeFacts(attribute, Modality.FINGER, "Finger", name, "7", name, position)


def _eye(attribute: BioAttribute, name: str, label: int) -> AttributeFacts:
    return AttributeFacts(attribute, Modality.IRIS, "Iris", name, "9", name, label)


FACTS: dict[BioAttribute, AttributeFacts] = {
    facts.attribute: facts
    for facts in (
        _finger(BioAttribute.RIGHT_THUMB, "Right Thumb", 1),
        _finger(BioAttribute.RIGHT_INDEX, "Right IndexFinger", 2),
        _finger(BioAttribute.RIGHT_MIDDLE, "Right MiddleFinger", 3),
        _finger(BioAttribute.RIGHT_RING, "Right RingFinger", 4),
        _finger(BioAttribute.RIGHT_LITTLE, "Right LittleFinger", 5),
        _finger(BioAttribute.LEFT_THUMB, "Left Thumb", 6),
        _finger(BioAttribute.LEFT_INDEX, "Left IndexFinger", 7),
        _finger(BioAttribute.LEFT_MIDDLE, "Left MiddleFinger", 8),
        _finger(BioAttribute.LEFT_RING, "Left RingFinger", 9),
        _finger(BioAttribute.LEFT_LITTLE, "Left LittleFinger", 10),
        _eye(BioAttribute.RIGHT_EYE, "Right", 1),
        _eye(BioAttribute.LEFT_EYE, "Left", 2),
        AttributeFacts(BioAttribute.FACE, Modality.FACE, "Face", "", "8", "", 0),
        AttributeFacts(BioAttribute.EXCEPTION_PHOTO, Modality.EXCEPTION_PHOTO, "Face", "", "8", "", 0),
    )
}

FINGERS: tuple[BioAttribute, ...] = tuple(a for a, f in FACTS.items() if f.modality is Modality.FINGER)
EYES: tuple[BioAttribute, ...] = tuple(a for a, f in FACTS.items() if f.modality is Modality.IRIS)

BY_SBI_SUB_TYPE: dict[tuple[str, str], BioAttribute] = {
    (f.sbi_type, f.sbi_sub_type): a for a, f in FACTS.items() if a is not BioAttribute.EXCEPTION_PHOTO
}
"""(bioType, bioSubType) of a capture to the attribute; ``("Face", "")`` is the face."""
