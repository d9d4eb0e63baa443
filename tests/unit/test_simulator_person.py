"""The person at the simulated devices is the one that the options describe, or the option is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands.simulatorperson import PersonOptions, read_person
from devices.simulator.catalogue import SimulatorOptionError
from devices.simulator.subjects import AgeGroup, Subject, SubjectTraits
from packet.models import BioAttribute


def test_without_options_it_is_the_ordinary_person_of_the_seed() -> None:
    assert read_person(PersonOptions(7)) is None


def test_traits_make_another_person_of_the_same_seed() -> None:
    person = read_person(PersonOptions(7, age="elder", worn=40, missing="leftIndex, rightEye"))
    assert isinstance(person, Subject)
    assert person.seed == 7
    assert person.traits == SubjectTraits(AgeGroup.ELDER, 0.4, frozenset({BioAttribute.LEFT_INDEX, BioAttribute.RIGHT_EYE}))
    assert not person.has(BioAttribute.LEFT_INDEX)
    assert person.has(BioAttribute.RIGHT_INDEX)


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (PersonOptions(1, age="old"), "--age"),
        (PersonOptions(1, worn=101), "--worn"),
        (PersonOptions(1, missing="leftIndex,nose"), "--missing cannot be nose"),
        (PersonOptions(1, missing="face"), "--missing cannot be face"),
        (PersonOptions(1, Path("images"), worn=5), "--subject"),
    ],
)
def test_what_cannot_be_is_named(options: PersonOptions, option: str) -> None:
    with pytest.raises(SimulatorOptionError, match=option):
        read_person(options)
