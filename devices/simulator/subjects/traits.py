"""What can be chosen about a synthetic person; everything else follows from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from packet.models import BioAttribute


class AgeGroup(StrEnum):
    """Children have small fingers with fine ridges, elders flat ridges and creases."""

    CHILD = "child"
    ADULT = "adult"
    ELDER = "elder"


@dataclass(frozen=True, slots=True)
class SubjectTraits:
    """Chosen traits.

    Attributes:
        worn: how far ridges are worn off by work, 0 (not) to 1 (nearly smooth).
        missing: fingers and eyes that the person does not have.
    """

    age: AgeGroup = AgeGroup.ADULT
    worn: float = 0.0
    missing: frozenset[BioAttribute] = frozenset()

    def __post_init__(self) -> None:
        if not 0 <= self.worn <= 1:
            raise ValueError("worn is outside 0 to 1")
